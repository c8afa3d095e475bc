# SPDX-License-Identifier: GPL-2.0
# bash completion for xen-p2m

_xen_p2m()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}
	local plan="--dom0-mem= --max-mem= --nr-pages= --kernel= --initrd= --domu --e820-host"
	local words

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "plan draw dump audit report help --help --version" -- "$cur")
		return
	fi
	case "$command" in
	plan) words="$plan --json --verbose --help" ;;
	draw) words="$plan --output= --html --help" ;;
	dump) words="--domain= --json --root= --help" ;;
	audit) words="--domain= --json --verbose --root= --help" ;;
	report) words="--output= --force --root= --help" ;;
	help) mapfile -t COMPREPLY < <(compgen -W "plan draw dump audit report" -- "$cur"); return ;;
	*) return ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
	elif [[ $command != dump && $command != report ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -F _xen_p2m xen-p2m
