#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The test of the tests: a row whose cases all pass fails when the kernel complained meanwhile.
#   tests/vm/splat.sh [6.1|6.12|7]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
LAB_OUT=$(mktemp -d)
trap 'rm -rf "$LAB_OUT"' EXIT
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

tools/lab/kernel.sh "${1:-6.12}" > /dev/null
tests/vm/run.sh --row splat "${1:-6.12}" intel39 2 1G - edu splat > "$LAB_OUT/report"
check_equal "one case passed, and the row failed" "1 1 0" "$(cat build/vm/splat/counts)"
check "the report says so" grep -q 'FAIL splat: the VM ended with status 123' "$LAB_OUT/report"
check "the row's log shows what the kernel said" grep -q 'INFO: task .* blocked' build/vm/splat/log
lib_done
