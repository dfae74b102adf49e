# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# 64 VMs at the same time, each in a control group and under a policy of its own: each has its own
# limit, its own errno and its own count.
. tests/vm/guard.sh

many=64
many_errnos=(ERANGE EPERM EINVAL)

# First IOVA that VM number $1 may not use.
many_limit() { printf '0x%x' $((0x2000000000 + $1 * 0x20000000)); }
many_last() { printf '0x%x' $(($(many_limit "$1") - 1)); }
many_errno() { echo "${many_errnos[$1 % 3]}"; }

# The groups of the virtual functions, which no driver is to take but VFIO.
many_groups() {
	local function
	modprobe nvme
	wait_for 30 test -e /sys/bus/pci/drivers/nvme/*/sriov_numvfs
	cd /sys/bus/pci/drivers/nvme/*:*:*/ || return
	echo 0 > sriov_drivers_autoprobe
	echo $many > sriov_numvfs
	for function in virtfn*; do
		lab_bind "$(basename "$(readlink "$function")")"
	done | cut -d ' ' -f 2 | sort -un
}

# A process for each group.
many_start() {
	local i policies=() groups
	for ((i = 0; i < many; i++)); do
		policies+=("policy p$i $(many_last $i) pattern=/many/vm$i errno=$(many_errno $i)")
	done
	guardctl set "${policies[@]}" > /dev/null
	mapfile -t groups < <(many_groups)
	check_equal "many: IOMMU groups" $many "${#groups[@]}"
	mkdir -p /sys/fs/cgroup/many
	for ((i = 0; i < many; i++)); do
		vm_launch "vm$i" "many/vm$i" "-g ${groups[i]} info map $(many_limit $i) 4K \
			map $(($(many_last $i) - 0xfff)) 4K wait-stdin"
	done
	for ((i = 0; i < many; i++)); do
		wait_for 120 vm_lines "vm$i" 5 || fail "many" "vm$i: $(cat "$LAB_OUT/vm$i.vm.err")"
	done
}

# "NAME LAST RESULT RESULT" of each VM: GET_INFO, and its two maps.
many_told() {
	jq -rn 'reduce inputs as $line ({}; (input_filename | split("/")[-1] | rtrimstr(".vm")) as $vm |
		if $line.op == "info" then .[$vm] += " " + $line.ranges[-1].last
		elif $line.op == "map" then .[$vm] += " " + ($line.errno // "\($line.result)")
		else . end) | to_entries[] | .key + .value' "$LAB_OUT"/vm*.vm
}

many_check() {
	local i
	for ((i = 0; i < many; i++)); do
		echo "vm$i $(many_last $i) $(many_errno $i) 0"
	done > "$LAB_OUT/want"
	many_told > "$LAB_OUT/got"
	same_set "many: what each VM is told and may map" "$LAB_OUT/want" "$LAB_OUT/got"
	for ((i = 0; i < many; i++)); do
		echo "p$i /many/vm$i ${vm_pid[vm$i]} capped $(many_last $i) 1"
	done > "$LAB_OUT/want"
	containers '"\(.policy) \(.cgroup) \(.pid) \(.state) \(.limit) \(.denials)"' > "$LAB_OUT/got"
	same_set "many: what the module says of each" "$LAB_OUT/want" "$LAB_OUT/got"
	for ((i = 0; i < many; i++)); do echo "p$i 1 1 0"; done > "$LAB_OUT/want"
	guardctl get | jq -r '"\(.name) \(.containers) \(.denials) \(.audits)"' > "$LAB_OUT/got"
	same_set "many: what each policy did" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "many: nothing was missed" 0 "$(missed)"
}

many_stop() {
	local i
	for ((i = 0; i < many; i++)); do
		vm_stop "vm$i"
	done
	check_equal "many: none is left" "0 0" "$(guard_status '"\(.containers) \(.capped)"')"
	check "many: the module can go" guard_unload
}

guard_load
lab_vfio_modules
many_start
many_check
many_stop
