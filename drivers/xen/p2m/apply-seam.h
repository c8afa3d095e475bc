/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the executor of the memory layout and where it runs
 */
#ifndef _XEN_P2M_APPLY_SEAM_H
#define _XEN_P2M_APPLY_SEAM_H

#include <linux/types.h>

/**
 * struct xen_apply_update - struct mmu_update of Xen's interface
 * @ptr: machine address, with the kind of update in its last bits
 * @val: new content
 */
struct xen_apply_update {
	u64 ptr;
	u64 val;
};

/* Kinds of update, as in Xen's interface */
#define XEN_APPLY_PTE		0U
#define XEN_APPLY_M2P		1U

/**
 * DOC: Seam of the executor
 *
 * What the executor (apply.c) asks for is provided by one header of inline
 * functions, chosen at compile time:
 *
 * * <asm/xen/p2m-apply-seam.h> in an x86 kernel with CONFIG_XEN_PV.
 * * fake-xen.h of the KUnit suites: a hypervisor that is none.
 *
 * While it prepares the P2M is the list that Xen made:
 *
 * * unsigned long apply_list_mfn(pfn): an entry of it.
 * * void apply_list_identity(start, end): set what it has of [start, end)
 *   identity; all behind it is.
 *
 * When it finishes the P2M is the tree:
 *
 * * int apply_tree_frames(pfn, nr, mfns), int apply_tree_missing(pfn, nr): set
 *   PFNs. An error leaves them as they were.
 *
 * The kernel's mapping of all memory, in both:
 *
 * * u64 apply_pte_machine(pfn): machine address of the PTE for a PFN, 0 if there
 *   is none. Those of PFNs in one page of PTEs follow each other.
 * * u64 apply_pte_value(mfn): what maps a frame there.
 * * bool apply_map_table(pfn, mfns): set a whole page of PTEs, none of which is
 *   present, at once. False if that is not to be; nothing is changed then.
 *
 * Hypercalls, as in Xen's public headers:
 *
 * * int apply_mmu_update(update, nr, done): for this domain. Stops at the first
 *   update that fails, with the number of those before it in done.
 * * long apply_decrease(mfns, nr): give frames back to Xen. Returns for how many,
 *   from the first one on, it was done, or an error.
 *
 * The frame window, see frame.h:
 *
 * * void \*apply_frame_map(mfn), void apply_frame_unmap(), void
 *   apply_frame_close().
 */

#if defined(CONFIG_XEN_PV) && !defined(XEN_LAYOUT_PRIVATE_COPY)
#include <asm/xen/p2m-apply-seam.h>
#else
#include "fake-xen.h"
#endif

#endif /* _XEN_P2M_APPLY_SEAM_H */
