# SPDX-License-Identifier: GPL-2.0
# A virtual function of a card goes to a PV domU

# The first virtual function of an igb card goes to a PV domU, which writes to a
# register of its own. What it wrote is in the physical function's registers, or the
# BAR that the domU has is not that of the device.
step_igb_vf()
{
	local pf vf word
	pf=$(pci_find 0x8086 0x10c9) || { check error vf-enable "no igb card"; return; }
	sriov_enable "$pf" vf-enable || return
	vf=$(virtfn "$pf" 0)
	check pass vf-enable "$vf"
	vf_claimed "$pf" 0 vf-claim
	to_pciback "$vf" vf-enable || return
	section passed echo "$vf"
	guest_start guest-vf 256 igb_vf "pci=['${vf#*:}']" "e820_host=1" || return
	guest_says guest-vf 300
	# Transmit descriptors of queue 0, which is that of the first virtual function
	word=$(bar "/sys/bus/pci/devices/$pf/resource0" read 0xe000 2>&1)
	if [ "$word" = 0x5eed0000 ]; then
		check pass vf-same-device "$word"
	else
		check fail vf-same-device "the physical function has $word there"
	fi
	guest_dump guest-vf
	guest_end guest-vf
}
