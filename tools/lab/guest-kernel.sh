#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build the kernel and the initramfs of the Linux guest inside the lab VM (guest-linux.sh):
#   tools/lab/guest-kernel.sh
# makes build/kernels/guest/ with vmlinux (an ELF file, entered by PVH), initramfs.cpio
# (guest-init.c, static), config, and release: the version of Debian's linux-source-6.12 and a hash
# of guest-kernel.config. They are kept until guest-kernel.config or guest-init.c changes or the
# folder is removed; until then a second call needs neither network nor compiler.
# The kernel takes four minutes of two cores that do nothing else, and meanwhile 1.5 GB of disk.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$(cd "$here/../.." && pwd)/build/kernels
apt_state=$kernels/.apt
# shellcheck source=tools/lab/apt.sh
. "$here/apt.sh"
package=linux-source-6.12

die() { echo "guest-kernel.sh: $*" >&2; exit 1; }

hash_of() { sha256sum < "$1" | cut -c 1-12; }

# Lists that are some weeks old name files that the mirror has dropped: read them once more then.
download() {
	[ -d "$apt_state/lists/partial" ] || apt_private_init bookworm-backports trixie-backports
	(cd "$1" && apt_private apt-get -qq download "$package") && return
	apt_private_init bookworm-backports trixie-backports
	(cd "$1" && apt_private apt-get -qq download "$package")
}

# The sources of what is not built are left in the package, but not the Kconfig files among them.
unpack_source() {
	dpkg -x "$1"/*.deb "$1/deb"
	mkdir "$1/source"
	tar -x -f "$1/deb/usr/src/$package.tar.xz" -C "$1/source" --strip-components=1 --wildcards \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' \
		--exclude='*/Documentation/*.rst' --exclude='*/tools/testing/*'
}

# tinyconfig takes what it can of the fragment; that all of it was possible is for us to see.
configure() {
	local line
	make -s -C "$1/source" O="$1/build" KCONFIG_ALLCONFIG="$here/guest-kernel.config" \
		tinyconfig > "$1/log" 2>&1 || return
	grep '^CONFIG_' "$here/guest-kernel.config" | while read -r line; do
		case $line in
		*=n) ! grep "^${line%n}" "$1/build/.config" ;;
		*) grep -q -x "$line" "$1/build/.config" ;;
		esac || { echo "the kernel cannot be configured with $line" >> "$1/log"; return 1; }
	done
}

compile() { make -s -C "$1/source" O="$1/build" -j"$(nproc)" vmlinux >> "$1/log" 2>&1; }

build_kernel() {
	local part=$1
	echo "guest-kernel.sh: building the guest's kernel; this takes some minutes" >&2
	download "$part" || die "cannot download $package"
	dpkg-deb -f "$part"/*.deb Version > "$part/version"
	unpack_source "$part"
	if ! { configure "$part" && compile "$part"; }; then
		tail -n 20 "$part/log" >&2
		die "cannot build the kernel"
	fi
	mkdir "$part/guest"
	strip -o "$part/guest/vmlinux" "$part/build/vmlinux"
	cp "$part/build/.config" "$part/guest/config"
	echo "$(cat "$part/version") $(hash_of "$here/guest-kernel.config")" > "$part/guest/release"
}

build_initramfs() {
	local work=$1/initramfs
	rm -rf "$work"
	mkdir -p "$work/dev" "$work/sys"
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -s -o "$work/init" \
		"$here/guest-init.c"
	(cd "$work" && find . | cpio --quiet -o -H newc -R 0:0) > "$1/initramfs.cpio"
	hash_of "$here/guest-init.c" > "$1/init.hash"
	rm -rf "$work"
}

same_kernel() {
	[ "$(cut -d ' ' -f 2 "$kernels/guest/release" 2>/dev/null)" = \
		"$(hash_of "$here/guest-kernel.config")" ]
}

same_init() {
	[ "$(cat "$kernels/guest/init.hash" 2>/dev/null)" = "$(hash_of "$here/guest-init.c")" ]
}

main() {
	local part=$kernels/.part-guest
	! { same_kernel && same_init; } || return 0
	mkdir -p "$kernels"
	exec 9> "$kernels/.lock-guest"
	flock 9
	if ! same_kernel; then
		rm -rf "$part"
		mkdir "$part"
		build_kernel "$part"
		rm -rf "$kernels/guest"
		mv "$part/guest" "$kernels/guest"
		rm -rf "$part"
	fi
	same_init || build_initramfs "$kernels/guest"
}

main
