#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hold viommuctl together: --help = manual = completion for each command; facts as written = schema =
# manual, and the reader accepts what the schema accepts: tests/sync/viommuctl.sh [BUILD-FOLDER]
# SYNC_DIST=FOLDER compares another dist/ (tests/sync/breaks.sh does so).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$top/build}
dist=${SYNC_DIST:-$top/dist}
man=$dist/man/viommuctl.8
completion=$dist/completions/viommuctl.bash
schema=$dist/schema/facts.schema.json
sync_name=viommuctl
. "$top/tests/sync/lib.sh"

# From the sources themselves, so that a tree that is not built is checked too.
build_facts() {
	(cd "$top" && ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Iinclude -Iuser -o "$tmp/facts" \
		tests/sync/facts.c user/cli/recommend-options.c user/cli/options*.c \
		user/core/nearest.c user/print/columns.c user/host/facts*.c user/host/text.c \
		user/core/machine.c user/core/guest.c user/core/vocab.c user/core/iova.c \
		user/core/text.c -ljansson -lcmocka)
	"$tmp/facts" words >"$tmp/words"
	"$tmp/facts" write >"$tmp/facts.json"
}

# Options that the manual gives in the part of command $1.
manual_options() {
	sed -n "/^\.Ss $1\$/,/^\.S[sh] /s/^\.It .*Fl -\([a-z-]*\).*/\1/p" "$man"
}

# Options that the completion offers for command $1.
completion_options() {
	sed -n "s/^[[:blank:]]*$1) echo \"\(.*\)\" ;;/\1/p" "$completion" | tr ' ' '\n' | sed 's/^--//'
}

# Commands that have a line of their own in the synopsis.
synopsis_commands() {
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$man" |
		awk '/^\.Cm / && before == ".Nm" { print $2 } { before = $0 }'
}

# --help and --version are those of every command, and told once.
check_command() {
	sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p' >"$tmp/help"
	{ manual_options "$1"; echo help; echo version; } >"$tmp/have"
	same "options of $1 in the manual" "$tmp/help" "$tmp/have"
	completion_options "$1" >"$tmp/have"
	same "options of $1 in the completion" "$tmp/help" "$tmp/have"
}

check_commands() {
	sed -n 's/&command_\([a-z]*\)/\n@\1\n/gp' "$top/user/cli/viommuctl.c" | sed -n 's/^@//p' \
		>"$tmp/commands"
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh OUTPUT/s/^\.Ss //p' "$man" >"$tmp/have"
	same "commands of the manual" "$tmp/commands" "$tmp/have"
	synopsis_commands >"$tmp/have"
	same "commands of the synopsis" "$tmp/commands" "$tmp/have"
	sed -n 's/^[[:blank:]]*words="\(host .*\) --help --version"/\1/p' "$completion" |
		tr ' ' '\n' >"$tmp/have"
	same "commands of the completion" "$tmp/commands" "$tmp/have"
	{ sed -n 's/^option\t/      --/p' "$tmp/words"; printf '      --help\n      --version\n'; } \
		>"$tmp/text"
	check_command recommend <"$tmp/text"
	[ -x "$build/viommuctl" ] || return 0
	# policy has sub-commands, and a script of its own: policy.sh.
	grep -vx policy "$tmp/commands" | while read -r command; do
		"$build/viommuctl" "$command" --help </dev/null >"$tmp/text"
		check_command "$command" <"$tmp/text"
		[ "$failed" -eq 0 ]
	done || failed=1
}

check_words() {
	for kind in region_type unit_kind vendor model source vmm; do
		jq -r --arg kind "$kind" '."$defs"[$kind].enum[]' "$schema" >"$tmp/have"
		sed -n "s/^$kind	//p" "$tmp/words" >"$tmp/want"
		same "$kind in the schema" "$tmp/want" "$tmp/have"
		for word in $(cat "$tmp/want"); do
			sed -n '/^\.Sh FACTS/,/^\.Sh FILES/p' "$man" |
				grep -qE "^(\.Cm|or|\.It Cm)? ?.*\b$word\b" ||
				fail "the manual does not name $kind $word"
		done
	done
}

# Members of the schema are those that the manual explains, and, all facts being known, those that
# are written.
check_members() {
	for part in machine units groups guest devices containers; do
		name=$part
		[ "$part" = machine ] || [ "$part" = guest ] || name=${part%s}
		jq -r --arg name "$name" '."$defs"[$name].properties | keys[]' "$schema" >"$tmp/want"
		awk -v part="$part" '
			/^Members of/ { open = 1; next }
			open && $0 ~ "^\\.Cm " part " ?:?$" { mine = 1; open = 0; next }
			/^\.El/ { mine = 0; open = 0 }
			mine && /^\.It Cm / { print $3 }' "$man" >"$tmp/have"
		same "members of $part in the manual" "$tmp/want" "$tmp/have"
		jq -r --arg part "$part" '
			if $part == "machine" then .machine elif $part == "guest" then .guest
			elif $part == "units" or $part == "groups" then .machine[$part][]
			else .guest[$part][] end | keys[]' "$tmp/facts.json" >"$tmp/have"
		same "members of $part as written" "$tmp/want" "$tmp/have"
	done
}

# What is written is valid; with one change the schema and the reader both refuse it.
check_documents() {
	python3 - "$schema" "$tmp/facts.json" "$tmp/facts" <<-'EOF' ||
	import copy, json, subprocess, sys
	from jsonschema import Draft202012Validator

	schema = json.load(open(sys.argv[1]))
	Draft202012Validator.check_schema(schema)
	valid = Draft202012Validator(schema).is_valid
	facts = json.load(open(sys.argv[2]))

	def objects(value, path=()):
	    if isinstance(value, dict):
	        yield path
	        for key in value:
	            yield from objects(value[key], path + (key,))
	    elif isinstance(value, list):
	        for i, element in enumerate(value):
	            yield from objects(element, path + (i,))

	def changed(path, change):
	    document = copy.deepcopy(facts)
	    value = document
	    for key in path:
	        value = value[key]
	    change(value)
	    return document

	# (what, document, whether both have to refuse it: else they have to agree)
	documents = [("as written", facts, False)]
	for path in objects(facts):
	    where = ".".join(map(str, path)) + ": "
	    value = facts
	    for key in path:
	        value = value[key]
	    cases = [("a member more", lambda o: o.update(surprise=1))]
	    for key, old in value.items():
	        cases.append((key + " as null", lambda o, k=key: o.update({k: None})))
	        cases.append((key + " of another type", lambda o, k=key: o.update(
	            {k: 1 if isinstance(o[k], (str, list, dict, bool)) else "1"})))
	        if isinstance(old, int) and not isinstance(old, bool):
	            cases.append((key + " -1", lambda o, k=key: o.update({k: -1})))
	            cases.append((key + " 2^33", lambda o, k=key: o.update({k: 1 << 33})))
	        if isinstance(old, str):
	            cases.append((key + " too long", lambda o, k=key: o.update({k: "0x" + "1" * 298})))
	        if isinstance(old, list) and old:
	            cases.append((key + " of too many", lambda o, k=key: o.update({k: o[k] * 17000})))
	    documents += [(where + what, changed(path, change), True) for what, change in cases]
	    # Without units the groups that name them are wrong: that is beyond a schema.
	    documents += [(where + "without " + key, changed(path, lambda o, k=key: o.pop(k)), False)
	                  for key in set(value) - {"units"}]
	run = subprocess.run([sys.argv[3], "read"], stdout=subprocess.PIPE, check=True, text=True,
	                     input="".join(json.dumps(d) + "\n" for _, d, _ in documents))
	bad = []
	for (what, document, refuse), answer in zip(documents, run.stdout.split(), strict=True):
	    schema_says, reader_says = valid(document), answer == "yes"
	    if schema_says != reader_says or (refuse and schema_says):
	        bad.append("%s: schema %s, reader %s" % (what, schema_says, reader_says))
	if not valid(facts) or len(documents) < 150:
	    bad.append("facts as written are not valid, or too few")
	for text in bad:
	    print("sync: facts: " + text, file=sys.stderr)
	sys.exit(bool(bad))
	EOF
		fail "schema, reader and writer of facts differ"
}

check_manual() {
	mandoc -Tlint -Wwarning "$man" >&2 || fail "the manual is not clean"
	# The JSON members of recommend are string literals of its printer.
	grep -o '"[a-z_]*"' "$top/user/cli/recommend-print.c" | tr -d '"' | sort -u >"$tmp/literals"
	for name in $(sed -n '/^\.Sh OUTPUT/,/^\.El/s/^\.It Cm //p' "$man"); do
		grep -qx "$name" "$tmp/literals" || fail "recommend has no member $name"
	done
}

# Members and reasons of fleet: its schema, its printer, its vocabulary, the manual.
check_fleet() {
	jq -r '.. | .properties? // empty | keys[]' "$dist/schema/fleet.schema.json" >"$tmp/want"
	grep -o '"[a-z_]*"' "$top/user/cli/fleet-json.c" | tr -d '"' >"$tmp/have"
	same "members of fleet (< schema, > printer)" "$tmp/want" "$tmp/have"
	printf '#include "core/fleet.h"\n#define X(sym, name, meaning) @name\nFLEET_VERDICTS(X)\n' |
		${CC:-gcc} -E -P -I"$top/include" -I"$top/user" - | tail -n 1 | grep -o '@"[a-z_]*"' |
		tr -d '@"' | grep -vx fits >"$tmp/reasons"
	jq -r '."$defs" | .reason.enum[], .vm.properties.unknown_hosts.items.properties.reason.const' \
		"$dist/schema/fleet.schema.json" >"$tmp/have"
	same "reasons of fleet in the schema" "$tmp/reasons" "$tmp/have"
	cat "$tmp/reasons" >>"$tmp/want"
	sed -n '/^\.Sh OUTPUT/,/^\.Sh FACTS/p' "$man" | sed -n '/^\.Cm fleet$/,$s/^\.It Cm //p' |
		tr -d ' ' | tr ',' '\n' >"$tmp/have"
	same "members and reasons of fleet in the manual" "$tmp/want" "$tmp/have"
}

build_facts
check_commands
check_words
check_members
check_manual
check_fleet
check_documents
[ "$failed" -eq 0 ] && echo "sync: viommuctl: help, manual, completion, facts and schema agree"
exit "$failed"
