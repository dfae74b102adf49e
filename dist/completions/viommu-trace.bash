# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for viommu-trace(8)

# Names of running QEMU processes, from -name NAME or -name guest=NAME,... A name that needs
# quoting is left to the user.
_viommu_trace_vms()
{
	local cmdline arg previous name
	local -a args

	for cmdline in /proc/[0-9]*/cmdline; do
		mapfile -d '' -t args 2>/dev/null <"$cmdline" || continue
		[[ ${args[0]-} == *qemu* || ${args[0]-} == *kvm* ]] || continue
		previous=
		for arg in "${args[@]}"; do
			if [[ $previous == -name || $previous == --name ]]; then
				name=${arg#guest=}
				name=${name%%,*}
				[[ $name =~ ^[A-Za-z0-9._:@+-]+$ ]] && printf '%s\n' "$name"
			fi
			previous=$arg
		done
	done
} 2>/dev/null

# Values of --source are a list: complete the part after the last comma.
_viommu_trace_source()
{
	local done=

	[[ $1 == *,* ]] && done=${1%,*},
	compgen -P "$done" -W "host guest qemu" -- "${1##*,}"
}

_viommu_trace()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local words=

	# --option=value arrives as three words.
	if [[ $current == = ]]; then
		current=
	elif [[ $previous == = ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	COMPREPLY=()
	case $previous in
	--vm) words=$(_viommu_trace_vms) ;;
	-o | --output) words="table json" ;;
	--fail-on) words="benign warning silent fatal" ;;
	--hooks) words="auto fentry kprobe" ;;
	--ring-size) words="64K 1M 4M 16M 64M" ;;
	--request-rate) words="0 5000 20000 100000" ;;
	--duration) words="10s 1m 5m 1h" ;;
	--source)
		mapfile -t COMPREPLY < <(_viommu_trace_source "$current")
		return
		;;
	--pid | --count) return ;;
	*)
		words="--vm --pid --all --requests --source --output --summary --verbose
			--duration --count --fail-on --hooks --no-latency --request-rate
			--ring-size --help --version"
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _viommu_trace viommu-trace
