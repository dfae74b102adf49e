# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# QEMU 10 tells its guest of the host's limit, but the device is in one guest group with its root
# port: the guest takes in the reserved regions of the group's first device only, and maps fail.
. tests/vm/seeds.sh

# The group that has both: its number, once.
seed_b_group() {
	grep -E '^guest: group [0-9]+ device 0000:(00:03|01:00).0' "$LAB_OUT/b.guest" | sort -u |
		cut -d ' ' -f 3 | uniq -d
}

seed_b_checks() {
	check "b: port and disk are in one group of the guest" test -n "$(seed_b_group)"
	check "b: the group's regions have the host's limit" \
		grep -q 'reserved 0x0000008000000000 0xffffffffffffffff' "$LAB_OUT/b.guest"
	seed_fails b
	seed_joined b
	check "b: a root port of its own is named" grep -q 'pcie-root-port' "$LAB_OUT/b.remedies"
	check "b: recommend says 39" grep -q '^VM b: aw-bits 39 ' "$LAB_OUT/b.recommend"
	check "b: recommend names the shared group" \
		grep -q 'shares its guest IOMMU group' "$LAB_OUT/b.recommend.line"
	check "b: and a root port" grep -q -- '-device pcie-root-port' "$LAB_OUT/b.recommend"
	check "b: doctor names the shared group" \
		grep -q 'VM b: .* shares its IOMMU group in the guest' "$LAB_OUT/b.doctor"
}

if seed_prepare && tracer_start seed-b --requests; then
	seed_start b "$seed_impatient GUEST_RESCAN=0000:01:00.0 GUEST_WAIT=8" \
		--port no-acs --viommu ,aw-bits=64 --device "$seed_bdf,bus=rp"
	check "b: the guest's driver gives up" seed_gives_up
	seed_ask
	seed_says 'guest: done'
	seed_end
	tracer_stop
	seed_b_checks
fi
