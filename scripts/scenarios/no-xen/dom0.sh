# SPDX-License-Identifier: GPL-2.0
# A kernel for PV domains without Xen

# Nothing of the P2M is there, and nothing of it has run.
step_no_xen()
{
	if [ -e /sys/kernel/debug/xen/p2m ] || [ -e /sys/kernel/debug/xen/mmu/p2m ]; then
		check fail no-xen "there is a P2M in debugfs"
	elif dmesg | grep -q 'xen/p2m'; then
		check fail no-xen "$(dmesg | grep 'xen/p2m' | head -n 1)"
	else
		check pass no-xen "$(uname -r)"
	fi
	section dmesg:no-xen dmesg
}
