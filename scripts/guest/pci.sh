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

# to_pciback DEVICE CHECK; it may have it already
to_pciback()
{
	[ ! -e "/sys/bus/pci/drivers/pciback/$1" ] || return 0
	echo "$1" >/sys/bus/pci/drivers/pciback/new_slot
	echo "$1" >/sys/bus/pci/drivers/pciback/bind && return
	check fail "$2" "pciback does not take $1"
	return 1
}

# Are there devices, with a BAR each that is claimed? They are on the bus before that.
pci_claimed()
{
	local device
	for device in /sys/bus/pci/devices/*; do
		grep -q " : ${device##*/}\$" /proc/iomem || return
	done
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

# Are all apertures and BARs identity?
step_claims()
{
	local other
	section "claims:${1:-now}" cat "$CLAIMS"
	# Files of debugfs have no size.
	if ! grep -q . "$CLAIMS"; then
		check fail "claims-${1:-now}" "nothing in $CLAIMS"
	elif other=$(grep -v ' identity$' "$CLAIMS" | head -n 1) && [ -n "$other" ]; then
		check fail "claims-${1:-now}" "$other"
	else
		check pass "claims-${1:-now}" "$(grep -c . "$CLAIMS") resources"
	fi
}

# ask EVENT: have the runner do it
ask()
{
	say "@event $1"
	read -r answer <&3
	[ "$answer" = ok ] || { check error "$1" "the runner says: $answer"; return 1; }
}

# host_finds CHECK: does the host find what was written, in the memory where it has to be?
host_finds()
{
	say "@event written"
	read -r answer <&3
	if [ "$answer" = ok ]; then
		check pass "$1" "the host finds the words in memory"
	else
		check fail "$1" "$answer"
	fi
}

# Is BAR 2 of device $1 identity?
claimed()
{
	grep -q "^$1 BAR 2 .* identity$" "$CLAIMS"
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
	local device start
	for device in /sys/bus/pci/devices/*; do
		grep -q -x "${device##*/}" /tmp/devices && continue
		start=$(sed -n 3p "$device/resource" | cut -d' ' -f1)
		[ "$start" = 0x0000000000000000 ] || return 0
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
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		plug plug || { check fail replug "round $i: no BAR after 120 s"; section dmesg:replug dmesg; return; }
		device=$(cat /tmp/plugged)
		claimed "$device" || { check fail replug "round $i: $(grep "^$device " "$CLAIMS" | head -n 1)"; return; }
		bar_ends "$device" 0x100000000 || { check fail replug "round $i: $(tail -n 1 /tmp/bar.log)"; return; }
		ask unplug || return
		wait_for 120 pci_gone "$device" || { check fail replug "round $i: $device is still there"; return; }
	done
	check pass replug "$1 rounds"
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

# KiB of System RAM, with what is not populated
ram_kb()
{
	local start last kb=0
	sed -n 's/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM$/\1 \2/p' /proc/iomem >/tmp/ram
	while read -r start last; do
		kb=$((kb + (0x$last - 0x$start + 1) / 1024))
	done </tmp/ram
	echo "$kb"
}

ram_grew()
{
	[ "$(ram_kb)" -gt "$1" ]
}

# The balloon adds memory
step_add_memory()
{
	local ram full
	ram=$(ram_kb)
	full=$(current_kb)
	echo $((full + 262144)) >/sys/devices/system/xen_memory/xen_memory0/target_kb
	if wait_for 60 ram_grew "$ram"; then
		check pass add-memory "$ram KiB of System RAM before, $(ram_kb) now"
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

# scratch:MIB: PFNs for pages of other domains, held until the end
step_scratch()
{
	if hold_scratch "$1"; then
		check pass scratch "$1 MiB"
	else
		check fail scratch "$(tail -n 1 /tmp/scratch)"
	fi
}

#
# Files for the host, and for a later boot: a tar in BAR 2 of the device in this slot
#

KEPT=${KEPT:-/sys/bus/pci/devices/0000:00:1e.0}

# keep CHECK FILE...: in kept.tar of the run, instead of what was kept before
keep()
{
	local name=$1
	shift
	if [ ! -e "$KEPT/resource2" ]; then
		check error "$name" "no device to keep files in: the scenario has no key keep"
		return 1
	fi
	echo 1 >"$KEPT/enable"
	(set -o pipefail; tar -c "$@" 2>/tmp/keep.log | bar "$KEPT/resource2" store 2>>/tmp/keep.log) && return
	check error "$name" "not kept: $(tail -n 1 /tmp/keep.log)"
	return 1
}

# take_kept CHECK FOLDER: take out what was kept; by an earlier boot, with --kept
take_kept()
{
	if [ ! -e "$KEPT/resource2" ]; then
		check error "$1" "no device to keep files in: the scenario has no key keep"
		return 1
	fi
	echo 1 >"$KEPT/enable"
	# tar ends before the device does.
	bar "$KEPT/resource2" load 2>/dev/null | tar -x -C "$2" 2>/tmp/keep.log && return
	check error "$1" "nothing was kept: $(tail -n 1 /tmp/keep.log)"
	return 1
}

# What Xen was told of the machine's RAM
dom0_map()
{
	xl dmesg | sed -n 's/.*\[\([0-9a-f]\{16\}\), \([0-9a-f]\{16\}\)\] (usable)$/\1 \2/p' >/tmp/map
}
