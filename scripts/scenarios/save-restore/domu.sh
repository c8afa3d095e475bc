# SPDX-License-Identifier: GPL-2.0
# The domU that is saved and restored

# Hold a pattern over save and restore
job_hold()
{
	mkfifo /tmp/ask /tmp/answer
	pattern "$1" </tmp/ask >/tmp/answer &
	exec 4>/tmp/ask 5</tmp/answer
	read -r line <&5
	[ "$line" = ready ] || { check error hold "pattern says $line"; return; }
	xenstore-write data/ready yes
	# The new domain has a data node of its own, with dom0's word in it.
	until xenstore-read data/look >/dev/null 2>&1; do
		sleep 0.5
	done
	echo look >&4
	read -r line <&5
	if [ "$line" = intact ]; then
		check pass restored-pattern "$1 MiB intact"
	else
		check fail restored-pattern "$line"
	fi
	kunit_module xen-p2m-live-test live-restored
}
