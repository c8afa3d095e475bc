# SPDX-License-Identifier: GPL-2.0
# dom0's toolstack, its guests, and how much memory dom0 holds

step_toolstack()
{
	xenstored --pid-file /run/xen/xenstored.pid
	wait_for 60 xenstore-read / || { check error toolstack "xenstored does not answer"; return; }
	xen-init-dom0 >/tmp/init-dom0.log 2>&1 ||
		{ check error toolstack "$(tail -n 1 /tmp/init-dom0.log)"; return; }
	xenconsoled --log=guest --log-dir=/var/log/xen
	# The balloon driver and the back ends listen to xenstore from here on.
	sleep 1
}

# guest_start NAME MEMORY JOB [CONFIG-LINE...]
guest_start()
{
	local name=$1 memory=$2 job=$3
	shift 3
	{
		echo "name='$name'"
		echo "kernel='/boot/bzImage'"
		echo "ramdisk='/boot/domu-initrd'"
		echo "memory=$memory"
		echo "vcpus=1"
		echo "on_crash='preserve'"
		echo "on_poweroff='preserve'"
		echo "extra='console=hvc0 xp2m.job=$job'"
		printf '%s\n' "$@"
	} >"/tmp/$name.cfg"
	if xl create "/tmp/$name.cfg" >"/tmp/$name.log" 2>&1; then
		return 0
	fi
	check fail "$name" "xl create: $(grep -v '^Parsing' "/tmp/$name.log" | tail -n 1)"
	section "xl:$name" cat "/tmp/$name.log"
	return 1
}

guest_node()
{
	echo "/local/domain/$(xl domid "$1")/data/$2"
}

# guest_words NODE: put the chunks together; is there a check in them?
guest_words()
{
	local i=0
	while [ "$i" -lt "$(xenstore-read "$1/chunks")" ]; do
		xenstore-read "$1/$i"
		i=$((i + 1))
	done >/tmp/said.base64
	tr -d '\n' </tmp/said.base64 | base64 -d | gunzip >/tmp/said.text
	grep -q '^@check' /tmp/said.text
}

# guest_says NAME SECONDS: wait for what the guest has to say and pass it on
guest_says()
{
	local name=$1 seconds=$2 base
	base=$(guest_node "$name" said)
	if ! wait_for "$seconds" xenstore-read "$base/chunks"; then
		check fail "$name" "the guest said nothing in $seconds s, its state is $(guest_state "$name")"
		guest_console "$name"
		return 1
	fi
	if ! guest_words "$base" && sleep 2 && ! guest_words "$base"; then
		check error "$name" "no check in what the guest said: $(xenstore-read "$base/chunks") chunks, $(wc -c </tmp/said.base64) bytes, $(wc -c </tmp/said.text) of text"
	fi
	pass_on /tmp/said.text
	guest_console "$name"
}

# guest_dump NAME: its P2M as dom0 sees it; the runner compares the two
guest_dump()
{
	if xen-p2m dump --domain="$(xl domid "$1")" >/tmp/foreign 2>&1; then
		section p2m:foreign cat /tmp/foreign
	else
		check fail dump-domain "$(tail -n 1 /tmp/foreign)"
	fi
}

guest_end()
{
	xl destroy "$1" >/tmp/destroy.log 2>&1 ||
		check fail "$1-destroy" "$(tail -n 1 /tmp/destroy.log)"
}

guest_state()
{
	xl list "$1" 2>/dev/null | awk 'NR == 2 { print $5 }'
}

guest_console()
{
	section "console:$1" cat "/var/log/xen/console/guest-$1.log" \
		"/var/log/xen/guest-$1.log"
}
