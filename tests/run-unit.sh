#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run unit tests: tests/run-unit.sh PROGRAM...
# Prints what fails, and one line per program; adds the counts to $RESULTS if that is set.
set -u

passed=0 failed=0
for test in "$@"; do
	log=$test.log
	"$test" > "$log" 2>&1
	status=$?
	ok=$(grep -c '^\[       OK \]' "$log")
	bad=$(grep -c '^\[  FAILED  \] [a-z_0-9]*$' "$log")
	# A crash, or a sanitizer's report, ends the program without a count.
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	if [ "$bad" -gt 0 ] || [ "$ok" -eq 0 ]; then
		[ "$bad" -gt 0 ] || bad=1
		tail -n 60 "$log"
	fi
	printf '  %-28s %3d passed, %d failed\n' "$(basename "$test")" "$ok" "$bad"
	passed=$((passed + ok)) failed=$((failed + bad))
done
[ -z "${RESULTS:-}" ] || echo "$passed $failed 0" >> "$RESULTS"
[ "$failed" -eq 0 ]
