# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The set-up of seed-b with the one option that is recommended: nothing fails.
. tests/vm/seeds.sh

if seed_prepare && tracer_start seed-e; then
	seed_start e "GUEST_RESCAN=0000:01:00.0" \
		--port no-acs --viommu ,aw-bits=39 --device "$seed_bdf,bus=rp"
	check "e: the guest is done" seed_says 'guest: done'
	seed_ask
	seed_end
	tracer_stop
	seed_works e
	check "e: recommend has nothing to change" \
		grep -q '^VM e: aw-bits 39 .*; now 39$' "$LAB_OUT/e.recommend"
	check_fails "e: doctor has no problem" 1 grep -q '^problem' "$LAB_OUT/e.doctor"
fi
