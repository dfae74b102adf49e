#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hold the option table, --help, the manual, the completion, the JSON Schema and the vocabularies
# together: tests/sync/run.sh [BUILD-FOLDER]
# SYNC_DIST=FOLDER compares another dist/ (tests/sync/breaks.sh does so).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$top/build}
dist=${SYNC_DIST:-$top/dist}
. "$top/tests/sync/lib.sh"

# The tables, from the sources themselves: without BPF, so that any machine can run this.
dump_tables() {
	(cd "$top" && ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Iinclude -Iuser -o "$tmp/dump" \
		tests/sync/dump.c user/cli/trace-options.c user/cli/options*.c \
		user/print/columns.c user/host/text.c user/core/*.c -lyaml)
	"$tmp/dump" >"$tmp/tables"
}

# Fields 2 of the lines whose field 1 is $1.
table() { awk -F '\t' -v kind="$1" '$1 == kind { print $2 }' "$tmp/tables"; }

check_options() {
	{ table option; echo help; echo version; } >"$tmp/options"
	# A built program shows its help; a tree that is not built is still checked for the rest.
	if [ -x "$build/viommu-trace" ]; then
		"$build/viommu-trace" --help >"$tmp/help"
		sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p' "$tmp/help" >"$tmp/have"
		same "options of --help" "$tmp/options" "$tmp/have"
	fi
	sed -n 's/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$dist/man/viommu-trace.8" >"$tmp/have"
	same "options of the manual" "$tmp/options" "$tmp/have"
	sed -n '/words="--/,/"$/p' "$dist/completions/viommu-trace.bash" | grep -o -e '--[a-z-]*' |
		sed 's/^--//' >"$tmp/have"
	same "options of the completion" "$tmp/options" "$tmp/have"
	check_letters
}

# Short options stand before their long ones in the manual.
check_letters() {
	awk -F '\t' '$1 == "option" && $3 != "-" { print $3, $2 }' "$tmp/tables" |
	while read -r letter name; do
		grep -q "^\.It Fl $letter , Fl -$name" "$dist/man/viommu-trace.8" ||
			echo "the manual does not give -$letter for --$name"
	done >"$tmp/missing"
	[ ! -s "$tmp/missing" ] || fail "$(cat "$tmp/missing")"
}

# Words that the completion offers for option $1 are those of vocabulary $2.
check_values() {
	sed -n "s/^[\t ]*$1) words=\"\(.*\)\" ;;/\1/p" "$dist/completions/viommu-trace.bash" |
		tr ' ' '\n' >"$tmp/have"
	table "$2" >"$tmp/want"
	same "values of $1 in the completion" "$tmp/want" "$tmp/have"
}

check_schema() {
	for kind in reason severity type path backing from for loss vm_source request status; do
		jq -r --arg kind "$kind" '."$defs"[$kind].enum[]' \
			"$dist/schema/event.schema.json" >"$tmp/have"
		table "$kind" >"$tmp/want"
		same "$kind in the schema" "$tmp/want" "$tmp/have"
	done
}

# The lines that the JSON printer makes (golden, held to the code by a unit test) are valid; each of
# them with a planted mistake is not.
check_lines() {
	python3 - "$dist/schema/event.schema.json" "$top/tests/golden/events.json" <<-'EOF' ||
	import json, sys
	from jsonschema import Draft202012Validator

	schema = json.load(open(sys.argv[1]))
	Draft202012Validator.check_schema(schema)
	valid = Draft202012Validator(schema).is_valid
	lines = [json.loads(line) for line in open(sys.argv[2])]
	planted = [
	    ("a member more", lambda d: {**d, "surprise": 1}),
	    ("no type", lambda d: {k: v for k, v in d.items() if k != "type"}),
	    ("null", lambda d: {**d, "host": None}),
	    ("another version", lambda d: {**d, "v": 2}),
	    ("seq 0", lambda d: {**d, "seq": 0}),
	    ("another type", lambda d: {**d, "type": "map" if d["type"] == "deny" else "deny"}),
	    ("result without errno", lambda d: {**d, "result": -22, "errno": ""}),
	    ("reason of no table", lambda d: {**d, "reason": "because"}),
	    ("address as a number", lambda d: {**d, "iova": 4096}),
	    ("time without zone", lambda d: {**d, "ts": d["ts"][:-1]}),
	]
	bad = ["line %d is not valid" % i for i, d in enumerate(lines, 1) if not valid(d)]
	bad += ["line %d is valid with %s" % (i, what) for i, d in enumerate(lines, 1)
	        for what, change in planted if valid(change(d))]
	for text in bad:
	    print("sync: events.json: " + text, file=sys.stderr)
	sys.exit(bool(bad) or len(lines) < 10)
	EOF
		fail "the schema and the printed lines differ"
}

# Members that any line of the schema can have are those that the manual explains.
check_members() {
	jq -r '."$defs"[] | objects | .properties // empty | keys[]' \
		"$dist/schema/event.schema.json" | grep -vx 'bits\|from\|last_iova' >"$tmp/want"
	sed -n '/^\.Sh OUTPUT/,/^\.Sh REASONS/s/^\.It Cm //p' "$dist/man/viommu-trace.8" |
		tr -d ' ' | tr ',' '\n' >"$tmp/have"
	same "JSON members (< schema, > manual)" "$tmp/want" "$tmp/have"
}

# Every name stands in the manual, reasons and losses with the meaning that the code has.
check_manual() {
	mandoc -Tlint -Wwarning "$dist/man/viommu-trace.8" >&2 || fail "the manual is not clean"
	for kind in reason severity path backing from for loss vm_source request status; do
		for name in $(table "$kind"); do
			grep -qx "\.It Cm $name" "$dist/man/viommu-trace.8" ||
				fail "the manual does not explain $kind $name"
		done
	done
	awk -F '\t' '$1 == "meaning" { print ".It Cm " $2; print $3 "." }' "$tmp/tables" >"$tmp/want"
	awk 'NR == FNR { want[++n] = $0; next }
		{ pair[last "\n" $0] = 1; last = $0 }
		END {
			for (i = 1; i < n; i += 2)
				if (!((want[i] "\n" want[i + 1]) in pair))
					print "the manual says otherwise: " want[i + 1]
		}' "$tmp/want" "$dist/man/viommu-trace.8" >"$tmp/missing"
	[ ! -s "$tmp/missing" ] || fail "$(cat "$tmp/missing")"
}

dump_tables
check_options
check_values --fail-on severity
check_schema
check_lines
check_members
check_manual
# Other differences are another script's, which tells of them itself.
for part in viommuctl policy findings report viommud; do
	[ -n "${SYNC_TRACE_ONLY:-}" ] || "$top/tests/sync/$part.sh" "$build" || failed=1
done
[ "$failed" -eq 0 ] && echo "sync: help, manual, completion, schema and tables agree"
exit "$failed"
