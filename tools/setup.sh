#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install what a set of tasks needs, from the mirror that this machine already uses:
#   tools/setup.sh build|lab|check|bench...
# Some packages must be newer than Debian 12's own and come from its backports suite. The package
# lists of that suite are kept in build/apt, so the machine's own apt configuration is not touched.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
state=$top/build/apt

build='gcc clang llvm make pkg-config libc6-dev linux-libc-dev libelf-dev zlib1g-dev libkmod-dev
	libjansson-dev libexpat1-dev libcap-dev'
build_new='libbpf-dev bpftool'
lab='busybox-static cpio kmod xz-utils zstd jq'
lab_new='qemu-system-x86'
check='libcmocka-dev mandoc clang-format gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	python3-minimal python3-jsonschema'
bench='bpftrace'

die() { echo "setup: $*" >&2; exit 1; }

# The archive (not the security one) that apt is configured with, whatever mirror that is.
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk '$2 == "bookworm" { print $1; exit }'
}

# apt with the machine's own sources plus backports, in a state folder of our own.
apt_private() {
	apt-get -o Dir::Etc::SourceParts="$state/sources" -o Dir::State::Lists="$state/lists" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}

apt_private_init() {
	uri=$(mirror)
	[ -n "$uri" ] || die "apt has no 'bookworm' source; this script is for Debian 12"
	mkdir -p "$state/sources" "$state/lists/partial"
	find /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) \
		-exec cp {} "$state/sources/" \;
	cat > "$state/sources/viommu-backports.sources" <<-EOF
	Types: deb
	URIs: $uri
	Suites: bookworm-backports
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	EOF
	apt_private -qq update
}

installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# Installed, and from backports: Debian 12's own libbpf is 1.1, its QEMU 7.2.
installed_new() {
	installed "$1" && dpkg-query -W -f '${Version}\n' "$1" | grep -q 'bpo\|deb13'
}

missing() { for p in $1; do installed "$p" || printf '%s ' "$p"; done; }
missing_new() { for p in $1; do installed_new "$p" || printf '%s ' "$p"; done; }

main() {
	want= new=
	for set in "$@"; do
		case $set in
		build) want="$want $build"; new="$new $build_new" ;;
		lab) want="$want $lab"; new="$new $lab_new" ;;
		check) want="$want $check" ;;
		bench) want="$want $bench" ;;
		*) die "unknown set '$set'" ;;
		esac
	done
	need=$(missing "$want")
	need_new=$(missing_new "$new")
	[ -n "$need$need_new" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "these packages are missing, run as root to install them: $need$need_new"
	echo "setup: installing $need$need_new"
	apt_private_init
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # lists of words
	[ -z "$need" ] || apt_private -qq install --no-install-recommends -y $need >"$state/log" 2>&1 ||
		{ tail -n 20 "$state/log" >&2; die "apt-get install failed"; }
	# shellcheck disable=SC2086
	[ -z "$need_new" ] || apt_private -qq install --no-install-recommends -y \
		-t bookworm-backports $need_new >"$state/log" 2>&1 ||
		{ tail -n 20 "$state/log" >&2; die "apt-get install from backports failed"; }
}

main "$@"
