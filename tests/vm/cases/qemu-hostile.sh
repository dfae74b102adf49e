# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A guest that means no good: more requests than are worth tracing, and malformed ones in every way
# that QEMU survives, at full speed.
. tests/vm/rate.sh

# Too many: requests are let go of, host maps are not.
hostile_limit() {
	local before
	rate_trace qemu-limit --requests --request-rate 500 || return
	rate_guest
	check_equal "qemu-hostile: limit: both functions are hooked" "cc cc" "$(code_hooked "$rate_pid")"
	rate_load 20000 | rate_drive limit-before
	check "qemu-hostile: limit: says that requests are not traced any more" wait_for 20 \
		grep -q 'buffers a second, more than 500: requests of these guests are not' "$tracer_err"
	check_equal "qemu-hostile: limit: only the notifier is hooked" "cc --" \
		"$(code_hooked "$rate_pid")"
	sleep 2		# what was folded until now
	rate_digest limit-before
	before=$(rate_count limit-before '$2 == "request"')
	printf '%s\n' 'attach 1 00:03.0' 'maps 1 0x9000000000 0x2000 0x1000 300 0x100000' |
		rate_drive limit
	tracer_stop
	check_equal "qemu-hostile: limit: said once" 1 "$(grep -c 'not traced any more' "$tracer_err")"
	seq 0 299 | awk '{ printf "0x90%08x viommu -22\n", $1 * 8192 }' > "$LAB_OUT/want"
	grep '"iova":"0x90' "$tracer_out" | jq -r 'select(.type == "map" and .parent == null) |
		"\(.iova) \(.path) \(.result)"' > "$LAB_OUT/got"
	same_set "qemu-hostile: limit: no refused map is missed after that" "$LAB_OUT/want" "$LAB_OUT/got"
	rate_digest limit
	check_equal "qemu-hostile: limit: no request is told after that" "$before" \
		"$(rate_count limit '$2 == "request"')"
	rate_guest_end
}

# repeat COUNT TEXT
repeat() { printf "%.0s$2" $(seq "$1"); }

# Ranges that are empty, wrap, or are all there is; behind them is no memory of the guest, so that
# none is pinned. QEMU (10.0) never comes back from an UNMAP of everything when a range that wraps is
# mapped, and ends itself at a PROBE without room for its answer: neither is sent.
hostile_ranges() {
	local all=0xffffffffffffffff nowhere=0x700000000000
	echo "$(wire_map 1 0x2000 0x1fff $nowhere),$(wire_map 1 0x7000 0x1fff $nowhere),$(
		wire_map 1 0xffffffffffffe000 0xfff $nowhere),$(wire_map 1 0 $all $nowhere)"
}

# Everything that the device answers. More than 8 buffers are not looked into: those are counted.
hostile_load() {
	cat <<-EOT
	attach 1 00:03.0
	burst 20000 09000000,00000000,ff00000001000000,03000000,0300000001,04000000010000000000,010000000100,02000000$(le 4 7)
	burst 200 $(hostile_ranges)
	EOT
	for kind in no-tail no-head short-head empty loop order endless index; do
		echo "stop $kind 3"
	done
	cat <<-EOT
	attach 1 00:03.0
	burst 4000 $(wire_map 1 0 0xffffffffffffffff 0x700000000000),$(wire_unmap 1 0 0xffffffffffffffff),$(wire_map 1 0x8000000000 0x8000000fff 0x100000),$(wire_unmap 1 0x8000000000 0x8000000fff)
	burst 900 $(wire_map 9 0x1000 0x1fff 0x100000)/2,$(wire_map 9 0x1000 0x1fff 0x100000)/8,$(wire_map 9 0x1000 0x1fff 0x100000)/36
	burst 400 09000000$(repeat 900 ab)/900
	EOT
}

# What the tracer has allocated, KiB; its ring is as large as it was made.
hostile_memory() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$tracer_pid/status"; }

hostile_malformed() {
	local before after
	rate_trace qemu-hostile --requests --all --request-rate 0 --ring-size 64M || return
	rate_guest
	before=$(hostile_memory)
	hostile_load | rate_drive hostile
	after=$(hostile_memory)
	check "qemu-hostile: the tracer has grown from $before to $after KiB, by less than 1 MiB" \
		test "$after" -lt $((before + 1024))
	check_equal "qemu-hostile: 25502 requests were answered" 25502 \
		"$(rate_answered hostile | rate_sum)"
	printf '%s\n' 'attach 1 00:03.0' 'map 1 0x10000000 0x1000 0x100000' 'probe 00:03.0' |
		rate_drive answers
	check_equal "qemu-hostile: the VM answers afterwards" "ok 3" "$(rate_answered answers)"
	tracer_stop
	check_equal "qemu-hostile: the tracer ends as usual" 0 "$tracer_status"
	rate_digest hostile
	check_equal "qemu-hostile: each is told, but those in too many buffers" $((25502 + 3 - 700)) \
		"$(rate_count hostile '$2 == "request"')"
	check_equal "qemu-hostile: and these are counted" "700 700" \
		"$(rate_count hostile '$6 == "request_unread"') $(rate_count hostile '$2 == "lost"')"
	rate_guest_end
}

rate_begin
hostile_limit
hostile_malformed
