// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: the executor
 *
 * Numbers: PFNs of moves and releases are below the number of pages that were
 * handed over, their targets are RAM of the map: see layout.c for why sums of a
 * few of them do not wrap.
 */

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <xen/p2m.h>

#include "apply.h"

#define PTE_SIZE	sizeof(u64)

/* --- what is handed to Xen -------------------------------------------------- */

static void XEN_LAYOUT_INIT mark_bad(struct xen_apply *a, unsigned int i)
{
	unsigned long bit = 1UL << (i % BITS_PER_LONG);

	a->nr_bad += !(a->bad[i / BITS_PER_LONG] & bit);
	a->bad[i / BITS_PER_LONG] |= bit;
}

static bool XEN_LAYOUT_INIT is_bad(const struct xen_apply *a, unsigned int i)
{
	return a->bad[i / BITS_PER_LONG] >> (i % BITS_PER_LONG) & 1;
}

static void XEN_LAYOUT_INIT clear_bad(struct xen_apply *a)
{
	memset(a->bad, 0, sizeof(a->bad));
	a->nr_bad = 0;
}

/* Hand over all updates. What fails is marked, by its place, and left out. */
static void XEN_LAYOUT_INIT flush_updates(struct xen_apply *a)
{
	unsigned int i = 0, nr = a->nr_update;

	a->nr_update = 0;
	while (i < nr) {
		int done = 0;

		if (apply_mmu_update(a->update + i, nr - i, &done) >= 0)
			return;
		i += min_t(unsigned int, max(done, 0), nr - i);
		if (i < nr)
			mark_bad(a, i++);
	}
}

static void XEN_LAYOUT_INIT add_update(struct xen_apply *a, u64 ptr, u64 val)
{
	struct xen_apply_update *update = &a->update[a->nr_update++];

	update->ptr = ptr;
	update->val = val;
}

/* Give the frames in @a->mfns back to Xen, one after the other. */
static void XEN_LAYOUT_INIT release_frames(struct xen_apply *a,
					   struct xen_apply_result *result)
{
	unsigned int i = 0;

	while (i < a->nr_mfns) {
		long nr = apply_decrease(a->mfns + i, a->nr_mfns - i);

		nr = clamp_t(long, nr, 0, a->nr_mfns - i);
		result->released += nr;
		i += nr;
		if (i < a->nr_mfns) {
			result->lost++;
			i++;
		}
	}
	a->nr_mfns = 0;
}

/* --- to prepare ------------------------------------------------------------- */

static bool XEN_LAYOUT_INIT is_frame(unsigned long entry)
{
	return xen_p2m_entry_type(entry) == XEN_P2M_MFN;
}

/* Take the PFNs out of the kernel's mapping, as far as they are in it. */
static void XEN_LAYOUT_INIT unmap_range(struct xen_apply *a,
					unsigned long start, unsigned long end)
{
	unsigned long pfn;
	u64 pte = 0;

	for (pfn = start; pfn < end; pfn++, pte += PTE_SIZE) {
		if (pfn == start || !(pfn % XEN_APPLY_TABLE))
			pte = apply_pte_machine(pfn);
		if (!pte) {
			/* The next page of PTEs; the loop adds one. */
			pfn |= XEN_APPLY_TABLE - 1;
			continue;
		}
		add_update(a, pte | XEN_APPLY_PTE, 0);
		if (a->nr_update == XEN_APPLY_BATCH)
			flush_updates(a);
	}
	flush_updates(a);
	clear_bad(a);
}

/**
 * struct position - where a chunk starts
 * @move: in which move of the plan
 * @pfn: at which of its PFNs
 */
struct position {
	unsigned int move;
	unsigned long pfn;
};

/* Go on to the next PFN that has a frame. There is nothing to move elsewhere. */
static bool XEN_LAYOUT_INIT settle(const struct xen_layout *plan,
				   struct position *at)
{
	for (; at->move < plan->nr_moves; at->move++) {
		const struct xen_layout_move *move = &plan->moves[at->move];
		unsigned long end = move->from + move->nr;

		at->pfn = max(at->pfn, move->from);
		for (; at->pfn < end; at->pfn++)
			if (is_frame(apply_list_mfn(at->pfn)))
				return true;
	}

	return false;
}

/* Write the chunk at @at into its first frame, and go on behind it. */
static void XEN_LAYOUT_INIT save_chunk(struct xen_apply *a,
				       struct position *at)
{
	const struct xen_layout_move *move = &a->plan->moves[at->move];
	unsigned long left = move->from + move->nr - at->pfn, i;
	struct xen_apply_chunk *chunk;

	chunk = xen_frame_map(&a->window, apply_list_mfn(at->pfn));
	chunk->to = move->to + (at->pfn - move->from);
	left = min(left, XEN_APPLY_CHUNK);
	for (i = 0; i < left; i++) {
		chunk->mfns[i] = apply_list_mfn(at->pfn + i);
		if (!is_frame(chunk->mfns[i]))
			break;
	}
	chunk->nr = i;
	at->pfn += i;
	chunk->next = settle(a->plan, at) ? apply_list_mfn(at->pfn) :
					    XEN_APPLY_END;
	xen_frame_unmap(&a->window);
}

static void XEN_LAYOUT_INIT save_moves(struct xen_apply *a)
{
	struct position at = { };

	if (!settle(a->plan, &at))
		return;
	a->first = apply_list_mfn(at.pfn);
	while (at.move < a->plan->nr_moves)
		save_chunk(a, &at);
}

static void XEN_LAYOUT_INIT release_range(struct xen_apply *a,
					  const struct xen_layout_range *range,
					  struct xen_apply_result *result)
{
	unsigned long pfn;

	result->requested = range->end - range->start;
	for (pfn = range->start; pfn < range->end; pfn++) {
		unsigned long mfn = apply_list_mfn(pfn);

		if (!is_frame(mfn)) {
			result->lost++;
			continue;
		}
		a->mfns[a->nr_mfns++] = mfn;
		if (a->nr_mfns == XEN_APPLY_BATCH)
			release_frames(a, result);
	}
	release_frames(a, result);
}

static void XEN_LAYOUT_INIT add_result(struct xen_apply_result *sum,
				       const struct xen_apply_result *result)
{
	sum->requested += result->requested;
	sum->remapped += result->remapped;
	sum->released += result->released;
	sum->lost += result->lost;
}

static void XEN_LAYOUT_INIT add_results(struct xen_apply *a)
{
	unsigned int i;

	memset(&a->total, 0, sizeof(a->total));
	for (i = 0; i < a->plan->nr_moves; i++)
		add_result(&a->total, &a->moves[i]);
	for (i = 0; i < a->plan->nr_releases; i++)
		add_result(&a->total, &a->releases[i]);
}

/**
 * xen_apply_prepare() - get frames out of the way
 * @a: to work with; may hold anything before
 * @plan: plan without an error. It and @a have to stay until
 *	  xen_apply_finish() is through.
 *
 * P2M list and initrd are at their new places already: frames under the old ones
 * may be among those that go.
 *
 * Context: boot only, before memory can be allocated.
 */
XEN_LAYOUT_SCOPE void XEN_LAYOUT_INIT
xen_apply_prepare(struct xen_apply *a, const struct xen_layout *plan)
{
	unsigned int i;

	memset(a, 0, sizeof(*a));
	a->plan = plan;
	a->first = XEN_APPLY_END;

	for (i = 0; i < plan->nr_moves; i++)
		unmap_range(a, plan->moves[i].from,
			    plan->moves[i].from + plan->moves[i].nr);
	save_moves(a);
	for (i = 0; i < plan->nr_releases; i++) {
		unmap_range(a, plan->releases[i].start, plan->releases[i].end);
		release_range(a, &plan->releases[i], &a->releases[i]);
	}
	xen_frame_close(&a->window);
	add_results(a);

	for (i = 0; i < plan->nr_identity; i++)
		apply_list_identity(plan->identity[i].start,
				    plan->identity[i].end);
}

/* --- to finish -------------------------------------------------------------- */

/* Results of the move to @pfn. Targets ascend, so it is this one or a later. */
static struct xen_apply_result *XEN_LAYOUT_INIT result_of(struct xen_apply *a,
							  unsigned long pfn,
							  unsigned long *left)
{
	const struct xen_layout_move *move = &a->plan->moves[a->move];

	while (pfn >= move->to + move->nr) {
		a->move++;
		move++;
	}
	*left = move->to + move->nr - pfn;

	return &a->moves[a->move];
}

static void XEN_LAYOUT_INIT count_remapped(struct xen_apply *a)
{
	unsigned long pfn = a->pfn, end = pfn + a->nr_mfns, left;

	while (pfn < end) {
		struct xen_apply_result *result = result_of(a, pfn, &left);

		left = min(left, end - pfn);
		result->remapped += left;
		pfn += left;
	}
}

/* Some did not get there: give these back, and count the frames one by one. */
static void XEN_LAYOUT_INIT give_up_bad(struct xen_apply *a)
{
	unsigned int i, nr = a->nr_mfns;
	unsigned long left;

	for (i = 0; i < nr; i++) {
		struct xen_apply_result *result = result_of(a, a->pfn + i,
							    &left);

		if (!is_bad(a, i)) {
			result->remapped++;
			continue;
		}
		/* Whatever of it was done: nobody shall find the frame here. */
		if (apply_tree_missing(a->pfn + i, 1) ||
		    apply_decrease(&a->mfns[i], 1) != 1)
			result->lost++;
		else
			result->released++;
	}
}

static void XEN_LAYOUT_INIT set_m2p(struct xen_apply *a)
{
	unsigned int i;

	for (i = 0; i < a->nr_mfns; i++)
		add_update(a, (u64)a->mfns[i] << XEN_LAYOUT_PAGE_SHIFT |
			      XEN_APPLY_M2P, a->pfn + i);
	flush_updates(a);
}

/* Where a frame is bad its PTE shows nothing. */
static void XEN_LAYOUT_INIT set_mapping(struct xen_apply *a)
{
	/* For all: they are in one page of PTEs. */
	u64 pte = apply_pte_machine(a->pfn);
	unsigned int i;

	for (i = 0; i < a->nr_mfns && !pte; i++)
		mark_bad(a, i);
	for (i = 0; i < a->nr_mfns && pte; i++, pte += PTE_SIZE)
		add_update(a, pte | XEN_APPLY_PTE,
			   is_bad(a, i) ? 0 : apply_pte_value(a->mfns[i]));
	flush_updates(a);
}

/* Let the frames that were collected be at their PFNs. */
static void XEN_LAYOUT_INIT land(struct xen_apply *a)
{
	bool table = a->nr_mfns == XEN_APPLY_TABLE;
	unsigned int i;

	if (!a->nr_mfns)
		return;

	clear_bad(a);
	if (apply_tree_frames(a->pfn, a->nr_mfns, a->mfns)) {
		for (i = 0; i < a->nr_mfns; i++)
			mark_bad(a, i);
	} else {
		set_m2p(a);
		if (a->nr_bad || !table || !apply_map_table(a->pfn, a->mfns))
			set_mapping(a);
	}

	if (a->nr_bad)
		give_up_bad(a);
	else
		count_remapped(a);
	a->nr_mfns = 0;
}

/* Frames are collected up to the end of a page of PTEs. */
static void XEN_LAYOUT_INIT collect(struct xen_apply *a,
				    const struct xen_apply_chunk *chunk)
{
	unsigned long i, nr;

	if (a->nr_mfns && a->pfn + a->nr_mfns != chunk->to)
		land(a);
	for (i = 0; i < chunk->nr; i += nr) {
		if (!a->nr_mfns)
			a->pfn = chunk->to + i;
		nr = XEN_APPLY_TABLE - (chunk->to + i) % XEN_APPLY_TABLE;
		nr = min(nr, chunk->nr - i);
		memcpy(a->mfns + a->nr_mfns, chunk->mfns + i,
		       nr * sizeof(*a->mfns));
		a->nr_mfns += nr;
		if (!((chunk->to + i + nr) % XEN_APPLY_TABLE))
			land(a);
	}
}

/**
 * xen_apply_finish() - give frames their new PFNs
 * @a: as xen_apply_prepare() left it
 *
 * The PFNs are missing so far, and in the kernel's mapping there are PTEs for
 * them, which are not present.
 *
 * Context: boot only, when the P2M has its final place and memory can be
 *	    allocated.
 */
XEN_LAYOUT_SCOPE void XEN_LAYOUT_INIT xen_apply_finish(struct xen_apply *a)
{
	const struct xen_layout *plan = a->plan;
	unsigned long mfn = a->first;
	unsigned int i;

	while (mfn != XEN_APPLY_END) {
		struct xen_apply_chunk *chunk = xen_frame_map(&a->window, mfn);
		unsigned long next = chunk->next;

		collect(a, chunk);
		xen_frame_unmap(&a->window);
		mfn = next;
	}
	land(a);
	xen_frame_close(&a->window);
	a->first = XEN_APPLY_END;

	for (i = 0; i < plan->nr_moves; i++) {
		struct xen_apply_result *result = &a->moves[i];

		result->requested = plan->moves[i].nr;
		/* PFNs without a frame have none to lose, but it was asked for. */
		result->lost = result->requested - result->remapped -
			       result->released;
	}
	add_results(a);
}

/* --- words -------------------------------------------------------------------- */

static void XEN_LAYOUT_INIT describe(char *buf, size_t size, const char *what,
				     const struct xen_apply_result *result,
				     unsigned long extra)
{
	snprintf(buf, size,
		 "%s: requested %lu, remapped %lu, released %lu, extra %lu, lost %lu",
		 what, result->requested, result->remapped, result->released,
		 extra, result->lost);
}

/**
 * xen_apply_describe() - what became of each range, line by line
 * @a: after xen_apply_finish()
 * @line: which line, from 0 on
 * @buf: where to put it
 * @size: of @buf; XEN_LAYOUT_TEXT is enough
 *
 * First the moves, then the releases, then extra memory, and last the sum.
 *
 * Return: false if there is no such line.
 */
XEN_LAYOUT_SCOPE bool XEN_LAYOUT_INIT
xen_apply_describe(const struct xen_apply *a, unsigned int line, char *buf,
		   size_t size)
{
	const struct xen_apply_result none = { };
	const struct xen_layout *plan = a->plan;
	char what[64];

	if (line < plan->nr_moves) {
		const struct xen_layout_move *move = &plan->moves[line];

		snprintf(what, sizeof(what), "PFNs %#lx-%#lx to %#lx",
			 move->from, move->from + move->nr, move->to);
		describe(buf, size, what, &a->moves[line], 0);
		return true;
	}
	line -= plan->nr_moves;
	if (line < plan->nr_releases) {
		snprintf(what, sizeof(what), "PFNs %#lx-%#lx",
			 plan->releases[line].start, plan->releases[line].end);
		describe(buf, size, what, &a->releases[line], 0);
		return true;
	}
	line -= plan->nr_releases;
	if (line < plan->nr_extra) {
		snprintf(what, sizeof(what), "PFNs %#lx-%#lx",
			 plan->extra[line].start, plan->extra[line].end);
		describe(buf, size, what, &none,
			 plan->extra[line].end - plan->extra[line].start);
		return true;
	}
	if (line > plan->nr_extra)
		return false;
	describe(buf, size, "all", &a->total, plan->pages_extra);

	return true;
}
