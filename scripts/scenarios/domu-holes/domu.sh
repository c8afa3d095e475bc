# SPDX-License-Identifier: GPL-2.0
# A PV domU with the host's map grows beside its device

# What the domU's map has as RAM ("System RAM" in 7.3), or as unusable: there the
# host has RAM
domu_map()
{
	dmesg | sed -n 's/.*Xen: \[mem 0x\([0-9a-f]*\)-0x\([0-9a-f]*\)\] *\(usable\|unusable\|System RAM\)$/\1 \2/p'
}

holds_at_least()
{
	[ "$(current_kb)" -ge "$1" ]
}

edu_there()
{
	grep -q 0x11e8 /sys/bus/pci/devices/*/device
}

# holes:MIB:KIB: MIB are set aside for pages of other domains, and the domain grows
# to KIB, before dom0 goes on. The device is there from the start, or comes then.
job_holes()
{
	local mib=${1%:*} kib=${1#*:}
	# In a distribution udev does it.
	echo online >/sys/devices/system/memory/auto_online_blocks
	if hold_scratch "$mib"; then
		check pass holes-scratch "$mib MiB"
	else
		check fail holes-scratch "$(tail -n 1 /tmp/scratch)"
	fi
	xenstore-write data/ready yes
	if wait_for 120 holds_at_least "$kib"; then
		check pass holes-grown "$(current_kb) KiB"
	else
		check fail holes-grown "$(current_kb) KiB of $kib"
	fi
	xenstore-write data/grown yes
	until xenstore-read data/look >/dev/null 2>&1; do
		sleep 0.5
	done
	domu_map >/tmp/map
	check_memory holes-memory /tmp/map
	wait_for 120 edu_there
	# On stock memory may have its place, so it is never claimed.
	wait_for 20 pci_claimed || true
	kunit_module xen-p2m-edu-test holes-edu
	kunit_module xen-p2m-live-test holes-live
	section layout:domu cat /sys/kernel/debug/xen/p2m/layout
	report_sections domu
}
