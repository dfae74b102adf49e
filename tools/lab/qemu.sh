#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetch Debian 12's own QEMU, which is older than the one that the lab runs on, and unpack it;
# nothing is installed, and the libraries it needs are those of the installed one:
#   tools/lab/qemu.sh 7.2
# makes build/qemu/7.2/usr/{bin,lib,share} and prints the folder's name. It is kept until it is
# removed: a second call needs no network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$here/../.." && pwd)/build/qemu
apt_state=$folder/.apt
# shellcheck source=tools/lab/apt.sh
. "$here/apt.sh"

die() { echo "qemu.sh: $*" >&2; exit 1; }

# The newest version of a package that starts with 1:$2.
version_of() {
	apt_private apt-cache madison "$1" |
		awk -v want="1:$2" 'index($3, want) == 1 { print $3 }' | sort -V | tail -n 1
}

fetch() {
	local package version
	apt_private_init bookworm-backports
	for package in qemu-system-x86 qemu-system-common qemu-system-data; do
		version=$(version_of "$package" "$1")
		[ -n "$version" ] || die "the mirror's lists have no $package $1"
		(cd "$2" && apt_private apt-get -qq download "$package=$version") ||
			die "cannot download $package $version"
	done
}

main() {
	local part deb
	[ "${1:-}" = 7.2 ] || die "usage: qemu.sh 7.2"
	mkdir -p "$folder"
	exec 9> "$folder/.lock"
	flock 9
	if [ ! -x "$folder/$1/usr/bin/qemu-system-x86_64" ]; then
		part=$folder/.part-$1
		rm -rf "$part" "${folder:?}/$1"
		mkdir "$part"
		fetch "$1" "$part" >&2
		for deb in "$part"/*.deb; do
			dpkg -x "$deb" "$part"
		done
		rm "$part"/*.deb
		mv "$part" "$folder/$1"
	fi
	echo "$folder/$1"
}

main "$@"
