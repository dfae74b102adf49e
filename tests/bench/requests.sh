#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tracing costs a guest's request, in a VM that counts instructions: on the host, where QEMU
# handles it, and in the guest, whose driver makes it.
#   KERNEL=6.12   the VM's kernel
# Prints two tables; build/bench/requests.json has the figures.
set -eu
cd "$(dirname "$0")/../.."
out=build/bench
kernel=${KERNEL:-6.12}

# Instructions of one request of each row, by the difference of two lengths (the least of three runs:
# what disturbs only adds), and what tracing adds: on the host by comparison, in the guest by the
# kernel's account of the programs.
result() {
	awk -v side="$2" '{
		if (!($1 in seen)) { seen[$1]; rows[++count] = $1 }
		if (!(($1, $2) in t) || $3 < t[$1, $2]) t[$1, $2] = $3
		if (!(($1, $2) in p) || $4 < p[$1, $2]) p[$1, $2] = $4
		if (!min || $2 < min) min = $2
		if ($2 > max) max = $2
	}
	END {
		for (i = 1; i <= count; i++) {
			r = rows[i]
			each = (t[r, max] - t[r, min]) / (max - min)
			if (r == "none")
				none = each
			more = side == "host" ? each - none : (p[r, max] - p[r, min]) / (max - min)
			printf "%s %.0f %.1f\n", r, more, 100 * more / none
		}
		printf "alone %.0f 0\n", none
	}' "$1"
}

# one SIDE UNIT LAB-OPTION...
one() {
	local side=$1 unit=$2
	shift 2
	mkdir -p "$out/$side"
	rm -f "$out/$side/runs"
	tools/lab/run.sh --kernel "$kernel" --icount --timeout 1500 --out "$PWD/$out/$side" "$@" -- \
		tests/bench/requests-inside.sh "$side"
	echo
	printf '%-40s %12s %8s\n' "$unit" 'instr. more' ratio
	result "$out/$side/runs" "$side" | while read -r row each added; do
		printf '  %-38s %12s %7s %%\n' "$row" "$each" "$added"
		jq -nc --arg side "$side" --arg row "$row" --argjson n "$each" --argjson p "$added" \
			'{ $side, $row, instructions_added: $n, added_percent: $p }' >> "$out/requests.json"
	done
}

mkdir -p "$out"
: > "$out/requests.json"
one host 'MAP handled by QEMU, on the host' --mem 2G --iommu intel39
one guest 'MAP and UNMAP by VFIO, in the guest' --iommu virtio
