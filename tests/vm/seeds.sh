# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases with a Linux guest inside the VM, which reads from an assigned NVMe disk by
# its own driver. The truth is what QEMU says on its standard error, and what the guest says itself.

# A guest's driver tries three maps before it gives up.
# shellcheck disable=SC2034 # for lib.sh
lib_set_min=3
# What becomes of a guest that has to fail shows after two seconds. One that has to work is given
# the driver's own patience: a loaded machine is slow, not broken.
# shellcheck disable=SC2034 # for the cases
seed_impatient="nvme_core.admin_timeout=2"

seed_prepare() {
	lab_vfio_modules
	modprobe kvm_amd
	seed_bdf=$(lab_bind 1b36:0010 | head -n 1 | cut -d ' ' -f 1)
}

# seed_start NAME WORDS ARGS...: a guest, with these words on its kernel's command line.
seed_start() {
	seed_name=$1 seed_began=$SECONDS
	seed_pid=$(tools/lab/guest-linux.sh "$1" --append "$2" "${@:3}")
}

# seed_says PATTERN: wait for the guest to say so. By the clock: grep is slow under emulation.
seed_says() {
	local end=$((SECONDS + 180))
	until grep -q -E "$1" "/tmp/$seed_name.log"; do
		if [ "$SECONDS" -ge "$end" ] || seed_gone "$seed_pid"; then
			tail -n 40 "/tmp/$seed_name.log" "/tmp/$seed_name.err"
			return 1
		fi
		sleep 0.5
	done
}

# The driver gave up.
seed_gives_up() { seed_says 'nvme .*failed with error'; }

seed_gone() { ! kill -0 "$1"; }

seed_end() {
	kill "$seed_pid"
	wait_for 20 seed_gone "$seed_pid"
	cp "/tmp/$seed_name.log" "$LAB_OUT/$seed_name.guest"
	cp "/tmp/$seed_name.err" "$LAB_OUT/$seed_name.qemu"
	echo "$seed_name: $(grep -m 1 '^guest: up' "$LAB_OUT/$seed_name.guest"), ended after" \
		"$((SECONDS - seed_began)) s"
}

# What viommuctl says of the VM while it runs.
seed_ask() {
	local out=$LAB_OUT/$seed_name
	build/viommuctl recommend --vm "$seed_name" > "$out.recommend"
	paste -sd ' ' "$out.recommend" | tr -s ' ' > "$out.recommend.line"
	build/viommuctl doctor | sed ':a; N; $!ba; s/\n    */ /g' > "$out.doctor"
}

# What QEMU says of the maps that failed: "IOVA SIZE RESULT".
seed_qemu_said() {
	grep -E 'vfio_(container_)?dma_map\(' "$LAB_OUT/$1.qemu" |
		sed -E 's/.*map\([^,]*, (0x[0-9a-f]+), (0x[0-9a-f]+), .*\) = (-[0-9]+) .*/\1 \2 \3/'
}

# seed_told VM FORMAT: each failed map of this VM, as often as it was.
seed_told() {
	jq -r "select(.type == \"map\" and .result < 0 and .vm == \"$1\") |
		\"$2\" as \$line | range(.count // 1) | \$line" "$tracer_out"
}

# seed_remedies VM: the first failed map's.
seed_remedies() {
	jq -r "select(.type == \"map\" and .result < 0 and .vm == \"$1\") | .remedy[] |
		\"\(.for): \(.text): \(.option // \"\")\"" "$tracer_out" | sort -u
}

# seed_asked VM: the guest's requests that failed on the host, which --requests tells of.
seed_asked() {
	jq -r "select(.type == \"request\" and .failed > 0 and .vm == \"$1\") |
		\"\(.parent) \(.request) \(.failed_iova) \(.failed_size) \(.result) \(.status) \" +
		\"\(.severity)\"" "$tracer_out"
}

# seed_joined VM: each failed map is the failure of one request, which the guest was told to be OK.
seed_joined() {
	seed_told "$1" '\(.parent) map \(.iova) \(.size) \(.result) ok silent' > "$LAB_OUT/want"
	seed_asked "$1" > "$LAB_OUT/got"
	same_set "$1: failed maps and the requests answered OK" "$LAB_OUT/want" "$LAB_OUT/got"
}

# seed_fails VM: what QEMU says is what the tracer tells, with the reason, and that the guest does
# not get to know it.
seed_fails() {
	seed_qemu_said "$1" > "$LAB_OUT/want"
	seed_told "$1" '\(.iova) \(.size) \(.result)' > "$LAB_OUT/got"
	same_set "$1: what QEMU says and what the tracer tells" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "$1: the reason" "above_host_width viommu silent" \
		"$(seed_told "$1" '\(.reason) \(.path) \(.severity)' | sort -u)"
	seed_remedies "$1" > "$LAB_OUT/$1.remedies"
	check "$1: aw-bits of the host is named" grep -q 'aw-bits=39' "$LAB_OUT/$1.remedies"
	check_fails "$1: the disk is of no use" 1 grep -q 'reads done' "$LAB_OUT/$1.guest"
}

# seed_works VM: nothing fails, and all is read.
seed_works() {
	check_equal "$1: nothing fails" ";" "$(seed_qemu_said "$1");$(seed_told "$1" '\(.iova)')"
	check "$1: there were maps" test "$(summary "select(.vm == \"$1\") | .maps")" -gt 64
	check "$1: the disk is read" grep -q 'all 64 reads done' "$LAB_OUT/$1.guest"
}
