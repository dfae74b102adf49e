# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases that send requests at full speed to a QEMU's virtio-iommu, guest1. The truth is
# what viommu-drive was answered, and what QEMU's own trace says that it asked of VFIO.
. tests/vm/code.sh

rate_seen() { grep -q '"vm":"guest1"' "$tracer_out"; }
rate_gone() { ! kill -0 "$1" 2> /dev/null; }

# rate_trace NAME ARGS...: the lines are too many for the slow file system of results.
rate_trace() {
	mkdir -p /tmp/rate
	LAB_OUT=/tmp/rate tracer_start "$@"
}

# rate_guest: a QEMU that the tracer has met; its pid.
rate_guest() {
	rate_pid=$(tools/lab/qemu-guest.sh guest1 --device "$rate_bdf" -- -trace vfio_iommu_map_notify)
	wait_for 60 rate_seen
	sleep 2
}

rate_guest_end() {
	kill "$rate_pid"
	wait_for 60 rate_gone "$rate_pid"
}

# rate_drive NAME: requests on stdin, a line each; the device is reset first.
rate_drive() {
	"$drive_bin" --socket /tmp/guest1.sock --wait 60 > "$LAB_OUT/$1.requests" ||
		fail "qemu-rate: $1" "viommu-drive ended with status $?"
}

# le BYTES NUMBER: as the device reads it, in hexadecimal.
le() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf %02x $((($2 >> (8 * i)) & 255))
	done
}

# wire_map DOMAIN FIRST LAST PHYS, wire_unmap DOMAIN FIRST LAST
wire_map() { echo "03000000$(le 4 "$1")$(le 8 "$2")$(le 8 "$3")$(le 8 "$4")$(le 4 3)"; }
wire_unmap() { echo "04000000$(le 4 "$1")$(le 8 "$2")$(le 8 "$3")00000000"; }

# rate_answered NAME: "STATUS COUNT" of all requests that were answered.
rate_answered() {
	jq -r '(.statuses // {} | to_entries[] | "\(.key) \(.value)"),
		(select(.op != "burst") | .status // empty | "\(.) 1")' "$LAB_OUT/$1.requests" |
		awk '{ n[tolower($1)] += $2 } END { for (s in n) print s, n[s] }' | sort
}

# rate_digest: the events of $tracer_out by what is asked about them, a line each: COUNT TYPE and, "-"
# where there is none, REQUEST STATUS SEVERITY REASON and whether it has a PARENT. In one go: jq would
# take minutes for what awk does in seconds.
rate_digest() {
	awk 'function member(name, pattern) {
			if (!match($0, "\"" name "\":" pattern))
				return "-"
			return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4)
		}
		{
			kind = member("type", "\"[a-z]+") " " member("request", "\"[a-z]+") " " \
				member("status", "\"[a-z]+") " " member("severity", "\"[a-z]+") " " \
				member("reason", "\"[a-z_]+") " " (index($0, "\"parent\":") ? "parent" : "-")
			n[kind] += match($0, /"count":[0-9]+/) ? substr($0, RSTART + 8, RLENGTH - 8) : 1
		}
		END { for (kind in n) print n[kind], kind }' "$tracer_out" > "$LAB_OUT/$1.digest"
}

# rate_count NAME AWK-CONDITION: how many events of that digest, of whose columns it is.
rate_count() {
	awk "$2 { n += \$1 } END { print n + 0 }" "$LAB_OUT/$1.digest"
}

# rate_by NAME COLUMN: "VALUE COUNT" of its requests, by that column.
rate_by() {
	awk -v c="$2" '$2 == "request" { n[$c] += $1 } END { for (v in n) print v, n[v] }' \
		"$LAB_OUT/$1.digest" | sort
}

rate_sum() { awk '{ n += $2 } END { print n + 0 }'; }

# rate_host_told NAME, rate_host_asked: VFIO's calls for requests, as told, and by QEMU's own trace.
rate_host_told() { rate_count "$1" '($2 == "map" || $2 == "unmap") && $7 == "parent"'; }
rate_host_asked() { grep -c '^vfio_iommu_map_notify iommu ' /tmp/guest1.err; }

# rate_load COUNT: attach, and COUNT requests of which the host takes most, refuses one in 25 and is
# not asked for one in 25.
rate_load() {
	local parts='' i
	for ((i = 0; i < 11; i++)); do
		parts+=$(wire_map 1 $((0x10000000 + i * 0x2000)) $((0x10000fff + i * 0x2000)) 0x100000),
		parts+=$(wire_unmap 1 $((0x10000000 + i * 0x2000)) $((0x10000fff + i * 0x2000))),
	done
	parts+=$(wire_map 1 0x8000000000 0x8000000fff 0x100000),
	parts+=$(wire_unmap 1 0x8000000000 0x8000000fff),
	parts+=$(wire_map 7 0x1000 0x1fff 0x100000)
	echo "attach 1 00:03.0"
	echo "burst $1 $parts"
}

rate_begin() {
	lab_vfio_modules
	read -r rate_bdf _ < <(lab_bind 1b36:0010 | head -n 1)
}
