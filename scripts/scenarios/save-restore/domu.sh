# SPDX-License-Identifier: GPL-2.0
# The domU that is saved and restored

# pattern_when NODE CHECK MIB: is it intact when dom0 says so there?
pattern_when()
{
	local line
	until xenstore-read "data/$1" >/dev/null 2>&1; do
		sleep 0.5
	done
	echo look >&4
	read -r line <&5
	if [ "$line" = intact ]; then
		check pass "$2" "$3 MiB intact"
	else
		check fail "$2" "$line"
	fi
}

# Its release, and if it has the series: the runner knows which one it is to be.
which_kernel()
{
	echo "$(uname -r) $([ -d /sys/kernel/debug/xen/p2m ] && echo patched || echo stock)"
}

# Hold a pattern over save and restore, and growing after that
job_hold()
{
	local line
	mkfifo /tmp/ask /tmp/answer
	pattern "$1" </tmp/ask >/tmp/answer &
	exec 4>/tmp/ask 5</tmp/answer
	read -r line <&5
	[ "$line" = ready ] || { check error hold "pattern says $line"; return; }
	section kernel:domu which_kernel
	xenstore-write data/ready yes
	# The new domain has a data node of its own, with dom0's word in it.
	pattern_when look restored-pattern "$1"
	xenstore-write data/looked yes
	pattern_when grown grown-pattern "$1"
	kunit_module xen-p2m-live-test live-restored
}
