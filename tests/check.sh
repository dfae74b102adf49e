#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test, from nothing: installs, builds, runs, and ends with the line "N passed, N failed".
#   FULL=1            also those with a Linux guest inside the VM, whose kernel is built first
set -u
# As if typed: a make above us would have its sub-makes say more.
unset MAKEFLAGS MFLAGS MAKELEVEL
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
mkdir -p build
export RESULTS=$top/build/results
: > "$RESULTS"

# step NAME COMMAND...: one step that counts as one test if it does not count its own.
step() {
	local name=$1 before after status start=$SECONDS
	shift
	echo "== $name"
	before=$(wc -l < "$RESULTS")
	"$@"
	status=$?
	after=$(wc -l < "$RESULTS")
	if [ "$before" -eq "$after" ] || { [ "$status" -ne 0 ] && ! tail -n +$((before + 1)) "$RESULTS" |
		awk '$2 > 0 { found = 1 } END { exit !found }'; }; then
		[ "$status" -eq 0 ] && echo "1 0 0" >> "$RESULTS" || echo "0 1 0" >> "$RESULTS"
	fi
	echo "== $name: $([ "$status" -eq 0 ] && echo ok || echo FAILED) ($((SECONDS - start)) s)"
	return "$status"
}

totals() {
	awk '{ p += $1; f += $2; s += $3 }
		END { printf "%d passed, %d failed", p, f; if (s) printf ", %d skipped", s; print "" }' \
		"$RESULTS"
}

step 'packages' tools/setup.sh build lab check kmod || { totals; exit 1; }
step 'build' make -j2 all tools tests || { totals; exit 1; }
step 'unit tests' make unit
step 'unit tests under sanitizers' make -j2 unit-asan
step 'build with clang' make -j2 clang
step 'compile for arm64' make -j2 arm64
step 'style' make lint
step 'help, manual, completion, schema and tables agree' make sync
step 'units of systemd' make units
step 'the kernel module for each kernel' make kmod-lab
step 'the kernel module under sparse' make kmod-sparse
step 'the kernel module by DKMS' tests/dkms.sh
step 'parsers under fuzzing' make fuzz
# A browser is much to install for one test: where there is one, it has to agree.
if command -v chromium >/dev/null; then
	step 'pages in a browser' tests/page.sh build/tests/test_page
fi
step '6 million records through viommud' make bench-records
step 'fleet, with Prometheus' make fleet
step 'build system' tests/build.sh
step 'the lab finds what it has to find' tools/lab/selftest.sh
step 'a kernel complaint fails a row of tests' tests/vm/splat.sh
if [ -n "${FULL:-}" ]; then
	step 'that test notices each planted difference' tests/sync/breaks.sh build
	step 'Debian packages' make deb
	step 'what is in the packages' tests/deb.sh build/deb
	step 'packages for the kernel of the guest' tools/setup.sh guest
	step 'kernel of the guest' tools/lab/guest-kernel.sh
fi
step 'tests in the VM' make check-vm
totals
awk '{ f += $2 } END { exit f != 0 }' "$RESULTS"
