# SPDX-License-Identifier: GPL-2.0
# dom0 gives memory back, and gets it again

# Down by $1 MiB and up again, with a pattern held in what stays
step_balloon()
{
	local mib=${1:-512} full down
	pattern_hold balloon 128 || return
	full=$(current_kb)
	down=$((full - mib * 1024))
	balloon_to "$down" balloon-down
	pattern_still balloon-down-pattern 128
	step_live ballooned
	balloon_to "$full" balloon-up
	pattern_still balloon-up-pattern 128
	exec 4>&-
}

balloon_to()
{
	xl mem-set Domain-0 "$(($1 / 1024))m" >/tmp/mem-set.log 2>&1
	if wait_for 180 current_is "$1"; then
		check pass "$2" "dom0 holds $(current_kb) KiB"
	else
		check fail "$2" "dom0 holds $(current_kb) KiB, was told $1; $(tail -n 1 /tmp/mem-set.log)"
	fi
}
