# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the tests that run inside the lab VM. A test is a line "ok NAME", "FAIL NAME: why" or
# "skip NAME: why" on standard output; lib_done writes their numbers, "PASSED FAILED SKIPPED", to
# $LAB_OUT/result for the runner outside, which takes a missing file for a failure.

lib_passed=0
lib_failed=0
lib_skipped=0
# For what a comparison needs; gone with the VM.
lib_tmp=$(mktemp -d)
# Fewer elements than this say too little about two sets being the same.
lib_set_min=10

pass() {
	lib_passed=$((lib_passed + 1))
	echo "ok $1"
}

# fail NAME WHY: the test is over; the script goes on.
fail() {
	lib_failed=$((lib_failed + 1))
	echo "FAIL $1: $2"
}

# skip NAME WHY: this VM cannot show it.
skip() {
	lib_skipped=$((lib_skipped + 1))
	echo "skip $1: $2"
}

# check NAME COMMAND...: the command (or function) succeeds. Its output is shown only if it fails.
check() {
	local name=$1 status=0
	shift
	"$@" > "$lib_tmp/check" 2>&1 || status=$?
	if [ "$status" -eq 0 ]; then
		pass "$name"
	else
		fail "$name" "'$*' ended with status $status"
		sed 's/^/    /' "$lib_tmp/check" | tail -n 30
	fi
}

# check_fails NAME STATUS COMMAND...: the command ends with just this status.
check_fails() {
	local name=$1 want=$2 status=0
	shift 2
	"$@" > "$lib_tmp/check" 2>&1 || status=$?
	if [ "$status" -eq "$want" ]; then
		pass "$name"
	else
		fail "$name" "'$*' ended with status $status instead of $want"
		sed 's/^/    /' "$lib_tmp/check" | tail -n 30
	fi
}

# check_equal NAME WANT GOT
check_equal() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "expected '$2', got '$3'"
	fi
}

# Are the lines of two files the same, whatever their order? Repeated lines count.
lib_same_lines() {
	sort "$1" > "$lib_tmp/a"
	sort "$2" > "$lib_tmp/b"
	diff "$lib_tmp/a" "$lib_tmp/b" > "$lib_tmp/diff"
}

# A copy of the file whose middle line differs in its last character.
lib_plant() {
	local middle=$((($(wc -l < "$1") + 1) / 2))
	awk -v at="$middle" 'NR == at {
		$0 = substr($0, 1, length($0) - 1) (substr($0, length($0)) == "7" ? "8" : "7") } 1' "$1"
}

# same_set NAME EXPECTED GOT: both files hold the same lines, at least ten of them. Each comparison
# also has to notice one line planted in a copy, else it proves nothing.
same_set() {
	local name=$1 lines
	lines=$(wc -l < "$2")
	if [ "$lines" -lt "$lib_set_min" ]; then
		fail "$name" "only $lines elements to compare, at least $lib_set_min are needed"
		return
	fi
	if ! lib_same_lines "$2" "$3"; then
		fail "$name" "the sets differ (< expected, > got)"
		sed 's/^/    /' "$lib_tmp/diff" | head -n 20
		return
	fi
	lib_plant "$3" > "$lib_tmp/planted"
	if lib_same_lines "$2" "$lib_tmp/planted"; then
		fail "$name" "the comparison did not notice a planted mismatch"
		return
	fi
	pass "$name ($lines elements)"
}

# same_list NAME EXPECTED GOT: the same lines in the same order, at least $lib_set_min; notices a
# planted line, and two that are swapped.
same_list() {
	local name=$1 lines
	lines=$(wc -l < "$2")
	if [ "$lines" -lt "$lib_set_min" ]; then
		fail "$name" "only $lines elements to compare, at least $lib_set_min are needed"
		return
	fi
	if ! diff "$2" "$3" > "$lib_tmp/diff"; then
		fail "$name" "the lists differ (< expected, > got)"
		sed 's/^/    /' "$lib_tmp/diff" | head -n 20
		return
	fi
	lib_plant "$3" > "$lib_tmp/planted"
	awk 'NR == 1 { first = $0; next } { print } NR == 2 { print first }' "$3" > "$lib_tmp/swapped"
	if cmp -s "$2" "$lib_tmp/planted" || cmp -s "$2" "$lib_tmp/swapped"; then
		fail "$name" "the comparison did not notice a planted mismatch"
		return
	fi
	pass "$name ($lines elements)"
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails when the time is over.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$SECONDS" -le "$end" ] || return 1
		sleep 0.1
	done
}

# The last call of a test script: its status is the script's.
lib_done() {
	echo "$lib_passed $lib_failed $lib_skipped" > "$LAB_OUT/result"
	rm -rf "$lib_tmp"
	if [ $((lib_passed + lib_failed + lib_skipped)) -eq 0 ]; then
		echo "FAIL no test ran"
		return 1
	fi
	[ "$lib_failed" -eq 0 ]
}
