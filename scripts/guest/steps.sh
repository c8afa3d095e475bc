# SPDX-License-Identifier: GPL-2.0
# Steps that dom0 can take in any scenario: step_NAME, called with what stands
# after the colon in xp2m.steps=NAME:ARGUMENT. A scenario's own are in its folder, in
# dom0.sh; dom0 knows those of all.

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
		xen-p2m-live-test | xen-p2m-edu-test | xen-p2m-flush-test | xen-p2m-ioremap-test) ;;
		xen-p2m-*-test) kunit_module "$module" "" thin=8 ;;
		*) kunit_module "$module" ;;
		esac
	done
}

# The tool's audit of this host, which has to find nothing
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
	if xen-p2m report --force --output=/tmp/report.tar >/tmp/report.log 2>&1; then
		# The base64 of busybox 1.37 (Debian 13) may crash when it is to make lines itself.
		section tool:archive sh -c 'base64 -w 0 /tmp/report.tar | fold'
	else
		check fail archive "$(tail -n 1 /tmp/report.log)"
	fi
}

# The same by what lookups say: stock does not show all itself.
step_audit_lookups()
{
	insmod /modules/xen-p2m-audit.ko 2>/tmp/insmod.err ||
		check error "audit${1:+-$1}" "insmod: $(tr '\n' ' ' </tmp/insmod.err)"
	step_audit "$1"
	rmmod xen-p2m-audit
}

step_report()
{
	report_sections dom0
	section xldmesg xl dmesg
	section xlinfo xl info
}

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

# What processes of a running dom0 do: map a BAR and a domU's pages, move the balloon
step_bench_running()
{
	local device id
	section dmesg:dom0 dmesg
	device=$(pci_find 0x1af4 0x1110)
	guest_start guest-offer 128 offer:256 || return
	guest_says guest-offer 300 || return
	id=$(xl domid guest-offer)
	bench_alone
	{
		costs bar "/sys/bus/pci/devices/$device/resource2" 1024
		mfns "$id" 16384 | costs foreign "$id"
		# shellcheck disable=SC2046 # each reference is a word
		costs grants "$id" $(xenstore-read "/local/domain/$id/data/grants")
		costs balloon 1024
	} >/tmp/costs 2>/tmp/costs.err
	section bench:operations cat /tmp/costs
	if [ -s /tmp/costs.err ]; then
		check error bench "$(head -n 1 /tmp/costs.err)"
	else
		check pass bench
	fi
	guest_end guest-offer
}
