# SPDX-License-Identifier: GPL-2.0
# A device comes when memory was added

# Is all memory where the machine has RAM?
step_memory_in_ram()
{
	dom0_map
	check_memory memory-in-ram /tmp/map
}

# plugged:SIZE: a device with a BAR 2 of so many bytes comes and is used at both ends
step_plugged()
{
	plug plug || { check fail plugged "no BAR after 120 s"; section dmesg:plugged dmesg; return; }
	if bar_ends "$(cat /tmp/plugged)" "$1"; then
		check pass plugged "$(sed -n 3p "/sys/bus/pci/devices/$(cat /tmp/plugged)/resource")"
	else
		check fail plugged "$(tail -n 1 /tmp/bar.log)"
	fi
	section pci:plugged pci_resources
}
