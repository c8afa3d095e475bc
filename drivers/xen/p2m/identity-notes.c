// SPDX-License-Identifier: GPL-2.0
/*
 * Identity PFNs of a P2M tree which its leaves do not show
 */

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include <asm/barrier.h>

#include "identity-notes.h"

/**
 * xen_p2m_notes_init() - make room for notes
 * @notes: to set up
 * @s: where memory comes from
 * @max: number of notes
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
XEN_P2M_SCOPE int xen_p2m_notes_init(struct xen_p2m_notes *notes,
				     struct xen_p2m_seam *s, unsigned int max)
{
	size_t bytes = 2 * (size_t)max * sizeof(struct xen_p2m_note);
	struct xen_p2m_note *note = seam_table_alloc(s, bytes);

	if (!note)
		return -ENOMEM;
	*notes = (struct xen_p2m_notes) {
		.max = max,
		.copy = { { .note = note }, { .note = note + max } },
	};

	return 0;
}

/**
 * xen_p2m_notes_exit() - give the room back
 * @notes: set up by xen_p2m_notes_init(), without readers
 * @s: where the memory came from
 *
 * Context: any.
 */
XEN_P2M_SCOPE void xen_p2m_notes_exit(struct xen_p2m_notes *notes,
				      struct xen_p2m_seam *s)
{
	size_t bytes = 2 * (size_t)notes->max * sizeof(struct xen_p2m_note);

	seam_table_free(s, notes->copy[0].note, bytes);
}

static struct xen_p2m_note_table *notes_spare(struct xen_p2m_notes *notes)
{
	return &notes->copy[~notes->seq & 1];
}

/* Readers which are late read the spare copy, and then find @seq changed. */
static void note_set(struct xen_p2m_note *note, unsigned long start,
		     unsigned long end)
{
	WRITE_ONCE(note->start, start);
	WRITE_ONCE(note->end, end);
}

/**
 * xen_p2m_notes_edit() - start a change
 * @notes: to change
 *
 * An earlier change which was not committed is abandoned.
 *
 * Context: lock of the tree held.
 */
XEN_P2M_SCOPE void xen_p2m_notes_edit(struct xen_p2m_notes *notes)
{
	const struct xen_p2m_note_table *from = &notes->copy[notes->seq & 1];
	struct xen_p2m_note_table *to = notes_spare(notes);
	unsigned int i;

	smp_wmb();	/* A reader of a store below sees the last commit. */
	for (i = 0; i < from->nr; i++)
		note_set(&to->note[i], from->note[i].start, from->note[i].end);
	WRITE_ONCE(to->nr, from->nr);
}

/**
 * xen_p2m_notes_commit() - let readers see the change
 * @notes: changed since xen_p2m_notes_edit()
 *
 * Context: lock of the tree held.
 */
XEN_P2M_SCOPE void xen_p2m_notes_commit(struct xen_p2m_notes *notes)
{
	const struct xen_p2m_note_table *table = notes_spare(notes);

	WRITE_ONCE(notes->end, table->nr ? table->note[table->nr - 1].end : 0);
	/* Pairs with the acquire in xen_p2m_notes_find(). */
	smp_store_release(&notes->seq, notes->seq + 1);
}

/* Put @nr notes in the place of [from, to); false if there is no room. */
static bool notes_splice(struct xen_p2m_notes *notes, unsigned int from,
			 unsigned int to, const struct xen_p2m_note *note,
			 unsigned int nr)
{
	struct xen_p2m_note_table *table = notes_spare(notes);
	unsigned int tail = table->nr - to;
	struct xen_p2m_note *dst = &table->note[from + nr];
	const struct xen_p2m_note *src = &table->note[to];
	unsigned int i;

	if (from + nr + tail > notes->max)
		return false;

	/* The direction in which nothing is overwritten before it has moved. */
	if (dst < src) {
		for (i = 0; i < tail; i++)
			note_set(&dst[i], src[i].start, src[i].end);
	} else if (dst > src) {
		for (i = tail; i-- > 0; )
			note_set(&dst[i], src[i].start, src[i].end);
	}
	for (i = 0; i < nr; i++)
		note_set(&table->note[from + i], note[i].start, note[i].end);
	WRITE_ONCE(table->nr, from + nr + tail);

	return true;
}

/**
 * xen_p2m_notes_add() - note PFNs
 * @notes: between xen_p2m_notes_edit() and xen_p2m_notes_commit()
 * @start: first PFN
 * @end: first PFN after the range
 *
 * Context: lock of the tree held.
 * Return: false if there is no room; the change can only be abandoned then.
 */
XEN_P2M_SCOPE bool xen_p2m_notes_add(struct xen_p2m_notes *notes,
				     unsigned long start, unsigned long end)
{
	const struct xen_p2m_note_table *table = notes_spare(notes);
	struct xen_p2m_note merged = { start, end };
	unsigned int from = 0, to;

	if (start >= end)
		return true;
	while (from < table->nr && table->note[from].end < start)
		from++;
	for (to = from; to < table->nr && table->note[to].start <= end; to++) {
		merged.start = min(merged.start, table->note[to].start);
		merged.end = max(merged.end, table->note[to].end);
	}

	return notes_splice(notes, from, to, &merged, 1);
}

/**
 * xen_p2m_notes_del() - drop PFNs from the notes
 * @notes: between xen_p2m_notes_edit() and xen_p2m_notes_commit()
 * @start: first PFN
 * @end: first PFN after the range
 *
 * Context: lock of the tree held.
 * Return: false if there is no room for what remains of a note to both sides;
 * the change can only be abandoned then.
 */
XEN_P2M_SCOPE bool xen_p2m_notes_del(struct xen_p2m_notes *notes,
				     unsigned long start, unsigned long end)
{
	const struct xen_p2m_note_table *table = notes_spare(notes);
	struct xen_p2m_note rest[2];
	unsigned int from = 0, to, nr = 0;

	if (start >= end)
		return true;
	while (from < table->nr && table->note[from].end <= start)
		from++;
	for (to = from; to < table->nr && table->note[to].start < end; to++)
		;
	if (from == to)
		return true;
	if (table->note[from].start < start)
		rest[nr++] = (struct xen_p2m_note) {
			table->note[from].start, start };
	if (table->note[to - 1].end > end)
		rest[nr++] = (struct xen_p2m_note) {
			end, table->note[to - 1].end };

	return notes_splice(notes, from, to, rest, nr);
}

/* The first note that ends above @pfn, or the number of notes. */
static unsigned int note_above(const struct xen_p2m_note_table *table,
			       unsigned int nr, unsigned long pfn)
{
	unsigned int low = 0;

	while (low < nr) {
		unsigned int mid = low + (nr - low) / 2;

		if (READ_ONCE(table->note[mid].end) > pfn)
			nr = mid;
		else
			low = mid + 1;
	}

	return low;
}

/**
 * xen_p2m_notes_find() - is a PFN noted?
 * @notes: to look into
 * @pfn: the PFN
 *
 * Context: any.
 * Return: true if it is.
 */
XEN_P2M_SCOPE bool xen_p2m_notes_find(const struct xen_p2m_notes *notes,
				      unsigned long pfn)
{
	unsigned int seq, i, nr;
	bool found;

	do {
		const struct xen_p2m_note_table *table;

		seq = smp_load_acquire(&notes->seq);	/* before the copy */
		table = &notes->copy[seq & 1];
		nr = READ_ONCE(table->nr);
		i = note_above(table, nr, pfn);
		found = i < nr && READ_ONCE(table->note[i].start) <= pfn;
		/*
		 * This copy is written to only after the next commit, which
		 * is seen then: pairs with the barrier in xen_p2m_notes_edit().
		 */
		smp_rmb();
	} while (READ_ONCE(notes->seq) != seq);

	return found;
}
