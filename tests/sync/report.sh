#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hold the history's JSON together: as written = schema = manual, reasons = vocabulary:
# tests/sync/report.sh
# SYNC_DIST=FOLDER compares another dist/ (tests/sync/breaks.sh does so).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
dist=${SYNC_DIST:-$top/dist}
schema=$dist/schema/report.schema.json
sync_name=report
. "$top/tests/sync/lib.sh"

write_history() {
	(cd "$top" && ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Iinclude -Iuser -o "$tmp/report" \
		tests/sync/report.c user/export/api-history.c user/store/*.c user/core/*.c \
		user/print/json-line.c user/print/format.c user/host/text.c -ljansson -lsqlite3 -lyaml)
	"$tmp/report" "$tmp/history.db" >"$tmp/history.json"
}

check_members() {
	jq -r '.. | .properties? // empty | keys[]' "$schema" >"$tmp/want"
	grep -o '"[a-z_]*"[,)]' "$top/user/export/api-history.c" | tr -d '",)' |
		grep -vx 'attach\|detach' >"$tmp/have"
	same 'members as written' "$tmp/want" "$tmp/have"
	sed -n '/^\.Sh OUTPUT/,/^\.Sh FACTS/p' "$dist/man/viommuctl.8" |
		sed -n '/^\.Cm report$/,/^\.Cm fleet$/s/^\.It Cm //p' | sed 's/ , /\n/g' >"$tmp/have"
	same 'members in the manual' "$tmp/want" "$tmp/have"
}

check_words() {
	printf '#include "core/vocab.h"\n#define X(sym, name, meaning) @name\n%s(X)\n' "$2" |
		${CC:-gcc} -I"$top/include" -I"$top/user" -E -P - |
		grep -o '@"[a-z_]*"' | tr -d '@"' >"$tmp/have"
	jq -r --arg kind "$1" '."$defs"[$kind].enum[]' "$schema" >"$tmp/want"
	same "$1 in the vocabulary" "$tmp/want" "$tmp/have"
}

check_limit() {
	sed -n 's/^#define API_HISTORY_MAX //p' "$top/user/export/api-history.h" >"$tmp/have"
	jq -r '.properties[].maxItems // empty' "$schema" >"$tmp/want"
	same 'most rows' "$tmp/want" "$tmp/have"
}

check_document() {
	python3 - "$schema" "$tmp/history.json" <<-'EOF' || fail 'what is written is not valid'
	import json, sys
	from jsonschema import Draft202012Validator

	schema = json.load(open(sys.argv[1]))
	Draft202012Validator.check_schema(schema)
	history = json.load(open(sys.argv[2]))
	errors = [e.message for e in Draft202012Validator(schema).iter_errors(history)]
	print("\n".join(errors[:5]), file=sys.stderr, end="\n" if errors else "")
	for list in "hours", "failures", "attaches":
	    if not history[list]:
	        errors.append(list)
	history["hours"][0]["maps"] = None
	if Draft202012Validator(schema).is_valid(history):
	    errors.append("null")
	sys.exit(bool(errors))
	EOF
}

write_history
check_members
check_words reason VIOMMU_REASONS
check_words severity VIOMMU_SEVERITIES
check_limit
check_document
[ "$failed" -eq 0 ] && echo 'sync: report: as written, schema, manual and vocabulary agree'
exit "$failed"
