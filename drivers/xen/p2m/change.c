// SPDX-License-Identifier: GPL-2.0
/*
 * What the PFNs of a P2M tree become: changes of entries and of structure
 */

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include "internal.h"

/* Pages which are given back with one flush */
#define P2M_DEAD_BATCH	32

/**
 * DOC: Cost of a range
 *
 * Setting a range missing or identity changes shared pages into private ones
 * at its two ends at most: there a mid page, if the end is inside a top slot,
 * and a leaf, if it is inside a leaf. So within one top slot it takes three
 * pages at most, as both ends are in one mid page. A range over more top slots
 * may take four, two at each end; split at the border of a top slot it takes
 * three at most each time.
 */

/*
 * What to make of the PFNs [start, end). There is at least one. @end may be
 * above the limit, up to the capacity, for missing and identity: so the last
 * slot is covered as a whole though the limit is inside.
 */
struct p2m_op {
	unsigned long start;
	unsigned long end;
	enum xen_p2m_type type;		/* MFN with entries, leaf or keep */
	unsigned long mfn;		/* of @start */
	const unsigned long *entries;	/* in place of mfn */
	unsigned long *leaf;		/* the whole leaf, in place of entries */
	bool keep;			/* same content, but private */
};

enum p2m_dead_kind {
	P2M_DEAD_LEAF,
	P2M_DEAD_MID,
	P2M_DEAD_LIST,
};

/* A page that was replaced */
struct p2m_dead {
	enum p2m_dead_kind kind;
	void *page;
};

/*
 * A walk over the slots of an operation. It is done twice: without pages it
 * changes nothing and counts the pages that it would take.
 */
struct p2m_change {
	struct xen_p2m_tree *tree;
	const struct p2m_op *op;
	struct p2m_prealloc *pages;	/* NULL: count */
	unsigned long need;
	bool open;
	unsigned int nr_dead;
	struct p2m_dead dead[P2M_DEAD_BATCH];
};

/* --- what an operation makes of a PFN, a leaf, a slot ---------------------- */

static bool p2m_op_shares(const struct p2m_op *op)
{
	return op->type == XEN_P2M_MISSING || op->type == XEN_P2M_IDENTITY;
}

static unsigned long *p2m_shared_leaf(const struct xen_p2m_tree *tree,
				      enum xen_p2m_type type)
{
	return type == XEN_P2M_IDENTITY ? tree->identity : tree->missing;
}

/* What @op, which has no entries, makes of @pfn */
static unsigned long p2m_op_entry(const struct p2m_op *op, unsigned long pfn)
{
	unsigned long offset = pfn - op->start;

	switch (op->type) {
	case XEN_P2M_IDENTITY:
		return IDENTITY_FRAME(pfn);
	case XEN_P2M_MFN:
		return op->mfn + offset;
	case XEN_P2M_FOREIGN:
		return FOREIGN_FRAME(op->mfn + offset);
	case XEN_P2M_MISSING:
		break;
	}

	return INVALID_P2M_ENTRY;
}

/* The toolstack must not see identity: it is in the notes then. */
static void p2m_store(struct xen_p2m_tree *tree, unsigned long *leaf,
		      unsigned long pfn, unsigned long entry)
{
	if (tree->tools && xen_p2m_entry_type(entry) == XEN_P2M_IDENTITY)
		entry = INVALID_P2M_ENTRY;
	WRITE_ONCE(leaf[p2m_leaf_index(tree, pfn)], entry);
}

/* No identity among them, which the toolstack must not see. */
static void p2m_copy(unsigned long *slot, const unsigned long *entries,
		     unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		WRITE_ONCE(slot[i], entries[i]);
}

static void p2m_fill(struct xen_p2m_tree *tree, const struct p2m_op *op,
		     unsigned long *leaf, unsigned long start,
		     unsigned long end)
{
	unsigned long pfn;

	if (op->keep)
		return;
	if (op->entries) {
		p2m_copy(leaf + p2m_leaf_index(tree, start),
			 op->entries + (start - op->start), end - start);
		return;
	}
	for (pfn = start; pfn < end; pfn++)
		p2m_store(tree, leaf, pfn, p2m_op_entry(op, pfn));
}

/* Does setting part of @leaf, which is shared, need a private one? */
static bool p2m_needs_leaf(const struct xen_p2m_tree *tree,
			   const struct p2m_op *op, const unsigned long *leaf)
{
	return !p2m_op_shares(op) || leaf != p2m_shared_leaf(tree, op->type);
}

/* --- notes before and after ------------------------------------------------ */

/*
 * Make the leaf of [start, end), one end of @op, ready to be read by note.
 * There are no notes of a leaf that is missing: it became so by an operation
 * which dropped them, or had none to drop.
 */
static bool p2m_note_leaf(struct xen_p2m_tree *tree, const struct p2m_op *op,
			  unsigned long start, unsigned long end)
{
	unsigned long first = p2m_leaf_start(tree, start);
	unsigned long next = p2m_leaf_end(tree, start);
	struct xen_p2m_notes *notes = &tree->notes;
	unsigned long *leaf = p2m_leaf(tree, start);

	/* One that is set as a whole has no identity, or is shared. */
	if (!op->keep && end - start == p2m_per_page(tree))
		return true;
	if (!p2m_by_note(tree, leaf) && !p2m_needs_leaf(tree, op, leaf))
		return true;

	if (leaf == tree->identity && !xen_p2m_notes_add(notes, first, next))
		return false;
	if (op->type == XEN_P2M_IDENTITY)
		return xen_p2m_notes_add(notes, start, end);

	return true;
}

/*
 * Note what leaves will not show. Between both ends of @op these are leaves that
 * are made private as they are. To set PFNs anything but identity drops their
 * notes; they are missing then, for a moment.
 */
static int p2m_note_before(struct xen_p2m_tree *tree, const struct p2m_op *op)
{
	unsigned long last = p2m_leaf_start(tree, op->end);
	struct xen_p2m_notes *notes = &tree->notes;
	struct p2m_part leaf = { .end = op->start };
	bool ok = true;

	if (!tree->tools)
		return 0;

	seam_assert_locked(&tree->seam);
	xen_p2m_notes_edit(notes);
	while (p2m_part_next(&leaf, p2m_per_page(tree), op->end)) {
		ok = ok && p2m_note_leaf(tree, op, leaf.start, leaf.end);
		if (!op->keep)
			leaf.end = max(leaf.end, last);
	}
	if (!op->keep && op->type != XEN_P2M_IDENTITY)
		ok = ok && xen_p2m_notes_del(notes, op->start, op->end);
	if (!ok)
		return -ENOSPC;
	xen_p2m_notes_commit(notes);
	smp_wmb();	/* A reader of an entry set below sees the notes. */

	return 0;
}

/*
 * Drop the notes of [start, end), whole leaves, which mean nothing any more.
 * If there is no room to split a note then it stays, to no harm.
 */
static void p2m_note_after(struct xen_p2m_tree *tree, unsigned long start,
			   unsigned long end)
{
	struct xen_p2m_notes *notes = &tree->notes;
	struct p2m_part leaf = { .end = start };
	bool ok = true;

	if (!xen_p2m_notes_nr(notes))
		return;

	xen_p2m_notes_edit(notes);
	while (p2m_part_next(&leaf, p2m_per_page(tree), end)) {
		unsigned long top = p2m_top_index(tree, leaf.start);

		if (!p2m_mid_is_private(tree, seam_top(&tree->seam, top)))
			leaf.end = min(end, p2m_top_end(tree, leaf.start));
		if (!p2m_by_note(tree, p2m_leaf(tree, leaf.start)))
			ok = ok && xen_p2m_notes_del(notes, leaf.start,
						     leaf.end);
	}
	if (ok)
		xen_p2m_notes_commit(notes);
}

/* --- changes of structure -------------------------------------------------- */

/* Before each live slot is changed */
static void p2m_open(struct p2m_change *c)
{
	struct xen_p2m_tree *tree = c->tree;

	if (c->open)
		return;
	c->open = true;
	WRITE_ONCE(tree->changes, tree->changes + 1);
	smp_wmb();	/* A reader of a changed slot sees the count, too. */
	seam_publish_begin(&tree->seam);
}

static void p2m_free_leaf(struct xen_p2m_tree *tree, unsigned long *leaf)
{
	tree->used.leaves--;
	seam_page_free(&tree->seam, leaf);
}

/* With its leaves. Unpinned first, so that nothing refers to a free leaf. */
XEN_P2M_SCOPE void p2m_free_mid(struct xen_p2m_tree *tree,
				struct xen_p2m_mid *mid)
{
	unsigned long i;

	seam_mid_unpin(&tree->seam, mid);
	for (i = 0; i < p2m_per_page(tree); i++) {
		unsigned long *leaf = seam_slot(&tree->seam, mid, i);

		if (p2m_leaf_is_private(tree, leaf))
			p2m_free_leaf(tree, leaf);
	}
	tree->used.mids--;
	seam_page_free(&tree->seam, mid);
}

static void p2m_free_dead(struct xen_p2m_tree *tree,
			  const struct p2m_dead *dead)
{
	switch (dead->kind) {
	case P2M_DEAD_LEAF:
		p2m_free_leaf(tree, dead->page);
		break;
	case P2M_DEAD_MID:
		p2m_free_mid(tree, dead->page);
		break;
	case P2M_DEAD_LIST:
		tree->used.lists--;
		seam_page_free(&tree->seam, dead->page);
		break;
	}
}

/* Publish and flush what was changed so far, then free what it replaced. */
static void p2m_commit(struct p2m_change *c)
{
	struct xen_p2m_tree *tree = c->tree;
	unsigned int i;

	if (c->open) {
		seam_publish_end(&tree->seam);
		seam_flush(&tree->seam);
		/* Pairs with p2m_read_begin(). */
		smp_store_release(&tree->changes, tree->changes + 1);
		c->open = false;
	}
	for (i = 0; i < c->nr_dead; i++)
		p2m_free_dead(tree, &c->dead[i]);
	c->nr_dead = 0;
}

/*
 * @page is not referred to any more, but others may still read it: not even a
 * link may be written to it before the flush.
 */
static void p2m_bury(struct p2m_change *c, enum p2m_dead_kind kind, void *page)
{
	c->dead[c->nr_dead].kind = kind;
	c->dead[c->nr_dead].page = page;
	if (++c->nr_dead == P2M_DEAD_BATCH)
		p2m_commit(c);
}

/* A page, or NULL if this walk counts */
static void *p2m_take_page(struct p2m_change *c)
{
	if (!c->pages) {
		c->need++;
		return NULL;
	}

	return p2m_prealloc_take(c->pages);
}

/* Put another leaf into the slot of @pfn in @mid, which may not be live yet. */
static void p2m_put_leaf(struct p2m_change *c, struct xen_p2m_mid *mid,
			 bool live, unsigned long pfn, unsigned long *leaf)
{
	struct xen_p2m_tree *tree = c->tree;
	unsigned long i = p2m_mid_index(tree, pfn);
	bool private = p2m_leaf_is_private(tree, leaf);
	unsigned long *old;

	if (!live) {
		seam_slot_init(&tree->seam, mid, i, leaf, private);
		return;
	}
	old = seam_slot(&tree->seam, mid, i);
	p2m_open(c);
	seam_slot_set(&tree->seam, mid, i, leaf, private);
	p2m_frame_list_set_slot(tree, pfn, leaf);
	if (p2m_leaf_is_private(tree, old))
		p2m_bury(c, P2M_DEAD_LEAF, old);
}

/* Put another mid page, with its page of the frame list, into a top slot. */
static void p2m_put_mid(struct p2m_change *c, unsigned long pfn,
			struct xen_p2m_mid *mid, unsigned long *list)
{
	struct xen_p2m_tree *tree = c->tree;
	unsigned long top = p2m_top_index(tree, pfn);
	struct xen_p2m_mid *old = seam_top(&tree->seam, top);

	p2m_open(c);
	seam_top_set(&tree->seam, top, mid);
	p2m_window_set(tree, top, mid);
	list = p2m_frame_list_set_top(tree, top, list);
	if (p2m_mid_is_private(tree, old))
		p2m_bury(c, P2M_DEAD_MID, old);
	if (list)
		p2m_bury(c, P2M_DEAD_LIST, list);
}

/* Write to @leaf what [start, end) are in @old, which is shared. */
static void p2m_copy_shared(struct xen_p2m_tree *tree, unsigned long *leaf,
			    const unsigned long *old, unsigned long start,
			    unsigned long end)
{
	bool missing = old == tree->missing || tree->tools;
	unsigned long *slot = leaf + p2m_leaf_index(tree, start), pfn;

	for (pfn = start; pfn < end; pfn++)
		WRITE_ONCE(*slot++, missing ? INVALID_P2M_ENTRY :
					      IDENTITY_FRAME(pfn));
}

/* Make @leaf a private one with the content of @old, which is shared, changed. */
static void p2m_fill_leaf(struct p2m_change *c, unsigned long *leaf,
			  unsigned long *old, unsigned long start,
			  unsigned long end)
{
	struct xen_p2m_tree *tree = c->tree;
	unsigned long last = end - 1;

	/* What is set need not be copied. */
	if (c->op->keep)
		start = end;
	p2m_copy_shared(tree, leaf, old, p2m_leaf_start(tree, last), start);
	p2m_copy_shared(tree, leaf, old, end, p2m_leaf_end(tree, last));
	p2m_fill(tree, c->op, leaf, start, end);
	tree->used.leaves++;
}

/*
 * The leaf to have in place of @old after [start, end), part or all of it, was
 * set. A private one is changed as it is. NULL if this walk counts a new one.
 */
static unsigned long *p2m_change_leaf(struct p2m_change *c, unsigned long *old,
				      unsigned long start, unsigned long end)
{
	struct xen_p2m_tree *tree = c->tree;
	const struct p2m_op *op = c->op;
	unsigned long *leaf;

	if (op->leaf) {
		tree->used.leaves += !!c->pages;
		return op->leaf;
	}
	if (p2m_op_shares(op) && end - start == p2m_per_page(tree))
		return p2m_shared_leaf(tree, op->type);
	if (p2m_leaf_is_private(tree, old)) {
		if (c->pages)
			p2m_fill(tree, op, old, start, end);
		return old;
	}
	if (!p2m_needs_leaf(tree, op, old))
		return old;
	leaf = p2m_take_page(c);
	if (leaf)
		p2m_fill_leaf(c, leaf, old, start, end);

	return leaf;
}

/* Put @mid, all of whose slots are right, in the place of a shared mid page. */
static void p2m_install_mid(struct p2m_change *c, struct xen_p2m_mid *mid,
			    unsigned long *list, unsigned long pfn)
{
	struct xen_p2m_tree *tree = c->tree;

	seam_mid_pin(&tree->seam, mid);
	tree->used.mids++;
	if (list) {
		p2m_frame_list_fill(tree, list, mid);
		tree->used.lists++;
	}
	p2m_put_mid(c, pfn, mid, list);
}

/* Set [start, end), part of the top slot of @old, leaf by leaf. */
static void p2m_change_mid(struct p2m_change *c, struct xen_p2m_mid *old,
			   unsigned long start, unsigned long end)
{
	struct xen_p2m_tree *tree = c->tree;
	bool live = p2m_mid_is_private(tree, old);
	struct xen_p2m_mid *mid = old;
	unsigned long *list = NULL;
	struct p2m_part part = { .end = start };

	if (!live) {
		mid = p2m_take_page(c);
		if (p2m_in_frame_list(tree, p2m_top_index(tree, start)))
			list = p2m_take_page(c);
		if (mid)
			p2m_mid_fill(tree, mid, seam_slot(&tree->seam, old, 0));
	}
	while (p2m_part_next(&part, p2m_per_page(tree), end)) {
		unsigned long *leaf, *new;

		leaf = seam_slot(&tree->seam, old,
				 p2m_mid_index(tree, part.start));
		new = p2m_change_leaf(c, leaf, part.start, part.end);
		if (c->pages && new != leaf)
			p2m_put_leaf(c, mid, live, part.start, new);
	}
	if (c->pages && !live)
		p2m_install_mid(c, mid, list, start);
}

/* Set [start, end), part or all of one top slot. */
static void p2m_change_top(struct p2m_change *c, unsigned long start,
			   unsigned long end)
{
	struct xen_p2m_tree *tree = c->tree;
	struct xen_p2m_mid *mid, *shared;

	mid = seam_top(&tree->seam, p2m_top_index(tree, start));
	shared = p2m_shared_mid(tree, c->op->type);
	if (p2m_op_shares(c->op) && mid == shared)
		return;
	if (!p2m_op_shares(c->op) || end - start < p2m_per_top(tree))
		p2m_change_mid(c, mid, start, end);
	else if (c->pages)
		p2m_put_mid(c, start, shared, NULL);
}

/* Tell the toolstack if there are MFNs at higher PFNs than it knows of. */
static void p2m_grow(struct xen_p2m_tree *tree, const struct p2m_op *op)
{
	unsigned long end = p2m_leaf_end(tree, op->end - 1);

	if (p2m_op_shares(op) || end <= tree->tools_end)
		return;
	seam_tools_end(&tree->seam, end);
	WRITE_ONCE(tree->tools_end, end);
}

static void p2m_walk(struct p2m_change *c)
{
	struct p2m_part part = { .end = c->op->start };

	seam_assert_locked(&c->tree->seam);
	while (p2m_part_next(&part, p2m_per_top(c->tree), c->op->end))
		p2m_change_top(c, part.start, part.end);
}

/* How many pages does it take? With the lock, as the answer holds as long. */
static unsigned long p2m_count(struct xen_p2m_tree *tree,
			       const struct p2m_op *op)
{
	struct p2m_change c = { .tree = tree, .op = op };

	p2m_walk(&c);

	return c.need;
}

static void p2m_apply(struct xen_p2m_tree *tree, const struct p2m_op *op,
		      struct p2m_prealloc *pages)
{
	struct p2m_change c = { .tree = tree, .op = op, .pages = pages };

	p2m_grow(tree, op);
	p2m_walk(&c);
	p2m_commit(&c);
	p2m_note_after(tree, p2m_leaf_start(tree, op->start),
		       p2m_leaf_end(tree, op->end - 1));
}

/* With the lock, and pages enough */
static int p2m_run_locked(struct xen_p2m_tree *tree, const struct p2m_op *op,
			  struct p2m_prealloc *pages)
{
	int err;

	/* All leaves are private already: nothing to do, so skip the notes. */
	if (op->keep && !pages->nr && op->end <= tree->tools_end)
		return 0;
	err = p2m_note_before(tree, op);
	if (!err)
		p2m_apply(tree, op, pages);

	return err;
}

/*
 * Is there one leaf, which is private already, as for most pages that the balloon
 * gets? Without the lock: a leaf that is shared right after this test could as
 * well have been shared after the whole operation.
 */
static bool p2m_is_split(struct xen_p2m_tree *tree, const struct p2m_op *op)
{
	bool private;

	if (op->end > p2m_leaf_end(tree, op->start) ||
	    op->end > READ_ONCE(tree->tools_end))
		return false;

	seam_read_lock(&tree->seam);
	private = p2m_leaf_is_private(tree, p2m_leaf(tree, op->start));
	seam_read_unlock(&tree->seam);

	return private;
}

/*
 * The one way to change a range. Preallocate until it is enough for the tree as it
 * is by then; with the lock, add notes; begin to publish; change slots, frame list
 * and window; end to publish; flush; free what was replaced; drop stale notes.
 */
static int p2m_run(struct xen_p2m_tree *tree, const struct p2m_op *op)
{
	struct p2m_prealloc pages = { };
	unsigned long flags, need;
	int err = 0;

	if (op->type != XEN_P2M_IDENTITY)
		err = seam_reach(&tree->seam, op->end);
	if (err || (op->keep && p2m_is_split(tree, op)))
		return err;

	for (;;) {
		flags = seam_lock(&tree->seam);
		need = p2m_count(tree, op);
		if (need <= pages.nr)
			break;
		seam_unlock(&tree->seam, flags);
		if (p2m_prealloc_fill(tree, &pages, need))
			return -ENOMEM;
	}
	err = p2m_run_locked(tree, op, &pages);
	seam_unlock(&tree->seam, flags);
	p2m_prealloc_drop(tree, &pages);

	return err;
}

/* --- operations ------------------------------------------------------------ */

/**
 * xen_p2m_set_range() - set PFNs
 * @tree: tree to change
 * @start: first PFN
 * @end: first PFN after the range
 * @type: what to make of them
 * @mfn: for XEN_P2M_MFN and XEN_P2M_FOREIGN, the MFN of @start; the other PFNs
 *       get those that follow
 *
 * To set PFNs missing or identity takes time by the slot, not by the PFN, and
 * three pages at most within one top slot, not counting those of the frame list;
 * see "Cost of a range". PFNs from the limit on are identity, and can be set
 * nothing else.
 *
 * Context: may sleep.
 * Return: 0. -EINVAL for a range which ends before it starts, an unknown type
 * or an MFN out of range, -ERANGE for PFNs from the limit on unless
 * @type is XEN_P2M_IDENTITY, -ENOMEM, -ENOSPC if there are too many separate
 * identity PFNs for the notes in a tree with XEN_P2M_TOOLS. After an error
 * nothing is changed.
 */
XEN_P2M_SCOPE int xen_p2m_set_range(struct xen_p2m_tree *tree,
				    unsigned long start, unsigned long end,
				    enum xen_p2m_type type, unsigned long mfn)
{
	struct p2m_op op = {
		.start = start, .end = end, .type = type, .mfn = mfn,
	};

	if (start > end || type > XEN_P2M_FOREIGN)
		return -EINVAL;
	if (start == end)
		return 0;
	if (type == XEN_P2M_IDENTITY && start >= tree->limit)
		return 0;
	if (type != XEN_P2M_IDENTITY && end > tree->limit)
		return -ERANGE;

	if (p2m_op_shares(&op)) {
		if (end >= tree->limit)
			op.end = p2m_capacity(tree);
	} else if (mfn > XEN_P2M_MAX_MFN ||
		   end - start - 1 > XEN_P2M_MAX_MFN - mfn) {
		/* The last MFN is mfn + (end - start - 1). */
		return -EINVAL;
	}

	return p2m_run(tree, &op);
}

/* For xen_p2m_load() and xen_p2m_split(). An empty range is valid anywhere. */
static int p2m_check_range(const struct xen_p2m_tree *tree, unsigned long start,
			   unsigned long end)
{
	if (start > end)
		return -EINVAL;

	return start < end && end > tree->limit ? -ERANGE : 0;
}

/* May @entry of @pfn be stored as it is? No identity, if the toolstack reads it. */
static bool p2m_may_store(const struct xen_p2m_tree *tree, unsigned long pfn,
			  unsigned long entry, bool identity)
{
	if (likely(entry <= XEN_P2M_MAX_MFN))
		return true;
	if (!xen_p2m_entry_valid(pfn, entry))
		return false;

	return identity || xen_p2m_entry_type(entry) != XEN_P2M_IDENTITY;
}

/**
 * xen_p2m_load() - set PFNs from an array of entries
 * @tree: tree to change
 * @start: first PFN
 * @end: first PFN after the range
 * @entries: for each of them an MFN, FOREIGN_FRAME(mfn) or INVALID_P2M_ENTRY
 *
 * Makes all leaves private, whatever is in them.
 *
 * Context: may sleep.
 * Return: 0. -EINVAL for a range which ends before it starts or an entry of
 * another kind, -ERANGE for PFNs from the limit on, -ENOMEM, -ENOSPC. After an
 * error nothing is changed.
 */
XEN_P2M_SCOPE int xen_p2m_load(struct xen_p2m_tree *tree, unsigned long start,
			       unsigned long end, const unsigned long *entries)
{
	struct p2m_op op = {
		.start = start, .end = end,
		.type = XEN_P2M_MFN, .entries = entries,
	};
	unsigned long i;
	int err;

	err = p2m_check_range(tree, start, end);
	if (err || start == end)
		return err;
	for (i = 0; i < end - start; i++)
		if (!p2m_may_store(tree, start + i, entries[i], false))
			return -EINVAL;

	return p2m_run(tree, &op);
}

/*
 * Most pages of Xen's list are MFNs all through, and a large domain has many.
 * MFNs have no bit above those of the highest one, so that one comparison will do.
 */
static bool p2m_may_adopt(const struct xen_p2m_tree *tree, unsigned long pfn,
			  const unsigned long *leaf)
{
	unsigned long i, bits = 0;

	for (i = 0; i < p2m_per_page(tree); i++)
		bits |= leaf[i];
	if (bits <= XEN_P2M_MAX_MFN)
		return true;

	for (i = 0; i < p2m_per_page(tree); i++)
		if (!p2m_may_store(tree, pfn + i, leaf[i], !tree->tools))
			return false;

	return true;
}

/**
 * xen_p2m_adopt() - make a page of entries the leaf of its PFNs
 * @tree: tree to change
 * @pfn: first PFN of a leaf
 * @leaf: a page like those of seam_page_alloc(), with the entries of all of the
 *        leaf's PFNs: MFNs, FOREIGN_FRAME(mfn), INVALID_P2M_ENTRY and, but for a
 *        tree with XEN_P2M_TOOLS, IDENTITY_FRAME(pfn)
 *
 * Nothing is copied. The page belongs to the tree from then on, which gives it
 * back as it does its own.
 *
 * Context: may sleep.
 * Return: 0. -EINVAL for a PFN in the middle of a leaf or an entry of another
 * kind, -ERANGE for PFNs from the limit on, -ENOMEM, -ENOSPC. After an error
 * nothing is changed, and the page is the caller's.
 */
XEN_P2M_SCOPE int xen_p2m_adopt(struct xen_p2m_tree *tree, unsigned long pfn,
				unsigned long *leaf)
{
	struct p2m_op op = { .start = pfn, .type = XEN_P2M_MFN, .leaf = leaf };

	if (p2m_leaf_index(tree, pfn))
		return -EINVAL;
	if (pfn >= tree->limit || tree->limit - pfn < p2m_per_page(tree))
		return -ERANGE;
	op.end = p2m_leaf_end(tree, pfn);
	if (!p2m_may_adopt(tree, pfn, leaf))
		return -EINVAL;

	return p2m_run(tree, &op);
}

/**
 * xen_p2m_split() - make the leaves of PFNs private
 * @tree: tree to change
 * @start: first PFN
 * @end: first PFN after the range
 *
 * All PFNs of the leaves stay what they are. From then on setting them needs no
 * memory and changes no slot, so that the toolstack need not read the structure
 * again. That holds until a leaf is covered by a range set missing or identity.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for a range which ends before it starts, -ERANGE for PFNs
 * from the limit on, -ENOMEM, -ENOSPC. After an error nothing is changed.
 */
XEN_P2M_SCOPE int xen_p2m_split(struct xen_p2m_tree *tree, unsigned long start,
				unsigned long end)
{
	struct p2m_op op = {
		.start = start, .end = end, .type = XEN_P2M_MFN, .keep = true,
	};
	int err;

	err = p2m_check_range(tree, start, end);
	if (err || start == end)
		return err;

	return p2m_run(tree, &op);
}

/*
 * Is @entry, stored to a private leaf, all it takes to set @pfn? RAM first, then
 * what is given back: most pages are set one or the other.
 */
static __always_inline bool p2m_store_will_do(struct xen_p2m_tree *tree,
					      unsigned long pfn,
					      unsigned long entry)
{
	if (likely(entry <= XEN_P2M_MAX_MFN))
		return pfn < READ_ONCE(tree->tools_end);
	if (entry == INVALID_P2M_ENTRY)
		return !tree->tools || !xen_p2m_notes_find(&tree->notes, pfn);
	if (!xen_p2m_entry_valid(pfn, entry))
		return false;
	if (entry & FOREIGN_FRAME_BIT)
		return pfn < READ_ONCE(tree->tools_end);

	return !tree->tools;
}

static noinline bool p2m_is(struct xen_p2m_tree *tree, unsigned long pfn,
			    unsigned long entry)
{
	return xen_p2m_lookup(tree, pfn) == entry;
}

/* Store @entry; true if @pfn is that afterwards. */
static noinline bool p2m_store_entry(struct xen_p2m_tree *tree,
				     unsigned long pfn, unsigned long entry)
{
	bool done;

	seam_read_lock(&tree->seam);
	done = seam_entry_set(&tree->seam, pfn, entry);
	seam_read_unlock(&tree->seam);
	if (likely(done))
		return true;

	return p2m_is(tree, pfn, entry);
}

/*
 * With notes it is asked twice whether the store will do, as in between another PFN
 * may have split the leaf. Then the store has changed nothing, and if @pfn was
 * identity it is noted.
 */
static noinline bool p2m_try_set_any(struct xen_p2m_tree *tree,
				     unsigned long pfn, unsigned long entry)
{
	if (!p2m_store_will_do(tree, pfn, entry))
		return p2m_is(tree, pfn, entry);
	if (!p2m_store_entry(tree, pfn, entry))
		return false;

	return !tree->tools || p2m_store_will_do(tree, pfn, entry) ||
	       p2m_is(tree, pfn, entry);
}

/**
 * xen_p2m_try_set() - set a PFN if that is one store
 * @tree: tree to change
 * @pfn: the PFN
 * @entry: as xen_p2m_lookup() is to return it
 *
 * Context: any; takes no lock.
 * Return: false if it is not, and nothing is changed. True also if @pfn was
 * what it is to be before, as identity from the limit on.
 */
XEN_P2M_SCOPE bool xen_p2m_try_set(struct xen_p2m_tree *tree,
				   unsigned long pfn, unsigned long entry)
{
	if (pfn >= tree->limit)
		return entry == IDENTITY_FRAME(pfn);
	/* Most PFNs are RAM or given back, and most trees have no notes. */
	if (!tree->tools && (entry == INVALID_P2M_ENTRY ||
			     (entry <= XEN_P2M_MAX_MFN &&
			      pfn < READ_ONCE(tree->tools_end))))
		return p2m_store_entry(tree, pfn, entry);

	return p2m_try_set_any(tree, pfn, entry);
}

/**
 * xen_p2m_set() - set a PFN
 * @tree: tree to change
 * @pfn: the PFN
 * @entry: as xen_p2m_lookup() is to return it
 *
 * Context: may sleep if its leaf is shared, or if the note of an identity PFN
 * is concerned; after xen_p2m_split() any in a tree without XEN_P2M_TOOLS.
 * Return: 0. -EINVAL for an entry that cannot be stored, -ERANGE for a PFN from
 * the limit on that is to be anything but identity, -ENOMEM, -ENOSPC. After an
 * error nothing is changed.
 */
XEN_P2M_SCOPE int xen_p2m_set(struct xen_p2m_tree *tree, unsigned long pfn,
			      unsigned long entry)
{
	enum xen_p2m_type type = xen_p2m_entry_type(entry);

	if (xen_p2m_try_set(tree, pfn, entry))
		return 0;
	if (!xen_p2m_entry_valid(pfn, entry))
		return -EINVAL;
	if (pfn >= tree->limit)
		return -ERANGE;

	return xen_p2m_set_range(tree, pfn, pfn + 1, type,
				 entry & ~FOREIGN_FRAME_BIT);
}
