# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Which VM it was: VMs of all names, gone before anybody could look, idle for long, two at once; and
# only those that were asked for. vfio-load plays them: $VFIO_LOAD says what it does, so that its
# command line can be a QEMU's. A real QEMU that cannot start is there, too.

identity_uuid=6f0d5a2e-3c54-4b7a-9d0e-0123456789ab
# Each process of identity_who() maps at an IOVA of its own, in vain.
identity_iova=$((0x8000000000))

declare -A identity_pids

# Several tracers at once: identity_trace NAME ARGS... starts one, identity_attached waits for all,
# identity_end NAME ends one and makes its output the one that is meant.
identity_trace() {
	tracer_launch "$@"
	identity_pids[$1]=$tracer_pid
}

identity_attached() {
	local name
	for name in "${!identity_pids[@]}"; do
		tracer_err=$LAB_OUT/$name.err
		wait_for 60 tracer_attached || fail "identity: tracer $name" "it did not attach"
	done
}

identity_end() {
	tracer_pid=${identity_pids[$1]}
	tracer_out=$LAB_OUT/$1.jsonl
	unset "identity_pids[$1]"
	tracer_stop
	check_equal "identity: exit status of tracer $1" 0 "$tracer_status"
}

# As QEMU with these arguments.
identity_qemu() { exec -a qemu-system-x86_64 "$load_bin" "$@"; }

# The same in a control group, which is all that says what VM it is.
identity_scope() {
	mkdir -p "/sys/fs/cgroup/$1"
	echo "$BASHPID" > "/sys/fs/cgroup/$1/cgroup.procs"
	shift
	identity_qemu "$@"
}

# The same with libvirt's status file of a VM of that name.
identity_libvirt() {
	mkdir -p /run/libvirt/qemu
	printf '<domstatus state="running" pid="%d">\n<domain type="kvm"><name>%s</name><uuid>%s</uuid>\n' \
		"$BASHPID" "$1" "$identity_uuid" > /run/libvirt/qemu/lab.xml
	printf '</domain></domstatus>\n' >> /run/libvirt/qemu/lab.xml
	identity_qemu -name "guest=not $1"
}

# No VM at all.
identity_dpdk() { exec -a dpdk-testpmd "$load_bin" -l 0-1; }

# identity_who "NAME SOURCE" KIND ARGS...: a process that ends at once. @ stands for its pid.
identity_who() {
	local want=$1 kind=identity_$2 iova
	shift 2
	iova=$(printf '0x%x' $identity_iova)
	identity_iova=$((identity_iova + 0x1000))
	(
		export VFIO_LOAD="-g $group map $iova 4K"
		"$kind" "$@"
	) > "$LAB_OUT/who.load" 2>&1 < /dev/null &
	echo "$iova ${want/@/$!}" >> "$LAB_OUT/who.want"
	wait $!
}

identity_everybody() {
	: > "$LAB_OUT/who.want"
	identity_who 'web-1 cmdline' qemu -name guest=web-1,debug-threads=on -m 1G
	identity_who 'web-2 cmdline' qemu -S -name web-2 -uuid "$identity_uuid"
	identity_who 'db-1 cmdline' qemu -append 'a -name guest=wrong' --name debug-threads=on,guest=db-1
	identity_who 'a,b c cmdline' qemu -name 'guest=a,,b c,debug-threads=on'
	identity_who 'Büro 日本 cmdline' qemu -name 'guest=Büro 日本'
	identity_who $'\xef\xbf\xbd[31mred cmdline' qemu -name $'guest=\e[31mred'
	identity_who 'late cmdline' qemu -name late -append "$(printf '%5000s' x)"
	identity_who 'guest9 cgroup' scope 'machine.slice/machine-qemu\x2d1\x2dguest9.scope' -m 1G
	identity_who 'my-vm cgroup' scope 'machine.slice/machine-qemu\x2d12\x2dmy\x2dvm.scope/libvirt/emulator'
	identity_who 'named cmdline' scope 'machine.slice/machine-qemu\x2d3\x2dcut.scope' -name guest=named
	identity_who 'prox cmdline' scope qemu.slice/8006.scope -id 8006 -name prox,debug-threads=on
	identity_who 'by libvirt libvirt' libvirt 'by libvirt'
	identity_who 'pid:@ none' qemu -m 1G
	identity_who 'pid:@ none' dpdk
}

# identity_told FILTER: "IOVA NAME SOURCE" of the maps that the tracer told of.
identity_told() {
	jq -r "select(.type == \"map\") | select(${1:-true}) | \"\(.iova) \(.vm) \(.vm_source)\"" \
		"$tracer_out"
}

# Those of identity_who() whose line matches.
identity_wanted() { grep -E "$1" "$LAB_OUT/who.want"; }

# identity_only NAME TRACER PATTERN: the tracer told of these and nothing else of anybody.
identity_only() {
	identity_end "$2"
	check_equal "$1" "$(identity_wanted "$3")" "$(identity_told)"
	check_equal "$1: nobody else in any line" "$(identity_wanted "$3" | cut -d ' ' -f 2- |
		sed 's/ [a-z]*$//' | sort -u)" "$(jq -r 'select(.vm) | .vm' "$tracer_out" | sort -u)"
}

# Gone for certain when the tracer gets to look: it sleeps until then.
identity_gone() {
	local pid=${identity_pids[guest1]}
	kill -STOP "$pid"
	(
		export VFIO_LOAD="-g $group"
		identity_qemu -name guest=guest1,debug-threads=on
	) < <(for i in 0 1 2 3 4 5 6 7 8 9 a b; do echo "map 0x900000${i}000 4K"; done) \
		> "$LAB_OUT/gone.load"
	identity_refused
	kill -CONT "$pid"
	identity_end guest1
	load_out=$LAB_OUT/gone.load
	load_failures > "$LAB_OUT/want"
	trace_failures | grep -v ENOMEM > "$LAB_OUT/got"
	same_set "identity: failures of a VM that is gone" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "identity: name of a VM that is gone" guest1 \
		"$(jq -r 'select(.vm) | .vm' "$tracer_out" | sort -u)"
	check_equal "identity: a real QEMU that cannot start" \
		"$(sed -n 's/.*vfio_container_dma_map([^,]*, \(0x[0-9a-f]*\), \(0x[0-9a-f]*\), .*/\1 \2 memlock guest1/p' \
			"$LAB_OUT/refused.err")" \
		"$(events map 'select(.errno == "ENOMEM") | "\(.iova) \(.size) \(.reason) \(.vm)"' |
			tr -d '"' | head -n 1)"
}

# QEMU needs more locked memory than it may have, says so and exits.
identity_refused() {
	(
		ulimit -l 64
		setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock timeout 60 qemu-system-x86_64 \
			-name guest=guest1 -M q35 -m 128M -nodefaults -display none -accel tcg -S \
			-device "vfio-pci,host=$bdf"
	) > /dev/null 2> "$LAB_OUT/refused.err"
}

identity_names() {
	identity_trace everybody
	identity_trace glob --vm 'web-*'
	identity_trace some --vm "${identity_uuid^^}" --vm 'a,b c' --vm guest9 --vm 'Büro*'
	identity_trace guest1 --vm guest1
	identity_attached
	identity_everybody
	identity_gone
	identity_only "identity: a glob" glob ' web-'
	identity_only "identity: uuid, comma, blank, UTF-8, scope" some ' (web-2|a,b c|guest9|Büro 日本|by libvirt) '
	identity_end everybody
	identity_told '.vm != "guest1"' > "$LAB_OUT/got"
	same_set "identity: who each of them is" "$LAB_OUT/who.want" "$LAB_OUT/got"
	check_equal "identity: one that is no VM" "vfio-load pid:" \
		"$(events map 'select(.iova == "'"$(tail -n 1 "$LAB_OUT/who.want" | cut -d ' ' -f 1)"'") |
			"\(.comm) \(.vm[0:4])"' | tr -d '"')"
}

# identity_idle NAME GROUP: a VM that has mapped something and waits for a line on its descriptor.
identity_idle() {
	mkfifo "/tmp/$1.in"
	(
		export VFIO_LOAD="-g $2"
		identity_qemu -name "guest=$1"
	) < "/tmp/$1.in" > "$LAB_OUT/$1.load" &
}

# The ranges that GET_INFO told the VM, two of them here, as the table writes them.
identity_host() {
	local -a r
	read -ra r < <(jq -r 'select(.op == "info") | .ranges | map(.start, .last) | join(" ")' \
		"$LAB_OUT/$1.load")
	awk -v last=$((r[3] + 1)) 'BEGIN { printf "%d bits", log(last) / log(2) }'
	printf ', hole 0x%x-0x%x\n' $((r[1] + 1)) $((r[2] - 1))
}

# A VM that does nothing while the tracer runs has told it nothing: all comes from its container.
identity_old() {
	local name
	"$trace_bin" -o json --duration 1 > "$LAB_OUT/old.jsonl" 2> "$LAB_OUT/old.err"
	"$trace_bin" --duration 1 > "$LAB_OUT/old.txt" 2>> "$LAB_OUT/old.err"
	tracer_out=$LAB_OUT/old.jsonl
	check_equal "identity: idle VMs tell nothing" summary "$(jq -r .type "$tracer_out" | sort -u)"
	check_equal "identity: what is known of idle VMs" \
		"guest1 39 39 39 container 1;guest2 39 39 39 container 1" \
		"$(summary '"\(.vm) \(.host_bits.max) \(.host_bits.safe) \(.recommended_aw_bits) \(.limit.from) \(.containers)"' |
			sort | paste -sd ';')"
	for name in guest1 guest2; do
		check "identity: ranges of idle $name are what GET_INFO says" \
			grep -qF "$(identity_host "$name")" <(sed -n "/Summary of $name/,/^\$/p" "$LAB_OUT/old.txt")
	done
}

# Twelve failures of each of the two, one after the other.
identity_both() {
	local i
	for i in 0 1 2 3 4 5 6 7 8 9 a b; do
		echo "map 0x8100000${i}000 4K" >&7
		echo "map 0x8200000${i}000 8K" >&8
	done
	printf '%s\n' "map 0x200000 64K" close >&7
	printf '%s\n' "map 0x200000 64K" "map 0x300000 64K" close >&8
	exec 7>&- 8>&-
	wait "$first" "$second"
}

# identity_sees NAME TRACER VM: the tracer saw all of this VM, and no trace of the other.
identity_sees() {
	identity_end "$2"
	load_out=$LAB_OUT/$3.load
	load_failures > "$LAB_OUT/want"
	trace_failures > "$LAB_OUT/got"
	same_set "$1" "$LAB_OUT/want" "$LAB_OUT/got"
	check_equal "$1: only this VM" "$3" "$(jq -r 'select(.vm) | .vm' "$tracer_out" | sort -u)"
	check_equal "$1: counters" "$4" "$(summary '"\(.maps) \(.map_bytes) \(.containers)"')"
}

identity_two() {
	local first second group2
	group2=$(lab_group "$bdf2")
	identity_idle guest1 "$group"; first=$!
	identity_idle guest2 "$group2"; second=$!
	exec 7> /tmp/guest1.in 8> /tmp/guest2.in
	printf '%s\n' info "map 0x100000 4K" | tee /dev/fd/7 >&8
	sleep 0.5
	identity_old
	# A tracer that held the pipes open would keep the VMs from their end.
	identity_trace vm --vm guest1 7>&- 8>&-
	identity_trace pid --pid "$second" 7>&- 8>&-
	identity_trace both 7>&- 8>&-
	identity_attached
	identity_both
	sleep 1
	identity_sees "identity: --vm guest1 of two" vm guest1 "1 65536 1"
	identity_sees "identity: --pid of the other" pid guest2 "2 131072 1"
	identity_end both
	cat "$LAB_OUT/guest1.load" "$LAB_OUT/guest2.load" > "$LAB_OUT/both.load"
	load_out=$LAB_OUT/both.load
	load_failures | sed 's/^map 0x81/guest1 &/; s/^map 0x82/guest2 &/' > "$LAB_OUT/want"
	jq -r 'select(.type == "map" and .result < 0) | "\(.vm) \(.type) \(.iova) \(.size) \(.errno)"' \
		"$tracer_out" > "$LAB_OUT/got"
	same_set "identity: two VMs are told apart" "$LAB_OUT/want" "$LAB_OUT/got"
}

lab_vfio_modules
read -r bdf group bdf2 _ < <(lab_bind 1234:11e8 | paste -sd ' ')
identity_names
identity_two
