# SPDX-License-Identifier: GPL-2.0
# A PV domU with the host's map grows beside its device

# It has memory for pages of other domains in use, too. The device is there from
# the start, or it comes after that.
step_holes()
{
	local when=$1 device pci="pci=[]"
	device=$(edu_to_pciback holes) || return
	[ "$when" = attach ] || pci="pci=['${device#*:}']"
	# The extra memory is for pages of other domains, and there is more of these.
	guest_start guest-holes 256 holes:768:901120 maxmem=900 e820_host=1 \
		"passthrough='enabled'" "$pci" || return
	if ! wait_for 200 xenstore-read "$(guest_node guest-holes ready)"; then
		check fail holes "the guest is not ready after 200 s, its state is $(guest_state guest-holes)"
		guest_console guest-holes
		guest_end guest-holes
		return
	fi
	xl mem-set guest-holes 900m >/tmp/mem-set.log 2>&1 ||
		check fail holes-mem-set "$(tail -n 1 /tmp/mem-set.log)"
	if [ "$when" = attach ]; then
		wait_for 120 xenstore-read "$(guest_node guest-holes grown)"
		xl pci-attach guest-holes "${device#*:}" >/tmp/attach.log 2>&1 ||
			check fail holes-attach "$(tail -n 1 /tmp/attach.log)"
	fi
	xenstore-write "$(guest_node guest-holes look)" now
	guest_says guest-holes 300
	guest_end guest-holes
}
