# SPDX-License-Identifier: GPL-2.0
# dom0 serves a disk to a PV domU

step_blkfront()
{
	local sum
	dd if=/dev/urandom of=/tmp/disk bs=1M count=16 2>/dev/null
	sum=$(md5sum </tmp/disk | cut -d' ' -f1)
	losetup /dev/loop0 /tmp/disk || { check error blkfront "losetup failed"; return; }
	guest_start guest-blk 128 "disk:$sum" "disk=['phy:/dev/loop0,xvda,r']" || return
	guest_says guest-blk 300
	# The guest is still there, its pages may be mapped here.
	step_live blkback
	guest_end guest-blk
}
