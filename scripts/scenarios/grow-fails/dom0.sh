# SPDX-License-Identifier: GPL-2.0
# Memory that the balloon grows into, and allocations that fail meanwhile

step_grow_fails()
{
	# It is not on the stack when memory is there already: all may fail.
	if ! fail_allocations add_memory_resource add_memory_resource; then
		check error grow-fails "this kernel cannot fail allocations: KERNEL=debug"
		return
	fi
	# Memory that the balloon adds is its own only once it is online.
	echo online >/sys/devices/system/memory/auto_online_blocks
	if grow "$(pidof xen-balloon)" "$(current_kb)" >/tmp/grow 2>&1; then
		check pass grow-fails "$(tail -n 1 /tmp/grow)"
	else
		check fail grow-fails "$(tail -n 1 /tmp/grow)"
	fi
	section grow_fails cat /tmp/grow
}
