// SPDX-License-Identifier: GPL-2.0
/*
 * Regions that are not RAM, and which the kernel finds at other PFNs
 *
 * Where the kernel, or what Xen made for it, lies on a region of the firmware's,
 * the planner (drivers/xen/p2m/layout.c) gives the region's MFNs PFNs of RAM that
 * has no pages. The firmware's tables go on to name the place where the region is
 * in the machine, so mappings of ACPI and DMI are led to the new one.
 */

#include <linux/acpi.h>
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/xen/nonram.h>
#include <asm/xen/page.h>

#include "nonram.h"
#include "xen-ops.h"

static struct xen_layout_nonram nonram[XEN_LAYOUT_MAX_NONRAM] __ro_after_init;
static unsigned int nr_nonram __ro_after_init;

/**
 * xen_nonram_paddr() - where does the kernel find memory of the firmware's?
 * @maddr: address of its first byte in the machine, as a table has it
 * @size: bytes
 *
 * Context: any, from xen_memory_setup() on. Elsewhere, and without Xen, nothing
 * has moved.
 * Return: the address to map, or 0 if its parts are at different places.
 */
phys_addr_t xen_nonram_paddr(phys_addr_t maddr, unsigned long size)
{
	u64 addr = maddr;

	if (!size || xen_nonram_find(nonram, nr_nonram, &addr, size))
		return addr;
	pr_err_ratelimited("xen/p2m: firmware refers to [mem %#018llx-%#018llx], which was only partly moved away from the kernel: not mapped. Hint: another CONFIG_PHYSICAL_START, or a smaller initrd\n",
			   addr, addr + size - 1);

	return 0;
}
EXPORT_SYMBOL_GPL(xen_nonram_paddr);

#ifdef CONFIG_ACPI
static void __iomem *nonram_ioremap(acpi_physical_address addr, acpi_size size)
{
	phys_addr_t paddr = xen_nonram_paddr(addr, size);

	return paddr ? x86_acpi_os_ioremap(paddr, size) : NULL;
}
#endif

/**
 * xen_set_nonram() - note the regions that get other PFNs
 * @regions: these, as the planner has them
 * @nr: how many; a plan has room for no more than is here
 *
 * Context: boot only, before ACPI or DMI map anything.
 */
void __init xen_set_nonram(const struct xen_layout_nonram *regions,
			   unsigned int nr)
{
	memcpy(nonram, regions, nr * sizeof(*regions));
	nr_nonram = nr;
#ifdef CONFIG_ACPI
	if (nr)
		acpi_os_ioremap = nonram_ioremap;
#endif
}

/**
 * xen_do_remap_nonram() - give all noted regions their PFNs
 *
 * Context: boot only, when the P2M is the tree.
 */
void __init xen_do_remap_nonram(void)
{
	const struct xen_layout_nonram *r;
	unsigned long pfn, end, nr = 0;

	for (r = nonram; r < nonram + nr_nonram; r++) {
		/* No wrap: both ends are in the E820 map. */
		end = PFN_UP(r->to + (r->end - r->start));
		for (pfn = PFN_DOWN(r->to); pfn < end; pfn++, nr++)
			if (!set_phys_to_machine(pfn, xen_nonram_mfn(pfn)))
				panic("Xen: no memory for the P2M of PFN %#lx",
				      pfn);
	}
	pr_info("Remapped %lu non-RAM page(s)\n", nr);
}
