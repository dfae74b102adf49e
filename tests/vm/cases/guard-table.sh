# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What happens when policies, groups and processes change while containers live.
. tests/vm/guard.sh

table_38=0x3fffffffff table_37=0x1fffffffff

table_tightened() {
	guardctl set "default $table_38" > /dev/null
	vm_start vm "$group"
	vm_do vm "map 0x2000020000 4K" "map 0x2000040000 64K" "map 0x1000000000 4K" > /dev/null
	guardctl set "default $table_37" > /dev/null
	check_equal "tightened: refused at once" "ERANGE ERANGE ok" \
		"$(vm_do vm "map 0x2000100000 4K" "map 0x1ffffff000 8K" "map 0x1ffffff000 4K")"
	check_equal "tightened: what was mapped stays, and is counted" "checked $table_37 2" "$(state_of vm)"
	check_equal "tightened: unmapping is never refused" "ok" "$(vm_do vm "unmap 0x2000020000 4K")"
	check_equal "tightened: one less" "checked $table_37 1" "$(state_of vm)"
	# A second group while DMA lies above: the attach works, the check stays.
	check_equal "group added above the cap: attach" ok "$(vm_do vm "attach $group2")"
	check_equal "group added above the cap: still refused" "ERANGE ok" \
		"$(vm_do vm "map 0x2000100000 4K" "map 0x100000 4K")"
	check_equal "group added above the cap: counted" 1 "$(guard_status 'if .missed.attach > 0 then 1 else 0 end')"
	vm_stop vm
}

table_loosened() {
	guardctl set "default $table_37" > /dev/null
	vm_start vm "$group"
	guardctl set "default $table_38" > /dev/null
	check_equal "loosened: pending, the cap stays" "pending $table_37 0 ERANGE" \
		"$(state_of vm) $(vm_do vm "map 0x2000000000 4K")"
	vm_start new "$group2"
	check_equal "loosened: from the next attach" "capped $table_38 0 ok" \
		"$(state_of new) $(vm_do new "map 0x2000000000 4K")"
	vm_stop new
	vm_stop vm
}

# Groups come and go; the driver computes the geometry anew each time.
table_groups() {
	guardctl set "default $table_38" > /dev/null
	vm_start vm "$group"
	check_equal "groups: a second one" "ok $table_38" "$(vm_do vm "attach $group2") $(vm_last vm)"
	check_equal "groups: the first one goes" "ok $table_38 ERANGE" \
		"$(vm_do vm "detach $group") $(vm_last vm) $(vm_do vm "map $((table_38 + 1)) 4K")"
	check_equal "groups: and comes back" "ok $table_38 ERANGE" \
		"$(vm_do vm "attach $group") $(vm_last vm) $(vm_do vm "map $((table_38 + 1)) 4K")"
	vm_stop vm
}

# The same container, by a process that another policy applies to.
table_other_process() {
	guardctl set "policy wide $table_38 pattern=/wide" "policy narrow $table_37 pattern=/narrow errno=EPERM" > /dev/null
	vm_start vm "$group" wide
	check_equal "other process: its own limit" "ok ok ok EPERM ERANGE" \
		"$(vm_do vm "map 0x2000000000 4K" fork "cgroup narrow" "map 0x2000100000 4K" "map 0x4000000000 4K")"
	vm_stop vm
	vm_start vm "$group" narrow
	check_equal "other process: the cap stays" "ok ok EPERM ok" \
		"$(vm_do vm fork "cgroup wide" "map 0x2000100000 4K" "map 0x100000 4K")"
	vm_stop vm
	guardctl set > /dev/null
	vm_start vm "$group" narrow
	guardctl set "policy narrow $table_37 pattern=/narrow errno=EPERM" > /dev/null
	check_equal "other process: the limit of an older container's owner" "ok ok EPERM ok" \
		"$(vm_do vm fork "cgroup wide" "map 0x2000100000 4K" "map 0x100000 4K")"
	vm_stop vm
}

table_two_containers() {
	guardctl set "policy wide $table_38 pattern=/wide" "policy narrow $table_37 pattern=/narrow" > /dev/null
	vm_start a "$group" wide
	vm_start b "$group2" narrow
	check_equal "two: each its own" "$table_38 $table_37" "$(vm_last a) $(vm_last b)"
	check_equal "two: counted by policy" "1 1" \
		"$(guardctl get | jq -r .containers | paste -sd ' ')"
	vm_stop a
	vm_stop b
	check_equal "two: none is left" "0 0" "$(guard_status '"\(.containers) \(.capped)"')"
}

# No room for its container: a process under an enforcing policy maps nothing outside its cap, and
# nothing at all where there is no cap.
table_lost() {
	local before
	guardctl set > /dev/null
	echo 0 > /sys/module/viommu_guard/parameters/max_containers
	vm_start vm "$group"
	before=$(guard_status .missed.table)
	guardctl set "default $table_38" > /dev/null
	check_equal "no memory: refused as a whole" "ERANGE" "$(vm_do vm "map 0x100000 4K")"
	check "no memory: counted" test "$(guard_status .missed.table)" -ge "$before" -a "$before" -gt 0
	vm_stop vm
	echo 65536 > /sys/module/viommu_guard/parameters/max_containers
}

# Older than the module, and the module of VFIO later than ours.
table_order() {
	guardctl set > /dev/null
	check "order: unloaded" guard_unload
	vm_start vm "$group"
	guard_load
	guardctl set "default $table_38" > /dev/null
	check_equal "order: a container older than the module" "ERANGE ok checked $table_38 0" \
		"$(vm_do vm "map 0x4000000000 4K" "map 0x100000 4K") $(state_of vm)"
	vm_stop vm
	modprobe -r vfio_iommu_type1
	check_equal "order: not armed without VFIO" 0 "$(guard_status .armed)"
	modprobe vfio_iommu_type1
	check_equal "order: armed as soon as VFIO is back" 1 "$(guard_status .armed)"
	vm_start vm "$group"
	check_equal "order: capped then" "$table_38" "$(vm_last vm)"
	vm_stop vm
}

guard_load
guard_bind
table_tightened
table_loosened
table_groups
table_other_process
table_two_containers
table_lost
table_order
guardctl set > /dev/null
check "table: the module can go" guard_unload
