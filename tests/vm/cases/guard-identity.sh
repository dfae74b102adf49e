# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Which policy a process has: patterns of control groups, bindings, the default; no daemon runs.
. tests/vm/guard.sh

identity_38=0x3fffffffff identity_37=0x1fffffffff
identity_scope='machine.slice/machine-qemu\x2d1\x2dguest1.scope'

# identity_is NAME CGROUP LAST: GET_INFO of a VM in that group.
identity_is() {
	vm_start vm "$group" "$2"
	check_equal "identity: $1" "$3" "$(vm_last vm)"
	vm_stop vm
}

identity_patterns() {
	guardctl set 'policy one 0x3fffffffff pattern=/machine.slice/machine-qemu\x2d#\x2dguest1.scope' \
		"policy prox $identity_37 pattern=/qemu.slice/8006.scope" > /dev/null
	identity_is "libvirt's scope" "$identity_scope" $identity_38
	identity_is "below the scope" "$identity_scope/libvirt/emulator" $identity_38
	identity_is "myguest1 is another" 'machine.slice/machine-qemu\x2d1\x2dmyguest1.scope' 0x7fffffffff
	identity_is "my-guest1 is another" 'machine.slice/machine-qemu\x2d1\x2dmy\x2dguest1.scope' 0x7fffffffff
	identity_is "guest10 is another" 'machine.slice/machine-qemu\x2d1\x2dguest10.scope' 0x7fffffffff
	identity_is "a real dash is no \\x2d" 'machine.slice/machine-qemu-1-guest1.scope' 0x7fffffffff
	identity_is "not elsewhere in the tree" "other/$identity_scope" 0x7fffffffff
	identity_is "Proxmox" qemu.slice/8006.scope $identity_37
	identity_is "Proxmox, another id" qemu.slice/18006.scope 0x7fffffffff
	guardctl set "policy first $identity_38 pattern=/a*" "policy second $identity_37 pattern=/ab" \
		"default 0xfffffffff" > /dev/null
	identity_is "the first that matches" ab $identity_38
	identity_is "the default" b 0xfffffffff
}

identity_bindings() {
	guardctl set "policy bound $identity_37" "policy one $identity_38 pattern=/one" > /dev/null
	vm_launch vm one "-g $group" tests/vm/guardctl.py bind bound
	wait_for 30 grep -q set-iommu "$LAB_OUT/vm.vm"
	check_equal "identity: a binding comes before a pattern, through exec" $identity_37 "$(vm_last vm)"
	check_equal "identity: told as the policy" bound "$(containers .policy)"
	vm_stop vm
	vm_launch vm one "-g $group" tests/vm/guardctl.py bind bound bash -c '(exec "$0"); true'
	wait_for 30 grep -q set-iommu "$LAB_OUT/vm.vm"
	check_equal "identity: a binding through fork" $identity_37 "$(vm_last vm)"
	vm_stop vm
	vm_launch vm one "-g $group" tests/vm/guardctl.py bind later
	wait_for 30 grep -q set-iommu "$LAB_OUT/vm.vm"
	check_equal "identity: bound to what is not there yet" $identity_38 "$(vm_last vm)"
	guardctl set "policy later $identity_37 errno=EPERM" "policy one $identity_38 pattern=/one" > /dev/null
	check_equal "identity: and then it is" EPERM "$(vm_do vm "map 0x2000000000 4K")"
	vm_stop vm
	identity_is "after it, no binding is left" one $identity_38
}

# One process with two containers; it changes its control group between them. A map is held to the
# cap of the container and to the policy of who maps.
identity_two_containers() {
	guardctl set "policy wide $identity_38 pattern=/wide" \
		"policy narrow $identity_37 pattern=/narrow errno=EPERM" > /dev/null
	vm_start vm "$group" wide
	check_equal "identity: two containers: the second one" "ok ok ok ok ok $identity_37" \
		"$(vm_do vm "cgroup narrow" other open "attach $group2" set-iommu) $(vm_last vm)"
	check_equal "identity: two containers: the module knows both" \
		"/narrow narrow $identity_37;/wide wide $identity_38" \
		"$(containers "select(.pid == ${vm_pid[vm]}) | \"\(.cgroup) \(.policy) \(.limit)\"" | paste -sd ';')"
	check_equal "identity: two containers: both are held to the process's policy" "EPERM ok EPERM ok" \
		"$(vm_do vm "map 0x2000000000 4K" other "map 0x2000000000 4K" "map 0x1000000000 4K")"
	check_equal "identity: two containers: the first one keeps its cap" "$identity_38" "$(vm_last vm)"
	check_equal "identity: two containers: back in the wide group each has its own" \
		"ok ok ERANGE ok EPERM ok" "$(vm_do vm "cgroup wide" "map 0x2000000000 4K" \
			"map 0x4000000000 4K" other "map 0x2000000000 4K" "map 0x1000000000 4K")"
	vm_stop vm
}

# A container that another process is given, by its descriptor; and one that a child opens.
identity_passed_on() {
	guardctl set "policy wide2 $identity_38 pattern=/wide" \
		"policy narrow2 $identity_37 pattern=/narrow errno=EPERM" > /dev/null
	vm_start giver "$group" narrow
	vm_launch taker wide ""
	check_equal "identity: passed on: the cap goes with the container" "ok ok EPERM ok ok" \
		"$(vm_do taker close "take ${vm_pid[giver]}" "map 0x2000000000 4K" \
			"map 0x1000000000 4K" "unmap 0x1000000000 4K")"
	check_equal "identity: passed on: told as the container's policy" "1 0" "$(counters narrow2)"
	vm_stop giver
	vm_start giver "$group" wide
	check_equal "identity: passed on: a wider one is wider for the taker, too" "ok ok ok ERANGE" \
		"$(vm_do taker close "take ${vm_pid[giver]}" "map 0x2000000000 4K" "map 0x4000000000 4K")"
	check_equal "identity: passed on: or the taker's own is stricter" "ok EPERM ok" \
		"$(vm_do taker "cgroup narrow" "map 0x2000100000 4K" "map 0x1000000000 4K")"
	vm_stop taker
	vm_stop giver
	vm_start vm "$group" narrow
	check_equal "identity: a child is under the policy of its parent" "ok ok ok ok ok $identity_37" \
		"$(vm_do vm fork other open "attach $group2" set-iommu) $(vm_last vm)"
	vm_stop vm
}

identity_rights() {
	check_fails "identity: no rights without CAP_SYS_ADMIN" 1 \
		setpriv --bounding-set -sys_admin --inh-caps -sys_admin tests/vm/guardctl.py set
	check_fails "identity: nor in a user namespace" 1 unshare -Ur tests/vm/guardctl.py set
	check_fails "identity: nor to read" 1 unshare -Ur tests/vm/guardctl.py containers
	check_equal "identity: refusals name the attribute" \
		"guardctl: EEXIST: P_NAME: two policies have this name" \
		"$(guardctl set "policy a 0xfff" "policy a 0xfff" 2>&1)"
	check_equal "identity: page" "guardctl: EINVAL: P_MAX_IOVA: not the last byte of a page" \
		"$(guardctl set "policy a 0x1000" 2>&1)"
	check_equal "identity: the set that was there stays" wide2 "$(guardctl get | jq -r .name | head -n 1)"
}

guard_load
guard_bind
identity_patterns
identity_bindings
identity_two_containers
identity_passed_on
identity_rights
guardctl set > /dev/null
check "identity: the module can go" guard_unload
