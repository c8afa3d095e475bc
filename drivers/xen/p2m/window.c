// SPDX-License-Identifier: GPL-2.0
/*
 * The mid level of a P2M tree as one linear array
 */

#include <linux/compiler.h>
#include <linux/errno.h>

#include <asm/barrier.h>

#include "internal.h"

/**
 * DOC: The window
 *
 * An entry alone does not always say what its PFN is; its slot does. To find
 * the slot by a walk costs two loads and, where the levels are page tables,
 * conversions. The window makes it one load: it maps all mid pages side by
 * side, in the order of the top slots, so that the leaf of a PFN is in slot
 * ``pfn >> shift`` of it. As it maps the mid pages themselves, it has to be
 * brought up to date only if a top slot changes.
 *
 * Walk and window agree whenever the lock of the tree is not held. Without a
 * window lookups walk.
 */

/* The leaf of @pfn, in one load if the tree has a window */
XEN_P2M_SCOPE unsigned long *p2m_leaf(struct xen_p2m_tree *tree,
				      unsigned long pfn)
{
	struct xen_p2m_seam *s = &tree->seam;
	struct xen_p2m_mid *mid;

	if (smp_load_acquire(&tree->window))	/* then it is filled */
		return seam_window_leaf(s, pfn);
	mid = seam_top(s, p2m_top_index(tree, pfn));

	return seam_slot(s, mid, p2m_mid_index(tree, pfn));
}

/* Follow a change of a top slot. */
XEN_P2M_SCOPE void p2m_window_set(struct xen_p2m_tree *tree, unsigned long top,
				  struct xen_p2m_mid *mid)
{
	seam_assert_locked(&tree->seam);
	if (tree->window)
		seam_window_set(&tree->seam, top, mid);
}

/**
 * xen_p2m_window_open() - give a tree its window
 * @tree: tree without one
 *
 * Context: may sleep. Not at the same time as xen_p2m_window_close().
 * Return: 0, -EEXIST or -ENOMEM.
 */
XEN_P2M_SCOPE int xen_p2m_window_open(struct xen_p2m_tree *tree)
{
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long top, flags;
	int err;

	if (tree->window)
		return -EEXIST;
	err = seam_window_alloc(s);
	if (err)
		return err;

	flags = seam_lock(s);
	for (top = 0; top < seam_window_tops(s); top++)
		seam_window_set(s, top, seam_top(s, top));
	/* Pairs with the acquire in p2m_leaf(). */
	smp_store_release(&tree->window, true);
	seam_unlock(s, flags);

	return 0;
}

/**
 * xen_p2m_window_close() - take the window from a tree
 * @tree: tree with or without one
 *
 * Context: may sleep. Not at the same time as xen_p2m_window_open().
 */
XEN_P2M_SCOPE void xen_p2m_window_close(struct xen_p2m_tree *tree)
{
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long flags;

	if (!tree->window)
		return;
	flags = seam_lock(s);
	WRITE_ONCE(tree->window, false);
	seam_flush(s);
	seam_unlock(s, flags);
	seam_window_free(s);
}
