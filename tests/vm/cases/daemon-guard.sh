# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# viommud and the module viommu_guard: the files' policies are in force once it runs, what they refuse
# is in the metrics, and a file with a mistake changes nothing but what is said.
. tests/vm/guard.sh
. tests/vm/daemon.sh

policy_dir=/etc/viommu/policy.d

# dguard_file NAME BITS MODE
dguard_file() {
	mkdir -p "$policy_dir"
	cat > "$policy_dir/$1.yaml" <<-END
		version: 1
		policies:
		  - name: cap-$2
		    match: { vm: $1 }
		    max_iova_bits: $2
		    mode: $3
		    errno: ERANGE
	END
}

# "NAME LAST MODE" of the policies in force.
dguard_policies() {
	guardctl get | jq -r 'select(.name) | "\(.name) \(.max) \(.mode)"' | sort | paste -sd ';'
}

dguard_denials() {
	daemon_get /metrics | sed -n "s/^viommu_guard_\(denials\|audits\)_total{domain=\"\(.*\)\",policy=\"\(.*\)\"} /\1 \2 \3 /p" |
		grep -v " 0\$" | sort | paste -sd ';'
}

dguard_start() {
	daemon_start guard-1 || return
	check_equal "guard: the files' policies are in force" \
		"cap-37 137438953471 2;cap-38 274877906943 1" "$(dguard_policies)"
	check "guard: metrics say that it is up and armed" wait_for 20 daemon_is viommu_guard_armed 1
	check_equal "guard: generation, up" "1 1" \
		"$(daemon_value viommu_guard_policy_generation) $(daemon_value viommu_guard_up)"
}

dguard_refuses() {
	local plan
	daemon_vm_libvirt guest1 "$group"
	daemon_vm_libvirt guest2 "$group2"
	mapfile -t plan < <(maps_of 5 0x100000; maps_of 14 0x4000000000; maps_of 3 0x8000000000)
	vm_tell guest1 "${plan[@]}"
	mapfile -t plan < <(maps_of 4 0x100000; maps_of 11 0x2000000000)
	vm_tell guest2 "${plan[@]}"
	check "guard: denials and audits by VM and policy" \
		wait_for 20 dguard_denials_are "audits guest2 cap-37 11;denials guest1 cap-38 14"
	sleep 3
	check_equal "guard: failures by reason, of the policy and of the host" "14 3 5" "$(
		daemon_value 'viommu_dma_map_failures_total{domain="guest1",reason="policy"}') $(
		daemon_value 'viommu_dma_map_failures_total{domain="guest1",reason="above_host_width"}') $(
		daemon_value 'viommu_dma_maps_total{domain="guest1"}')"
	check_equal "guard: what is audited is no failure" "0 15" "$(
		daemon_value 'viommu_dma_map_failures_total{domain="guest2",reason="policy"}') $(
		daemon_value 'viommu_dma_maps_total{domain="guest2"}')"
	check_equal "guard: missed nothing" 0 \
		"$(daemon_get /metrics | awk '/^viommu_guard_missed_total/ { n += $2 } END { print n + 0 }')"
	check_equal "guard: the report says which policy" "cap-38 14" "$(build/viommuctl report -o json --vm guest1 |
		jq -r '(.failures // .history.failures)[] | select(.reason == "policy") | "\(.policy) \(.count)"')"
}

dguard_denials_are() { [ "$(dguard_denials)" = "$1" ]; }

dguard_unhealthy() { daemon_get /healthz | grep -qF -e "$1"; }

# A file with a mistake: the last good set holds, and that is said in two places. A good one is taken.
dguard_reload() {
	printf 'version: 1\npolicies:\n  - name: bad\n    max_iova_bit: 36\n' > "$policy_dir/60-bad.yaml"
	kill -HUP "$daemon_pid"
	check "reload: a mistake is told" wait_for 10 daemon_said "$policy_dir/60-bad.yaml:4:5: unknown key 'max_iova_bit'"
	check "reload: what is in force stays, it says" wait_for 5 daemon_said 'policies were not changed: what is in force stays'
	check "reload: and /healthz" wait_for 5 dguard_unhealthy 'policies were not changed'
	check_equal "reload: and so it is" "cap-37 137438953471 2;cap-38 274877906943 1 1" \
		"$(dguard_policies) $(guard_status .generation)"
	check_equal "reload: still refused" ERANGE "$(vm_do guest1 "map 0x4100000000 4K")"
	rm "$policy_dir/60-bad.yaml"
	dguard_file guest2 36 enforce
	kill -HUP "$daemon_pid"
	check "reload: a good set comes into force" wait_for 10 daemon_is viommu_guard_policy_generation 2
	check "reload: all is well" wait_for 5 daemon_healthy
	check_equal "reload: the new set" "cap-36 68719476735 1;cap-38 274877906943 1" "$(dguard_policies)"
	check "reload: counters go on" \
		wait_for 20 dguard_denials_are "audits guest2 cap-37 11;denials guest1 cap-38 15"
}

# Denials of before are the module's to count, not this daemon's.
dguard_restart() {
	daemon_stop "restart"
	vm_do guest1 "map 0x4200000000 4K" > /dev/null
	daemon_start guard-2 || return
	check_equal "restart: the set in force is not set again" 2 "$(guard_status .generation)"
	vm_do guest1 "map 0x4300000000 4K" "map 0x4400000000 4K" > /dev/null
	sleep 8
	check_equal "restart: denials begin anew" "denials guest1 cap-38 2" "$(dguard_denials)"
	check_equal "restart: generations in the history" "1 2;2 2" "$(sqlite3 -readonly -separator ' ' \
		$daemon_state/history.db 'select distinct generation, policies from generation order by 1' | paste -sd ';')"
}

dguard_gone() {
	vm_stop guest1
	vm_stop guest2
	build/viommuctl policy flush > /dev/null
	check "gone: the module can go while viommud runs" wait_for 20 guard_unload
	check "gone: metrics say so" wait_for 20 daemon_is viommu_guard_up 0
	daemon_stop "gone"
}

daemon_prepare
guard_bind
guard_load
dguard_file guest1 38 enforce
dguard_file guest2 37 audit
if dguard_start; then
	dguard_refuses
	dguard_reload
	dguard_restart
	dguard_gone
fi
daemon_kill
