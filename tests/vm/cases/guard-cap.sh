# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The cap at attach, what is refused with which errno, what a refusal leaves behind, what is told.
. tests/vm/guard.sh

cap_cap=0x3fffffffff
# The policy flips for as long as this many maps take.
cap_sets=100000 cap_maps_64m=$((FULL ? 16 : 6))

# The errnos of: at the limit, across it, above it, in the MSI hole, above the host, below.
cap_maps() {
	vm_do "$1" "map 0x3ffffff000 4K" "unmap 0x3ffffff000 4K" "map 0x3ffffff000 8K" \
		"map 0x4000000000 4K" "map 0xfee00000 4K" "map 0x8000000000 4K" "map 0x100000 64K"
}

cap_errno() {
	guardctl set "default $cap_cap errno=$1" > /dev/null
	vm_start vm "$group"
	check_equal "cap: GET_INFO ends at the limit ($1)" "$cap_cap" "$(vm_last vm)"
	check_equal "cap: at, across, above, hole, beyond the host ($1)" \
		"ok ok $1 $1 EINVAL EINVAL ok" "$(cap_maps vm)"
	check_equal "cap: state ($1)" "capped $cap_cap 0" "$(state_of vm)"
	check_equal "cap: the host's own limit" 0x7fffffffff "$(containers .host_limit)"
	check_fails "cap: the module stays while a container is capped ($1)" 1 guard_unload
	vm_stop vm
}

cap_refusal() {
	local locked pinned
	guardctl set "default $cap_cap" > /dev/null
	vm_start vm "$group"
	vm_do vm "map 0x100000 1M" > /dev/null
	locked=$(vm_locked vm) pinned=$(pages_pinned)
	check_equal "cap: refused" "ERANGE ERANGE" "$(vm_do vm "map 0x4000000000 1M" "map 0x3ffff80000 1M")"
	check_equal "cap: locked memory after a refusal" "$locked" "$(vm_locked vm)"
	check_equal "cap: pinned pages after a refusal" "$pinned" "$(pages_pinned)"
	vm_stop vm
}

# A container that is older than the policy is refused at map time; 64 MiB, by a policy that comes
# and goes while they are mapped, leave nothing.
cap_older() {
	local locked pinned flips
	guardctl set > /dev/null
	vm_start vm "$group"
	vm_do vm "map 0x100000 1M" > /dev/null
	locked=$(vm_locked vm) pinned=$(pages_pinned)
	# The other policy's limit is lower: maps above that are looked at more closely.
	guardctl set "policy low 0xfffffffff pattern=/none" "default $cap_cap errno=EPERM" > /dev/null
	check_equal "older: refused" "EPERM EPERM ok ok" "$(vm_do vm "map 0x4000000000 64M" \
		"map 0x3ffffff000 8K" "map 0x3ffffff000 4K" "unmap 0x3ffffff000 4K")"
	check_equal "older: locked memory after a refusal" "$locked" "$(vm_locked vm)"
	check_equal "older: pinned pages after a refusal" "$pinned" "$(pages_pinned)"
	cap_flips "$locked" "$pinned"
	vm_stop vm
}

# cap_flips LOCKED PINNED: no two pages are neighbours, so each map is pinned in 16,384 pieces, most
# of them after the policy has come. Locked and pinned memory are as given afterwards.
cap_flips() {
	local flips i results=
	guardctl set "default -1" > /dev/null
	# The program itself and not a function, so that it is what is killed.
	tests/vm/guardctl.py flip "$cap_sets" "default -1" "default $cap_cap" & flips=$!
	for ((i = 0; i < cap_maps_64m; i++)); do
		results+=" $(vm_do vm "map 0x4000000000 64M scattered" "unmap 0x4000000000 64M")"
	done
	kill "$flips" 2> /dev/null
	wait "$flips"
	guardctl set "default $cap_cap" > /dev/null
	results=$(xargs -n 1 <<< "$results" | sort | uniq -c | xargs)
	echo "    64 MiB while the policy flips: $results"
	check "older: some were refused, some not, and nothing else happened" \
		grep -qxE '[0-9]+ ERANGE [0-9]+ ok' <<< "$results"
	check "older: a map of scattered pages is refused" \
		test "$(vm_do vm "map 0x4000000000 64M scattered")" = ERANGE
	check_equal "older: locked memory after the flips" "$1" "$(vm_locked vm)"
	check_equal "older: pinned pages after the flips" "$2" "$(pages_pinned)"
}

cap_audit() {
	guardctl set "default $cap_cap audit" > /dev/null
	vm_start vm "$group"
	check_equal "audit: GET_INFO is the host's" 0x7fffffffff "$(vm_last vm)"
	check_equal "audit: nothing is refused" "ok ok ok" \
		"$(vm_do vm "map 0x4000000000 4K" "map 0x3ffffff000 4K" "map 0x5000000000 2M")"
	check_equal "audit: what would be is counted" "audited null 0" "$(state_of vm)"
	vm_stop vm
}

cap_told() {
	guardctl set "policy cap-38 $cap_cap pattern=/vm1 message=ask_storage file=/etc/a.yaml" > /dev/null
	guardctl listen 6 > "$LAB_OUT/listen" &
	local listener=$!
	wait_for 10 grep -q listening "$LAB_OUT/listen"
	echo 1 > /sys/kernel/tracing/events/viommu_guard/denial/enable
	vm_start vm "$group" vm1
	vm_do vm "map 0x4000000000 8K" > /dev/null
	wait "$listener"
	check_equal "told: netlink" \
		"/vm1 ${vm_pid[vm]} 0x4000000000 0x2000 $cap_cap cap-38 /etc/a.yaml ask storage 34 $group" \
		"$(jq -r 'select(.pid) | "\(.cgroup) \(.pid) \(.iova) \(.size) \(.limit) \(.policy) \(.file) \(.message) \(.errno) \(.group)"' "$LAB_OUT/listen")"
	check "told: kernel log" grep -qF "viommu_guard: map refused: cgroup=/vm1 pid=${vm_pid[vm]} comm=vfio-load iova=0x4000000000 size=0x2000 limit=$cap_cap policy=cap-38 file=/etc/a.yaml: ask storage: set aw-bits=38" <(dmesg)
	check "told: tracepoint" grep -q "denial: pid=${vm_pid[vm]} .* iova=0x4000000000 size=0x2000 .* policy=cap-38 cgroup=/vm1" \
		/sys/kernel/tracing/trace
	check_equal "told: counters" "1 0" "$(counters cap-38)"
	check_equal "told: nothing missed" 0 "$(missed)"
	vm_stop vm
}

guard_load
guard_bind
mkdir -p /sys/fs/cgroup/any
check_equal "cap: armed, and complete" "1 null" "$(guard_status '"\(.armed) \(.reason)"')"
cap_errno ERANGE
cap_errno EPERM
cap_errno EINVAL
cap_refusal
check_equal "cap: denials are counted" "8 0" "$(counters '')"
cap_older
cap_audit
cap_told
guardctl set > /dev/null
check "cap: the module can go" guard_unload
