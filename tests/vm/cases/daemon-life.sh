# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# viommud's processes: what they may do, who may ask them, what is left when one is killed, and the
# modules that come and go below them.
. tests/vm/daemon.sh

life_module=vfio_iommu_type1

# as_user UID COMMAND...: a user of no group that matters.
as_user() {
	local uid=$1
	shift
	setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps -all --bounding-set -all "$@"
}

# What an ordinary user and members of the group get.
life_users() {
	local viommu
	viommu=$(getent group viommu | cut -d : -f 3)
	check_equal "users: the socket" "660 root viommu" "$(stat -c '%a %U %G' $daemon_socket)"
	check_equal "users: the folder and the history" "750 viommu viommu;640 viommu viommu" \
		"$(stat -c '%a %U %G' $daemon_state $daemon_state/history.db | paste -sd ';')"
	check "users: anybody may read metrics of 127.0.0.1" \
		as_user 65534 sh -c "curl -s http://$daemon_address/metrics | grep -q '^viommu_build_info'"
	# 7: no connection.
	check_fails "users: not everybody may use the socket" 7 \
		as_user 65534 curl -s --unix-socket $daemon_socket http://localhost/metrics
	check_fails "users: nor read the history" 1 as_user 65534 cat $daemon_state/history.db
	check_fails "users: nor take its lock" 66 as_user 65534 flock -n /run/viommu/viommud.lock true
	check_fails "users: nor end it" 1 as_user 65534 kill "$daemon_pid"
	check_fails "users: report says who may" 3 as_user 65534 build/viommuctl report
	check "users: the group may" setpriv --reuid 65534 --regid 65534 --groups "$viommu" \
		curl -sf -o /dev/null --unix-socket $daemon_socket http://localhost/api/v1/vms
}

# A second one is refused, and the first goes on.
life_second() {
	build/viommud > "$lib_tmp/said" 2>&1
	check_equal "second: exit status" 1 $?
	check "second: says why" grep -q 'already\|another' "$lib_tmp/said"
	check "second: the first goes on" daemon_healthy
}

# life_maps COUNT: so many more maps of the VM, at addresses of their own.
life_next=$((0x10000000))
life_maps() {
	local plan
	mapfile -t plan < <(maps_of "$1" $life_next; maps_of "$1" $((life_next + 0x8000000000)))
	life_next=$((life_next + $1 * 4096))
	vm_tell vm "${plan[@]}"
}

life_counts() {
	echo "$(daemon_value 'viommu_dma_maps_total{domain="vm"}') $(
		daemon_value 'viommu_dma_map_failures_total{domain="vm",reason="above_host_width"}')"
}

# All that was mapped, by the file.
life_history() {
	sqlite3 -readonly -separator ' ' $daemon_state/history.db "select sum(maps), (select sum(count) from
		hour_failure where vm = 'vm'), (select sum(count) from failure where vm = 'vm') from hour where vm = 'vm'"
}

life_history_is() { [ "$(life_history)" = "$1" ]; }

# One process of two dies: so does the other, with nothing left.
life_killed() {
	local server
	life_maps 20
	sleep 3
	server=$(daemon_server)
	kill -9 "$server"
	daemon_wait
	check_equal "killed: the collector ends with its server" 1 "$daemon_status"
	check "killed: and says so" daemon_said 'the server process ended'
	check "killed: nothing is left in the kernel" bpf_is_clean
	check_equal "killed: the history has all" "20 20 20" "$(life_history)"
	daemon_start life-2 || return
	life_maps 10
	sleep 3
	check_equal "killed: the next one counts from 0" "10 10" "$(life_counts)"
	server=$(daemon_server)
	kill -9 "$daemon_pid"
	daemon_wait
	check "killed: the server ends with its collector" wait_for 10 daemon_gone "$server"
	check "killed: nothing is left in the kernel of its collector" wait_for 10 bpf_is_clean
	check_equal "killed: the history has all, twice" "30 30 30" "$(life_history)"
}

# As the units have it: each may end, and come back.
life_split() {
	local server collector
	life_start_server split-server || return
	server=$daemon_pid
	check "split: says that there is no collector" life_headless
	daemon_start split-collector --collector /run/viommu/collector.sock || return
	collector=$daemon_pid
	life_maps 12
	sleep 3
	check_equal "split: counts" "12 12" "$(life_counts)"
	kill -9 "$server"
	wait "$server" 2> /dev/null
	life_maps 11
	# Until folded ones are told, to nobody: failures of this time are known by their number only.
	sleep 3
	life_start_server split-server-2 || return
	server=$daemon_pid
	wait_for 30 daemon_healthy || fail "split" "the collector does not come back"
	life_maps 13
	sleep 3
	check_equal "split: a new server, what it was told" "24 13" "$(life_counts)"
	check "split: its history has each map once, and a reason for each" \
		wait_for 20 life_history_is "66 66 55"
	kill -9 "$collector"
	wait "$collector" 2> /dev/null
	check "split: nothing is left of a collector" wait_for 10 bpf_is_clean
	check "split: the server says that it is gone" \
		wait_for 10 life_headless
	check_equal "split: counters stay, gauges go" "24 13 " \
		"$(life_counts) $(daemon_value 'viommu_iova_limit_bits{domain="vm"}')"
	daemon_start split-collector-2 --collector /run/viommu/collector.sock || return
	life_maps 14
	sleep 3
	check_equal "split: counters go on with the next collector" "38 27 39" \
		"$(life_counts) $(daemon_value 'viommu_iova_limit_bits{domain="vm"}')"
	daemon_stop "split: collector"
	daemon_pid=$server
	daemon_stop "split: server"
	check_equal "split: the history has each map once, at the end" "80 80 69" "$(life_history)"
}

life_headless() { daemon_get /healthz | grep -q 'no collector is connected'; }
life_serves() { daemon_get /healthz | grep -q .; }

life_start_server() {
	daemon_launch "$1" --server
	wait_for 30 life_serves || { fail "$1" "the server does not answer"; cat "$daemon_err"; return 1; }
}

life_attached() { [ "$(daemon_get /metrics | grep -c '^viommu_program_attached{.*} 1$')" -gt 0 ]; }
life_detached() { ! life_attached; }

# Trampolines hold the module: who does is what an administrator has to know. kprobes let it go.
life_modules() {
	vm_stop vm
	daemon_start modules || return
	if [ "$LAB_KERNEL" = 6.12 ]; then
		check_fails "modules: trampolines hold the module" 1 modprobe -r $life_module
		build/viommuctl doctor > "$lib_tmp/said"
		check "modules: doctor says who holds the module" grep -q "viommud.*$daemon_pid\|$daemon_pid.*viommud" "$lib_tmp/said"
		check "modules: it goes on" life_attached
		daemon_stop "modules"
		check "modules: and can be unloaded after that" modprobe -r $life_module
		modprobe $life_module
		return
	fi
	check "modules: kprobes let the module go" modprobe -r $life_module
	check "modules: says that it has gone" wait_for 10 daemon_said "the module $life_module was unloaded: waiting for it"
	check "modules: metrics say so" wait_for 10 life_detached
	modprobe $life_module
	check "modules: traced again when it is back" wait_for 30 life_attached
	daemon_vm again again "$group"
	mapfile -t plan < <(maps_of 15 0x1000000; maps_of 12 0x8000000000)
	vm_tell again "${plan[@]}"
	sleep 3
	check_equal "modules: counts after that" "15 12" "$(daemon_value 'viommu_dma_maps_total{domain="again"}') $(
		daemon_value 'viommu_dma_map_failures_total{domain="again",reason="above_host_width"}')"
	vm_stop again
	daemon_stop "modules"
}

daemon_prepare
lab_vfio_modules
read -r _ group < <(lab_bind 1234:11e8 | head -n 1)
daemon_vm vm vm "$group"
if daemon_start life-1; then
	life_users
	daemon_confined "$(daemon_server)" "$daemon_pid" "${vm_pid[vm]}"
	life_second
	life_killed
	daemon_kill
	life_split
	daemon_kill
	life_modules
fi
daemon_kill
