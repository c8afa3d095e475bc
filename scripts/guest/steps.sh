# SPDX-License-Identifier: GPL-2.0
# The steps that a scenario's dom0 can take: step_NAME, called with what stands
# behind a colon in xp2m.steps=NAME:ARGUMENT.


#
# Looking at dom0 itself
#

# The running system's P2M against E820, M2P, PCI and Xen's own count
step_live()
{
	kunit_module xen-p2m-live-test "live${1:+-$1}"
}

# Every other suite that was built, thinned out: UML runs them in full
step_kunit()
{
	local module
	for module in /modules/*-test.ko; do
		module=${module##*/}
		module=${module%.ko}
		case "$module" in
		xen-p2m-live-test | xen-p2m-edu-test) ;;
		xen-p2m-*-test) kunit_module "$module" "" thin=8 ;;
		*) kunit_module "$module" ;;
		esac
	done
}

# modules_round MODULE: it comes, and goes without a trace
modules_round()
{
	local i=0
	while [ "$i" -lt 100 ]; do
		insmod "$1" 2>/tmp/insmod.err || { echo "round $i: insmod: $(cat /tmp/insmod.err)"; return 1; }
		rmmod "$(basename "$1" .ko)" 2>/tmp/rmmod.err || { echo "round $i: rmmod: $(cat /tmp/rmmod.err)"; return 1; }
		i=$((i + 1))
	done
}

# All modules that can go again, a hundred times each. The suites do not run, as
# the scenario has kunit.enable=0. The marking has a step of its own, and what breaks
# things is not to be here.
step_modules()
{
	local module name taint
	taint=$(cat /proc/sys/kernel/tainted)
	for module in /modules/xen-p2m-audit.ko /modules/xen-p2m-bench.ko /modules/*-test.ko; do
		name=$(basename "$module" .ko)
		if modules_round "$module" >/tmp/modules; then
			check pass "module-$name" "100 rounds"
		else
			check fail "module-$name" "$(head -n 1 /tmp/modules)"
		fi
	done
	if [ "$(cat /proc/sys/kernel/tainted)" = "$taint" ]; then
		check pass modules-taint "$taint"
	else
		check fail modules-taint "was $taint, is $(cat /proc/sys/kernel/tainted)"
	fi
}

# What the tool says of this host; it is sound, or the tool or the host is not.
step_audit()
{
	local status=0

	section tool:dump xen-p2m dump
	xen-p2m audit >/tmp/audit 2>&1 || status=$?
	section tool:audit cat /tmp/audit
	if [ "$status" -eq 0 ]; then
		check pass "audit${1:+-$1}" "$(tail -n 1 /tmp/audit)"
	else
		check fail "audit${1:+-$1}" "status $status: $(head -n 1 /tmp/audit)"
	fi
	if xen-p2m report --output=/tmp/report.tar >/tmp/report.log 2>&1; then
		section tool:archive base64 /tmp/report.tar
	else
		check fail archive "$(tail -n 1 /tmp/report.log)"
	fi
}

# audit_finds NAME WORDS PARAMETER...: broken like that, the audit has to tell so
audit_finds()
{
	local name=$1 words=$2 status=0
	shift 2
	if ! insmod /modules/xen-p2m-break.ko "$@" 2>/tmp/insmod.err; then
		check error "fault-$name" "insmod: $(tr '\n' ' ' </tmp/insmod.err)"
		return
	fi
	xen-p2m audit >/tmp/audit 2>&1 || status=$?
	rmmod xen-p2m-break
	section "fault:$name" cat /tmp/audit
	if [ "$status" -eq 1 ] && grep -q "^finding: .*$words" /tmp/audit; then
		check pass "fault-$name" "$(grep -c '^finding' /tmp/audit) findings"
	else
		check fail "fault-$name" "status $status, no finding like \"$words\": $(head -n 1 /tmp/audit)"
	fi
}

# Broken entries of the running P2M: found, and gone when they are gone. By what
# each kernel has: stock does not show all itself.
step_faults()
{
	insmod /modules/xen-p2m-audit.ko 2>/tmp/insmod.err ||
		check error faults "insmod: $(tr '\n' ' ' </tmp/insmod.err)"
	step_audit faultless
	audit_finds ram-identity "RAM is 1:1" entry=identity
	audit_finds ram-missing "the P2M has" entry=missing
	audit_finds ram-foreign "the P2M has" entry=foreign
	audit_finds aperture-missing "PCI Bus .* is not 1:1" pfn=0xa8 entry=missing
	audit_finds aperture-ram "PCI Bus .* is not 1:1" pfn=0xa8 entry=ram
	audit_finds aperture-foreign "PCI Bus .* is not 1:1" pfn=0xa8 entry=foreign
	audit_finds firmware-missing "memory map entry (reserved) is not 1:1" pfn=0xf8 entry=missing
	step_audit mended
	rmmod xen-p2m-audit
}

step_report()
{
	report_sections dom0
	section xldmesg xl dmesg
	section xlinfo xl info
}

#
# The toolstack and its guests
#

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
	cat /tmp/said.text >&3
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

#
# balloon
#

current_kb()
{
	cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb
}

current_is()
{
	[ "$(current_kb)" -eq "$1" ]
}

# Down by $1 MiB and up again, with a pattern held in what stays
step_balloon()
{
	local mib=${1:-512} full down
	mkfifo /tmp/ask /tmp/answer
	pattern 128 </tmp/ask >/tmp/answer &
	exec 4>/tmp/ask 5</tmp/answer
	read -r line <&5
	[ "$line" = ready ] || { check error balloon "pattern says $line"; return; }

	full=$(current_kb)
	down=$((full - mib * 1024))
	balloon_to "$down" balloon-down
	pattern_still balloon-down-pattern
	step_live ballooned
	balloon_to "$full" balloon-up
	pattern_still balloon-up-pattern
	exec 4>&-
}

balloon_to()
{
	xl mem-set Domain-0 "$(($1 / 1024))m" >/tmp/mem-set.log 2>&1
	if wait_for 180 current_is "$1"; then
		check pass "$2" "dom0 holds $(current_kb) KiB"
	else
		check fail "$2" "dom0 holds $(current_kb) KiB, was told $1; $(tail -n 1 /tmp/mem-set.log)"
	fi
}

pattern_still()
{
	local line
	echo look >&4
	read -r line <&5
	if [ "$line" = intact ]; then
		check pass "$1" "128 MiB intact"
	else
		check fail "$1" "$line"
	fi
}

#
# PCI
#

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

# edu_to_pciback CHECK: hand QEMU's edu device to pciback, and print its name
edu_to_pciback()
{
	local device
	device=$(pci_find 0x1234 0x11e8) ||
		{ check error "$1" "no edu device (1234:11e8) on the bus"; return 1; }
	echo "$device" >/sys/bus/pci/drivers/pciback/new_slot
	echo "$device" >/sys/bus/pci/drivers/pciback/bind ||
		{ check fail "$1" "pciback does not take $device"; return 1; }
	echo "$device"
}

# Hand QEMU's edu device to pciback and on to a PV domU
step_passthrough()
{
	local device options="e820_host=1"
	[ "$1" = plain-e820 ] && options=""

	device=$(edu_to_pciback passthrough) || return
	section passed echo "$device"
	guest_start guest-pci 256 pci "pci=['${device#*:}']" "$options" || return
	guest_says guest-pci 300
	guest_dump guest-pci
	guest_end guest-pci
}

# A device with a 4 GiB BAR comes, is used and goes
step_hotplug()
{
	local device
	say "@event plug"
	read -r answer <&3
	[ "$answer" = ok ] || { check error hotplug "the runner says: $answer"; return; }
	wait_for 180 pci_assigned 0x1af4 0x1110 2 ||
		{ check fail hotplug-add "no ivshmem device with an assigned BAR 2 after 180 s"; section dmesg:hotplug dmesg; return; }
	device=$(pci_find 0x1af4 0x1110)
	check pass hotplug-add "$device: $(sed -n 3p "/sys/bus/pci/devices/$device/resource")"
	bar_through "$device" 2
	step_live plugged
	report_sections plugged

	say "@event unplug"
	read -r answer <&3
	[ "$answer" = ok ] || { check error hotplug "the runner says: $answer"; return; }
	if wait_for 180 pci_gone "$device"; then
		check pass hotplug-del "$device is gone"
	else
		check fail hotplug-del "$device is still there after 180 s"
	fi
}

pci_gone()
{
	[ ! -e "/sys/bus/pci/devices/$1" ]
}

# pci_assigned VENDOR DEVICE BAR: there, with an address?
pci_assigned()
{
	local device start
	device=$(pci_find "$1" "$2") || return 1
	start=$(sed -n "$(($3 + 1))p" "/sys/bus/pci/devices/$device/resource" | cut -d' ' -f1)
	[ -n "$start" ] && [ "$start" != 0x0000000000000000 ]
}

# First, middle and last page of the BAR: the runner finds the words on the host.
bar_through()
{
	local file=/sys/bus/pci/devices/$1/resource$2 offset
	echo 1 >"/sys/bus/pci/devices/$1/enable"
	for offset in 0 0x80000000 0xfffffff8; do
		if ! bar "$file" write "$offset" "$((offset + 0x5eed))" >/tmp/bar.log 2>&1; then
			check fail hotplug-bar "$(tail -n 1 /tmp/bar.log)"
			return
		fi
	done
	check pass hotplug-bar "three words written and read back"
	say "@event written"
	read -r answer <&3
	if [ "$answer" = ok ]; then
		check pass hotplug-host "the host finds them in the device's memory"
	else
		check fail hotplug-host "$answer"
	fi
}

# A device comes to a PV domU whose memory may grow to where the device is. xl
# sets e820_host=1 for a guest that has a device from the start, so it comes later.
step_collide()
{
	local device
	device=$(edu_to_pciback collide) || return
	guest_start guest-pci 512 collide maxmem=4096 "passthrough='enabled'" || return
	xl -vvv pci-attach guest-pci "${device#*:}" >/tmp/attach.log 2>&1 ||
		check fail collide-attach "$(tail -n 1 /tmp/attach.log)"
	section xl:attach cat /tmp/attach.log
	guest_says guest-pci 300
	guest_end guest-pci
}

claims=/sys/kernel/debug/xen/p2m/pci

# What is claimed, and is anything refused?
step_claims()
{
	local refused
	section "claims:${1:-now}" cat "$claims"
	if ! grep -q '^left ' "$claims"; then
		check fail "claims-${1:-now}" "no claims in $claims"
	elif refused=$(grep ' refused since ' "$claims" | head -n 1) && [ -n "$refused" ]; then
		check fail "claims-${1:-now}" "$refused"
	else
		check pass "claims-${1:-now}" "$(head -n 1 "$claims")"
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
	grep -q "^$1 BAR 2 " "$claims"
}

unclaimed()
{
	! grep -q "^$1 " "$claims"
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
	head -n 1 "$claims" >/tmp/claims-before
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		plug plug || { check fail replug "round $i: no claim after 120 s"; section dmesg:replug dmesg; return; }
		device=$(cat /tmp/plugged)
		bar_ends "$device" 0x100000000 || { check fail replug "round $i: $(tail -n 1 /tmp/bar.log)"; return; }
		ask unplug || return
		wait_for 120 unclaimed "$device" || { check fail replug "round $i: $device is still claimed"; return; }
		wait_for 120 pci_gone "$device" || { check fail replug "round $i: $device is still there"; return; }
	done
	check pass replug "$1 rounds; $(cat /tmp/claims-before), then $(head -n 1 "$claims")"
}

# A device behind a bridge whose window is too small for it
step_grow()
{
	plug plug-grow || { check fail grow "no claim after 120 s"; section dmesg:grow dmesg; return; }
	if bar_ends "$(cat /tmp/plugged)" 0x100000000; then
		check pass grow "$(grep "^$(cat /tmp/plugged) BAR 2" "$claims")"
	else
		check fail grow "$(tail -n 1 /tmp/bar.log)"
	fi
}

# The two devices that were there at boot: both ends of their BARs
step_cold()
{
	local device size bad=
	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor"):$(cat "$device/device")" = 0x1af4:0x1110 ] || continue
		size=$(stat -c %s "$device/resource2")
		claimed "${device##*/}" && bar_ends "${device##*/}" "$size" || bad=${device##*/}
		section "cold:${device##*/}" grep "^${device##*/} " "$claims"
	done
	if [ -z "$bad" ]; then
		check pass cold "$(grep -c ' BAR 2 ' "$claims") BARs"
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

current_below()
{
	[ "$(current_kb)" -lt "$1" ]
}

# The balloon is told to take all there is, and gets as much as there is: more
# than half, and nothing of what is claimed.
step_squeeze()
{
	local full target=/sys/devices/system/xen_memory/xen_memory0/target_kb
	full=$(current_kb)
	echo 0 >"$target"
	if wait_for 60 current_below $((full / 2)); then
		sleep 5
		check pass squeeze "of $full KiB there are $(current_kb) left"
	else
		check fail squeeze "of $full KiB there are still $(current_kb)"
	fi
	step_claims squeezed
	echo "$full" >"$target"
	wait_for 120 current_is "$full" || check fail squeeze-back "$(current_kb) KiB of $full are back"
}

mark_round()
{
	insmod "$1" && [ -e "$claims" ] && rmmod xen-p2m-pci && [ ! -e "$claims" ]
}

# The marking as a module: it comes and goes. Then a frame of an aperture is made
# missing before it comes: that one is marked, and the module has to stay for it.
step_mark()
{
	local module=/modules/xen-p2m-pci.ko i=0
	[ -e "$module" ] || { check error mark "no $module: KERNEL=debug"; return; }
	while [ "$i" -lt 100 ]; do
		mark_round "$module" || { check fail mark-module "round $i"; return; }
		i=$((i + 1))
	done
	check pass mark-module "$i rounds"

	if ! insmod /modules/xen-p2m-break.ko pfn=0xa8 entry=missing || ! insmod "$module"; then
		check error mark "insmod fails"
		return
	fi
	step_claims marked
	if grep -q ' window .* marked since .*: 1 frames' "$claims" &&
	   grep -q '0x9f->0x100\] identity' /sys/kernel/debug/xen/mmu/p2m; then
		check pass mark "$(grep ' marked since ' "$claims")"
	else
		check fail mark "$(head -n 1 "$claims"); $(grep 0xa8 /sys/kernel/debug/xen/mmu/p2m)"
	fi
	if rmmod xen-p2m-pci 2>/tmp/rmmod.err || ! dmesg | grep -q 'xen-p2m-pci: 1 frames are identity'; then
		check fail mark-stays "unloaded, or refused without a reason"
	else
		check pass mark-stays "$(tr '\n' ' ' </tmp/rmmod.err)"
	fi
}

# Virtual functions of QEMU's nvme: their BARs lie in those of the physical one
step_sriov()
{
	local pf
	pf=$(pci_find 0x1b36 0x0010) || { check error sriov "no nvme device"; return; }
	echo pci-pf-stub >"/sys/bus/pci/devices/$pf/driver_override"
	echo "$pf" >/sys/bus/pci/drivers/pci-pf-stub/bind
	if ! echo 2 >"/sys/bus/pci/devices/$pf/sriov_numvfs"; then
		check fail sriov "no virtual functions: $(dmesg | tail -n 1)"
		return
	fi
	wait_for 30 grep -q "^$(basename "$(readlink "/sys/bus/pci/devices/$pf/virtfn1")") BAR 0 " "$claims"
	if [ "$(grep -c "^$pf VF BAR" "$claims")" -gt 0 ] &&
	   claimed_any "$(basename "$(readlink "/sys/bus/pci/devices/$pf/virtfn1")")"; then
		check pass sriov "$(grep "^$pf VF BAR" "$claims" | head -n 1)"
	else
		check fail sriov "no claim for the BARs of the virtual functions"
	fi
	section sriov grep "^${pf%:*}" "$claims"
}

claimed_any()
{
	grep -q "^$1 BAR " "$claims"
}

#
# Save, restore
#

# An odd number of MiB ends in the middle of a P2M leaf, which the tools read.
step_save_restore()
{
	guest_start guest-save 129 hold:64 || return
	wait_for 300 xenstore-read "$(guest_node guest-save ready)" ||
		{ check fail save "the guest is not ready after 300 s"; guest_console guest-save; return; }
	if ! xl save guest-save /tmp/saved >/tmp/save.log 2>&1; then
		check fail save "$(tail -n 1 /tmp/save.log)"
		section xl:save cat /tmp/save.log
		return
	fi
	check pass save "$(stat -c %s /tmp/saved) bytes"
	if ! xl restore /tmp/saved >/tmp/restore.log 2>&1; then
		check fail restore "$(tail -n 1 /tmp/restore.log)"
		section xl:restore cat /tmp/restore.log
		return
	fi
	check pass restore "domain $(xl domid guest-save)"
	xenstore-write "$(guest_node guest-save look)" now
	guest_says guest-save 300
	guest_end guest-save
}

#
# blkfront
#

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

#
# What lookups say, for a comparison with another kernel
#

step_p2m()
{
	local p2m=/sys/kernel/debug/xen-p2m-audit/p2m

	if ! insmod /modules/xen-p2m-audit.ko 2>/tmp/insmod.err; then
		check error p2m "insmod: $(tr '\n' ' ' </tmp/insmod.err)"
		return
	fi
	section p2m:types cat "$p2m"
	if rmmod xen-p2m-audit 2>/tmp/rmmod.err && [ ! -e "$p2m" ]; then
		check pass p2m
	else
		check fail p2m "rmmod: $(tr '\n' ' ' </tmp/rmmod.err)"
	fi
}

#
# Hot-add that fails, at one allocation after the other
#

# fail_allocations FIRST LAST: as a task is told to, but not below the functions
# from FIRST to LAST, in the order of their addresses
fail_allocations()
{
	local debug=/sys/kernel/debug fail start end

	start=$(sed -n "s/ [tT] $1$//p" /proc/kallsyms)
	end=$(sed -n "s/ [tT] $2$//p" /proc/kallsyms)
	end=$(cut -d' ' -f1 /proc/kallsyms | sort -u | grep -A 1 "^$end" | sed -n 2p)
	for fail in "$debug/fail_page_alloc" "$debug/failslab"; do
		[ -d "$fail" ] || return
		echo N >"$fail/ignore-gfp-wait"
		echo 0 >"$fail/verbose"
		echo 32 >"$fail/stacktrace-depth"
		echo "0x$start" >"$fail/reject-start"
		echo "0x$end" >"$fail/reject-end"
	done
	echo 0 >"$debug/fail_page_alloc/min-order"
	echo N >"$debug/fail_page_alloc/ignore-gfp-highmem"
}

# x86 neither does without page tables for added memory, nor does it give them
# back such that Xen knows of it. So what is behind that does not fail:
# arch_add_memory() has add_pages() do it and is not on the stack any more then.
step_hotadd()
{
	local way=${1:-gntdev} first=add_memory_resource last=add_memory_resource now

	[ "$way" = balloon ] || { first=add_pages; last=arch_add_memory; }
	if ! fail_allocations "$first" "$last"; then
		check error "hotadd-$way" "this kernel cannot fail allocations: KERNEL=debug"
		return
	fi
	insmod /modules/xen-p2m-audit.ko || { check error "hotadd-$way" "no xen-p2m-audit"; return; }
	now=$(current_kb)
	if hotadd "$way" "$(pidof xen-balloon)" "$now" $((now + 262144)) >/tmp/hotadd 2>&1; then
		check pass "hotadd-$way" "$(tail -n 1 /tmp/hotadd)"
	else
		check fail "hotadd-$way" "$(tail -n 1 /tmp/hotadd)"
	fi
	section "hotadd:$way" cat /tmp/hotadd
	rmmod xen-p2m-audit
}

#
# Bench
#

# What scripts/bench makes its table of; "bench:boot" is the boot alone.
step_bench()
{
	section dmesg:dom0 dmesg
	[ "$1" = boot ] && return

	section bench:p2m ticks /sys/kernel/debug/xen/mmu/p2m
	bench_module
}

# The same lookups in a PV domU, which has extra memory, too
step_bench_domu()
{
	section dmesg:dom0 dmesg
	guest_start guest-bench 128 bench "maxmem=256" || return
	guest_says guest-bench 600
	guest_end guest-bench
}
