/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the P2M tree and where it lives
 */
#ifndef _XEN_P2M_SEAM_H
#define _XEN_P2M_SEAM_H

#include <linux/types.h>

/**
 * DOC: Seam of the P2M tree
 *
 * The tree decides what is in which slot. What a page, a slot and a lock are is
 * said by one header of inline functions, chosen at compile time:
 *
 * * <asm/xen/p2m-seam.h> in an x86 kernel with CONFIG_XEN_PV. Top slots are
 *   PMD entries, mid pages are the PTE pages behind them, mid slots are PTEs.
 * * seam-generic.h everywhere else: plain pointers. It serves KUnit (under UML,
 *   or in a module with a copy of the tree of its own) and userland.
 *
 * It defines &struct xen_p2m_seam, an opaque &struct xen_p2m_mid, and the
 * functions that are declared here. A leaf is an array of entries in the
 * kernel's address space. "Live" is what a reader or Xen may look at: the slots
 * of a mid page go live with the page.
 */

struct xen_p2m_seam;
struct xen_p2m_mid;

/**
 * seam_init() - make room for top slots
 * @s: seam of a tree
 * @nr_top: top slots
 * @shift: entries a page, as a shift
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for a shift that it cannot do, -ENOMEM; nothing is left
 * behind then.
 */
static inline int seam_init(struct xen_p2m_seam *s, unsigned long nr_top,
			    unsigned int shift);

/**
 * seam_exit() - give that room back
 * @s: seam of a tree without pages
 */
static inline void seam_exit(struct xen_p2m_seam *s);

/**
 * seam_shift() - entries a page, as a shift
 * @s: seam of a tree
 *
 * Return: the shift, a constant where it is one.
 */
static inline unsigned int seam_shift(const struct xen_p2m_seam *s);

/**
 * seam_page_alloc() - allocate a page of the tree
 * @s: seam of a tree
 *
 * Context: may sleep; no lock held.
 * Return: room for 1 << shift longs or pointers, uninitialised, or NULL.
 */
static inline void *seam_page_alloc(struct xen_p2m_seam *s);

/**
 * seam_page_free() - give a page back
 * @s: seam of a tree
 * @page: goes to the allocator that it is from, also if that was the boot's and
 *        this is not the boot any more
 *
 * Context: any; the lock may be held.
 */
static inline void seam_page_free(struct xen_p2m_seam *s, void *page);

/**
 * seam_table_alloc() - allocate memory of any size
 * @s: seam of a tree
 * @bytes: how much
 *
 * Context: may sleep; no lock held.
 * Return: zeroed memory or NULL.
 */
static inline void *seam_table_alloc(struct xen_p2m_seam *s, size_t bytes);

/**
 * seam_table_free() - give it back
 * @s: seam of a tree
 * @table: of seam_table_alloc()
 * @bytes: as given there
 */
static inline void seam_table_free(struct xen_p2m_seam *s, void *table,
				   size_t bytes);

/**
 * seam_reach() - prepare for slots to be set live, other than to all identity
 * @s: seam of a tree
 * @end: first PFN after the slots, at most the capacity
 *
 * Context: may sleep; no lock held.
 * Return: 0, or -ENOMEM with nothing changed.
 */
static inline int seam_reach(struct xen_p2m_seam *s, unsigned long end);

/**
 * seam_lock() - serialise changes of structure
 * @s: seam of a tree
 *
 * Where a flush is a hypercall the lock disables preemption, also under
 * PREEMPT_RT.
 *
 * Return: what seam_unlock() wants.
 */
static inline unsigned long seam_lock(struct xen_p2m_seam *s);

/**
 * seam_unlock() - end of the changes
 * @s: seam of a tree
 * @flags: of seam_lock()
 */
static inline void seam_unlock(struct xen_p2m_seam *s, unsigned long flags);

/**
 * seam_assert_locked() - say so if the lock is not held
 * @s: seam of a tree
 */
static inline void seam_assert_locked(struct xen_p2m_seam *s);

/**
 * seam_read_lock() - begin a lookup
 * @s: seam of a tree
 *
 * Where lookups follow pointers, what is freed waits for them.
 */
static inline void seam_read_lock(struct xen_p2m_seam *s);

/**
 * seam_read_unlock() - end of a lookup
 * @s: seam of a tree
 */
static inline void seam_read_unlock(struct xen_p2m_seam *s);

/**
 * seam_top() - read a top slot
 * @s: seam of a tree
 * @top: which one
 *
 * Return: the mid page in it, complete.
 */
static inline struct xen_p2m_mid *seam_top(struct xen_p2m_seam *s,
					   unsigned long top);

/**
 * seam_top_set() - set a top slot
 * @s: seam of a tree
 * @top: which one
 * @mid: page to put there, pinned
 *
 * Context: lock held, within a publication.
 */
static inline void seam_top_set(struct xen_p2m_seam *s, unsigned long top,
				struct xen_p2m_mid *mid);

/**
 * seam_top_fill() - set all top slots of a new tree
 * @s: seam of a tree
 * @mid: page to put there. A seam may rely on the PFNs of its trees being
 *       identity at first, if it says so.
 *
 * Context: lock held, within a publication.
 */
static inline void seam_top_fill(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *mid);

/**
 * seam_slot() - read a slot of a mid page
 * @s: seam of a tree
 * @mid: the page
 * @i: which slot
 *
 * Return: the leaf in it. All that was stored to it before it was set is there.
 */
static inline unsigned long *seam_slot(struct xen_p2m_seam *s,
				       struct xen_p2m_mid *mid,
				       unsigned long i);

/**
 * seam_slot_value() - read a slot of a mid page, without finding its leaf
 * @s: seam of a tree
 * @mid: the page
 * @i: which slot
 *
 * Return: a number that is the same for all slots with the same leaf, until the
 * domain is restored.
 */
static inline unsigned long seam_slot_value(struct xen_p2m_seam *s,
					    struct xen_p2m_mid *mid,
					    unsigned long i);

/**
 * seam_slot_init() - set a slot of a mid page that is not live yet
 * @s: seam of a tree
 * @mid: the page
 * @i: which slot
 * @leaf: to put there
 * @writable: may entries of the leaf be stored to by seam_entry_set()?
 */
static inline void seam_slot_init(struct xen_p2m_seam *s,
				  struct xen_p2m_mid *mid, unsigned long i,
				  unsigned long *leaf, bool writable);

/**
 * seam_slot_set() - set a slot of a live mid page
 * @s: seam of a tree
 * @mid: the page
 * @i: which slot
 * @leaf: to put there
 * @writable: as for seam_slot_init()
 *
 * Context: lock held, within a publication.
 */
static inline void seam_slot_set(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *mid, unsigned long i,
				 unsigned long *leaf, bool writable);

/**
 * seam_mid_pin() - a page becomes a mid page
 * @s: seam of a tree
 * @mid: all its slots are initialised, and no top slot has it yet
 *
 * A hypervisor counts it as a page table until it is unpinned.
 */
static inline void seam_mid_pin(struct xen_p2m_seam *s,
				struct xen_p2m_mid *mid);

/**
 * seam_mid_unpin() - a mid page becomes a page like any other
 * @s: seam of a tree
 * @mid: no top slot has it, and that was flushed
 */
static inline void seam_mid_unpin(struct xen_p2m_seam *s,
				  struct xen_p2m_mid *mid);

/**
 * seam_entry() - read an entry
 * @s: seam of a tree
 * @pfn: PFN that the tree covers
 *
 * Return: the entry as it is stored.
 */
static inline unsigned long seam_entry(struct xen_p2m_seam *s,
				       unsigned long pfn);

/**
 * seam_entry_set() - set an entry by one atomic store
 * @s: seam of a tree
 * @pfn: PFN that the tree covers
 * @entry: what to store
 *
 * Return: false if the leaf is not writable, as seen from this CPU.
 */
static inline bool seam_entry_set(struct xen_p2m_seam *s, unsigned long pfn,
				  unsigned long entry);

/**
 * seam_publish_begin() - live slots are going to change
 * @s: seam of a tree
 *
 * Xen's toolstack sees by the generation, odd until seam_publish_end(), that it
 * has to read again.
 *
 * Context: lock held.
 */
static inline void seam_publish_begin(struct xen_p2m_seam *s);

/**
 * seam_publish_end() - live slots have changed
 * @s: seam of a tree
 *
 * Context: lock held.
 */
static inline void seam_publish_end(struct xen_p2m_seam *s);

/**
 * seam_flush() - let all CPUs read entries through the new slots
 * @s: seam of a tree
 *
 * After it no reader is left in the pages that were replaced. Must not sleep
 * where the lock is a spinlock.
 *
 * Context: lock held.
 */
static inline void seam_flush(struct xen_p2m_seam *s);

/**
 * seam_mfn() - by which MFN does Xen know a page?
 * @s: seam of a tree
 * @page: page of the tree
 *
 * Return: the MFN.
 */
static inline unsigned long seam_mfn(struct xen_p2m_seam *s, void *page);

/**
 * seam_tools_end() - tell the toolstack where MFNs end
 * @s: seam of a tree
 * @end: first PFN that it need not look at
 *
 * Context: lock held.
 */
static inline void seam_tools_end(struct xen_p2m_seam *s, unsigned long end);

/**
 * seam_window_alloc() - make room for the window, see window.c
 * @s: seam of a tree
 *
 * Context: may sleep; no lock held.
 * Return: 0 or an error.
 */
static inline int seam_window_alloc(struct xen_p2m_seam *s);

/**
 * seam_window_free() - give that room back
 * @s: seam of a tree
 *
 * Context: no lock held.
 */
static inline void seam_window_free(struct xen_p2m_seam *s);

/**
 * seam_window_tops() - how far does the window reach?
 * @s: seam of a tree
 *
 * Return: number of top slots.
 */
static inline unsigned long seam_window_tops(struct xen_p2m_seam *s);

/**
 * seam_window_set() - let the window show a mid page
 * @s: seam of a tree
 * @top: top slot that it is in
 * @mid: the page
 *
 * Context: lock held.
 */
static inline void seam_window_set(struct xen_p2m_seam *s, unsigned long top,
				   struct xen_p2m_mid *mid);

/**
 * seam_window_leaf() - like seam_slot(), through the window
 * @s: seam of a tree
 * @pfn: PFN that the tree covers
 *
 * Return: its leaf.
 */
static inline unsigned long *seam_window_leaf(struct xen_p2m_seam *s,
					      unsigned long pfn);

/**
 * seam_window_value() - like seam_slot_value(), through the window
 * @s: seam of a tree
 * @pfn: PFN for which seam_entry() was INVALID_P2M_ENTRY
 *
 * Return: the value of its slot.
 */
static inline unsigned long seam_window_value(struct xen_p2m_seam *s,
					      unsigned long pfn);

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
