# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases of the kernel module: its life, policies, and VMs that wait for orders.

# In memory and without what only debuggers read: it is loaded often.
guard_module=/tmp/viommu_guard.ko
strip --strip-debug -o "$guard_module" "build/kmod/$LAB_KERNEL/viommu_guard.ko"
declare -A guard_fd guard_pid

guardctl() { tests/vm/guardctl.py "$@"; }

guard_load() {
	insmod "$guard_module" "$@" || fail "guard" "the module cannot be loaded"
}

guard_unload() { rmmod viommu_guard; }

# guard_bind: VFIO, the devices, and their groups in $group and $group2.
guard_bind() {
	lab_vfio_modules
	read -r bdf group bdf2 group2 _ < <(lab_bind 1234:11e8 | paste -sd ' ')
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
		# A pipe's writer that others inherit would keep it open.
		for fd in "${guard_fd[@]}"; do exec {fd}>&-; done
		export VFIO_LOAD="$arguments"
		exec "$@" "$load_bin"
	) < "/tmp/$name.in" > "$LAB_OUT/$name.vm" 2> "$LAB_OUT/$name.vm.err" &
	guard_pid[$name]=$!
	exec {fd}> "/tmp/$name.in"
	guard_fd[$name]=$fd
}

vm_lines() { [ "$(wc -l < "$LAB_OUT/$1.vm")" -gt "$2" ]; }

# vm_do NAME OPERATION...: prints "ok" or the errno's name of each.
vm_do() {
	local name=$1 operation lines
	shift
	for operation in "$@"; do
		lines=$(wc -l < "$LAB_OUT/$name.vm")
		echo "$operation" >&"${guard_fd[$name]}"
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
vm_locked() { awk '$1 == "VmLck:" { print $2 }' "/proc/${guard_pid[$1]}/status"; }

# Pages of the whole machine that are pinned for long. Each CPU keeps some of its counting to itself
# until it is asked.
pages_pinned() {
	cat /proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { n += $2 } /nr_foll_pin_released/ { n -= $2 } END { print n }' /proc/vmstat
}

vm_stop() {
	local fd=${guard_fd[$1]}
	exec {fd}>&-
	wait "${guard_pid[$1]}"
	unset "guard_fd[$1]" "guard_pid[$1]"
}

# containers JQ-EXPRESSION: of each container, one a line, sorted.
containers() { guardctl containers | jq -r "$1" | sort; }
# state_of NAME: "STATE LIMIT VIOLATIONS" of the VM's container.
state_of() {
	guardctl containers | jq -r "select(.pid == ${guard_pid[$1]}) | \"\(.state) \(.limit) \(.violations)\""
}
guard_status() { guardctl status | jq -r "$1"; }
# Denials and audits of a policy; "" is the default.
counters() { guardctl get | jq -r "select((.name // \"\") == \"$1\") | \"\(.denials) \(.audits)\""; }
missed() { guard_status '[.missed[]] | add'; }
