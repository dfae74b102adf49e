#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build the test module for the lab's kernel 6.12: build/guestmod/viommu_twice.ko
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
out=$top/build/guestmod
headers=$("$top/tools/lab/headers.sh" 6.12)
mkdir -p "$out"
cp -u "$here/Kbuild" "$here/viommu_twice.c" "$out/"
# Type information of the module itself is of no use here and needs pahole.
make -s -C "$headers" M="$out" CONFIG_DEBUG_INFO_BTF_MODULES= modules > "$out/log" 2>&1 ||
	{ tail -n 20 "$out/log" >&2; exit 1; }
