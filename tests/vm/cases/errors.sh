# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every errno that MAP and UNMAP can be made to return on a host of 39 bits: the right errno, the
# right reason, the exact IOVA and size, once each.

# Expected reason | operation. What vfio-load says it did is the truth for the rest.
errors_plan() {
	cat <<-'EOF'
	above_host_width | map 0x8000000000 4K
	above_host_width | map 0x7ffffff000 8K
	above_host_width | map 0xfffffffffffff000 4K
	above_host_width | map 0x10000000000 2M
	reserved_msi | map 0xfee00000 4K
	reserved_msi | map 0xfedff000 8K
	reserved_msi | map 0xfe000000 32M
	misaligned | map 0x100800 4K
	misaligned | map 0x100000 2K
	bad_request | map 0x100000 0
	address_wrap | map 0xfffffffffffff000 8K
	bad_request | map 0x100000 4K flags=0
	bad_request | map 0x100000 4K flags=0x80
	bad_request | map 0x100000 4K argsz=8
	- | map 0x200000 8K
	overlap | map 0x200000 8K
	overlap | map 0x201000 8K
	pin_failed | map 0x300000 4K unmapped
	- | map 0x400000 8K
	overlap | unmap 0x400000 4K
	misaligned | unmap 0x400800 4K
	bad_request | unmap 0x400000 4K flags=0x40
	bar_above_host_width | map 0x8000000000 4K bar
	- | unmap 0x200000 8K
	- | unmap 0x400000 8K
	EOF
}

# The limit that is checked before anything is pinned: as a process without CAP_IPC_LOCK.
errors_memlock_plan() {
	printf '%s\n' 'rlimit-memlock 1M' 'drop-cap-ipc-lock' 'map 0x1000000 512K' \
		'map 0x2000000 1M' 'map 0x3000000 4M' 'unmap 0x1000000 512K'
}

# dma_entry_limit of 4: the fifth map has no entry.
errors_entries_plan() {
	local i
	for i in 1 2 3 4 5 6; do echo "map 0x${i}00000 4K"; done
}

errors_bind() {
	lab_vfio_modules
	read -r bdf group < <(lab_bind 1234:11e8)
}

# same_reasons NAME PLAN: "OP IOVA SIZE REASON" of plan and tracer.
same_reasons() {
	paste -d ' ' <(jq -r 'select(.op == "map" or .op == "unmap") | "\(.result) \(.op) \(.iova) \(.size)"' \
		"$load_out") <("$2" | sed 's/ *|.*//') | awk '$1 < 0 { print $2, $3, $4, $5 }' > "$LAB_OUT/want"
	jq -r 'select(.result != null and .result < 0 and (.type == "map" or .type == "unmap")) |
		"\(.type) \(.iova) \(.size) \(.reason)"' "$tracer_out" > "$LAB_OUT/got"
	same_set "$1" "$LAB_OUT/want" "$LAB_OUT/got"
}

errors_all() {
	tracer_start errors || return
	load errors -g "$group" -d "$bdf" < <(errors_plan | sed 's/.*| *//')
	sleep 1
	tracer_stop
	load_failures > "$LAB_OUT/want"
	trace_failures > "$LAB_OUT/got"
	same_set "errors: errno, IOVA and size of each failure, once" "$LAB_OUT/want" "$LAB_OUT/got"
	same_reasons "errors: reason of each failure" errors_plan
	check_equal "errors: backing of a BAR" "vfio-bar benign" \
		"$(events map 'select(.reason == "bar_above_host_width") | "\(.backing) \(.severity)"' | tr -d '"')"
	check_equal "errors: the same of RAM is an alarm" "ram warning" \
		"$(events map 'select(.iova == "0x8000000000" and .backing == "ram") | "\(.backing) \(.severity)"' |
			tr -d '"')"
	check_equal "errors: recommended aw-bits" 39 "$(summary .recommended_aw_bits)"
	check_equal "errors: nothing lost" 0 "$(summary '[.lost[]] | add // 0')"
	check_equal "errors: maps counted by the kernel" "$(jq .totals.maps "$load_out" | tail -n 1)" \
		"$(summary .maps)"
	check_equal "errors: failures counted" "$(jq '[.totals.failures[]?] | add' "$load_out" | tail -n 1)" \
		"$(trace_failures | wc -l)"
	check_equal "errors: exit status" 0 "$tracer_status"
}

errors_memlock() {
	tracer_start memlock || return
	load memlock -g "$group" -d "$bdf" < <(errors_memlock_plan)
	sleep 1
	tracer_stop
	check_equal "errors: RLIMIT_MEMLOCK without CAP_IPC_LOCK" \
		"0x2000000 ENOMEM memlock;0x3000000 ENOMEM memlock" \
		"$(events map 'select(.result < 0) | "\(.iova) \(.errno) \(.reason)"' | tr -d '"' | paste -sd ';')"
}

errors_entries() {
	tracer_start entries || return
	echo 4 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit
	load entries -g "$group" -d "$bdf" < <(errors_entries_plan)
	echo 65535 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit
	sleep 1
	tracer_stop
	check_equal "errors: dma_entry_limit" \
		"0x500000 ENOSPC entry_limit;0x600000 ENOSPC entry_limit" \
		"$(events map 'select(.result < 0) | "\(.iova) \(.errno) \(.reason)"' | tr -d '"' | paste -sd ';')"
}

errors_bind
errors_all
errors_memlock
errors_entries
