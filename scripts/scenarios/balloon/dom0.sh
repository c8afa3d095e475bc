# SPDX-License-Identifier: GPL-2.0
# dom0 gives memory back, and gets it again

# Down by $1 MiB and up again, with a pattern held in what stays
step_balloon()
{
	local mib=${1:-512} full down
	mkfifo /tmp/ask /tmp/answer
	pattern 128 </tmp/ask >/tmp/answer &
	exec 4>/tmp/ask 5</tmp/answer
	read -r line <&5
	[ "$line" = ready ] || { check error balloon "pattern says $line"; return; }

	full=$(current_kb)
	down=$((full - mib * 1024))
	balloon_to "$down" balloon-down
	pattern_still balloon-down-pattern
	step_live ballooned
	balloon_to "$full" balloon-up
	pattern_still balloon-up-pattern
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

pattern_still()
{
	local line
	echo look >&4
	read -r line <&5
	if [ "$line" = intact ]; then
		check pass "$1" "128 MiB intact"
	else
		check fail "$1" "$line"
	fi
}
