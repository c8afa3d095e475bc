# SPDX-License-Identifier: GPL-2.0
# xen-p2m-pci as a module

mark_round()
{
	insmod "$1" && [ -e "$CLAIMS" ] && rmmod xen-p2m-pci && [ ! -e "$CLAIMS" ]
}

# xen-p2m-pci as a module: it is loaded and unloaded. Then a PFN of an aperture is made
# missing: debugfs says so, and it is identity when the module comes again.
step_mark()
{
	local module=/modules/xen-p2m-pci.ko i=0
	[ -e "$module" ] || { check error mark "no $module: KERNEL=debug"; return; }
	while [ "$i" -lt 100 ]; do
		mark_round "$module" || { check fail mark-module "round $i"; return; }
		i=$((i + 1))
	done
	check pass mark-module "$i rounds"

	if ! insmod "$module" || ! insmod /modules/xen-p2m-break.ko pfn=0xa8 entry=missing; then
		check error mark "insmod fails"
		return
	fi
	if grep -q ' window .* missing: 1 PFNs$' "$CLAIMS"; then
		check pass mark-shown "$(grep ' missing: ' "$CLAIMS")"
	else
		check fail mark-shown "$(head -n 1 "$CLAIMS")"
	fi
	rmmod xen-p2m-pci
	insmod "$module" || { check error mark "insmod fails"; return; }
	step_claims marked
	if dmesg | grep -q 'xen-p2m: window .* is 1:1 now: 1 PFNs were missing$' &&
	   grep -q '0x9f->0x100\] identity' /sys/kernel/debug/xen/mmu/p2m; then
		check pass mark "$(dmesg | grep 'is 1:1 now')"
	else
		check fail mark "$(head -n 1 "$CLAIMS"); $(grep 0xa8 /sys/kernel/debug/xen/mmu/p2m)"
	fi
}
