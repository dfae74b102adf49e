# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by the scripts of this folder; sync_name says whose a difference is.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() { echo "sync: ${sync_name:+$sync_name: }$*" >&2; failed=1; }

# Sorted lines in $2, which are the code's, and in $3 are the same; $1 says what they are.
same() {
	sort -u "$2" >"$tmp/a"
	sort -u "$3" >"$tmp/b"
	[ -s "$tmp/a" ] || fail "$1: nothing to compare"
	diff "$tmp/a" "$tmp/b" >"$tmp/diff" || fail "$1 differ (< code, > there):
$(grep '^[<>]' "$tmp/diff")"
}
