#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make a firmware image for QEMU's -bios that only halts the CPU, for a VM whose devices are driven
# from outside:
#   tools/halt-bios.sh FILE
set -eu

if [ $# -ne 1 ]; then
	echo "usage: halt-bios.sh FILE" >&2
	exit 2
fi

# 64 KiB of zeroes, the least that -bios takes; a CPU starts 16 bytes below their end with
# cli; hlt; jmp to the hlt (an NMI or SMI ends one hlt).
dd if=/dev/zero of="$1" bs=65536 count=1 status=none
printf '\372\364\353\375' | dd of="$1" bs=1 seek=65520 conv=notrunc status=none
