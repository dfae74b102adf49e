# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Executables as they come: one with USDT probes only, one that offers nothing, one that is replaced
# on disk while it runs and is traced; and a tracer that is killed leaves nothing in any of them.
. tests/vm/code.sh

files_tool=tests/vm/qemu-requests.py

files_seen() { grep -q "\"vm\":\"$1\"" "$tracer_out"; }
files_gone() { ! kill -0 "$1" 2> /dev/null; }

# files_vmm NAME GROUP [GCC-OPTIONS...]: the VMM of usdt-vmm.c; its requests go to descriptor 7.
files_vmm() {
	local name=$1 group=$2
	shift 2
	gcc -std=gnu11 -D_GNU_SOURCE -O1 "$@" -o "/tmp/qemu-system-$name" tests/vm/usdt-vmm.c
	mkfifo "/tmp/$name.in"
	"/tmp/qemu-system-$name" -name "guest=$name" "$group" < "/tmp/$name.in" > "/tmp/$name.answers" &
	files_pid=$!
	exec 7> "/tmp/$name.in"
	wait_for 60 files_seen "$name"
	sleep 2
}

files_vmm_end() {
	exec 7>&-
	wait "$files_pid"
	rm "/tmp/$1.in"
}

files_usdt() {
	files_vmm usdt "$1"
	cat >&7 <<-'EOT'
	attach 1 0x18
	map 1 0x1000 0x1000
	map 1 0x8000000000 0x1000
	own 0x8000100000 0x1000
	unmap 1 0x1000 0x1000
	map 1 0xfee00000 0x2000
	own 0xfee00000 0x1000
	detach 1 0x18
	EOT
	files_vmm_end usdt
	sleep 1
	check_equal "qemu-files: what VFIO told the program" \
		"attach 0 map 0 map -22 own -22 unmap 0 map -22 own -22 detach 0" \
		"$(xargs < /tmp/usdt.answers)"
}

files_usdt_check() {
	lib_set_min=6
	cat > "$LAB_OUT/want" <<-'EOT'
	attach 1 0x18 unknown
	map 1 0x1000-0x1fff 0x100000 unknown
	map 1 0x8000000000-0x8000000fff 0x100000 unknown
	unmap 1 0x1000-0x1fff unknown
	map 1 0xfee00000-0xfee01fff 0x100000 unknown
	detach 1 0x18 unknown
	EOT
	"$files_tool" told "$tracer_out" usdt > "$LAB_OUT/got"
	same_list "qemu-files: USDT: every request" "$LAB_OUT/want" "$LAB_OUT/got"
	lib_set_min=4
	cat > "$LAB_OUT/want" <<-'EOT'
	map 1 0x1000-0x1fff 0x100000 -> map 0x1000-0x1fff 0
	map 1 0x8000000000-0x8000000fff 0x100000 -> map 0x8000000000-0x8000000fff -22
	unmap 1 0x1000-0x1fff -> unmap 0x1000 0
	map 1 0xfee00000-0xfee01fff 0x100000 -> map 0xfee00000-0xfee01fff -22
	EOT
	"$files_tool" joined "$tracer_out" usdt > "$LAB_OUT/got"
	same_set "qemu-files: USDT: host maps and the requests they were made for" \
		"$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "qemu-files: USDT: who asked for what failed" \
		"0x8000000000 viommu;0x8000100000 region;0xfee00000 region;0xfee00000 viommu" \
		"$(events map 'select(.vm == "usdt" and .result < 0) | "\(.iova) \(.path)"' |
			tr -d '"' | sort | paste -sd ';')"
}

# Nothing to hook: said once, however many such processes there are; failures are told all the same.
files_plain() {
	local i
	for i in 1 2; do
		files_vmm "plain$i" "$1" -static -DNO_PROBES
		echo "map 1 0x8000000000 0x1000" >&7
		files_vmm_end "plain$i"
	done
	sleep 1
}

files_plain_check() {
	check_equal "qemu-files: nothing to hook is said once" 1 \
		"$(grep -c 'plain.*exports no memory_region_notify_iommu_one' "$tracer_err")"
	check_equal "qemu-files: and VFIO is traced all the same" "-22 unknown;-22 unknown" \
		"$(events map 'select(.vm[0:5] == "plain" and .result < 0) | "\(.result) \(.path)"' |
			tr -d '"' | paste -sd ';')"
}

# files_guest NAME BDF [OPTIONS...]: a QEMU at a path that is replaced later.
files_guest() {
	tools/lab/qemu-guest.sh "$1" --device "$2" --qemu /tmp/opt "${@:3}" --mem 128M
	wait_for 60 files_seen "$1"
	sleep 2
}

files_drive() {
	"$drive_bin" --socket "/tmp/$1.sock" --wait 60 attach 1 00:03.0 , \
		map 1 0x8000000000 0x1000 0x100000 > "$LAB_OUT/$1.requests"
}

files_replaced() {
	mkdir -p /tmp/opt/usr/bin /tmp/opt/usr/share
	ln -sfn /usr/share/qemu /tmp/opt/usr/share/qemu
	cp /usr/bin/qemu-system-x86_64 /tmp/opt/usr/bin
	files_old=$(files_guest before "$1")
	cp build/qemu/7.2/usr/bin/qemu-system-x86_64 /tmp/opt/usr/bin/new
	ln -sfn "$PWD/build/qemu/7.2/usr/lib" /tmp/opt/usr/lib
	mv /tmp/opt/usr/bin/new /tmp/opt/usr/bin/qemu-system-x86_64
	files_new=$(files_guest after "$2" --aw-bits none)
	files_drive before
	files_drive after
	sleep 1
	check_equal "qemu-files: two builds are hooked, one of them deleted" "cc cc cc cc" \
		"$(code_hooked "$files_old") $(code_hooked "$files_new")"
}

files_replaced_check() {
	local vm
	for vm in before after; do
		check_equal "qemu-files: $vm the file was replaced: attach, and the map that failed" \
			"attach 1 0x18 ok;map 1 0x8000000000-0x8000000fff 0x100000 ok" \
			"$("$files_tool" told "$tracer_out" "$vm" | paste -sd ';')"
	done
}

# What is left of us after SIGKILL: nothing but the kernel's own page for stepping, [uprobes], which
# a process keeps until its end.
files_killed() {
	kill -9 "$tracer_pid"
	wait "$tracer_pid" 2> /dev/null
	wait_for 20 bpf_is_clean
	check "qemu-files: after kill -9 no program is left" bpf_is_clean
	check_equal "qemu-files: after kill -9 no breakpoint is left in either" "-- -- -- --" \
		"$(code_hooked "$files_old") $(code_hooked "$files_new")"
	files_drive before
	check_equal "qemu-files: and go on" "OK OK" "$(jq -r .status "$LAB_OUT/before.requests" | xargs)"
	kill "$files_old" "$files_new"
	wait_for 20 files_gone "$files_old"
	wait_for 20 files_gone "$files_new"
}

lab_vfio_modules
mapfile -t files_bound < <(lab_bind 1b36:0010)
files_group=${files_bound[0]#* }
if tracer_start qemu-files --requests --all; then
	files_usdt "$files_group"
	files_plain "$files_group"
	tracer_stop
	files_usdt_check
	files_plain_check
fi
if tracer_start qemu-replaced --requests; then
	files_replaced "${files_bound[0]% *}" "${files_bound[1]% *}"
	files_replaced_check
	files_killed
fi
