# SPDX-License-Identifier: GPL-2.0
# Entries of the running P2M that are broken on purpose

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
