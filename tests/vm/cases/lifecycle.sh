# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The tracer's life beside others': the module comes later and goes, the tracer is killed, there are
# two of it, containers are older than it is or many. This case comes first in its VM, where nothing
# has loaded the module yet.

lifecycle_module=vfio_iommu_type1

lifecycle_said() { grep -q "$1" "$tracer_err"; }

# Ten failures from IOVA $1 on.
lifecycle_fail() {
	local i
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "map $(($1 + i * 0x1000)) 4K"
	done
}

# lifecycle_same NAME: what the load says failed is what the tracer told of.
lifecycle_same() {
	load_failures > "$LAB_OUT/want"
	trace_failures > "$LAB_OUT/got"
	same_set "$1" "$LAB_OUT/want" "$LAB_OUT/got"
}

# lifecycle_end NAME: Ctrl-C is a clean end.
lifecycle_end() {
	tracer_stop
	check_equal "$1: exit status" 0 "$tracer_status"
	check "$1: nothing of ours is left" bpf_is_clean
}

lifecycle_late_module() {
	tracer_launch late
	check "lifecycle: says that the module is not loaded" \
		wait_for 60 lifecycle_said "the module $lifecycle_module is not loaded: waiting for it"
	lab_vfio_modules
	read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
	check "lifecycle: says that the module has come" wait_for 60 tracer_attached
	load late -g "$group" < <(lifecycle_fail 0x8000000000)
	sleep 1
	lifecycle_end "lifecycle: module loaded late"
	lifecycle_same "lifecycle: failures after the module came late"
	check_equal "lifecycle: summary after the module came late" "10 39" \
		"$(summary '"\(.failures.above_host_width) \(.recommended_aw_bits)"')"
}

# kill -9 leaves no time to clean up; the kernel does it.
lifecycle_killed() {
	tracer_start killed || return
	load killed -g "$group" map 0x8000000000 4K
	kill -9 "$tracer_pid"
	wait "$tracer_pid" 2> /dev/null
	tracer_pid=
	check "lifecycle: nothing is left after kill -9" wait_for 10 bpf_is_clean
}

# Two see the same; one that ends takes nothing from the other. The VM is older than both.
lifecycle_two() {
	local first
	mkfifo /tmp/old.in
	load old -g "$group" < /tmp/old.in &
	exec 7> /tmp/old.in
	echo "map 0x100000 4K" >&7
	tracer_start first 7>&- || return
	first=$tracer_pid
	tracer_start second 7>&- || return
	lifecycle_fail 0x8000000000 >&7
	sleep 1
	tracer_stop
	lifecycle_fail 0x8100000000 >&7
	echo "unmap 0x100000 4K" >&7
	exec 7>&-
	wait %?old
	load_out=$LAB_OUT/old.load
	head -n 14 "$load_out" > "$LAB_OUT/half.load"
	load_out=$LAB_OUT/half.load lifecycle_same "lifecycle: the second of two tracers"
	tracer_pid=$first tracer_out=$LAB_OUT/first.jsonl
	sleep 1
	lifecycle_end "lifecycle: the first of two tracers"
	lifecycle_same "lifecycle: the first of two tracers, to the end"
	check_equal "lifecycle: a container opened before and closed during it" "0 1 1 20" \
		"$(summary '"\(.maps) \(.unmaps) \(.containers) \(.failures.above_host_width)"')"
}

# Containers one after the other, each used; on one kernel more than the table has elements.
lifecycle_many() {
	local n=50
	[ "$LAB_KERNEL" != 6.12 ] || n=1100
	tracer_start many --summary || return
	load many --no-iommu < <(awk -v n=$n -v group="$group" 'BEGIN { for (i = 0; i < n; i++) {
		print "open\nattach " group "\nset-iommu\nmap 0x100000 64K\nmap 0x8000000000 4K"
		print "unmap 0x100000 64K\nclose" } }')
	sleep 1.5
	check_equal "lifecycle: no address of a closed container is kept" "[]" \
		"$(bpftool -j map dump name slots | jq -c .)"
	lifecycle_end "lifecycle: many containers"
	check_equal "lifecycle: totals of $n containers" "$n $n $((n * 65536)) $n $n {}" \
		"$(summary '"\(.maps) \(.unmaps) \(.map_bytes) \(.containers) \(.failures.above_host_width) \(.lost)"')"
}

# Without what needs it: vfio itself asks for it by name, when a container wants a driver.
lifecycle_rmmod() { modprobe -r "$lifecycle_module"; }

# A trampoline holds the module, and gives it back at the end.
lifecycle_module_held() {
	tracer_start held --hooks fentry || return
	check_fails "lifecycle: the module stays while a trampoline is in it" 1 lifecycle_rmmod
	lifecycle_end "lifecycle: trampolines"
	check "lifecycle: the module can go after the tracer" lifecycle_rmmod
	modprobe "$lifecycle_module"
}

lifecycle_again() { [ "$(grep -c 'attached by' "$tracer_err")" -eq 2 ]; }

# A kprobe does not hold it: gone and come back, it is traced again.
lifecycle_module_gone() {
	tracer_start gone --hooks kprobe || return
	load before -g "$group" < <(lifecycle_fail 0x8000000000)
	check "lifecycle: the module can go while kprobes are in it" lifecycle_rmmod
	check "lifecycle: says that the module has gone" \
		wait_for 10 lifecycle_said "the module $lifecycle_module was unloaded: waiting for it"
	modprobe "$lifecycle_module"
	check "lifecycle: says that the module has come back" wait_for 30 lifecycle_again
	load again -g "$group" < <(lifecycle_fail 0x8100000000)
	sleep 1
	lifecycle_end "lifecycle: module gone and back"
	cat "$LAB_OUT/before.load" "$LAB_OUT/again.load" > "$LAB_OUT/gone.load"
	load_out=$LAB_OUT/gone.load
	lifecycle_same "lifecycle: failures before the module went and after it came back"
}

lifecycle_late_module
lifecycle_killed
lifecycle_two
lifecycle_many
lifecycle_module_held
lifecycle_module_gone
