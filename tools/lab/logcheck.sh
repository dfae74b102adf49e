#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fail when a kernel log shows that the kernel was hurt:
#   tools/lab/logcheck.sh [--expect-splat] CONSOLE_LOG [TAINT]
# TAINT is the number from /proc/sys/kernel/tainted at the end of the run. With --expect-splat the
# answer is inverted: a clean log fails (for the test of this check).
# "RETBleed: WARNING: CPU does not support IBPB." and its like are notices, no splats.
set -eu

splats='Kernel panic - not syncing|(^|[^A-Z])BUG: |WARNING: CPU: [0-9]|Oops: |KASAN: |UBSAN: '
splats="$splats|possible circular locking|sleeping function called|INFO: task .* blocked|refcount_t"
# Since 6.18 the kernel writes "WARNING: [file:line] at function, CPU#n: comm/pid".
splats="$splats|WARNING: .*, CPU#[0-9]"

# W: a warning, D: an oops, B: a bad page (Documentation/admin-guide/tainted-kernels.rst).
bad_taint() {
	names=
	[ $(($1 & 512)) -eq 0 ] || names="$names W"
	[ $(($1 & 128)) -eq 0 ] || names="$names D"
	[ $(($1 & 32)) -eq 0 ] || names="$names B"
	echo "${names# }"
}

expect=no
if [ "${1:-}" = --expect-splat ]; then
	expect=yes
	shift
fi
log=${1:?usage: logcheck.sh [--expect-splat] CONSOLE_LOG [TAINT]}
taint=${2:-0}
case $taint in
*[!0-9]*) echo "logcheck: '$taint' is no taint value" >&2; exit 2 ;;
esac
[ -s "$log" ] || { echo "logcheck: no kernel log in $log" >&2; exit 2; }

lines=$(grep -a -E -A 12 "$splats" "$log" | head -n 60 || true)
bits=$(bad_taint "$taint")
if [ -z "$lines$bits" ]; then
	[ "$expect" = no ] && exit 0
	echo "logcheck: $log shows no splat, and one was expected" >&2
	exit 1
fi
[ "$expect" = no ] || exit 0
[ -z "$bits" ] || echo "logcheck: the kernel is tainted: $bits ($taint)" >&2
[ -z "$lines" ] || printf 'logcheck: %s shows:\n%s\n' "$log" "$lines" >&2
exit 1
