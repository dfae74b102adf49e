#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install what a set of tasks needs, from the mirror that this machine already uses:
#   tools/setup.sh build|lab|check|kmod|guest|bench|deb...
# Some packages must be newer than Debian 12's own and come from its backports suite. The package
# lists of that suite are kept in build/apt, so the machine's own apt configuration is not touched.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
apt_state=$top/build/apt
# shellcheck source=tools/lab/apt.sh
. "$top/tools/lab/apt.sh"

build='gcc clang llvm make pkg-config libc6-dev linux-libc-dev libelf-dev zlib1g-dev libkmod-dev
	libjansson-dev libexpat1-dev libcap-dev libyaml-dev libmnl-dev libsqlite3-dev libmicrohttpd-dev
	libgnutls28-dev libcurl4-gnutls-dev libseccomp-dev libcrypt-dev'
build_new='libbpf-dev bpftool'
lab='busybox-static cpio kmod xz-utils zstd jq'
lab_new='qemu-system-x86'
check='libcmocka-dev systemtap-sdt-dev mandoc clang-format gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	python3-minimal python3-jsonschema libclang-rt-14-dev systemd prometheus openssl curl sqlite3'
kmod='sparse gcc-12 uuid-dev'
# What the kernel of the Linux guest is built with.
guest='flex bison bc libelf-dev'
bench='bpftrace'
deb='debhelper dh-dkms dpkg-dev fakeroot'

die() { echo "setup: $*" >&2; exit 1; }

installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# Installed, and from backports: Debian 12's own libbpf is 1.1, its QEMU 7.2.
installed_new() {
	installed "$1" && dpkg-query -W -f '${Version}\n' "$1" | grep -q 'bpo\|deb13'
}

missing() { for p in $1; do installed "$p" || printf '%s ' "$p"; done; }
missing_new() { for p in $1; do installed_new "$p" || printf '%s ' "$p"; done; }

install_packages() {
	apt_private apt-get -qq install --no-install-recommends -y "$@" >"$apt_state/log" 2>&1 ||
		{ tail -n 20 "$apt_state/log" >&2; die "apt-get install failed"; }
}

main() {
	want= new=
	for set in "$@"; do
		case $set in
		build) want="$want $build"; new="$new $build_new" ;;
		lab) want="$want $lab"; new="$new $lab_new" ;;
		check) want="$want $check" ;;
		guest) want="$want $guest" ;;
		bench) want="$want $bench" ;;
		deb) want="$want $deb" ;;
		kmod) want="$want $kmod" ;;
		*) die "unknown set '$set'" ;;
		esac
	done
	need=$(missing "$want")
	need_new=$(missing_new "$new")
	[ -n "$need$need_new" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "run as root to install the missing packages: $need$need_new"
	echo "setup: installing $need$need_new"
	apt_private_init bookworm-backports || die "cannot read the package lists"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # lists of words
	{
		[ -z "$need" ] || install_packages $need
		[ -z "$need_new" ] || install_packages -t bookworm-backports $need_new
	}
}

main "$@"
