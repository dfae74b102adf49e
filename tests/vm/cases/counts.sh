# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Seen and missed calls are all calls there were, to the last one, whatever the hooks, the CPUs and
# the kernel's preemption. What is missed is said. Hooks that should miss nothing miss nothing.

counts_pairs=200000
# Enough where what is missed is no rare moment.
counts_some=50000
counts_few=10000

# Trampoline programs are skipped only where a task can be preempted in one: see type1.bpf.c.
counts_preemptible() {
	case $(uname -v) in
	*PREEMPT_DYNAMIC*) ! grep -qE '\((none|voluntary)\)' /sys/kernel/debug/sched/preempt ;;
	*PREEMPT*) ;;
	*) false ;;
	esac
}

# What both sides say of a run, read once: a start of jq takes long here. Losses are JSON objects
# {"reason": n}, with sorted keys.
counts_read() {
	read -r calls map_calls load_maps < <(tail -n 1 "$load_out" |
		jq -r '.totals | "\(.map_calls + .unmap_calls) \(.map_calls) \(.maps)"')
	load_sums=$(tail -n 1 "$load_out" | jq -r '.totals |
		"\(.maps) \(.unmaps) \(.bytes) \(.highest_mapped) \(.highest_refused)"')
	read -r seen missed lost_events lost_summary < <(jq -rSs '
		def lost: map(select(.type == "lost")) | group_by(.reason) |
			map({ (.[0].reason): map(.count) | add }) | add // {};
		(map(select(.type == "summary")) | .[0]) as $sum |
		(map(select(.result != null and .result < 0) | .count) | add // 0) as $failed |
		"\($sum.maps + $sum.unmaps + $failed) " +
		"\(([$sum.lost.program_skipped, $sum.lost.return_missed] | add) // 0) " +
		"\(lost | tojson) \($sum.lost | tojson)"' "$tracer_out")
	sums=$(summary '"\(.maps) \(.unmaps) \(.map_bytes) \(.highest_iova) \(.highest_refused)"')
	lost_said=$(sed -n 's/^viommu-trace: lost \([0-9]*\) (\([a-z_]*\)): ..*/"\2":\1/p' \
		"$tracer_err" | sort | paste -sd ,)
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
	counts_read
}

# counts_exact NAME: maps + unmaps + failures + missed = calls; told in all three places.
counts_exact() {
	check_equal "$1: $seen seen and $missed missed are all calls" "$calls" $((seen + missed))
	check_equal "$1: losses in stream, summary and last words" \
		"$lost_events $lost_events" "$lost_summary {$lost_said}"
}

# counts_complete NAME: nothing is missing.
counts_complete() {
	counts_exact "$1"
	check_equal "$1: nothing missed" '{}' "$lost_events"
	check_equal "$1: maps, unmaps, bytes, highest IOVAs" "$load_sums" "$sums"
}

# On one CPU with latency, on two without.
counts_default() {
	local options=()
	[ "$(nproc)" -eq 1 ] || options=(--no-latency)
	counts_run counts "${options[@]}" -- --pairs $counts_pairs --threads 8 || return
	counts_complete "counts: default hooks ${options[*]:-with latency}"
	check_equal "counts: all maps were made" $counts_pairs "$load_maps"
	check_equal "counts: hooks" "$(counts_preemptible && echo kprobe || echo fentry)" \
		"$(sed -n 's/.*attached by //p' "$tracer_err")"
	check_equal "counts: latency in the summary only if it was measured" ${#options[@]} \
		"$(summary 'if .latency then 0 else 1 end')"
}

# Trampolines where they miss calls: every one of them is in the loss.
counts_fentry() {
	counts_preemptible || return 0
	counts_run counts-fentry --hooks fentry -- --pairs $counts_some --threads 8 || return
	counts_exact "counts: fentry, preemptible"
	check "counts: fentry on a preemptible kernel misses some" test "$missed" -gt 0
}

# A kretprobe has room for ten calls that have not returned (register_kretprobe()): more threads
# than that wait for the container's lock here.
counts_threads() {
	counts_run counts-threads --hooks kprobe -- --pairs $counts_few --threads 64 || return
	counts_exact "counts: 64 threads by kprobe"
	check "counts: 64 threads exhaust the kretprobe" test "$missed" -gt 0
}

# Failures in between: each is told of by its IOVA, and timed. The histogram is not printed as it
# is: it is read from the kernel's table, while the tracer is stopped and so cannot give the
# container's element to another. The first container has the first element.
counts_failures() {
	local sum
	tracer_start counts-failures || return
	kill -STOP "$tracer_pid"
	load counts-failures -g "$group" -d "$bdf" --pairs 2000 --threads 8 --fail-every 20 --record
	sum=$(bpftool -j map lookup name containers key hex 00 00 00 00 |
		jq '(.formatted // .).value.latency | add')
	kill -CONT "$tracer_pid"
	tracer_stop
	counts_read
	counts_complete "counts: one in 20 fails"
	check_equal "counts: every map is in the latency histogram" "$map_calls" "$sum"
	check_equal "counts: failures by reason, latency" '{"above_host_width":100} true' \
		"$(summary '"\(.failures | tojson) \(.latency | .p50_ns > 0 and .p99_ns >= .p50_ns)"')"
	load_failures > "$LAB_OUT/want"
	trace_failures > "$LAB_OUT/got"
	same_set "counts: failures under load" "$LAB_OUT/want" "$LAB_OUT/got"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
counts_default
counts_fentry
counts_threads
counts_failures
