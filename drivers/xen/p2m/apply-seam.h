/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between who carries out the memory layout and the hypervisor
 */
#ifndef _XEN_P2M_APPLY_SEAM_H
#define _XEN_P2M_APPLY_SEAM_H

#include <linux/types.h>

/**
 * struct xen_apply_update - Xen's struct mmu_update
 * @ptr: machine address of what is updated, its kind in the lowest bits
 * @val: the new contents
 */
struct xen_apply_update {
	u64 ptr;
	u64 val;
};

/* Kinds of updates, as in Xen's public headers */
#define XEN_APPLY_PTE		0U	/* MMU_NORMAL_PT_UPDATE */
#define XEN_APPLY_M2P		1U	/* MMU_MACHPHYS_UPDATE */

/* Entries of a page of PTEs */
#define XEN_APPLY_PTES		512UL

/**
 * DOC: Seam of the executor
 *
 * The executor (apply.c) decides in which order things are done, and what to do
 * if something fails. What a list, a page table and a hypercall are is said by
 * one header of inline functions, chosen at compile time:
 *
 * * <asm/xen/p2m-apply-seam.h> in an x86 kernel with CONFIG_XEN_PV.
 * * fake-xen.h in the KUnit suites and in userland: a hypervisor of their own.
 *
 * All is called in the boot, on one CPU, and nothing sleeps. In
 * xen_apply_prepare():
 *
 * * unsigned long apply_list_mfn(pfn): the entry of Xen's list, for PFNs below
 *   the number of pages handed over.
 * * void apply_list_identity(start, end): makes these PFNs identity. Ranges
 *   come in ascending order, the last one ends at XEN_LAYOUT_FRAMES_END.
 *
 * In xen_apply_finish():
 *
 * * int apply_tree_frames(pfn, nr, mfns): sets PFNs, all missing so far.
 *   -ENOMEM changes nothing.
 * * int apply_tree_missing(pfn, nr): takes that back. An error changes nothing.
 * * void apply_ready(pfn, nr): these PFNs have got their pages, in P2M, M2P
 *   and the kernel's mapping, and may be used from now on. Ascending.
 * * void apply_extra(pfn, nr): these PFNs get no page: they are extra memory.
 *   Ascending. A PFN for which neither is called has a frame in the P2M that
 *   is nowhere else, and stays reserved.
 * * u64 apply_pte_value(mfn): a PTE of the kernel's mapping.
 * * bool apply_map_table(pfn, mfns): sets all PTEs of one page of them, none of
 *   which is present, at once. False if they have to be set one by one; nothing
 *   is changed then.
 *
 * In both:
 *
 * * u64 apply_pte_machine(pfn): machine address of the PTE of a PFN in the
 *   kernel's mapping of all memory, or 0 if there is no page of PTEs for it.
 *   It is asked once a page of PTEs, for any PFN of it.
 * * int apply_mmu_update(updates, nr, done): HYPERVISOR_mmu_update() for
 *   DOMID_SELF. On an error \*done, 0 before, says how many were done.
 * * long apply_decrease(mfns, nr): XENMEM_decrease_reservation, extents of one
 *   page; returns how many were released, or an error if none was.
 * * void apply_released(nr): Xen has taken so many pages, the domain has fewer.
 * * void \*apply_frame_map(mfn), void apply_frame_unmap(): the slot of the
 *   frame window, see frame.h. NULL if it could not be mapped.
 */

#if defined(CONFIG_XEN_PV) && !defined(XEN_LAYOUT_PRIVATE_COPY)
#include <asm/xen/p2m-apply-seam.h>
#else
#include "fake-xen.h"
#endif

#endif /* _XEN_P2M_APPLY_SEAM_H */
