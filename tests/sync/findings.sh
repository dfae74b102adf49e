#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of viommuctl explain -o json, of a file and of input that goes on, are what their schema says:
# tests/sync/findings.sh [BUILD-FOLDER]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
program=${1:-$top/build}/viommuctl
schema=$top/dist/schema/finding.schema.json
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A fault, the map whose failure is why, the same again, the reserved range that is why.
line() {
	case $1 in
	1) echo 'DMAR: [DMA Read NO_PASID] Request device [02:00.0] fault addr 0x8000000000' \
		'[fault reason 0x06] PTE Read access is not set' ;;
	2|3) echo 'qemu-kvm: vfio_container_dma_map(0x5, 0x8000000000, 0x1000, 0x7f0000000000) =' \
		'-22 (Invalid argument)' ;;
	4) echo '0x0000008000000000 0x0000008000ffffff direct' ;;
	esac
}

# The next line comes when the last was told of, or when it is clear that it never will be.
lines_slowly() {
	for i in 1 2 3 4; do
		told=$(wc -l < "$tmp/live")
		line $i
		for _ in $(seq 200); do
			[ "$(wc -l < "$tmp/live")" -eq "$told" ] || break
			sleep 0.1
		done
	done
}

: > "$tmp/live"
lines_slowly | "$program" explain -o json >> "$tmp/live" || [ $? -eq 5 ]
for i in 1 2 3 4; do line $i; done > "$tmp/log"
"$program" explain -o json < "$tmp/log" > "$tmp/file" || [ $? -eq 5 ]

python3 - "$schema" "$tmp/live" "$tmp/file" <<-'EOF'
	import json, sys
	from jsonschema import Draft202012Validator

	def no_doubles(pairs):
	    keys = [key for key, _ in pairs]
	    if len(keys) != len(set(keys)):
	        sys.exit("sync: findings: the schema has a member twice: " + ", ".join(keys))
	    return dict(pairs)

	schema = json.load(open(sys.argv[1]), object_pairs_hook=no_doubles)
	Draft202012Validator.check_schema(schema)
	valid = Draft202012Validator(schema).is_valid
	live, file = ([json.loads(line) for line in open(name)] for name in sys.argv[2:])

	def without(line, *keys):
	    return {key: value for key, value in line.items() if key not in keys}

	bad = [line for line in live + file if not valid(line)]
	bad += [line for line in live for key in ("id", "change") if valid(without(line, key))]
	# The last line with each number, but for what was withdrawn, is what the file gives.
	last = {line["id"]: line for line in live}.values()
	if [without(line, "id", "change") for line in last if line["change"] != "withdrawn"] != file:
	    bad.append("what remains of the live lines is not what the file gives")
	changes = [line["change"] for line in live]
	if set(changes) != set(schema["properties"]["change"]["enum"]):
	    bad.append("changes that were seen: " + " ".join(changes))
	for line in bad:
	    print("sync: findings:", line, file=sys.stderr)
	sys.exit(bool(bad))
EOF
