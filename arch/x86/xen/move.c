// SPDX-License-Identifier: GPL-2.0
/*
 * Give frames of the domain other PFNs, many at a time
 */

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pgtable.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/interface/xen.h>

#include "xen-ops.h"

/* Two updates a frame, of the M2P and of the kernel's mapping: a page full */
#define MOVE_BATCH	(PAGE_SIZE / sizeof(struct mmu_update) / 2)

static struct mmu_update move_update[2 * MOVE_BATCH] __initdata;

static void __init move_fails(unsigned long pfn, unsigned long nr,
			      const char *what, int err)
{
	panic("Xen: PFNs %#lx to %#lx got no memory: %s failed (%d). Try dom0_mem= with a size that ends below the first memory that is no RAM.\n",
	      pfn, pfn + nr, what, err);
}

/* The M2P entries, and the PTEs, of @nr frames, at most MOVE_BATCH */
static void __init move_batch(unsigned long pfn, const unsigned long *mfns,
			      unsigned long nr)
{
	struct mmu_update *update = move_update;
	unsigned long i, pte_machine = 0;
	int err, done = 0;

	for (i = 0; i < nr; i++, pte_machine += sizeof(pte_t)) {
		unsigned long addr = (unsigned long)__va(PFN_PHYS(pfn + i));

		/* One look a page of PTEs */
		if (!i || !pte_index(addr)) {
			unsigned int level;
			pte_t *pte = lookup_address(addr, &level);

			if (!pte || level != PG_LEVEL_4K)
				move_fails(pfn + i, nr - i, "mapping", -ENOENT);
			pte_machine = arbitrary_virt_to_machine(pte).maddr;
		}
		*update++ = (struct mmu_update) {
			.ptr = PFN_PHYS(mfns[i]) | MMU_MACHPHYS_UPDATE,
			.val = pfn + i,
		};
		*update++ = (struct mmu_update) {
			.ptr = pte_machine | MMU_NORMAL_PT_UPDATE,
			.val = pte_val_ma(mfn_pte(mfns[i], PAGE_KERNEL)),
		};
	}
	err = HYPERVISOR_mmu_update(move_update, 2 * nr, &done, DOMID_SELF);
	if (err < 0)
		move_fails(pfn + done / 2, nr - done / 2, "mmu_update", err);
}

/**
 * xen_move_frames() - let PFNs of RAM stand for frames
 * @pfn: first PFN; all are missing so far and in the kernel's mapping of all
 *	 memory
 * @mfns: a frame of the domain for each PFN
 * @nr: how many
 *
 * Changes P2M, M2P and the kernel's mapping. What fails here is the death of
 * the machine: the kernel takes the PFNs for RAM already.
 *
 * Context: boot only, when the P2M has its final place and memory can be
 *	    allocated.
 */
void __init xen_move_frames(unsigned long pfn, const unsigned long *mfns,
			    unsigned long nr)
{
	unsigned long i;
	int err;

	err = set_phys_frames(pfn, nr, mfns);
	if (err)
		move_fails(pfn, nr, "P2M", err);
	for (i = 0; i < nr; i += MOVE_BATCH)
		move_batch(pfn + i, mfns + i, min(nr - i, MOVE_BATCH));
}
