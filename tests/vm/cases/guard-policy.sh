# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Policies as an administrator has them: files, viommuctl policy, and what viommu-trace shows.
. tests/vm/guard.sh

policy_dir=/etc/viommu/policy.d
policy_38=0x3fffffffff
policy_scope='machine.slice/machine-qemu\x2d1\x2dguest1.scope'

policy() { build/viommuctl policy "$@"; }

# policy_file NAME: standard input becomes that file of /etc.
policy_file() {
	mkdir -p "$policy_dir"
	cat > "$policy_dir/$1"
}

# policy_limit BITS MODE ERRNO: one file that limits the VM guest1.
policy_limit() {
	policy_file 50-guest.yaml <<-END
		version: 1
		policies:
		  - name: cap-$1
		    match: { vm: guest1 }
		    max_iova_bits: $1
		    mode: $2
		    errno: $3
		    message: ask the storage team
	END
}

# policy_says NAME STATUS TEXT COMMAND...: ends with that status and says this.
policy_says() {
	local name=$1 want=$2 text=$3 status=0
	shift 3
	"$@" > "$lib_tmp/said" 2>&1 || status=$?
	check_equal "$name: exit status" "$want" "$status"
	check "$name: says so" grep -qF -e "$text" "$lib_tmp/said"
}

# Nothing of the module is there: each command says so, and the rest works.
policy_absent() {
	local verb
	policy_limit 38 enforce ERANGE
	for verb in status diff flush; do
		policy_says "absent: $verb" 3 "viommu_guard is not loaded" policy $verb
	done
	policy_says "absent: apply" 3 "is not installed for this kernel" policy apply
	policy_says "absent: run" 3 "is not installed for this kernel" policy run cap-38 -- true
	policy_says "absent: check needs neither it nor rights" 0 "1 file, 1 policy" \
		setpriv --reuid 65534 --clear-groups build/viommuctl policy check "$policy_dir/50-guest.yaml"
	build/viommuctl doctor > "$lib_tmp/said"
	check "absent: doctor" grep -q 'policy: 1 policy file is not in force' "$lib_tmp/said"
	tracer_start policy-absent || return
	policy_vm "$policy_scope"
	check_equal "absent: only the host refuses" "ok EINVAL" \
		"$(vm_do vm "map 0x4000000000 4K" "map 0x8000000000 4K")"
	vm_stop vm
	tracer_stop
	check_equal "absent: no denial" "0 1" "$(events deny | wc -l) $(events map 'select(.result < 0)' | wc -l)"
	check_equal "absent: nothing is said of it" 0 "$(grep -c viommu_guard "$tracer_err")"
	rm -r /etc/viommu
	policy_says "absent: without files there is nothing to apply" 0 "nothing to do" policy apply
}

# Where libkmod looks, with nothing but our module in it.
policy_install() {
	local release where=/tmp/modules
	release=$(uname -r)
	mkdir -p "$where/lib/modules/$release/updates"
	cp "$guard_module" "$where/lib/modules/$release/updates/"
	depmod -b "$where" "$release" 2> /dev/null
	mount --bind "$where/lib/modules/$release" "/lib/modules/$release"
}

policy_apply() {
	policy_limit 38 enforce ERANGE
	policy_says "apply: loads the module" 0 "generation 1: 1 policy in force" policy apply
	check "apply: it is there" test -d /sys/module/viommu_guard
	policy_says "apply: files and kernel agree" 0 "files and kernel agree" policy diff
	check_equal "apply: as the kernel has it" "cap-38 274877906943 1 34 ask the storage team" \
		"$(guardctl get | jq -r 'select(.name) | "\(.name) \(.max) \(.mode) \(.errno) \(.message)"')"
	policy_limit 37 audit EPERM
	policy_says "diff: another name" 5 "- cap-38: " policy diff
	check_equal "diff: JSON" "added cap-37 removed cap-38" \
		"$(policy diff -o json | jq -r '.changes | map("\(.kind) \((.file // .kernel).name)") | sort | join(" ")')"
	policy_says "apply: a mistake in a file" 4 \
		"$policy_dir/60-bad.yaml:4:5: error: unknown key 'max_iova_bit' (did you mean 'max_iova_bits'?)" \
		policy_apply_bad
	check_equal "apply: what was in force stays" "cap-38 1" \
		"$(guardctl get | jq -r 'select(.name).name') $(guard_status .generation)"
	rm "$policy_dir/60-bad.yaml"
	chmod 666 "$policy_dir/50-guest.yaml"
	policy_says "apply: others can write to the file" 4 "chmod go-w" policy apply
	chmod 644 "$policy_dir/50-guest.yaml"
	chown 65534 "$policy_dir/50-guest.yaml"
	policy_says "apply: it is another user's" 4 "chown root" policy apply
	chown 0 "$policy_dir/50-guest.yaml"
	check_equal "apply: still in force" 1 "$(guard_status .generation)"
	check_equal "apply: JSON" "2 1 false true" \
		"$(policy apply -o json | jq -r '"\(.generation) \(.policies) \(.default) \(.armed)"')"
}

policy_apply_bad() {
	policy_file 60-bad.yaml <<-END
		version: 1
		policies:
		  - name: bad
		    max_iova_bit: 39
	END
	policy apply
}

# A file of /etc replaces one of that name in /run, and that one of /usr/lib; a link to /dev/null
# disables it; the names give the order.
policy_folders() {
	local dir
	for dir in /usr/lib /run; do
		mkdir -p "$dir/viommu/policy.d"
		printf 'version: 1\ndefault: { max_iova_bits: %s }\n' "$([ $dir = /run ] && echo 41 || echo 40)" \
			> "$dir/viommu/policy.d/90-default.yaml"
	done
	check_equal "folders: /run over /usr/lib" 0x1ffffffffff "$(policy check -o json | jq -r '.policies[-1].max_iova')"
	rm /run/viommu/policy.d/90-default.yaml
	check_equal "folders: then /usr/lib" 0xffffffffff "$(policy check -o json | jq -r '.policies[-1].max_iova')"
	ln -s /dev/null "$policy_dir/90-default.yaml"
	check_equal "folders: disabled" 1 "$(policy check -o json | jq '.policies | length')"
	rm -r "$policy_dir/90-default.yaml" /usr/lib/viommu /run/viommu
}

# policy_vm CGROUP: a process that is QEMU to all who ask, in that group.
policy_vm() {
	vm_launch vm "$1" "-g $group" bash -c 'exec -a qemu-system-x86_64 "$0" -m 1G'
	wait_for 20 grep -q '"set-iommu"' "$LAB_OUT/vm.vm" || fail "vm" "no container: $(cat "$LAB_OUT/vm.vm.err")"
}

declare -A policy_pid

# policy_traced MODE ERRNO WANT: what a VM sees at the limit, across it, above, above the host. Its
# process is $policy_pid[MODE-ERRNO].
policy_traced() {
	policy_limit 38 "$1" "$2"
	policy apply > /dev/null 2>&1
	policy_vm "$policy_scope/libvirt/emulator"
	policy_pid[$1-$2]=${vm_pid[vm]}
	check_equal "traced: what the VM saw ($1 $2)" "$3" "$(vm_do vm "map 0x3ffffff000 4K" \
		"unmap 0x3ffffff000 4K" "map 0x3ffffff000 8K" "map 0x5000000000 4K" "map 0x8000000000 4K")"
	vm_stop vm
}

# A container that is older than its policy.
policy_older() {
	policy flush > /dev/null
	policy_vm "$policy_scope"
	policy_pid[older]=${vm_pid[vm]}
	policy_limit 38 enforce EPERM
	policy apply > /dev/null 2>&1
	check_equal "older: refused" EPERM "$(vm_do vm "map 0x4000000000 4K")"
	check_equal "older: status" "guest1 checked $policy_38 1" "$(policy status -o json |
		jq -r '.containers[] | "\(.vm) \(.state) \(.limit) \(.denials)"')"
	vm_stop vm
}

# policy_told MODE-ERRNO WANT...: the denials of that VM, "IOVA RESULT ERRNO POLICY" each.
policy_told() {
	local name=$1
	shift
	check_equal "traced: one deny each ($name)" "$(printf '%s\n' "$@" | paste -sd ';')" \
		"$(events deny "select(.pid == ${policy_pid[$name]}) |
			\"\\(.iova) \\(.result) \\(.errno // \"-\") \\(.policy.name // \"-\")\"" | jq -r . | sort | paste -sd ';')"
	check_equal "traced: no line of the same maps besides ($name)" \
		"$([ "$name" = older ] || echo 0x8000000000)" \
		"$(events map "select(.pid == ${policy_pid[$name]} and .result < 0) | .iova" | jq -r . | paste -sd ' ')"
}

policy_deny() {
	tracer_start policy-deny || return
	policy_traced enforce ERANGE "ok ok ERANGE ERANGE EINVAL"
	policy_traced enforce EPERM "ok ok EPERM EPERM EINVAL"
	policy_traced enforce EINVAL "ok ok EINVAL EINVAL EINVAL"
	check_equal "traced: status counts them" "6 0" \
		"$(policy status -o json | jq -r '.policies[] | select(.name == "cap-38") | "\(.denials) \(.audits)"')"
	policy_traced audit ERANGE "ok ok ok ok EINVAL"
	policy_older
	sleep 2
	tracer_stop
	policy_told enforce-ERANGE "0x3ffffff000 -34 ERANGE cap-38" "0x5000000000 -34 ERANGE cap-38"
	policy_told enforce-EPERM "0x3ffffff000 -1 EPERM cap-38" "0x5000000000 -1 EPERM cap-38"
	policy_told enforce-EINVAL "0x3ffffff000 -22 EINVAL cap-38" "0x5000000000 -22 EINVAL cap-38"
	policy_told audit-ERANGE "0x3ffffff000 0 - cap-38" "0x5000000000 0 - cap-38"
	policy_told older "0x4000000000 -1 EPERM cap-38"
	check_equal "traced: which VM, why, where the policy is from" \
		"guest1 policy policy $policy_38 $policy_dir/50-guest.yaml" \
		"$(events deny '"\(.vm) \(.reason) \(.limit.from) \(.limit.last_iova) \(.policy.file)"' | jq -r . | sort -u)"
	check "traced: the administrator's words" \
		grep -q 'policy cap-38 of [^ ]*50-guest.yaml says: ask the storage team' "$tracer_out"
	check_equal "traced: the summary counts them" "7 0" \
		"$(summary '"\(.failures.policy // 0) \(.lost.denial_missed // 0)"')"
}

policy_pending() {
	policy_limit 38 enforce ERANGE
	policy apply > /dev/null 2>&1
	policy_vm "$policy_scope"
	policy_limit 39 enforce ERANGE
	policy apply > /dev/null
	check_equal "pending: status" "pending $policy_38" \
		"$(policy status -o json | jq -r '.containers[] | "\(.state) \(.limit)"')"
	policy status > "$lib_tmp/said"
	check "pending: and for people" grep -qE 'guest1, container [0-9]+-[0-9]+: pending at .* by' "$lib_tmp/said"
	vm_stop vm
}

# By cgroup: what `vm:` is compiled into, and what it must not take.
policy_patterns() {
	policy_file 50-guest.yaml <<-'END'
		version: 1
		policies:
		  - { name: one, match: { vm: guest1 }, max_iova_bits: 38 }
		  - { name: prox, match: { vm: 8006 }, max_iova_bits: 37 }
		  - { name: mine, match: { cgroup: '/my*/vm-#.scope' }, max_iova_bits: 36 }
	END
	policy apply > /dev/null 2>&1
	policy_is "libvirt" "$policy_scope" $policy_38
	policy_is "libvirt, below" "$policy_scope/libvirt/emulator" $policy_38
	policy_is "a slice of one's own" 'machine.slice/machine-production.slice/machine-qemu\x2d22\x2dguest1.scope' $policy_38
	policy_is "guest10" 'machine.slice/machine-qemu\x2d1\x2dguest10.scope' 0x7fffffffff
	policy_is "myguest1" 'machine.slice/machine-qemu\x2d1\x2dmyguest1.scope' 0x7fffffffff
	policy_is "my-guest1" 'machine.slice/machine-qemu\x2d1\x2dmy\x2dguest1.scope' 0x7fffffffff
	policy_is "Proxmox" qemu.slice/8006.scope 0x1fffffffff
	policy_is "another of Proxmox" qemu.slice/18006.scope 0x7fffffffff
	policy_is "cgroup" myslice/vm-12.scope/x 0xfffffffff
	policy_is "cgroup, no number" myslice/vm-x.scope 0x7fffffffff
}

# policy_is NAME CGROUP LAST
policy_is() {
	vm_start vm "$group" "$2"
	check_equal "patterns: $1" "$3" "$(vm_last vm)"
	vm_stop vm
}

policy_run() {
	vm_launch vm '' "-g $group" build/viommuctl policy run prox --
	wait_for 30 grep -q set-iommu "$LAB_OUT/vm.vm"
	check_equal "run: bound before the first map" 0x1fffffffff "$(vm_last vm)"
	vm_stop vm
	policy_says "run: a policy that is not there" 0 "no policy 'nobody' is in force" policy run nobody -- true
	policy_says "run: no command" 2 "a policy and a command are needed" policy run prox
	policy_says "run: no such command" 1 "cannot run /none" policy run prox -- /none
}

policy_replay() {
	policy flush > /dev/null
	tracer_start policy-replay --all || return
	policy_vm "$policy_scope"
	vm_do vm "map 0x1000000 4K" "map 0x4000000000 8K" "map 0x5000000000 4K" > /dev/null
	vm_stop vm
	tracer_stop
	policy_limit 38 enforce ERANGE
	policy_says "test: who would have been refused" 5 \
		"would refuse 2 of 3 maps, from 0x4000000000 to 0x5000000fff" \
		policy test --replay "$tracer_out"
	policy_limit 39 enforce ERANGE
	policy_says "test: nobody" 0 "nothing refused" policy test --replay "$tracer_out"
}

policy_flush() {
	policy apply > /dev/null 2>&1
	policy_says "flush" 0 "no policies are in force" policy flush
	check_equal "flush: nothing is" "" "$(guardctl get | jq -r 'select(.name or .max)')"
	check_equal "flush: JSON" "true" "$(policy flush -o json | jq '.generation > 1 and .policies == 0')"
	check "flush: the module can go" guard_unload
	policy_says "flush: and is gone" 3 "viommu_guard is not loaded" policy status
}

guard_bind
policy_absent
policy_install
policy_apply
policy_folders
policy_deny
policy_pending
policy_patterns
policy_run
policy_replay
policy_flush
