# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What `viommuctl host` reads from registers and sysfs is what a container of that device reports:
# ranges, holes, maximum and safe bits. Whoever may read less gets the same, or "not known".

host_ctl=build/viommuctl

# From a container's ranges (the info line of vfio-load) on standard input: its ranges, the gaps
# between them and the two widths, in the words of `viommuctl host`. All numbers are text, since
# those of jq are exact up to 2^53 only.
host_truth() {
	python3 -c '
import json, sys
ranges = [(int(r["start"], 16), int(r["last"], 16)) for r in json.load(sys.stdin)["ranges"]]
gaps = [(a[1] + 1, b[0] - 1) for a, b in zip([(0, -1)] + ranges, ranges) if b[0] > a[1] + 1]
top = max(last for _, last in ranges)
width = (top + 1).bit_length() - 1
# The lowest gap above 4 GiB, which no guest can do without, ends what is safe.
high = [first for first, last in gaps if last >= 1 << 32]
safe = min([width] + [first.bit_length() - 1 for first in high])
text = lambda pairs: " ".join("%#x-%#x" % p for p in pairs)
print("%s; holes %s; %d %d" % (text(ranges), text(gaps), width, safe))'
}

# The same of the output of `viommuctl host -o json` in file $1.
host_says() {
	jq -r --argjson group "$group" '
		def text: map("\(.first)-\(.last)") | join(" ");
		.groups[] | select(.id == $group) |
		"\(.usable // [] | text); holes \(.holes // [] | text); \(.max_bits) \(.safe_bits)"' "$1"
}

# One field of the device's group.
host_field() { jq -r --argjson group "$group" ".groups[] | select(.id == \$group) | $2" "$1"; }

# As a user who may read neither the kernel's log nor firmware tables. dmesg_restrict is Debian's
# default since 4.19 and is set here in case a kernel has another.
host_as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
}

# What decides the width where it is not readable for everyone: words of the reason given.
host_needs_root() {
	case $LAB_IOMMU:$LAB_KERNEL in
	virtio:*) echo 'log' ;;
	amd:7) echo 'root' ;;
	esac
}

host_check_root() {
	"$host_ctl" host -o json > "$LAB_OUT/host-root.json"
	check_equal "host: $LAB_IOMMU: ranges, holes, maximum and safe bits of a container" \
		"$host_want" "$(host_says "$LAB_OUT/host-root.json")"
	check_equal "host: $LAB_IOMMU: every hole has a type" 0 \
		"$(host_field "$LAB_OUT/host-root.json" '[.holes[] | select(.types == [])] | length')"
	check_equal "host: $LAB_IOMMU: the device is in its group" "$bdf" \
		"$(host_field "$LAB_OUT/host-root.json" '.devices[0]')"
	check "host: $LAB_IOMMU: the table has the last IOVA" \
		grep -q "${host_want_last#0x}" <("$host_ctl" host)
	check_equal "host: $LAB_IOMMU: recommended for any VM" "${host_want##* }" \
		"$("$host_ctl" recommend --host -o json | jq -r .recommended_aw_bits)"
}

# Never a wrong number: the truth, or none and why.
host_check_nobody() {
	local word status=0
	word=$(host_needs_root)
	echo 1 > /proc/sys/kernel/dmesg_restrict
	check_fails "host: the log is not for everyone" 1 host_as_nobody dmesg
	host_as_nobody "$host_ctl" host -o json > "$LAB_OUT/host-nobody.json"
	if [ -z "$word" ]; then
		check_equal "host: $LAB_IOMMU: the same for everyone" "$host_want" \
			"$(host_says "$LAB_OUT/host-nobody.json")"
		return
	fi
	check_equal "host: $LAB_IOMMU: no number without what decides it" \
		"; holes ; null null;unknown" "$(host_says "$LAB_OUT/host-nobody.json");$(
			host_field "$LAB_OUT/host-nobody.json" .from)"
	check "host: $LAB_IOMMU: and the reason" grep -q "$word" \
		<(host_field "$LAB_OUT/host-nobody.json" .detail)
	host_as_nobody "$host_ctl" recommend --host -o json > "$LAB_OUT/host-advice.json" || status=$?
	check_equal "host: $LAB_IOMMU: and no recommendation" "3 null" \
		"$status $(jq -r .recommended_aw_bits "$LAB_OUT/host-advice.json")"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
load host -g "$group" -d "$bdf" info
jq -c 'select(.op == "info")' "$load_out" > "$LAB_OUT/host-info.json"
host_want=$(host_truth < "$LAB_OUT/host-info.json")
host_want_last=$(jq -r '.ranges[-1].last' "$LAB_OUT/host-info.json")
check "host: a container reports ranges" test -n "$host_want_last"
host_check_root
host_check_nobody
