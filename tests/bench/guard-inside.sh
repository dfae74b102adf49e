#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM, whose clock counts instructions: run vfio-load under the module's policies.
#   $LAB_OUT/runs   ROW SIZE PAIRS INSTRUCTIONS, a line for each run
set -eu
# shellcheck source=tools/lab/guest.sh
. tools/lab/guest.sh
# shellcheck source=tests/bench/pairs.sh
. tests/bench/pairs.sh

limit=0x3fffffffff
module=/tmp/viommu_guard.ko

guardctl() { tests/vm/guardctl.py "$@" > /dev/null; }

# Probes that are not needed any more are cleared a second after a set or a container came.
pairs_ready() { sleep 2; }

# row ROW GUARDCTL-ARGS...: the set is there before the container is.
row() {
	guardctl "${@:2}"
	pairs_measure "$1"
}

# The cap alone: the policy goes when the container has it, and with it the probes.
row_cap() {
	pairs_before() { guardctl set "default $limit"; }
	pairs_ready() { guardctl set; sleep 2; }
	pairs_measure cap
}

# Before VFIO's module: containers that are older than ours would need more probes.
load_module() {
	modprobe -r vfio_iommu_type1
	strip --strip-debug -o "$module" "build/kmod/$LAB_KERNEL/viommu_guard.ko"
	insmod "$module"
	lab_vfio_modules
}

main() {
	lab_vfio_modules
	read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
	uname -r > "$LAB_OUT/kernel"
	pairs_measure none
	load_module
	row loaded set
	row check set "default $limit audit"
	row errno set "default $limit"
	row one many 1 "$limit"
	row thousand many 1000 "$limit"
	row_cap
}

main
