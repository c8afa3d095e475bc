// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: carrying out the plan
 *
 * Numbers: all PFNs are from a plan, so they are below XEN_LAYOUT_PFNS_END,
 * and neither their sums with numbers of pages nor their addresses wrap. MFNs
 * are from Xen and checked, see is_mfn().
 */

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "apply.h"

static bool __init_or_kunit is_mfn(unsigned long mfn)
{
	return mfn < XEN_LAYOUT_PFNS_END;
}

static u64 __init_or_kunit m2p_of(unsigned long mfn)
{
	return ((u64)mfn << XEN_LAYOUT_PAGE_SHIFT) | XEN_APPLY_M2P;
}

/* PFNs from @pfn on, of @nr, whose PTEs are in the same page */
static unsigned long __init_or_kunit same_ptes(unsigned long pfn,
					       unsigned long nr)
{
	return min(nr, XEN_APPLY_PTES - (pfn & (XEN_APPLY_PTES - 1)));
}

/*
 * Do updates from @start on. Returns the one that fails, or @nr; those before
 * it are done.
 */
static unsigned long __init_or_kunit update_some(struct xen_apply *a,
						 unsigned long start,
						 unsigned long nr)
{
	while (start < nr) {
		int done = 0, err;

		err = a->ops->mmu_update(a->update + start, nr - start, &done);
		if (!err)
			return nr;
		/* If any were done, see how far the rest gets. */
		if (done <= 0)
			return start;
		start += min((unsigned long)done, nr - start);
	}

	return nr;
}

/* --- giving pages back ------------------------------------------------------ */

/* Counts pages that Xen took, and those that it did not */
static void __init_or_kunit decrease(struct xen_apply *a,
				     struct xen_apply_tally *t,
				     const unsigned long *mfn, unsigned long nr)
{
	unsigned long i = 0;

	while (i < nr) {
		unsigned long max = min(nr - i, XEN_APPLY_EXTENTS);
		long done = a->ops->decrease(mfn + i, max);

		done = clamp(done, 0L, (long)max);
		if (done)
			a->ops->released(done);
		t->released += done;
		i += done;
		if (done == max)
			continue;
		/* Xen refused this page. */
		t->lost++;
		i++;
	}
}

/*
 * Take away the kernel's mapping of PFNs whose PTEs are in one page. Where that
 * fails @mfn, if given, gets XEN_APPLY_NO_MFN.
 */
static void __init_or_kunit zap_ptes(struct xen_apply *a, unsigned long pfn,
				     unsigned long nr, unsigned long *mfn)
{
	u64 ptr = a->ops->pte_address(pfn);
	unsigned long i;

	if (!ptr)
		return;
	for (i = 0; i < nr; i++, ptr += sizeof(u64)) {
		a->update[i].ptr = ptr | XEN_APPLY_PTE;
		a->update[i].val = 0;
	}
	for (i = 0; (i = update_some(a, i, nr)) < nr; i++) {
		if (mfn)
			mfn[i] = XEN_APPLY_NO_MFN;
		a->stale++;
	}
}

static void __init_or_kunit zap(struct xen_apply *a, unsigned long pfn,
				unsigned long nr)
{
	unsigned long i, some;

	for (i = 0; i < nr; i += some) {
		some = same_ptes(pfn + i, nr - i);
		zap_ptes(a, pfn + i, some, NULL);
	}
}

/* Close the gaps in an array; those are lost. Returns what is left. */
static unsigned long __init_or_kunit drop_lost(struct xen_apply_tally *t,
					       unsigned long *mfn,
					       unsigned long nr)
{
	unsigned long i, left = 0;

	for (i = 0; i < nr; i++)
		if (is_mfn(mfn[i]))
			mfn[left++] = mfn[i];
	t->lost += nr - left;

	return left;
}

/*
 * Give back the pages of PFNs which are in Xen's list. A page which is still
 * mapped must not be given back: Xen and this domain would both use it.
 */
static void __init_or_kunit release(struct xen_apply *a,
				    struct xen_apply_tally *t,
				    unsigned long pfn, unsigned long nr)
{
	while (nr) {
		unsigned long some = same_ptes(pfn, nr);

		a->ops->read_list(pfn, some, a->mfn);
		zap_ptes(a, pfn, some, a->mfn);
		decrease(a, t, a->mfn, drop_lost(t, a->mfn, some));
		pfn += some;
		nr -= some;
	}
}

/* --- writing down what moves -------------------------------------------------- */

/*
 * Fill the end of @a->mfn with the MFNs of pages that Xen's list has before @pfn, at
 * most what a chunk has room for. Returns how many there are.
 */
static unsigned long __init_or_kunit mfns_before(struct xen_apply *a,
						 unsigned long pfn,
						 unsigned long max)
{
	unsigned long nr = 0;

	max = min(max, XEN_APPLY_CHUNK);
	a->ops->read_list(pfn - max, max, a->mfn + XEN_APPLY_CHUNK - max);
	while (nr < max && is_mfn(a->mfn[XEN_APPLY_CHUNK - 1 - nr]))
		nr++;

	return nr;
}

/* A chunk, of what mfns_before() has found, in front of those which are there */
static bool __init_or_kunit save_chunk(struct xen_apply *a,
				       unsigned long target, unsigned long nr)
{
	const unsigned long *mfn = a->mfn + XEN_APPLY_CHUNK - nr;
	struct xen_apply_chunk *chunk = xen_temp_map(&a->chunks, mfn[0]);

	if (!chunk)
		return false;
	chunk->next = a->first;
	chunk->target = target;
	chunk->nr = nr;
	memcpy(chunk->mfn, mfn, nr * sizeof(*mfn));
	xen_temp_unmap(&a->chunks, chunk);
	a->first = mfn[0];

	return true;
}

/*
 * From the end to the start: so a chunk is written when the next one is there,
 * and one that cannot be written is just left out.
 */
static void __init_or_kunit save_move(struct xen_apply *a, unsigned int i)
{
	const struct xen_layout_move *move = &a->plan->moves[i];
	struct xen_apply_tally *t = &a->moves[i];
	unsigned long left = move->nr, nr;

	t->requested = left;
	while (left) {
		nr = mfns_before(a, move->from + left, left);
		if (!nr) {
			/* The list has no page there. */
			t->lost++;
			left--;
			continue;
		}
		left -= nr;
		if (save_chunk(a, move->to + left, nr))
			continue;
		release(a, t, move->from + left, nr);
	}
}

static void __init_or_kunit release_range(struct xen_apply *a, unsigned int i)
{
	const struct xen_layout_range *range = &a->plan->releases[i];

	a->releases[i].requested = range->end - range->start;
	release(a, &a->releases[i], range->start, range->end - range->start);
}

static void __init_or_kunit add_tally(struct xen_apply_tally *sum,
				      const struct xen_apply_tally *t)
{
	sum->requested += t->requested;
	sum->remapped += t->remapped;
	sum->released += t->released;
	sum->extra += t->extra;
	sum->lost += t->lost;
}

static void __init_or_kunit sum_up(struct xen_apply *a)
{
	unsigned int i;

	memset(&a->total, 0, sizeof(a->total));
	for (i = 0; i < a->plan->nr_moves; i++)
		add_tally(&a->total, &a->moves[i]);
	for (i = 0; i < a->plan->nr_releases; i++)
		add_tally(&a->total, &a->releases[i]);
}

/**
 * xen_apply_prepare() - carry out a plan, as far as it goes without a tree
 * @a: where to keep what xen_apply_finish() needs; all of it is overwritten
 * @plan: the plan; stays in use
 * @ops: what is asked of others; stays in use
 *
 * P2M list and initrd have to be at their new places already. Afterwards pages
 * that move belong to nobody but the executor, and their new PFNs must not be
 * used until @ops->ready() is called for them.
 *
 * Context: boot, on one CPU, with the P2M that Xen made; allocates nothing
 * Return: 0, also if pages were lost: @a->total knows. -EINVAL if there is no
 * plan.
 */
int __init_or_kunit xen_apply_prepare(struct xen_apply *a,
				      const struct xen_layout *plan,
				      const struct xen_apply_ops *ops)
{
	unsigned int i;

	BUILD_BUG_ON(sizeof(struct xen_apply_chunk) != XEN_LAYOUT_PAGE_SIZE);
	memset(a, 0, sizeof(*a));
	a->plan = plan;
	a->ops = ops;
	a->chunks.ops = &ops->temp_map;
	a->first = XEN_APPLY_NO_MFN;
	if (plan->error.code != XEN_LAYOUT_OK)
		return -EINVAL;

	for (i = plan->nr_moves; i--; )
		save_move(a, i);
	for (i = 0; i < plan->nr_moves; i++)
		zap(a, plan->moves[i].from, plan->moves[i].nr);
	for (i = 0; i < plan->nr_releases; i++)
		release_range(a, i);
	for (i = 0; i < plan->nr_identity; i++)
		ops->identity(plan->identity[i].start, plan->identity[i].end);
	xen_temp_map_idle(&a->chunks);
	sum_up(a);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(xen_apply_prepare);

/* --- bringing pages to their PFNs ---------------------------------------------- */

/* They are in no page table and not in the P2M any more. */
static void __init_or_kunit give_back(struct xen_apply *a,
				      const unsigned long *mfn,
				      unsigned long nr)
{
	decrease(a, &a->moves[a->run_move], mfn, nr);
}

/* PFNs of the move that were passed over are for the balloon driver to fill. */
static void __init_or_kunit leave_extra(struct xen_apply *a, unsigned long pfn)
{
	unsigned long start = max(a->next_pfn, a->plan->moves[a->run_move].to);

	a->next_pfn = pfn;
	if (start >= pfn)
		return;
	a->moves[a->run_move].extra += pfn - start;
	a->ops->extra(start, pfn - start);
}

/* The run that comes next belongs to move @i, or there is none any more. */
static void __init_or_kunit go_to_move(struct xen_apply *a, unsigned int i)
{
	const struct xen_layout_move *move = &a->plan->moves[a->run_move];

	for (; a->run_move < i; a->run_move++, move++)
		leave_extra(a, move->to + move->nr);
}

/* Like give_back(), of pages that the P2M has already */
static void __init_or_kunit take_back(struct xen_apply *a, unsigned long pfn,
				      const unsigned long *mfn,
				      unsigned long nr)
{
	if (!a->ops->set_missing(pfn, nr)) {
		give_back(a, mfn, nr);
		return;
	}
	/* The P2M still has these MFNs: do not release them, do not use the PFNs. */
	a->moves[a->run_move].lost += nr;
	leave_extra(a, pfn);
	a->next_pfn = pfn + nr;
}

static void __init_or_kunit ready(struct xen_apply *a, unsigned long pfn,
				  unsigned long nr)
{
	if (!nr)
		return;
	a->moves[a->run_move].remapped += nr;
	leave_extra(a, pfn);
	a->ops->ready(pfn, nr);
	a->next_pfn = pfn + nr;
}

/* M2P and PTE of pages whose PTEs are in one page of them, two updates each */
static void __init_or_kunit map_ptes(struct xen_apply *a, unsigned long pfn,
				     const unsigned long *mfn, unsigned long nr)
{
	struct xen_apply_update *update = a->update;
	u64 ptr = a->ops->pte_address(pfn);
	unsigned long i, failed, from = 0, at = 0;

	if (!ptr) {
		take_back(a, pfn, mfn, nr);
		return;
	}
	for (i = 0; i < nr; i++, ptr += sizeof(u64)) {
		update->ptr = m2p_of(mfn[i]);
		update->val = pfn + i;
		update++;
		update->ptr = ptr | XEN_APPLY_PTE;
		update->val = a->ops->pte_value(mfn[i]);
		update++;
	}
	while ((at = update_some(a, at, 2 * nr)) < 2 * nr) {
		failed = at / 2;
		ready(a, pfn + from, failed - from);
		take_back(a, pfn + failed, mfn + failed, 1);
		from = failed + 1;
		at = 2 * from;
	}
	ready(a, pfn + from, nr - from);
}

/* The same for a whole page of PTEs, at once. False if that is not possible. */
static bool __init_or_kunit map_table(struct xen_apply *a, unsigned long pfn,
				      const unsigned long *mfn)
{
	unsigned long i;

	for (i = 0; i < XEN_APPLY_PTES; i++) {
		a->update[i].ptr = m2p_of(mfn[i]);
		a->update[i].val = pfn + i;
	}
	if (update_some(a, 0, XEN_APPLY_PTES) < XEN_APPLY_PTES ||
	    !a->ops->map_table(pfn, mfn))
		return false;
	ready(a, pfn, XEN_APPLY_PTES);

	return true;
}

static void __init_or_kunit finish_pages(struct xen_apply *a, unsigned long pfn,
					 unsigned long nr)
{
	const unsigned long *mfn = a->mfn;
	unsigned long i, some;

	if (!nr)
		return;
	if (a->ops->set_mfns(pfn, nr, mfn)) {
		give_back(a, mfn, nr);
		return;
	}
	for (i = 0; i < nr; i += some) {
		some = same_ptes(pfn + i, nr - i);
		if (some < XEN_APPLY_PTES || !map_table(a, pfn + i, mfn + i))
			map_ptes(a, pfn + i, mfn + i, some);
	}
}

/*
 * What was gathered. If there is @more to come which follows, what belongs to
 * the same page of PTEs waits for it.
 */
static void __init_or_kunit finish_run(struct xen_apply *a, bool more)
{
	unsigned long end = a->run_pfn + a->run_nr, tail = 0;

	if (more)
		tail = min(end % XEN_APPLY_PTES, a->run_nr);
	finish_pages(a, a->run_pfn, a->run_nr - tail);
	memmove(a->mfn, a->mfn + a->run_nr - tail, tail * sizeof(*a->mfn));
	a->run_pfn = end - tail;
	a->run_nr = tail;
}

/* The chunk is what was written, and goes to a PFN of a move from @i on. */
static bool __init_or_kunit chunk_is_sane(const struct xen_apply *a,
					  const struct xen_apply_chunk *chunk,
					  unsigned int *i)
{
	const struct xen_layout_move *move;

	if (chunk->mfn[0] != a->chunks.mfn || !chunk->nr ||
	    chunk->nr > XEN_APPLY_CHUNK)
		return false;
	for (; *i < a->plan->nr_moves; (*i)++) {
		move = &a->plan->moves[*i];
		if (chunk->target >= move->to + move->nr)
			continue;
		return chunk->target >= move->to &&
		       chunk->nr <= move->to + move->nr - chunk->target;
	}

	return false;
}

/*
 * Add a chunk to the run, or start a new one. Its page is unmapped before
 * anything happens to it. False if the chunk cannot be read.
 */
static bool __init_or_kunit gather(struct xen_apply *a)
{
	struct xen_apply_chunk *chunk = xen_temp_map(&a->chunks, a->first);
	unsigned int i = a->run_move;
	unsigned long target, nr, next;
	bool follows;

	if (!chunk)
		return false;
	if (!chunk_is_sane(a, chunk, &i)) {
		xen_temp_unmap(&a->chunks, chunk);
		return false;
	}
	target = chunk->target;
	nr = chunk->nr;
	next = chunk->next;
	follows = i == a->run_move && target == a->run_pfn + a->run_nr;
	if (!follows || nr > XEN_APPLY_RUN - a->run_nr) {
		/* Nothing may be mapped while other things are done. */
		xen_temp_unmap(&a->chunks, chunk);
		finish_run(a, follows);
		go_to_move(a, i);
		a->run_pfn = target - a->run_nr;
		chunk = xen_temp_map(&a->chunks, a->first);
		if (!chunk)
			return false;
	}
	memcpy(a->mfn + a->run_nr, chunk->mfn, nr * sizeof(*a->mfn));
	xen_temp_unmap(&a->chunks, chunk);
	a->run_nr += nr;
	a->first = next;

	return true;
}

/* What was not reached is lost. */
static void __init_or_kunit count_lost(struct xen_apply_tally *t)
{
	t->lost += t->requested - t->remapped - t->released - t->lost;
}

/**
 * xen_apply_finish() - carry out the rest of a plan
 * @a: what xen_apply_prepare() left
 *
 * Context: boot, on one CPU, when the P2M is a tree and all memory of the map
 * has page tables
 * Return: 0, also if pages were lost: @a->total knows. -EIO if some of the
 * pages that move could not be found again.
 */
int __init_or_kunit xen_apply_finish(struct xen_apply *a)
{
	unsigned int i;
	int err = 0;

	while (a->first != XEN_APPLY_NO_MFN && !err) {
		/* Try again: what made the mapping fail may be over. */
		if (!gather(a) && !gather(a))
			err = -EIO;
	}
	finish_run(a, false);
	go_to_move(a, a->plan->nr_moves);
	xen_temp_map_idle(&a->chunks);
	for (i = 0; i < a->plan->nr_moves; i++)
		count_lost(&a->moves[i]);
	sum_up(a);

	return err;
}
EXPORT_SYMBOL_IF_KUNIT(xen_apply_finish);

/* --- what became of it ------------------------------------------------------------ */

static int __init_or_kunit say_where(char *buf, size_t size,
				     unsigned long start, unsigned long nr)
{
	return scnprintf(buf, size, "[mem %#018llx-%#018llx]",
			 (unsigned long long)start << XEN_LAYOUT_PAGE_SHIFT,
			 ((unsigned long long)(start + nr) <<
			  XEN_LAYOUT_PAGE_SHIFT) - 1);
}

static void __init_or_kunit say_tally(char *buf, size_t size,
				      const struct xen_apply_tally *t)
{
	scnprintf(buf, size,
		  ": requested %lu, remapped %lu, released %lu, extra %lu, lost %lu",
		  t->requested, t->remapped, t->released, t->extra, t->lost);
}

/**
 * xen_apply_describe() - say what became of each range, line by line
 * @a: what xen_apply_finish() left
 * @line: 0 is the first range that moved, then come those released, then all
 *        together
 * @buf: where the line goes to, without a newline
 * @size: bytes in @buf; XEN_LAYOUT_TEXT are enough
 *
 * Return: false if there is no such line.
 */
bool __init_or_kunit xen_apply_describe(const struct xen_apply *a,
					unsigned int line, char *buf,
					size_t size)
{
	const struct xen_layout *plan = a->plan;
	const struct xen_layout_move *move;
	const struct xen_layout_range *range;
	int at;

	if (line < plan->nr_moves) {
		move = &plan->moves[line];
		at = say_where(buf, size, move->from, move->nr);
		at += scnprintf(buf + at, size - at, " to %#llx",
				(unsigned long long)move->to <<
				XEN_LAYOUT_PAGE_SHIFT);
		say_tally(buf + at, size - at, &a->moves[line]);
		return true;
	}
	line -= plan->nr_moves;
	if (line < plan->nr_releases) {
		range = &plan->releases[line];
		at = say_where(buf, size, range->start,
			       range->end - range->start);
		say_tally(buf + at, size - at, &a->releases[line]);
		return true;
	}
	if (line > plan->nr_releases)
		return false;
	at = scnprintf(buf, size, "All ranges");
	say_tally(buf + at, size - at, &a->total);

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xen_apply_describe);
