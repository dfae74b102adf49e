# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# viommud as it is installed: under systemd, started by its units, with all that they forbid it.
. tests/vm/guard.sh
. tests/vm/daemon.sh

units='viommud.service viommud-server.service'

# Of the build machine there may be a user already.
units_install() {
	! getent passwd viommu > /dev/null || userdel viommu
	rm -rf "$daemon_state" /etc/viommu
	if [ -n "${units_package:-}" ]; then
		check "install: by dpkg" dpkg --force-unsafe-io -i "$units_package"
	else
		cp -a build/root/. /
		check "install: the user" systemd-sysusers
		check "install: folders" systemd-tmpfiles --create /usr/lib/tmpfiles.d/viommu.conf
		systemctl daemon-reload
	fi
	check_equal "install: nothing runs because of it" "inactive;inactive" \
		"$(systemctl is-active $units | paste -sd ';')"
	install -D "$guard_module" "/lib/modules/$(uname -r)/updates/viommu_guard.ko"
	depmod
}

# units_policy NAME BITS
units_policy() {
	cat > "/etc/viommu/policy.d/$1.yaml" <<-END
		version: 1
		policies:
		  - { name: cap-$2, match: { vm: vm }, max_iova_bits: $2, errno: ERANGE }
	END
}

unit() { systemctl show --value -p "$2" "$1"; }

units_active() { [ "$(systemctl is-active $units | paste -sd ';')" = "active;active" ]; }
units_work() { units_active && daemon_healthy; }

# units_await NAME: both run, and the collector has found the server.
units_await() {
	wait_for 60 units_work || { fail "$1" "$(systemctl is-active $units | paste -sd ';')"; units_log; return 1; }
}

units_log() { journalctl --no-pager -o cat -n 15 -u viommud -u viommud-server | sed 's/^/    /'; }

# units_said TEXT: in the journal
units_said() { journalctl --no-pager -o cat -u viommud -u viommud-server | grep -qF -e "$1"; }

units_activate() {
	check "socket: can be listened to" systemctl start viommud-server.socket
	check_equal "socket: rights" "660 root viommu;660 root viommu" \
		"$(stat -c '%a %U %G' $daemon_socket /run/viommu/collector.sock | paste -sd ';')"
	check_equal "socket: a client is answered" true \
		"$(daemon_api /healthz | grep -q 'no collector' && echo true)"
	check_equal "socket: by the server that it started" "active running" \
		"$(unit viommud-server ActiveState) $(unit viommud-server SubState)"
}

units_start() {
	check "start: enabled, and ready when the command ends" \
		systemctl enable --now viommud-server.socket viommud-server.service viommud.service
	units_await "start" || return
	check "start: the module is loaded and has the policy" \
		wait_for 10 daemon_is viommu_guard_armed 1
	check_equal "start: nothing was restarted for it" "0 0" \
		"$(unit viommud NRestarts) $(unit viommud-server NRestarts)"
	daemon_confined "$(unit viommud-server MainPID)" "$(unit viommud MainPID)" $$
}

# units_maps OK ABOVE-POLICY ABOVE-HOST: so many maps more.
units_next=$((0x10000000))
units_maps() {
	local plan
	mapfile -t plan < <(maps_of "$1" $units_next; maps_of "$2" $((units_next + 0x4000000000))
		maps_of "$3" $((units_next + 0x8000000000)))
	units_next=$((units_next + 0x100000))
	vm_tell vm "${plan[@]}"
}

units_counts() {
	local reason
	daemon_value 'viommu_dma_maps_total{domain="vm"}'
	for reason in policy above_host_width; do
		daemon_value "viommu_dma_map_failures_total{domain=\"vm\",reason=\"$reason\"}"
	done
}
units_count() { [ "$(units_counts | paste -sd ' ')" = "$1" ]; }

# check_counts NAME COUNTS: they are told within seconds.
check_counts() {
	wait_for 20 units_count "$2"
	check_equal "$1" "$2" "$(units_counts | paste -sd ' ')"
}

units_trace() {
	daemon_vm_libvirt vm "$group"
	units_maps 20 7 5
	check_counts "trace: maps, refused by the policy, by the host" "20 7 5"
	check_equal "trace: report" "vm 20" "$(viommuctl report -o json --vm vm |
		jq -r '(.hours // .history.hours)[] | "\(.vm) \(.maps)"')"
}

# A mistake in a file: both say so and go on.
units_reload() {
	printf 'version: 1\nretention_dayz: 3\n' > /etc/viommu/viommud.yaml
	printf 'version: 1\npolicies:\n  - name: bad\n    max_iova_bit: 36\n' > /etc/viommu/policy.d/60-bad.yaml
	check "reload: is done" systemctl reload $units
	check "reload: a mistake in the configuration is told" \
		wait_for 10 units_said "viommud.yaml:2:1: unknown key 'retention_dayz'"
	check "reload: a mistake in a policy is told" \
		wait_for 10 units_said "60-bad.yaml:4:5: unknown key 'max_iova_bit'"
	check "reload: both go on" units_active
	rm /etc/viommu/viommud.yaml /etc/viommu/policy.d/60-bad.yaml
	units_policy 50-vm 37
	systemctl reload $units
	check "reload: a good set comes into force" wait_for 10 daemon_is viommu_guard_policy_generation 2
	units_await "reload"
}

units_restarted() { [ "$(unit "$1" NRestarts)" -gt "$2" ] && units_work; }

# units_signal NAME UNIT SIGNAL: it is started again.
units_signal() {
	local before
	before=$(unit "$2" NRestarts)
	systemctl kill --kill-whom=main -s "$3" "$2"
	check "$1: is started again" wait_for 90 units_restarted "$2" "$before"
}

units_restart() {
	local unit
	for unit in $units; do
		mkdir -p "/run/systemd/system/$unit.d"
		printf '[Service]\nWatchdogSec=10\nRestartSec=1\n' > "/run/systemd/system/$unit.d/soon.conf"
	done
	systemctl daemon-reload
	systemctl restart $units
	units_await "restart" || return
	units_maps 10 6 4
	check_counts "restart: counters begin anew" "10 6 4"
	units_signal "hanging collector" viommud STOP
	check "hanging collector: by its watchdog" units_said "viommud.service: Watchdog timeout"
	units_maps 3 2 1
	check_counts "hanging collector: counters of the server go on" "13 8 5"
	units_signal "killed collector" viommud KILL
	units_maps 3 2 1
	check_counts "killed collector: counters of the server go on" "16 10 6"
	units_signal "hanging server" viommud-server STOP
	check "hanging server: by its watchdog" units_said "viommud-server.service: Watchdog timeout"
	units_signal "killed server" viommud-server KILL
	units_maps 4 3 2
	check_counts "killed server: counters begin anew" "4 3 2"
}

# Whoever types viommud beside the units is refused, and they go on.
units_second() {
	check_fails "second: refused" 1 timeout 20 viommud
	check_fails "second: a second collector, too" 1 timeout 20 viommud --collector /run/viommu/collector.sock
	check "second: the first goes on" units_work
}

units_stop() {
	check "stop" systemctl stop viommud-server.socket $units
	check_equal "stop: as told, not by force" "success success" \
		"$(unit viommud Result) $(unit viommud-server Result)"
	check "stop: nothing of ours is left in the kernel" bpf_is_clean
	check_equal "stop: no socket is left" "" "$(find /run/viommu -type s)"
	check_equal "stop: the history has each map once" "40" "$(sqlite3 -readonly "$daemon_state/history.db" \
		'select sum(maps) from hour where vm = "vm"')"
}

# A configuration that cannot be used: it ends at once, says where, and is not tried for ever.
units_refuse() {
	printf 'version: 1\nlisten: 9856\n' > /etc/viommu/viommud.yaml
	check_fails "refuse: does not start" 1 systemctl start viommud-server.service
	check "refuse: says where the mistake is" units_said 'viommud.yaml:2:'
	sleep 3
	check_equal "refuse: once" "failed 4 0" "$(unit viommud-server ActiveState) $(
		unit viommud-server ExecMainStatus) $(unit viommud-server NRestarts)"
	rm /etc/viommu/viommud.yaml
}

# The unit for who wants policies without viommud.
units_policies() {
	vm_stop vm
	rmmod viommu_guard
	check "policies: the unit loads the module" systemctl start viommu-policy.service
	check_equal "policies: and puts the files into force" "cap-37" "$(guardctl get | jq -r 'select(.name).name')"
}

daemon_prepare_units() {
	lab_vfio_modules
	read -r _ group < <(lab_bind 1234:11e8 | head -n 1)
	units_policy 50-vm 38
}

units_install
daemon_prepare_units
units_activate
if units_start && units_trace && units_reload && units_restart; then
	units_second
	units_stop
	units_refuse
	units_policies
fi
