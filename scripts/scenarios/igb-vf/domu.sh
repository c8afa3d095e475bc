# SPDX-License-Identifier: GPL-2.0
# The virtual function is used in the domU

# Write to a register of the virtual function, and read it back
job_igb_vf()
{
	local device
	kunit_module xen-p2m-live-test live-domu
	for device in /sys/bus/pci/devices/*; do
		echo 1 >"$device/enable"
		if bar "$device/resource0" write 0x3800 0x5eed0000 >/tmp/bar.log 2>&1; then
			check pass vf-domu "${device##*/}"
		else
			check fail vf-domu "${device##*/}: $(tail -n 1 /tmp/bar.log)"
		fi
	done
	report_sections domu
}
