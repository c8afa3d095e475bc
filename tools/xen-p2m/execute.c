// SPDX-License-Identifier: GPL-2.0
/*
 * Carries a plan out with the kernel's executor, on a Xen that is none
 *
 * The tree stands in for the list that Xen makes. Frames are written to as the
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

struct frame {
	struct frame *next;
	unsigned long mfn;
	u64 content[XEN_LAYOUT_PAGE_SIZE / sizeof(u64)];
};

/* One plan at a time: the seam's functions are given none. */
static struct {
	struct plan *plan;
	struct frame *frames[BUCKETS];
	unsigned long ready;
	int err;
} now;

static void *frame_content(unsigned long mfn)
{
	struct frame **bucket = &now.frames[mfn % BUCKETS], *frame;

	for (frame = *bucket; frame; frame = frame->next)
		if (frame->mfn == mfn)
			return frame->content;
	frame = calloc(1, sizeof(*frame));
	if (!frame) {
		perror("xen-p2m");
		exit(2);
	}
	frame->mfn = mfn;
	frame->next = *bucket;
	*bucket = frame;

	return frame->content;
}

static void frames_free(void)
{
	struct frame *frame;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++) {
		while ((frame = now.frames[i])) {
			now.frames[i] = frame->next;
			free(frame);
		}
	}
}

/* --- the seam --------------------------------------------------------------- */

unsigned long apply_list_mfn(unsigned long pfn)
{
	if (pfn >= now.plan->in.nr_pages)
		return INVALID_P2M_ENTRY;

	return xen_p2m_lookup(now.plan->tree, pfn);
}

static int set_range(unsigned long start, unsigned long end,
		     enum xen_p2m_type type, unsigned long mfn)
{
	int err = xen_p2m_set_range(now.plan->tree, start, end, type, mfn);

	if (err)
		now.err = err;

	return err;
}

void apply_list_identity(unsigned long start, unsigned long end)
{
	end = min(end, now.plan->tree->limit);
	if (start < end)
		set_range(start, end, XEN_P2M_IDENTITY, 0);
}

/* Frames that follow each other at once: there are many of them here. */
int apply_tree_frames(unsigned long pfn, unsigned long nr,
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

int apply_tree_missing(unsigned long pfn, unsigned long nr)
{
	return set_range(pfn, pfn + nr, XEN_P2M_MISSING, 0);
}

/* Any address will do, if those of a page of PTEs follow each other. */
u64 apply_pte_machine(unsigned long pfn)
{
	return BIT(62) + pfn * sizeof(u64);
}

u64 apply_pte_value(unsigned long mfn)
{
	return mfn;
}

bool apply_map_table(unsigned long pfn, const unsigned long *mfns)
{
	now.plan->hypercalls += MAP_TABLE_CALLS;

	return true;
}

int apply_mmu_update(struct xen_apply_update *update, unsigned int nr,
		     int *done)
{
	now.plan->hypercalls++;
	*done = nr;

	return 0;
}

/* In the kernel the page allocator gets them. */
void apply_ready(unsigned long pfn, unsigned long nr)
{
	now.ready += nr;
}

/* Nothing fails here, so compare() would notice both by their sums. */
void apply_extra(unsigned long pfn, unsigned long nr)
{
}

void apply_released(unsigned long nr)
{
}

long apply_decrease(const unsigned long *mfns, unsigned long nr)
{
	now.plan->hypercalls++;

	return nr;
}

void *apply_frame_map(unsigned long mfn)
{
	now.plan->hypercalls++;

	return frame_content(mfn);
}

void apply_frame_unmap(void)
{
	now.plan->hypercalls++;
}

/* --- all of it -------------------------------------------------------------- */

/* What the plan promises, and what was done: 0, or -EIO where they differ */
static int compare(const struct plan *plan, const struct xen_apply *a)
{
	if (now.err)
		return now.err;
	if (a->total.remapped != plan->layout.pages_moved ||
	    now.ready != plan->layout.pages_moved ||
	    a->total.released != plan->layout.pages_released ||
	    a->total.lost || a->window.misuse)
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
	err = xen_apply_prepare(a, &plan->layout);
	if (!err)
		err = xen_apply_finish(a);
	if (!err)
		err = compare(plan, a);
	frames_free();
	free(a);

	return err;
}
