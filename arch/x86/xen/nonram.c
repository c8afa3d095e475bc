// SPDX-License-Identifier: GPL-2.0
/*
 * Regions that are not RAM, and whose frames the kernel finds at other PFNs
 *
 * Where the kernel, or what Xen made for it, lies on a region of the firmware's,
 * the planner (drivers/xen/p2m/layout.c) gives the region's frames PFNs of RAM
 * that has no frames. The firmware's tables go on to name the place where the
 * frames are in the machine, so ACPI's mappings are led to the new one.
 */

#include <linux/acpi.h>
#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pfn.h>
#include <linux/printk.h>

#include <asm/xen/page.h>

#include "xen-ops.h"

#include "../../../drivers/xen/p2m/layout.h"

/* Bytes from @maddr on of the machine are at @paddr. */
struct nonram_region {
	phys_addr_t maddr;
	phys_addr_t paddr;
	unsigned long size;
};

static struct nonram_region nonram[XEN_LAYOUT_MAX_NONRAM] __ro_after_init;
static unsigned int nr_nonram __ro_after_init;

#ifdef CONFIG_ACPI
/* The region that some of these bytes are in, or NULL */
static const struct nonram_region *nonram_find(phys_addr_t maddr,
					       unsigned long size)
{
	unsigned int i;

	for (i = 0; i < nr_nonram; i++)
		if (maddr < nonram[i].maddr + nonram[i].size &&
		    maddr + size > nonram[i].maddr)
			return &nonram[i];

	return NULL;
}

static void __iomem *nonram_ioremap(acpi_physical_address addr, acpi_size size)
{
	const struct nonram_region *r = nonram_find(addr, size);

	if (!r)
		return x86_acpi_os_ioremap(addr, size);
	/* Its neighbours did not go where it went. */
	if (WARN(addr < r->maddr || addr + size > r->maddr + r->size,
		 "xen/p2m: ACPI maps %#llx to %#llx, of which %#llx to %#llx is at %#llx: the rest is not what it wants\n",
		 (u64)addr, (u64)(addr + size), (u64)r->maddr,
		 (u64)(r->maddr + r->size), (u64)r->paddr) && addr < r->maddr)
		return x86_acpi_os_ioremap(addr, size);

	return x86_acpi_os_ioremap(r->paddr + (addr - r->maddr), size);
}
#endif

/**
 * xen_add_remap_nonram() - note a region that gets other PFNs
 * @maddr: where it is in the machine
 * @paddr: where the kernel is to find it, at the same offset in its page
 * @size: bytes
 *
 * Context: boot only, before ACPI maps anything.
 */
void __init xen_add_remap_nonram(phys_addr_t maddr, phys_addr_t paddr,
				 unsigned long size)
{
	/* A plan has no more of them, see xen_layout_plan(). */
	if (WARN_ON(nr_nonram == ARRAY_SIZE(nonram)))
		return;
	nonram[nr_nonram++] = (struct nonram_region) {
		.maddr = maddr, .paddr = paddr, .size = size,
	};
#ifdef CONFIG_ACPI
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
	const struct nonram_region *r;
	unsigned long pfn, mfn, nr = 0;

	for (r = nonram; r < nonram + nr_nonram; r++) {
		mfn = PFN_DOWN(r->maddr);
		/* No wrap: both ends are in the E820 map. */
		for (pfn = PFN_DOWN(r->paddr); pfn < PFN_UP(r->paddr + r->size);
		     pfn++, mfn++, nr++)
			if (!set_phys_to_machine(pfn, mfn))
				panic("Xen: no memory for the P2M of PFN %#lx",
				      pfn);
	}
	pr_info("Remapped %lu non-RAM page(s)\n", nr);
}
