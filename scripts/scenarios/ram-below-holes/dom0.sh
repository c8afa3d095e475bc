# SPDX-License-Identifier: GPL-2.0
# A machine has no RAM left that dom0 does not use

# Is what was added above 4 GiB, and in no window of a host bridge?
step_memory_above()
{
	local at=100000000 start end
	dom0_map
	sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : PCI Bus .*/\1 \2/p' /proc/iomem >/tmp/windows
	while read -r start end; do
		[ $((0x$end)) -ge $((0x$at)) ] || continue
		printf '%s %x\n' "$at" $((0x$start - 1)) >>/tmp/map
		at=$(printf '%x' $((0x$end + 1)))
	done </tmp/windows
	printf '%s %s\n' "$at" 7fffffffffffffff >>/tmp/map
	check_memory memory-above /tmp/map
	said memory-above-said "xen/p2m: the map has no unused RAM left"
}
