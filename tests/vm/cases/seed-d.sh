# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A granule of 64 KiB under a guest with pages of 4 KiB: the guest's own words say what is wrong
# (viommu_domain_finalise), and explain recognises them as they come and in what was kept. Of the
# sizes that the host has, QEMU leaves those from 64 KiB up: 2 MiB is the smallest.
. tests/vm/seeds.sh

# Explain reads what the guest says while it runs.
seed_explain_live() {
	mkfifo "$lib_tmp/d"
	tail -n +1 -f "/tmp/d.log" > "$lib_tmp/d" &
	seed_tail=$!
	build/viommuctl explain -o json < "$lib_tmp/d" > "$LAB_OUT/d.live" &
	seed_explain=$!
}

# It tells of the guest while that runs, and while its own input is open.
seed_explained() {
	check "d: explain tells of it while the guest runs" \
		wait_for 60 grep -q '"reason":"granule"' "$LAB_OUT/d.live"
	check_fails "d: the guest runs" 1 seed_gone "$seed_pid"
	check_fails "d: explain runs" 1 seed_gone "$seed_explain"
}

seed_d_checks() {
	check_equal "d: explain, live" granule "$(jq -r .reason "$LAB_OUT/d.live" | sort -u)"
	build/viommuctl explain "$LAB_OUT/d.guest" > "$LAB_OUT/d.explain"
	paste -sd ' ' "$LAB_OUT/d.explain" | tr -s ' ' > "$LAB_OUT/d.line"
	check "d: explain names both sizes" \
		grep -q "granule, 2 MiB, is larger than the guest's pages, 4 KiB" "$LAB_OUT/d.line"
	check "d: explain says what to set" grep -q 'granule=4k' "$LAB_OUT/d.line"
	# As the text says: without the vIOMMU, which lets the device pass.
	check "d: the guest reads without it" grep -q 'all 64 reads done' "$LAB_OUT/d.guest"
	check "d: explain says so" grep -q 'without its vIOMMU' "$LAB_OUT/d.line"
	# The same VM on a host with pages of 64 KiB.
	check "d: there, granule=host goes with the width" grep -q 'aw-bits=39,granule=host' \
		<(jq '.machine.page_size = 65536' "$LAB_OUT/d.facts" |
			build/viommuctl recommend --facts -)
}

if seed_prepare; then
	seed_start d "GUEST_WAIT=5" --viommu ,granule=64k,aw-bits=64 --device "$seed_bdf"
	seed_explain_live
	check "d: the guest complains of the granule" \
		seed_says 'granule 0x[0-9a-f]+ larger than system page size'
	seed_explained
	seed_says 'guest: done'
	build/viommuctl recommend --vm d --dump-facts > "$LAB_OUT/d.facts"
	kill "$seed_tail"
	wait "$seed_explain"
	check_equal "d: explain's status" 5 $?
	seed_end
	seed_d_checks
fi
