// SPDX-License-Identifier: GPL-2.0
/*
 * For tests: the P2M page by page, by the kernel's executor and tree
 *
 * Takes a leaf for each 2 MiB of RAM, and its time. What the kernel does around
 * executor and tree is here.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "plan.h"

#define SHIFT		9U

pthread_rwlock_t stub_rcu = PTHREAD_RWLOCK_INITIALIZER;

static int move_regions(struct plan *plan)
{
	const struct xen_layout_nonram *n = plan->layout.nonram;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < plan->layout.nr_nonram; i++, n++)
		err = xen_p2m_set_range(plan->tree, region_pfn(n), region_end(n),
					XEN_P2M_MFN, PFN_DOWN(n->start));

	return err;
}

/* As p2m_prepare_growth() */
static int prepare_growth(struct xen_p2m_tree *tree)
{
	struct xen_p2m_extent ext = { 0 };
	int err = 0;

	while (!err && xen_p2m_next_extent(tree, &ext, tree->limit))
		if (ext.type == XEN_P2M_MISSING)
			err = xen_p2m_split(tree, ext.pfn, ext.pfn + ext.nr);

	return err;
}

/* In the order in which the kernel does it */
static int fill_tree(struct plan *plan)
{
	int err = xen_p2m_set_range(plan->tree, 0, plan->in.nr_pages,
				    XEN_P2M_MFN, PRETEND_MFN);

	if (!err)
		err = plan_execute(plan);
	if (!err)
		err = move_regions(plan);
	if (!err && plan->in.domain == XEN_LAYOUT_DOMU)
		err = prepare_growth(plan->tree);
	if (!err)
		err = xen_p2m_frame_list_attach(plan->tree);
	if (!err)
		err = xen_p2m_window_open(plan->tree);

	return err;
}

static int add_split(struct plan *plan, const struct xen_p2m_extent *ext)
{
	unsigned long pfn = ext->pfn, end = ext->pfn + ext->nr, entry;
	struct extent one = { .type = ext->type };

	for (; pfn < end; pfn = one.end) {
		one.start = pfn;
		one.end = end;
		one.known = ext->type == XEN_P2M_IDENTITY;
		one.mfn = pfn;
		if (ext->type == XEN_P2M_MFN) {
			one.end = region_border(plan, pfn, end);
			entry = xen_p2m_lookup(plan->tree, pfn);
			one.known = entry < PRETEND_MFN;
			one.mfn = entry;
		}
		if (!extent_add(&plan->p2m, &one))
			return -ENOMEM;
	}

	return 0;
}

static int list_tree(struct plan *plan)
{
	struct xen_p2m_extent ext = { 0 };
	int err = 0;

	plan->end = whole_slots(plan->layout.p2m_end);
	while (!err && xen_p2m_next_extent(plan->tree, &ext, plan->end))
		err = add_split(plan, &ext);
	xen_p2m_usage(plan->tree, &plan->usage);

	return err;
}

static bool same_extents(const struct plan *a, const struct plan *b)
{
	unsigned int i;

	for (i = 0; i < a->p2m.nr && i < b->p2m.nr; i++) {
		const struct extent *x = &a->p2m.extent[i];
		const struct extent *y = &b->p2m.extent[i];

		if (x->start != y->start || x->end != y->end ||
		    x->type != y->type || x->known != y->known ||
		    (x->known && x->mfn != y->mfn))
			return false;
	}

	return a->p2m.nr == b->p2m.nr && a->end == b->end;
}

static const char *compare(const struct plan *a, const struct plan *b)
{
	if (!same_extents(a, b))
		return "ranges";
	if (memcmp(&a->usage, &b->usage, sizeof(a->usage)))
		return "pages of the P2M";
	if (a->hypercalls != b->hypercalls)
		return "hypercalls";
	if (b->tree->seam.misuse)
		return "the tree does not keep to its seam";

	return NULL;
}

const char *plan_by_page(const struct plan *plan)
{
	bool tools = plan->in.domain == XEN_LAYOUT_DOMU;
	struct xen_p2m_tree tree = { 0 };
	struct plan *other = plan_new();
	const char *differs = "out of memory";
	unsigned long limit;

	if (!other)
		return differs;
	other->in = plan->in;
	other->layout = plan->layout;
	other->tree = &tree;
	/* Xen's list is above the end of RAM if mem= cuts that off. */
	limit = whole_slots(max(plan->layout.p2m_end, plan->in.nr_pages));
	if (!xen_p2m_tree_init(&tree, limit, SHIFT, tools ? XEN_P2M_TOOLS : 0)) {
		if (fill_tree(other) || list_tree(other))
			differs = "the executor does not do what the plan says";
		else
			differs = compare(plan, other);
		xen_p2m_tree_exit(&tree);
	}
	plan_free(other);

	return differs;
}
