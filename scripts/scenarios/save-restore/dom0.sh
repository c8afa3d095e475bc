# SPDX-License-Identifier: GPL-2.0
# A PV domU is saved and restored

# An odd number of MiB ends in the middle of a P2M leaf, which the toolstack reads.
step_save_restore()
{
	guest_start guest-save 129 hold:64 || return
	wait_for 300 xenstore-read "$(guest_node guest-save ready)" ||
		{ check fail save "the guest is not ready after 300 s"; guest_console guest-save; return; }
	if ! xl save guest-save /tmp/saved >/tmp/save.log 2>&1; then
		check fail save "$(tail -n 1 /tmp/save.log)"
		section xl:save cat /tmp/save.log
		return
	fi
	check pass save "$(stat -c %s /tmp/saved) bytes"
	if ! xl restore /tmp/saved >/tmp/restore.log 2>&1; then
		check fail restore "$(tail -n 1 /tmp/restore.log)"
		section xl:restore cat /tmp/restore.log
		return
	fi
	check pass restore "domain $(xl domid guest-save)"
	xenstore-write "$(guest_node guest-save look)" now
	guest_says guest-save 300
	guest_end guest-save
}
