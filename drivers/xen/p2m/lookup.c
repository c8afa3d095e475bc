// SPDX-License-Identifier: GPL-2.0
/*
 * What a PFN of a P2M tree is: lookups, which take no lock
 */

#include <linux/compiler.h>
#include <linux/minmax.h>

#include "internal.h"

/* Do the notes tell which INVALID_P2M_ENTRYs in @leaf are identity? */
XEN_P2M_SCOPE bool p2m_by_note(const struct xen_p2m_tree *tree,
			       const unsigned long *leaf)
{
	return tree->tools && p2m_leaf_is_private(tree, leaf);
}

/*
 * The entry of @pfn in @leaf, which may be any; in @until the first PFN for
 * which that would have to be asked again.
 */
static unsigned long p2m_read(struct xen_p2m_tree *tree,
			      const unsigned long *leaf, unsigned long pfn,
			      unsigned long *until)
{
	unsigned long entry;

	*until = p2m_leaf_end(tree, pfn);
	if (leaf == tree->missing)
		return INVALID_P2M_ENTRY;
	if (leaf == tree->identity)
		return IDENTITY_FRAME(pfn);

	*until = pfn + 1;
	/* Pairs with p2m_note_before(): the notes are as new as the entry. */
	entry = smp_load_acquire(&leaf[p2m_leaf_index(tree, pfn)]);
	if (entry == INVALID_P2M_ENTRY && tree->tools &&
	    xen_p2m_notes_find(&tree->notes, pfn))
		entry = IDENTITY_FRAME(pfn);

	return entry;
}

/*
 * Notes are made before, and dropped after, the slot which gives them a meaning. So
 * "not noted" is right if no slot has changed since before the leaf was found. The
 * slot itself does not tell: it may have changed twice.
 */
static unsigned int p2m_read_begin(const struct xen_p2m_tree *tree)
{
	/* Pairs with p2m_commit(): what it flushed is read from here on. */
	return smp_load_acquire(&tree->changes);
}

static bool p2m_read_retry(const struct xen_p2m_tree *tree, unsigned int changes)
{
	smp_rmb();	/* Pairs with p2m_open() and xen_p2m_renumber(). */

	return READ_ONCE(tree->changes) != changes;
}

/* What @pfn is without an MFN, by its leaf and the notes */
static noinline unsigned long p2m_lookup_slot(struct xen_p2m_tree *tree,
					      unsigned long pfn)
{
	unsigned long entry, until;
	unsigned int changes;

	do {
		changes = p2m_read_begin(tree);
		entry = p2m_read(tree, p2m_leaf(tree, pfn), pfn, &until);
	} while (entry == INVALID_P2M_ENTRY && p2m_read_retry(tree, changes));

	return entry;
}

/*
 * What @pfn is without an MFN, where the toolstack reads the leaves: most have the
 * shared leaf of identity, or no note above them. @changes is that of the tree from
 * before the entry was read. The CPU may have read that through a slot which has been
 * replaced since, but while no change is under way all read through what is in the
 * slots.
 */
static __always_inline unsigned long
p2m_lookup_invalid(struct xen_p2m_tree *tree, unsigned long pfn,
		   unsigned int changes)
{
	unsigned long slot;
	bool identity;

	smp_rmb();	/* Pairs with p2m_note_before(): no notes older than the entry */
	slot = p2m_slot_value(tree, pfn);
	identity = slot == READ_ONCE(tree->identity_slot);
	if (!identity && pfn < READ_ONCE(tree->notes.end))
		return p2m_lookup_slot(tree, pfn);

	/* Odd: a change is under way. */
	if (unlikely(p2m_read_retry(tree, changes & ~1U)))
		return p2m_lookup_slot(tree, pfn);

	return identity ? IDENTITY_FRAME(pfn) : INVALID_P2M_ENTRY;
}

/**
 * xen_p2m_lookup() - what is a PFN?
 * @tree: tree to read
 * @pfn: any number
 *
 * Context: any; takes no lock, does not wait for writers.
 * Return: an MFN, FOREIGN_FRAME(mfn), IDENTITY_FRAME(pfn), also for all PFNs
 * from the limit on, or INVALID_P2M_ENTRY if it is missing.
 */
XEN_P2M_SCOPE unsigned long xen_p2m_lookup(struct xen_p2m_tree *tree,
					   unsigned long pfn)
{
	unsigned int changes;
	unsigned long entry;

	if (pfn >= tree->limit)
		return IDENTITY_FRAME(pfn);

	seam_read_lock(&tree->seam);
	changes = p2m_read_begin(tree);
	entry = seam_entry(&tree->seam, pfn);
	if (unlikely(xen_p2m_entry_is_rare(entry))) {
		if (entry == XEN_P2M_IDENTITY_MARK)
			entry = IDENTITY_FRAME(pfn);
		else if (tree->tools)
			entry = p2m_lookup_invalid(tree, pfn, changes);
	}
	seam_read_unlock(&tree->seam);

	return entry;
}

/*
 * The type of @pfn; in @until how far that holds, as far as one look at the
 * slots tells.
 */
static enum xen_p2m_type p2m_look(struct xen_p2m_tree *tree, unsigned long pfn,
				  unsigned long *until)
{
	unsigned long *leaf, end, next;
	enum xen_p2m_type type;
	struct xen_p2m_mid *mid;

	mid = seam_top(&tree->seam, p2m_top_index(tree, pfn));
	if (!p2m_mid_is_private(tree, mid)) {
		*until = p2m_top_end(tree, pfn);
		return mid == tree->mid_missing ? XEN_P2M_MISSING :
						  XEN_P2M_IDENTITY;
	}

	leaf = seam_slot(&tree->seam, mid, p2m_mid_index(tree, pfn));
	type = xen_p2m_entry_type(p2m_read(tree, leaf, pfn, &next));
	end = p2m_leaf_end(tree, pfn);
	/* RAM, as most entries are */
	if (type == XEN_P2M_MFN)
		while (next < end && READ_ONCE(leaf[p2m_leaf_index(tree, next)]) <=
				     XEN_P2M_MAX_MFN)
			next++;
	while (next < end) {
		pfn = next;
		if (xen_p2m_entry_type(p2m_read(tree, leaf, pfn, &next)) != type) {
			*until = pfn;
			return type;
		}
	}
	*until = end;

	return type;
}

/* The same, under RCU; "missing" only if no slot has changed */
static enum xen_p2m_type p2m_look_again(struct xen_p2m_tree *tree, unsigned long pfn,
					unsigned long *until)
{
	enum xen_p2m_type type;
	unsigned int changes;

	do {
		changes = p2m_read_begin(tree);
		/* Not one lock for all: a flush waits for the reader. */
		seam_read_lock(&tree->seam);
		type = p2m_look(tree, pfn, until);
		seam_read_unlock(&tree->seam);
	} while (type == XEN_P2M_MISSING && tree->tools &&
		 p2m_read_retry(tree, changes));

	return type;
}

/**
 * xen_p2m_next_extent() - find the next run of PFNs of one type
 * @tree: tree to read
 * @ext: the run before; the next one starts where it ends. To begin with, no
 *       PFNs at the one to start from. Untouched if there is no next one.
 * @end: look at PFNs below this one; the limit is the end at the latest
 *
 * Takes one step for each slot that is shared, whichever level it is at. What
 * changes meanwhile may be seen before or after the change.
 *
 * Context: any; takes no lock.
 * Return: false if there are no PFNs left.
 */
XEN_P2M_SCOPE bool xen_p2m_next_extent(struct xen_p2m_tree *tree,
				       struct xen_p2m_extent *ext,
				       unsigned long end)
{
	/* Wraps for no extent that was returned: they end at the limit. */
	unsigned long start = ext->pfn + ext->nr, until;
	enum xen_p2m_type type;

	end = min(end, tree->limit);
	if (start >= end)
		return false;

	type = p2m_look_again(tree, start, &until);
	while (until < end) {
		unsigned long next;

		if (p2m_look_again(tree, until, &next) != type)
			break;
		until = next;
	}
	*ext = (struct xen_p2m_extent) {
		.pfn = start,
		.nr = min(until, end) - start,
		.type = type,
	};

	return true;
}
