#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel module costs: instructions per MAP and UNMAP pair, in a VM that counts them.
#   KERNEL=6.12   the VM's kernel
# Prints a table; build/bench/guard/result.json has the figures. Exit status 1: some row is above what
# it may add, or 1,000 policies cost more than one.
set -eu
cd "$(dirname "$0")/../.."
out=build/bench/guard
kernel=${KERNEL:-6.12}

# Name, at most how much it may add (per cent, pairs of 4 KiB), and what it is.
rows='none      - without the module
loaded    0 loaded, no policy
cap       0 the cap alone
check     2 the check of each map
errno     7 errno and count of what a cap refuses
one       - both: two policies of different limits
thousand  - the same and 999 more'

table() {
	local form='%-42s %9s %7s %8s %11s %7s\n'
	# shellcheck disable=SC2059 # one form for all lines
	{
		printf "$form" '' '4 KiB' '' '' '2 MiB' ''
		printf "$form" 'per MAP and UNMAP pair' 'instr.' 'added' 'at most' 'instr.' 'added'
		jq -r '.rows[] | [.what, .instructions_4k, "\(.added_percent_4k) %",
			if .target_percent != null then "\(.target_percent) %" else "-" end,
			.instructions_2m, "\(.added_percent_2m) %"] | join("|")' "$out/result.json" |
			while IFS='|' read -r what n added most m added2; do
				printf "$form" "$what" "$n" "$added" "$most" "$m" "$added2"
			done
	}
	echo "Linux $(cat "$out/kernel"), QEMU TCG with -icount: counts of instructions, no times."
}

# Instructions repeat to a few in 10,000; less than that is nothing.
judge() {
	jq -e '(.rows | map({ (.row): .instructions_4k }) | add) as $n |
		all(.rows[] | select(.target_percent != null); .added_percent_4k <= .target_percent + 0.1)
		and ($n.thousand - $n.one | fabs) <= 0.005 * $n.one' "$out/result.json" > /dev/null ||
		{ echo "bench: the module costs more than it may" >&2; exit 1; }
}

rm -rf "$out"
mkdir -p "$out"
tools/lab/run.sh --kernel "$kernel" --icount --timeout 1500 --out "$PWD/$out" -- \
	tests/bench/guard-inside.sh
jq -n --arg kernel "$(cat "$out/kernel")" --arg rows "$rows" --arg runs "$(cat "$out/runs")" \
	-f tests/bench/result.jq > "$out/result.json" < /dev/null
table
judge
