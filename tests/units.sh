#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The units of systemd are valid, and as closed as they are meant to be: tests/units.sh
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() { echo "units: $*" >&2; failed=1; }

# Programs by their path here, since the units name them without one.
units_copy() {
	for unit in "$top"/dist/systemd/*; do
		sed 's,^\(Exec[A-Za-z]*=[-+]*\)\([a-z]\),\1/bin/\2,' "$unit" >"$tmp/$(basename "$unit")"
	done
}

# exposure UNIT AT-MOST: as "systemd-analyze security" rates it, 0 (closed) to 10.
exposure() {
	rating=$(systemd-analyze security --no-pager --offline=true "$tmp/$1" |
		sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\) .*/\1/p')
	[ -n "$rating" ] || { fail "$1: systemd-analyze gives no rating"; return; }
	awk -v is="$rating" -v most="$2" 'BEGIN { exit !(is <= most) }' ||
		fail "$1: exposure $rating, at most $2 is wanted"
	echo "units: $1: exposure $rating (at most $2)"
}

# What systemd-analyze says of a line of a unit; missing programs are the test's own.
verify() {
	systemd-analyze verify --man=no "$tmp"/*.service "$tmp"/*.socket 2>&1 |
		grep -v 'is not executable: No such file or directory' >"$tmp/verify" || true
	! grep "^$tmp\|Unknown\|Failed to parse" "$tmp/verify" || fail "a unit has mistakes"
}

units_copy
verify
"$top/tests/units-calls.py" "$tmp/viommud-server.service" "$top/user/daemon/sandbox-calls.c" || failed=1
exposure viommud-server.service 2.0
exposure viommud.service 3.5
[ "$failed" -eq 0 ]
