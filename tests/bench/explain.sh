#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Speed and memory of `viommuctl explain` on MB (1024) megabytes of generated log: at least 200 MB/s
# of CPU time (others may use the machine),
# and within 32 MiB of address space however long the log is. tests/bench/explain.sh [PROGRAM...]
set -eu
cd "$(dirname "$0")/../.."
megabytes=${MB:-1024}
memory=32768	# KiB
[ $# -gt 0 ] || set -- build/viommuctl explain
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# One megabyte and a bit of a host's journal: a failure in every 500 lines, the rest noise.
generate() {
	awk 'BEGIN {
		for (i = 0; i < 11000; i++) {
			t = sprintf("Nov 21 04:%02d:%02d host%d ", i / 60 % 60, i % 60, i % 7)
			if (i % 500 == 250)
				printf "%sQEMU[4242]: kvm: vfio_container_dma_map(0x5651799bf680, " \
					"0x%x0000000, 0x1000, 0x7efe9cb00000) = -22 (Invalid argument)\n", t, 4096 + i
			else if (i % 3)
				printf "%ssystemd[1]: Started session-%d.scope - Session %d of User root.\n", t, i, i
			else
				printf "%skernel: [%d.%06d] audit: type=1400 apparmor=\"ALLOWED\" pid=%d comm=\"sshd\"\n", \
					t, i, i * 7 % 1000000, i
		}
	}'
}

# Only lines that have a message: the slowest input that is not made up.
generate_dense() {
	awk 'BEGIN {
		for (i = 0; i < 9000; i++)
			printf "2026-11-21T04:20:05.123456Z qemu-system-x86_64: vfio_container_dma_map(" \
				"0x5651799bf680, 0x%x0000000, 0x1000, 0x7efe9cb00000) = -22 (Invalid argument)\n", \
				4096 + i
	}'
}

# The file so many times that it is $megabytes long.
repeat() {
	local size copies
	size=$(stat -c %s "$1")
	copies=$((megabytes * 1048576 / size + 1))
	for ((i = 0; i < copies; i++)); do cat "$1"; done
}

# The program runs under a limit of its address space: memory that grows with the log ends it.
run_limited() (
	ulimit -v "$memory"
	status=0
	"$@" > "$dir/out" || status=$?
	[ "$status" -eq 5 ]	# findings
)

measure() {
	local name=$1 least=$2 seconds
	shift 2
	repeat "$dir/$name" > "$dir/log"
	cat "$dir/log" > /dev/null	# into the page cache, if there is room
	TIMEFORMAT='%R %U %S'
	seconds=$({ time run_limited "$@" -o json "$dir/log"; } 2>&1) ||
		{ echo "$name: failed: $seconds"; return 1; }
	awk -v name="$name" -v least="$least" -v bytes="$(stat -c %s "$dir/log")" \
		-v findings="$(wc -l < "$dir/out")" -v seconds="$seconds" -v kib="$memory" 'BEGIN {
		split(seconds, s, " ")
		speed = bytes / 1000000 / (s[2] + s[3])
		printf "%-6s %5.0f MB in %5.2f s, %5.2f s of CPU: %4.0f MB/s, %d findings, within %d KiB\n",
			name, bytes / 1000000, s[1], s[2] + s[3], speed, findings, kib
		exit speed < least
	}'
}

generate > "$dir/mixed"
generate_dense > "$dir/dense"
status=0
measure mixed 200 "$@" || status=1
measure dense 20 "$@" || status=1
exit "$status"
