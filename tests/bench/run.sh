#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tracing costs: instructions per MAP and UNMAP pair, in a VM that counts them.
#   KERNEL=6.12   the VM's kernel
# Prints a table; build/bench/result.json has the figures.
set -eu
cd "$(dirname "$0")/../.."
out=build/bench
kernel=${KERNEL:-6.12}

# Name, at most how much it may add (per cent, pairs of 4 KiB), and what it is.
rows='none                    - no tracing
empty-fexit             - empty fexit
empty-fentry-fexit      - empty fentry and fexit
counters                8 viommu-trace --no-latency
latency                15 viommu-trace
all                     - viommu-trace --all
empty-kprobe-kretprobe  - empty kprobe and kretprobe
kprobe-counters        25 --hooks kprobe --no-latency
kprobe-latency         25 --hooks kprobe
bpftrace                - bpftrace, the same counts'

# empty_build ROW HOOK [HOOK2]
empty_build() {
	"${CLANG:-clang}" -target bpf -O2 -g -Wall -Wno-unused-parameter -Werror -Ibuild \
		-DHOOK="$2" ${3:+-DHOOK2="$3"} -c tests/bench/empty.bpf.c -o "$out/$1.bpf.o"
}

# The programs that ran in each row, an object each.
programs() {
	local row
	for row in $(echo "$rows" | awk '{ print $1 }'); do
		jq -c --arg row "$row" '.[] | select((.run_cnt // 0) > 100) |
			{ row: $row, name, runs: .run_cnt,
			  ns_per_run: (.run_time_ns / .run_cnt | round) }' "$out/$row.progs"
	done
}

table() {
	local form='%-27s %9s %7s %7s %11s %7s  %s\n'
	# shellcheck disable=SC2059 # one form for all lines
	{
		printf "$form" '' '4 KiB' '' '' '2 MiB' '' 'each program: run time'
		printf "$form" 'per MAP and UNMAP pair' 'instr.' 'added' 'at most' 'instr.' 'added' \
			'(kernel.bpf_stats_enabled)'
		jq -r '.rows[] | [.what, .instructions_4k, "\(.added_percent_4k) %",
			if .target_percent then "\(.target_percent) %" else "-" end,
			.instructions_2m, "\(.added_percent_2m) %",
			([.programs[] | "\(.name) \(.ns_per_run)"] | join(", "))] | join("|")' \
			"$out/result.json" | while IFS='|' read -r what n added most m added2 programs; do
			printf "$form" "$what" "$n" "$added" "$most" "$m" "$added2" "$programs"
		done
	}
	echo "Linux $(cat "$out/kernel"), QEMU TCG with -icount: one instruction is one ns of the VM's"
	echo "clock. These are counts of instructions, good for ratios in one run; they are no times."
}

main() {
	rm -rf "$out"
	mkdir -p "$out"
	empty_build empty-fexit fexit
	empty_build empty-fentry-fexit fentry fexit
	empty_build empty-kprobe-kretprobe kprobe kretprobe
	tools/lab/run.sh --kernel "$kernel" --icount --timeout 900 --out "$PWD/$out" -- \
		tests/bench/inside.sh
	programs | jq -n --arg kernel "$(cat "$out/kernel")" --arg rows "$rows" \
		--arg runs "$(cat "$out/runs")" -f tests/bench/result.jq > "$out/result.json"
	table
}

main
