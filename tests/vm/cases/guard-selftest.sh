# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The kernel's own vfio_dma_mapping_test (tests/vm/selftest): the module in audit mode changes none of
# its results, and under a policy it maps up to the new limit instead of the host's.
. tests/vm/guard.sh

selftest_limit=0x3fffffffff

# selftest_run NAME: result of each test to $LAB_OUT/NAME.results, "ok|not ok VARIANT.TEST".
selftest_run() {
	local mode arguments=()
	for mode in vfio_type1_iommu vfio_type1v2_iommu; do
		arguments+=(-v "$mode" -v "${mode}_anonymous" -v "${mode}_anonymous_hugetlb_2mb")
	done
	build/selftest/vfio_dma_mapping_test "${arguments[@]}" "$selftest_bdf" > "$LAB_OUT/$1.out" 2>&1
	sed -n 's/^\(ok\|not ok\) [0-9]* \([^ ]*\).*/\1 \2/p' "$LAB_OUT/$1.out" > "$LAB_OUT/$1.results"
}

# The highest IOVA that it mapped, by the tracer: each of its tests is a process.
selftest_highest() {
	jq -r 'select(.type == "summary") | .highest_iova // empty' "$tracer_out" |
		awk '{ print length, $0 }' | sort -k 1n -k 2 | sed -n '$s/.* //p'
}

selftest_traced() {
	if tracer_start "selftest-$1" --summary; then
		selftest_run "$1"
		tracer_stop
		selftest_top=$(selftest_highest)
	fi
}

lab_vfio_modules
read -r selftest_bdf _ < <(lab_bind 8086:10d3)
echo 8 > /proc/sys/vm/nr_hugepages
selftest_traced without
check_equal "selftest: the host's limit is mapped" 0x7fffffffff "$selftest_top"
guard_load
guardctl set "default $selftest_limit audit" > /dev/null
selftest_traced audit
same_set "selftest: audit mode changes no result" "$LAB_OUT/without.results" "$LAB_OUT/audit.results"
check_equal "selftest: audit mode: the host's limit is mapped" 0x7fffffffff "$selftest_top"
check "selftest: audit mode: what would be refused is counted" test "$(counters '' | cut -d ' ' -f 2)" -gt 0
guardctl set "default $selftest_limit" > /dev/null
selftest_traced enforce
same_set "selftest: under a policy, too, all that passed passes" \
	"$LAB_OUT/without.results" "$LAB_OUT/enforce.results"
check_equal "selftest: under a policy its limit is mapped" $selftest_limit "$selftest_top"
check_equal "selftest: nothing was refused that the test did not ask for" 0 \
	"$(counters '' | cut -d ' ' -f 1)"
guardctl set > /dev/null
check "selftest: the module can go" guard_unload
