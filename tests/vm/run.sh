#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the tests in VMs as tests/vm/matrix says, two at a time.
#   KERNELS="6.1 7"   only these kernels          CASES=pattern   only these rows or cases (grep -E)
#   JOBS=1            one at a time               V=1             show what passes too
#   FULL=1            also tests/vm/matrix-full, and what takes long in full: tests under load
# Prints what fails; the whole output of a row is in build/vm/NAME/log. Adds the counts to $RESULTS.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
export V=${V:-0} FULL=${FULL:-0}

# The rows that were asked for, a line each.
rows() {
	grep -hvE '^(#|$)' tests/vm/matrix $( ((FULL)) && echo tests/vm/matrix-full) |
		awk -v kernels=" ${KERNELS:-} " -v cases="${CASES:-}" '
		kernels ~ /[^ ]/ && index(kernels, " " $2 " ") == 0 { next }
		cases != "" && $0 !~ cases { next }
		{ print }'
}

# A row's cell: "-" is nothing, "_" stands for a blank.
cell() { [ "$1" = - ] || echo "${1//_/ }"; }

# What an NVMe controller with drive=null has its disk from.
null_disk="-blockdev driver=null-co,node-name=null,size=67108864,read-zeroes=on"

# A row's device "many": an NVMe controller of 64 virtual functions, which have an IOMMU group each.
# So many devices of any other kind take the VM minutes to start.
many_devices="-device pcie-root-port,id=many,chassis=1,slot=1,addr=0x10,mem-reserve=16M
	-device nvme-subsys,id=many-nvme
	-device nvme,serial=1,subsys=many-nvme,bus=many,sriov_max_vfs=64,sriov_vq_flexible=128,sriov_vi_flexible=64,max_ioqpairs=130,msix_qsize=66"

# Where the VM is a virtio-iommu's guest, its QEMU logs the requests that it accepts.
guest_options="-trace virtio_iommu_map -trace virtio_iommu_unmap -trace virtio_iommu_attach
	-trace virtio_iommu_detach -trace virtio_iommu_fill_resv_property -D %o/viommu.log"

# run_row NAME KERNEL IOMMU CPUS MEM APPEND DEVICES CASE...: one VM. The log check of the lab
# fails the row if the kernel complained.
run_row() {
	local name=$1 out=$top/build/vm/$1 start=$SECONDS status=0 counts device options=() qemu=''
	local limit=$((FULL ? 1800 : 600))
	[ -z "$(cell "$6")" ] || options+=(--append "$(cell "$6")")
	for device in ${7//;/ }; do
		[ "$device" = many ] || options+=(--device "$device")
	done
	[ "${3#virtio}" = "$3" ] || qemu=$guest_options
	[ "${7#*drive=null}" = "$7" ] || qemu+=" $null_disk"
	[ "${7%many}" = "$7" ] || qemu+=" $many_devices"
	[ "${8#units}" = "$8" ] || options+=(--systemd)
	[ -z "$qemu" ] || options+=(--qemu "${qemu//[[:space:]]/ }")
	rm -rf "$out"
	mkdir -p "$out"
	tools/lab/run.sh --kernel "$2" --iommu "$3" --smp "$4" --mem "$5" "${options[@]}" \
		--timeout "$limit" --out "$out" -- env "FULL=$FULL" tests/vm/inside.sh "${@:8}" \
		> "$out/log" 2>&1 || status=$?
	counts=$(cat "$out/result" 2>/dev/null || echo "0 0 0")
	# A VM that died, or a kernel that complained, is a failure that no case has counted.
	if [ "$status" -ne 0 ] && [ "$(echo "$counts" | cut -d ' ' -f 2)" -eq 0 ]; then
		echo "FAIL $name: the VM ended with status $status" >> "$out/log"
		counts=$(echo "$counts" | awk '{ print $1, $2 + 1, $3 }')
	fi
	echo "$counts" > "$out/counts"
	{
		echo "$name: $(echo "$counts" | awk '{ printf "%d passed, %d failed", $1, $2
			if ($3) printf ", %d skipped", $3 }') ($((SECONDS - start)) s)"
		if [ "$V" = 1 ]; then cat "$out/log"; else grep -A 22 '^FAIL\|^skip' "$out/log"; fi |
			sed 's/^/    /'
		[ "$status" -lt 123 ] || tail -n 15 "$out/log" | sed 's/^/    /'
	} > "$out/report"
	cat "$out/report"
}

# What `make install` gives is in build/root, for a VM to have it in its own.
install_programs() {
	rm -rf build/root
	make -s install DESTDIR=build/root PREFIX=/usr > /dev/null
}

prepare() {
	local kernel
	for kernel in $(rows | awk '{ print $2 }' | sort -u); do
		tools/lab/kernel.sh "$kernel" > /dev/null || return 1
	done
	! rows | grep -q ' guest-refused' || tests/vm/guestmod/build.sh || return 1
	! rows | grep -q ' guard-selftest' || tests/vm/selftest/build.sh || return 1
	! rows | grep -q ' qemu-requests\| qemu-files\| seed-' || tools/lab/qemu.sh 7.2 > /dev/null ||
		return 1
	! rows | grep -q ' units$' || install_programs || return 1
	! rows | grep -q ' units-deb$' || compgen -G 'build/deb/viommu-trace_*.deb' > /dev/null ||
		make deb || return 1
	! rows | grep -q ' seed-' || tools/lab/guest-kernel.sh || return 1
}

if [ "${1:-}" = --row ]; then
	shift
	run_row "$@"
	exit 0
fi
[ -n "$(rows)" ] || { echo "tests/vm/run.sh: no row of the matrix matches" >&2; exit 2; }
prepare || exit 1
names=$(rows | awk '{ print $1 }')
rows | xargs -P "${JOBS:-2}" -L 1 tests/vm/run.sh --row
status=0
for name in $names; do
	counts=$(cat "build/vm/$name/counts" 2>/dev/null || echo "0 1 0")
	[ -z "${RESULTS:-}" ] || echo "$counts" >> "$RESULTS"
	[ "$(echo "$counts" | cut -d ' ' -f 2)" -eq 0 ] || status=1
done
exit "$status"
