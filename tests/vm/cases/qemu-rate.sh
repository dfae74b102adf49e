# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# 100,000 requests at full speed: each is seen or counted as missed.
. tests/vm/rate.sh

rate_exact() {
	rate_trace qemu-exact --requests --all --request-rate 0 --ring-size 256M || return
	rate_guest
	rate_load 100000 | rate_drive exact
	tracer_stop
	rate_digest exact
	check_equal "qemu-rate: 100,001 requests were answered" "noent 4000;ok 96001" \
		"$(rate_answered exact | paste -sd ';')"
	check_equal "qemu-rate: each is told with the status that it was answered" \
		"$(rate_answered exact | paste -sd ';')" "$(rate_by exact 4 | paste -sd ';')"
	check_equal "qemu-rate: of each kind as many as were sent" "attach 1;map 52000;unmap 48000" \
		"$(rate_by exact 3 | paste -sd ';')"
	check_equal "qemu-rate: 4000 were refused by the host behind the guest's back" 4000 \
		"$(rate_count exact '$2 == "request" && $5 == "silent"')"
	check_equal "qemu-rate: each host map is told with its request" "$(rate_host_asked)" \
		"$(rate_host_told exact)"
	check_equal "qemu-rate: nothing is lost" 0 "$(rate_count exact '$2 == "lost"')"
	rate_guest_end
}

# A ring that is too small: what it did not take is counted, requests and host maps alike.
rate_missed() {
	local told lost
	rate_trace qemu-missed --requests --all --request-rate 0 --ring-size 16K || return
	rate_guest
	rate_load 25000 | rate_drive missed
	tracer_stop
	rate_digest missed
	told=$(($(rate_count missed '$2 == "request"') + $(rate_host_told missed)))
	lost=$(rate_count missed '$6 == "ring_full"')
	check_equal "qemu-rate: small ring: $told told and $lost missed are all" \
		$(($(rate_answered missed | rate_sum) + $(rate_host_asked))) $((told + lost))
	check "qemu-rate: small ring: some are missed, some are not" \
		test "$lost" -gt 0 -a "$told" -gt 1000
	check_equal "qemu-rate: small ring: nothing else is lost" "$lost" \
		"$(rate_count missed '$2 == "lost"')"
	rate_guest_end
}

rate_begin
rate_exact
rate_missed
