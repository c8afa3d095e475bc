# SPDX-License-Identifier: GPL-2.0
# The domU tells what a dump of it has to show

# A line a process: PID PPID NAME
processes()
{
	local file
	for file in /proc/[0-9]*/status; do
		awk '/^(Name|Pid|PPid):/ { has[$1] = $2 } END { print has["Pid:"], has["PPid:"], has["Name:"] }' "$file" 2>/dev/null
	done
}

# Addresses, that some files hide: a module, the stacks of threads, a page of a
# process and one of a device that it has mapped.
job_tell()
{
	local device
	# Else they are hashed.
	echo 1 >/proc/sys/kernel/kptr_restrict
	# It runs its suite, and stays.
	insmod /modules/xen-p2m-live-test.ko 2>/tmp/insmod.err ||
		{ check error told "insmod: $(tr '\n' ' ' </tmp/insmod.err)"; return; }
	wait_for 60 pci_claimed
	device=$(echo /sys/bus/pci/devices/*)
	echo 1 >"$device/enable"
	hold "$device/resource0" >/tmp/held &
	wait_for 60 grep -q ready /tmp/held ||
		{ check error told "no process holds pages: $(cat /tmp/held)"; return; }
	section told:processes processes
	section told:modules cat /proc/modules
	section told:vmalloc cat /proc/vmallocinfo
	section told:p2m cat /sys/kernel/debug/xen/mmu/p2m
	section told:held cat /tmp/held
	report_sections domu
	check pass told
}
