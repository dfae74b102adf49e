# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Under load, with the tracer attached: the module comes and goes, the policy is replaced, netlink
# gets random messages; no denial is missing from the counters.
. tests/vm/guard.sh

stress_loads=$((FULL ? 200 : 10)) stress_sets=$((FULL ? 1000 : 100)) stress_random=$((FULL ? 60 : 5))

# stress_load NAME: maps and unmaps without end, every tenth at 2^38; the CPUs keep some time for us.
stress_load() {
	"$load_bin" -g "$group" -p 1000000000 -t 2 -r 500 --fail-every 10 --fail-iova 0x4000000000 \
		> "$LAB_OUT/$1.load" 2>&1 &
	stress_pid=$!
	sleep 1
}

stress_end() {
	kill "$stress_pid" 2> /dev/null
	wait "$stress_pid" 2> /dev/null
}

# Loaded and gone again beside a container that it does not cap.
stress_modules() {
	local i failed=0
	stress_load modules
	for ((i = 0; i < stress_loads; i++)); do
		insmod "$guard_module" || failed=$((failed + 1))
		rmmod viommu_guard || failed=$((failed + 1))
	done
	check_equal "stress: $stress_loads times loaded and gone" 0 "$failed"
	check "stress: the load is still there" kill -0 "$stress_pid"
	stress_end
}

stress_policies() {
	guard_load
	guardctl set > /dev/null
	stress_load policies
	check "stress: $stress_sets times replaced" guardctl flip "$stress_sets" \
		"policy a 0x3fffffffff pattern=/*" "default 0x1fffffffff audit"
	check "stress: the load is still there" kill -0 "$stress_pid"
	stress_end
	check_equal "stress: generation" 1 "$(guard_status "if .generation > $stress_sets then 1 else 0 end")"
}

# Exactly as many denials as the load was refused maps; half by VFIO, half by us.
stress_counted() {
	local before after
	guardctl set "default 0x3fffffffff" > /dev/null
	before=$(counters '')
	load counted -g "$group" -p 20000 -t 4 --fail-every 4 --fail-iova 0x4000000000
	after=$(counters '')
	check_equal "stress: each denial of a capped container is counted" \
		"$(jq 'select(.totals) | .totals.failures.ERANGE' "$load_out")" "$((${after% *} - ${before% *}))"
	guardctl set > /dev/null
	vm_launch old '' "-g $group -p 20000 -t 4 --fail-every 4 --fail-iova 0x4000000000 wait-stdin"
	wait_for 20 grep -q set-iommu "$LAB_OUT/old.vm"
	guardctl set "default 0x3fffffffff" > /dev/null
	before=$(counters '')
	echo >&"${vm_fd[old]}"
	wait_for 120 grep -q totals "$LAB_OUT/old.vm"
	after=$(counters '')
	check_equal "stress: each denial at map time is counted" \
		"$(jq 'select(.totals) | .totals.failures.ERANGE' "$LAB_OUT/old.vm")" "$((${after% *} - ${before% *}))"
	vm_stop old
}

stress_netlink() {
	stress_load netlink
	check "stress: random messages" guardctl random "$stress_random" 1
	check "stress: the load is still there" kill -0 "$stress_pid"
	stress_end
	guardctl set > /dev/null
	check "stress: the module can go" guard_unload
}

# stress_part FUNCTION: and say how long it took.
stress_part() {
	local start=$SECONDS
	"$1"
	echo "    $1: $((SECONDS - start)) s"
}

guard_bind
tracer_start stress --summary
stress_part stress_modules
stress_part stress_policies
stress_part stress_counted
stress_part stress_netlink
tracer_stop
check_equal "stress: the tracer's exit status" 0 "$tracer_status"
