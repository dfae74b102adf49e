# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A real QEMU with virtio-iommu and an NVMe controller on a host of 39 bits: what it says on its
# standard error and what the tracer tells are the same failures. The same guest behind a vIOMMU of
# 39 bits has none.

# MAP requests as of a guest that believes in 64 bits: 15 of their pieces are refused. The second
# to last is handed on in three aligned pieces, of which the first is below 2^39.
qemu_requests() {
	cat <<-'EOT'
	attach 1 00:03.0
	map 1 0x10000000 0x200000 0x100000
	map 1 0x7ffffff000 0x1000 0x400000
	unmap 1 0x7ffffff000 0x1000
	map 1 0x8000000000 0x1000 0x500000
	unmap 1 0x8000000000 0x1000
	maps 1 0xffff00000000 0x10000 0x4000 11 0x600000
	map 1 0x7fffffe000 0x5000 0x800000
	map 1 0xfffffffffffff000 0x1000 0x700000
	EOT
}

# A guest keeps to the width it is told, last IOVA $1: the same requests as far as they have a place
# in it, those at the top of 64 bits at its top.
qemu_requests_within() {
	local verb domain iova size rest
	qemu_requests | while read -r verb domain iova size rest; do
		if [ "$verb" != attach ]; then
			[ $((((iova & $1) + size - 1) & ~$1)) -eq 0 ] || continue
			iova=$(printf '0x%x' $((iova & $1)))
		fi
		echo "$verb $domain $iova $size $rest"
	done
}

# The last IOVA that QEMU lets its guest use.
qemu_last() { "$drive_bin" --socket "/tmp/$1.sock" --wait 60 config | jq -r .input_range.end; }

# qemu_guest NAME BITS: start it, do its requests, end it.
qemu_guest() {
	local pid last
	pid=$(tools/lab/qemu-guest.sh "$1" --device "$bdf" --aw-bits "$2")
	last=$(qemu_last "$1")
	if [ "$2" = 64 ]; then
		# Before its IOMMU is in use, its controller's BAR goes to where QEMU cannot map it for
		# other devices.
		echo "enable 00:03.0 0x8000000000"
	fi > "/tmp/$1.in"
	qemu_requests_within "$last" >> "/tmp/$1.in"
	"$drive_bin" --socket "/tmp/$1.sock" < "/tmp/$1.in" > "$LAB_OUT/$1.requests"
	sleep 2
	kill "$pid"
	wait_for 20 qemu_gone "$pid"
	cp "/tmp/$1.err" "$LAB_OUT/$1.qemu"
}
qemu_gone() { ! kill -0 "$1"; }

# What QEMU says of the maps that failed: "IOVA SIZE RESULT".
qemu_said() {
	sed -n 's/.*vfio_container_dma_map([^,]*, \(0x[0-9a-f]*\), \(0x[0-9a-f]*\), [^)]*) = \(-[0-9]*\) .*/\1 \2 \3/p' \
		"$LAB_OUT/$1.qemu"
}

# qemu_told VM FORMAT: each failed map of this VM, as often as it was.
qemu_told() {
	jq -r "select(.type == \"map\" and .result < 0 and .vm == \"$1\") |
		\"$2\" as \$line | range(.count) | \$line" "$tracer_out"
}

qemu_checks() {
	qemu_said guest1 > "$LAB_OUT/want"
	# QEMU warns of a BAR only once.
	qemu_told guest1 '\(.backing) \(.iova) \(.size) \(.result)' |
		awk '$1 != "vfio-bar" || !bars++' | cut -d ' ' -f 2- > "$LAB_OUT/got"
	same_set "qemu: what QEMU says and what the tracer tells" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "qemu: a request in three pieces" \
		"0x8000000000 0x2000;0x8000002000 0x1000" \
		"$(qemu_told guest1 '\(.backing) \(.iova) \(.size)' | sed -n 's/^ram //p' |
			grep -E '0x8000000000 0x2000|0x8000002000' | paste -sd ';')"
	check_equal "qemu: the guest was told that all is well" OK \
		"$(jq -r .status "$LAB_OUT/guest1.requests" | grep -v null | sort -u | paste -sd ' ')"
	check_equal "qemu: reasons of RAM" "15 above_host_width" \
		"$(qemu_told guest1 '\(.backing) \(.reason)' | sed -n 's/^ram //p' | sort | uniq -c | xargs)"
	check_equal "qemu: BAR above the width" "vfio-bar bar_above_host_width benign" \
		"$(qemu_told guest1 '\(.backing) \(.reason) \(.severity)' | grep -v '^ram ' | sort -u)"
	check_equal "qemu: nothing fails behind 39 bits" ";" "$(qemu_said guest2);$(qemu_told guest2 '\(.iova)')"
	check "qemu: behind 39 bits there were maps" \
		test "$(summary 'select(.vm == "guest2") | .maps')" -gt 12
	check_equal "qemu: recommended aw-bits" "guest1 39;guest2 39" \
		"$(summary '"\(.vm) \(.recommended_aw_bits)"' | sort | paste -sd ';')"
	check "qemu: the table has the option to paste" \
		grep -q -- '-device virtio-iommu-pci,aw-bits=39' "$LAB_OUT/table.txt"
	check "qemu: the table's title" grep -q 'Summary of guest1 (qemu' "$LAB_OUT/table.txt"
	check_fails "qemu: the table is of guest1 only" 1 grep guest2 "$LAB_OUT/table.txt"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1b36:0010 | head -n 1)
"$trace_bin" --vm guest1 > "$LAB_OUT/table.txt" 2> "$LAB_OUT/table.err" &
qemu_table=$!
if tracer_start qemu; then
	qemu_guest guest1 64
	qemu_guest guest2 39
	tracer_stop
	kill -INT "$qemu_table"
	wait "$qemu_table"
	check_equal "qemu: exit status with --vm" 0 $?
	qemu_checks
fi
