#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetch a stock Debian kernel for the lab VM and unpack it; nothing is installed:
#   tools/lab/kernel.sh 6.1|6.12|7
# makes build/kernels/NAME/ with vmlinux (the ELF file, which QEMU boots by PVH without the
# decompressor), lib/modules/ABI (with modules.dep, for modprobe -d), config, and release (the ABI).
# An unpacked kernel is kept until its folder is removed: a second call needs no network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$(cd "$here/../.." && pwd)/build/kernels
apt_state=$kernels/.apt
# shellcheck source=tools/lab/apt.sh
. "$here/apt.sh"

die() { echo "kernel.sh: $*" >&2; exit 1; }

# The newest linux-image-amd64 whose version starts with $1; its one dependency that names an ABI.
image_of_meta() {
	local version
	version=$(apt_private apt-cache madison linux-image-amd64 |
		awk -v want="$1" 'index($3, want) == 1 { print $3 }' | sort -V | tail -n 1)
	[ -n "$version" ] || return 0
	apt_private apt-cache show "linux-image-amd64=$version" |
		grep -o -m 1 'linux-image-[0-9][^ ,]*'
}

in_lists() { apt_private apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

# From 7.2 on the image package is split. A release that is not signed yet has the unsigned
# binary only, which is the same kernel.
split_packages() {
	local abi kind
	for abi in $(apt_private apt-cache pkgnames linux-modules- |
		sed -n "s/^linux-modules-\($1\.[0-9.]*+deb[0-9.]*-amd64\)\$/\1/p" | sort -V -r); do
		for kind in linux-binary linux-binary-unsigned; do
			if in_lists "$kind-$abi" && in_lists "linux-modules-$abi"; then
				echo "$kind-$abi linux-modules-$abi linux-base-$abi"
				return
			fi
		done
	done
}

packages_of() {
	case $1 in
	6.*) image_of_meta "$1." ;;
	7) split_packages 7 ;;
	esac
}

# A bzImage names the place of its compressed payload in its set-up header
# (Documentation/arch/x86/boot.rst); the payload's last four bytes are its unpacked length.
extract_vmlinux() {
	local sectors offset length
	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1" | tr -d ' ')
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1" | tr -d ' ')
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1" | tr -d ' ')
	offset=$(((sectors + 1) * 512 + offset))
	tail -c +$((offset + 1)) "$1" | head -c $((length - 4)) > "$2.packed" || true
	case $(od -An -tx1 -N 4 "$2.packed" | tr -d ' ') in
	28b52ffd) zstd -q -d -c "$2.packed" > "$2" ;;
	fd377a58) xz -d -c "$2.packed" > "$2" ;;
	1f8b*) gzip -d -c "$2.packed" > "$2" ;;
	*) die "$1 is packed in a way that this script does not know" ;;
	esac
	rm "$2.packed"
	[ "$(head -c 4 "$2" | tail -c 3)" = ELF ] || die "$1 holds no ELF kernel"
}

download() {
	(cd "$1" && shift && apt_private apt-get -qq download "$@")
}

# Lists that are some weeks old name files that the mirror has dropped: read them once more then.
fetch() {
	local name=$1 dir=$2 packages
	[ -d "$apt_state/lists/partial" ] || apt_private_init bookworm-backports trixie-backports
	packages=$(packages_of "$name")
	# shellcheck disable=SC2086 # a list of words
	if [ -n "$packages" ] && download "$dir" $packages; then
		return
	fi
	apt_private_init bookworm-backports trixie-backports
	packages=$(packages_of "$name")
	[ -n "$packages" ] || die "the mirror's lists have no kernel $name"
	# shellcheck disable=SC2086
	download "$dir" $packages || die "cannot download $packages"
}

# Until 7.1 the kernel lies in /boot, later beside its modules.
unpack() {
	local dir=$1 deb abi modules
	for deb in "$dir"/*.deb; do
		dpkg -x "$deb" "$dir/root"
	done
	modules=$(find "$dir/root" -path '*lib/modules/*' -name kernel -prune -printf '%h\n')
	abi=${modules##*/}
	[ -n "$abi" ] || die "the package has no modules"
	mkdir -p "$dir/lib/modules"
	mv "$modules" "$dir/lib/modules/$abi"
	extract_vmlinux "$(find "$dir" -name 'vmlinuz*' | head -n 1)" "$dir/vmlinux"
	find "$dir" \( -name "config-$abi" -o -name config \) -exec cp {} "$dir/config.new" \;
	mv "$dir/config.new" "$dir/config"
	depmod -b "$dir" "$abi"
	rm -rf "$dir/root" "$dir"/*.deb
	echo "$abi" > "$dir/release"
}

main() {
	local name=${1:-} part
	case $name in
	6.1 | 6.12 | 7) ;;
	*) die "usage: kernel.sh 6.1|6.12|7" ;;
	esac
	[ -s "$kernels/$name/release" ] && return
	mkdir -p "$kernels"
	exec 9> "$kernels/.lock"
	flock 9
	[ -s "$kernels/$name/release" ] && return
	part=$kernels/.part-$name
	rm -rf "$part" "${kernels:?}/$name"
	mkdir "$part"
	echo "kernel.sh: fetching kernel $name"
	fetch "$name" "$part"
	unpack "$part"
	mv "$part" "$kernels/$name"
	echo "kernel.sh: kernel $name is $(cat "$kernels/$name/release")"
}

main "$@"
