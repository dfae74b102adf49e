# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# viommud and a real Prometheus: what Prometheus answers is what the VMs did, over restarts of the
# daemon and of VMs; and so are report, API and history.
. tests/vm/daemon.sh

# 100,000 maps and 5,000 failures, three VMs. Every 21st of the pairs fails.
daemon_plan='a:42000 b:42000 c:21000'
daemon_far=$((0x8000000000))

# In the form of prometheus_values: "METRIC DOMAIN LABEL VALUE".
daemon_want_bulk() {
	local vm
	for vm in a b c; do
		tail -n 1 "$LAB_OUT/$vm.load" | jq -r --arg vm $vm --argjson reasons "$daemon_reasons" '.totals |
			def row($metric; $which; $value): "viommu_\($metric) \($vm) \($which) \($value)";
			(.map_calls - .maps) as $failed |
			row("dma_maps_total"; "-"; .maps), row("dma_unmaps_total"; "-"; .unmaps),
			($reasons[] | row("dma_map_failures_total"; .;
				if . == "above_host_width" then $failed else 0 end)),
			row("dma_map_duration_seconds_count"; "-"; .map_calls),
			row("domain_processes"; "-"; 0)'
		echo "viommu_iova_highest_end_address $vm - $(($(tail -n 1 "$LAB_OUT/$vm.load" |
			jq -r .totals.highest_mapped) + 1))"
	done
}

# Every VM of the plan at once.
daemon_bulk() {
	local vm groups=("$group" "$group2" "$group3") jobs=()
	for vm in $daemon_plan; do
		bulk "${vm%:*}" "${groups[${#jobs[@]}]}" "${vm#*:}"
		jobs+=("$!")
	done
	wait "${jobs[@]}"
	for vm in $daemon_plan; do
		wait_for 20 daemon_is "viommu_domain_processes{domain=\"${vm%:*}\"}" 0 ||
			fail "daemon: ${vm%:*} ends" "it is still there"
	done
	# Failures are told a second later than they are counted.
	sleep 2
	prometheus_scraped
	daemon_reasons=$(daemon_get /metrics | sed -n 's/^viommu_dma_map_failures_total{domain="a",reason="\(.*\)"}.*/\1/p' |
		jq -Rsc 'split("\n") | map(select(. != ""))')
	daemon_want_bulk > "$LAB_OUT/want"
	prometheus_values '{__name__=~"viommu_(dma_maps_total|dma_unmaps_total|dma_map_failures_total|dma_map_duration_seconds_count|domain_processes|iova_highest_end_address)", domain=~"a|b|c"}' \
		> "$LAB_OUT/got"
	same_set "daemon: what Prometheus has of three VMs" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "daemon: 100,000 maps, 5,000 failures" "100000 5000" \
		"$(prometheus_query 'sum(viommu_dma_maps_total{domain=~"a|b|c"})' | jq -r '.[].value[1]') $(
		prometheus_query 'sum(viommu_dma_map_failures_total{domain=~"a|b|c"})' | jq -r '.[].value[1]')"
	check_equal "daemon: gauges of VMs that are gone are absent" "" \
		"$(prometheus_values '{__name__=~"viommu_(dma_mapped_bytes|dma_entries.*|iova_limit_bits|recommended_aw_bits)",domain=~"a|b|c"}')"
	check_equal "daemon: nothing lost, nothing left out" "0 0" \
		"$(prometheus_query 'sum(viommu_lost_records_total)' | jq -r '.[].value[1]') $(
		prometheus_query 'viommu_series_dropped_total' | jq -r '.[].value[1]')"
	check_equal "daemon: bits of the host's groups" 39 \
		"$(prometheus_query 'group by (bits) (label_replace(viommu_host_iova_max_bits, "bits", "", "", "")) * 0 + max(viommu_host_iova_max_bits)' |
		jq -r '.[].value[1]' | sort -u)"
}

# gauges VM: "NAME VALUE" of the gauges that a container may not tell.
daemon_gauges() {
	prometheus_values "{__name__=~\"viommu_(dma_mapped_bytes|dma_entries|iova_highest_end_address|iova_limit_bits|recommended_aw_bits|domain_processes)\",domain=\"$1\"}" |
		awk '{ print $1, $4 }' | sort | sed 's/^viommu_//' | paste -sd ' '
}

# A container that is older than the daemon: what it maps from now on counts; what it has mapped
# before is not known, and nobody says 0 or less.
daemon_old() {
	daemon_vm old old "$group4"
	vm_tell old "map 0x100000 1M" "map 0x300000 64K"
}

daemon_old_first() {
	check_equal "daemon: gauges of a container that is older" \
		"domain_processes 1 iova_limit_bits 39 recommended_aw_bits 39" "$(daemon_gauges old)"
	mapfile -t plan < <(maps_of 30 0x10000000; maps_of 12 $daemon_far; echo "unmap 0x100000 1M")
	vm_tell old "${plan[@]}"
	sleep 2
	prometheus_scraped
	check_equal "daemon: counters of a container that is older" "30 0 12 0 1 0" \
		"$(daemon_grown old)"
	check_equal "daemon: gauges after it unmapped what is older" \
		"domain_processes 1 iova_limit_bits 39 recommended_aw_bits 39" "$(daemon_gauges old)"
}

# What Prometheus makes of maps, failures and unmaps of a VM: "TOTAL RESTARTS" of each.
daemon_grown() {
	echo "$(prometheus_total "viommu_dma_maps_total{domain=\"$1\"}") $(
		prometheus_total "viommu_dma_map_failures_total{domain=\"$1\",reason=\"above_host_width\"}") $(
		prometheus_total "viommu_dma_unmaps_total{domain=\"$1\"}")"
}

# rate() and increase() guess what was before the first and after the last sample: some percent.
daemon_increase() {
	prometheus_query "increase(viommu_dma_maps_total{domain=\"old\"}[1h])" |
		jq -r --argjson want "$1" '.[].value[1] | tonumber | . >= $want * 0.98 and . <= $want * 1.15'
}

daemon_restart() {
	daemon_stop "daemon: end"
	# One scrape at least finds nobody.
	sleep 1.5
	daemon_start daemon-2 || return
	check_equal "daemon: a new daemon begins with 0" 0 \
		"$(daemon_value 'viommu_dma_maps_total{domain="old"}')"
	mapfile -t plan < <(maps_of 25 0x20000000; maps_of 11 $((daemon_far + 0x1000000)); echo "unmap 0x10000000 4K")
	vm_tell old "${plan[@]}"
	sleep 2
	prometheus_scraped
	check_equal "daemon: counters start again, as Prometheus takes it" "55 1 23 1 2 1" \
		"$(daemon_grown old)"
	check_equal "daemon: increase()" true "$(daemon_increase 55)"
	check_equal "daemon: gauges after a restart" \
		"domain_processes 1 iova_limit_bits 39 recommended_aw_bits 39" "$(daemon_gauges old)"
	check_equal "daemon: no gauge of it ever said 0 or less, or what cannot be known" "0 0" \
		"$(prometheus_query 'min_over_time(viommu_iova_limit_bits{domain="old"}[1h]) < 39 or min_over_time(viommu_recommended_aw_bits{domain="old"}[1h]) < 39' | jq length) $(
		prometheus_query 'count_over_time(viommu_dma_mapped_bytes{domain="old"}[1h]) or count_over_time({__name__=~"viommu_dma_entries|viommu_iova_highest_end_address",domain="old"}[1h])' | jq length)"
}

# The VM is started anew under its name while the old process still lives.
daemon_twin() {
	daemon_vm twin twin1 "$group"
	mapfile -t plan < <(maps_of 20 0x1000000; maps_of 10 $daemon_far)
	vm_tell twin1 "${plan[@]}"
	daemon_vm twin twin2 "$group2"
	mapfile -t plan < <(maps_of 40 0x2000000; maps_of 15 $((daemon_far + 0x100000)))
	vm_tell twin2 "${plan[@]}"
	sleep 2
	prometheus_scraped
	check_equal "daemon: two of one name are one series, counters add" \
		"dma_mapped_bytes $((60 * 4096)) dma_entries 40 domain_processes 2 iova_highest_end_address $((0x2000000 + 40 * 4096)) iova_limit_bits 39 recommended_aw_bits 39 60 25" \
		"$(daemon_gauges twin | awk '{ print $3, $4, $1, $2, $5, $6, $7, $8, $9, $10, $11, $12 }') $(prometheus_values 'viommu_dma_maps_total{domain="twin"}' | cut -d ' ' -f 4) $(
		prometheus_values 'viommu_dma_map_failures_total{domain="twin",reason="above_host_width"}' | cut -d ' ' -f 4)"
	vm_stop twin1
	vm_tell twin2 "map 0x1000000 4K" "unmap 0x2000000 4K"
	wait_for 20 daemon_is 'viommu_domain_processes{domain="twin"}' 1
	sleep 1
	prometheus_scraped
	check_equal "daemon: the older one has ended" \
		"dma_entries 40 dma_mapped_bytes $((40 * 4096)) domain_processes 1 iova_highest_end_address $((0x2000000 + 40 * 4096)) iova_limit_bits 39 recommended_aw_bits 39" \
		"$(daemon_gauges twin)"
	check_equal "daemon: counters go on without a restart" "61 0 25 0 1 0" "$(daemon_grown twin)"
	check_equal "daemon: every scrape was taken" "1 0" \
		"$(prometheus_query up | jq -r '.[].value[1]') $(grep -ci 'duplicate\|out of order' "$LAB_OUT/prometheus.err")"
}

# The same by viommuctl report, the API and the file.
daemon_history() {
	local want
	want=$({
		for vm in a b c; do
			tail -n 1 "$LAB_OUT/$vm.load" | jq -r --arg vm $vm '.totals |
				"\($vm) \(.maps) \(.unmaps) \(.bytes) \(.map_calls - .maps)"'
		done
		echo "old $(vm_truth old | awk '{ print $1 - 2, $2, $3 - 1024 * 1024 - 65536, $4 }')"
		echo "twin $(vm_truth twin1 twin2)"
	} | paste -sd ';')
	check_equal "history: by viommuctl report" "$want" "$(build/viommuctl report -o json | jq -r '
		(.hours // .history.hours) | group_by(.vm) | map("\(.[0].vm) \(map(.maps) | add) \(map(.unmaps) | add) \(
		map(.map_bytes) | add) \(map(.failures // {} | [.[]] | add // 0) | add)") | join(";")')"
	daemon_stop "history: end"
	check_equal "history: by the file" "$want" "$(sqlite3 -readonly -separator ' ' "$daemon_state/history.db" \
		'select hour.vm, sum(maps), sum(unmaps), sum(map_bytes), (select sum(count) from hour_failure f
		where f.vm = hour.vm) from hour group by hour.vm order by hour.vm' | paste -sd ';')"
	check_equal "history: each distinct failure once, with its count" \
		"$(echo "$want" | tr ';' '\n' | awk '{ print $1, "map above_host_width", $5 }' | paste -sd ';')" \
		"$(sqlite3 -readonly -separator ' ' "$daemon_state/history.db" 'select vm, type, reason, sum(count) from failure
		group by vm, type, reason order by vm' | paste -sd ';')"
	check_equal "history: attached groups" "a b c twin" "$(sqlite3 -readonly "$daemon_state/history.db" \
		"select distinct vm from attach where attached and result = 0 and ranges like '%0x7fffffffff' order by vm" | paste -sd ' ')"
}

daemon_prepare
lab_vfio_modules
read -r group group2 group3 group4 < <(lab_bind 1234:11e8 | cut -d ' ' -f 2 | paste -sd ' ')
daemon_old
if prometheus_start && daemon_start daemon-1; then
	prometheus_scraped
	daemon_old_first
	daemon_bulk
	daemon_restart
	daemon_twin
	vm_stop old
	vm_stop twin2
	sleep 3
	daemon_history
fi
daemon_kill
