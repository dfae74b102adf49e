# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A real QEMU on a host of 48 bits, under a policy of 39: it learns the limit from GET_INFO, and what
# its guest maps above is refused with an error that says so.
. tests/vm/guard.sh

qemu_limit=0x7fffffffff

qemu_gone() { ! kill -0 "$1"; }

# qemu_start NAME: in the control group of its name.
qemu_start() {
	mkdir -p "/sys/fs/cgroup/$1"
	qemu_pid=$(
		echo "$BASHPID" > "/sys/fs/cgroup/$1/cgroup.procs"
		tools/lab/qemu-guest.sh "$1" --device "$qemu_bdf" --mem 256M
	)
}

qemu_drive() {
	local name=$1
	shift
	"$drive_bin" --socket "/tmp/$name.sock" --wait 60 "$@" > "$LAB_OUT/$name.requests"
}

# What its virtio-iommu tells the guest not to use, above 4 GiB.
qemu_reserved() {
	qemu_drive "$1" probe 00:03.0
	jq -r '.resv[] | "\(.start)-\(.end)"' "$LAB_OUT/$1.requests" | awk 'length($1) > 22' | paste -sd ' '
}

# What QEMU prints of maps that failed: "IOVA RESULT (TEXT)".
qemu_said() {
	sed -n 's/.*dma_map([^,]*, \(0x[0-9a-f]*\), [^)]*) = \(-[0-9]* (.*)\)$/\1 \2/p' "/tmp/$1.err" |
		paste -sd ';'
}

qemu_stop() {
	cp "/tmp/$1.err" "$LAB_OUT/$1.qemu"
	kill "$qemu_pid"
	wait_for 30 qemu_gone "$qemu_pid"
}

# Without a policy the guest is told of 48 bits; then a policy comes that is stricter.
qemu_older() {
	guardctl set > /dev/null
	qemu_start older
	check_equal "qemu: without a policy the guest is told the host's width" \
		"0x1000000000000-0xffffffffffffffff" "$(qemu_reserved older)"
	guardctl set "policy cap-39 $qemu_limit pattern=/older" > /dev/null
	check_equal "qemu: its container is older than the policy" "checked $qemu_limit" \
		"$(containers 'select(.policy == "cap-39") | "\(.state) \(.limit)"')"
	qemu_drive older attach 1 00:03.0 , map 1 0x7ffffff000 0x1000 0x100000 , \
		map 1 0x8000000000 0x1000 0x100000
	check_equal "qemu: a map that the policy refuses" \
		"0x8000000000 -34 (Numerical result out of range)" "$(qemu_said older)"
	check_equal "qemu: and that is counted" "1 0" "$(counters cap-39)"
	qemu_stop older
}

qemu_capped() {
	guardctl set "policy cap-39 $qemu_limit pattern=/capped" > /dev/null
	qemu_start capped
	check_equal "qemu: under the policy the guest is told its limit" \
		"0x8000000000-0xffffffffffffffff" "$(qemu_reserved capped)"
	check_equal "qemu: capped" "capped $qemu_limit 0xffffffffffff" \
		"$(containers '"\(.state) \(.limit) \(.host_limit)"')"
	qemu_drive capped attach 1 00:03.0 , map 1 0x7ffffff000 0x1000 0x100000
	check_equal "qemu: up to the limit nothing fails" "" "$(qemu_said capped)"
	# A guest that does not heed what it was told.
	qemu_drive capped map 1 0x8000000000 0x1000 0x100000
	check_equal "qemu: above it VFIO refuses, with the policy's errno" \
		"0x8000000000 -34 (Numerical result out of range)" "$(qemu_said capped)"
	qemu_stop capped
}

guard_load
lab_vfio_modules
read -r qemu_bdf _ < <(lab_bind 1b36:0010 | head -n 1)
qemu_older
qemu_capped
guardctl set > /dev/null
check "qemu: the module can go" guard_unload
