# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced inside a lab VM whose clock counts instructions: how many a MAP and UNMAP pair takes. Who
# sources it sets $bdf and $group.
#   $LAB_OUT/runs   ROW SIZE PAIRS INSTRUCTIONS, a line for each run

pairs_repeats=2
pairs_file=$(mktemp)
# Pairs of two runs of each size: in their difference there is no start.
declare -A pairs_short=([4K]=500 [2M]=50) pairs_long=([4K]=3000 [2M]=350)
: > "$LAB_OUT/runs"

# Called before the load starts, and when it has its container but has not begun; replaced by who
# needs them.
pairs_before() { :; }
pairs_ready() { :; }
mkfifo "$pairs_file.begin"

pairs_attached() { grep -q '"set-iommu"' "$pairs_file"; }

# pairs_load SIZE PAIRS: alone on the CPU, so no pipe; the sleep is for what the kernel has put off.
pairs_load() {
	local begin load
	pairs_before
	build/tools/vfio-load -g "$group" -d "$bdf" --size "$1" --pairs "$2" wait-stdin sleep 200 \
		< "$pairs_file.begin" > "$pairs_file" &
	load=$!
	exec {begin}> "$pairs_file.begin"
	until pairs_attached; do sleep 0.1; done
	pairs_ready
	exec {begin}>&-
	wait "$load"
}

pairs_run() {
	pairs_load "$2" "$3"
	sed -n "s/.*\"elapsed_ns\":\([0-9]*\).*/$1 $2 $3 \1/p" "$pairs_file" >> "$LAB_OUT/runs"
}

# pairs_measure ROW: a first run warms up (caches, the task's and the container's places in the
# tables).
pairs_measure() {
	local size i
	echo "bench: measuring $1" >&2
	pairs_load 4K 100
	for size in 4K 2M; do
		for ((i = 0; i < pairs_repeats; i++)); do
			pairs_run "$1" "$size" "${pairs_short[$size]}"
			pairs_run "$1" "$size" "${pairs_long[$size]}"
		done
	done
}
