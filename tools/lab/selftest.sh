#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Test the lab itself, on the build machine: exit statuses, the log check on real splats and on
# lines that only look like one, results that come back, nothing left behind. About a minute.
#   tools/lab/selftest.sh [6.1|6.12|7]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernel=${1:-6.12}
LAB_OUT=$(mktemp -d)
trap 'rm -rf "$LAB_OUT"' EXIT
# shellcheck source=tests/vm/lib.sh
. "$here/../../tests/vm/lib.sh"

run() { "$here/run.sh" --kernel "$kernel" --out "$LAB_OUT/vm" "$@"; }

log_line() { printf '[    1.0] Linux version\n%s\n' "$1" > "$LAB_OUT/log"; }

test_lines() {
	local line
	while read -r line; do
		log_line "$line"
		check_fails "a splat: $line" 1 "$here/logcheck.sh" "$LAB_OUT/log"
	done <<-'EOT'
	[    2.1] Kernel panic - not syncing: sysrq triggered crash
	[    2.1] BUG: kernel NULL pointer dereference, address: 0000000000000000
	[    2.1] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]
	[    2.1] WARNING: CPU: 1 PID: 77 at drivers/vfio/vfio_iommu_type1.c:2700 vfio_x+0x1/0x2
	[    2.1] WARNING: drivers/vfio/vfio_iommu_type1.c:2700 at vfio_x+0x1/0x2, CPU#1: a/77
	[    2.1] WARNING: at vfio_x+0x1/0x2, CPU#1: a/77
	[    2.1] WARNING: possible circular locking dependency detected
	[    2.1] INFO: task qemu:12 blocked for more than 120 seconds.
	[    2.1] refcount_t: underflow; use-after-free.
	EOT
	while read -r line; do
		log_line "$line"
		check "no splat: $line" "$here/logcheck.sh" "$LAB_OUT/log" 12289
	done <<-'EOT'
	[    0.0] Kernel command line: console=ttyS0 panic=-1
	[    0.1] RETBleed: WARNING: CPU does not support IBPB.
	[    0.1] WARNING: Unprivileged eBPF is enabled with eIBRS, data leaks possible
	[    0.1] DEBUG: nothing
	EOT
	log_line clean
	check_fails "taint W" 1 "$here/logcheck.sh" "$LAB_OUT/log" 512
	check_fails "taint D" 1 "$here/logcheck.sh" "$LAB_OUT/log" 128
	check_fails "taint B" 1 "$here/logcheck.sh" "$LAB_OUT/log" 32
	check_fails "no log" 2 "$here/logcheck.sh" "$LAB_OUT/none"
}

test_splats() {
	local path=$here/splat.sh
	check_fails "hung task fails a run" 123 run -- bash "$path" hung
	check "hung task where it is expected" run --expect-splat -- bash "$path" hung
	check_fails "taint fails a run" 123 run -- bash "$path" taint
	check_fails "panic fails a run" 125 run -- bash "$path" panic
	check "panic where it is expected" run --expect-splat -- bash "$path" panic
	check_fails "clean log where a splat is expected" 123 run --expect-splat -- true
}

test_results() {
	# shellcheck disable=SC2016 # for the shell in the VM
	check_fails "the command's status, and output into \$LAB_OUT" 7 \
		run -- bash -c 'seq 1000 > "$LAB_OUT/seq"; exit 7'
	check_equal "what the VM wrote is here" "$(seq 1000 | md5sum)" "$(md5sum < "$LAB_OUT/vm/seq")"
	check_equal "output arrives whole" "$(seq 100000 | md5sum)" "$(run -- seq 100000 | md5sum)"
	check_equal "words arrive as they are" "a  b|\$c|'\"|" "$(run -- printf '%s|' 'a  b' "\$c" "'\"")"
	check "a background process does not keep the VM" run --timeout 30 -- sh -c 'sleep 1000 &'
	check_fails "timeout" 124 run --timeout 5 -- sleep 100
}

vm_runs() { pgrep -f "path=$LAB_OUT/v[m]" > /dev/null; }
vm_gone() { ! vm_runs; }

test_signals() {
	local signal pid
	for signal in TERM KILL; do
		run -- sleep 100 > /dev/null 2>&1 &
		check "VM is up" wait_for 10 vm_runs
		pid=$(pgrep -f "run.sh --kernel $kernel --out $LAB_OUT/v[m]" | head -n 1)
		kill -s "$signal" "$pid"
		check "SIG$signal leaves no VM" wait_for 10 vm_gone
		wait || true
	done 2> /dev/null
}

test_lines
test_results
test_splats
test_signals
lib_done
