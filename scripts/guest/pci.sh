# SPDX-License-Identifier: GPL-2.0
# dom0's PCI devices: those of the machine, and those that come and go

CLAIMS=/sys/kernel/debug/xen/p2m/pci

# pci_find VENDOR DEVICE: its name in sysfs
pci_find()
{
	local device
	for device in /sys/bus/pci/devices/*; do
		if [ "$(cat "$device/vendor")" = "$1" ] && [ "$(cat "$device/device")" = "$2" ]; then
			echo "${device##*/}"
			return 0
		fi
	done
	return 1
}

pci_gone()
{
	[ ! -e "/sys/bus/pci/devices/$1" ]
}

# to_pciback DEVICE CHECK
to_pciback()
{
	echo "$1" >/sys/bus/pci/drivers/pciback/new_slot
	echo "$1" >/sys/bus/pci/drivers/pciback/bind && return
	check fail "$2" "pciback does not take $1"
	return 1
}

# edu_to_pciback CHECK: hand QEMU's edu device to pciback, and print its name
edu_to_pciback()
{
	local device
	device=$(pci_find 0x1234 0x11e8) ||
		{ check error "$1" "no edu device (1234:11e8) on the bus"; return 1; }
	to_pciback "$device" "$1" || return
	echo "$device"
}

# What is claimed, and is anything refused?
step_claims()
{
	local refused
	section "claims:${1:-now}" cat "$CLAIMS"
	if ! grep -q '^left ' "$CLAIMS"; then
		check fail "claims-${1:-now}" "no claims in $CLAIMS"
	elif refused=$(grep ' refused since ' "$CLAIMS" | head -n 1) && [ -n "$refused" ]; then
		check fail "claims-${1:-now}" "$refused"
	else
		check pass "claims-${1:-now}" "$(head -n 1 "$CLAIMS")"
	fi
}

# ask EVENT: have the runner do it
ask()
{
	say "@event $1"
	read -r answer <&3
	[ "$answer" = ok ] || { check error "$1" "the runner says: $answer"; return 1; }
}

# The BAR of the ivshmem device $1, or of the one that was plugged last
claimed()
{
	grep -q "^$1 BAR 2 " "$CLAIMS"
}

unclaimed()
{
	! grep -q "^$1 " "$CLAIMS"
}

# plug EVENT: print the device that came with a BAR 2 which is assigned
plug()
{
	local device
	ls /sys/bus/pci/devices >/tmp/devices
	ask "$1" || return
	wait_for 120 plugged || return
	for device in /sys/bus/pci/devices/*; do
		device=${device##*/}
		grep -q -x "$device" /tmp/devices || echo "$device" >/tmp/plugged
	done
}

plugged()
{
	local device
	for device in /sys/bus/pci/devices/*; do
		grep -q -x "${device##*/}" /tmp/devices && continue
		claimed "${device##*/}" && return 0
	done
	return 1
}

# First and last word of BAR 2 of $1, which has $2 bytes
bar_ends()
{
	local file=/sys/bus/pci/devices/$1/resource2 offset
	echo 1 >"/sys/bus/pci/devices/$1/enable"
	for offset in 0 $(($2 - 8)); do
		bar "$file" write "$offset" "$((offset + 0x5eed))" >/tmp/bar.log 2>&1 || return 1
	done
}

# replug:N: the same device comes and goes N times
step_replug()
{
	local i=0 device
	head -n 1 "$CLAIMS" >/tmp/claims-before
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		plug plug || { check fail replug "round $i: no claim after 120 s"; section dmesg:replug dmesg; return; }
		device=$(cat /tmp/plugged)
		bar_ends "$device" 0x100000000 || { check fail replug "round $i: $(tail -n 1 /tmp/bar.log)"; return; }
		ask unplug || return
		wait_for 120 unclaimed "$device" || { check fail replug "round $i: $device is still claimed"; return; }
		wait_for 120 pci_gone "$device" || { check fail replug "round $i: $device is still there"; return; }
	done
	check pass replug "$1 rounds; $(cat /tmp/claims-before), then $(head -n 1 "$CLAIMS")"
}

# The two devices that were there at boot: both ends of their BARs
step_cold()
{
	local device size bad=
	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor"):$(cat "$device/device")" = 0x1af4:0x1110 ] || continue
		size=$(stat -c %s "$device/resource2")
		claimed "${device##*/}" && bar_ends "${device##*/}" "$size" || bad=${device##*/}
		section "cold:${device##*/}" grep "^${device##*/} " "$CLAIMS"
	done
	if [ -z "$bad" ]; then
		check pass cold "$(grep -c ' BAR 2 ' "$CLAIMS") BARs"
	else
		check fail cold "$bad: $(tail -n 1 /tmp/bar.log)"
	fi
}

ram_grew()
{
	[ "$(grep -c 'System RAM' /proc/iomem)" -gt "$1" ]
}

# The balloon adds memory: outside of what is claimed, says the live suite
step_add_memory()
{
	local ram full
	ram=$(grep -c 'System RAM' /proc/iomem)
	full=$(current_kb)
	echo $((full + 262144)) >/sys/devices/system/xen_memory/xen_memory0/target_kb
	if wait_for 60 ram_grew "$ram"; then
		check pass add-memory "$(grep 'System RAM' /proc/iomem | tail -n 1)"
	else
		check fail add-memory "no more System RAM after 60 s"
	fi
	section iomem:added cat /proc/iomem
	echo "$full" >/sys/devices/system/xen_memory/xen_memory0/target_kb
}

# sriov_enable PF CHECK: two virtual functions, by a driver that does nothing else
sriov_enable()
{
	local path=/sys/bus/pci/devices/$1
	# Its BARs are looked into, which a bound driver would have to allow.
	echo 1 >"$path/enable"
	echo pci-pf-stub >"$path/driver_override"
	echo "$1" >/sys/bus/pci/drivers/pci-pf-stub/bind
	echo 2 >"$path/sriov_numvfs" && return
	check fail "$2" "no virtual functions: $(dmesg | tail -n 1)"
	return 1
}

# virtfn PF N: the name of its virtual function
virtfn()
{
	basename "$(readlink "/sys/bus/pci/devices/$1/virtfn$2")"
}

# vf_claimed PF N CHECK: the BARs of the function, and those of all in the physical one
vf_claimed()
{
	local vf
	vf=$(virtfn "$1" "$2")
	wait_for 30 grep -q "^$vf BAR 0 " "$CLAIMS"
	if grep -q "^$1 VF BAR" "$CLAIMS" && grep -q "^$vf BAR " "$CLAIMS"; then
		check pass "$3" "$(grep "^$1 VF BAR" "$CLAIMS" | head -n 1)"
	else
		check fail "$3" "no claim for the BARs of the virtual functions"
	fi
	section "$3" grep "^${1%:*}" "$CLAIMS"
}
