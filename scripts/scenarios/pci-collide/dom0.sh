# SPDX-License-Identifier: GPL-2.0
# A device comes to a PV domU that has no e820_host

# A device comes to a PV domU whose memory may grow to where the device is. xl
# sets e820_host=1 for a guest that has a device from the start, so it comes later.
step_collide()
{
	local device
	device=$(edu_to_pciback collide) || return
	guest_start guest-pci 512 collide maxmem=4096 "passthrough='enabled'" || return
	xl -vvv pci-attach guest-pci "${device#*:}" >/tmp/attach.log 2>&1 ||
		check fail collide-attach "$(tail -n 1 /tmp/attach.log)"
	section xl:attach cat /tmp/attach.log
	guest_says guest-pci 300
	guest_end guest-pci
}
