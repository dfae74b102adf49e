#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build viommu_guard: tools/kmod.sh OUT KDIR|6.1|6.12 [MAKE-ARGS...]
# The sources are copied to OUT first, as kbuild writes beside them. A number stands for the lab
# kernel of that name. Only pahole could give the module BTF, and nothing depends on that.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
out=$1 kernel=$2
shift 2
case $kernel in
6.1 | 6.12) kernel=$("$top/tools/lab/headers.sh" "$kernel") ;;
esac
[ -e "$kernel/Makefile" ] || {
	echo "kmod: $kernel is no folder of kernel headers; install linux-headers for this kernel, or give KDIR=" >&2
	exit 1
}
mkdir -p "$out/include"
cp -u "$top"/kmod/*.[ch] "$top/kmod/Kbuild" "$out/"
cp -ru "$top/include/viommu" "$out/include/"
make -s -C "$kernel" M="$(cd "$out" && pwd)" CONFIG_DEBUG_INFO_BTF_MODULES= modules "$@"
