#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM, whose clock counts instructions: requests to a virtio-iommu, under each tracer.
#   requests-inside.sh host    a real QEMU's device, driven by viommu-drive: MAPs
#   requests-inside.sh guest   this machine's own driver, by vfio-load: pairs of MAP and UNMAP
#   $LAB_OUT/runs              ROW COUNT INSTRUCTIONS OF-OUR-PROGRAMS, a line for each run
#
# On the host the figure is the run time of QEMU's threads: what a probe costs, its trap included, is
# spent in them. In the guest the driver spins until the device has answered, which depends on the
# machine outside: there the kernel's own account of the programs is the figure.
set -eu
# shellcheck source=tools/lab/guest.sh
. tools/lab/guest.sh

tracer=
tmp=$(mktemp -d)

wait_for() {
	local left=600
	until "$@" > /dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "bench: no success within a minute: $*" >&2; exit 1; }
		sleep 0.1
	done
}

# Nanoseconds, which are instructions here, that all threads of QEMU have run.
qemu_ran() { cat "/proc/$qemu/task/"*/schedstat | awk '{ n += $1 } END { printf "%.0f\n", n }'; }

# The same of all BPF programs.
programs_ran() { bpftool -j prog list | jq '[.[].run_time_ns // 0] | add // 0'; }

host_load() {
	printf 'attach 1 00:03.0\nmaps 1 0x10000000 0x2000 0x1000 %s 0x100000\n' "$1" > "$tmp/in"
	build/tools/viommu-drive --socket /tmp/guest1.sock --wait 60 < "$tmp/in" > "$tmp/load"
}

guest_load() {
	build/tools/vfio-load -g "$group" -d "$bdf" --size 4K --pairs "$1" > "$tmp/load"
}

# run COUNT: after a pause, for what the kernel has put off.
run() {
	local before programs elapsed
	sleep 0.2
	programs=$(programs_ran)
	[ "$side" = guest ] || before=$(qemu_ran)
	"${side}_load" "$1"
	if [ "$side" = host ]; then
		elapsed=$(($(qemu_ran) - before))
	else
		elapsed=$(sed -n 's/.*"elapsed_ns":\([0-9]*\).*/\1/p' "$tmp/load")
	fi
	echo "$row $1 $elapsed $(($(programs_ran) - programs))" >> "$LAB_OUT/runs"
}

# A first run warms up. The tracer's user space is stopped: its timers are not what a request costs.
measure() {
	echo "bench: measuring $side $row" >&2
	[ -z "$tracer" ] || kill -STOP "$tracer"
	"${side}_load" "$short"
	for _ in 1 2 3; do
		run "$short"
		run "$long"
	done
	[ -z "$tracer" ] || kill -CONT "$tracer"
}

attached() { grep -q 'attached by' "$tmp/err"; }

# row_trace ROW OPTION...: the ring is large enough for what comes while the program is stopped.
row_trace() {
	row=$1
	shift
	build/viommu-trace -v -o json --ring-size 64M "$@" > "$tmp/out" 2> "$tmp/err" &
	tracer=$!
	wait_for attached
	sleep 3		# and QEMU's functions are hooked
	measure
	kill -INT "$tracer"
	wait "$tracer"
	tracer=
}

side=$1
lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8)
short=100 long=500 row=none
if [ "$side" = host ]; then
	qemu=$(tools/lab/qemu-guest.sh guest1 --device "$bdf" --mem 256M)
	measure
	row_trace default --no-latency
	row_trace requests --no-latency --requests --request-rate 0
	row_trace requests-all --no-latency --requests --request-rate 0 --all
	kill "$qemu"
else
	echo 1 > /proc/sys/kernel/bpf_stats_enabled
	measure
	row_trace default --source guest
	row_trace no-latency --source guest --no-latency
	row_trace kprobe --source guest --hooks kprobe
	row_trace all --source guest --all
fi
