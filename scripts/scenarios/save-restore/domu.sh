# SPDX-License-Identifier: GPL-2.0
# The domU that is saved and restored

# pattern_when NODE CHECK MIB: is it intact when dom0 says so there?
pattern_when()
{
	until xenstore-read "data/$1" >/dev/null 2>&1; do
		sleep 0.5
	done
	pattern_still "$2" "$3"
}

# Its release, and if it has the series: the runner knows which one it is to be.
which_kernel()
{
	echo "$(uname -r) $([ -d /sys/kernel/debug/xen/p2m ] && echo patched || echo stock)"
}

# Hold a pattern over save and restore, and growing after that
job_hold()
{
	pattern_hold hold "$1" || return
	section kernel:domu which_kernel
	xenstore-write data/ready yes
	# The new domain has a data node of its own, with dom0's word in it.
	pattern_when look restored-pattern "$1"
	xenstore-write data/looked yes
	pattern_when grown grown-pattern "$1"
	kunit_module xen-p2m-live-test live-restored
}
