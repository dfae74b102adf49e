# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by tests/vm/inside.sh: the tracer and the load generator, as the cases use them.

trace_bin=build/viommu-trace
load_bin=build/tools/vfio-load
drive_bin=build/tools/viommu-drive
tracer_pid=

tracer_attached() { grep -q 'attached by' "$tracer_err"; }

# tracer_start NAME ARGS...: JSON lines go to $tracer_out, messages to $tracer_err; returns when the
# programs are attached, or fails when they are not within a minute.
tracer_start() {
	tracer_launch "$@"
	wait_for 60 tracer_attached ||
		{ fail "$1" "the tracer did not attach"; sed 's/^/    /' "$tracer_err"; return 1; }
}

# The same without waiting.
tracer_launch() {
	tracer_out=$LAB_OUT/$1.jsonl tracer_err=$LAB_OUT/$1.err
	shift
	"$trace_bin" -o json -v "$@" > "$tracer_out" 2> "$tracer_err" &
	tracer_pid=$!
}

# End it as a person would; its exit status is in $tracer_status.
tracer_stop() {
	tracer_status=0
	kill -INT "$tracer_pid"
	wait "$tracer_pid" || tracer_status=$?
	tracer_pid=
}

# What a case that gave up has left.
tracer_kill() {
	[ -z "$tracer_pid" ] || kill -9 "$tracer_pid" 2> /dev/null
	tracer_pid=
}

# events TYPE [JQ-FILTER]: the events of a type, a line each, from the tracer's output.
events() {
	jq -c "select(.type == \"$1\") | ${2:-.}" "$tracer_out"
}

# The summary of the only VM that is this kernel's; not of the endpoints that it has as a guest itself.
summary() {
	jq -r "select(.type == \"summary\" and .vm_source != \"self\") | $1" "$tracer_out"
}

# Nothing of ours is in the kernel.
bpf_is_clean() {
	local left
	left=$(bpftool -j prog list | jq -r '.[] | select(.name // "" | test("ioctl|attach|detach|open|release|enumerate")) | .name')
	[ -z "$left" ] && [ -z "$(bpftool -j link list | jq -r '.[].id')" ]
}

# load NAME ARGS...: run vfio-load (operations on stdin); JSON lines of what it did in $load_out.
load() {
	load_out=$LAB_OUT/$1.load
	shift
	"$load_bin" "$@" > "$load_out" 2> "$load_out.err"
}

# The failed maps and unmaps of the last load: "OP IOVA SIZE ERRNO".
load_failures() {
	jq -r 'select(.result < 0 and (.op == "map" or .op == "unmap")) |
		"\(.op) \(.iova) \(.size) \(.errno)"' "$load_out"
}

# The failures that the tracer told of, in the same form; folded repeats count as often as they were.
trace_failures() {
	jq -r 'select(.result != null and .result < 0 and (.type == "map" or .type == "unmap")) |
		"\(.type) \(.iova) \(.size) \(.errno)" as $line | range(.count // 1) | $line' "$tracer_out"
}
