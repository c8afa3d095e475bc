# SPDX-License-Identifier: GPL-2.0
# A PV domU is ballooned down, saved, restored, and ballooned up

# How many MiB it has, as Xen counts them: kernels differ in what they tell.
guest_has()
{
	[ "$(xl list "$1" | awk 'NR == 2 { print $3 }')" -eq "$2" ]
}

# guest_balloon NAME MIB CHECK: until it has got there
guest_balloon()
{
	xl mem-set "$1" "$2m" >/tmp/mem-set.log 2>&1 ||
		{ check fail "$3" "$(tail -n 1 /tmp/mem-set.log)"; return 1; }
	if wait_for 120 guest_has "$1" "$2"; then
		check pass "$3" "$2 MiB"
	else
		check fail "$3" "not $2 MiB after 120 s: $(xl list "$1" | tail -n 1)"
	fi
}

# An odd number of MiB ends in the middle of a P2M leaf, which the toolstack reads.
guest_save()
{
	guest_start guest-save 161 hold:64 || return
	wait_for 300 xenstore-read "$(guest_node guest-save ready)" ||
		{ check fail save "the guest is not ready after 300 s"; guest_console guest-save; return 1; }
	guest_balloon guest-save 129 domu-balloon-down
	if ! xl save guest-save /tmp/saved >/tmp/save.log 2>&1; then
		check fail save "$(tail -n 1 /tmp/save.log)"
		section xl:save cat /tmp/save.log
		return 1
	fi
	check pass save "$(stat -c %s /tmp/saved) bytes"
}

guest_restore()
{
	if ! xl restore /tmp/saved >/tmp/restore.log 2>&1; then
		check fail restore "$(tail -n 1 /tmp/restore.log)"
		section xl:restore cat /tmp/restore.log
		return
	fi
	check pass restore "domain $(xl domid guest-save)"
	xenstore-write "$(guest_node guest-save look)" now
	wait_for 120 xenstore-read "$(guest_node guest-save looked)" ||
		check fail restored-pattern "the guest does not answer after 120 s"
	guest_balloon guest-save 161 domu-balloon-up
	xenstore-write "$(guest_node guest-save grown)" now
	guest_says guest-save 300
	guest_end guest-save
}

step_save_restore()
{
	guest_save && guest_restore
}

# For the next boot, of another dom0
step_save_kept()
{
	guest_save && keep save -C /tmp saved
}

step_restore_kept()
{
	take_kept restore /tmp && guest_restore
}
