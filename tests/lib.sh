# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the scripts that test on this machine, not in a VM. V=1 shows what passes too.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# result NAME STATUS: counts it; of what failed the output is shown.
result() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		[ "${V:-0}" = 0 ] || echo "  ok $1"
	else
		failed=$((failed + 1))
		echo "  FAIL $1"
		tail -q -n 20 "$work"/{log,out,err} 2>/dev/null | cut -c 1-300 | sed 's/^/    /'
	fi
}

# test_that NAME COMMAND...
test_that() {
	local name=$1
	shift
	"$@" >"$work/log" 2>&1
	result "$name" $?
}

# test_done NAME: the last call of a script; its status is the script's.
test_done() {
	echo "$1: $passed passed, $failed failed"
	[ -z "${RESULTS:-}" ] || echo "$passed $failed 0" >>"$RESULTS"
	[ "$failed" -eq 0 ]
}
