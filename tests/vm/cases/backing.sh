# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What lies behind the address of a failed map: a device's BAR that cannot be mapped is no alarm,
# the guest's RAM is. What --fail-on makes of it.

# Expected backing, reason and severity, or "-" if it maps | operation.
backing_plan() {
	cat <<-'EOF'
	vfio-bar bar_above_host_width benign | map 0x8000000000 4K bar
	vfio-bar bar_above_host_width benign | map 0x38000000000 16K bar
	vfio-bar bar_above_host_width benign | map 0x7ffffff000 8K bar
	vfio-bar bar_above_host_width benign | map 0xfffffffffffff000 4K bar
	ram above_host_width warning | map 0x8000000000 4K
	ram above_host_width warning | map 0x38000000000 16K
	ram above_host_width warning | map 0x7ffffff000 8K
	ram above_host_width warning | map 0x8000000000 4K ro flags=1
	none pin_failed warning | map 0x1000000 4K unmapped
	none pin_failed warning | map 0x2000000 2M unmapped
	none pin_failed warning | map 0x3000000 4K unmapped flags=1
	ram pin_failed warning | map 0x4000000 4K ro
	ram pin_failed warning | map 0x5000000 64K ro
	ram pin_failed warning | map 0x6000000 4K ro flags=2
	- | map 0x7000000 4K
	- | map 0x8000000 4K ro flags=1
	- | map 0x9000000 4K bar
	EOF
}

backing_all() {
	tracer_start backing --fail-on warning || return
	load backing -g "$group" -d "$bdf" < <(backing_plan | sed 's/.*| *//')
	tracer_stop
	paste -d ' ' <(jq -r 'select(.op == "map") | "\(.result) \(.iova) \(.size)"' "$load_out") \
		<(backing_plan | sed 's/ *|.*//') > "$lib_tmp/done"
	check_equal "backing: maps and refusals are as planned" "" \
		"$(awk '($1 == 0) != ($4 == "-")' "$lib_tmp/done")"
	awk '$1 < 0 { print $2, $3, $4, $5, $6 }' "$lib_tmp/done" > "$LAB_OUT/want"
	events map 'select(.result < 0) | "\(.iova) \(.size) \(.backing) \(.reason) \(.severity)"' |
		tr -d '"' > "$LAB_OUT/got"
	same_set "backing: backing, reason and severity of each failure" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "backing: --fail-on warning, RAM failed" 5 "$tracer_status"
}

backing_benign() {
	tracer_start backing-benign --fail-on warning || return
	load backing-benign -g "$group" -d "$bdf" map 0x8000000000 4K bar map 0x1000000 4K
	tracer_stop
	check_equal "backing: --fail-on warning, only a BAR failed" "1 0" \
		"$(events map | grep -c '"result":-') $tracer_status"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
backing_all
backing_benign
