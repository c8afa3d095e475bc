# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A network card and an NVMe disk go to a domU of this Debian, and come back

: "${here:?}" "${state:?}"

# The card that QEMU has for the domU, on one wire with $PEER
CARD=52:54:00:00:00:01

# give: card and disk to pciback
step_give()
{
	local device
	modprobe xen-pciback
	for device in "/sys/class/net/$(nic "$CARD")" /sys/class/nvme/nvme0; do
		basename "$(readlink -f "$device/device")"
	done >"$state/given"
	while read -r device; do
		xl pci-assignable-add "$device" && continue
		check fail give "$device"
		return
	done <"$state/given" >"$state/give.log" 2>&1
	printf 'e820_host=1\npci=[%s]\n' "$(sed "s/.*/'&'/" "$state/given" | paste -sd ,)" >"$state/domu.more"
	check pass give "$(tr '\n' ' ' <"$state/given")"
	section give cat "$state/give.log"
}

# Both work in dom0 again, and the disk has what the domU wrote.
step_back()
{
	local device name
	while read -r device; do
		xl pci-assignable-remove -r "$device" || check fail back "$device"
	done <"$state/given"
	wait_for 60 nic "$CARD" || { check fail back "no card"; return; }
	wait_for 60 test -b /dev/nvme0n1 || { check fail back "no disk"; return; }
	same_as_data dom0-disk nvme0n1
	name=$(nic "$CARD")
	# In a namespace of its own, or the two cards would not use the wire.
	ip netns add card
	ip link set "$name" netns card
	ip -n card address add 192.168.77.9/24 dev "$name"
	ip -n card link set "$name" up
	over_the_wire dom0-card ip netns exec card
}
