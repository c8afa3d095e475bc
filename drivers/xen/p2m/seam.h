/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the P2M tree and where it lives
 */
#ifndef _XEN_P2M_SEAM_H
#define _XEN_P2M_SEAM_H

/**
 * DOC: Seam of the P2M tree
 *
 * The tree (tree.c) decides what is in which slot. What a page, a slot and a
 * lock are is said by one header of inline functions, chosen at compile time:
 *
 * * <asm/xen/p2m-seam.h> in an x86 kernel with CONFIG_XEN_PV. Top slots are
 *   PMD entries, mid pages are the PTE pages behind them, mid slots are PTEs.
 * * seam-generic.h everywhere else: plain pointers. It serves KUnit (under UML,
 *   or in a module with a copy of the tree of its own) and userland.
 *
 * A seam defines &struct xen_p2m_seam, an opaque &struct xen_p2m_mid, and the
 * functions below, each given the seam of its tree as first argument. A leaf is
 * an array of entries in the kernel's address space. "Live" is what a reader
 * or Xen may look at: the slots of a mid page go live with the page.
 *
 * Setup:
 *
 * * int seam_init(s, nr_top, shift), void seam_exit(s): room for @nr_top top
 *   slots, 1 << @shift entries a page. -ENOMEM leaves nothing behind.
 * * unsigned int seam_shift(s): the shift, a constant where it is one.
 *
 * Memory; allocating may sleep and is done with no lock held:
 *
 * * void \*seam_page_alloc(s), void seam_page_free(s, page): uninitialised,
 *   room for 1 << @shift longs or pointers. A page goes back to the allocator
 *   it is from, also when that was the boot allocator and this is not the boot
 *   any more.
 * * void \*seam_table_alloc(s, bytes), void seam_table_free(s, table, bytes):
 *   zeroed, of any size.
 *
 * * int seam_reach(s, end): what it takes for slots below PFN @end to be set
 *   live, other than to all identity. -ENOMEM changes nothing. May sleep.
 *
 * Slots; setting needs the lock (or a tree that nobody else knows):
 *
 * * struct xen_p2m_mid \*seam_top(s, top), void seam_top_set(s, top, mid).
 * * void seam_top_fill(s, mid): all top slots of a new tree. A seam may rely on
 *   the PFNs of its trees being identity at first, if it says so.
 * * unsigned long \*seam_slot(s, mid, i): the leaf in a slot. All that was
 *   stored to the leaf before it was set is visible.
 * * void seam_slot_set(s, mid, i, leaf, writable) of a live mid page,
 *   void seam_slot_init(s, mid, i, leaf, writable) of one that is not live yet.
 *   Entries of a leaf which is not writable can not be stored to through
 *   seam_entry_set().
 * * void seam_mid_enlist(s, mid) between the last seam_slot_init() and the
 *   first seam_top_set(), void seam_mid_retire(s, mid) between the flush after
 *   the last seam_top_set() and seam_page_free(): a hypervisor counts the page
 *   as a page table in between.
 *
 * Entries, for any PFN the tree covers:
 *
 * * unsigned long seam_entry(s, pfn): the entry as stored.
 * * bool seam_entry_set(s, pfn, entry): one atomic store; false if the leaf is
 *   not writable (yet, as seen from this CPU).
 * * void seam_read_lock(s), void seam_read_unlock(s): around each lookup. Where
 *   lookups follow pointers the flush waits for them.
 *
 * Changes of structure:
 *
 * * unsigned long seam_lock(s), void seam_unlock(s, flags).
 * * void seam_publish_begin(s), void seam_publish_end(s) around each group of
 *   live slot changes, with the lock: Xen's tools see by the generation, which
 *   is odd in between, that they have to read again.
 * * void seam_flush(s, start, end): after it all CPUs read the entries of
 *   these PFNs through the new slots, and no reader is left in the pages which
 *   were replaced. With the lock, so it must not sleep where that is a
 *   spinlock; where it is a hypercall the lock has to disable preemption, also
 *   under PREEMPT_RT.
 * * unsigned long seam_frame(s, page): the frame number by which Xen knows a
 *   page.
 * * void seam_tools_end(s, end): tools need not look at PFNs from @end on.
 *
 * The window, see window.h:
 *
 * * int seam_window_alloc(s), void seam_window_free(s),
 *   void seam_window_set(s, top, mid): mid pages in one linear view, of the
 *   first seam_window_tops(s) top slots.
 * * unsigned long \*seam_window_leaf(s, pfn): like seam_slot(), through it.
 */

#ifdef XEN_P2M_PRIVATE_COPY
/*
 * The tree is part of the including file, as in the KUnit suites, which need
 * not use all of it.
 */
#define XEN_P2M_SCOPE static
#else
#define XEN_P2M_SCOPE
#endif

#if defined(CONFIG_XEN_PV) && !defined(XEN_P2M_PRIVATE_COPY)
#include <asm/xen/p2m-seam.h>
#else
#include "seam-generic.h"
#endif

#endif /* _XEN_P2M_SEAM_H */
