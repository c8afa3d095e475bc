# SPDX-License-Identifier: GPL-2.0
# Virtual functions, and a balloon that takes what it can get

current_below()
{
	[ "$(current_kb)" -lt "$1" ]
}

# The balloon is told to take all there is, and gets as much as there is: more
# than half, and nothing of what is claimed.
step_squeeze()
{
	local full target=/sys/devices/system/xen_memory/xen_memory0/target_kb
	full=$(current_kb)
	echo 0 >"$target"
	if wait_for 60 current_below $((full / 2)); then
		sleep 5
		check pass squeeze "of $full KiB there are $(current_kb) left"
	else
		check fail squeeze "of $full KiB there are still $(current_kb)"
	fi
	step_claims squeezed
	echo "$full" >"$target"
	wait_for 120 current_is "$full" || check fail squeeze-back "$(current_kb) KiB of $full are back"
}

# Virtual functions of QEMU's nvme: their BARs lie in those of the physical one
step_sriov()
{
	local pf
	pf=$(pci_find 0x1b36 0x0010) || { check error sriov "no nvme device"; return; }
	sriov_enable "$pf" sriov || return
	vf_claimed "$pf" 1 sriov
}
