# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for viommud(8)

_viommud()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}

	# --option=value arrives as three words.
	if [[ $current == = ]]; then
		current=
	elif [[ $previous == = ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	COMPREPLY=()
	case $previous in
	--config | --collector)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "--config --check-config --collector --server
			--help --version" -- "$current")
		;;
	esac
}

complete -F _viommud viommud
