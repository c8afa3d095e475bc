# SPDX-License-Identifier: GPL-2.0
# Where memory comes from if neither unused RAM nor a place above the map is left

# given_up:MIB: pages of other domains are mapped in place of dom0's own, permanently
step_given_up()
{
	local before after
	before=$(current_kb)
	hold_scratch "$1" || check fail given-up "$(tail -n 1 /tmp/scratch)"
	after=$(current_kb)
	# The balloon would have time enough to get them back.
	sleep 3
	if [ "$after" -lt "$before" ] && current_is "$after"; then
		check pass given-up "$before KiB before, $after after it"
	else
		check fail given-up "$before KiB before, $after after it, $(current_kb) in the end"
	fi
	said given-up-said "xen/p2m: the map has no room for pages of other domains"
}

mib_available()
{
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

# hole_scratch:MIB: more at a time than dom0 can give up
step_hole_scratch()
{
	local before fill
	mount -o remount,size=90% /tmp
	fill=$(($(mib_available) - $1 * 3 / 4))
	dd if=/dev/zero of=/tmp/fill bs=1M count="$fill" 2>/tmp/dd.err ||
		check error hole-scratch "$(tail -n 1 /tmp/dd.err)"
	before=$(current_kb)
	if ! hold_scratch "$1" "$1"; then
		check fail hole-scratch "$(tail -n 1 /tmp/scratch)"
	elif current_is "$before"; then
		check pass hole-scratch "$1 MiB, with $(mib_available) MiB available"
	else
		check fail hole-scratch "$before KiB before, $(current_kb) after it"
	fi
	rm /tmp/fill
	said hole-scratch-said "xen/p2m: memory is added in a hole of the map"
	section iomem:hole cat /proc/iomem
}

# refused:MIB: more than any hole takes
step_refused()
{
	local full ram target=/sys/devices/system/xen_memory/xen_memory0/target_kb
	full=$(current_kb) ram=$(ram_kb)
	echo $((full + $1 * 1024)) >"$target"
	wait_for 60 dmesg_has "xen/p2m: no memory can be added"
	said refused-said "xen/p2m: no memory can be added: no "
	echo "$full" >"$target"
	if [ "$(ram_kb)" -eq "$ram" ]; then
		check pass refused "$(current_kb) KiB"
	else
		check fail refused "$ram KiB of System RAM before, $(ram_kb) now"
	fi
}
