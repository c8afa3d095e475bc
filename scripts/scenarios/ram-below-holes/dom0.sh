# SPDX-License-Identifier: GPL-2.0
# A machine has no RAM left that dom0 does not use

# Is what was added above everything else?
step_memory_above()
{
	local last=0 end
	sed -n 's/^ *[0-9a-f]*-\([0-9a-f]*\) : PCI Bus .*/\1/p' /proc/iomem >/tmp/windows
	while read -r end; do
		[ $((0x$end)) -le "$last" ] || last=$((0x$end))
	done </tmp/windows
	dom0_map
	printf '%x %s\n' $((last + 1)) 7fffffffffffffff >>/tmp/map
	check_memory memory-above /tmp/map
	if dmesg | grep -q 'xen/p2m: the map has no unused RAM left'; then
		check pass memory-above-said
	else
		check fail memory-above-said "no word of it in the log"
	fi
}
