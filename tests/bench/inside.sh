#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM, whose clock counts instructions: run vfio-load under each tracer.
#   $LAB_OUT/runs        ROW SIZE PAIRS INSTRUCTIONS, a line for each run
#   $LAB_OUT/ROW.progs   the BPF programs of the row, their runs and what these took (JSON)
set -eu
# shellcheck source=tools/lab/guest.sh
. tools/lab/guest.sh
# shellcheck source=tests/bench/pairs.sh
. tests/bench/pairs.sh

tracer=

die() { echo "bench: $*" >&2; exit 1; }

wait_for() {
	local left=600
	until "$@" > /dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || die "no success within a minute: $*"
		sleep 0.1
	done
}

# The kernel's own account of the programs. Taking it costs instructions: a run of its own.
programs() {
	echo 1 > /proc/sys/kernel/bpf_stats_enabled
	pairs_load 4K "${pairs_long[4K]}"
	echo 0 > /proc/sys/kernel/bpf_stats_enabled
	bpftool -j prog list > "$LAB_OUT/$1.progs"
}

# measure ROW. A tracer's user space is stopped meanwhile: its timers (a table to update, a buffer to
# look at) would add what has nothing to do with a map, and by chance.
measure() {
	[ -z "$tracer" ] || kill -STOP "$tracer"
	pairs_measure "$1"
	programs "$1"
	[ -z "$tracer" ] || kill -CONT "$tracer"
}

tracer_end() {
	kill -INT "$tracer"
	wait "$tracer" || die "the tracer of row $1 ended with status $?"
	tracer=
}

# row_empty ROW: programs that do nothing, kept by their pins.
row_empty() {
	bpftool prog loadall "$LAB_OUT/$1.bpf.o" /sys/fs/bpf/bench autoattach
	measure "$1"
	rm -r /sys/fs/bpf/bench
}

# row_trace ROW OPTION...
row_trace() {
	local row=$1 messages=$LAB_OUT/$1.err
	shift
	build/viommu-trace -v -o json "$@" > "$LAB_OUT/$row.jsonl" 2> "$messages" &
	tracer=$!
	wait_for grep -q 'attached by' "$messages"
	measure "$row"
	tracer_end "$row"
}

bpftrace_attached() { [ "$(bpftool perf list | grep -c vfio_iommu_type1_ioctl)" -ge 2 ]; }

row_bpftrace() {
	bpftrace tests/bench/bench.bt > "$LAB_OUT/bpftrace.out" 2>&1 &
	tracer=$!
	wait_for bpftrace_attached
	measure bpftrace
	tracer_end bpftrace
}

main() {
	lab_vfio_modules
	read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
	uname -r > "$LAB_OUT/kernel"
	measure none
	row_empty empty-fexit
	row_empty empty-fentry-fexit
	row_trace counters --hooks fentry --no-latency
	row_trace latency --hooks fentry
	# Room for all records of a row: a full buffer would make them cheaper.
	row_trace all --hooks fentry --all --ring-size 32M
	row_empty empty-kprobe-kretprobe
	row_trace kprobe-counters --hooks kprobe --no-latency
	row_trace kprobe-latency --hooks kprobe
	row_bpftrace
}

main
