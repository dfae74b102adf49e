#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz each parser of outside input for FUZZ_SECONDS (10): builds tests/fuzz/fuzz_*.c with libFuzzer
# and the sanitizers. What it finds is kept in build/fuzz/NAME-crash-*.
set -eu
cd "$(dirname "$0")/../.."
out=build/fuzz
seconds=${FUZZ_SECONDS:-10}
mkdir -p "$out"

# Sources that a harness needs besides itself.
sources_of() {
	case $1 in
	fuzz_vm) echo user/host/*.c user/core/*.c ;;
	fuzz_log) echo user/core/*.c ;;
	fuzz_facts) echo user/host/*.c user/core/*.c ;;
	fuzz_qemu) echo user/host/*.c user/core/*.c ;;
	fuzz_sysfs) echo user/core/*.c ;;
	fuzz_webconfig) echo user/export/web-keys.c user/export/web-users.c user/core/*.c ;;
	fuzz_http) echo user/export/*.c user/store/*.c user/host/*.c user/core/*.c \
			user/print/*.c ;;
	fuzz_fleet) echo user/fleet/answer.c user/fleet/prometheus.c user/cli/fleet-json.c \
			user/cli/fleet-print.c user/core/*.c user/print/*.c user/host/*.c ;;
	fuzz_policy) echo user/core/*.c ;;
	fuzz_guard) echo user/cli/replay.c user/guard/*.c user/core/*.c user/host/text.c ;;
	*) echo "tests/fuzz/run.sh: no sources are listed for $1" >&2; return 1 ;;
	esac
}

# Libraries besides those that all need.
libraries_of() {
	case $1 in
	fuzz_webconfig) echo -lgnutls -lcrypt ;;
	fuzz_http) echo -lmicrohttpd -lgnutls -lcrypt -lsqlite3 ;;
	esac
}

sanitize=-fsanitize=fuzzer-no-link,address,undefined

# Compile the sources that were given, each once for all harnesses; prints the objects.
objects() {
	local source objects=()
	for source; do
		objects+=("$out/obj/${source%.c}.o")
	done
	make -s -j2 O="$out" CC=clang CFLAGS='-O1 -g' \
		EXTRA_CFLAGS="$sanitize -fno-sanitize-recover=all" "${objects[@]}" >&2
	echo "${objects[@]}"
}

fuzz_build() {
	local name=$1 objects
	# shellcheck disable=SC2046 # a list of files
	objects=$(objects "tests/fuzz/$name.c" $(sources_of "$name"))
	# shellcheck disable=SC2086 # a list of files
	clang -g -fsanitize=fuzzer,address,undefined $objects \
		-lexpat -ljansson -lyaml -lmnl -lkmod $(libraries_of "$name") -o "$out/$name"
}

fuzz_run() {
	local name=$1 dict=tests/fuzz/${1#fuzz_}.dict
	mkdir -p "$out/$name.corpus"
	"$out/$name" -max_total_time="$seconds" -max_len=6000 -artifact_prefix="$out/$name-" \
		$([ -f "$dict" ] && echo "-dict=$dict") \
		"$out/$name.corpus" "tests/fuzz/seeds/${name#fuzz_}" > "$out/$name.log" 2>&1 ||
		{ echo "$name found something:"; tail -n 40 "$out/$name.log"; return 1; }
	echo "$name: $(tail -n 1 "$out/$name.log")"
}

# Two at a time: a fuzzer has one thread.
if [ "${1:-}" = --run ]; then
	fuzz_run "$2"
	exit
fi
names=$(basename -s .c tests/fuzz/fuzz_*.c)
for name in $names; do
	fuzz_build "$name"
done
echo "$seconds s each"
# shellcheck disable=SC2086 # a list of names
printf '%s\n' $names | xargs -P 2 -n 1 tests/fuzz/run.sh --run
