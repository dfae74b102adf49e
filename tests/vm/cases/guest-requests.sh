# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every request that the guest's driver makes and its virtio-iommu accepts, in order, with its
# arguments; as many as there were, to the last one, whatever the hooks and the kernel's preemption.
. tests/vm/guest.sh

guest_pairs=50000

# From VFIO, from a driver of the guest that does DMA, and from a device that goes and comes back.
requests_all() {
	guest_begin all --all || return
	load all -g "$group" -d "$bdf" --pairs 600 --threads 2
	modprobe nvme
	wait_for 20 test -e /dev/nvme0n1
	dd if=/dev/nvme0n1 of=/dev/null bs=64k count=40 iflag=direct status=none
	echo 1 > "/sys/bus/pci/devices/$bdf/remove"
	echo 1 > /sys/bus/pci/rescan
	guest_bind
	modprobe -r nvme
	tracer_stop
	guest_same "guest: requests are those that QEMU accepted"
	check "guest: at least 1000 of them" test "$(wc -l < "$LAB_OUT/want")" -ge 1000
	for request in attach detach map unmap probe; do
		check "guest: $request is among them" grep -q "^$request " "$LAB_OUT/want"
	done
	check_equal "guest: MAPs to read, to write, and for both are among them" "r rw w" \
		"$(awk '$1 == "map" { print $NF }' "$LAB_OUT/want" | sort -u | xargs)"
	check_equal "guest: each MAP took time, and none was lost" "0 0" \
		"$(events request 'select(.request == "map" and (.latency_ns // 0) == 0)' |
			wc -l) $(guest_lost)"
	check_equal "guest: the device has its name in every MAP" 0 \
		"$(events request 'select(.request == "map" and (.endpoint | startswith("0000:") | not))' |
			wc -l)"
}

# requests_counted NAME ARGS...: seen and missed are all that QEMU accepted.
requests_counted() {
	guest_begin "$1" "${@:2}" || return
	load "$1" -g "$group" -d "$bdf" --pairs $guest_pairs --threads 4
	tracer_stop
	guest_truth
	maps=$(grep -c '^virtio_iommu_map ' "$LAB_OUT/truth.log")
	unmaps=$(grep -c '^virtio_iommu_unmap ' "$LAB_OUT/truth.log")
	lost=$(guest_lost)
	check_equal "guest: $1: MAPs and UNMAPs seen and $lost missed are all" $((maps + unmaps)) \
		$(($(guest_sum '.maps + .unmaps') + lost))
	check "guest: $1: they are 100000" test $((maps + unmaps)) -ge 100000
}

requests_hooks() {
	requests_counted default --no-latency
	check_equal "guest: nothing missed by default" 0 "$lost"
	requests_counted kprobe --hooks kprobe
}

# A ring that is too small: what it did not take is told of.
requests_ring() {
	guest_begin ring --all --ring-size 4096 || return
	load ring -g "$group" -d "$bdf" --pairs 2000 --threads 4
	tracer_stop
	guest_truth
	guest_accepted > "$LAB_OUT/want"
	lost=$(guest_lost)
	check_equal "guest: requests told of and $lost lost in a small ring are all" \
		"$(wc -l < "$LAB_OUT/want")" \
		$(($(events request .count | paste -sd + | sed 's/^$/0/') + lost))
	check "guest: a small ring loses some" test "$lost" -gt 0
}

# Nothing was traced while these came to their domains: their names and regions are known all the
# same, from the start.
requests_older() {
	guest_begin older || return
	tracer_stop
	check_equal "guest: devices that are older than the tracer, with what they reserve" \
		"$(find /sys/kernel/iommu_groups/*/devices/* -printf '%f\n' | sort | paste -sd ' ')" \
		"$(jq -r 'select(.type == "summary" and .limit.bits == 64) | .endpoint' "$tracer_out" |
			sort | paste -sd ' ')"
}

guest_bind
requests_older
requests_all
requests_hooks
requests_ring
