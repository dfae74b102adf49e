# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Real QEMUs with a virtio-iommu, the installed one and Debian 12's 7.2, both at the same time:
# every request that viommu-drive sent is told with the status that it was given, and every host map
# is joined to the request that QEMU's own trace says it was made for.
. tests/vm/code.sh

# The requests that each guest makes; those of the second come from elsewhere. Statuses: OK, INVAL,
# NOENT, RANGE, UNSUPP are all that these QEMUs answer.
requests_list() {
	cat <<-EOT
	probe 00:03.0
	probe 00:1d.0
	attach 1 00:03.0
	attach 1 00:1d.0
	map 1 0x10000000 0x200000 $1
	map 1 0x7ffffff000 0x1000 $1
	map 1 0x8000000000 0x1000 $1
	unmap 1 0x8000000000 0x1000
	map 1 0x8000001000 0x3000 $1
	maps 1 0xffff00000000 0x10000 0x4000 11 $1
	map 1 0x7fffffe000 0x5000 $1
	map 7 0x1000 0x1000 $1
	map 1 0x10000000 0x1000 $1
	map 1 0x20000000 0x1000 $1 0x80
	map 1 0xfee00000 0x1000 $1
	unmap 1 0x10000000 0x1000
	unmap 9 0x10000000 0x1000
	unmap 1 0x10000000 0x200000
	raw 09000000
	raw 0000000001000000
	raw 03000000
	raw 010000000100
	raw 04000000010000000000000000000000
	detach 5 00:03.0
	detach 1 00:03.0
	detach 1 00:03.0
	enable 00:03.0 0x8000000000
	EOT
}

# requests_guest NAME BDF PHYS [OPTIONS...]: start it, and wait until the tracer has met it.
requests_guest() {
	local name=$1 bdf=$2
	shift 2
	tools/lab/qemu-guest.sh "$name" --device "$bdf" "$@" -- -trace 'virtio_iommu_*' \
		-trace vfio_iommu_map_notify
	wait_for 60 grep -q "\"vm\":\"$name\"" "$tracer_out"
	sleep 2
}

requests_drive() {
	requests_list "$2" | "$drive_bin" --socket "/tmp/$1.sock" --wait 60 > "$LAB_OUT/$1.requests"
}

requests_gone() { ! kill -0 "$1"; }

requests_check() {
	local tool=tests/vm/qemu-requests.py
	"$tool" sent "$LAB_OUT/$1.requests" > "$LAB_OUT/want"
	"$tool" told "$tracer_out" "$1" > "$LAB_OUT/got"
	same_list "qemu-requests: $1: every request, its status, ids without a gap" \
		"$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "qemu-requests: $1: statuses" "inval noent ok range unsupp" \
		"$(awk '{ print $NF }' "$LAB_OUT/got" | sort -u | xargs)"
	"$tool" traced "/tmp/$1.err" > "$LAB_OUT/want"
	"$tool" joined "$tracer_out" "$1" > "$LAB_OUT/got"
	same_set "qemu-requests: $1: host maps and the requests they were made for" \
		"$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "qemu-requests: $1: QEMU's own maps are said to be its own" "region benign" \
		"$(requests_own "$1")"
	cp "/tmp/$1.err" "$LAB_OUT/$1.qemu"
}

# In the end the endpoint is detached, and its controller's BAR goes to where QEMU cannot map it.
requests_own() {
	jq -r --arg vm "$1" 'select(.vm == $vm and .type == "map" and .result < 0 and .parent == null) |
		"\(.path) \(.severity)"' "$tracer_out" | sort -u
}

lab_vfio_modules
mapfile -t requests_bdfs < <(lab_bind 1b36:0010 | cut -d ' ' -f 1)
if tracer_start qemu-requests --requests --all; then
	requests_new=$(requests_guest guest10 "${requests_bdfs[0]}")
	requests_old=$(requests_guest guest7 "${requests_bdfs[1]}" --aw-bits none \
		--qemu "$PWD/build/qemu/7.2")
	requests_hooked="$(code_hooked "$requests_new") $(code_hooked "$requests_old")"
	requests_drive guest10 0x100000 &
	requests_drive guest7 0x4000000
	wait $!
	sleep 1
	tracer_stop
	check_equal "qemu-requests: breakpoints while traced" "cc cc cc cc" "$requests_hooked"
	check_equal "qemu-requests: none afterwards" "-- -- -- --" \
		"$(code_hooked "$requests_new") $(code_hooked "$requests_old")"
	kill "$requests_new" "$requests_old"
	wait_for 20 requests_gone "$requests_new"
	wait_for 20 requests_gone "$requests_old"
	requests_check guest10
	requests_check guest7
fi
