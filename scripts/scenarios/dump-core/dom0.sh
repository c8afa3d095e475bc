# SPDX-License-Identifier: GPL-2.0
# The memory of a PV domU as a file, for the host

step_dump_core()
{
	local device
	device=$(edu_to_pciback dump-core) || return
	guest_start guest-dump 128 tell "pci=['${device#*:}']" "e820_host=1" || return
	guest_says guest-dump 300
	# It stands still meanwhile, and what it said still holds.
	if xl dump-core guest-dump /tmp/dump >/tmp/dump.log 2>&1; then
		keep dump-core -C /tmp dump && check pass dump-core "$(stat -c %s /tmp/dump) bytes"
	else
		check fail dump-core "$(tail -n 1 /tmp/dump.log)"
		section xl:dump-core cat /tmp/dump.log
	fi
	rm -f /tmp/dump
	guest_end guest-dump
}
