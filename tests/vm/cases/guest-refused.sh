# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A driver of the guest (tests/vm/guestmod) that maps IOVAs twice: the kernel lets it, the device
# refuses it, and since 6.12 the guest's driver does not look. Only here does anybody hear of it.
. tests/vm/guest.sh

refused_count=20

# "IOVA SIZE" of what the module mapped twice, by its own account; it was told 0 both times.
refused_want() {
	dmesg | sed -n 's/.*viommu_twice .* mapped \(0x[0-9a-f]*\) \(0x[0-9a-f]*\) twice: 0 0$/\1 \2/p'
}

if guest_begin refused --all; then
	insmod build/guestmod/viommu_twice.ko count=$refused_count
	sleep 1
	tracer_stop
	refused_want | sed 's/$/ inval EINVAL silent/' > "$LAB_OUT/want"
	events request 'select(.severity == "silent") |
		"\(.iova) \(.size) \(.status) \(.errno) \(.severity)"' | tr -d '"' > "$LAB_OUT/got"
	same_list "guest: each second map is refused, and nobody was told" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "guest: all of them" $refused_count "$(wc -l < "$LAB_OUT/want")"
	# Attached anew, the driver sends each mapping again and stops at the first that is refused.
	check_equal "guest: a refusal that the driver did look at" "0x10000000 inval EINVAL warning" \
		"$(events request 'select(.result < 0 and .severity != "silent") |
			"\(.iova) \(.status) \(.errno) \(.severity)"' | tr -d '"')"
	check_equal "guest: and that its caller was told" -22 \
		"$(dmesg | sed -n 's/.*viommu_twice .* attached again: //p')"
	check_equal "guest: the totals have both" "{\"overlap\":$((refused_count + 1))}" \
		"$(jq -c 'select(.type == "summary" and .failures != {}) | .failures' "$tracer_out")"
	guest_same "guest: requests beside the refused ones"
fi
