#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetch what modules for a lab kernel are built with, and unpack it; nothing is installed:
#   tools/lab/headers.sh 6.12
# Prints the folder to give to make -C. It is kept beside the kernel, in build/kernels/NAME/headers.
# A kernel of Debian 13 (7) has build tools that do not run on Debian 12.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$(cd "$here/../.." && pwd)/build/kernels
apt_state=$kernels/.apt
# shellcheck source=tools/lab/apt.sh
. "$here/apt.sh"

die() { echo "headers.sh: $*" >&2; exit 1; }

# The three packages of an ABI: its configuration, the sources' headers, the tools of kbuild.
download() {
	apt_private apt-get -qq download "linux-headers-$1" "linux-headers-${1%-amd64}-common" \
		"linux-kbuild-${1%-amd64}"
}

# The tree names its other half by an absolute path.
unpack() {
	local deb
	for deb in ./*.deb; do
		dpkg -x "$deb" .
	done
	rm ./*.deb
	sed -i "s|/usr/src/|$2/usr/src/|" "usr/src/linux-headers-$1/Makefile"
}

main() {
	local name=${1:-} abi headers part
	[ "$name" = 6.12 ] || die "usage: headers.sh 6.12"
	bash "$here/kernel.sh" "$name" >&2
	abi=$(cat "$kernels/$name/release")
	headers=$kernels/$name/headers
	if [ ! -d "$headers" ]; then
		exec 9> "$kernels/.lock"
		flock 9
	fi
	if [ ! -d "$headers" ]; then
		part=$kernels/$name/.headers
		rm -rf "$part"
		mkdir "$part"
		echo "headers.sh: fetching the headers of $abi" >&2
		(cd "$part" && download "$abi" && unpack "$abi" "$headers") ||
			die "cannot get the headers of $abi; if the mirror has a newer kernel by now," \
				"remove $kernels/$name"
		mv "$part" "$headers"
	fi
	echo "$headers/usr/src/linux-headers-$abi"
}

main "$@"
