/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the P2M tree, and by nobody else
 */
#ifndef _XEN_P2M_INTERNAL_H
#define _XEN_P2M_INTERNAL_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "tree.h"

/*
 * Numbers: nr_top << (2 * shift) is below 1 << (BITS_PER_LONG - 2), see
 * xen_p2m_tree_init(), so the end of a slot and of the whole top level is a
 * number, and none of the sums below wraps.
 */
static inline unsigned long p2m_per_page(const struct xen_p2m_tree *tree)
{
	return 1UL << seam_shift(&tree->seam);
}

/* PFNs of a top slot */
static inline unsigned long p2m_per_top(const struct xen_p2m_tree *tree)
{
	return 1UL << (2 * seam_shift(&tree->seam));
}

/* PFNs that the slots cover, at least up to the limit */
static inline unsigned long p2m_capacity(const struct xen_p2m_tree *tree)
{
	return tree->nr_top << (2 * seam_shift(&tree->seam));
}

static inline unsigned long p2m_top_index(const struct xen_p2m_tree *tree,
					  unsigned long pfn)
{
	return pfn >> (2 * seam_shift(&tree->seam));
}

static inline unsigned long p2m_mid_index(const struct xen_p2m_tree *tree,
					  unsigned long pfn)
{
	return (pfn >> seam_shift(&tree->seam)) & (p2m_per_page(tree) - 1);
}

static inline unsigned long p2m_leaf_index(const struct xen_p2m_tree *tree,
					   unsigned long pfn)
{
	return pfn & (p2m_per_page(tree) - 1);
}

/* First PFN of the leaf of @pfn, and first PFN after the leaf */
static inline unsigned long p2m_leaf_start(const struct xen_p2m_tree *tree,
					   unsigned long pfn)
{
	return pfn & ~(p2m_per_page(tree) - 1);
}

static inline unsigned long p2m_leaf_end(const struct xen_p2m_tree *tree,
					 unsigned long pfn)
{
	return (pfn | (p2m_per_page(tree) - 1)) + 1;
}

/* First PFN after the mid page of @pfn */
static inline unsigned long p2m_top_end(const struct xen_p2m_tree *tree,
					unsigned long pfn)
{
	return (pfn | (p2m_per_top(tree) - 1)) + 1;
}

static inline bool p2m_leaf_is_private(const struct xen_p2m_tree *tree,
				       const unsigned long *leaf)
{
	return leaf != tree->missing && leaf != tree->identity;
}

static inline bool p2m_mid_is_private(const struct xen_p2m_tree *tree,
				      const struct xen_p2m_mid *mid)
{
	return mid != tree->mid_missing && mid != tree->mid_identity;
}

static inline struct xen_p2m_mid *
p2m_shared_mid(const struct xen_p2m_tree *tree, enum xen_p2m_type type)
{
	return type == XEN_P2M_IDENTITY ? tree->mid_identity :
					  tree->mid_missing;
}

/*
 * The value of the slot of @pfn, whose entry was INVALID_P2M_ENTRY; in one load if
 * the tree has a window
 */
static __always_inline unsigned long p2m_slot_value(struct xen_p2m_tree *tree,
						    unsigned long pfn)
{
	struct xen_p2m_seam *s = &tree->seam;
	struct xen_p2m_mid *mid;

	if (smp_load_acquire(&tree->window))	/* then it is filled */
		return seam_window_value(s, pfn);
	mid = seam_top(s, p2m_top_index(tree, pfn));

	return seam_slot_value(s, mid, p2m_mid_index(tree, pfn));
}

/* Make all slots of @mid, which nobody else knows yet, refer to a shared leaf. */
static inline void p2m_mid_fill(struct xen_p2m_tree *tree,
				struct xen_p2m_mid *mid, unsigned long *leaf)
{
	unsigned long i;

	for (i = 0; i < p2m_per_page(tree); i++)
		seam_slot_init(&tree->seam, mid, i, leaf, false);
}

/*
 * The part of a range of PFNs that is in one slot, of a level whose slots cover
 * so many PFNs each, a power of two. Set .end to the start of the range at first;
 * to skip slots, move .end forward.
 */
struct p2m_part {
	unsigned long start;
	unsigned long end;
};

static inline bool p2m_part_next(struct p2m_part *part, unsigned long per_slot,
				 unsigned long end)
{
	part->start = part->end;
	part->end = min(end, (part->start | (per_slot - 1)) + 1);

	return part->start < end;
}

/* Pages allocated before a change, linked through their first word */
struct p2m_prealloc {
	void *head;
	unsigned long nr;
};

XEN_P2M_SCOPE int p2m_prealloc_fill(struct xen_p2m_tree *tree,
				    struct p2m_prealloc *pages,
				    unsigned long nr);
XEN_P2M_SCOPE void p2m_prealloc_drop(struct xen_p2m_tree *tree,
				     struct p2m_prealloc *pages);
XEN_P2M_SCOPE void *p2m_prealloc_take(struct p2m_prealloc *pages);

XEN_P2M_SCOPE bool p2m_by_note(const struct xen_p2m_tree *tree,
			       const unsigned long *leaf);

XEN_P2M_SCOPE void p2m_free_mid(struct xen_p2m_tree *tree,
				struct xen_p2m_mid *mid);

XEN_P2M_SCOPE bool p2m_in_frame_list(const struct xen_p2m_tree *tree,
				     unsigned long top);
XEN_P2M_SCOPE void p2m_frame_list_fill(struct xen_p2m_tree *tree,
				       unsigned long *page,
				       struct xen_p2m_mid *mid);
XEN_P2M_SCOPE void p2m_frame_list_set_slot(struct xen_p2m_tree *tree,
					   unsigned long pfn, unsigned long *leaf);
XEN_P2M_SCOPE unsigned long *p2m_frame_list_set_top(struct xen_p2m_tree *tree,
						    unsigned long top,
						    unsigned long *page);
XEN_P2M_SCOPE void p2m_frame_list_exit(struct xen_p2m_tree *tree);

XEN_P2M_SCOPE void p2m_window_set(struct xen_p2m_tree *tree, unsigned long top,
				  struct xen_p2m_mid *mid);
XEN_P2M_SCOPE unsigned long *p2m_leaf(struct xen_p2m_tree *tree,
				      unsigned long pfn);

#endif /* _XEN_P2M_INTERNAL_H */
