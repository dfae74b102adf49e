# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A device that accesses memory which it has no mapping for.
. tests/vm/guest.sh

# edu reads 16 bytes, which QEMU does in pieces of four.
faults_want() {
	local i iova
	for i in 0 1 2 3 4; do
		for iova in 0 4 8 12; do
			printf '%s 0x%x\n' "$bdf" $((0x5000000 + i * 0x1000 + iova))
		done
	done
}

guest_bind
if guest_begin faults; then
	tests/vm/edu-dma.py "$bdf" 0x5000000 0x5001000 0x5002000 0x5003000 0x5004000
	sleep 1
	tracer_stop
	faults_want > "$LAB_OUT/want"
	events fault '"\(.endpoint) \(.iova)"' | tr -d '"' > "$LAB_OUT/got"
	same_list "guest: faults by device and address" "$LAB_OUT/want" "$LAB_OUT/got"
fi
