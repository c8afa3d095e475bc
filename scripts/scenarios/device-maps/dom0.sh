# SPDX-License-Identifier: GPL-2.0
# PTEs of device memory

# The kernel may warn of PTEs that Xen refuses, and of nothing else. Its log is emptied
# then: the checks at the end are to see what comes later.
step_device_maps()
{
	local other refusals

	dmesg -n 1
	kunit_module xen-p2m-ioremap-test device-maps refused=1
	dmesg -n 7
	section dmesg:device-maps dmesg
	other=$(dmesg | grep -E 'BUG:|WARNING:|Oops' | grep -v 'WARNING: .* xen_mc_flush' | head -n 1)
	refusals=$(dmesg | grep -c 'WARNING: .* xen_mc_flush')
	dmesg -c >/dev/null
	if [ "$other" ]; then
		check fail device-maps-words "$other"
	else
		check pass device-maps-words "$refusals warnings of refused PTEs"
	fi
}
