# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The device is plugged while the guest runs, into a root port with ACS: QEMU 7.2 tells the guest
# nothing, and maps fail; 10.0 tells it in time (9.1 and newer do).
. tests/vm/seeds.sh

seed_plug() {
	seed_says '^guest: up'
	echo "device_add vfio-pci,id=hot,bus=rp,host=$seed_bdf" > "/tmp/$seed_name.mon.in"
}

if seed_prepare && tracer_start seed-c; then
	seed_start c7 "$seed_impatient" --port acs --qemu "$(tools/lab/qemu.sh 7.2)"
	seed_plug
	check "c7: the guest's driver gives up" seed_gives_up
	seed_ask
	seed_end
	seed_start c10 "" --port acs --viommu ,aw-bits=64
	seed_plug
	check "c10: the guest is done" seed_says 'guest: done'
	seed_end
	tracer_stop
	seed_fails c7
	check "c7: recommend says 39" grep -q '^VM c7: aw-bits 39 ' "$LAB_OUT/c7.recommend"
	seed_works c10
fi
