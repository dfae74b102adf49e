#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How many events the history takes a second, and the size of a day of 500 VMs: tests/bench/store.sh
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O2 -Iinclude -Iuser -o "$tmp/store" tests/bench/store.c \
	user/store/*.c user/core/*.c -lsqlite3 -lyaml
"$tmp/store" "$tmp/history.db"
