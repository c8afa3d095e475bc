# SPDX-License-Identifier: GPL-2.0
# What the domU says of the device that comes

# The BAR lies where the domain's memory is: is that said, by name?
job_collide()
{
	local line
	wait_for 60 sh -c "dmesg | grep -q 'xen-p2m: .*e820_host=1'"
	line=$(dmesg | grep 'xen-p2m: ' | head -n 1)
	case "$line" in
	*' BAR '*'is not 1:1: '*'e820_host=1'*) check pass collide "$line" ;;
	*) check fail collide "no word of the BAR: $line" ;;
	esac
	section claims:domu cat /sys/kernel/debug/xen/p2m/pci
	report_sections domu
}
