# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What viommuctl says of this host and of a VM whose vIOMMU is too wide, against what a container
# reports and what QEMU says; then the VM once more, with the very option that was recommended.

ctl=build/viommuctl

# Requests as of a guest that believes in 64 bits: low, at the top of 39 and 48 bits, in the AMD hole,
# from the top of 64 downwards.
advice_requests() {
	cat <<-'EOT'
	attach 1 00:03.0
	map 1 0x10000000 0x200000 0x100000
	map 1 0x7ffffff000 0x1000 0x400000
	map 1 0x8000000000 0x1000 0x401000
	map 1 0xfd00000000 0x1000 0x402000
	map 1 0xfffffff000 0x1000 0x403000
	map 1 0xfffffffff000 0x1000 0x404000
	map 1 0x1000000000000 0x1000 0x405000
	maps 1 0xffffffffff000000 0x10000 0x4000 11 0x600000
	map 1 0xfffffffffffff000 0x1000 0x700000
	EOT
}

# A guest keeps to the width it is told: the same number of requests, each within last IOVA $1, from
# the top down where it had more.
advice_requests_within() {
	local verb domain iova size rest n=0
	advice_requests | while read -r verb domain iova size rest; do
		if [ "$verb" = map ] && [ $((iova & ~$1)) -ne 0 ]; then
			n=$((n + 1))
			iova=$(printf '0x%x' $(($1 - n * 0x100000 + 1)))
		elif [ "$verb" = maps ]; then
			iova=$(printf '0x%x' $((iova & $1)))
		fi
		echo "$verb $domain $iova $size $rest"
	done
}

# advice_drive NAME REQUESTS-FILE: what a started guest does.
advice_drive() {
	"$drive_bin" --socket "/tmp/$1.sock" --wait 60 < "$2" > "$LAB_OUT/$1.requests"
	check_equal "advice: $1 was told that all is well" OK \
		"$(jq -r '.status // empty' "$LAB_OUT/$1.requests" | sort -u | paste -sd ' ')"
}

advice_end() {
	kill "$1"
	wait_for 20 advice_gone "$1"
}
advice_gone() { ! kill -0 "$1"; }

# Programs are loaded before the first of them is attached: each has its link when all are at work.
advice_watched() {
	local hooks links
	hooks=$(bpftool -j prog list |
		jq '[.[] | select(.name // "" | test("^(fentry|fexit|kprobe|kretprobe)_"))] | length')
	links=$(bpftool -j link list | jq length)
	[ "$hooks" -gt 0 ] && [ "$links" -ge "$hooks" ]
}

# Bits of a last IOVA such as 0x7fffffffff; the shell's numbers are signed.
advice_bits() {
	local bits=0
	while [ $bits -lt 64 ] && [ $(($1 >> bits & 1)) -eq 1 ]; do bits=$((bits + 1)); done
	echo $bits
}

# Maps that failed, as QEMU wrote them: "IOVA SIZE".
advice_said() {
	sed -n 's/.*vfio_container_dma_map([^,]*, \(0x[0-9a-f]*\), \(0x[0-9a-f]*\), [^)]*) = -22 .*/\1 \2/p' \
		"/tmp/$1.err"
}

# Ranges as [[first, last], ...].
advice_ranges() { jq -c '[.ranges[] | [.start // .first, .last]]'; }

advice_host() {
	local group_says
	echo info | "$load_bin" -g "$group" -d "$bdf" > "$LAB_OUT/info"
	advice_truth=$(jq -c 'select(.op == "info")' "$LAB_OUT/info" | advice_ranges)
	"$ctl" host -o json > "$LAB_OUT/host.json"
	group_says=$(jq -c ".groups[] | select(.id == $group) | {ranges: .usable}" \
		"$LAB_OUT/host.json" | advice_ranges)
	check_equal "advice: usable ranges of the group are those of a container" \
		"$advice_truth" "$group_says"
	check_equal "advice: maximum and safe bits of the host" "$want_max $want_safe" \
		"$(jq -r ".groups[] | select(.id == $group) | \"\(.max_bits) \(.safe_bits)\"" \
			"$LAB_OUT/host.json")"
	check_equal "advice: what is not known of a VM is said of the host" "$want_safe" \
		"$("$ctl" recommend --host -o json | jq -r .recommended_aw_bits)"
}

# advice_doctor NAME: findings in $LAB_OUT/doctor-NAME. 5 says that one of them is serious.
advice_doctor() {
	local status=0
	"$ctl" doctor -o json > "$LAB_OUT/doctor-$1" || status=$?
	check_equal "advice: doctor's exit status, $1" "$(
		jq -s 'if any(.level != "note") then 5 else 0 end' "$LAB_OUT/doctor-$1")" "$status"
	check_equal "advice: doctor finds nothing else of the VM, $1" "" "$(jq -r 'select(
		(.subject | test("^VM ")) and (.text | test("its vIOMMU has") | not)) | .text' \
		"$LAB_OUT/doctor-$1")"
}

# The VM as it is: too wide.
advice_before() {
	local pid=$1 option
	advice_requests > "$LAB_OUT/before.in"
	"$ctl" vms --map guest1 --watch 15s -o svg > "$LAB_OUT/map.svg" &
	wait_for 60 advice_watched
	advice_drive guest1 "$LAB_OUT/before.in"
	wait $!
	advice_said guest1 > "$LAB_OUT/said"
	check_equal "advice: failures of the workload" "$want_failures" "$(wc -l < "$LAB_OUT/said")"
	check "advice: the picture is XML" python3 -c \
		"import sys, xml.dom.minidom as m; m.parse(sys.argv[1])" "$LAB_OUT/map.svg"
	check_equal "advice: the picture says what was refused" \
		"$([ "$want_failures" -gt 0 ] && echo yes)" \
		"$(grep -q 'was refused' "$LAB_OUT/map.svg" && echo yes)"
	"$ctl" vms --vm guest1 -o json > "$LAB_OUT/vms.json"
	check_equal "advice: the VM" "guest1 $pid virtio-iommu 64 $bdf $group $pid-$group $want_max" \
		"$(jq -r '"\(.vm) \(.pid) \(.viommu.model) \(.viommu.aw_bits) \(.devices[0].address) \(
			.devices[0].group) \(.containers[0].container) \(.containers[0].limit.bits)"' \
			"$LAB_OUT/vms.json")"
	check_equal "advice: the VM's container maps what any container of the device does" \
		"$advice_truth" "$(jq '.containers[0]' "$LAB_OUT/vms.json" | advice_ranges)"
	"$ctl" recommend --vm guest1 -o json > "$LAB_OUT/recommend.json"
	check_equal "advice: recommended, now" "$want_safe 64" \
		"$(jq -r '"\(.recommended_aw_bits) \(.current_aw_bits)"' "$LAB_OUT/recommend.json")"
	"$ctl" recommend --vm guest1 --dump-facts > "$LAB_OUT/facts.json"
	check "advice: the facts give the same answer" cmp "$LAB_OUT/recommend.json" \
		<("$ctl" recommend --facts "$LAB_OUT/facts.json" -o json)
	check "advice: and so they do from standard input" cmp "$LAB_OUT/recommend.json" \
		<("$ctl" recommend --facts - -o json < "$LAB_OUT/facts.json")
	advice_doctor before
	check_equal "advice: doctor on the width" "$want_doctor" \
		"$(jq -r 'select(.text | test("its vIOMMU has 64 bits")) | .level' "$LAB_OUT/doctor-before")"
	option=$(jq -r '[.options[] | select(.for == "qemu")][0].option' "$LAB_OUT/recommend.json")
	recommended=${option#-device }
}

# Every failure that QEMU wrote is found in its log, with the host's own kernel log as evidence.
advice_explain() {
	local status=0
	{ dmesg; cat /tmp/guest1.err; } > "$LAB_OUT/explain.txt"
	"$ctl" explain -o json "$LAB_OUT/explain.txt" > "$LAB_OUT/explained.json" || status=$?
	check_equal "advice: explain exits with what it found" "$((want_failures > 0 ? 5 : 0))" "$status"
	check_equal "advice: explain finds each" "$want_failures" \
		"$(jq -s 'map(select(.type == "map") | .count) | add // 0' "$LAB_OUT/explained.json")"
	check_equal "advice: explain says why" "$want_reasons" \
		"$(jq -r 'select(.type == "map") | .reason' "$LAB_OUT/explained.json" | sort -u | paste -sd ' ')"
}

advice_after() {
	local pid last
	pid=$(tools/lab/qemu-guest.sh guest2 --device "$bdf" --viommu "$recommended,addr=2")
	last=$("$drive_bin" --socket /tmp/guest2.sock --wait 60 config | jq -r .input_range.end)
	check_equal "advice: the guest is told the recommended width" "$want_safe" \
		"$(advice_bits "$last")"
	advice_requests_within "$last" > "$LAB_OUT/after.in"
	tracer_start advice
	advice_drive guest2 "$LAB_OUT/after.in"
	sleep 1
	advice_doctor after
	check_equal "advice: doctor is content with the width" "" \
		"$(jq -r 'select(.text | test("its vIOMMU has")) | .text' "$LAB_OUT/doctor-after")"
	advice_end "$pid"
	tracer_stop
	check_equal "advice: with the recommended option nothing fails" ";" \
		"$(advice_said guest2);$(events map 'select(.result < 0) | .iova')"
	check "advice: and as much is mapped" test "$(summary .maps)" -ge 19
}

# intel-iommu takes 39 and 48 only, and QEMU refuses what the host does not have.
advice_intel() {
	local pid
	pid=$(tools/lab/qemu-guest.sh guest3 --device "$bdf" \
		--viommu intel-iommu,caching-mode=on,aw-bits=39 -- -machine kernel-irqchip=split)
	check_equal "advice: intel-iommu" "39 39 false" \
		"$("$ctl" recommend --vm guest3 -o json |
			jq -r '"\(.recommended_aw_bits) \(.current_aw_bits) \(.change_needed)"')"
	advice_end "$pid"
	pid=$(tools/lab/qemu-guest.sh guest4 --device "$bdf" \
		--viommu intel-iommu,caching-mode=on,aw-bits=48 -- -machine kernel-irqchip=split) ||
		pid=
	[ -z "$pid" ] || wait_for 30 advice_gone "$pid"
	check_equal "advice: QEMU's refusal is explained" "aw_bits_refused fatal" \
		"$("$ctl" explain -o json /tmp/guest4.err | jq -r '"\(.reason) \(.severity)"')"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
case $LAB_IOMMU in
intel39) want_max=39 want_safe=39 want_failures=17 want_doctor=warning want_reasons=above_host_width ;;
intel48) want_max=48 want_safe=48 want_failures=13 want_doctor=warning want_reasons=above_host_width ;;
amd) want_max=64 want_safe=39 want_failures=2 want_doctor=warning want_reasons=reserved_amd_ht ;;
virtio) want_max=64 want_safe=64 want_failures=0 want_doctor= want_reasons= ;;
esac
advice_host
advice_pid=$(tools/lab/qemu-guest.sh guest1 --device "$bdf" --aw-bits 64)
advice_before "$advice_pid"
advice_end "$advice_pid"
advice_explain
advice_after
[ "$LAB_IOMMU" != intel39 ] || advice_intel
