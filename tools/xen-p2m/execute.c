// SPDX-License-Identifier: GPL-2.0
/*
 * Carries a plan out with the kernel's executor, on a fake Xen
 *
 * The tree stands in for the list that Xen makes. Pages are written to as the
 * executor does it, each when it is first asked for.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/minmax.h>

#include "apply.h"
#include "plan.h"

#define BUCKETS		4096U

/* The new page of PTEs read-only and pinned; in its place; the old one back */
#define MAP_TABLE_CALLS	3

struct page {
	struct page *next;
	unsigned long mfn;
	u64 content[XEN_LAYOUT_PAGE_SIZE / sizeof(u64)];
};

/* One plan at a time: the executor's operations are given none. */
static struct {
	struct plan *plan;
	struct page *pages[BUCKETS];
	unsigned long ready;
	int err;
} now;

static void *page_content(unsigned long mfn)
{
	struct page **bucket = &now.pages[mfn % BUCKETS], *page;

	for (page = *bucket; page; page = page->next)
		if (page->mfn == mfn)
			return page->content;
	page = calloc(1, sizeof(*page));
	if (!page) {
		perror("xen-p2m");
		exit(2);
	}
	page->mfn = mfn;
	page->next = *bucket;
	*bucket = page;

	return page->content;
}

static void pages_free(void)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++) {
		while ((page = now.pages[i])) {
			now.pages[i] = page->next;
			free(page);
		}
	}
}

/* --- what the executor asks for --------------------------------------------- */

static void read_list(unsigned long pfn, unsigned long nr, unsigned long *mfns)
{
	while (nr--)
		*mfns++ = xen_p2m_lookup(now.plan->tree, pfn++);
}

static int set_range(unsigned long start, unsigned long end,
		     enum xen_p2m_type type, unsigned long mfn)
{
	int err = xen_p2m_set_range(now.plan->tree, start, end, type, mfn);

	if (err)
		now.err = err;

	return err;
}

static void set_identity(unsigned long start, unsigned long end)
{
	end = min(end, now.plan->tree->limit);
	if (start < end)
		set_range(start, end, XEN_P2M_IDENTITY, 0);
}

/* MFNs that follow each other at once: there are many of them here. */
static int set_mfns(unsigned long pfn, unsigned long nr,
		    const unsigned long *mfns)
{
	unsigned long i, run;
	int err = 0;

	for (i = 0; !err && i < nr; i += run) {
		for (run = 1; i + run < nr; run++)
			if (mfns[i + run] != mfns[i] + run)
				break;
		err = set_range(pfn + i, pfn + i + run, XEN_P2M_MFN, mfns[i]);
	}

	return err;
}

static int set_missing(unsigned long pfn, unsigned long nr)
{
	return set_range(pfn, pfn + nr, XEN_P2M_MISSING, 0);
}

/* Any address will do, if those of a page of PTEs follow each other. */
static u64 pte_address(unsigned long pfn)
{
	return BIT(62) + pfn * sizeof(u64);
}

static u64 pte_value(unsigned long mfn)
{
	return mfn;
}

static bool map_table(unsigned long pfn, const unsigned long *mfns)
{
	now.plan->hypercalls += MAP_TABLE_CALLS;

	return true;
}

static int mmu_update(struct xen_apply_update *update, unsigned int nr,
		      int *done)
{
	now.plan->hypercalls++;
	*done = nr;

	return 0;
}

/* In the kernel the page allocator gets them. */
static void set_ready(unsigned long pfn, unsigned long nr)
{
	now.ready += nr;
}

/* Nothing fails here, so compare() would notice both by their sums. */
static void set_extra(unsigned long pfn, unsigned long nr)
{
}

static void released(unsigned long nr)
{
}

static long decrease(const unsigned long *mfns, unsigned long nr)
{
	now.plan->hypercalls++;

	return nr;
}

static void *temp_map(unsigned long mfn)
{
	now.plan->hypercalls++;

	return page_content(mfn);
}

static void temp_unmap(void)
{
	now.plan->hypercalls++;
}

static const struct xen_apply_ops ops = {
	.read_list = read_list,
	.identity = set_identity,
	.set_mfns = set_mfns,
	.set_missing = set_missing,
	.ready = set_ready,
	.extra = set_extra,
	.pte_address = pte_address,
	.pte_value = pte_value,
	.map_table = map_table,
	.mmu_update = mmu_update,
	.decrease = decrease,
	.released = released,
	.temp_map = {
		.map = temp_map,
		.unmap = temp_unmap,
	},
};

/* --- all of it -------------------------------------------------------------- */

/* What the plan promises, and what was done: 0, or -EIO where they differ */
static int compare(const struct plan *plan, const struct xen_apply *a)
{
	if (now.err)
		return now.err;
	if (a->total.remapped != plan->layout.pages_moved ||
	    now.ready != plan->layout.pages_moved ||
	    a->total.released != plan->layout.pages_released ||
	    a->total.lost || a->chunks.misuse)
		return -EIO;

	return 0;
}

int plan_execute(struct plan *plan)
{
	struct xen_apply *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	now.plan = plan;
	now.ready = 0;
	now.err = 0;
	err = xen_apply_prepare(a, &plan->layout, &ops);
	if (!err)
		err = xen_apply_finish(a);
	if (!err)
		err = compare(plan, a);
	pages_free();
	free(a);

	return err;
}
