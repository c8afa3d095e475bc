// SPDX-License-Identifier: GPL-2.0
/*
 * A P2M tree as Xen's toolstack may read it: linked by MFNs
 */

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include "internal.h"

/**
 * DOC: The frame list
 *
 * A toolstack which does not know the linear list starts from
 * pfn_to_mfn_frame_list_list, the MFN of a top page. That page holds the MFNs of
 * mid pages, and these hold the MFNs of leaves. Our mid pages are page tables,
 * so the toolstack gets some of its own: one for each private mid page of the
 * tree, else the one full of missing leaves.
 *
 * Private leaves are shown as they are. All shared leaves are shown as the
 * missing one, as to the toolstack identity is nothing.
 *
 * The top page has no room for PFNs beyond its last slot; these are not shown.
 *
 * The frame list changes together with the tree, inside the same publication.
 */

/* Does the frame list show @top? */
XEN_P2M_SCOPE bool p2m_in_frame_list(const struct xen_p2m_tree *tree,
				     unsigned long top)
{
	return tree->frame_list.top && top < tree->frame_list.nr;
}

static unsigned long list_mfn(struct xen_p2m_tree *tree,
			      unsigned long *leaf)
{
	if (!p2m_leaf_is_private(tree, leaf))
		leaf = tree->missing;

	return seam_mfn(&tree->seam, leaf);
}

/* Make @page, which need not be shown yet, show the slots of @mid. */
XEN_P2M_SCOPE void p2m_frame_list_fill(struct xen_p2m_tree *tree,
				       unsigned long *page,
				       struct xen_p2m_mid *mid)
{
	unsigned long i;

	for (i = 0; i < p2m_per_page(tree); i++)
		WRITE_ONCE(page[i],
			   list_mfn(tree, seam_slot(&tree->seam, mid, i)));
}

/* Follow a change of the slot of @pfn in a live private mid page. */
XEN_P2M_SCOPE void p2m_frame_list_set_slot(struct xen_p2m_tree *tree,
					   unsigned long pfn, unsigned long *leaf)
{
	unsigned long top = p2m_top_index(tree, pfn);

	if (!p2m_in_frame_list(tree, top))
		return;
	seam_assert_locked(&tree->seam);
	WRITE_ONCE(tree->frame_list.mids[top][p2m_mid_index(tree, pfn)],
		   list_mfn(tree, leaf));
}

/*
 * Show @page in @top, or nothing if it is NULL. Returns the page shown before,
 * if it was not the shared one.
 */
XEN_P2M_SCOPE unsigned long *p2m_frame_list_set_top(struct xen_p2m_tree *tree,
						    unsigned long top,
						    unsigned long *page)
{
	struct xen_p2m_frame_list *list = &tree->frame_list;
	unsigned long *old;

	if (!p2m_in_frame_list(tree, top))
		return NULL;
	seam_assert_locked(&tree->seam);
	old = list->mids[top];
	list->mids[top] = page ?: list->missing;
	WRITE_ONCE(list->top[top],
		   seam_mfn(&tree->seam, list->mids[top]));

	return old == list->missing ? NULL : old;
}

static unsigned long list_pages(struct xen_p2m_tree *tree, unsigned long nr)
{
	unsigned long pages = 3, top;	/* top, mids, missing */

	for (top = 0; top < nr; top++)
		if (p2m_mid_is_private(tree, seam_top(&tree->seam, top)))
			pages++;

	return pages;
}

static void list_build(struct xen_p2m_tree *tree, struct p2m_prealloc *pages,
		       unsigned long nr)
{
	struct xen_p2m_frame_list *list = &tree->frame_list;
	unsigned long top;

	list->nr = nr;
	list->missing = p2m_prealloc_take(pages);
	p2m_frame_list_fill(tree, list->missing, tree->mid_missing);
	list->mids = p2m_prealloc_take(pages);
	list->top = p2m_prealloc_take(pages);
	for (top = 0; top < p2m_per_page(tree); top++) {
		struct xen_p2m_mid *mid = tree->mid_missing;

		if (top < nr)
			mid = seam_top(&tree->seam, top);
		list->mids[top] = list->missing;
		if (p2m_mid_is_private(tree, mid)) {
			list->mids[top] = p2m_prealloc_take(pages);
			tree->used.lists++;
			p2m_frame_list_fill(tree, list->mids[top], mid);
		}
		list->top[top] = seam_mfn(&tree->seam, list->mids[top]);
	}
}

/**
 * xen_p2m_frame_list_attach() - make a tree readable for Xen's toolstack
 * @tree: tree without a frame list
 *
 * On success &xen_p2m_frame_list.top is what the toolstack has to know.
 *
 * Context: may sleep.
 * Return: 0, -EEXIST or -ENOMEM.
 */
XEN_P2M_SCOPE int xen_p2m_frame_list_attach(struct xen_p2m_tree *tree)
{
	unsigned long nr = min(tree->nr_top, p2m_per_page(tree));
	struct p2m_prealloc pages = { };
	unsigned long flags, need;
	int err = 0;

	for (;;) {
		flags = seam_lock(&tree->seam);
		if (tree->frame_list.top)
			err = -EEXIST;
		need = list_pages(tree, nr);
		if (err || need <= pages.nr)
			break;
		seam_unlock(&tree->seam, flags);
		if (p2m_prealloc_fill(tree, &pages, need))
			return -ENOMEM;
	}
	if (!err)
		list_build(tree, &pages, nr);
	seam_unlock(&tree->seam, flags);
	p2m_prealloc_drop(tree, &pages);

	return err;
}

/**
 * xen_p2m_renumber() - the pages of the tree have other MFNs
 * @tree: tree with or without a frame list
 *
 * After a restore or migration. Writes the MFNs of the frame list anew, and lets
 * lookups that are under way look again.
 *
 * Context: any, but nobody may change the tree, as in stop_machine(). Takes no
 * lock and allocates nothing.
 */
XEN_P2M_SCOPE void xen_p2m_renumber(struct xen_p2m_tree *tree)
{
	struct xen_p2m_frame_list *list = &tree->frame_list;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long top;

	WRITE_ONCE(tree->identity_slot,
		   seam_slot_value(s, tree->mid_identity, 0));
	/* Pairs with p2m_read_retry(). Even as before: nobody changes the tree. */
	smp_store_release(&tree->changes, tree->changes + 2);
	if (!list->top)
		return;
	p2m_frame_list_fill(tree, list->missing, tree->mid_missing);
	for (top = 0; top < p2m_per_page(tree); top++) {
		if (list->mids[top] != list->missing)
			p2m_frame_list_fill(tree, list->mids[top],
					    seam_top(s, top));
		list->top[top] = seam_mfn(s, list->mids[top]);
	}
}

/* Give the frame list back, for the end of the tree. */
XEN_P2M_SCOPE void p2m_frame_list_exit(struct xen_p2m_tree *tree)
{
	struct xen_p2m_frame_list *list = &tree->frame_list;
	unsigned long top;

	if (!list->top)
		return;
	for (top = 0; top < p2m_per_page(tree); top++)
		if (list->mids[top] != list->missing)
			seam_page_free(&tree->seam, list->mids[top]);
	seam_page_free(&tree->seam, list->missing);
	seam_page_free(&tree->seam, list->mids);
	seam_page_free(&tree->seam, list->top);
	list->top = NULL;
}
