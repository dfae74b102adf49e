#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make kmod-install` gives to DKMS builds by itself, with the very command that dkms.conf names
# and no other file of this repository; and dkms.conf says what DKMS needs. tests/dkms.sh
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

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

test_that "make kmod-install DESTDIR=" make kmod-install "DESTDIR=$work/root"
for kernel in 6.1 6.12; do
	test_that "builds for $kernel" dkms_build "$kernel"
	test_that "is for $kernel" dkms_config "$kernel"
done
test_done dkms
