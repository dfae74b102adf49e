# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Seen and missed calls are all calls there were, to the last one, whatever the hooks, the CPUs and
# the kernel's preemption. What is missed is said. Modes that miss nothing miss nothing.

counts_pairs=200000
# Enough for what is about the way of counting and not about a rare moment.
counts_few=20000

# Trampoline programs are skipped only where a task can be preempted in one: see type1.bpf.c.
counts_preemptible() {
	case $(uname -v) in
	*PREEMPT_DYNAMIC*) ! grep -qE '\((none|voluntary)\)' /sys/kernel/debug/sched/preempt ;;
	*PREEMPT*) ;;
	*) false ;;
	esac
}

# counts_run NAME TRACER-ARGS... -- LOAD-ARGS...
counts_run() {
	local name=$1 args=()
	shift
	while [ "$1" != -- ]; do args+=("$1"); shift; done
	shift
	tracer_start "$name" "${args[@]}" || return
	load "$name" -g "$group" -d "$bdf" "$@"
	tracer_stop
}

# What vfio-load says it did.
totals() { jq -r "select(.totals) | .totals | $1" "$load_out"; }

# How many calls are lost, by reason, as {"reason": n}: from the events, and from the last words.
counts_lost_events() { jq -Scs '[.[] | select(.type == "lost")] | group_by(.reason) |
	map({ (.[0].reason): map(.count) | add }) | add // {}' "$tracer_out"; }
counts_lost_said() {
	sed -n 's/^viommu-trace: lost \([0-9]*\) (\([a-z_]*\)): ..*/{"\2":\1}/p' "$tracer_err" |
		jq -Scs 'add // {}'
}

# Failed calls that were told of.
counts_failed() { jq -s '[.[] | select(.result != null and .result < 0) | .count] | add // 0' "$tracer_out"; }

# Calls that were not seen: both reasons are about the programs, not about the ring.
counts_missed() { summary '[.lost.program_skipped, .lost.return_missed] | add // 0'; }

# counts_exact NAME: maps + unmaps + failures + missed = calls; told in all three places.
counts_exact() {
	local seen missed
	missed=$(counts_missed)
	seen=$(($(summary '.maps + .unmaps') + $(counts_failed)))
	check_equal "$1: $seen seen and $missed missed are all calls" \
		"$(totals '.map_calls + .unmap_calls')" $((seen + missed))
	check_equal "$1: losses in the stream and in the summary" \
		"$(summary .lost | jq -Sc .)" "$(counts_lost_events)"
	check_equal "$1: losses in the last words" "$(counts_lost_events)" "$(counts_lost_said)"
}

# counts_complete NAME: nothing is missing, call by call.
counts_complete() {
	counts_exact "$1"
	check_equal "$1: nothing missed" '{}' "$(summary .lost | jq -c .)"
	check_equal "$1: maps, unmaps, bytes, highest IOVA" \
		"$(totals '"\(.maps) \(.unmaps) \(.bytes) \(.highest_mapped)"')" \
		"$(summary '"\(.maps) \(.unmaps) \(.map_bytes) \(.highest_iova)"')"
}

counts_default() {
	counts_run counts -- --pairs $counts_pairs --threads 8 || return
	counts_complete "counts: default hooks"
	check_equal "counts: $counts_pairs maps were made" $counts_pairs "$(totals .maps)"
	check_equal "counts: hooks" "$(counts_preemptible && echo kprobe || echo fentry)" \
		"$(sed -n 's/.*attached by //p' "$tracer_err")"
}

# Trampolines where they miss calls: every one of them is in the loss.
counts_fentry() {
	counts_preemptible || return 0
	counts_run counts-fentry --hooks fentry -- --pairs $counts_pairs --threads 8 || return
	counts_exact "counts: fentry, preemptible"
	check "counts: fentry on a preemptible kernel misses some" test "$(counts_missed)" -gt 0
}

# A kretprobe has room for ten calls that have not returned (register_kretprobe()): more threads
# than that wait for the container's lock here.
counts_threads() {
	counts_run counts-threads --hooks kprobe -- --pairs $counts_few --threads 64 || return
	counts_exact "counts: 64 threads by kprobe"
	check "counts: 64 threads exhaust the kretprobe" test "$(counts_missed)" -gt 0
}

# Failures in between: each one told of, by its IOVA.
counts_failures() {
	counts_run counts-failures --no-latency -- --pairs $counts_few --threads 8 --fail-every 20 \
		--record || return
	counts_complete "counts: one in 20 fails, no latency"
	check_equal "counts: no latency was asked for" null "$(summary .latency)"
	check_equal "counts: failures by reason" "{\"above_host_width\":$((counts_few / 20))}" \
		"$(summary .failures | jq -c .)"
	check_equal "counts: highest IOVA refused" "$(totals .highest_refused)" \
		"$(summary .highest_refused)"
	load_failures > "$LAB_OUT/want"
	trace_failures > "$LAB_OUT/got"
	same_set "counts: failures under load" "$LAB_OUT/want" "$LAB_OUT/got"
}

# The histogram is not printed as it is: read the kernel's table, while the tracer is stopped and
# so cannot give the container's element to another.
counts_latency() {
	local sum
	tracer_start counts-latency --hooks "$1" || return
	kill -STOP "$tracer_pid"
	load counts-latency -g "$group" -d "$bdf" --pairs $counts_few --threads 8 --fail-every 20
	sum=$(bpftool -j map lookup name containers key hex 00 00 00 00 |
		jq '(.formatted // .).value.latency | add')
	kill -CONT "$tracer_pid"
	tracer_stop
	check_equal "counts: every map is in the latency histogram ($1)" "$(totals .map_calls)" "$sum"
	check "counts: latency in the summary ($1)" \
		test "$(summary '.latency | .p50_ns > 0 and .p99_ns >= .p50_ns')" = true
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
counts_default
counts_fentry
counts_threads
counts_failures
counts_latency kprobe
counts_preemptible || counts_latency fentry
