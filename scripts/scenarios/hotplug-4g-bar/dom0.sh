# SPDX-License-Identifier: GPL-2.0
# A device with a BAR of 4 GiB comes, is used and goes

# A device with a 4 GiB BAR comes, is used and goes
step_hotplug()
{
	local device
	ask plug || return
	wait_for 180 pci_assigned 0x1af4 0x1110 2 ||
		{ check fail hotplug-add "no ivshmem device with an assigned BAR 2 after 180 s"; section dmesg:hotplug dmesg; return; }
	device=$(pci_find 0x1af4 0x1110)
	check pass hotplug-add "$device: $(sed -n 3p "/sys/bus/pci/devices/$device/resource")"
	bar_through "$device" 2
	step_live plugged
	report_sections plugged

	ask unplug || return
	if wait_for 180 pci_gone "$device"; then
		check pass hotplug-del "$device is gone"
	else
		check fail hotplug-del "$device is still there after 180 s"
	fi
}

# pci_assigned VENDOR DEVICE BAR: there, with an address?
pci_assigned()
{
	local device start
	device=$(pci_find "$1" "$2") || return 1
	start=$(sed -n "$(($3 + 1))p" "/sys/bus/pci/devices/$device/resource" | cut -d' ' -f1)
	[ -n "$start" ] && [ "$start" != 0x0000000000000000 ]
}

# First, middle and last page of the BAR: the runner finds the words on the host.
bar_through()
{
	local file=/sys/bus/pci/devices/$1/resource$2 offset
	echo 1 >"/sys/bus/pci/devices/$1/enable"
	for offset in 0 0x80000000 0xfffffff8; do
		if ! bar "$file" write "$offset" "$((offset + 0x5eed))" >/tmp/bar.log 2>&1; then
			check fail hotplug-bar "$(tail -n 1 /tmp/bar.log)"
			return
		fi
	done
	check pass hotplug-bar "three words written and read back"
	host_finds hotplug-host
}
