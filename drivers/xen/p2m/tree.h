/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TREE_H
#define _XEN_P2M_TREE_H

#include <linux/types.h>

#include <xen/p2m.h>

#include "identity-notes.h"
#include "seam.h"

/**
 * DOC: The P2M tree
 *
 * Three levels say what each PFN below a limit stands for. A *leaf* holds one
 * entry a PFN; a slot of a *mid* page refers to a leaf; a slot of the *top*
 * level refers to a mid page. On x86 all three have 512 entries: a leaf covers
 * 2 MiB, a mid page 1 GiB. From the limit on everything is identity.
 *
 * What is missing or identity all through costs no page of its own: two shared
 * leaves, and two shared mid pages full of them, stand in for it. Pages that
 * are not shared are *private*. The slot decides which, so a range is set slot
 * by slot and not PFN by PFN, and splits pages at its two ends at most.
 *
 * All ranges are half-open, [start, end), and count PFNs.
 *
 * Ownership: callers ensure that nobody else changes a PFN at the same time.
 * Other PFNs may be changed by others, also if they are in the same leaf. A
 * range that is set gives back the private pages which it covers as a whole, so
 * nobody may be about to store there. Reading is safe everywhere and at any time.
 *
 * Memory is allocated before anything is changed. An operation that fails has
 * changed nothing.
 */

/* For xen_p2m_tree_init() */
#define XEN_P2M_TOOLS	1U	/* the toolstack reads the leaves */
#define XEN_P2M_IDENTITY_FIRST	2U	/* begin with identity, not missing */

/**
 * struct xen_p2m_usage - pages of a tree, without the shared ones
 * @leaves: private leaves
 * @mids: private mid pages
 * @lists: mid pages of the frame list
 */
struct xen_p2m_usage {
	unsigned long leaves;
	unsigned long mids;
	unsigned long lists;
};

/**
 * struct xen_p2m_frame_list - the tree as MFNs, for Xen's toolstack
 * @top: MFN of a mid page for each top slot; NULL while there is no frame list
 * @mids: the mid pages below @top
 * @missing: the mid page shared by all top slots without a private one
 * @nr: top slots there is room for in @top
 */
struct xen_p2m_frame_list {
	unsigned long *top;
	unsigned long **mids;
	unsigned long *missing;
	unsigned long nr;
};

/**
 * struct xen_p2m_tree - a P2M
 * @limit: PFNs covered
 * @nr_top: top slots
 * @tools_end: the toolstack finds no MFN from this PFN on
 * @tools: the toolstack reads the leaves, see identity-notes.h
 * @window: the window is in use
 * @changes: of structure and by a restore; odd while one of structure is not flushed
 * @missing: shared leaf of missing PFNs
 * @identity: shared leaf of identity PFNs
 * @mid_missing: shared mid page full of @missing
 * @mid_identity: shared mid page full of @identity
 * @identity_slot: value of a slot that has @identity
 * @notes: identity PFNs which leaves do not show, if @tools
 * @frame_list: for toolstacks that do not know the linear list
 * @used: private pages
 * @seam: what this tree is made of
 */
struct xen_p2m_tree {
	unsigned long limit;
	unsigned long nr_top;
	unsigned long tools_end;
	bool tools;
	bool window;
	unsigned int changes;
	unsigned long *missing;
	unsigned long *identity;
	struct xen_p2m_mid *mid_missing;
	struct xen_p2m_mid *mid_identity;
	unsigned long identity_slot;
	struct xen_p2m_notes notes;
	struct xen_p2m_frame_list frame_list;
	struct xen_p2m_usage used;
	struct xen_p2m_seam seam;
};

/**
 * struct xen_p2m_extent - PFNs of one type
 * @pfn: first PFN
 * @nr: number of PFNs
 * @type: their type
 */
struct xen_p2m_extent {
	unsigned long pfn;
	unsigned long nr;
	enum xen_p2m_type type;
};

XEN_P2M_SCOPE int xen_p2m_tree_init(struct xen_p2m_tree *tree,
				    unsigned long limit, unsigned int shift,
				    unsigned int flags);
XEN_P2M_SCOPE void xen_p2m_tree_exit(struct xen_p2m_tree *tree);

XEN_P2M_SCOPE unsigned long xen_p2m_lookup(struct xen_p2m_tree *tree,
					   unsigned long pfn);
XEN_P2M_SCOPE bool xen_p2m_next_extent(struct xen_p2m_tree *tree,
				       struct xen_p2m_extent *ext,
				       unsigned long end);

XEN_P2M_SCOPE bool xen_p2m_try_set(struct xen_p2m_tree *tree,
				   unsigned long pfn, unsigned long entry);
XEN_P2M_SCOPE int xen_p2m_set(struct xen_p2m_tree *tree, unsigned long pfn,
			      unsigned long entry);
XEN_P2M_SCOPE int xen_p2m_set_range(struct xen_p2m_tree *tree,
				    unsigned long start, unsigned long end,
				    enum xen_p2m_type type, unsigned long mfn);
XEN_P2M_SCOPE int xen_p2m_load(struct xen_p2m_tree *tree, unsigned long start,
			       unsigned long end, const unsigned long *entries);
XEN_P2M_SCOPE int xen_p2m_adopt(struct xen_p2m_tree *tree, unsigned long pfn,
				unsigned long *leaf);
XEN_P2M_SCOPE int xen_p2m_split(struct xen_p2m_tree *tree, unsigned long start,
				unsigned long end);

XEN_P2M_SCOPE int xen_p2m_frame_list_attach(struct xen_p2m_tree *tree);
XEN_P2M_SCOPE void xen_p2m_renumber(struct xen_p2m_tree *tree);
XEN_P2M_SCOPE int xen_p2m_window_open(struct xen_p2m_tree *tree);
XEN_P2M_SCOPE void xen_p2m_window_close(struct xen_p2m_tree *tree);

/**
 * xen_p2m_type() - what does a PFN stand for?
 * @tree: tree to read
 * @pfn: any number
 *
 * Context: as xen_p2m_lookup().
 * Return: its type.
 */
static inline enum xen_p2m_type xen_p2m_type(struct xen_p2m_tree *tree,
					     unsigned long pfn)
{
	/* For the highest number the entry is that of a missing PFN. */
	if (pfn >= tree->limit)
		return XEN_P2M_IDENTITY;

	return xen_p2m_entry_type(xen_p2m_lookup(tree, pfn));
}

/**
 * xen_p2m_usage() - count the private pages
 * @tree: tree to read
 * @usage: where to put the numbers
 *
 * Context: takes the lock of the tree.
 */
static inline void xen_p2m_usage(struct xen_p2m_tree *tree,
				 struct xen_p2m_usage *usage)
{
	unsigned long flags = seam_lock(&tree->seam);

	*usage = tree->used;
	seam_unlock(&tree->seam, flags);
}

/* By the architecture: the P2M of this domain */
struct xen_p2m_tree *xen_p2m_phys_tree(void);

#endif /* _XEN_P2M_TREE_H */
