# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by cases that need VMs which wait for orders.
declare -A vm_fd vm_pid

# In a subshell: a pipe's writer that others inherit would keep it open.
vm_forget() {
	local fd
	for fd in "${vm_fd[@]}"; do exec {fd}>&-; done
}

# vm_start NAME GROUP [CGROUP]: a process that does what vm_do tells it; it has its container when
# this returns. With a CGROUP it is in that before.
vm_start() {
	vm_launch "$1" "${3:-}" "-g $2"
	wait_for 20 grep -q '"set-iommu"' "$LAB_OUT/$1.vm" || fail "$1" "no container: $(cat "$LAB_OUT/$1.vm.err")"
}

# vm_launch NAME CGROUP ARGS [PREFIX...]: without waiting, and as an argument of PREFIX.
vm_launch() {
	local name=$1 cgroup=$2 arguments=$3 fd
	shift 3
	rm -f "/tmp/$name.in"
	mkfifo "/tmp/$name.in"
	: > "$LAB_OUT/$name.vm"
	(
		if [ -n "$cgroup" ]; then
			mkdir -p "/sys/fs/cgroup/$cgroup"
			echo "$BASHPID" > "/sys/fs/cgroup/$cgroup/cgroup.procs"
		fi
		vm_forget
		export VFIO_LOAD="$arguments"
		exec "$@" "$load_bin"
	) < "/tmp/$name.in" > "$LAB_OUT/$name.vm" 2> "$LAB_OUT/$name.vm.err" &
	vm_pid[$name]=$!
	exec {fd}> "/tmp/$name.in"
	vm_fd[$name]=$fd
}

vm_lines() { [ "$(wc -l < "$LAB_OUT/$1.vm")" -gt "$2" ]; }

# vm_do NAME OPERATION...: prints "ok" or the errno's name of each.
vm_do() {
	local name=$1 operation lines
	shift
	for operation in "$@"; do
		lines=$(wc -l < "$LAB_OUT/$name.vm")
		echo "$operation" >&"${vm_fd[$name]}"
		wait_for 30 vm_lines "$name" "$lines" || { echo "no answer"; return; }
		tail -n 1 "$LAB_OUT/$name.vm" | jq -r 'if .result < 0 then .errno else "ok" end'
	done | paste -sd ' '
}

# End of the last usable range, by GET_INFO.
vm_last() {
	vm_do "$1" info > /dev/null
	tail -n 1 "$LAB_OUT/$1.vm" | jq -r '.ranges[-1].last'
}

# By the kernel's account of the process: locked memory in kB.
vm_locked() { awk '$1 == "VmLck:" { print $2 }' "/proc/${vm_pid[$1]}/status"; }

vm_stop() {
	local fd=${vm_fd[$1]}
	exec {fd}>&-
	wait "${vm_pid[$1]}"
	unset "vm_fd[$1]" "vm_pid[$1]"
}

# vm_tell NAME OPERATION...: all at once; returns when each has its answer.
vm_tell() {
	local name=$1 want
	shift
	want=$(($(wc -l < "$LAB_OUT/$name.vm") + $#))
	printf '%s\n' "$@" >&"${vm_fd[$name]}"
	wait_for 60 vm_lines "$name" $((want - 1)) || fail "$name" "no answer"
}
