#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The build itself: from nothing without a network, header dependencies, install, clean.
set -u
# As if typed: a make above us would have its sub-makes say more.
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

# In a network namespace of its own there is not even a loopback that is up.
builds_without_network() { unshare -n make -j2 O="$work/build" all tools; }

says_little() { make O="$work/build" all 2>&1 | grep -cv 'Nothing to be done' | grep -qx 0; }

# Packages are built below build/, with folders that are called like files of dependencies.
folders_are_no_dependencies() {
	mkdir -p "$work/build/deb/src/tmpfiles.d" && make -n O="$work/build" all
}

# Sources that include the header, by the compiler's own account.
includers() {
	local source
	for source in user/*/*.c; do
		gcc -MM -D_GNU_SOURCE -Iinclude -Iuser -I. -Itools -isystem "$work/build/bpf" "$source" |
			tr -d '\\' | tr ' ' '\n' | grep -qx "$1" && echo "$source"
	done
	return 0
}

# Sources that make compiles again when the header has changed.
recompiled() {
	touch "$1"
	make -n V=1 O="$work/build" all | grep -o ' -c [^ ]*\.c' | cut -d ' ' -f 3 | grep ^user/ | sort -u
}

header_is_followed() {
	includers "$1" | sort > "$work/want"
	recompiled "$1" > "$work/got"
	make -j2 O="$work/build" all && [ -s "$work/want" ] && diff "$work/want" "$work/got"
}

# The border between BPF and us: the programs, the skeleton, whoever includes that.
record_is_followed() {
	touch include/viommu/record.h
	make -n V=1 O="$work/build" all > "$work/plan"
	grep -q 'type1.bpf.o' "$work/plan" && grep -q 'gen skeleton' "$work/plan" &&
		grep -q -- '-c user/trace/type1.c' "$work/plan"
}

installs() {
	make O="$work/build" DESTDIR="$work/root" PREFIX=/usr install || return 1
	for file in bin/viommu-trace share/man/man8/viommu-trace.8 \
		share/bash-completion/completions/viommu-trace share/viommu/event.schema.json \
		share/man/man5/viommu-policy.5 lib/systemd/system/viommu-policy.service; do
		[ -s "$work/root/usr/$file" ] || { echo "no $file"; return 1; }
	done
	"$work/root/usr/bin/viommu-trace" --version
}

cleans() {
	mkdir -p "$work/build/kernels"
	make O="$work/build" clean && [ "$(ls "$work/build")" = kernels ]
}

help_names_all() {
	local target
	for target in all demo check bench fuzz install clean; do
		make help | grep -q "make $target " || { echo "no $target in make help"; return 1; }
	done
}

test_that 'builds from nothing, without a network' builds_without_network
test_that 'a second build does nothing' says_little
test_that 'packages are below it' folders_are_no_dependencies
for header in user/core/iova.h user/host/vm.h user/trace/tracer.h user/cli/output.h; do
	test_that "a change of $header reaches who includes it" header_is_followed "$header"
done
test_that 'a change of the records reaches BPF and its loader' record_is_followed
test_that 'installs below DESTDIR and PREFIX' installs
test_that 'clean keeps what was fetched' cleans
test_that 'help lists the targets' help_names_all
test_done build
