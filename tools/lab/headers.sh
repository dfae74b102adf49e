#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetch and unpack the headers of a lab kernel, to build the module against; nothing is installed:
#   tools/lab/headers.sh 6.1|6.12
# makes build/kernels/headers-NAME/ and prints its KDIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$(cd "$here/../.." && pwd)/build/kernels
apt_state=$kernels/.apt
# shellcheck source=tools/lab/apt.sh
. "$here/apt.sh"

die() { echo "headers.sh: $*" >&2; exit 1; }

# The headers of an ABI, and what of the same source they need.
packages_of() {
	echo "linux-headers-$1"
	apt_private apt-cache show --no-all-versions "linux-headers-$1" |
		sed -n 's/^Depends: //p' | head -n 1 | tr ',' '\n' |
		sed -n 's/^ *\(linux-headers-[^ ]*-common\|linux-kbuild-[^ ]*\).*/\1/p'
}

download() {
	local packages
	packages=$(packages_of "$2" 2> /dev/null) || return 1
	# shellcheck disable=SC2086 # a list of words
	(cd "$1" && apt_private apt-get -qq download $packages)
}

# Lists that are some weeks old name files that the mirror has dropped: read them once more then.
fetch() {
	[ -d "$apt_state/lists/partial" ] || apt_private_init bookworm-backports trixie-backports
	download "$1" "$2" && return
	apt_private_init bookworm-backports trixie-backports
	download "$1" "$2" || die "cannot download the headers of $2"
}

# The packages' own Makefile names the place where they would be installed.
unpack() {
	local deb
	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$1"
	done
	sed -i "s#^include /usr/src/#include $2/usr/src/#" "$1/usr/src/linux-headers-$3/Makefile"
	rm -f "$1"/*.deb
}

main() {
	local name=${1:-} abi dir part
	case $name in
	6.1 | 6.12) ;;
	*) die "usage: headers.sh 6.1|6.12" ;;
	esac
	bash "$here/kernel.sh" "$name" >&2
	abi=$(cat "$kernels/$name/release")
	dir=$kernels/headers-$name
	exec 9> "$kernels/.lock"
	flock 9
	if [ ! -d "$dir/usr/src/linux-headers-$abi" ]; then
		part=$kernels/.part-headers-$name
		rm -rf "$part" "$dir"
		mkdir "$part"
		fetch "$part" "$abi"
		unpack "$part" "$dir" "$abi"
		mv "$part" "$dir"
	fi
	echo "$dir/usr/src/linux-headers-$abi"
}

main "$@"
