# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The tracer in a guest beside the driver's life: loaded later, gone and back, held; and its own end.
# In this VM only one device is behind the virtio-iommu, which holds the module as long as it is there.
. tests/vm/guest.sh

guest_module=virtio_iommu
guest_port=0000:10:00.0

life_said() { grep -q "$1" "$tracer_err"; }

life_again() { [ "$(grep -c 'virtio-iommu: attached by' "$tracer_err")" -eq "$1" ]; }

life_unload() {
	[ ! -e /sys/bus/pci/devices/$guest_port ] || echo 1 > /sys/bus/pci/devices/$guest_port/remove
	rmmod $guest_module
}

# The device comes back to its bus, its driver and VFIO.
life_load() {
	modprobe $guest_module
	wait_for 30 "$@"
	echo 1 > /sys/bus/pci/rescan
	guest_bind 1b36:0010
	load life -g "$group" -d "$bdf" --pairs 100
}

life_is_clean() { [ -z "$(bpftool -j prog list | jq -r '.[] | select(.type == "tracing" or .type == "kprobe") | .id')" ] &&
	[ -z "$(bpftool -j link list | jq -r '.[].id')" ]; }

# life_end NAME MAPS: Ctrl-C; VFIO itself may have mapped a little more.
life_end() {
	tracer_stop
	check_equal "guest life: $1: exit status" 0 "$tracer_status"
	check "guest life: $1: nothing of ours is left" life_is_clean
	check "guest life: $1: MAPs of the one device ($2)" jq -es "map(select(.type == \"summary\" and
		.endpoint == \"$bdf\")) | length == 1 and .[0].maps >= $2 and .[0].maps <= $2 + 10" \
		"$tracer_out"
}

life_late() {
	life_unload
	tracer_launch late --source guest
	check "guest life: says that the module is not loaded" \
		wait_for 60 life_said "the module $guest_module is not loaded: waiting for it"
	life_load life_again 1
	life_end "module loaded late" 100
	check "guest life: the new device was seen attached" \
		test "$(events request 'select(.request == "attach")' | wc -l)" -gt 0
}

life_gone() {
	tracer_start gone --source guest --hooks kprobe || return
	load gone -g "$group" -d "$bdf" --pairs 100
	check "guest life: the module can go while kprobes are in it" life_unload
	check "guest life: says that the module has gone" \
		wait_for 10 life_said "the module $guest_module was unloaded: waiting for it"
	life_load life_again 2
	life_end "module gone and back" 200
}

life_held() {
	tracer_start held --source guest || return
	echo 1 > /sys/bus/pci/devices/$guest_port/remove
	check_fails "guest life: the module stays while a trampoline is in it" 1 rmmod $guest_module
	tracer_stop
	check "guest life: the module can go after the tracer" rmmod $guest_module
	modprobe $guest_module
	echo 1 > /sys/bus/pci/rescan
}

life_killed() {
	tracer_start killed --source guest || return
	kill -9 "$tracer_pid"
	wait "$tracer_pid" 2> /dev/null
	tracer_pid=
	check "guest life: nothing is left after kill -9" wait_for 10 life_is_clean
}

life_late
life_gone
life_held
life_killed
