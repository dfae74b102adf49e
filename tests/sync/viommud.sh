#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hold viommud together: --help = manual = completion; keys of viommud.yaml = its manual, with the
# defaults of the code; metrics = manual; words of the API's schema = vocabularies: tests/sync/viommud.sh [BUILD-FOLDER]
# SYNC_DIST=FOLDER compares another dist/ (tests/sync/breaks.sh does so).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$top/build}
dist=${SYNC_DIST:-$top/dist}
man=$dist/man/viommud.8
yaml=$dist/man/viommud.yaml.5
schema=$dist/schema/vms.schema.json
sync_name=viommud
. "$top/tests/sync/lib.sh"

# From the sources themselves, so that a tree that is not built is checked too.
dump_tables() {
	(cd "$top" && ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Iinclude -Iuser -o "$tmp/dump" \
		tests/sync/daemon.c user/cli/daemon-options.c user/daemon/config.c user/host/file.c \
		user/core/*.c user/host/text.c -lyaml)
	"$tmp/dump" >"$tmp/tables"
}

# Fields after the first of the lines whose first is $1.
table() { sed -n "s/^$1	//p" "$tmp/tables"; }

check_options() {
	{ table option; echo help; echo version; } >"$tmp/options"
	if [ -x "$build/viommud" ]; then
		"$build/viommud" --help | sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p' >"$tmp/have"
		same "options of --help" "$tmp/options" "$tmp/have"
	fi
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh RELOADING/s/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$man" >"$tmp/have"
	same "options of the manual" "$tmp/options" "$tmp/have"
	grep -o -e '--[a-z][a-z-]*' "$dist/completions/viommud.bash" | sed 's/^--//' | grep -vx option \
		>"$tmp/have"
	same "options of the completion" "$tmp/options" "$tmp/have"
}

# The keys, and of each the default that the manual gives.
check_keys() {
	table key >"$tmp/keys"
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh EXAMPLES/s/^\.It Cm //p' "$yaml" >"$tmp/have"
	same "keys of viommud.yaml" "$tmp/keys" "$tmp/have"
	awk '/^\.It Cm / { key = $3 }
		/^The default is/ { text = $0; sub(/^The default is */, "", text)
			if (text == "") getline text
			gsub(/^\.(Pa|Ql|Cm) /, "", text); sub(/ ?\.$/, "", text)
			print key "\t" text }' "$yaml" >"$tmp/have"
	table default >"$tmp/want"
	same "defaults of viommud.yaml" "$tmp/want" "$tmp/have"
}

# Name, labels and meaning of each.
check_metrics() {
	table metric >"$tmp/want"
	awk '/^\.Sh METRICS/ { on = 1 } /^\.El/ { on = 0 }
		on && /^\.It Cm / { labels = $4 == "Brq" ? $5 : ""; name = $3; getline
			sub(/\.$/, ""); print name "\t" labels "\t" $0 }' "$man" >"$tmp/have"
	same "metrics of the manual" "$tmp/want" "$tmp/have"
}

# What viommud loses itself; the rest is in the manual of viommu-trace.
check_losses() {
	table own-loss >"$tmp/want"
	awk '/^\.Cm viommu_lost_records_total$/ { on = 1; next } /^\.Sh/ { on = 0 }
		on && /^\.Cm / { print $2 }' "$man" >"$tmp/have"
	same "losses of the manual" "$tmp/want" "$tmp/have"
}

# check_words TABLE PATH: the words that the schema allows there.
check_words() {
	table "$1" >"$tmp/want"
	jq -r "$2[]" "$schema" >"$tmp/have"
	same "$1 in the schema of the API" "$tmp/want" "$tmp/have"
}

check_schema() {
	check_words reason '."$defs".reason.enum'
	check_words severity '."$defs".finding.properties.severity.enum'
	check_words model '."$defs".vm.properties.viommu.enum'
	check_words lost '.. | .lost? // empty | .propertyNames.enum'
}

dump_tables
mandoc -Tlint -Wwarning "$man" "$yaml" >&2 || fail "a manual is not clean"
check_options
check_keys
check_metrics
check_losses
check_schema
[ "$failed" -eq 0 ] && echo "sync: viommud: help, manuals, completion and tables agree"
exit "$failed"
