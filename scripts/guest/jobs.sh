# SPDX-License-Identifier: GPL-2.0
# The jobs that a scenario's PV domU can have: job_NAME, called with what
# stands behind a colon in xp2m.job=NAME:ARGUMENT.

# Put all that was said into xenstore, where a value is small and one line.
tell_dom0()
{
	local i=0
	gzip -c /tmp/said | base64 | tr -d '\n' | fold -w 1500 >/tmp/chunks
	echo >>/tmp/chunks
	while read -r chunk; do
		xenstore-write "data/said/$i" "$chunk"
		i=$((i + 1))
	done </tmp/chunks
	echo "domU: said $(wc -c </tmp/said) bytes, in $(wc -c </tmp/chunks) of base64"
	xenstore-write data/said/chunks "$i"
}

job_pci()
{
	kunit_module xen-p2m-live-test live-domu
	kunit_module xen-p2m-edu-test edu-domu
	report_sections domu
}

# The BAR lies where the domain's memory is: is that said, by name?
job_collide()
{
	local line
	wait_for 60 sh -c "dmesg | grep -q 'xen-p2m: .*e820_host=1'"
	line=$(dmesg | grep 'xen-p2m: ' | head -n 1)
	case "$line" in
	*' BAR '*'is not 1:1: '*'e820_host=1'*) check pass collide "$line" ;;
	*) check fail collide "no word of the BAR: $line" ;;
	esac
	section claims:domu cat /sys/kernel/debug/xen/p2m/pci
	report_sections domu
}

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

# Measure lookups where Xen's tools read the P2M
job_bench()
{
	bench_module
}
