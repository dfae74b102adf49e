# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the cases of viommud: the daemon, a real Prometheus, and VMs for both to see.
. tests/vm/vms.sh

daemon_address=127.0.0.1:9856
daemon_socket=/run/viommu/viommud.sock
daemon_state=/var/lib/viommu
daemon_pids=()
prometheus=127.0.0.1:9090
prometheus_pid=

# This machine's user, and nothing of a viommud that runs on the build machine. The VM's /etc and
# /var are a layer of its own.
daemon_prepare() {
	getent passwd viommu > /dev/null || useradd --system --user-group --no-create-home viommu
	rm -rf "$daemon_state" /etc/viommu /run/viommu
	mkdir -p /run/viommu
}

# daemon_get PATH: over TCP.
daemon_get() { curl -s --max-time 10 "http://$daemon_address$1"; }

# daemon_api PATH: over the unix socket.
daemon_api() { curl -s --max-time 10 --unix-socket "$daemon_socket" "http://localhost$1"; }

# It traces, and tells of it.
daemon_healthy() {
	[ "$(daemon_get /healthz)" = ok ] &&
		daemon_get /metrics | grep -q '^viommu_program_attached{.*} 1'
}

# daemon_launch NAME ARGS...: what it says is in $daemon_err; its number is $daemon_pid.
daemon_launch() {
	daemon_err=$LAB_OUT/$1.err
	shift
	(
		vm_forget
		exec build/viommud "$@"
	) > "$daemon_err" 2>&1 < /dev/null &
	daemon_pid=$!
	daemon_pids+=("$daemon_pid")
}

# daemon_start NAME ARGS...: returns when it works, or fails.
daemon_start() {
	local name=$1
	daemon_launch "$@"
	wait_for 90 daemon_healthy ||
		{ fail "$name" "viommud does not work"; sed 's/^/    /' "$daemon_err"; return 1; }
}

daemon_server() { pgrep -P "$daemon_pid"; }

daemon_gone() { ! [ -e "/proc/$1" ]; }

# daemon_wait: its exit status is in $daemon_status.
daemon_wait() {
	daemon_status=0
	wait "$daemon_pid" || daemon_status=$?
}

# daemon_stop NAME: as systemd does.
daemon_stop() {
	kill -TERM "$daemon_pid"
	daemon_wait
	check_equal "$1: exit status" 0 "$daemon_status"
	check "$1: nothing of ours is left in the kernel" bpf_is_clean
}

# What a case that gave up has left: the server ends with its collector.
daemon_kill() {
	kill -9 "${daemon_pids[@]}" $prometheus_pid 2> /dev/null
	wait "${daemon_pids[@]}" $prometheus_pid 2> /dev/null
	daemon_pids=() prometheus_pid=
}

daemon_said() { grep -qF -e "$1" "$daemon_err"; }

# daemon_value SERIES: its value now, by the daemon itself.
daemon_value() { daemon_get /metrics | awk -v series="$1" '$1 == series { print $2 }'; }

# daemon_is SERIES VALUE
daemon_is() { [ "$(daemon_value "$1")" = "$2" ]; }

# process_status PID KEY: of /proc/PID/status.
process_status() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }

# daemon_confined SERVER COLLECTOR VM: what the processes may do, with calls made in the server's name.
daemon_confined() {
	local server=$1 collector=$2
	check_equal "server: user, capabilities, no_new_privs, seccomp" \
		"$(id -u viommu) 0000000000000000 0000000000000000 1 2" \
		"$(for key in Uid CapEff CapBnd NoNewPrivs Seccomp; do process_status "$server" $key; done | paste -sd ' ')"
	check_equal "server: what it can do no more" \
		"openat:no openat:no openat:no socket:EPERM socket:EPERM connect:EPERM bpf:EPERM execve:EPERM openat:ok" \
		"$(tests/vm/syscall-in.py "$server" "openat /proc/$collector/environ" "openat /proc/$3/cmdline" \
			'openat /etc/passwd' 'socket 2' 'socket 1' connect bpf 'execve /bin/true' \
			"openat $daemon_state/history.db" | sed 's/openat:E\(ACCES\|NOENT\)$/openat:no/' | paste -sd ' ')"
	check "server: works on after that" daemon_healthy
	check_equal "collector: no_new_privs, seccomp" "1 2" \
		"$(process_status "$collector" NoNewPrivs) $(process_status "$collector" Seccomp)"
	# DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN, SYSLOG, PERFMON, BPF
	check_equal "collector: capabilities" 000000c400280004 "$(process_status "$collector" CapEff)"
	check_equal "collector: no IP" "" "$(ss -H -tuanp | grep "pid=$collector,")"
}

# ---------------------------------------------------------------------------------- Prometheus

prometheus_ready() { curl -sf "http://$prometheus/-/ready" > /dev/null; }

prometheus_start() {
	cat > /tmp/prometheus.yml <<-END
		global: { scrape_interval: 1s, scrape_timeout: 1s }
		scrape_configs:
		  - job_name: viommu
		    static_configs: [ { targets: ["$daemon_address"] } ]
	END
	(
		vm_forget
		exec prometheus --config.file=/tmp/prometheus.yml --storage.tsdb.path=/tmp/prometheus \
			--web.listen-address=$prometheus --log.level=warn
	) > "$LAB_OUT/prometheus.err" 2>&1 < /dev/null &
	prometheus_pid=$!
	wait_for 90 prometheus_ready ||
		{ fail prometheus "it does not start"; tail -n 5 "$LAB_OUT/prometheus.err"; return 1; }
}

# prometheus_query QUERY: its answer's .data.result
prometheus_query() {
	curl -sG --max-time 30 "http://$prometheus/api/v1/query" --data-urlencode "query=$1" |
		jq -c 'if .status == "success" then .data.result else error(.error) end'
}

# prometheus_values QUERY: "NAME DOMAIN LABEL VALUE" a line; LABEL is the one that tells series of one
# domain apart.
prometheus_values() {
	prometheus_query "$1" | jq -r '.[] | "\(.metric.__name__ // "-") \(.metric.domain // "-") \(
		.metric.reason // .metric.policy // .metric.le // "-") \(.value[1])"'
}

# prometheus_total SERIES: by all samples: what a counter grew to, its restarts counted as Prometheus
# counts them, and how many restarts there were. "TOTAL RESTARTS"; prints nothing if there is none.
prometheus_total() {
	prometheus_query "$1[1h]" | jq -r '.[] | [.values[][1] | tonumber] as $v | [range(1; $v | length)] as $i |
		"\($v[0] + ([$i[] | if $v[.] < $v[. - 1] then $v[.] else $v[.] - $v[. - 1] end] | add // 0)) \(
		[$i[] | select($v[.] < $v[. - 1])] | length)"'
}

# Two more scrapes, of whatever is told now.
prometheus_scraped() { sleep 2.5; }

# ----------------------------------------------------------------------------------------- VMs

# daemon_vm NAME FILE GROUP: a VM of that name that waits for orders, as vm_start; FILE names it here.
daemon_vm() {
	vm_launch "$2" '' "-g $3" bash -c 'exec -a qemu-system-x86_64 "$1" -name "guest=$0,debug-threads=on"' "$1"
	wait_for 30 grep -q '"set-iommu"' "$LAB_OUT/$2.vm" || fail "$2" "no container: $(cat "$LAB_OUT/$2.vm.err")"
}

# daemon_vm_libvirt NAME GROUP: one whose name the guard knows too, by its control group.
daemon_vm_libvirt() {
	vm_launch "$1" "machine.slice/machine-qemu\\x2d1\\x2d$1.scope" "-g $2" \
		bash -c 'exec -a qemu-system-x86_64 "$0" -m 1G'
	wait_for 30 grep -q '"set-iommu"' "$LAB_OUT/$1.vm" || fail "$1" "no container: $(cat "$LAB_OUT/$1.vm.err")"
}

# maps_of COUNT IOVA: so many operations, of pages one after the other.
maps_of() {
	local i
	for ((i = 0; i < $1; i++)); do printf 'map 0x%x 4K\n' $(($2 + i * 4096)); done
}

# vm_truth FILE...: "MAPS UNMAPS BYTES FAILED" of what VMs that wait for orders say that they did.
vm_truth() {
	local file
	for file; do cat "$LAB_OUT/$file.vm"; done | jq -rs '
		map(select(.op == "map" and .result == 0)) as $maps |
		"\($maps | length) \(map(select(.op == "unmap" and .result == 0)) | length) \(
		$maps | map(.size | ltrimstr("0x") | explode | reduce .[] as $c (0; . * 16 +
			if $c > 96 then $c - 87 else $c - 48 end)) | add // 0) \(
		map(select(.op == "map" and .result < 0)) | length)"'
}

# bulk NAME GROUP PAIRS: a VM that maps as fast as it goes, every 21st in vain, and ends.
bulk() {
	(
		vm_forget
		export VFIO_LOAD="-g $2 --pairs $3 --threads 2 --fail-every 21"
		exec -a qemu-system-x86_64 "$load_bin" -name "guest=$1,debug-threads=on"
	) > "$LAB_OUT/$1.load" 2> "$LAB_OUT/$1.load.err" < /dev/null &
}
