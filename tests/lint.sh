#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What every file must keep to: tests/lint.sh
# With CHECKPATCH=/path/to/checkpatch.pl the kernel's own checker runs too (.checkpatch.conf).
set -u
cd "$(dirname "$0")/.." || exit 1
status=0

complain() { echo "$1" >&2; status=1; }

sources() { git ls-files -co --exclude-standard '*.c' '*.h' | while read -r f; do [ -f "$f" ] && echo "$f"; done; }
scripts() { git ls-files -co --exclude-standard '*.sh' vmlinux.h.gen .ci/run; }

spdx_missing() {
	for f in $(sources) $(scripts); do
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$f: no SPDX line"
	done
}

# Tabs count eight columns, as in the kernel; as there, a message is not broken for its length.
lines_long() {
	for f in $(sources); do
		expand "$f" | awk -v f="$f" 'length > 100 && !/".*"/ { print f ":" NR ": " length " columns" }'
	done
}

white_space() { grep -nE '[[:space:]]+$' $(sources) $(scripts) Makefile; }

functions_long() {
	for f in $(sources); do
		awk -v f="$f" '
			/^[A-Za-z_].*\(/ { head = $0 }
			/^{/ || /^[A-Za-z_].*\) \{$/ { start = NR }
			/^}/ && start {
				if (NR - start > 80) print f ":" start ": function of " NR - start " lines: " head
				start = 0
			}' "$f"
	done
}

shell_syntax() {
	for f in $(scripts); do
		bash -n "$f" 2>&1
	done
}

checkpatch() {
	[ -n "${CHECKPATCH:-}" ] || return 0
	sources | xargs "$CHECKPATCH" --no-tree --quiet --terse -f 2>&1 | grep -E 'ERROR|WARNING|CHECK'
}

for check in spdx_missing lines_long white_space functions_long shell_syntax checkpatch; do
	found=$($check)
	[ -z "$found" ] || complain "$check:
$found"
done
exit "$status"
