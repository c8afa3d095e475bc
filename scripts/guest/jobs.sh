# SPDX-License-Identifier: GPL-2.0
# The jobs that the PV domU of any scenario can have: job_NAME, called with what
# follows the colon in xp2m.job=NAME:ARGUMENT. A scenario's own are in its
# folder, in domu.sh; a domU knows those of all.

# Put all that was said into xenstore, where a value is small and one line.
tell_dom0()
{
	local i=0
	# The base64 of busybox 1.37 (Debian 13) crashes here when it is to make lines itself.
	gzip -c /tmp/said | base64 -w 0 | fold -w 1500 >/tmp/chunks
	echo >>/tmp/chunks
	while read -r chunk; do
		xenstore-write "data/said/$i" "$chunk"
		i=$((i + 1))
	done </tmp/chunks
	echo "domU: said $(wc -c </tmp/said) bytes, in $(wc -c </tmp/chunks) of base64"
	xenstore-write data/said/chunks "$i"
}

# Measure lookups where Xen's toolstack reads the P2M
job_bench()
{
	bench_module
}

# offer:COUNT: grant dom0 so many pages, and say which
job_offer()
{
	costs offer 0 "$1" >/tmp/grants 2>&1 &
	wait_for 60 grep -q . /tmp/grants
	if xenstore-write data/grants "$(cat /tmp/grants)"; then
		check pass offer
	else
		check fail offer "$(head -n 1 /tmp/grants)"
	fi
}
