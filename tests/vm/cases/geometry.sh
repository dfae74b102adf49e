# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Hosts other than those of 39 bits: what maps, what does not and why, and what is recommended.

# All plans: expected reason, or "-" if it maps | operation. What maps comes last, so that nothing
# overlaps.
geometry_plan_amd() {
	# Whatever touches the hole of 12 GiB below 1 TiB (HyperTransport), from inside and across
	# its ends; then the last pages before and the first above it, which are usable.
	cat <<-'EOF'
	reserved_amd_ht | map 0xfd00000000 4K
	reserved_amd_ht | map 0xfd00000000 2M
	reserved_amd_ht | map 0xfe00000000 4K
	reserved_amd_ht | map 0xfef0000000 64K
	reserved_amd_ht | map 0xff12345000 8K
	reserved_amd_ht | map 0xfffffff000 4K
	reserved_amd_ht | map 0xfcfffff000 8K
	reserved_amd_ht | map 0xfcffe00000 4M
	reserved_amd_ht | map 0xfffffff000 8K
	reserved_amd_ht | map 0xffffe00000 4M
	reserved_amd_ht | map 0xfcfffff000 16G
	reserved_msi | map 0xfee00000 4K
	- | map 0x100000 4K
	- | map 0xfcfffff000 4K
	- | map 0x10000000000 4K
	- | map 0x7ffffffff000 4K
	EOF
}

geometry_plan_intel48() {
	cat <<-'EOF'
	above_host_width | map 0x1000000000000 4K
	above_host_width | map 0x1000000200000 2M
	above_host_width | map 0xfffffffff000 8K
	above_host_width | map 0x1ffffffffe000 4K
	above_host_width | map 0x2000000000000 4K
	above_host_width | map 0x1000000000000 1G
	above_host_width | map 0x8000000000000000 4K
	above_host_width | map 0xfffffffffffff000 4K
	above_host_width | map 0xffffffff00000000 2M
	reserved_msi | map 0xfee00000 4K
	reserved_msi | map 0xfedff000 8K
	- | map 0x100000 4K
	- | map 0x7ffffff000 4K
	- | map 0x8000000000 4K
	- | map 0x7fffffe00000 2M
	- | map 0xffffffe00000 2M
	EOF
}

# The host's own IOMMU is a virtio-iommu of 64 bits: only the MSI hole is refused.
geometry_plan_virtio() {
	cat <<-'EOF'
	reserved_msi | map 0xfee00000 4K
	reserved_msi | map 0xfee01000 4K
	reserved_msi | map 0xfee10000 64K
	reserved_msi | map 0xfee80000 8K
	reserved_msi | map 0xfeeff000 4K
	reserved_msi | map 0xfeeff000 8K
	reserved_msi | map 0xfedff000 8K
	reserved_msi | map 0xfee00000 1M
	reserved_msi | map 0xfec00000 4M
	reserved_msi | map 0xfe000000 32M
	reserved_msi | map 0xc0000000 1G
	- | map 0x100000 4K
	- | map 0x7ffffff000 8K
	- | map 0x10000000000 4K
	- | map 0x1000000000000 2M
	- | map 0xfffffffffffff000 4K
	EOF
}

# geometry NAME LAST-IOVA MAX-BITS RECOMMENDED: the plan of that name.
geometry() {
	local plan=geometry_plan_$1
	tracer_start "geometry-$1" || return
	load "geometry-$1" -g "$group" -d "$bdf" < <("$plan" | sed 's/.*| *//')
	tracer_stop
	"$plan" | sed 's/ *|.*//' > "$lib_tmp/reasons"
	# Reasons of the plan, but IOVAs, sizes and errnos of what was done.
	jq -r 'select(.op == "map") | "\(.iova) \(.size) \(.errno // "-")"' "$load_out" |
		paste -d ' ' - "$lib_tmp/reasons" > "$lib_tmp/done"
	awk '($3 == "-") != ($4 == "-")' "$lib_tmp/done" > "$lib_tmp/surprises"
	check_equal "geometry: $1 maps and refuses what it should" "" "$(cat "$lib_tmp/surprises")"
	awk '$3 != "-"' "$lib_tmp/done" > "$LAB_OUT/want"
	events map 'select(.result < 0) | "\(.iova) \(.size) \(.errno) \(.reason)"' | tr -d '"' \
		> "$LAB_OUT/got"
	same_set "geometry: $1: IOVA, size, errno and reason of each failure" \
		"$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "geometry: $1: limit of each failure and of the VM, recommendation" \
		"$2 $3 container;$2 $3 container $4" \
		"$(events map 'select(.result < 0) | .limit | "\(.last_iova) \(.bits) \(.from)"' |
			tr -d '"' | sort -u);$(summary \
			'"\(.limit | "\(.last_iova) \(.bits) \(.from)") \(.recommended_aw_bits)"')"
	check_equal "geometry: $1: nothing lost" '{}' "$(summary .lost | jq -c .)"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
case $LAB_IOMMU in
amd) geometry amd 0xffffffffffffffff 64 39 ;;
intel48) geometry intel48 0xffffffffffff 48 48 ;;
virtio) geometry virtio 0xffffffffffffffff 64 64 ;;
*) fail geometry "no plan for the IOMMU '$LAB_IOMMU'" ;;
esac
