# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Threads rewrite a request while the kernel reads it: nothing gets above the limit, whether VFIO
# refuses (capped) or we do (the container is older than the policy).
. tests/vm/guard.sh

race_calls=200000

# What the load says: calls, and whether anything was above.
race_result() { jq -r 'select(.race) | .race | "\(.calls) \(.above) \(.maps > 0) \(.refused > 0)"' "$1"; }

race_run() {
	vm_launch "$1" '' "-g $group -t 2 --race $race_calls -b 0x1000000 --fail-iova 0x4000000000 wait-stdin"
	wait_for 20 grep -q set-iommu "$LAB_OUT/$1.vm"
	guardctl set "default 0x3fffffffff" > /dev/null
	echo >&"${vm_fd[$1]}"
	wait_for 300 grep -q '"race"' "$LAB_OUT/$1.vm"
	check_equal "race: $1: nothing above the limit" "$race_calls 0 true true" "$(race_result "$LAB_OUT/$1.vm")"
	jq -c 'select(.race)' "$LAB_OUT/$1.vm"
	guardctl status
	vm_stop "$1"
}

guard_load
guard_bind
guardctl set "default 0x3fffffffff" > /dev/null
race_run capped
guardctl set > /dev/null
race_run checked
load after -g "$group" map 0x100000 4K map 0x4000000000 4K
check_equal "race: maps within the limit work afterwards" "0 -34" \
	"$(jq -r 'select(.op == "map") | .result' "$load_out" | paste -sd ' ')"
guardctl set > /dev/null
check "race: the module can go" guard_unload
