#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hold policies together: the reader = the schema = the keys in the manual; the sub-commands of
# viommuctl policy, their options, the manual and the completion: tests/sync/policy.sh [BUILD-FOLDER]
# SYNC_DIST=FOLDER compares another dist/ (tests/sync/breaks.sh does so).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$top/build}
dist=${SYNC_DIST:-$top/dist}
man=$dist/man/viommu-policy.5
schema=$dist/schema/policy.schema.json
sync_name=policy
. "$top/tests/sync/lib.sh"

build_reader() {
	(cd "$top" && ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Iinclude -Iuser -o "$tmp/reader" \
		tests/sync/policy.c user/core/policy*.c user/core/nearest.c user/core/hex.c \
		user/core/iova.c user/core/text.c -lyaml)
}

# Keys of the tables called $1 in the reader.
reader_keys() {
	awk -v table="$1[] = {" 'index($0, table) { on = 1 } on { print } /};/ { on = 0 }' \
		"$top/user/core/policy-parse.c" | grep -o '{ "[a-z_]*"' | grep -o '[a-z_]*' | grep .
}

# Keys in the part of the manual that is called $1.
manual_keys() { sed -n "/^\.Ss $1\$/,/^\.S[sh] /s/^\.It Cm //p" "$man"; }

check_keys() {
	reader_keys file_keys >"$tmp/file"
	reader_keys policy_keys >"$tmp/policy"
	reader_keys ' keys' >"$tmp/match"
	jq -r '.properties | keys[]' "$schema" >"$tmp/have"
	same "keys of a file in the schema" "$tmp/file" "$tmp/have"
	for part in policy match; do
		jq -r --arg part $part '."$defs"[$part].properties | keys[]' "$schema" >"$tmp/have"
		same "keys of $part in the schema" "$tmp/$part" "$tmp/have"
	done
	grep -v 'name\|match' "$tmp/policy" >"$tmp/want"
	jq -r '."$defs".default.properties | keys[]' "$schema" >"$tmp/have"
	same "keys of default in the schema" "$tmp/want" "$tmp/have"
	manual_keys "Keys of a file" >"$tmp/have"
	same "keys of a file in the manual" "$tmp/file" "$tmp/have"
	manual_keys "Keys of a policy" >"$tmp/have"
	same "keys of a policy in the manual" "$tmp/policy" "$tmp/have"
	manual_keys "Keys of match" >"$tmp/have"
	same "keys of match in the manual" "$tmp/match" "$tmp/have"
}

# The example of the manual is accepted, without a warning.
check_example() {
	mandoc -Tlint -Wwarning "$man" >&2 || fail "the manual is not clean"
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$man" | grep -v '^\.[BE]d' >"$tmp/example"
	"$tmp/reader" file <"$tmp/example" >"$tmp/said" || fail "the manual's example is wrong"
	[ ! -s "$tmp/said" ] || fail "the manual's example: $(cat "$tmp/said")"
}

# Reader and schema accept the same, and refuse what is planted.
check_documents() {
	python3 - "$schema" "$tmp/reader" <<-'EOF' ||
	import copy, json, subprocess, sys
	from jsonschema import Draft202012Validator

	schema = json.load(open(sys.argv[1]))
	Draft202012Validator.check_schema(schema)
	valid = Draft202012Validator(schema).is_valid
	whole = {"version": 1, "policies": [
	    {"name": "a", "match": {"vm": "guest1"}, "max_iova_bits": 39, "mode": "enforce",
	     "errno": "ERANGE", "message": "ask"},
	    {"name": 7, "match": {"cgroup": "/a/b*#.scope"}, "max_iova": "0x7fffffffff", "mode": "audit"},
	    {"name": "c", "max_iova": 0x7fffffffff, "errno": "EPERM", "match": {"vm": 8006}}],
	    "default": {"max_iova_bits": 48, "errno": "EINVAL"}}
	# That an address is the last of a page is beyond a schema, if it is a number.
	values = [None, True, -1, 0, 1, 11, 12, 64, 65, 1.5, "", "a", "1", "39", "audit", "Audit", "ERANGE",
	          "EIO", "a b", "x" * 63, "x" * 64, "x" * 160, "x" * 256, "a\tb", [], {}, ["a"], 4095, 8191,
	          2 ** 64 - 1, 2 ** 64, "0xfff", "0x1000", "0xFFF", "0x" + "f" * 16, "0x" + "f" * 17,
	          "/", "/a", "a", "/a/", "//a", "/a#1", "/a#", "/#*", "/##", "/" + "a" * 254, "/" + "a" * 255]

	def places(value, path=()):
	    if isinstance(value, (dict, list)):
	        for key in (value if isinstance(value, dict) else range(len(value))):
	            yield path + (key,)
	            yield from places(value[key], path + (key,))

	def changed(path, change):
	    document = copy.deepcopy(whole)
	    holder = document
	    for key in path[:-1]:
	        holder = holder[key]
	    change(holder, path[-1])
	    return document

	documents = [whole, {"version": 1}]
	for path in places(whole):
	    documents += [changed(path, lambda o, k, v=v: o.__setitem__(k, v)) for v in values]
	    documents.append(changed(path, lambda o, k: o.pop(k)))
	    if isinstance(path[-1], str):
	        documents.append(changed(path, lambda o, k: o.update(surprise=1)))
	        documents.append(changed(path, lambda o, k: o.update(max_iova_bits=40, max_iova=4095)))
	run = subprocess.run([sys.argv[2], "read"], stdout=subprocess.PIPE, check=True, text=True,
	                     input="".join(json.dumps(d) + "\n" for d in documents))
	bad = [json.dumps(d) for d, answer in zip(documents, run.stdout.split(), strict=True)
	       if valid(d) != (answer == "yes")]
	for text in bad[:20]:
	    print("sync: policy: schema and reader differ on " + text, file=sys.stderr)
	sys.exit(bool(bad) or not valid(whole) or len(documents) < 1000)
	EOF
		fail "schema and reader of policy files differ"
}

# Options of all sub-commands are those that the manual and the completion have for policy.
check_commands() {
	sed -n 's/&policy_\([a-z]*\)_command/\n@\1\n/gp' "$top/user/cli/cmd-policy.c" |
		sed -n 's/^@//p' >"$tmp/commands"
	sed -n '/^\.Ss policy$/,/^\.It Fl/s/^\.It Cm //p' "$dist/man/viommuctl.8" >"$tmp/have"
	same "sub-commands of the manual" "$tmp/commands" "$tmp/have"
	sed -n 's/^[[:blank:]]*words="\(check .*\) --help --version"/\1/p' \
		"$dist/completions/viommuctl.bash" | tr ' ' '\n' >"$tmp/have"
	same "sub-commands of the completion" "$tmp/commands" "$tmp/have"
	[ -x "$build/viommuctl" ] || return 0
	while read -r command; do
		"$build/viommuctl" policy "$command" --help </dev/null
	done <"$tmp/commands" | sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p' | sort -u >"$tmp/help"
	{ sed -n '/^\.Ss policy$/,/^\.S[sh] /s/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$dist/man/viommuctl.8"
		echo help; echo version; } >"$tmp/have"
	same "options of policy in the manual" "$tmp/help" "$tmp/have"
	sed -n 's/^[[:blank:]]*policy) echo "\(.*\)" ;;/\1/p' "$dist/completions/viommuctl.bash" |
		tr ' ' '\n' | sed 's/^--//' >"$tmp/have"
	same "options of policy in the completion" "$tmp/help" "$tmp/have"
}

build_reader
check_keys
check_example
check_documents
check_commands
[ "$failed" -eq 0 ] && echo "sync: policy: reader, schema, manual and completion agree"
exit "$failed"
