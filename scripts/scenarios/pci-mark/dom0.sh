# SPDX-License-Identifier: GPL-2.0
# The marking as a module

mark_round()
{
	insmod "$1" && [ -e "$CLAIMS" ] && rmmod xen-p2m-pci && [ ! -e "$CLAIMS" ]
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
	if grep -q ' window .* marked since .*: 1 frames' "$CLAIMS" &&
	   grep -q '0x9f->0x100\] identity' /sys/kernel/debug/xen/mmu/p2m; then
		check pass mark "$(grep ' marked since ' "$CLAIMS")"
	else
		check fail mark "$(head -n 1 "$CLAIMS"); $(grep 0xa8 /sys/kernel/debug/xen/mmu/p2m)"
	fi
	if rmmod xen-p2m-pci 2>/tmp/rmmod.err || ! dmesg | grep -q 'xen-p2m-pci: 1 frames are identity'; then
		check fail mark-stays "unloaded, or refused without a reason"
	else
		check pass mark-stays "$(tr '\n' ' ' </tmp/rmmod.err)"
	fi
}
