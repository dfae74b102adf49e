# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases that look for what a tracer leaves in a process: the code where it hooks, and
# the semaphores of USDT probes, as the process has them in memory.

# code_read PID ADDRESS BYTES: memory at an address of the program's file.
code_read() {
	local base
	base=$(awk -F - '{ print $1; exit }' "/proc/$1/maps")
	dd if="/proc/$1/mem" bs=1 skip=$((16#$base + $2)) count="$3" status=none | od -An -tx1 |
		tr -d ' \n'
}

# code_functions PID: "NAME BYTES" of the two functions of a QEMU that are hooked.
code_functions() {
	local address name
	nm -D "/proc/$1/exe" | awk '
		$3 == "memory_region_notify_iommu_one" || $3 == "virtqueue_push" { print $1, $3 }' |
	while read -r address name; do
		echo "$name $(code_read "$1" "0x$address" 8)"
	done
}

# code_probes PID: "NAME BYTES SEMAPHORE" of the USDT probes of provider qemu.
code_probes() {
	local name location semaphore
	readelf -n "/proc/$1/exe" | awk '
		/Provider:/ { ours = $2 == "qemu" } /Name:/ { name = $2 }
		/Location:/ && ours { gsub(/,/, ""); print name, $2, $6 }' |
	while read -r name location semaphore; do
		echo "$name $(code_read "$1" "$location" 4) $(code_read "$1" "$semaphore" 2)"
	done
}

# code_hooked PID: for each function, of the names' order, whether a breakpoint is in it.
code_hooked() { code_functions "$1" | sort | awk '{ print $2 ~ /^cc/ ? "cc" : "--" }' | xargs; }
