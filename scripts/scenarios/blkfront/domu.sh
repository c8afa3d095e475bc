# SPDX-License-Identifier: GPL-2.0
# The domU that reads the disk

# Read the disk, compare its checksum with dom0's
job_disk()
{
	local sum
	wait_for 60 test -b /dev/xvda || { check fail disk "no /dev/xvda"; return; }
	sum=$(md5sum </dev/xvda | cut -d' ' -f1)
	if [ "$sum" = "$1" ]; then
		check pass disk "16 MiB read, checksum $sum"
	else
		check fail disk "checksum $sum, dom0's is $1"
	fi
	kunit_module xen-p2m-live-test live-domu
}
