#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build the kernel's own test of VFIO's mappings, from Debian's newest linux-source-7:
# build/selftest/vfio_dma_mapping_test. It lies in no older source, and runs on older kernels.
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
out=$top/build/selftest
apt_state=$top/build/kernels/.apt
# shellcheck source=tools/lab/apt.sh
. "$top/tools/lab/apt.sh"

# What of the source the headers for user space and the test itself are made of.
parts='Makefile scripts include/uapi include/asm-generic include/linux/pci_ids.h arch/x86/Makefile
	arch/x86/include arch/x86/entry/syscalls tools/testing/selftests/vfio
	tools/testing/selftests/lib.mk tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h tools/scripts tools/include tools/arch/x86/include
	drivers/dma/ioat drivers/dma/idxd drivers/net/ethernet/intel/igb usr'

die() { echo "selftest: $*" >&2; exit 1; }

package_newest() {
	apt_private apt-cache pkgnames linux-source-7. 2> /dev/null | sort -V | tail -n 1
}

download() {
	local package
	package=$(package_newest)
	[ -n "$package" ] && (cd "$1" && apt_private apt-get -qq download "$package")
}

# Lists that are some weeks old name files that the mirror has dropped: read them once more then.
fetch() {
	[ -d "$apt_state/lists/partial" ] || apt_private_init bookworm-backports trixie-backports
	download "$1" && return
	apt_private_init bookworm-backports trixie-backports
	download "$1" || die "cannot download linux-source-7"
}

# Only $parts: all of it would be 1.5 GB.
unpack() {
	local part patterns=()
	for part in $parts; do
		patterns+=("linux-source-*/$part" "linux-source-*/$part/*")
	done
	dpkg-deb --fsys-tarfile "$1"/*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$1" --strip-components 1 --wildcards \
			"${patterns[@]}" 2> "$1/tar.log" || true
	[ -e "$1/tools/testing/selftests/vfio/Makefile" ] || die "the source has no such test"
	rm "$1"/*.deb
}

# Its Makefile makes no folder for what is not there yet.
build() {
	mkdir -p "$1/out"
	{
		make -s -C "$1" ARCH=x86 headers
		make -s -C "$1/tools/testing/selftests/vfio" OUTPUT="$1/out" LDFLAGS=-static \
			"$1/out/vfio_dma_mapping_test"
	} > "$1/log" 2>&1 || { tail -n 20 "$1/log" >&2; die "the test cannot be built"; }
}

main() {
	local work=$out.part
	[ ! -x "$out/vfio_dma_mapping_test" ] || return 0
	rm -rf "$work"
	mkdir -p "$work"
	fetch "$work"
	unpack "$work"
	build "$work"
	mkdir -p "$out"
	mv "$work/out/vfio_dma_mapping_test" "$out/"
	rm -rf "$work"
}

main
