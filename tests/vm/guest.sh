# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases in which the VM is a virtio-iommu's guest. The truth is the log of the QEMU
# that it runs in (tests/vm/run.sh).

guest_log=$LAB_OUT/viommu.log

# guest_begin NAME ARGS...: trace from here on.
guest_begin() {
	tracer_start "$1" --source guest "${@:2}" || return
	guest_from=$(($(wc -l < "$guest_log") + 1))
}

# What QEMU has accepted since, and of that the number of lines.
guest_truth() { tail -n +"$guest_from" "$guest_log" > "$LAB_OUT/truth.log"; }

guest_accepted() { tests/vm/requests.py qemu "$LAB_OUT/truth.log"; }

# guest_same NAME: each request, in order, with its arguments.
guest_same() {
	guest_truth
	guest_accepted > "$LAB_OUT/want"
	tests/vm/requests.py trace "$tracer_out" > "$LAB_OUT/got"
	same_list "$1" "$LAB_OUT/want" "$LAB_OUT/got"
}

# guest_sum FILTER: of all endpoints.
guest_sum() { jq -s "map(select(.type == \"summary\") | $1) | add" "$tracer_out"; }

# Of losses with a reason.
guest_lost() { jq -s 'map(select(.type == "lost") | .count) | add // 0' "$tracer_out"; }

# The edu device, for VFIO.
guest_bind() {
	lab_vfio_modules
	read -r bdf group < <(lab_bind "${1:-1234:11e8}" | head -n 1)
}
