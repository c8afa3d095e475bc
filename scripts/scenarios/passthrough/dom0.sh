# SPDX-License-Identifier: GPL-2.0
# QEMU's edu device goes to a PV domU

# Hand QEMU's edu device to pciback and on to a PV domU
step_passthrough()
{
	local device options="e820_host=1"
	[ "$1" = plain-e820 ] && options=""

	device=$(edu_to_pciback passthrough) || return
	section passed echo "$device"
	guest_start guest-pci 256 pci "pci=['${device#*:}']" "$options" || return
	guest_says guest-pci 300
	guest_dump guest-pci
	guest_end guest-pci
}
