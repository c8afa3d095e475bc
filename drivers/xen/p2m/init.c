// SPDX-License-Identifier: GPL-2.0
/*
 * Beginning and end of a P2M tree
 */

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>

#include "internal.h"

/* Entries a page, as a shift: at most a page of 4 KiB full of 32-bit ones */
#define P2M_MAX_SHIFT	10

/*
 * With 512 entries a page that is 1 PiB. With 1024 it is 2^40 PFNs, which is below
 * XEN_P2M_MAX_MFN.
 */
#define P2M_MAX_TOP	BIT(20)

/* Notes beyond one a top slot */
#define P2M_NOTES	256

static unsigned long *p2m_shared_new(struct xen_p2m_tree *tree,
				     struct p2m_prealloc *pages,
				     unsigned long mark)
{
	unsigned long *leaf = p2m_prealloc_take(pages);
	unsigned long i;

	for (i = 0; i < p2m_per_page(tree); i++)
		leaf[i] = tree->tools ? INVALID_P2M_ENTRY : mark;

	return leaf;
}

static struct xen_p2m_mid *p2m_shared_mid_new(struct xen_p2m_tree *tree,
					      struct p2m_prealloc *pages,
					      unsigned long *leaf)
{
	struct xen_p2m_mid *mid = p2m_prealloc_take(pages);

	p2m_mid_fill(tree, mid, leaf);
	seam_mid_pin(&tree->seam, mid);

	return mid;
}

static void p2m_plant(struct xen_p2m_tree *tree, struct p2m_prealloc *pages,
		      enum xen_p2m_type type)
{
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long flags;

	tree->missing = p2m_shared_new(tree, pages, INVALID_P2M_ENTRY);
	tree->identity = p2m_shared_new(tree, pages, XEN_P2M_IDENTITY_MARK);
	tree->mid_missing = p2m_shared_mid_new(tree, pages, tree->missing);
	tree->mid_identity = p2m_shared_mid_new(tree, pages, tree->identity);

	flags = seam_lock(s);
	seam_publish_begin(s);
	seam_top_fill(s, p2m_shared_mid(tree, type));
	seam_publish_end(s);
	seam_flush(s);
	seam_unlock(s, flags);
}

static void p2m_notes_exit(struct xen_p2m_tree *tree)
{
	if (tree->tools)
		xen_p2m_notes_exit(&tree->notes, &tree->seam);
}

/**
 * xen_p2m_tree_init() - set up a tree in which all PFNs are alike
 * @tree: zeroed, except for what a seam wants to find in its part
 * @limit: number of PFNs to cover, from 0 on
 * @shift: entries a page, as a shift
 * @flags: XEN_P2M_TOOLS, XEN_P2M_IDENTITY_FIRST. Without the latter all PFNs are
 *         missing.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for a limit or shift out of range, -ENOMEM.
 */
XEN_P2M_SCOPE int xen_p2m_tree_init(struct xen_p2m_tree *tree,
				    unsigned long limit, unsigned int shift,
				    unsigned int flags)
{
	struct xen_p2m_seam *s = &tree->seam;
	struct p2m_prealloc pages = { };
	int err;

	if (!shift || shift > P2M_MAX_SHIFT)
		return -EINVAL;
	/* Cannot overflow, and is too large for a limit of 0, too. */
	tree->nr_top = ((limit - 1) >> (2 * shift)) + 1;
	if (tree->nr_top > P2M_MAX_TOP)
		return -EINVAL;
	tree->limit = limit;
	tree->tools = flags & XEN_P2M_TOOLS;

	err = seam_init(s, tree->nr_top, shift);
	if (err)
		return err;
	if (tree->tools)
		err = xen_p2m_notes_init(&tree->notes, s,
					 tree->nr_top + P2M_NOTES);
	if (err)
		goto err_seam;
	err = p2m_prealloc_fill(tree, &pages, 4);
	if (err)
		goto err_notes;
	p2m_plant(tree, &pages, flags & XEN_P2M_IDENTITY_FIRST ?
		  XEN_P2M_IDENTITY : XEN_P2M_MISSING);
	tree->identity_slot = seam_slot_value(s, tree->mid_identity, 0);

	return 0;

err_notes:
	p2m_notes_exit(tree);
err_seam:
	seam_exit(s);

	return err;
}

/**
 * xen_p2m_tree_exit() - give back all that a tree consists of
 * @tree: tree that nobody reads or changes any more
 *
 * Context: may sleep.
 */
XEN_P2M_SCOPE void xen_p2m_tree_exit(struct xen_p2m_tree *tree)
{
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long top;

	xen_p2m_window_close(tree);
	for (top = 0; top < tree->nr_top; top++) {
		struct xen_p2m_mid *mid = seam_top(s, top);

		if (p2m_mid_is_private(tree, mid))
			p2m_free_mid(tree, mid);
	}
	p2m_frame_list_exit(tree);
	seam_mid_unpin(s, tree->mid_missing);
	seam_mid_unpin(s, tree->mid_identity);
	seam_page_free(s, tree->mid_missing);
	seam_page_free(s, tree->mid_identity);
	seam_page_free(s, tree->missing);
	seam_page_free(s, tree->identity);
	p2m_notes_exit(tree);
	seam_exit(s);
}
