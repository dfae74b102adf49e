# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The ring buffer: what does not fit is counted, to the last record, and told. What fits is there.

ring_groups=2	# the attach and the detach of the load's group

# Calls of the last load of which each makes a record under --all.
ring_records() { tail -n 1 "$load_out" | jq ".totals | .map_calls + .unmap_calls + $ring_groups"; }

# The same as the tracer has it: "EVENTS LOST", lost in the ring only.
ring_told() {
	jq -rs '"\(map(select(.result != null) | .count) | add) " +
		"\(map(select(.type == "lost" and .reason == "ring_full") | .count) | add // 0)"' \
		"$tracer_out"
}

# ring_exact NAME: all there is to say of the last run with a ring that is too small.
ring_exact() {
	local told lost said
	read -r told lost < <(ring_told)
	check_equal "ring: $1: $told events and $lost lost are all records" "$(ring_records)" \
		$((told + lost))
	check "ring: $1: some are lost, some are not" test "$lost" -gt 0 -a "$told" -gt 10
	said=$(sed -n 's/^viommu-trace: lost \([0-9]*\) (ring_full): ..*/\1/p' "$tracer_err")
	check_equal "ring: $1: losses in summary and last words" "$lost $lost" \
		"$(summary .lost.ring_full) $said"
	check_equal "ring: $1: the counters miss nothing" \
		"$(tail -n 1 "$load_out" | jq -r '.totals | "\(.maps) \(.unmaps)"')" \
		"$(summary '"\(.maps) \(.unmaps)"')"
}

ring_live() {
	tracer_start ring-live --ring-size 4096 --all || return
	load ring-live -g "$group" -d "$bdf" --pairs 2000 --threads 8 --fail-every 20
	tracer_stop
	ring_exact "4096 bytes"
}

# A tracer that does not read at all: what it finds is one ring full. Whoever reads the table learns
# it from a line, from the summary, and from the last words.
ring_table() {
	local lost
	tracer_start ring-table -o table --ring-size 4096 --all || return
	kill -STOP "$tracer_pid"
	load ring-table -g "$group" -d "$bdf" --pairs 200
	kill -CONT "$tracer_pid"
	tracer_stop
	mv "$tracer_out" "$LAB_OUT/ring-table.txt"	# no JSON
	lost=$(grep -cE ' (map|unmap|attach|detach) .* ok$' "$LAB_OUT/ring-table.txt")
	lost=$(($(ring_records) - lost))
	check "ring: table: a line says what is lost" \
		grep -q "^\*\*\* lost $lost records: " "$LAB_OUT/ring-table.txt"
	check "ring: table: so does the summary" \
		grep -qE "^  lost +$lost ring_full: " "$LAB_OUT/ring-table.txt"
	check "ring: table: so do the last words" \
		grep -q "^viommu-trace: lost $lost (ring_full): " "$tracer_err"
}

ring_default() {
	tracer_start ring-default --all || return
	load ring-default -g "$group" -d "$bdf" --pairs 1000 --threads 4 --rate 250
	tracer_stop
	check_equal "ring: the default ring under moderate load holds everything" \
		"$(ring_records) 0" "$(ring_told)"
	check_equal "ring: default: nothing lost" '{}' "$(summary .lost | jq -c .)"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
ring_live
ring_table
ring_default
