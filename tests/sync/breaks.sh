#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Do tests/sync/run.sh and viommuctl.sh see a difference? Breaks a copy of dist/ in one place at a
# time.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
missed=0

# Break file $1 of dist/ with the sed script $2.
must_see() {
	rm -rf "$tmp/dist"
	cp -r "$top/dist" "$tmp/dist"
	sed -i "$2" "$tmp/dist/$1"
	! cmp -s "$top/dist/$1" "$tmp/dist/$1" || { echo "breaks: '$2' changes nothing"; exit 1; }
	case $1:$2 in
	*report*) script=report.sh ;;
	*viommud*|*vms.schema*) script=viommud.sh ;;
	*policy.schema*|*viommu-policy*) script=policy.sh ;;
	*viommuctl*|*facts*|*fleet*) script=viommuctl.sh ;;
	*) script=run.sh ;;
	esac
	if SYNC_TRACE_ONLY=1 SYNC_DIST=$tmp/dist "$top/tests/sync/$script" "$tmp/none" \
		>/dev/null 2>&1; then
		echo "breaks: not seen: $1: $2" >&2
		missed=1
	fi
}

must_see man/viommu-trace.8 's/^\.It Fl -pid .*/.It Fl -pdi Ar n/'
must_see man/viommu-trace.8 's/^\.It Cm entry_limit$/.It Cm entry_limits/'
must_see man/viommu-trace.8 's/no mapping entries left/some mapping entries left/'
must_see man/viommu-trace.8 's/^\.It Fl o , Fl -output/.It Fl -output/'
must_see man/viommu-trace.8 's/^\.It Cm severity$/.It Cm badness/'
must_see completions/viommu-trace.bash 's/--no-latency//'
must_see completions/viommu-trace.bash 's/benign warning/benign/'
must_see schema/event.schema.json 's/"granule"/"grain"/'
must_see schema/event.schema.json 's/"vfio-bar"/"bar"/'
must_see man/viommuctl.8 's/^\.It Fl -dump-facts$/.It Fl -dump-fact/'
must_see man/viommuctl.8 's/^\.It Cm caching_mode$/.It Cm cache_mode/'
must_see man/viommuctl.8 's/^\.It Cm max_bits$/.It Cm most_bits/'
must_see man/viommuctl.8 's/^\.Ss doctor$/.Ss nurse/'
must_see completions/viommuctl.bash 's/--dump-facts//'
must_see completions/viommuctl.bash 's/fleet doctor --help/fleet --help/'
must_see schema/facts.schema.json 's/"arm-smmuv3"/"smmu"/'
must_see schema/facts.schema.json 's/"ivrs_va_bits": {/"ivrs_bits": {/'
must_see schema/facts.schema.json 's/"maxItems": 16384/"maxItems": 65536/'
must_see schema/facts.schema.json 's/"required": \["id"\]/"required": []/'
must_see man/viommuctl.8 's/^\.It Cm odd_samples$/.It Cm strange_samples/'
must_see man/viommuctl.8 's/^\.It Cm mapped_above_host_width$/.It Cm mapped/'
must_see schema/fleet.schema.json 's/"unknown_groups": {/"unknown": {/'
must_see schema/fleet.schema.json 's/"above_host_width"/"wide"/'
must_see man/viommuctl.8 's/^\.It Cm lowest_iova$/.It Cm least_iova_report/'
must_see schema/report.schema.json 's/"limit_bits": {/"limit": {/'
must_see schema/report.schema.json 's/"memlock_iommufd"/"memlock_fd"/'
must_see schema/report.schema.json 's/"maxItems": 10000/"maxItems": 9999/'
must_see man/viommud.8 's/^\.It Fl -server$/.It Fl -serve/'
must_see man/viommud.8 's/^\.It Cm viommu_guard_up$/.It Cm viommu_guard_is_up/'
must_see man/viommud.8 's/^VFIO MAP calls that succeeded\.$/calls that succeeded./'
must_see man/viommud.8 's/ Brq domain,policy$/ Brq domain/'
must_see man/viommud.8 's/^\.Cm history_full$/.Cm disk_full/'
must_see man/viommud.yaml.5 's/^\.It Cm max_series$/.It Cm most_series/'
must_see man/viommud.yaml.5 's/^The default is 90\.$/The default is 30./'
must_see schema/vms.schema.json 's/"above_host_width"/"wide"/'
must_see schema/vms.schema.json 's/"silent"/"quiet"/'
must_see schema/vms.schema.json 's/"denial_missed"/"denial"/'
must_see schema/vms.schema.json 's/"amd-iommu"/"amd"/'
must_see completions/viommud.bash 's/--check-config//'
must_see man/viommu-policy.5 's/^\.It Cm max_iova_bits$/.It Cm max_iova_bit/'
must_see man/viommu-policy.5 's/^    match: { vm: guest1 }/    match: { vms: guest1 }/'
must_see man/viommu-policy.5 's/^    max_iova_bits: 39/    max_iova_bits: 38/'
must_see schema/policy.schema.json 's/"maximum": 64$/"maximum": 65/'
must_see schema/policy.schema.json 's/"EPERM", //'
must_see schema/policy.schema.json 's/"required": \["name"\],//'
must_see schema/policy.schema.json 's/#\[0-9\*#\]/#[0-9]/'
[ "$missed" -eq 0 ] && echo "breaks: every difference was seen"
exit "$missed"
