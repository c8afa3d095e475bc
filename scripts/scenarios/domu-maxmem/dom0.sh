# SPDX-License-Identifier: GPL-2.0
# A PV domU that was built for more memory than it has

step_maxmem()
{
	guest_start guest-maxmem 128 fresh maxmem=256 || return
	guest_says guest-maxmem 300
	guest_end guest-maxmem
}
