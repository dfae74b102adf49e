#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make kmod-install` gives to DKMS builds by itself, with the very command that dkms.conf names
# and no other file of this repository; and dkms.conf says what DKMS needs. tests/dkms.sh
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# check NAME COMMAND...
check() {
	local name=$1
	shift
	if "$@" > "$work/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL dkms: $name"
		tail -n 20 "$work/log" | sed 's/^/    /'
	fi
}

# dkms_read KERNEL: dkms.conf for it, as DKMS reads it; twice, as it uses values that it sets itself.
dkms_read() {
	PACKAGE_NAME='' PACKAGE_VERSION=''
	dkms_tree=$work/tree
	kernel_source_dir=$(tools/lab/headers.sh "$1")
	source=$(echo "$work"/root/usr/src/viommu-guard-*)
	# shellcheck disable=SC1091
	. "$source/dkms.conf"
	# shellcheck disable=SC1091
	. "$source/dkms.conf"
}

# Its command, in a copy of the sources.
dkms_build() {
	local build
	dkms_read "$1"
	build=$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build
	[ "${source##*/}" = "$PACKAGE_NAME-$PACKAGE_VERSION" ] || return
	rm -rf "$build"
	mkdir -p "${build%/*}"
	cp -r "$source" "$build"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL bash -c "${MAKE[0]}" || return
	built=$build/${BUILT_MODULE_NAME[0]}.ko
	[ "$(modinfo -F version "$built")" = "$PACKAGE_VERSION" ] &&
		[[ "$(modinfo -F vermagic "$built")" == "$(cat "build/kernels/$1/release") "* ]]
}

# What it asks of a kernel is so.
dkms_config() {
	local option
	dkms_read "$1"
	[[ "$(cat "build/kernels/$1/release")" =~ $BUILD_EXCLUSIVE_KERNEL ]] || return
	for option in $BUILD_EXCLUSIVE_CONFIG; do
		case $option in
		!*) ! grep -q "^${option#!}=" "build/kernels/$1/config" || return ;;
		*) grep -q "^$option=" "build/kernels/$1/config" || return ;;
		esac
	done
}

check "make kmod-install DESTDIR=" make kmod-install "DESTDIR=$work/root"
for kernel in 6.1 6.12; do
	check "builds for $kernel" dkms_build "$kernel"
	check "is for $kernel" dkms_config "$kernel"
done
[ -z "${RESULTS:-}" ] || echo "$passed $failed 0" >> "$RESULTS"
echo "dkms: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
