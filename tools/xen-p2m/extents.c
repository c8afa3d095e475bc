// SPDX-License-Identifier: GPL-2.0
/*
 * The P2M that a plan leads to, by ranges, and what it costs
 *
 * All of it follows from the ranges of the plan, so that a machine may be as
 * large as it likes. by-page.c has the kernel's executor and tree do the same
 * page by page; the tests compare the two.
 */

#include <limits.h>

#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "apply.h"
#include "plan.h"

/* PFNs of a leaf of the P2M, and of a page of PTEs */
#define LEAF_PFNS	512UL

/* Hypercalls that put a whole page of PTEs in its place, see by-page.c */
#define MAP_TABLE_CALLS	4
/* To map an MFN, and to unmap it */
#define WINDOW_CALLS	2

unsigned long whole_slots(unsigned long pfns)
{
	return ALIGN(pfns, TOP_PFNS);
}

/* --- the P2M by ranges ------------------------------------------------------ */

unsigned long region_border(const struct plan *plan, unsigned long pfn,
			    unsigned long end)
{
	const struct xen_layout_nonram *n = plan->layout.nonram;
	unsigned int i;

	for (i = 0; i < plan->layout.nr_nonram; i++, n++) {
		if (region_pfn(n) > pfn && region_pfn(n) < end)
			end = region_pfn(n);
		else if (region_pfn(n) <= pfn && region_end(n) > pfn)
			end = min(end, region_end(n));
	}

	return end;
}

/* The MFN where it is known before the boot: of a region that was moved */
static bool region_mfn(const struct plan *plan, unsigned long pfn,
		       unsigned long *mfn)
{
	const struct xen_layout_nonram *n = plan->layout.nonram;
	unsigned int i;

	for (i = 0; i < plan->layout.nr_nonram; i++, n++) {
		if (pfn < region_pfn(n) || pfn >= region_end(n))
			continue;
		*mfn = PFN_DOWN(n->start) + pfn - region_pfn(n);
		return true;
	}

	return false;
}

static bool add_mfns(struct plan *plan, unsigned long pfn, unsigned long end)
{
	struct extent one = { .type = XEN_P2M_MFN };

	for (; pfn < end; pfn = one.end) {
		one.start = pfn;
		one.end = region_border(plan, pfn, end);
		one.known = region_mfn(plan, pfn, &one.mfn);
		if (!extent_add(&plan->p2m, &one))
			return false;
	}

	return true;
}

static bool add_missing(struct plan *plan, unsigned long pfn, unsigned long end)
{
	struct extent *last = NULL;

	if (plan->p2m.nr)
		last = &plan->p2m.extent[plan->p2m.nr - 1];
	if (!last || last->type != XEN_P2M_MISSING)
		return extent_add(&plan->p2m,
				  &(struct extent) { pfn, end, XEN_P2M_MISSING });
	last->end = end;

	return true;
}

/* PFNs that are not identity: extra memory is missing, all else has MFNs */
static bool add_between(struct plan *plan, unsigned long pfn, unsigned long end,
			unsigned int *extra)
{
	const struct xen_layout *l = &plan->layout;
	unsigned long from, to;

	for (; pfn < end && *extra < l->nr_extra &&
	     l->extra[*extra].start < end; ++*extra) {
		from = max(pfn, l->extra[*extra].start);
		to = min(l->extra[*extra].end, end);
		if (!add_mfns(plan, pfn, from) || !add_missing(plan, from, to))
			return false;
		pfn = to;
	}

	return add_mfns(plan, pfn, end);
}

bool plan_extents(struct plan *plan)
{
	const struct xen_layout *l = &plan->layout;
	unsigned int i, extra = 0;
	unsigned long pfn = 0;

	/* The kernel's list ends there, too. */
	plan->end = whole_slots(l->p2m_end);
	for (i = 0; i < l->nr_identity && pfn < plan->end; i++) {
		struct extent one = {
			.start = min(l->identity[i].start, plan->end),
			.end = min(l->identity[i].end, plan->end),
			.type = XEN_P2M_IDENTITY, .known = true,
		};

		one.mfn = one.start;
		if (!add_between(plan, pfn, one.start, &extra) ||
		    (one.start < one.end && !extent_add(&plan->p2m, &one)))
			return false;
		pfn = one.end;
	}

	return true;
}

/* --- pages of the P2M --------------------------------------------------------- */

/* A domU has its leaves before it grows, see p2m_prepare_growth() in the kernel. */
static bool is_shared(const struct plan *plan, enum xen_p2m_type type)
{
	return type == XEN_P2M_IDENTITY ||
	       (type == XEN_P2M_MISSING && plan->in.domain == XEN_LAYOUT_DOM0);
}

/*
 * Slots of @size PFNs that are not shared all through, of the first @most: these
 * have a page of their own. Extents come in ascending order, so each slot is counted
 * where the first thing in it tells that it is one.
 */
static unsigned long private_slots(const struct plan *plan, unsigned long size,
				   unsigned long most)
{
	unsigned long counted = 0, nr = 0, first, end;	/* in slots */
	unsigned int i;

	for (i = 0; i < plan->p2m.nr; i++) {
		const struct extent *e = &plan->p2m.extent[i];

		first = e->start / size;
		end = (e->end + size - 1) / size;
		/* What is shared fills its slots: where one starts inside, another ends. */
		if (is_shared(plan, e->type)) {
			if (e->start % size && first >= counted && first < most) {
				nr++;
				counted = first + 1;
			}
			continue;
		}
		first = max(first, counted);
		end = min(end, most);
		if (first < end)
			nr += end - first;
		counted = max(counted, end);
	}

	return nr;
}

static void count_pages(struct plan *plan)
{
	plan->usage.leaves = private_slots(plan, LEAF_PFNS, ULONG_MAX);
	plan->usage.mids = private_slots(plan, TOP_PFNS, ULONG_MAX);
	/* What the toolstack sees of these: a page has no more slots. */
	plan->usage.lists = private_slots(plan, TOP_PFNS, TOP_PFNS / LEAF_PFNS);
}

/* --- hypercalls of the executor -------------------------------------------------- */

/* Pages of PTEs that PFNs reach into */
static unsigned long pte_pages(unsigned long pfn, unsigned long nr)
{
	return (pfn + nr - 1) / LEAF_PFNS - pfn / LEAF_PFNS + 1;
}

/* M2P and PTEs of PFNs that were gathered */
static unsigned long finish_calls(unsigned long pfn, unsigned long nr)
{
	unsigned long whole;

	if (!nr)
		return 0;
	whole = (pfn + LEAF_PFNS - 1) / LEAF_PFNS;
	whole = max(whole, (pfn + nr) / LEAF_PFNS) - whole;

	return pte_pages(pfn, nr) + whole * (MAP_TABLE_CALLS - 1);
}

/*
 * A move is written down in chunks, the first one of which has what is left over.
 * They are gathered up to a run; what is in a page of PTEs with the next one waits
 * for it.
 */
static unsigned long move_calls(const struct xen_layout_move *m)
{
	unsigned long chunks = (m->nr + XEN_APPLY_CHUNK - 1) / XEN_APPLY_CHUNK;
	unsigned long calls = WINDOW_CALLS * (2 * chunks + 1), run = 0;
	unsigned long pfn = m->to, left = m->nr, nr, tail;

	calls += pte_pages(m->from, m->nr);
	for (; left; left -= nr) {
		nr = left - (left - 1) / XEN_APPLY_CHUNK * XEN_APPLY_CHUNK;
		if (nr > XEN_APPLY_RUN - run) {
			tail = min((pfn + run) % LEAF_PFNS, run);
			calls += finish_calls(pfn, run - tail) + WINDOW_CALLS;
			pfn += run - tail;
			run = tail;
		}
		run += nr;
	}

	return calls + finish_calls(pfn, run);
}

static void count_hypercalls(struct plan *plan)
{
	const struct xen_layout *l = &plan->layout;
	unsigned int i;

	for (i = 0; i < l->nr_moves; i++)
		plan->hypercalls += move_calls(&l->moves[i]);
	/* Unmapped, then given back */
	for (i = 0; i < l->nr_releases; i++)
		plan->hypercalls += 2 *
			pte_pages(l->releases[i].start, l->releases[i].end -
				  l->releases[i].start);
}

void plan_cost(struct plan *plan)
{
	count_pages(plan);
	count_hypercalls(plan);
}
