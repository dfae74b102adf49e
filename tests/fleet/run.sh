#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# viommuctl fleet against a real Prometheus that scrapes recorded exporters, and against servers that
# answer anything but what Prometheus does: tests/fleet/run.sh [BUILD-FOLDER]
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
[ -x "$build/viommuctl" ] || { echo "fleet: $build/viommuctl is not built" >&2; exit 1; }
. tests/lib.sh
export no_proxy='*' NO_PROXY='*'
pids=

stop_all() {
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait
	rm -rf "$work"
}
trap stop_all EXIT

# fleet CODE ARGUMENT...: ends with that code; output in out and err.
fleet() {
	local want=$1 code
	shift
	timeout 60 "$build/viommuctl" fleet "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ "$code" -eq "$want" ] || { echo "exit code $code, not $want" >>"$work/err"; return 1; }
}

# answers FILTER VALUE: what jq makes of the JSON that was printed.
answers() {
	local have
	have=$(jq -c "$1" "$work/out") || return 1
	[ "$have" = "$2" ] || { echo "$1 is $have, not $2" >>"$work/err"; return 1; }
}

# One line on stderr that has the words, nothing printable is missing, nothing on stdout.
one_line() {
	[ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF -- "$1" "$work/err" &&
		! grep -q '[[:cntrl:]]' "$work/err"
}

valid() {
	python3 - dist/schema/fleet.schema.json "$work/out" 2>>"$work/err" <<-'PYTHON'
	import json, sys
	from jsonschema import Draft202012Validator

	schema = json.load(open(sys.argv[1]))
	Draft202012Validator.check_schema(schema)
	validator = Draft202012Validator(schema)
	answer = json.load(open(sys.argv[2]))
	validator.validate(answer)

	def objects(value):
	    if isinstance(value, dict):
	        yield value
	    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
	        yield from objects(child)

	# A schema that lets anything pass would prove nothing.
	for place in objects(answer):
	    place["surprise"] = 1
	    assert not validator.is_valid(answer), place
	    del place["surprise"]
	PYTHON
}

# ------------------------------------------------------------------------------------- servers

# wait_for WHAT COMMAND...: until it succeeds.
wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	echo "fleet: $what did not come up" >&2
	exit 1
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

serve_start() {
	cp -r tests/fleet/hosts "$work/hosts"
	python3 tests/fleet/serve.py "$work/hosts" "$work/port" 2>"$work/serve.log" &
	pids="$pids $!"
	wait_for 'the file server' test -s "$work/port"
	garbage=http://127.0.0.1:$(cat "$work/port")
}

# One job a cluster; the instance is the host's name.
prometheus_config() {
	echo 'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s, external_labels: { from: test } }'
	echo 'rule_files:'
	echo "  - $PWD/dist/prometheus/viommu.rules.yml"
	echo "  - $PWD/dist/prometheus/viommu.alerts.yml"
	echo 'scrape_configs:'
	echo '  - job_name: viommu'
	echo '    static_configs:'
	while read -r cluster host; do
		echo "      - targets: ['${garbage#http://}']"
		echo "        labels: { instance: '$host', cluster: '$cluster', __metrics_path__: '/hosts/$host' }"
	done <<-END
		a intel39
		a intel48
		a amd
		b intel42
		b intel47
	END
}

# prometheus_start NAME ARGUMENT...: sets $port.
prometheus_start() {
	local name=$1
	shift
	port=$(free_port)
	prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/$name" \
		--web.listen-address="127.0.0.1:$port" --log.level=warn "$@" >"$work/$name.log" 2>&1 &
	pids="$pids $!"
}

scraped() { curl -fsS "$1/api/v1/query" -d "query=count(viommu_build_info)" | grep -q '"5"'; }

# ------------------------------------------------------------------------------------ with it

cluster_a() {
	fleet 5 --prometheus "$real" --selector '{cluster="a"}' -o json && valid &&
		answers .safe_bits 39 && answers .max_bits 39 &&
		answers .limiting_hosts '["amd","intel39"]' && answers .unknown_host_count 0 &&
		answers '[.hosts[] | [.name, .max_bits, .safe_bits, .hole.type]]' \
			'[["amd",48,39,"amd_ht"],["intel39",39,39,null],["intel48",48,48,null]]' &&
		answers '[.vms[] | [.vm, .host, .aw_bits, .recommended_aw_bits]]' \
			'[["guest-a","intel39",39,39],["guest-b","intel48",48,39],["guest-c","intel48",39,39],["guest-d","amd",64,39],["large","amd",null,null],["plain","intel48",null,null]]' &&
		answers '[.vms[] | select(.cannot_migrate_to != []) | {(.vm): [.cannot_migrate_to[] | .host + " " + .reason]}] | add' \
			'{"guest-b":["amd hole","intel39 above_host_width"],"guest-d":["amd above_host_width","intel39 above_host_width","intel48 above_host_width"],"large":["intel39 mapped_above_host_width"]}'
}

without_39() {
	fleet 5 --prometheus "$real/" --selector '{cluster="a",instance!="intel39"}' -o json && valid &&
		answers .safe_bits 39 && answers .max_bits 48 && answers .limiting_hosts '["amd"]' &&
		answers '[.vms[] | select(.vm == "guest-b") | .cannot_migrate_to[].host]' '["amd"]'
}

only_48() {
	fleet 0 --prometheus "$real" --selector '{instance="intel48"}' -o json && valid &&
		answers .safe_bits 48 && answers .limiting_hosts '["intel48"]' &&
		answers '[.vms[].recommended_aw_bits]' '[48,48,null]'
}

mixed() {
	fleet 0 --prometheus "$real" --selector '{cluster="b"}' -o json && valid &&
		answers .safe_bits 42 && answers .limiting_hosts '["intel42"]' &&
		answers '[.vms[] | [.vm, .recommended_aw_bits, .limiting_hosts]]' \
			'[["guest-e",42,["intel42"]],["guest-f",39,["intel42","intel47"]]]' &&
		answers '[.hosts[] | [.max_group, .safe_group]]' '[["0","0"],["0","0"]]'
}

as_text() {
	fleet 5 --prometheus "$real" --selector '{cluster="a"}' &&
		grep -q '^amd  *48  *39  *2  group 3: hole 0xfd00000000-0xffffffffff, amd_ht$' "$work/out" &&
		grep -q 'Safe on every host that is known: 39 bits; limited by amd, intel39' "$work/out" &&
		grep -q '^guest-b  intel48  virtio-iommu   48    39  1 of 3$' "$work/out" &&
		grep -q '^  cannot migrate to intel39: it translates 39 bits (group 0)$' "$work/out" &&
		grep -q '^  cannot migrate to amd: safe are 39 bits (group 3): hole 0xfd0' "$work/out" &&
		grep -q '^  does not fit its own host amd: it translates 48 bits' "$work/out" &&
		[ ! -s "$work/err" ]
}

gone_is_seen() {
	curl -fsS "$real/api/v1/query" -d 'query=up{instance="amd"}==0' | grep -q '"amd"'
}

# A host that is down must not look as if it allowed everything.
host_down() {
	touch "$work/hosts/amd.down"
	wait_for 'the failed scrape' gone_is_seen
	fleet 5 --prometheus "$real" --selector '{cluster="a",instance!="intel39"}' -o json && valid &&
		answers .safe_bits 48 && answers .unknown_host_count 1 &&
		answers '[.hosts[] | [.name, .answers]]' '[["amd",false],["intel48",true]]' &&
		answers '[.vms[] | select(.cannot_migrate_to != [])]' '[]' &&
		answers '[.vms[] | select(.vm == "guest-b") | .unknown_hosts[] | [.host, .reason]]' \
			'[["amd","unknown"]]'
}

host_down_only() {
	fleet 1 --prometheus "$real" --selector '{instance="amd"}' &&
		grep -q '^amd  *-  *-  *0  it has no metrics now, but had some within a day$' "$work/out" &&
		grep -q 'the limits of no host are known' "$work/err"
}

nothing_selected() {
	fleet 1 --prometheus "$real" --selector '{cluster="z"}' &&
		one_line 'has no series of viommud with {cluster="z"}'
}

other_label() {
	fleet 5 --prometheus "$real" --host-label cluster --selector '{cluster="a"}' -o json && valid &&
		answers '[.hosts[].name]' '["a"]'
}

server_complains() {
	fleet 1 --prometheus "$real" --selector '{cluster=~"("}' && one_line 'bad_data: '
}

rules_run() {
	curl -fsS "$real/api/v1/query" -d 'query=cluster:viommu_host_iova_safe_bits:min' >"$work/out" &&
		jq -e '[.data.result[] | [.metric.cluster, .value[1]]] | sort == [["a","39"],["b","42"]]' \
			"$work/out" >/dev/null
}

# ------------------------------------------------------------------------------------- TLS, users

certificates() {
	(
		cd "$work" && exec >/dev/null 2>&1
		openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca &&
			for name in server client; do
				openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr \
					-subj "/CN=$name" &&
					openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
						-out $name.pem -days 2 -extfile <(echo subjectAltName=IP:127.0.0.1)
			done
	)
}

web_config() {
	python3 -W ignore -c '
import crypt
hash = crypt.crypt("pass", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
print("tls_server_config: { cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem,")
print("  client_auth_type: RequireAndVerifyClientCert }")
print("basic_auth_users: { anna: %s }" % hash)'
}

secure_answers() {
	printf 'machine 127.0.0.1 login anna password pass\n' >"$work/netrc"
	fleet 0 --prometheus "$secure" --ca "$work/ca.pem" --cert "$work/client.pem" \
		--key "$work/client.key" --netrc-file "$work/netrc" --selector '{instance="intel48"}' \
		-o json && valid && answers .safe_bits 48
}

secure_up() { curl -sS -k --cert "$work/client.pem" --key "$work/client.key" -o "$work/null" "$secure"; }

secure_scraped() { secure_answers && answers '.hosts | length' 1; }

refused() {
	local words=$1
	shift
	fleet 1 --prometheus "$secure" "$@" && one_line "$words"
}

with_users() {
	local as=(--cert "$work/client.pem" --key "$work/client.key")
	certificates || { echo 'fleet: no certificates' >&2; exit 1; }
	web_config >"$work/web.yml"
	prometheus_start secure --web.config.file="$work/web.yml"
	secure=https://127.0.0.1:$port
	wait_for 'Prometheus with TLS' secure_up
	wait_for 'its first scrape' secure_scraped
	test_that 'TLS, a certificate, user and password' secure_answers
	test_that 'an unknown server is not trusted' refused 'is not trusted' "${as[@]}" \
		--netrc-file "$work/netrc"
	test_that 'no password' refused 'it wants authentication' --ca "$work/ca.pem" "${as[@]}"
	printf 'machine 127.0.0.1 login anna password wrong\n' >"$work/wrong"
	test_that 'a wrong password' refused 'answers 401' --ca "$work/ca.pem" "${as[@]}" \
		--netrc-file "$work/wrong"
	test_that 'no certificate of ours' refused "$secure" --ca "$work/ca.pem"
	test_that 'told not to look' fleet 0 --prometheus "$secure" --insecure "${as[@]}" \
		--netrc-file "$work/netrc" --selector '{instance="intel48"}'
	test_that 'http where https is spoken' eval \
		"fleet 1 --prometheus http://127.0.0.1:$port && one_line 'answers 400'"
}

# ------------------------------------------------------------------------------------- garbage

# garbled MODE WORDS ARGUMENT...
garbled() {
	local mode=$1 words=$2
	shift 2
	fleet 1 --prometheus "$garbage/$mode" "$@" && one_line "$words"
}

with_garbage() {
	local mode words
	while IFS='|' read -r mode words; do
		test_that "an answer that is: $mode" garbled "$mode" "$words"
	done <<-'END'
		html|does not answer in JSON but with '<!DOCTYPE html>
		nothing|answers nothing; is it Prometheus?
		noise|does not answer in JSON
		half|ended early, after 60 bytes
		cut|ended early
		gone|ended early
		deep|does not answer in JSON
		redirect|a redirect to http://127.0.0.1:1/elsewhere, which is not followed
		s400|answers 400, 'Client sent an HTTP request to an HTTPS server.'
		s401|answers 401, 'Unauthorized': it wants authentication
		s403|it refuses these credentials
		s422|answers 422: execution: query
		s500|answers 500: it does not say why
		s503|answers 503: unavailable: TSDB not
		s204|answers 204
		error|execution: too many chunks
		matrix|it has no vector
		list|it has no status
		novalue|series 1 has no labels, or no value
		nolabel|no label 'instance'
		nogroup|lacks the label
		empty|has no series of viommud
		fine/path|answers 404, '404 page not found': it has no /api/v1/query there
	END
	test_that 'a server that is slow' garbled slow 'did not answer within 1 s' --timeout 1s
	test_that 'a server that drips' garbled drip 'did not answer within 1 s' --timeout 1s
	test_that 'more than is wanted' garbled huge 'more than 65536 bytes' --max-size 64K
	test_that 'nobody there' eval "fleet 1 --prometheus http://127.0.0.1:1 && one_line 'cannot ask'"
}

warned() {
	fleet 1 --prometheus "$garbage/warn" -o json && valid && answers '.warnings | length' 2 &&
		answers .more_warnings 0 && answers .safe_bits 48 &&
		grep -q 'may not be the whole' "$work/err" &&
		fleet 1 --prometheus "$garbage/warnings" -o json && valid &&
		answers '.warnings | length' 8 && answers '.more_warnings > 0' true
}

# Groups that have no sample at all.
groups_unknown() {
	fleet 5 --prometheus "$garbage/groups" -o json && valid && answers .unknown_host_count 1 &&
		answers '[.hosts[] | .groups, .unknown_groups, .safe_bits]' '[3,2,48]' &&
		fleet 5 --prometheus "$garbage/groups" &&
		grep -q 'the limits of 2 of its 3 IOMMU groups are not known' "$work/out"
}

# Two hosts have the VM: it is one.
vm_moves() {
	fleet 0 --prometheus "$garbage/moving" -o json && valid &&
		answers '[.vms[] | .vm, .host, .also_on]' '["vm1","h1",["h2"]]' &&
		fleet 0 --prometheus "$garbage/moving" && grep -q '^  also on h2$' "$work/out"
}

# Nothing speaks against the VM, and nothing for it.
width_unknown() {
	fleet 5 --prometheus "$garbage/nowidth" -o json && valid && answers .unknown_host_count 0 &&
		answers '.vms[0].unknown_hosts | length' 1 && answers '.vms[0].cannot_migrate_to' '[]'
}

not_a_number() {
	fleet 1 --prometheus "$garbage/nan" -o json && valid && answers .odd_samples 2 &&
		answers .safe_bits null && answers '.hosts[0].unknown_groups' 1
}

names_are_clean() {
	fleet 0 --prometheus "$garbage/names" && ! grep -q $'\x1b' "$work/out" &&
		fleet 0 --prometheus "$garbage/names" -o json && valid
}

header_is_sent() {
	fleet 1 --prometheus "$garbage/tenant" && one_line 'answers 401' &&
		fleet 0 --prometheus "$garbage/tenant" --header 'X-Scope-OrgID: team1'
}

token_is_sent() {
	printf 's3cret\n' >"$work/token"
	: >"$work/none"
	fleet 1 --prometheus "$garbage/token" && one_line 'answers 403' &&
		fleet 0 --prometheus "$garbage/token" --bearer-token-file "$work/token" &&
		fleet 1 --prometheus "$garbage/token" --bearer-token-file "$work/none" &&
		one_line 'it is empty' &&
		fleet 1 --prometheus "$garbage/token" --bearer-token-file "$work/absent" &&
		one_line "cannot read $work/absent: No such file"
}

# On a terminal only, and it is wiped away.
waiting_is_told() {
	script -qec "$build/viommuctl fleet --prometheus $garbage/patience" /dev/null \
		</dev/null >"$work/out" 2>"$work/err" && grep -q 'waiting for .*: 2 of 30 s' "$work/out" &&
		fleet 0 --prometheus "$garbage/patience" && [ ! -s "$work/err" ]
}

full_disk() {
	"$build/viommuctl" fleet --prometheus "$garbage/fine" >/dev/full 2>"$work/err"
	[ $? -eq 1 ] && grep -q 'cannot write the output: No space left' "$work/err"
}

usage() {
	fleet 2 && one_line '--prometheus URL' &&
		fleet 2 --prometheus prometheus:9090 && one_line 'expected http://HOST' &&
		fleet 2 --prometheus http://u:p@h && one_line '--netrc-file' &&
		fleet 2 --prometheus http:// && one_line 'not a valid address' &&
		! grep -q netrc "$work/err" &&
		fleet 2 --prometheus 'http://h/?a=1' && one_line "without '?'" &&
		fleet 2 --prometheus 'http://h/#' && one_line "and '#'" &&
		fleet 2 --prometheus http://h --selector 'cluster="a"' && one_line 'character 1' &&
		fleet 2 --prometheus http://h --selector '{a="b"} or up' && one_line 'character 9' &&
		fleet 2 --prometheus http://h --header $'A: b\r\nC: d' && one_line 'no place in a header' &&
		fleet 2 --prometheus http://h --insecure && one_line 'https://' &&
		fleet 2 --prometheus https://h --key k && one_line 'goes with --cert' &&
		fleet 2 --prometheus http://h --timeout 0 && fleet 2 --prometheus http://h --max-size x
}

serve_start
prometheus_config >"$work/prometheus.yml"
prometheus_start plain
real=http://127.0.0.1:$port
test_that 'usage' usage
with_garbage
test_that 'warnings of a part of an answer' warned
test_that 'values that are no numbers' not_a_number
test_that 'groups without a sample' groups_unknown
test_that 'a VM that moves' vm_moves
test_that 'a VM of unknown width' width_unknown
test_that 'hostile names' names_are_clean
test_that 'a header for a tenant' header_is_sent
test_that 'a bearer token' token_is_sent
test_that 'progress on a terminal' waiting_is_told
test_that 'a full disk' full_disk
wait_for 'Prometheus' scraped "$real"
test_that '39 and 48 bits of Intel, and AMD' cluster_a
test_that 'the same for people' as_text
test_that 'without the 39-bit host' without_39
test_that 'without AMD too' only_48
test_that '42 and 47 bits' mixed
test_that 'hosts named by another label' other_label
test_that 'nothing selected' nothing_selected
test_that 'a selector that Prometheus refuses' server_complains
wait_for 'the recording rules' rules_run
test_that 'recording rules' rules_run
test_that 'a host that is down' host_down
test_that 'only a host that is down' host_down_only
rm -f "$work/hosts/amd.down"
with_users
test_done fleet
