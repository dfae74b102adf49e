# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# --all shows every map and unmap as it was, and groups that come and go. What ends a trace, what it
# prints, and that each line is what the JSON Schema says. Needs two devices of two groups.

# With permissions and sizes of all kinds; unmaps of one, of two, of none, of all.
events_plan() {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		echo "map 0x${i}000000 ${i}M"
		echo "map 0x${i}0000000 $((i * 4))K flags=1"
		echo "map 0x${i}00000000 4K flags=2"
	done
	printf '%s\n' 'unmap 0x10000000 4K' 'unmap 0x100000000 2G' 'unmap 0x700000000 4K' \
		'map 0x8000000000 4K' 'unmap 0x10000000 4K' 'unmap 0x2000000 4M'
}

# "OP IOVA SIZE PROT" of the load that succeeded; an unmap's size is what the kernel says.
events_done() {
	jq -r 'def prot: if . == 3 then "rw" elif . == 1 then "r" elif . == 2 then "w" else "-" end;
		select((.op == "map" or .op == "unmap") and .result == 0) |
		"\(.op) \(.iova) \(.unmapped // .size) \(if .op == "map" then .flags | prot else "" end)"' \
		"$load_out"
}

# The same of the tracer.
events_told() {
	jq -r 'select((.type == "map" or .type == "unmap") and .result == 0) |
		"\(.type) \(.iova) \(.size) \(.prot // "")" as $line | range(.count) | $line' "$tracer_out"
}

events_all() {
	local plan
	mapfile -t plan < <(events_plan | tr ' ' '\n')
	tracer_start events-all --all || return
	load events-all -g "$group" -d "$bdf" --pairs 300 --threads 4 --base 0x1000000000 --record \
		"${plan[@]}"
	tracer_stop
	events_done > "$LAB_OUT/want"
	events_told > "$LAB_OUT/got"
	same_set "events: IOVA, size, prot of every map and unmap" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "events: the threads that made them" \
		"$(jq -r 'select(.op == "map") | .tid' "$load_out" | sort -u | paste -sd ' ')" \
		"$(events map .tid | sort -u | paste -sd ' ')"
	check "events: lines are numbered without a gap" \
		test "$(jq .seq "$tracer_out" | diff - <(seq "$(wc -l < "$tracer_out")") | wc -l)" -eq 0
}

# The second group joins and leaves the container of the first.
events_groups() {
	local i first
	tracer_start events-groups || return
	load events-groups -g "$group" -d "$bdf" < <(for i in 1 2 3 4 5 6; do
		printf '%s\n' "attach $group2" "detach $group2"; done)
	tracer_stop
	jq -r --arg name "$(tail -n 1 "$load_out" | jq .totals.pid)-$group" \
		--argjson device "{\"$group\":\"$bdf\",\"$group2\":\"$bdf2\"}" \
		'select((.op == "attach" or .op == "detach") and .result == 0) |
		"\(.op) \(.group) \($device["\(.group)"]) \($name)"' "$load_out" > "$LAB_OUT/want"
	# The end of the process takes the first group out.
	first=$(head -n 1 "$LAB_OUT/want")
	echo "${first/attach/detach}" >> "$LAB_OUT/want"
	jq -r 'select((.type == "attach" or .type == "detach") and .result == 0) |
		"\(.type) \(.group) \(.devices | join(",")) \(.container)"' "$tracer_out" > "$LAB_OUT/got"
	same_set "events: groups and devices that join and leave" "$LAB_OUT/want" "$LAB_OUT/got"
}

# events_ended NAME WANT: it ends by itself within a minute; "STATUS EVENTS SUMMARIES".
events_ended() {
	wait_for 60 eval "! kill -0 $tracer_pid" || { fail "$1" "it did not end"; return; }
	tracer_status=0
	wait "$tracer_pid" || tracer_status=$?
	tracer_pid=
	check_equal "$1" "$2" "$tracer_status $(jq -rs \
		'"\(map(select(.type != "summary" and .type != "lost")) | length) " +
		"\(map(select(.type == "summary")) | length)"' "$tracer_out")"
}

events_count() {
	tracer_start events-count --all --count 25 || return
	load events-count -g "$group" -d "$bdf" --pairs 100
	events_ended "events: --count 25" "0 25 1"
}

events_duration() {
	tracer_start events-duration --summary --duration 3 || return
	load events-duration -g "$group" -d "$bdf" map 0x1000000 4K map 0x8000000000 4K
	events_ended "events: --duration ends it; --summary prints no event" "0 0 1"
	check_equal "events: --summary has the failure all the same" '1 {"above_host_width":1}' \
		"$(summary '"\(.maps) \(.failures | tojson)"')"
}

# One line of many is wrong in a way that looks right: the validator names it.
events_planted() {
	local line
	line=$(grep -n -m 1 '"prot":"rw"' "$LAB_OUT/events-all.jsonl" | cut -d : -f 1)
	sed "${line}s/\"prot\":\"rw\"/\"prot\":\"rx\"/" "$LAB_OUT/events-all.jsonl" > "$lib_tmp/planted"
	! tests/vm/validate.py "$schema" "$lib_tmp/planted" > "$lib_tmp/said" || return
	grep "planted:$line: 'rx' is not one of" "$lib_tmp/said" || { cat "$lib_tmp/said"; return 1; }
}

events_schema() {
	local schema=dist/schema/event.schema.json
	check "events: a planted line is found" events_planted
}

lab_vfio_modules
{ read -r bdf group; read -r bdf2 group2; } < <(lab_bind 1234:11e8)
events_all
events_groups
events_count
events_duration
events_schema
