#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# viommud under records of VMs that there are not, on this machine's own kernel:
# tests/bench/records.sh PROGRAM    as root
#   VMS=500 FAILURES=6000000
# Fails if a record is missing without being counted, or for memory. What a scrape and idleness should
# keep to is shown beside their times, which the machine's other work may spoil.
set -eu
cd "$(dirname "$0")/../.."
program=$1
vms=${VMS:-500}
failures=${FAILURES:-6000000}
tmp=$(mktemp -d)
socket=$tmp/viommud.sock
loader=
failed=0

# Limits: KiB of both processes without what is mapped of BPF; ms; per cent of a CPU.
memory_max=16384
scrape_max=20
idle_max=0.2
scrapes=41
idle_seconds=20

die() { echo "records: $*" >&2; exit 1; }

clean() {
	exec 9>&-
	[ -z "$loader" ] || wait "$loader" || true
	rm -rf "$tmp"
}
trap clean EXIT

# at_most WHAT VALUE LIMIT UNIT: prints it; is it?
at_most() {
	local verdict=ok
	awk -v is="$2" -v most="$3" 'BEGIN { exit !(is <= most) }' || verdict=more
	printf '%-34s %10s %-4s at most %-8s %s\n' "$1" "$2" "$4" "$3" "$verdict"
	[ "$verdict" = ok ]
}

# Wait until the loader has said a line that begins so; prints its second word.
said() {
	local i
	for i in $(seq 600); do
		grep -q "^$1" "$tmp/out" && { awk -v w="$1" '$1 == w { print $2; exit }' "$tmp/out"; return; }
		kill -0 "$loader" 2>/dev/null || break
		sleep 0.1
	done
	cut -c 1-200 "$tmp/out" | head -n 5 >&2
	die "no line '$1'"
}

start() {
	id viommu >/dev/null 2>&1 || useradd --system --user-group --no-create-home viommu
	chmod 755 "$tmp"
	printf '%s\n' 'version: 1' 'listen: []' "socket: $socket" "state: $tmp/state" \
		'max_series: 1000000' >"$tmp/viommud.yaml"
	mkfifo "$tmp/in"
	"$program" "$tmp/viommud.yaml" "$vms" "$failures" <"$tmp/in" >"$tmp/out" 2>&1 &
	loader=$!
	exec 9>"$tmp/in"
}

scrape() { curl -s --fail --max-time 10 --unix-socket "$socket" -o "$tmp/metrics" "$@" http://viommud/metrics; }

# metric NAME [LABEL]: the sum of its samples.
metric() {
	awk -v name="^viommu_$1[{ ]" -v label="${2:-}" '
		$0 ~ name && index($0, label) { sum += $NF } END { printf "%d\n", sum }' "$tmp/metrics"
}

received() { metric dma_map_failures_total 'reason="above_host_width"'; }

# Until the last folded events and losses have been told: nothing changes for three seconds.
settle() {
	local before='' now='' i
	for i in $(seq 60); do
		sleep 3
		scrape || die "no answer from the server"
		now=$(received)/$(metric lost_records_total)
		[ "$now" != "$before" ] || return 0
		before=$now
	done
	die "the counters do not come to rest"
}

check_counts() {
	local got lost
	got=$(received)
	lost=$(metric lost_records_total)
	printf '%d VMs, %d failures in %s s: received %d, lost %d (of these %d for want of a server)\n' \
		"$(metric domain_processes)" "$failures" "$(awk '$1 == "attempted" { print $4 }' "$tmp/out")" \
		"$got" "$lost" "$(metric lost_records_total 'reason="server_behind"')"
	[ $((got + lost)) -eq "$failures" ] || { echo "records: FAILED: $((failures - got - lost)) are missing"; failed=1; }
	[ "$got" -gt 0 ] || { echo "records: FAILED: nothing was received"; failed=1; }
	[ "$(metric domain_processes)" -eq "$vms" ] || { echo "records: FAILED: VMs are missing"; failed=1; }
}

# Proportional set size without the ring and the tables of BPF, KiB.
memory() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { bpf = /bpf-map|anon_inode/ } /^Pss:/ && !bpf { kib += $2 }
		END { print kib }' "/proc/$1/smaps"
}

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

check_memory() {
	local s c
	s=$(memory "$server")
	c=$(memory "$collector")
	echo "memory: server $s KiB, collector $c KiB; VmRSS with rings and shared libraries" \
		"$(awk '/VmRSS/ { print $2 }' "/proc/$server/status")" \
		"$(awk '/VmRSS/ { print $2 }' "/proc/$collector/status") KiB"
	at_most 'memory of both without rings' "$((s + c))" "$memory_max" KiB || failed=1
}

check_scrape() {
	local i median
	for i in $(seq "$scrapes"); do
		scrape -w '%{time_total}\n'
	done >"$tmp/times"
	median=$(sort -n "$tmp/times" | awk '{ t[NR] = $1 } END { printf "%.1f\n", t[int((NR + 1) / 2)] * 1000 }')
	at_most "scrape, $(wc -c <"$tmp/metrics") bytes, median" "$median" "$scrape_max" ms || :
}

check_idle() {
	local before hz
	hz=$(getconf CLK_TCK)
	before=$(($(ticks "$server") + $(ticks "$collector")))
	sleep "$idle_seconds"
	at_most 'CPU of both when idle' "$(awk -v t=$(($(ticks "$server") + $(ticks "$collector") - before)) \
		-v hz="$hz" -v s="$idle_seconds" 'BEGIN { printf "%.2f\n", 100 * t / hz / s }')" "$idle_max" '%' || :
}

[ "$(id -u)" -eq 0 ] || die "run as root: it loads a BPF program"
start
server=$(said server)
collector=$(said collector)
said attempted >/dev/null
settle
check_counts
check_memory
check_scrape
check_memory
check_idle
exit "$failed"
