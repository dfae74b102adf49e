# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A virtio-iommu of 64 bits on a host of 39, with a QEMU that tells its guest of no limit (Debian
# 12's 7.2): maps fail, the guest is told nothing. aw-bits is the fix, and this QEMU has none.
. tests/vm/seeds.sh

seed_a_checks() {
	seed_fails a
	seed_joined a
	check "a: the remedy says which QEMU has aw-bits" \
		grep -q 'QEMU 9.0 or newer' "$LAB_OUT/a.remedies"
	check "a: recommend says 39" grep -q '^VM a: aw-bits 39 ' "$LAB_OUT/a.recommend"
	check "a: recommend says that this QEMU has no aw-bits, and which has" \
		grep -q 'QEMU 7.2 has no aw-bits .*9.0 or newer' "$LAB_OUT/a.recommend.line"
	check "a: doctor says so too" grep -q 'VM a: QEMU 7.2 has no aw-bits' "$LAB_OUT/a.doctor"
	check "a: explain finds the same in QEMU's words" \
		grep -q above_host_width <(build/viommuctl explain -o json "$LAB_OUT/a.qemu")
}

if seed_prepare && tracer_start seed-a --requests; then
	seed_start a "$seed_impatient" --qemu "$(tools/lab/qemu.sh 7.2)" --device "$seed_bdf"
	check "a: the guest's driver gives up" seed_gives_up
	seed_ask
	seed_says 'guest: done'
	seed_end
	tracer_stop
	seed_a_checks
fi
