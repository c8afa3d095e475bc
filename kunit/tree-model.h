/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A P2M tree for tests, and beside it what each of its PFNs has to be
 *
 * That is kept in an array, one entry a PFN. After an operation the array and
 * everything the tree can be asked are compared.
 */
#ifndef _XEN_P2M_TREE_MODEL_H
#define _XEN_P2M_TREE_MODEL_H

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

#define XEN_P2M_PRIVATE_COPY
#include "tree-sources.h"

#include "seed.h"
#include "thin.h"

/* --- a tree, and what has to be in it -------------------------------------- */

struct geometry {
	const char *name;
	unsigned int shift;
	unsigned long limit;
	bool tools;
	bool bare;		/* no window, no frame list */
};

/*
 * With four entries a page the fifth top slot is beyond the frame list. 73 is
 * inside a leaf, 76 at the end of a leaf which is not the last of its mid page.
 */
static const struct geometry geometries[] = {
	{ .name = "4 entries", .shift = 2, .limit = 80 },
	{ .name = "4 entries, tools", .shift = 2, .limit = 80, .tools = true },
	{ .name = "4 entries, limit 73", .shift = 2, .limit = 73 },
	{ .name = "4 entries, limit 76, tools", .shift = 2, .limit = 76,
	  .tools = true },
	{ .name = "4 entries, bare", .shift = 2, .limit = 80, .bare = true },
	{ .name = "8 entries", .shift = 3, .limit = 192 },
	{ .name = "8 entries, tools", .shift = 3, .limit = 192, .tools = true },
	{ .name = "512 entries", .shift = 9, .limit = 3UL << 18 },
	{ .name = "512 entries, tools", .shift = 9, .limit = 3UL << 18,
	  .tools = true },
};

static void geometry_desc(const struct geometry *geo, char *desc)
{
	strscpy(desc, geo->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(geometry, geometries, geometry_desc);

static const struct geometry bare_4 = {
	.name = "4 entries, bare", .shift = 2, .limit = 80, .bare = true,
};

static const struct geometry bare_512 = {
	.name = "512 entries, bare", .shift = 9, .limit = 4UL << 18,
	.bare = true,
};

static const struct geometry bare_512_tools = {
	.name = "512 entries, bare, tools", .shift = 9, .limit = 4UL << 18,
	.bare = true, .tools = true,
};

struct fixture {
	struct xen_p2m_tree tree;
	const struct geometry *geo;
	unsigned long *want;		/* of each PFN below the limit */
	struct rnd rnd;
};

static unsigned long per_page(const struct fixture *f)
{
	return 1UL << f->geo->shift;
}

static unsigned long per_top(const struct fixture *f)
{
	return 1UL << (2 * f->geo->shift);
}

static struct fixture *setup(struct kunit *test, const struct geometry *geo)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned long pfn;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->geo = geo;
	f->want = kvcalloc(geo->limit, sizeof(*f->want), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->want);
	for (pfn = 0; pfn < geo->limit; pfn++)
		f->want[pfn] = INVALID_P2M_ENTRY;
	if (xen_p2m_tree_init(&f->tree, geo->limit, geo->shift,
			      geo->tools ? XEN_P2M_TOOLS : 0)) {
		kvfree(f->want);
		KUNIT_ASSERT_TRUE(test, false);
	}
	test->priv = f;
	if (!geo->bare) {
		KUNIT_ASSERT_EQ(test, xen_p2m_frame_list_attach(&f->tree), 0);
		KUNIT_ASSERT_EQ(test, xen_p2m_window_open(&f->tree), 0);
	}

	return f;
}

static struct fixture *setup_param(struct kunit *test)
{
	return setup(test, test->param_value);
}

/* What a tree without pages owes is a leak. */
static void expect_nothing_owed(struct kunit *test, struct xen_p2m_seam *s)
{
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s->pages_early), 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s->pages_late), 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s->tables), 0L);
	KUNIT_EXPECT_EQ(test, s->mids, 0UL);
	KUNIT_EXPECT_EQ(test, s->misuse, 0UL);
}

/* After each case, whether it got to its end or not */
static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	xen_p2m_tree_exit(&f->tree);
	expect_nothing_owed(test, &f->tree.seam);
	kvfree(f->want);
}

static int split_leaf(struct xen_p2m_tree *tree, unsigned long pfn)
{
	return xen_p2m_split(tree, pfn, pfn + 1);
}

/* --- does the tree say what it shall? ---------------------------------------- */

static bool check_entries(struct kunit *test, struct fixture *f,
			  unsigned long start, unsigned long end)
{
	unsigned long pfn;

	end = min(end, f->geo->limit);
	for (pfn = start; pfn < end; pfn++) {
		unsigned long got = xen_p2m_lookup(&f->tree, pfn);

		if (got == f->want[pfn])
			continue;
		KUNIT_FAIL(test, "pfn %#lx: %#lx instead of %#lx", pfn, got,
			   f->want[pfn]);
		return false;
	}

	return true;
}

/* All PFNs are in one extent, and no extent could be longer. */
static bool check_extents(struct kunit *test, struct fixture *f)
{
	struct xen_p2m_extent ext = { };
	unsigned long pfn = 0;

	while (xen_p2m_next_extent(&f->tree, &ext, ~0UL)) {
		if (ext.pfn != pfn || !ext.nr ||
		    ext.nr > f->geo->limit - ext.pfn)
			break;
		if (pfn && xen_p2m_entry_type(f->want[pfn - 1]) == ext.type)
			break;
		while (pfn < ext.pfn + ext.nr &&
		       xen_p2m_entry_type(f->want[pfn]) == ext.type)
			pfn++;
		if (pfn != ext.pfn + ext.nr)
			break;
	}
	if (pfn == f->geo->limit)
		return true;
	KUNIT_FAIL(test, "extent of type %u at %#lx, %#lx PFNs", ext.type,
		   ext.pfn, ext.nr);

	return false;
}

static bool check_list_slot(struct fixture *f, unsigned long pfn,
			    unsigned long *leaf)
{
	const struct xen_p2m_frame_list *list = &f->tree.frame_list;
	unsigned long top = pfn >> (2 * f->geo->shift);
	unsigned long i = (pfn >> f->geo->shift) & (per_page(f) - 1);
	bool private = leaf != f->tree.missing && leaf != f->tree.identity;
	struct xen_p2m_seam *s = &f->tree.seam;

	if (!list->top || top >= per_page(f))
		return true;
	if (list->top[top] != seam_mfn(s, list->mids[top]))
		return false;

	return list->mids[top][i] ==
	       seam_mfn(s, private ? leaf : f->tree.missing);
}

/* The toolstack sees MFNs, some of them foreign, and INVALID_P2M_ENTRY. */
static bool check_tools_leaf(struct fixture *f, const unsigned long *leaf)
{
	unsigned long i;

	for (i = 0; f->geo->tools && i < per_page(f); i++)
		if (xen_p2m_entry_type(leaf[i]) == XEN_P2M_IDENTITY)
			return false;

	return true;
}

struct count {
	unsigned long leaves;
	unsigned long mids;
	unsigned long lists;
};

/* The slots of one top slot */
static bool check_top(struct kunit *test, struct fixture *f, unsigned long top,
		      struct count *count)
{
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_mid *mid = tree->seam.top[top];
	unsigned long pfn = top * per_top(f), i;
	bool private = mid != tree->mid_missing && mid != tree->mid_identity;
	struct xen_p2m_frame_list *list = &tree->frame_list;
	bool in_list = list->top && top < per_page(f);
	bool shown = in_list && list->mids[top] != list->missing;

	count->mids += private;
	count->lists += in_list && private;
	if (in_list && private != shown) {
		KUNIT_FAIL(test, "frame list of top slot %lu", top);
		return false;
	}

	for (i = 0; i < per_page(f); i++, pfn += per_page(f)) {
		unsigned long *leaf = seam_slot(&tree->seam, mid, i);

		if (tree->window && seam_window_leaf(&tree->seam, pfn) != leaf) {
			KUNIT_FAIL(test, "window differs at %#lx", pfn);
			return false;
		}
		if (!check_list_slot(f, pfn, leaf)) {
			KUNIT_FAIL(test, "frame list differs at %#lx", pfn);
			return false;
		}
		if (leaf == tree->missing || leaf == tree->identity)
			continue;
		count->leaves++;
		if (!check_tools_leaf(f, leaf)) {
			KUNIT_FAIL(test, "the toolstack sees identity at %#lx", pfn);
			return false;
		}
	}

	return true;
}

/* Sorted, without touching each other, and none where no toolstack reads */
static bool check_notes(struct kunit *test, struct fixture *f)
{
	const struct xen_p2m_notes *notes = &f->tree.notes;
	const struct xen_p2m_note_table *table = &notes->copy[notes->seq & 1];
	unsigned long end = 0;
	unsigned int i;

	for (i = 0; i < table->nr; i++) {
		const struct xen_p2m_note *note = &table->note[i];

		if (note->start >= note->end || (i && note->start <= end)) {
			KUNIT_FAIL(test, "note %#lx-%#lx after %#lx",
				   note->start, note->end, end);
			return false;
		}
		end = note->end;
	}
	if (f->geo->tools || !table->nr)
		return true;
	KUNIT_FAIL(test, "%u notes", table->nr);

	return false;
}

/* Slots, window, list, and all pages accounted for */
static bool check_structure(struct kunit *test, struct fixture *f)
{
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long top, pages;
	struct xen_p2m_usage used;
	struct count count = { };

	for (top = 0; top < f->tree.nr_top; top++)
		if (!check_top(test, f, top, &count))
			return false;
	xen_p2m_usage(&f->tree, &used);
	/* Shared: two leaves, two mid pages, and three of the frame list */
	pages = count.leaves + count.mids + count.lists + 4 +
		(f->tree.frame_list.top ? 3 : 0);
	if (used.leaves == count.leaves && used.mids == count.mids &&
	    used.lists == count.lists && s->mids == count.mids + 2 &&
	    (unsigned long)atomic_long_read(&s->pages_early) +
	    (unsigned long)atomic_long_read(&s->pages_late) == pages &&
	    !s->misuse && !s->unflushed && !(s->generation & 1) &&
	    !(f->tree.changes & 1))
		return check_notes(test, f);
	KUNIT_FAIL(test,
		   "%lu/%lu leaves, %lu/%lu mids, %lu/%lu lists, %lu misuses",
		   used.leaves, count.leaves, used.mids, count.mids,
		   used.lists, count.lists, s->misuse);

	return false;
}

static bool check_all(struct kunit *test, struct fixture *f)
{
	return check_structure(test, f) && check_extents(test, f) &&
	       check_entries(test, f, 0, f->geo->limit);
}

/* --- operations on the tree and on the array ---------------------------------- */

#define TEST_MFN	0x100000UL

static unsigned long want_entry(unsigned long pfn, unsigned long start,
				enum xen_p2m_type type, unsigned long mfn)
{
	switch (type) {
	case XEN_P2M_IDENTITY:
		return IDENTITY_FRAME(pfn);
	case XEN_P2M_MFN:
		return mfn + (pfn - start);
	case XEN_P2M_FOREIGN:
		return FOREIGN_FRAME(mfn + (pfn - start));
	case XEN_P2M_MISSING:
		break;
	}

	return INVALID_P2M_ENTRY;
}

static void want_range(struct fixture *f, unsigned long start,
		       unsigned long end, enum xen_p2m_type type,
		       unsigned long mfn)
{
	unsigned long pfn;

	end = min(end, f->geo->limit);
	for (pfn = start; pfn < end; pfn++)
		f->want[pfn] = want_entry(pfn, start, type, mfn);
}

/* What setting a range has to return if there is memory */
static int want_error(const struct fixture *f, unsigned long start,
		      unsigned long end, enum xen_p2m_type type)
{
	if (start > end)
		return -EINVAL;
	if (start == end || type == XEN_P2M_IDENTITY)
		return 0;

	return end > f->geo->limit ? -ERANGE : 0;
}

/* Whole slots which were set missing or identity are shared. */
static bool check_shared(struct kunit *test, struct fixture *f,
			 unsigned long start, unsigned long end,
			 enum xen_p2m_type type)
{
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long top, pfn, *leaf;
	struct xen_p2m_mid *mid;

	if (end > f->geo->limit)
		end = f->geo->limit;
	leaf = type == XEN_P2M_IDENTITY ? tree->identity : tree->missing;
	mid = type == XEN_P2M_IDENTITY ? tree->mid_identity : tree->mid_missing;

	for (top = 0; top < tree->nr_top; top++) {
		unsigned long last = min((top + 1) * per_top(f), f->geo->limit);

		if (start <= top * per_top(f) && last <= end &&
		    tree->seam.top[top] != mid) {
			KUNIT_FAIL(test, "top slot %lu is private", top);
			return false;
		}
	}
	for (pfn = 0; pfn < f->geo->limit; pfn += per_page(f)) {
		unsigned long last = min(pfn + per_page(f), f->geo->limit);

		if (start <= pfn && last <= end && p2m_leaf(tree, pfn) != leaf) {
			KUNIT_FAIL(test, "leaf %#lx is private", pfn);
			return false;
		}
	}

	return true;
}

/*
 * Three pages within a top slot, one more mid page where there are several. And a
 * page of the frame list for each mid page.
 */
static unsigned long most_pages(const struct fixture *f, unsigned long start,
				unsigned long end)
{
	bool one = start / per_top(f) == (end - 1) / per_top(f);
	unsigned long most = one ? 3 : 4;

	return f->tree.frame_list.top ? most + (one ? 1 : 2) : most;
}

/* Set a range in both; @test fails if it costs too much or gives no sharing. */
static bool do_range(struct kunit *test, struct fixture *f, unsigned long start,
		     unsigned long end, enum xen_p2m_type type)
{
	bool shares = type == XEN_P2M_MISSING || type == XEN_P2M_IDENTITY;
	unsigned long allocs = f->tree.seam.allocs;
	unsigned long most = most_pages(f, start, end);
	int err;

	err = xen_p2m_set_range(&f->tree, start, end, type, TEST_MFN + start);
	if (err != want_error(f, start, end, type)) {
		KUNIT_FAIL(test, "setting %#lx-%#lx: %d", start, end, err);
		return false;
	}
	if (err)
		return true;
	want_range(f, start, end, type, TEST_MFN + start);
	allocs = f->tree.seam.allocs - allocs;
	if (shares && allocs > most) {
		KUNIT_FAIL(test, "setting %#lx-%#lx took %lu pages", start, end,
			   allocs);
		return false;
	}

	return !shares || check_shared(test, f, start, end, type);
}

enum preset {
	ALL_MISSING,
	ALL_IDENTITY,
	ALL_MFN,
	PATCHWORK,
	ACROSS,
	STATES,
};

/* Runs of all types, from one PFN to more than a mid page */
static void make_patchwork(struct kunit *test, struct fixture *f)
{
	static const enum xen_p2m_type types[] = {
		XEN_P2M_MFN, XEN_P2M_IDENTITY, XEN_P2M_MISSING, XEN_P2M_FOREIGN,
		XEN_P2M_IDENTITY, XEN_P2M_MFN, XEN_P2M_MISSING,
	};
	unsigned long runs[] = {
		1, 2, per_page(f), 1, per_page(f) + 1, 3, 2 * per_page(f) - 1,
		per_top(f) / 2,
	};
	unsigned long pfn = 0, next, i;

	for (i = 0; pfn < f->geo->limit; i++) {
		next = min(f->geo->limit, pfn + runs[i % ARRAY_SIZE(runs)]);
		KUNIT_ASSERT_TRUE(test, do_range(test, f, pfn, next,
						 types[i % ARRAY_SIZE(types)]));
		pfn = next;
	}
}

static void make_state(struct kunit *test, struct fixture *f, enum preset state)
{
	unsigned long limit = f->geo->limit;
	bool ok = do_range(test, f, 0, limit, XEN_P2M_MISSING);

	if (state == ALL_IDENTITY)
		ok = ok && do_range(test, f, 0, limit, XEN_P2M_IDENTITY);
	if (state == ALL_MFN)
		ok = ok && do_range(test, f, 0, limit, XEN_P2M_MFN);
	if (state == ACROSS)
		ok = ok && do_range(test, f, 1, 2 * per_top(f) + 2,
				    XEN_P2M_IDENTITY);
	KUNIT_ASSERT_TRUE(test, ok);
	if (state == PATCHWORK)
		make_patchwork(test, f);
}

#endif /* _XEN_P2M_TREE_MODEL_H */
