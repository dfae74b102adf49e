#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM: run the cases, each in the same shell, and count. tests/vm/inside.sh CASE...
set -u
. tests/vm/lib.sh
. tests/vm/tracer.sh
. tools/lab/guest.sh

for case in "$@"; do
	echo "case $case"
	. "tests/vm/cases/$case.sh"
	tracer_kill
done
if compgen -G "$LAB_OUT/*.jsonl" > /dev/null; then
	check "every line is as the schema says" \
		tests/vm/validate.py dist/schema/event.schema.json "$LAB_OUT"/*.jsonl
fi
lib_done
