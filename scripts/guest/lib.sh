# SPDX-License-Identifier: GPL-2.0
# Sourced by the guests' init: how dom0 and domU speak to the runner.
#
# dom0 speaks over its channel (fd 3), a line a message:
#   @begin NAME / any lines / @end NAME    a section of the report
#   @zip DATA                              such lines, by gzip and base64
#   @check STATUS NAME DETAIL              STATUS: pass, fail, skip or error
#   @event NAME                            asks the runner to act; it answers a line
#   @verdict STATUS                        the last word
# domU has no such port. It writes the same lines to xenstore, below its own
# "data" node, and dom0 passes them on.

# Where dom0 speaks. A port of its own takes 140 us a character, so what is long goes
# there packed; somebody may read what goes to a console (xp2m.channel=).
open_channel()
{
	local channel
	channel=$(cmdline_value xp2m.channel)
	packs=$([ "$channel" ] || echo yes)
	channel=/dev/${channel:-ttyS1}
	stty -F "$channel" raw -echo
	exec 3<>"$channel"
}

say()
{
	echo "$*" >&3
}

check()
{
	say "@check $*"
}

# section NAME COMMAND...: what the command prints
section()
{
	local name=$1
	shift
	{
		echo "@begin $name"
		"$@" 2>&1
	} >/tmp/section
	# A last line without its end would hide the end of the section.
	[ -z "$(tail -c 1 /tmp/section)" ] || echo >>/tmp/section
	echo "@end $name" >>/tmp/section
	pass_on /tmp/section
}

# pass_on FILE: its lines
pass_on()
{
	if [ "${packs:-}" ]; then
		say "@zip $(gzip -c "$1" | base64 -w 0)"
	else
		cat "$1" >&3
	fi
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for()
{
	local left=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.2
	done
}

mount_all()
{
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev 2>/dev/null
	mkdir -p /dev/pts /dev/shm
	mount -t devpts devpts /dev/pts
	mount -t tmpfs tmpfs /dev/shm
	mount -t tmpfs tmpfs /tmp
	mount -t tmpfs tmpfs /run
	mkdir -p /run/xen /var/lib/xen /var/log/xen /var/lib/xenstored
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t xenfs xenfs /proc/xen
}

# cmdline_value NAME: of NAME=value on the kernel's command line
cmdline_value()
{
	sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

dmesg_has()
{
	dmesg | grep -q -F "$1"
}

# said CHECK TEXT: does the kernel's log have it?
said()
{
	if dmesg_has "$2"; then
		check pass "$1"
	else
		check fail "$1" "no word of it in the log"
	fi
}

#
# KUnit
#

# kunit_module MODULE [LABEL [PARAMETER...]]: load it, read what its suites
# say, unload it
kunit_module()
{
	local module=$1 label=$2 root=/sys/kernel/debug/kunit suite name
	shift $(($# < 2 ? $# : 2))

	if [ ! -f "/modules/$module.ko" ]; then
		check error "${label:-$module}" "module $module is not in the initrd"
		return
	fi
	ls "$root" >/tmp/suites 2>/dev/null || echo "results of $module" >/dev/kmsg
	if ! insmod "/modules/$module.ko" "$@" 2>/tmp/insmod.err; then
		check fail "${label:-$module}" "insmod: $(tr '\n' ' ' </tmp/insmod.err)"
		return
	fi
	[ -d "$root" ] || kunit_log_verdict "${label:-$module}" "$module"
	for suite in "$root"/*; do
		[ -d "$suite" ] || continue
		suite=${suite##*/}
		grep -q -x -F "$suite" /tmp/suites && continue
		name=${label:-$suite}
		section "ktap:$name" cat "$root/$suite/results"
		kunit_verdict "$name" "$root/$suite/results"
	done
	rmmod "$module" 2>/tmp/rmmod.err ||
		check fail "${label:-$module}-rmmod" "$(tr '\n' ' ' </tmp/rmmod.err)"
}

# Without debugfs the results are in the log, those of all suites of the module.
kunit_log_verdict()
{
	dmesg | sed 's/^\[[^]]*\] //' |
		awk "/^results of $2\$/ { text = \"\" } { text = text \$0 \"\\n\" } END { printf \"%s\", text }" >/tmp/ktap
	section "ktap:$1" cat /tmp/ktap
	kunit_verdict "$1" /tmp/ktap
}

# The suite's own result is the last unindented line: "ok 1 name" or "not ok 1 name".
# Where there are several suites it is the first that failed.
kunit_verdict()
{
	local name=$1 last
	last=$(grep '^not ok ' "$2" | head -n 1)
	[ -n "$last" ] || last=$(grep '^ok ' "$2" | tail -n 1)

	case "$last" in
	"not ok"*)
		check fail "$name" "$(grep -E '^ *not ok' "$2" | head -n 1 | sed 's/^ *//')" ;;
	*"# SKIP"*)
		check skip "$name" "${last#*# SKIP }" ;;
	"ok"*)
		check pass "$name" "$(grep -c -E '^ +ok ' "$2") cases" ;;
	*)
		check error "$name" "the suite left no result" ;;
	esac
}

#
# What the report is made of
#

pci_resources()
{
	local device
	for device in /sys/bus/pci/devices/*; do
		[ -e "$device/resource" ] || continue
		echo "${device##*/} $(cat "$device/vendor"):$(cat "$device/device") $(cat "$device/class")"
		cat "$device/resource"
	done
}

# How much memory the domain has
current_kb()
{
	cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb
}

current_is()
{
	[ "$(current_kb)" -eq "$1" ]
}

# The same in the words of xen-p2m's archives
xen_memory()
{
	echo "xen_memory current_kb $(current_kb)"
}

report_sections()
{
	section "dmesg:$1" sh -c 'dmesg | head -n 1500'
	section "iomem:$1" cat /proc/iomem
	section "p2m:$1" cat /sys/kernel/debug/xen/mmu/p2m
	section "pci:$1" pci_resources
	section "memory:$1" xen_memory
}

#
# Memory that was added
#

# memory_outside MAP: memory in /proc/iomem, that for pages of other domains
# included, which is not in the ranges of MAP (lines START LAST, hexadecimal)
memory_outside()
{
	local start last from to covered
	grep -E 'System RAM|Xen scratch' /proc/iomem | tr -d ' ' | tr ':-' '  ' |
		while read -r start last _; do
			start=$((0x$start)) last=$((0x$last)) covered=0
			while read -r from to; do
				from=$((0x$from)) to=$((0x$to))
				[ "$from" -ge "$start" ] || from=$start
				[ "$to" -le "$last" ] || to=$last
				[ "$from" -gt "$to" ] || covered=$((covered + to - from + 1))
			done <"$1"
			[ "$covered" -eq $((last - start + 1)) ] ||
				printf '%#x-%#x ' "$start" "$last"
		done
}

# check_memory NAME MAP: is all memory where MAP has it?
check_memory()
{
	local outside
	outside=$(memory_outside "$2")
	if ! [ -s "$2" ]; then
		check error "$1" "no memory map"
	elif [ -z "$outside" ]; then
		check pass "$1" "$(grep -c -E 'System RAM|Xen scratch' /proc/iomem) ranges"
	else
		check fail "$1" "memory outside of the machine's: $outside"
	fi
	section "iomem:$1" cat /proc/iomem
	section "map:$1" cat "$2"
}

# hold_scratch MIB [AT-A-TIME]: set aside for pages of other domains as long as this runs
hold_scratch()
{
	scratch "$@" >/tmp/scratch 2>&1 &
	wait_for 120 grep -q . /tmp/scratch
	grep -q -x ready /tmp/scratch
}

#
# Bench
#

# Does nothing run but this, three times in a row? Debian's kernels test their crypto in a
# thread after boot.
nothing_else_runs()
{
	local running
	for _ in 1 2 3; do
		read -r _ _ _ running _ </proc/loadavg
		[ "${running%%/*}" -eq 1 ] || return 1
		sleep 0.1
	done
}

# bench_alone: what else runs would be counted
bench_alone()
{
	wait_for 300 nothing_else_runs ||
		check error bench "other threads run all the time: $(cat /proc/loadavg)"
}

# Load the module that measures the P2M, send its table, unload it.
bench_module()
{
	local results=/sys/kernel/debug/xen-p2m-bench/results

	bench_alone
	if ! insmod /modules/xen-p2m-bench.ko 2>/tmp/insmod.err; then
		check error bench "insmod: $(tr '\n' ' ' </tmp/insmod.err)"
		return
	fi
	if [ -f "$results" ]; then
		section bench:operations cat "$results"
	else
		check error bench "the module left no $results"
	fi
	section dmesg:bench sh -c 'dmesg | grep xen-p2m-bench'
	rmmod xen-p2m-bench 2>/tmp/rmmod.err ||
		check fail bench-rmmod "$(tr '\n' ' ' </tmp/rmmod.err)"
	[ ! -e "$results" ] || check fail bench-rmmod "$results is still there"
	check pass bench
}

# pattern_hold CHECK MIB: a process that holds a pattern; it reads from 4, answers on 5
pattern_hold()
{
	local line
	mkfifo /tmp/ask /tmp/answer
	pattern "$2" </tmp/ask >/tmp/answer &
	exec 4>/tmp/ask 5</tmp/answer
	read -r line <&5
	[ "$line" = ready ] || { check error "$1" "pattern says $line"; return 1; }
}

# pattern_still CHECK MIB: is it intact?
pattern_still()
{
	local line
	echo look >&4
	read -r line <&5
	if [ "$line" = intact ]; then
		check pass "$1" "$2 MiB intact"
	else
		check fail "$1" "$line"
	fi
}
