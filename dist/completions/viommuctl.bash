# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for viommuctl(8)

# Names of running QEMU processes, from -name NAME or -name guest=NAME,... A name that needs
# quoting is left to the user.
_viommuctl_vms()
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

# Options of each command.
_viommuctl_options()
{
	case $1 in
	host) echo "--output --help --version" ;;
	vms) echo "--vm --map --watch --output --help --version" ;;
	report) echo "--vm --since --socket --output --help --version" ;;
	recommend) echo "--vm --host --facts --output --dump-facts --help --version" ;;
	explain) echo "--output --help --version" ;;
	fleet) echo "--prometheus --selector --host-label --header --bearer-token-file --netrc-file --ca --cert --key --insecure --timeout --max-size --output --help --version" ;;
	policy) echo "--replay --output --help --version" ;;
	doctor) echo "--output --help --version" ;;
	esac
}

# After "viommuctl policy": its commands, their options, files; after "run NAME --" any command.
_viommuctl_policy()
{
	local current=$1 previous=$2 command=${COMP_WORDS[2]} words=

	if ((COMP_CWORD == 2)); then
		words="check diff apply status test run flush --help --version"
	elif [[ $previous == -r || $previous == --replay ]] ||
	     [[ $command =~ ^(check|test)$ && $current != -* ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	elif [[ $command == run ]]; then
		((COMP_CWORD > 4)) && mapfile -t COMPREPLY < <(compgen -c -- "$current")
		return
	else
		words=$(_viommuctl_options policy)
		[[ $command == test ]] || words=${words#--replay }
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

_viommuctl()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	local words=

	# --option=value arrives as three words.
	if [[ $current == = ]]; then
		current=
	elif [[ $previous == = ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words="host vms report recommend explain policy fleet doctor --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
		return
	fi
	if [[ $command == policy && $previous != -o && $previous != --output ]]; then
		_viommuctl_policy "$current" "$previous"
		return
	fi
	case $previous in
	-m | --map | --vm) words=$(_viommuctl_vms) ;;
	-o | --output)
		words="table json"
		[[ $command == vms ]] && words+=" svg"
		;;
	-w | --watch) words="10s 1m 5m" ;;
	--since) words="1h 24h 168h" ;;
	--prometheus) words="http:// https://" ;;
	--timeout) words="10s 30s 2m" ;;
	--max-size) words="64M 256M" ;;
	--selector | --host-label | --header) return ;;
	--facts | --socket | --bearer-token-file | --netrc-file | --ca | --cert | --key)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	*)
		if [[ $command == explain && $current != -* ]]; then
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			return
		fi
		words=$(_viommuctl_options "$command")
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _viommuctl viommuctl
