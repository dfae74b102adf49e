# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tracer leaves in the processes that it has hooked: nothing, neither at its own end nor when
# it is killed. (The kernel's page for stepping, [uprobes], stays until a process ends.) And programs
# that call themselves QEMU and are something else.
. tests/vm/code.sh

left_seen() { grep -q "\"vm\":\"$1\"" "$tracer_out"; }

# left_vmm NAME PROGRAM...: the VMM of usdt-vmm.c, waiting for requests on descriptor 7.
left_vmm() {
	local name=$1
	shift
	mkfifo "/tmp/$name.in"
	(exec -a "qemu-system-$name" "$@" -name "guest=$name" "$left_group" < "/tmp/$name.in" \
		> "/tmp/$name.answers") &
	left_vmm_pid=$!
	exec 7> "/tmp/$name.in"
}

left_vmm_end() {
	exec 7>&-
	wait "$left_vmm_pid"
}

left_vmm_build() { gcc -std=gnu11 -D_GNU_SOURCE -O1 "${@:2}" -o "/tmp/$1" tests/vm/usdt-vmm.c; }

# Functions, probes and semaphores of both processes.
left_state() {
	code_functions "$left_qemu_pid"
	code_probes "$left_vmm_pid"
}

left_hooked() {
	left_state | awk '$2 !~ /^cc/ || (NF == 3 && $3 != "0100") { bad = 1 } END { exit bad || NR != 7 }'
}

# By the clock: bpftool takes its time under emulation.
left_clean() {
	local end=$((SECONDS + 40))
	until bpf_is_clean; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 1
	done
}

# left_run NAME: hooked while the tracer runs, and not when the command after that has ended it.
left_run() {
	local name=$1
	shift
	tracer_start "left-$name" --requests || return
	check "qemu-left: $name: two functions and five probes are hooked, semaphores raised" \
		wait_for 60 left_hooked
	"$@"
	check "qemu-left: $name: nothing of ours is in the kernel" left_clean
	left_state > "$LAB_OUT/after"
	check_equal "qemu-left: $name: all is as it was before" "$(cat "$LAB_OUT/before")" \
		"$(cat "$LAB_OUT/after")"
}

left_kill() {
	kill -9 "$tracer_pid"
	wait "$tracer_pid" 2> /dev/null
	tracer_pid=
}

left_ends() {
	left_vmm_build left-usdt
	left_vmm usdt /tmp/left-usdt
	left_qemu_pid=$(tools/lab/qemu-guest.sh guest1 --device "$left_bdf" --mem 128M)
	wait_for 60 test -s /proc/$left_vmm_pid/maps
	sleep 2
	left_state > "$LAB_OUT/before"
	check_equal "qemu-left: before: two functions, five probes, no semaphore raised" "7 5" \
		"$(wc -l < "$LAB_OUT/before") $(grep -c ' 90...... 0000$' "$LAB_OUT/before")"
	left_run ended tracer_stop
	left_run killed left_kill
	left_limit
	echo "map 1 0x1000 0x1000" >&7
	kill "$left_qemu_pid"
	left_vmm_end
	check_equal "qemu-left: the program goes on" "map 0" "$(tail -n 1 /tmp/usdt.answers)"
}

# Only VFIO's own notifier is left, of two functions and five probes.
left_limited() {
	[ "$(code_probes "$left_vmm_pid" | awk '$3 == "0100" { print $1 }' | xargs)" = \
		vfio_iommu_map_notify ]
}

# USDT probes are let go of too when they are passed too often.
left_limit() {
	tracer_start left-limit --requests --request-rate 100 || return
	wait_for 60 left_hooked
	yes "unmap 1 0x5000 0x1000" | head -n 3000 >&7
	check "qemu-left: too many requests: their probes are let go of" wait_for 20 left_limited
	tracer_stop
	check_equal "qemu-left: too many requests: said" 1 \
		"$(grep -c 'left-usdt .*more than 100: requests' "$tracer_err")"
}

# A process that bears QEMU's name and does not use VFIO, one whose executable is the dynamic linker, a
# library; and one that has QEMU's functions and gives them nonsense.
left_others() {
	local sleep_pid kind
	cp /bin/sleep /tmp/qemu-system-x86_64
	/tmp/qemu-system-x86_64 1000 &
	sleep_pid=$!
	left_vmm_build left-plain -DNO_PROBES
	left_vmm_build left-liar -DNO_PROBES -DLIAR -rdynamic
	tracer_start left-others --requests || return
	for kind in library liar; do
		case $kind in
		library) left_vmm library /lib64/ld-linux-x86-64.so.2 /tmp/left-plain ;;
		liar) left_vmm liar /tmp/left-liar ;;
		esac
		wait_for 60 left_seen $kind
		sleep 2
		[ $kind = library ] || check_equal "qemu-left: a liar is hooked" "cc cc" \
			"$(code_hooked "$left_vmm_pid")"
		echo "map 1 0x8000000000 0x1000" >&7
		left_vmm_end
		check_equal "qemu-left: $kind: goes on" "map -22" "$(cat "/tmp/$kind.answers")"
	done
	check "qemu-left: a program of QEMU's name goes on" kill "$sleep_pid"
	tracer_stop
	check_equal "qemu-left: the tracer ends as usual" 0 "$tracer_status"
	check_equal "qemu-left: a library has nothing to hook" 1 \
		"$(grep -c 'ld-linux.*exports no memory_region_notify_iommu_one' "$tracer_err")"
	check_equal "qemu-left: their maps are told all the same, and no request" \
		"map library unknown -22;map liar region -22" \
		"$(jq -r 'select(.type == "request" or (.type == "map" and .result < 0)) |
			"\(.type) \(.vm) \(.path) \(.result)"' "$tracer_out" | paste -sd ';')"
}

lab_vfio_modules
mapfile -t left_bound < <(lab_bind 1b36:0010)
left_bdf=${left_bound[0]% *} left_group=${left_bound[1]#* }
left_ends
left_others
