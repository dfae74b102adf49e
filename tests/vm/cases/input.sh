# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What is wrong around the tracer: rights, kernel, options, output. Each time one clear line on
# standard error, the right exit status, and nothing of ours left in the kernel.

# input_fails NAME STATUS TEXT COMMAND...: it ends with this status and says just this line.
input_fails() {
	local name=$1 want=$2 text=$3 status=0
	shift 3
	timeout -k 5 60 "$@" > "$LAB_OUT/input.out" 2> "$LAB_OUT/input.err" || status=$?
	check_equal "$name: exit status" "$want" "$status"
	check_equal "$name: message" "$text" "$(cat "$LAB_OUT/input.err")"
}

input_rights() {
	local have=+bpf,+perfmon,+sys_admin
	local needs='viommu-trace: error: tracing the kernel needs' run='which this process lacks: run it as root'
	input_fails "input: not root" 3 "$needs CAP_BPF CAP_PERFMON CAP_SYS_ADMIN, $run" \
		setpriv --reuid nobody --regid nogroup --clear-groups "$trace_bin" --duration 1
	input_fails "input: one capability less" 3 "$needs CAP_PERFMON, $run" \
		setpriv --bounding-set -perfmon --inh-caps -perfmon "$trace_bin" --duration 1
	input_fails "input: all that the message asks for is enough" 0 "" \
		setpriv --bounding-set "-all,$have" --inh-caps "-all,$have" "$trace_bin" --duration 1
}

# A kernel without type information, of itself or of the module.
input_btf() {
	cp -r /sys/kernel/btf /tmp/btf
	rm /tmp/btf/vfio_iommu_type1
	mount -t tmpfs none /sys/kernel/btf
	input_fails "input: no BTF" 3 "viommu-trace: error: kernel $(uname -r) has no type information\
 (/sys/kernel/btf/vmlinux): run a kernel built with CONFIG_DEBUG_INFO_BTF, as distributions build theirs" \
		"$trace_bin" --duration 1
	mount --bind /tmp/btf /sys/kernel/btf
	input_fails "input: no BTF of the module" 3 "viommu-trace: error: there is no type information\
 (BTF) of the module vfio_iommu_type1: the kernel was built without CONFIG_DEBUG_INFO_BTF_MODULES,\
 or the module's does not match" "$trace_bin" --duration 1
	umount /sys/kernel/btf
	umount /sys/kernel/btf
}

input_options() {
	input_fails "input: wrong flag" 2 \
		"viommu-trace: unknown option --vmm (did you mean --vm?); see viommu-trace --help" \
		"$trace_bin" --vmm guest1
	check_equal "input: wrong flag: no output" "" "$(cat "$LAB_OUT/input.out")"
	"$trace_bin" --vm 'nobody-*' --duration 1 > "$LAB_OUT/input.out" 2> "$LAB_OUT/input.err"
	check_equal "input: no such VM: exit status" 1 $?
	check_equal "input: no such VM: the last words" \
		"viommu-trace: no VM named nobody-* used VFIO while this ran" "$(tail -n 1 "$LAB_OUT/input.err")"
}

# A VM that goes on mapping while the output breaks.
input_busy() {
	"$load_bin" -g "$group" --pairs 1000000 --rate 1000 --fail-every 10 > /dev/null &
	busy=$!
}

input_output() {
	local busy
	input_busy
	input_fails "input: output is closed from the start" 1 \
		"viommu-trace: error: cannot write the output: it is closed" \
		sh -c "exec $trace_bin -o json >&-"
	input_fails "input: the output's reader is gone" 1 \
		"viommu-trace: error: cannot write the output: Broken pipe" \
		bash -c "$trace_bin -o json --all | head -n 1; exit \${PIPESTATUS[0]}"
	check_equal "input: the output's reader is gone: what it read is whole" attach_or_map \
		"$(jq -r 'if .type == "attach" or .type == "map" or .type == "unmap" then "attach_or_map" else .type end' \
			"$LAB_OUT/input.out")"
	input_fails "input: the disk is full" 1 \
		"viommu-trace: error: cannot write the output: No space left on device" \
		sh -c "exec $trace_bin > /dev/full"
	input_fails "input: a VM that maps faster than lines are written" 0 "" \
		"$trace_bin" -o json --all --count 20
	check "input: nothing of ours is left after that" bpf_is_clean
	input_killed
	kill "$busy"
	wait "$busy" 2> /dev/null
}

# Whenever it ends, the file holds whole lines.
input_killed() {
	tracer_start whole --all || return
	check "input: lines come while it runs" wait_for 20 input_has_lines
	kill -9 "$tracer_pid"
	wait "$tracer_pid" 2> /dev/null
	tracer_pid=
	check_equal "input: killed, its file ends with a whole line" "$(wc -l < "$tracer_out")" \
		"$(jq -c .seq "$tracer_out" | wc -l)"
	check_equal "input: the last byte of the file" '\n' "$(tail -c 1 "$tracer_out" | od -An -c | tr -d ' ')"
}
input_has_lines() { [ "$(wc -l < "$tracer_out")" -ge 50 ]; }

# Something hides /proc/PID of a VM that was there before: the kernel knows pid and program, no more.
input_proc() {
	local pid i
	mkfifo /tmp/hidden.in
	(
		export VFIO_LOAD="-g $group"
		exec -a qemu-system-x86_64 "$load_bin" -name guest=hidden
	) < /tmp/hidden.in > "$LAB_OUT/hidden.load" &
	pid=$!
	exec 7> /tmp/hidden.in
	echo "map 0x100000 4K" >&7
	check "input: the VM is there" wait_for 20 grep -q '"map"' "$LAB_OUT/hidden.load"
	mount -t tmpfs none "/proc/$pid"	# goes with the process
	tracer_start hidden 7>&- || return
	for i in 0 1 2 3 4 5 6 7 8 9; do echo "map 0x8000000${i}000 4K"; done >&7
	exec 7>&-
	wait "$pid"
	sleep 1
	tracer_stop
	load_out=$LAB_OUT/hidden.load
	load_failures > "$LAB_OUT/want"
	trace_failures > "$LAB_OUT/got"
	same_set "input: /proc/PID cannot be read" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "input: /proc/PID cannot be read: who it is" "pid:$pid vfio-load none" \
		"$(events map '"\(.vm) \(.comm) \(.vm_source)"' | tr -d '"' | sort -u)"
	check_equal "input: /proc/PID cannot be read: exit status" 0 "$tracer_status"
}

lab_vfio_modules
read -r bdf group < <(lab_bind 1234:11e8 | head -n 1)
input_rights
input_btf
input_options
input_output
input_proc
