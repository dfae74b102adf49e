# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases of the kernel module: its life and policies.
. tests/vm/vms.sh

# In memory and without what only debuggers read: it is loaded often.
guard_module=/tmp/viommu_guard.ko
strip --strip-debug -o "$guard_module" "build/kmod/$LAB_KERNEL/viommu_guard.ko"

guardctl() { tests/vm/guardctl.py "$@"; }

guard_load() {
	insmod "$guard_module" "$@" || fail "guard" "the module cannot be loaded"
}

guard_unload() { rmmod viommu_guard; }

# guard_bind: VFIO, the devices, and their groups in $group and $group2.
guard_bind() {
	lab_vfio_modules
	read -r bdf group bdf2 group2 _ < <(lab_bind 1234:11e8 | paste -sd ' ')
}

# Pages of the whole machine that are pinned for long. Each CPU keeps some of its counting to itself
# until it is asked.
pages_pinned() {
	cat /proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { n += $2 } /nr_foll_pin_released/ { n -= $2 } END { print n }' /proc/vmstat
}

# containers JQ-EXPRESSION: of each container, one a line, sorted.
containers() { guardctl containers | jq -r "$1" | sort; }
# state_of NAME: "STATE LIMIT VIOLATIONS" of the VM's container.
state_of() {
	guardctl containers | jq -r "select(.pid == ${vm_pid[$1]}) | \"\(.state) \(.limit) \(.violations)\""
}
guard_status() { guardctl status | jq -r "$1"; }
# Denials and audits of a policy; "" is the default.
counters() { guardctl get | jq -r "select((.name // \"\") == \"$1\") | \"\(.denials) \(.audits)\""; }
missed() { guard_status '[.missed[]] | add'; }
