/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seam of the executor of the memory layout: a PV domain at boot
 *
 * What each function is for: drivers/xen/p2m/apply-seam.h.
 */
#ifndef _ASM_X86_XEN_P2M_APPLY_SEAM_H
#define _ASM_X86_XEN_P2M_APPLY_SEAM_H

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/interface/memory.h>
#include <xen/interface/xen.h>
#include <xen/page.h>

void *xen_apply_frame_map(unsigned long mfn);
void xen_apply_frame_unmap(void);
void xen_apply_ready(unsigned long pfn, unsigned long nr);
void xen_apply_extra(unsigned long pfn, unsigned long nr);
bool xen_apply_map_table(unsigned long pfn, const unsigned long *mfns);

static inline unsigned long apply_list_mfn(unsigned long pfn)
{
	return xen_p2m_addr[pfn];
}

static inline void __init apply_list_identity(unsigned long start,
					      unsigned long end)
{
	set_phys_range_identity(start, end);
}

static inline int apply_tree_frames(unsigned long pfn, unsigned long nr,
				    const unsigned long *mfns)
{
	return set_phys_frames(pfn, nr, mfns);
}

static inline int apply_tree_missing(unsigned long pfn, unsigned long nr)
{
	return set_phys_range(pfn, nr, XEN_P2M_MISSING);
}

static inline u64 apply_pte_machine(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);

	if (!pte || level != PG_LEVEL_4K)
		return 0;

	return arbitrary_virt_to_machine(pte).maddr;
}

static inline u64 apply_pte_value(unsigned long mfn)
{
	return pte_val_ma(mfn_pte(mfn, PAGE_KERNEL));
}

static inline int apply_mmu_update(struct xen_apply_update *update,
				   unsigned int nr, int *done)
{
	BUILD_BUG_ON(sizeof(*update) != sizeof(struct mmu_update));
	BUILD_BUG_ON(offsetof(struct xen_apply_update, val) !=
		     offsetof(struct mmu_update, val));
	BUILD_BUG_ON(XEN_APPLY_PTE ^ MMU_NORMAL_PT_UPDATE);
	BUILD_BUG_ON(XEN_APPLY_M2P ^ MMU_MACHPHYS_UPDATE);

	return HYPERVISOR_mmu_update((struct mmu_update *)update, nr, done,
				     DOMID_SELF);
}

static inline bool apply_map_table(unsigned long pfn,
				   const unsigned long *mfns)
{
	return xen_apply_map_table(pfn, mfns);
}

static inline long apply_decrease(const unsigned long *mfns, unsigned long nr)
{
	struct xen_memory_reservation reservation = {
		.nr_extents = nr,
		.domid = DOMID_SELF,
	};

	set_xen_guest_handle(reservation.extent_start, (unsigned long *)mfns);

	return HYPERVISOR_memory_op(XENMEM_decrease_reservation, &reservation);
}

/* The balloon driver starts from what the domain has then. */
static inline void apply_released(unsigned long nr)
{
	xen_released_pages += nr;
}

static inline void apply_ready(unsigned long pfn, unsigned long nr)
{
	xen_apply_ready(pfn, nr);
}

static inline void __init apply_extra(unsigned long pfn, unsigned long nr)
{
	xen_apply_extra(pfn, nr);
}

static inline void *apply_frame_map(unsigned long mfn)
{
	return xen_apply_frame_map(mfn);
}

static inline void apply_frame_unmap(void)
{
	xen_apply_frame_unmap();
}

#endif /* _ASM_X86_XEN_P2M_APPLY_SEAM_H */
