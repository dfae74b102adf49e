# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One MAP request that QEMU hands on in 40 pieces, of which the host refuses one: its 8 GiB, from
# 0x1000 on, cover the MSI window at 0xfee00000 with a piece of 2 GiB. The others are really mapped
# and pinned; that takes 2 GiB and not 8, because the guest's four DIMMs are one file.

split_first=0x1000
split_size=$((0x1ffffe000))
split_phys=0x100001000

split_options() {
	local i
	echo -n "-m 512M,slots=4,maxmem=16G"
	for i in 0 1 2 3; do
		echo -n " -object memory-backend-file,id=m$i,size=2G,share=on,mem-path=/tmp/dimm/file"
		printf ' -device pc-dimm,id=d%d,memdev=m%d,addr=0x%x' "$i" "$i" \
			$((0x100000000 + i * 0x80000000))
	done
}

split_gone() { ! kill -0 "$1"; }

split_run() {
	local pid
	mkdir -p /tmp/dimm
	mount -t tmpfs -o size=2200M,huge=always dimm /tmp/dimm
	# shellcheck disable=SC2046 # a list of words
	pid=$(tools/lab/qemu-guest.sh guest1 --device "$1" -- $(split_options) \
		-global virtio-iommu-pci.boot-bypass=off -trace vfio_iommu_map_notify)
	wait_for 60 grep -q '"vm":"guest1"' "$tracer_out"
	sleep 2
	"$drive_bin" --socket /tmp/guest1.sock --wait 60 attach 1 00:03.0 , \
		map 1 $split_first $split_size $split_phys > "$LAB_OUT/split.requests"
	# On a slow machine pinning takes longer than viommu-drive waits for an answer.
	wait_for 120 grep -q '"pieces":40' "$tracer_out"
	kill "$pid"
	wait_for 30 split_gone "$pid"
	cp /tmp/guest1.err "$LAB_OUT/split.qemu"
}

split_check() {
	check_equal "qemu-split: QEMU asked for 40 maps" 40 \
		"$(grep -c '^vfio_iommu_map_notify iommu MAP' "$LAB_OUT/split.qemu")"
	check_equal "qemu-split: the host refused one" "0x80000000 0x80000000" \
		"$(sed -n 's/.*dma_map(\w*, \(\w*\), \(\w*\), \w*) = -22.*/\1 \2/p' \
			"$LAB_OUT/split.qemu" | xargs)"
	check_equal "qemu-split: one of 40, which one, and the guest was told ok" \
		"map 1 0x1000-0x1ffffefff 0x100001000 ok 40 1 0x80000000 0x80000000 -22 silent" \
		"$(tests/vm/qemu-requests.py failed "$tracer_out" guest1)"
	check_equal "qemu-split: the map that failed belongs to it" \
		"map 1 0x1000-0x1ffffefff 0x100001000 -> map 0x80000000-0xffffffff -22" \
		"$(tests/vm/qemu-requests.py joined "$tracer_out" guest1 | grep -v ' 0$')"
}

lab_vfio_modules
read -r split_bdf _ < <(lab_bind 1b36:0010 | head -n 1)
if tracer_start qemu-split --requests; then
	split_run "$split_bdf"
	tracer_stop
	split_check
fi
