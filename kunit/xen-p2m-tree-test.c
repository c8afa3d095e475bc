// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the P2M tree
 *
 * They bring a tree of their own: the sources of the core, compiled here over
 * the generic seam. So the same tests run under UML, in a kernel whose own P2M
 * is made of page tables, and in userland (tools/testing/p2m), and a page may
 * have as few as four entries.
 *
 * What each PFN has to be, and how that is compared: tree-model.h.
 */

#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

#include "tree-model.h"
#include "m2p-hole.h"

/* --- entries ------------------------------------------------------------------ */

static void test_entry_types(struct kunit *test)
{
	static const struct {
		unsigned long entry;
		enum xen_p2m_type type;
	} entries[] = {
		{ INVALID_P2M_ENTRY, XEN_P2M_MISSING },
		{ 0, XEN_P2M_MFN },
		{ XEN_P2M_MAX_MFN, XEN_P2M_MFN },
		{ IDENTITY_FRAME(0UL), XEN_P2M_IDENTITY },
		{ IDENTITY_FRAME(XEN_P2M_MAX_MFN), XEN_P2M_IDENTITY },
		{ FOREIGN_FRAME(0UL), XEN_P2M_FOREIGN },
		{ FOREIGN_FRAME(XEN_P2M_MAX_MFN), XEN_P2M_FOREIGN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		KUNIT_EXPECT_EQ(test, xen_p2m_entry_type(entries[i].entry),
				entries[i].type);
		KUNIT_EXPECT_EQ(test, xen_p2m_entry_is_rare(entries[i].entry),
				entries[i].type == XEN_P2M_MISSING);
	}
	KUNIT_EXPECT_TRUE(test, xen_p2m_entry_is_rare(XEN_P2M_IDENTITY_MARK));
}

static void test_entry_valid(struct kunit *test)
{
	unsigned long max = XEN_P2M_MAX_MFN;

	KUNIT_EXPECT_TRUE(test, xen_p2m_entry_valid(7, INVALID_P2M_ENTRY));
	KUNIT_EXPECT_TRUE(test, xen_p2m_entry_valid(7, 0));
	KUNIT_EXPECT_TRUE(test, xen_p2m_entry_valid(7, max));
	KUNIT_EXPECT_FALSE(test, xen_p2m_entry_valid(7, max + 1));
	KUNIT_EXPECT_TRUE(test, xen_p2m_entry_valid(7, FOREIGN_FRAME(max)));
	KUNIT_EXPECT_FALSE(test,
			   xen_p2m_entry_valid(7, FOREIGN_FRAME(max + 1)));
	KUNIT_EXPECT_TRUE(test, xen_p2m_entry_valid(7, IDENTITY_FRAME(7UL)));
	KUNIT_EXPECT_FALSE(test, xen_p2m_entry_valid(7, IDENTITY_FRAME(8UL)));
	KUNIT_EXPECT_FALSE(test, xen_p2m_entry_valid(max + 1,
						     IDENTITY_FRAME(max + 1)));
	KUNIT_EXPECT_FALSE(test,
			   xen_p2m_entry_valid(7, XEN_P2M_IDENTITY_MARK));
	KUNIT_EXPECT_FALSE(test,
			   xen_p2m_entry_valid(7, FOREIGN_FRAME(IDENTITY_FRAME(7UL))));
}

/* --- notes ---------------------------------------------------------------------- */

#define NOTES_PFNS	64
#define NOTES_MAX	8

static bool notes_match(const struct xen_p2m_notes *notes, u64 want)
{
	unsigned long pfn;

	for (pfn = 0; pfn < NOTES_PFNS; pfn++)
		if (xen_p2m_notes_find(notes, pfn) != (want >> pfn & 1))
			return false;

	return true;
}

static unsigned int notes_needed(u64 want)
{
	unsigned int nr = 0, pfn;

	for (pfn = 0; pfn < NOTES_PFNS; pfn++)
		nr += (want >> pfn & 1) && (!pfn || !(want >> (pfn - 1) & 1));

	return nr;
}

/* Add and drop at random, a bit for each PFN, more than there is room for */
static void test_notes_random(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_4);
	struct xen_p2m_notes notes;
	unsigned long i, refused = 0;
	u64 want = 0;

	rnd_start(test, &f->rnd);
	KUNIT_ASSERT_EQ(test, xen_p2m_notes_init(&notes, &f->tree.seam,
						 NOTES_MAX), 0);
	for (i = 0; i < thinned(100000); i++) {
		unsigned long start = rnd_below(&f->rnd, NOTES_PFNS);
		unsigned long nr = rnd_below(&f->rnd, 1 +
				min(8UL, NOTES_PFNS - start));
		u64 mask = nr ? (~0ULL >> (64 - nr)) << start : 0;
		bool add = rnd_one_in(&f->rnd, 2), ok;
		u64 next = add ? want | mask : want & ~mask;

		xen_p2m_notes_edit(&notes);
		ok = add ? xen_p2m_notes_add(&notes, start, start + nr) :
			   xen_p2m_notes_del(&notes, start, start + nr);
		if (ok != (notes_needed(next) <= NOTES_MAX))
			break;
		refused += !ok;
		/* Not committed at times, though it could be */
		if (ok && !rnd_one_in(&f->rnd, 8)) {
			xen_p2m_notes_commit(&notes);
			want = next;
		}
		if (!notes_match(&notes, want))
			break;
	}
	xen_p2m_notes_exit(&notes, &f->tree.seam);
	KUNIT_EXPECT_EQ(test, i, thinned(100000));
	KUNIT_EXPECT_GT(test, refused, 0UL);
}

static void test_notes_no_memory(struct kunit *test)
{
	struct xen_p2m_seam seam = { .fail_at = 1 };
	struct xen_p2m_notes notes;

	KUNIT_EXPECT_EQ(test, xen_p2m_notes_init(&notes, &seam, 16), -ENOMEM);
}

/* Every other PFN identity, until the notes are full: refused, nothing lost */
static void test_notes_full(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_512_tools);
	unsigned int max = f->tree.notes.max;
	unsigned long pfn, nr = 0;
	int err = 0;

	for (pfn = 0; !err && pfn < 4UL * max; pfn += 2) {
		err = xen_p2m_set(&f->tree, pfn, IDENTITY_FRAME(pfn));
		if (!err)
			f->want[pfn] = IDENTITY_FRAME(pfn);
		nr += !err;
	}
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, nr, (unsigned long)max);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	/* To split a note takes room, too. To replace all of it does not. */
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 2048, 2560, XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, split_leaf(&f->tree, 2048), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 0, 512, XEN_P2M_MISSING));
	KUNIT_EXPECT_EQ(test, split_leaf(&f->tree, 2048), 0);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 1, 4096, XEN_P2M_MFN));
	KUNIT_EXPECT_EQ(test, f->tree.notes.copy[f->tree.notes.seq & 1].nr, 0U);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* A page of entries for the leaf at @pfn: MFNs, and @odd at one PFN */
static unsigned long *new_leaf(struct fixture *f, unsigned long pfn,
			       unsigned long at, unsigned long odd)
{
	unsigned long *leaf = seam_page_alloc(&f->tree.seam), i;

	for (i = 0; leaf && i < per_page(f); i++)
		leaf[i] = i == at ? odd : pfn + i + 100;

	return leaf;
}

static void want_leaf(struct fixture *f, unsigned long pfn,
		      const unsigned long *leaf)
{
	memcpy(f->want + pfn, leaf, per_page(f) * sizeof(*leaf));
}

/* What takes no note needs no room for one, and drops those that were there. */
static void test_notes_no_room(struct kunit *test)
{
	static const struct geometry tools_4 = {
		.name = "4 entries, bare, tools", .shift = 2, .limit = 80,
		.bare = true, .tools = true,
	};
	struct fixture *f = setup(test, &tools_4);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long *leaf;

	KUNIT_ASSERT_TRUE(test, do_range(test, f, 5, 6, XEN_P2M_IDENTITY));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 9, 10, XEN_P2M_IDENTITY));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 16, 32, XEN_P2M_IDENTITY));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 64, 68, XEN_P2M_MFN));
	KUNIT_EXPECT_EQ(test, xen_p2m_notes_nr(&tree->notes), 2U);
	tree->notes.max = 2;
	KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, 70, IDENTITY_FRAME(70UL)),
			-ENOSPC);

	/* Missing among MFNs, identity among identity, whole leaves: once -ENOSPC */
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 65, 66, XEN_P2M_MISSING));
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 17, 18, XEN_P2M_IDENTITY));
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 20, 24, XEN_P2M_MFN));
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 24, 32, XEN_P2M_FOREIGN));
	leaf = new_leaf(f, 16, 1, INVALID_P2M_ENTRY);
	KUNIT_ASSERT_NOT_NULL(test, leaf);
	want_leaf(f, 16, leaf);
	KUNIT_EXPECT_EQ(test, xen_p2m_adopt(tree, 16, leaf), 0);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	KUNIT_EXPECT_TRUE(test, do_range(test, f, 4, 8, XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, xen_p2m_notes_nr(&tree->notes), 1U);
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 8, 12, XEN_P2M_MISSING));
	KUNIT_EXPECT_EQ(test, xen_p2m_notes_nr(&tree->notes), 0U);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* --- the worked example ----------------------------------------------------------- */

/*
 * E820: RAM, then ACPI data and reserved areas from 1029 MiB to 2001 MiB, then
 * RAM that is not there yet.
 */
#define EXAMPLE_START	263424UL
#define EXAMPLE_END	512256UL

static void expect_slots(struct kunit *test, struct fixture *f,
			 unsigned long top, unsigned long first,
			 unsigned long behind, const unsigned long *leaf)
{
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long i;

	for (i = first; i < behind; i++)
		if (seam_slot(s, seam_top(s, top), i) != leaf)
			KUNIT_FAIL(test, "slot [%lu][%lu]", top, i);
}

static void expect_entries(struct kunit *test, const unsigned long *leaf,
			   unsigned long first, unsigned long behind,
			   unsigned long pfn, bool identity)
{
	unsigned long i;

	for (i = first; i < behind; i++)
		if (leaf[i] != (identity ? IDENTITY_FRAME(pfn + i) :
					   INVALID_P2M_ENTRY))
			KUNIT_FAIL(test, "entry %lu of leaf %#lx: %#lx", i, pfn,
				   leaf[i]);
}

static void test_worked_example(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_512);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long allocs = s->allocs, *head, *tail;

	KUNIT_ASSERT_TRUE(test, do_range(test, f, EXAMPLE_START, EXAMPLE_END,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, s->allocs - allocs, 3UL);
	KUNIT_EXPECT_EQ(test, tree->used.mids, 1UL);
	KUNIT_EXPECT_EQ(test, tree->used.leaves, 2UL);

	KUNIT_EXPECT_PTR_EQ(test, seam_top(s, 0), tree->mid_missing);
	KUNIT_EXPECT_PTR_EQ(test, seam_top(s, 2), tree->mid_missing);
	KUNIT_EXPECT_PTR_EQ(test, seam_top(s, 3), tree->mid_missing);
	expect_slots(test, f, 1, 0, 2, tree->missing);
	expect_slots(test, f, 1, 3, 488, tree->identity);
	expect_slots(test, f, 1, 489, 512, tree->missing);

	head = seam_slot(s, seam_top(s, 1), 2);
	tail = seam_slot(s, seam_top(s, 1), 488);
	KUNIT_ASSERT_TRUE(test, p2m_leaf_is_private(tree, head));
	KUNIT_ASSERT_TRUE(test, p2m_leaf_is_private(tree, tail));
	expect_entries(test, head, 0, 256, 263168, false);
	expect_entries(test, head, 256, 512, 263168, true);
	expect_entries(test, tail, 0, 256, 512000, true);
	expect_entries(test, tail, 256, 512, 512000, false);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* The toolstack sees nothing of it, but lookups do. */
static void test_worked_example_tools(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_512_tools);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long allocs = s->allocs, *leaf;

	KUNIT_ASSERT_TRUE(test, do_range(test, f, EXAMPLE_START, EXAMPLE_END,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, s->allocs - allocs, 3UL);
	leaf = seam_slot(s, seam_top(s, 1), 2);
	expect_entries(test, leaf, 0, 512, 263168, false);
	leaf = seam_slot(s, seam_top(s, 1), 100);
	KUNIT_EXPECT_PTR_EQ(test, leaf, tree->identity);
	expect_entries(test, leaf, 0, 512, 0, false);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/*
 * Both ends inside leaves, and in two top slots which were shared: a mid page and
 * a leaf at each. Split at the borders of top slots that is never more than three
 * at a time.
 */
static void test_page_counts(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_512);
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long start = 1000, end = (3UL << 18) - 1000;
	const struct {
		unsigned long start;
		unsigned long end;
		unsigned long pages;
	} parts[] = {
		{ start, end, 4 },
		{ start, 1UL << 18, 2 },
		{ 1UL << 18, 2UL << 18, 0 },
		{ 2UL << 18, end, 2 },
		{ start, (1UL << 18) - 1000, 3 },
		{ start, start + 1, 2 },
		{ 512, 1024, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		unsigned long allocs;

		make_state(test, f, i % 2 ? ALL_MISSING : ALL_IDENTITY);
		allocs = s->allocs;
		KUNIT_ASSERT_TRUE(test, do_range(test, f, parts[i].start,
						 parts[i].end, i % 2 ?
						 XEN_P2M_IDENTITY :
						 XEN_P2M_MISSING));
		KUNIT_EXPECT_EQ(test, s->allocs - allocs, parts[i].pages);
		KUNIT_EXPECT_TRUE(test, check_all(test, f));

		/* Again: nothing to do. */
		allocs = s->allocs;
		KUNIT_ASSERT_TRUE(test, do_range(test, f, parts[i].start,
						 parts[i].end, i % 2 ?
						 XEN_P2M_IDENTITY :
						 XEN_P2M_MISSING));
		KUNIT_EXPECT_EQ(test, s->allocs, allocs);
	}
}

/*
 * A P2M as large as x86 makes room for: to set most of it takes a page of
 * slots at each end, to read all of it one look at each top slot more.
 */
static void run_steps(struct kunit *test, unsigned int flags)
{
	static const struct geometry huge = {
		.name = "512 GiB", .shift = 9, .limit = 1, .bare = true,
	};
	struct fixture *f = setup(test, &huge);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	struct xen_p2m_extent ext = { };
	unsigned long limit = 1UL << 27, before, nr = 0;

	/* The array of the fixture is of no use here. */
	xen_p2m_tree_exit(tree);
	memset(tree, 0, sizeof(*tree));
	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(tree, limit, 9, flags), 0);

	before = s->slots_set;
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(tree, 1000, limit - 1000,
						XEN_P2M_IDENTITY, 0), 0);
	KUNIT_EXPECT_EQ(test, s->slots_set - before, 512UL);
	/* A few looks at each slot of the two mid pages and of the top; notes: more */
	KUNIT_EXPECT_LE(test, s->slots_read, (flags ? 20UL : 10UL) * 512);

	before = s->slots_read;
	while (xen_p2m_next_extent(tree, &ext, ~0UL))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, 3UL);
	KUNIT_EXPECT_LE(test, s->slots_read - before, 2 * (510 + 2 * 512UL) + 8);

	/* One publication and one flush for all that */
	before = s->publishes;
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(tree, 5000, limit - 5000,
						XEN_P2M_MISSING, 0), 0);
	KUNIT_EXPECT_EQ(test, s->publishes - before, 1UL);
}

static void test_steps(struct kunit *test)
{
	run_steps(test, 0);
}

static void test_steps_tools(struct kunit *test)
{
	run_steps(test, XEN_P2M_TOOLS);
}

/* --- every operation at every boundary ---------------------------------------------- */

static void test_init(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long limit = f->geo->limit;

	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, limit),
			IDENTITY_FRAME(limit));
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, ~0UL), ~0UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_type(&f->tree, limit - 1),
			XEN_P2M_MISSING);
	KUNIT_EXPECT_EQ(test, xen_p2m_type(&f->tree, limit), XEN_P2M_IDENTITY);
	KUNIT_EXPECT_EQ(test, xen_p2m_type(&f->tree, ~0UL), XEN_P2M_IDENTITY);
}

static void test_init_identity(struct kunit *test)
{
	struct fixture *f = setup(test, test->param_value);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned int flags = XEN_P2M_IDENTITY_FIRST;
	struct xen_p2m_usage usage;
	unsigned long pfn;

	xen_p2m_tree_exit(tree);
	memset(tree, 0, sizeof(*tree));
	flags |= f->geo->tools ? XEN_P2M_TOOLS : 0;
	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(tree, f->geo->limit,
						f->geo->shift, flags), 0);
	for (pfn = 0; pfn < f->geo->limit; pfn++)
		f->want[pfn] = IDENTITY_FRAME(pfn);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	xen_p2m_usage(tree, &usage);
	KUNIT_EXPECT_EQ(test, usage.leaves + usage.mids + usage.lists, 0UL);
}

static void test_init_bad(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_4);
	struct xen_p2m_tree tree = { };

	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, 0, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, 80, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, 80, 11, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, XEN_P2M_MAX_MFN + 1, 9,
						0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, ~0UL, 9, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, BIT(28), 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 0, 1, 17, 0),
			-EINVAL);

	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(&tree, 80, 10, 0), 0);
	xen_p2m_tree_exit(&tree);
}

/* As many top slots as there may be, and one more */
static void test_init_largest(struct kunit *test)
{
	struct xen_p2m_tree tree = { };

	KUNIT_EXPECT_EQ(test, xen_p2m_tree_init(&tree, BIT(40) + 1, 10, 0),
			-EINVAL);
	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(&tree, BIT(40), 10, 0), 0);
	KUNIT_EXPECT_EQ(test, tree.nr_top, BIT(20));
	xen_p2m_tree_exit(&tree);
	expect_nothing_owed(test, &tree.seam);
}

#define MAX_POINTS	128

/* PFNs to start and end ranges at: all of a small tree, else the boundaries */
static unsigned int get_points(const struct fixture *f, unsigned long *points)
{
	unsigned long top = per_top(f), page = per_page(f);
	unsigned long limit = f->geo->limit, pfn;
	const unsigned long big[] = {
		0, 1, page - 1, page, page + 1, top - page, top - 1, top,
		top + 1, top + page - 1, limit - top, limit - page - 1,
		limit - 1, limit, limit + 1, 1UL << (BITS_PER_LONG - 2),
		1UL << (BITS_PER_LONG - 1), ~0UL - page, ~0UL - 1, ~0UL,
	};
	unsigned int nr = 0, i;

	if (f->geo->shift == 2)
		for (pfn = 2; pfn < limit - 1; pfn++)
			points[nr++] = pfn;
	for (i = 0; i < ARRAY_SIZE(big); i++)
		points[nr++] = big[i];

	nr = thinned(nr);
	for (i = 0; i < nr; i++)
		points[i] = points[i * thin_step()];

	return nr;
}

/* All of a small tree, else around the ends of a range and of the tree */
static bool check_range(struct kunit *test, struct fixture *f,
			unsigned long start, unsigned long end)
{
	unsigned long page = per_page(f), limit = f->geo->limit;

	if (f->geo->shift < 9)
		return check_all(test, f);
	start = min(start, limit - 1);
	end = min(end, limit);
	start -= min(start, page);
	end -= min(end, page);

	return check_structure(test, f) &&
	       check_entries(test, f, start, start + 2 * page) &&
	       check_entries(test, f, end, end + 2 * page) &&
	       check_entries(test, f, 0, page) &&
	       check_entries(test, f, limit - page, limit);
}

static void run_range(struct kunit *test, struct fixture *f, enum preset state,
		      enum xen_p2m_type type, unsigned long start,
		      unsigned long end)
{
	make_state(test, f, state);
	KUNIT_ASSERT_TRUE_MSG(test,
			      do_range(test, f, start, end, type) &&
			      check_range(test, f, start, end),
			      "state %u: %#lx-%#lx to type %u", state, start,
			      end, type);
}

/* Nothing can be added there: it would be identity to who maps it. */
static void test_missing_beyond_limit(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long limit = f->geo->limit;
	const struct {
		unsigned long start;
		unsigned long end;
	} bad[] = {
		{ 0, limit + 1 },
		{ limit - 1, limit + 1 },
		{ limit, limit + 1 },
		{ limit + 5, p2m_capacity(&f->tree) + 6 },
		{ 0, ~0UL },
		{ ~1UL, ~0UL },
	};
	unsigned long changes = f->tree.seam.slots_set;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, bad[i].start,
							bad[i].end,
							XEN_P2M_MISSING, 0),
				-ERANGE);
	KUNIT_EXPECT_EQ(test, f->tree.seam.slots_set, changes);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 0, limit, XEN_P2M_MISSING));
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, limit),
			IDENTITY_FRAME(limit));

	/* Identity is what they are. */
	changes = f->tree.seam.slots_set;
	KUNIT_EXPECT_TRUE(test, do_range(test, f, limit, limit + 1,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, f->tree.seam.slots_set, changes);
}

static void run_ranges(struct kunit *test, enum xen_p2m_type type)
{
	struct fixture *f = setup_param(test);
	unsigned long points[MAX_POINTS];
	unsigned int nr = get_points(f, points), i, j;
	bool large = f->geo->shift == 9;
	enum preset state;

	for (state = 0; state < STATES; state++) {
		/* With large pages these take too long to make so often. */
		if (large && state >= ALL_MFN)
			break;
		for (i = 0; i < nr; i += large ? 2 : 1) {
			for (j = 0; j < nr; j++)
				run_range(test, f, state, type, points[i],
					  points[j]);
			cond_resched();
		}
	}
}

static void test_missing_ranges(struct kunit *test)
{
	run_ranges(test, XEN_P2M_MISSING);
}

static void test_identity_ranges(struct kunit *test)
{
	run_ranges(test, XEN_P2M_IDENTITY);
}

/* Of MFNs; for few in a large tree, as each takes many pages */
static void test_mfn_ranges(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long points[MAX_POINTS];
	unsigned int nr = get_points(f, points), i, j;
	bool large = f->geo->shift == 9;
	enum preset state;

	for (state = 0; state < STATES; state++) {
		if (large && state == ALL_MFN)
			continue;
		for (i = 0; i < nr; i += large ? 4 : 1) {
			for (j = 0; j < nr; j += large ? 3 : 1)
				run_range(test, f, state, (i + j) % 2 ?
					  XEN_P2M_MFN : XEN_P2M_FOREIGN,
					  points[i], points[j]);
			cond_resched();
		}
	}
}

static void test_mfn_numbers(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long max = XEN_P2M_MAX_MFN;

	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 3, 8, XEN_P2M_MFN,
						max - 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 3, 8, XEN_P2M_MFN,
						max + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 3, 8, XEN_P2M_FOREIGN,
						~0UL), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 3, 3, XEN_P2M_MFN,
						~0UL), 0);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 3, 8, XEN_P2M_MFN,
						max - 4), 0);
	want_range(f, 3, 8, XEN_P2M_MFN, max - 4);
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(&f->tree, 3, 4, XEN_P2M_MFN,
						max), 0);
	f->want[3] = max;
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* Set one PFN to all it can be, try before, and put it back. */
static void run_single(struct kunit *test, struct fixture *f,
		       unsigned long pfn)
{
	const unsigned long entries[] = {
		TEST_MFN, INVALID_P2M_ENTRY, IDENTITY_FRAME(pfn),
		FOREIGN_FRAME(TEST_MFN), IDENTITY_FRAME(pfn),
		INVALID_P2M_ENTRY, f->want[pfn],
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		bool same = f->want[pfn] == entries[i];
		bool done = xen_p2m_try_set(&f->tree, pfn, entries[i]);

		KUNIT_ASSERT_TRUE(test, done || !same);
		if (done)
			f->want[pfn] = entries[i];
		KUNIT_ASSERT_TRUE(test, check_range(test, f, pfn, pfn + 1));
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, pfn, entries[i]),
				0);
		f->want[pfn] = entries[i];
		KUNIT_ASSERT_TRUE(test, xen_p2m_try_set(&f->tree, pfn,
							entries[i]));
		KUNIT_ASSERT_TRUE(test, check_range(test, f, pfn, pfn + 1));
	}
}

static void test_singles(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long points[MAX_POINTS];
	unsigned int nr = get_points(f, points), i;
	enum preset state;

	for (state = 0; state < STATES; state++) {
		make_state(test, f, state);
		for (i = 0; i < nr; i++)
			if (points[i] < f->geo->limit)
				run_single(test, f, points[i]);
	}
}

static void test_single_bad(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	static const unsigned long above[] = { 0, 1, 1UL << 40 };
	struct xen_p2m_tree *tree = &f->tree;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, 3, IDENTITY_FRAME(4UL)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, 3, XEN_P2M_IDENTITY_MARK),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, 3, XEN_P2M_MAX_MFN + 1),
			-EINVAL);
	KUNIT_EXPECT_FALSE(test, xen_p2m_try_set(tree, 3, IDENTITY_FRAME(4UL)));
	for (i = 0; i < ARRAY_SIZE(above); i++) {
		unsigned long pfn = f->geo->limit + above[i];

		KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, pfn, 1), -ERANGE);
		KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, pfn, FOREIGN_FRAME(1UL)),
				-ERANGE);
		KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, pfn, IDENTITY_FRAME(pfn)),
				0);
		KUNIT_EXPECT_TRUE(test, xen_p2m_try_set(tree, pfn,
							IDENTITY_FRAME(pfn)));
		KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, pfn, INVALID_P2M_ENTRY),
				-ERANGE);
		KUNIT_EXPECT_FALSE(test, xen_p2m_try_set(tree, pfn,
							 INVALID_P2M_ENTRY));
		KUNIT_EXPECT_FALSE(test, xen_p2m_try_set(tree, pfn, 1));
		KUNIT_EXPECT_EQ(test, split_leaf(tree, pfn), -ERANGE);
	}
	KUNIT_EXPECT_EQ(test, xen_p2m_split(tree, ~1UL, ~0UL), -ERANGE);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	/* Also if a store is all it would take */
	make_state(test, f, ALL_MFN);
	KUNIT_EXPECT_FALSE(test, xen_p2m_try_set(tree, 3, IDENTITY_FRAME(4UL)));
	KUNIT_EXPECT_FALSE(test, xen_p2m_try_set(tree, 3, XEN_P2M_IDENTITY_MARK));
	KUNIT_EXPECT_EQ(test, xen_p2m_set(tree, 3, XEN_P2M_MAX_MFN + 1),
			-EINVAL);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

static void test_splits(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long points[MAX_POINTS];
	unsigned int nr = get_points(f, points), i;
	enum preset state;

	for (state = 0; state < STATES; state++) {
		for (i = 0; i < nr; i++) {
			unsigned long pfn = points[i], allocs;

			if (pfn >= f->geo->limit)
				continue;
			make_state(test, f, state);
			KUNIT_ASSERT_EQ(test, split_leaf(&f->tree, pfn), 0);
			KUNIT_ASSERT_TRUE(test, check_range(test, f, pfn,
							    pfn + 1));
			KUNIT_ASSERT_LE(test, pfn + 1, f->tree.seam.tools_end);

			allocs = f->tree.seam.allocs;
			KUNIT_ASSERT_EQ(test, split_leaf(&f->tree, pfn), 0);
			KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, pfn, 1), 0);
			KUNIT_ASSERT_EQ(test, f->tree.seam.allocs, allocs);
			f->want[pfn] = 1;
			KUNIT_ASSERT_TRUE(test, check_range(test, f, pfn,
							    pfn + 1));
		}
	}
}

/* Ranges of any ends: as with single ones, and nothing but slots changes. */
static void test_split_ranges(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long limit = f->geo->limit, page = per_page(f);
	const unsigned long points[] = {
		0, 1, page, per_top(f) - 1, per_top(f) + page + 1,
		p2m_leaf_start(tree, limit - 1), limit,
	};
	unsigned long pfn, first, allocs;
	enum preset state;
	unsigned int i, j, seq;
	bool private = true;

	for (state = 0; state < STATES; state++) {
		for (i = 0; i < ARRAY_SIZE(points); i++) {
			for (j = i + 1; j < ARRAY_SIZE(points); j++) {
				make_state(test, f, state);
				KUNIT_ASSERT_EQ(test, xen_p2m_split(tree,
								    points[i], points[j]), 0);
				first = p2m_leaf_start(tree, points[i]);
				for (pfn = first; pfn < points[j]; pfn += page)
					private &= p2m_leaf_is_private(tree,
								       p2m_leaf(tree, pfn));
				KUNIT_ASSERT_TRUE(test, private);
				KUNIT_ASSERT_LE(test, points[j],
						tree->seam.tools_end);
				KUNIT_ASSERT_TRUE(test, check_range(test, f,
								    points[i], points[j]));
				allocs = tree->seam.allocs;
				seq = tree->notes.seq;
				KUNIT_ASSERT_EQ(test, xen_p2m_split(tree,
								    points[i], points[j]), 0);
				KUNIT_ASSERT_EQ(test, tree->seam.allocs, allocs);
				KUNIT_ASSERT_EQ(test, tree->notes.seq, seq);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, xen_p2m_split(tree, 2, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_split(tree, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_split(tree, limit + 2, limit + 2), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_split(tree, limit - 1, limit + 1),
			-ERANGE);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* In a private leaf one store sets a PFN, whatever it becomes, with no lock. */
static void test_try_set_stores(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long pfn = per_page(f) + 1, i;
	const unsigned long entries[] = {
		TEST_MFN, FOREIGN_FRAME(TEST_MFN), INVALID_P2M_ENTRY,
		TEST_MFN + 1, IDENTITY_FRAME(pfn),
	};
	/* What the toolstack must not see takes a note, and with it the lock. */
	unsigned long nr = ARRAY_SIZE(entries) - f->geo->tools;

	KUNIT_ASSERT_EQ(test, split_leaf(tree, pfn), 0);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_TRUE(test, xen_p2m_try_set(tree, pfn, entries[i]));
		f->want[pfn] = entries[i];
		KUNIT_EXPECT_TRUE(test, check_range(test, f, pfn, pfn + 1));
	}
	KUNIT_EXPECT_FALSE(test, xen_p2m_try_set(tree, per_top(f), TEST_MFN));
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

static void test_loads(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long limit = f->geo->limit, page = per_page(f), i;
	unsigned long nr = min(limit, 3 * per_top(f) / 2);
	unsigned long *entries = kvcalloc(nr, sizeof(*entries), GFP_KERNEL);
	const unsigned long starts[] = { 0, 1, page - 1, page, per_top(f) - 1 };
	bool ok = true;

	KUNIT_ASSERT_NOT_NULL(test, entries);
	make_patchwork(test, f);
	for (i = 0; i < nr; i++)
		entries[i] = i % 7 == 3 ? INVALID_P2M_ENTRY :
			     i % 7 == 5 ? FOREIGN_FRAME(i) : i;
	for (i = 0; ok && i < ARRAY_SIZE(starts); i++) {
		unsigned long end = min(limit, starts[i] + nr - i), pfn;

		ok = !xen_p2m_load(&f->tree, starts[i], end, entries);
		for (pfn = starts[i]; pfn < end; pfn++)
			f->want[pfn] = entries[pfn - starts[i]];
		ok = ok && check_all(test, f);
	}
	KUNIT_EXPECT_TRUE(test, ok);

	KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, 2, 1, entries), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, 2, 2, NULL), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, limit - 1, limit + 1,
					   entries), -ERANGE);
	KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, 0, ~0UL, entries),
			-ERANGE);
	for (i = 0; i < 3; i++) {
		unsigned long good = entries[i];

		entries[i] = IDENTITY_FRAME(1 + i);
		KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, 1, 4, entries),
				-EINVAL);
		entries[i] = XEN_P2M_MAX_MFN + 1;
		KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, 1, 4, entries),
				-EINVAL);
		entries[i] = good;
	}
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	/* What is behind the range may be anything. */
	entries[3] = XEN_P2M_MAX_MFN + 1;
	KUNIT_EXPECT_EQ(test, xen_p2m_load(&f->tree, 1, 4, entries), 0);
	memcpy(f->want + 1, entries, 3 * sizeof(*entries));
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	kvfree(entries);
}

/* The page itself becomes the leaf, whatever was there, and costs no other. */
static void test_adopts(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long page = per_page(f), limit = f->geo->limit;
	const unsigned long starts[] = {
		0, page, per_top(f) - page, per_top(f),
		p2m_leaf_start(tree, limit) - page,
	};
	enum preset state;
	unsigned int i;

	for (state = 0; state < STATES; state++) {
		for (i = 0; i < ARRAY_SIZE(starts); i++) {
			unsigned long pfn = starts[i], allocs, *leaf;
			bool mid;

			make_state(test, f, state);
			leaf = new_leaf(f, pfn, 1, i & 1 || f->geo->tools ?
					INVALID_P2M_ENTRY :
					IDENTITY_FRAME(pfn + 1));
			KUNIT_ASSERT_NOT_NULL(test, leaf);
			want_leaf(f, pfn, leaf);
			mid = !p2m_mid_is_private(tree, tree->seam.top[p2m_top_index(tree, pfn)]);
			allocs = tree->seam.allocs;
			KUNIT_ASSERT_EQ(test, xen_p2m_adopt(tree, pfn, leaf), 0);
			KUNIT_ASSERT_PTR_EQ(test, p2m_leaf(tree, pfn), leaf);
			KUNIT_ASSERT_LE(test, tree->seam.allocs - allocs,
					mid ? 2UL : 0UL);
			KUNIT_ASSERT_LE(test, pfn + page, tree->seam.tools_end);
			KUNIT_ASSERT_TRUE(test, check_all(test, f));

			KUNIT_ASSERT_EQ(test, xen_p2m_set(tree, pfn, 7), 0);
			f->want[pfn] = 7;
			KUNIT_ASSERT_EQ(test, leaf[0], 7UL);
		}
	}
}

static void test_adopts_not(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long page = per_page(f), limit = f->geo->limit;
	const struct {
		unsigned long pfn;
		unsigned long odd;
		int err;
	} bad[] = {
		{ 1, 1, -EINVAL },
		{ page - 1, 1, -EINVAL },
		{ p2m_capacity(tree), 1, -ERANGE },
		{ p2m_leaf_start(tree, ~0UL), 1, -ERANGE },
		{ p2m_leaf_start(tree, limit), 1, -ERANGE },
		{ page, XEN_P2M_MAX_MFN + 1, -EINVAL },
		{ page, IDENTITY_FRAME(2 * page), -EINVAL },
		{ page, XEN_P2M_IDENTITY_MARK, -EINVAL },
	};
	unsigned int i;

	make_patchwork(test, f);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		unsigned long at = i % 2 ? page - 1 : 0;
		unsigned long *leaf = new_leaf(f, bad[i].pfn, at, bad[i].odd);

		KUNIT_ASSERT_NOT_NULL(test, leaf);
		KUNIT_EXPECT_EQ_MSG(test, xen_p2m_adopt(tree, bad[i].pfn, leaf),
				    bad[i].err, "%#lx with %#lx", bad[i].pfn,
				    bad[i].odd);
		seam_page_free(&tree->seam, leaf);
		KUNIT_EXPECT_TRUE(test, check_all(test, f));
	}
}

static void test_extents(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	unsigned long limit = f->geo->limit;
	struct xen_p2m_extent ext = { .pfn = 5 };

	make_patchwork(test, f);
	KUNIT_EXPECT_TRUE(test, check_extents(test, f));
	KUNIT_EXPECT_FALSE(test, xen_p2m_next_extent(&f->tree, &ext, 5));
	KUNIT_EXPECT_FALSE(test, xen_p2m_next_extent(&f->tree, &ext, 4));
	ext.pfn = limit;
	KUNIT_EXPECT_FALSE(test, xen_p2m_next_extent(&f->tree, &ext, ~0UL));
	ext.pfn = ~0UL;
	KUNIT_EXPECT_FALSE(test, xen_p2m_next_extent(&f->tree, &ext, ~0UL));
	KUNIT_EXPECT_EQ(test, ext.nr, 0UL);

	/* Cut at both ends */
	make_state(test, f, ALL_IDENTITY);
	ext.pfn = 5;
	KUNIT_ASSERT_TRUE(test, xen_p2m_next_extent(&f->tree, &ext, limit - 3));
	KUNIT_EXPECT_EQ(test, ext.pfn, 5UL);
	KUNIT_EXPECT_EQ(test, ext.nr, limit - 8);
	KUNIT_EXPECT_EQ(test, ext.type, XEN_P2M_IDENTITY);
}

/* --- memory ------------------------------------------------------------------------ */

struct failing {
	const char *name;
	int (*run)(struct fixture *f);
	void (*want)(struct fixture *f);
};

static int fail_identity(struct fixture *f)
{
	return xen_p2m_set_range(&f->tree, 1, 2 * per_top(f) + 1,
				 XEN_P2M_IDENTITY, 0);
}

static void want_identity(struct fixture *f)
{
	want_range(f, 1, 2 * per_top(f) + 1, XEN_P2M_IDENTITY, 0);
}

static int fail_missing(struct fixture *f)
{
	return xen_p2m_set_range(&f->tree, per_page(f) + 1, per_top(f) - 1,
				 XEN_P2M_MISSING, 0);
}

static void want_missing(struct fixture *f)
{
	want_range(f, per_page(f) + 1, per_top(f) - 1, XEN_P2M_MISSING, 0);
}

static int fail_mfns(struct fixture *f)
{
	return xen_p2m_set_range(&f->tree, per_top(f) - per_page(f) - 1,
				 per_top(f) + 2 * per_page(f), XEN_P2M_MFN, 7);
}

static void want_mfns(struct fixture *f)
{
	want_range(f, per_top(f) - per_page(f) - 1,
		   per_top(f) + 2 * per_page(f), XEN_P2M_MFN, 7);
}

static int fail_set(struct fixture *f)
{
	return xen_p2m_set(&f->tree, per_top(f) + 1, FOREIGN_FRAME(9UL));
}

static void want_set(struct fixture *f)
{
	f->want[per_top(f) + 1] = FOREIGN_FRAME(9UL);
}

static int fail_load(struct fixture *f)
{
	static const unsigned long entries[] = { 4, INVALID_P2M_ENTRY, 5 };
	unsigned long start = 2 * per_top(f) - 2;

	return xen_p2m_load(&f->tree, start, start + 3, entries);
}

static void want_load(struct fixture *f)
{
	unsigned long *want = f->want + 2 * per_top(f) - 2;

	want[0] = 4;
	want[1] = INVALID_P2M_ENTRY;
	want[2] = 5;
}

static int fail_split(struct fixture *f)
{
	return split_leaf(&f->tree, 2 * per_top(f));
}

static void want_split(struct fixture *f)
{
}

/* The page is the caller's where its adoption fails. */
static int fail_adopt(struct fixture *f)
{
	unsigned long *leaf = new_leaf(f, per_top(f), 2, INVALID_P2M_ENTRY);
	int err;

	if (!leaf)
		return -ENOMEM;
	err = xen_p2m_adopt(&f->tree, per_top(f), leaf);
	if (err)
		seam_page_free(&f->tree.seam, leaf);

	return err;
}

static void want_adopt(struct fixture *f)
{
	unsigned long i, start = per_top(f);

	for (i = 0; i < per_page(f); i++)
		f->want[start + i] = i == 2 ? INVALID_P2M_ENTRY :
					      start + i + 100;
}

static const struct failing failings[] = {
	{ "identity", fail_identity, want_identity },
	{ "missing", fail_missing, want_missing },
	{ "mfns", fail_mfns, want_mfns },
	{ "set", fail_set, want_set },
	{ "load", fail_load, want_load },
	{ "split", fail_split, want_split },
	{ "adopt", fail_adopt, want_adopt },
};

/* All of a small tree; of a large one all but the MFNs */
static bool check_most(struct kunit *test, struct fixture *f)
{
	if (f->geo->shift < 9)
		return check_all(test, f);

	return check_structure(test, f) && check_extents(test, f);
}

/* Let its first allocation fail, then its second, until there is none more. */
static void run_failing(struct kunit *test, struct fixture *f,
			const struct failing *op)
{
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long nr, changes = s->slots_set, publishes = s->publishes;
	int err;

	for (nr = 1; ; nr++) {
		s->fail_at = nr;
		err = op->run(f);
		if (s->fail_at) {
			s->fail_at = 0;
			break;
		}
		KUNIT_ASSERT_EQ_MSG(test, err, -ENOMEM, "%s, allocation %lu",
				    op->name, nr);
		KUNIT_ASSERT_EQ(test, s->slots_set, changes);
		KUNIT_ASSERT_EQ(test, s->publishes, publishes);
		KUNIT_ASSERT_TRUE(test, check_most(test, f));
	}
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", op->name);
	op->want(f);
	KUNIT_ASSERT_TRUE(test, check_all(test, f));
}

static void test_no_memory(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	enum preset state;
	unsigned int i;

	for (state = 0; state < STATES; state++) {
		for (i = 0; i < ARRAY_SIZE(failings); i++) {
			if ((state + i) % thin_step())
				continue;
			make_state(test, f, state);
			run_failing(test, f, &failings[i]);
			cond_resched();
		}
	}
}

/* No page tables for what is to be reached: nothing is changed. */
static void test_out_of_reach(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long limit = f->geo->limit;
	unsigned long entry = 5;

	make_patchwork(test, f);
	tree->seam.reach_fails = true;
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(tree, 0, limit,
						XEN_P2M_MISSING, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, xen_p2m_set_range(tree, 0, limit,
						XEN_P2M_MFN, 7), -ENOMEM);
	KUNIT_EXPECT_EQ(test, xen_p2m_load(tree, 1, 2, &entry), -ENOMEM);
	KUNIT_EXPECT_EQ(test, split_leaf(tree, limit - 1), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	/* Who reads identity needs none. */
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 1, limit, XEN_P2M_IDENTITY));
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	tree->seam.reach_fails = false;
	make_state(test, f, ALL_MISSING);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

static void test_no_memory_setup(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_4);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long nr;

	make_patchwork(test, f);
	for (nr = 1; ; nr++) {
		s->fail_at = nr;
		if (!xen_p2m_frame_list_attach(tree))
			break;
		KUNIT_ASSERT_EQ(test, s->fail_at, 0UL);
		KUNIT_ASSERT_TRUE(test, check_all(test, f));
	}
	KUNIT_EXPECT_EQ(test, nr, 3UL + 4 + 1);
	for (nr = 0; nr < 2; nr++) {
		s->fail_at = 1;
		KUNIT_EXPECT_EQ(test, xen_p2m_window_open(tree), -ENOMEM);
		KUNIT_EXPECT_FALSE(test, tree->window);
		KUNIT_EXPECT_TRUE(test, check_all(test, f));
	}
	KUNIT_EXPECT_EQ(test, xen_p2m_window_open(tree), 0);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* Top level, notes for tools, and the shared pages */
static void test_no_memory_init(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned int flags = f->geo->tools ? XEN_P2M_TOOLS : 0;
	unsigned long nr;

	xen_p2m_tree_exit(tree);
	expect_nothing_owed(test, s);
	for (nr = 1; ; nr++) {
		memset(tree, 0, sizeof(*tree));
		s->fail_at = nr;
		if (!xen_p2m_tree_init(tree, f->geo->limit, f->geo->shift, flags))
			break;
		expect_nothing_owed(test, s);
		KUNIT_ASSERT_EQ(test, s->fail_at, 0UL);
	}
	KUNIT_EXPECT_EQ(test, nr, 1UL + f->geo->tools + 4 + 1);
	s->fail_at = 0;
}

/* Pages from the boot allocator go back there, also later. */
static void test_early_pages(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_seam *s = &f->tree.seam;
	long late = atomic_long_read(&s->pages_late);

	s->early = true;
	make_patchwork(test, f);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s->pages_late), late);
	KUNIT_EXPECT_GT(test, atomic_long_read(&s->pages_early), 0L);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	s->early = false;
	make_state(test, f, ALL_MFN);
	make_state(test, f, ALL_MISSING);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s->pages_late), late);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s->pages_early), 0L);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* --- publishing, list, window ------------------------------------------------------ */

/* What changes no slot is neither published nor flushed. */
static void test_publish(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long publishes = s->publishes, flushes = s->flushes;
	unsigned int generation = s->generation;
	unsigned long allocs = s->allocs;

	KUNIT_ASSERT_TRUE(test, do_range(test, f, 1, per_top(f) + 1,
					 XEN_P2M_MISSING));
	KUNIT_EXPECT_EQ(test, s->publishes, publishes);
	KUNIT_EXPECT_EQ(test, s->allocs, allocs);
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 1, per_top(f) - 1,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, s->publishes - publishes, 1UL);
	KUNIT_EXPECT_EQ(test, s->flushes - flushes, 1UL);
	KUNIT_EXPECT_EQ(test, s->generation - generation, 2U);

	KUNIT_ASSERT_TRUE(test, do_range(test, f, 1, per_top(f) - 1,
					 XEN_P2M_IDENTITY));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 1, per_page(f) - 1,
					 XEN_P2M_MFN));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 0, 2, XEN_P2M_MISSING));
	KUNIT_ASSERT_EQ(test, split_leaf(tree, 0), 0);
	KUNIT_EXPECT_EQ(test, s->publishes - publishes, 1UL);
	KUNIT_EXPECT_EQ(test, s->flushes - flushes, 1UL);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* Pages are given back by 32, with a flush for as many. */
static void test_batches(struct kunit *test)
{
	static const struct geometry many = {
		.name = "80 top slots", .shift = 2, .limit = 80 * 16,
		.bare = true,
	};
	struct fixture *f = setup(test, &many);
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long flushes;

	make_state(test, f, ALL_MFN);
	flushes = s->flushes;
	KUNIT_EXPECT_TRUE(test, do_range(test, f, 0, f->geo->limit,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, s->flushes - flushes, 3UL);
	KUNIT_EXPECT_EQ(test, s->publishes, s->generation / 2UL);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* The toolstack learns where MFNs end, also if no slot has to change for it. */
static void test_tools_end(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	unsigned long page = per_page(f);

	KUNIT_ASSERT_TRUE(test, do_range(test, f, 5 * page + 1, 6 * page,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 0UL);
	KUNIT_ASSERT_EQ(test, xen_p2m_set(tree, 5 * page, 1), 0);
	f->want[5 * page] = 1;
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 6 * page);
	KUNIT_ASSERT_EQ(test, split_leaf(tree, 1), 0);
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 6 * page);
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 6 * page - 1, 6 * page + 1,
					 XEN_P2M_FOREIGN));
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 7 * page);

	/* The first PFN behind the end, in a private leaf, and a last one */
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 7 * page + 1, 9 * page - 1,
					 XEN_P2M_IDENTITY));
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 7 * page);
	KUNIT_ASSERT_EQ(test, xen_p2m_set(tree, 7 * page, 1), 0);
	f->want[7 * page] = 1;
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 8 * page);
	KUNIT_ASSERT_EQ(test, split_leaf(tree, 9 * page - 1), 0);
	KUNIT_EXPECT_EQ(test, tree->seam.tools_end, 9 * page);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/*
 * A domain with MFNs up to @ram, which may have more up to @max one day: with
 * leaves there beforehand it grows and shrinks, and the structure is the same.
 */
static void test_growth_publishes_nothing(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_tree *tree = &f->tree;
	struct xen_p2m_seam *s = &tree->seam;
	unsigned long ram = per_page(f) + 3, max = f->geo->limit - 1;
	unsigned long pfn, changes, allocs, tools_end;
	unsigned int generation;
	bool ok = true;

	KUNIT_ASSERT_TRUE(test, do_range(test, f, 0, f->geo->limit,
					 XEN_P2M_IDENTITY));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, 0, ram, XEN_P2M_MFN));
	KUNIT_ASSERT_TRUE(test, do_range(test, f, ram, max, XEN_P2M_MISSING));
	KUNIT_ASSERT_EQ(test, xen_p2m_split(tree, ram, max), 0);

	generation = s->generation;
	changes = s->slots_set;
	allocs = s->allocs;
	tools_end = s->tools_end;
	KUNIT_EXPECT_LE(test, max, tools_end);
	for (pfn = ram; ok && pfn < max; pfn++) {
		ok = !xen_p2m_set(tree, pfn, TEST_MFN + pfn);
		f->want[pfn] = TEST_MFN + pfn;
	}
	KUNIT_EXPECT_TRUE(test, ok);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	for (pfn = ram; ok && pfn < max; pfn += 2) {
		ok = xen_p2m_try_set(tree, pfn, INVALID_P2M_ENTRY);
		f->want[pfn] = INVALID_P2M_ENTRY;
	}
	KUNIT_EXPECT_TRUE(test, ok);
	KUNIT_EXPECT_EQ(test, s->generation, generation);
	KUNIT_EXPECT_EQ(test, s->slots_set, changes);
	KUNIT_EXPECT_EQ(test, s->allocs, allocs);
	KUNIT_EXPECT_EQ(test, s->tools_end, tools_end);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

static void observe_list(struct xen_p2m_seam *s)
{
	struct fixture *f = s->user;
	unsigned long pfn;

	for (pfn = 0; pfn < f->geo->limit; pfn += per_page(f))
		if (!check_list_slot(f, pfn, p2m_leaf(&f->tree, pfn)))
			s->misuse++;
}

/* The frame list is right at the end of each publication, not only of each call. */
static void test_frame_list_publish(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	enum preset state;

	f->tree.seam.user = f;
	f->tree.seam.observe = observe_list;
	for (state = 0; state < 2 * STATES; state++) {
		make_state(test, f, state % STATES);
		KUNIT_ASSERT_TRUE(test, check_structure(test, f));
	}
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* Full of private pages, but without window and frame list yet */
static struct fixture *setup_bare(struct kunit *test)
{
	struct geometry bare = *(const struct geometry *)test->param_value;
	struct fixture *f;

	bare.bare = true;
	f = setup(test, &bare);
	f->geo = test->param_value;
	make_patchwork(test, f);

	return f;
}

static void interrupt_attach(struct xen_p2m_seam *s)
{
	struct fixture *f = s->user;

	s->interrupt = NULL;
	xen_p2m_frame_list_attach(&f->tree);
}

/* Attached by somebody else while pages are allocated for it: these go back. */
static void test_frame_list_attached_meanwhile(struct kunit *test)
{
	struct fixture *f = setup_bare(test);

	f->tree.seam.user = f;
	f->tree.seam.interrupt = interrupt_attach;
	KUNIT_EXPECT_EQ(test, xen_p2m_frame_list_attach(&f->tree), -EEXIST);
	KUNIT_EXPECT_NULL(test, f->tree.seam.interrupt);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* Attached late, to a tree full of private pages, and then migrated */
static void test_frame_list_attach(struct kunit *test)
{
	struct fixture *f = setup_bare(test);

	xen_p2m_renumber(&f->tree);
	KUNIT_ASSERT_EQ(test, xen_p2m_frame_list_attach(&f->tree), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_frame_list_attach(&f->tree), -EEXIST);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));

	f->tree.seam.mfn_base += 0x123456;
	KUNIT_EXPECT_FALSE(test, check_list_slot(f, 0, p2m_leaf(&f->tree, 0)));
	xen_p2m_renumber(&f->tree);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	make_state(test, f, ALL_IDENTITY);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

static unsigned long pages_of(struct xen_p2m_seam *s)
{
	return atomic_long_read(&s->pages_early) +
	       atomic_long_read(&s->pages_late);
}

/* Without memory there is no list; with it no page is allocated in vain. */
static void test_frame_list_no_memory(struct kunit *test)
{
	struct fixture *f = setup_bare(test);
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long pages = pages_of(s), nth;
	int err = -ENOMEM;

	for (nth = 1; err; nth++) {
		s->fail_at = nth;
		err = xen_p2m_frame_list_attach(&f->tree);
		s->fail_at = 0;
		if (!err)
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		KUNIT_ASSERT_EQ(test, pages_of(s), pages);
		KUNIT_ASSERT_TRUE(test, !f->tree.frame_list.top);
	}
	KUNIT_EXPECT_TRUE(test, f->tree.frame_list.top);
	KUNIT_EXPECT_EQ(test, pages_of(s) - pages, nth - 1);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

static void test_window(struct kunit *test)
{
	struct fixture *f = setup_bare(test);
	unsigned long flushes = f->tree.seam.flushes;

	xen_p2m_window_close(&f->tree);
	KUNIT_EXPECT_EQ(test, f->tree.seam.flushes, flushes);
	f->tree.seam.fail_at = 1;
	KUNIT_EXPECT_EQ(test, xen_p2m_window_open(&f->tree), -ENOMEM);
	f->tree.seam.fail_at = 0;
	KUNIT_ASSERT_EQ(test, xen_p2m_window_open(&f->tree), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_window_open(&f->tree), -EEXIST);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	make_state(test, f, ALL_IDENTITY);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
	make_patchwork(test, f);
	/* Readers are out of it when it goes. */
	flushes = f->tree.seam.flushes;
	xen_p2m_window_close(&f->tree);
	KUNIT_EXPECT_EQ(test, f->tree.seam.flushes - flushes, 1UL);
	KUNIT_EXPECT_NULL(test, f->tree.seam.window);
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* --- random operations ---------------------------------------------------------------- */

/* Any PFN up to just above the limit, and more often one near a boundary */
static unsigned long rnd_pfn(struct fixture *f)
{
	unsigned long pfn = rnd_below(&f->rnd, f->geo->limit + 2);
	unsigned long size = per_page(f);

	if (rnd_one_in(&f->rnd, 2))
		return pfn;
	if (rnd_one_in(&f->rnd, 3))
		size = per_top(f);
	pfn -= pfn % size;
	if (pfn && rnd_one_in(&f->rnd, 3))
		return pfn - 1;

	return pfn + rnd_below(&f->rnd, 2);
}

/* Long ranges of MFNs are rare in a large tree, as they take their time. */
static unsigned long rnd_end(struct fixture *f, unsigned long start,
			     bool mfns)
{
	unsigned long end = rnd_pfn(f);

	if (mfns && f->geo->shift == 9 && !rnd_one_in(&f->rnd, 16))
		end = start + rnd_below(&f->rnd, 3 * per_page(f));

	return end < start && !rnd_one_in(&f->rnd, 16) ?
	       start + rnd_below(&f->rnd, 2 * per_page(f)) : end;
}

static unsigned long rnd_entry(struct fixture *f, unsigned long pfn)
{
	return want_entry(pfn, pfn, rnd_below(&f->rnd, 4),
			  rnd_below(&f->rnd, 1000));
}

static bool random_range(struct fixture *f, unsigned long start,
			 unsigned long end, int *err, int *expected)
{
	enum xen_p2m_type type = rnd_below(&f->rnd, 4);
	unsigned long mfn = rnd_below(&f->rnd, 1000);

	*err = xen_p2m_set_range(&f->tree, start, end, type, mfn);
	*expected = want_error(f, start, end, type);
	if (!*err)
		want_range(f, start, end, type, mfn);

	return type == XEN_P2M_MISSING || type == XEN_P2M_IDENTITY;
}

static void random_single(struct fixture *f, unsigned long pfn, int *err,
			  int *expected)
{
	unsigned long entry = rnd_entry(f, pfn);
	bool try = rnd_one_in(&f->rnd, 4);

	*err = 0;
	if (!try)
		*err = xen_p2m_set(&f->tree, pfn, entry);
	else if (!xen_p2m_try_set(&f->tree, pfn, entry))
		return;
	if (pfn >= f->geo->limit && entry != IDENTITY_FRAME(pfn))
		*expected = -ERANGE;
	if (!*err && pfn < f->geo->limit)
		f->want[pfn] = entry;
}

static void random_load(struct fixture *f, unsigned long start, int *err,
			int *expected)
{
	unsigned long entries[20], i;
	unsigned long nr = rnd_below(&f->rnd, ARRAY_SIZE(entries) + 1);

	for (i = 0; i < nr; i++)
		entries[i] = rnd_one_in(&f->rnd, 3) ? INVALID_P2M_ENTRY :
						      start + i;
	*err = xen_p2m_load(&f->tree, start, start + nr, entries);
	if (nr && start + nr > f->geo->limit)
		*expected = -ERANGE;
	for (i = 0; !*err && i < nr; i++)
		f->want[start + i] = entries[i];
}

/* The leaf of @start gets a page from elsewhere. */
static void random_adopt(struct fixture *f, unsigned long start, int *err,
			 int *expected)
{
	unsigned long pfn = p2m_leaf_start(&f->tree, start);
	unsigned long *leaf = new_leaf(f, pfn, rnd_below(&f->rnd, per_page(f)),
				       INVALID_P2M_ENTRY);

	*err = -ENOMEM;
	if (!leaf)
		return;
	*err = xen_p2m_adopt(&f->tree, pfn, leaf);
	if (pfn >= f->geo->limit || f->geo->limit - pfn < per_page(f))
		*expected = -ERANGE;
	if (*err)
		seam_page_free(&f->tree.seam, leaf);
	else
		want_leaf(f, pfn, leaf);
}

/* A large tree has more PFNs to set identity at random than it has notes. */
static bool notes_may_be_full(const struct fixture *f, int err)
{
	return err == -ENOSPC && f->geo->tools && f->geo->shift == 9;
}

/* One operation; every eighth has little memory, and may fail for that. */
static bool random_op(struct kunit *test, struct fixture *f)
{
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long choice = rnd_below(&f->rnd, 15), start = rnd_pfn(f);
	unsigned long end = rnd_end(f, start, choice < 8), allocs = s->allocs;
	unsigned long most = ~0UL;
	int err = 0, expected = 0;
	bool short_of_memory;

	s->fail_at = rnd_one_in(&f->rnd, 8) ? 1 + rnd_below(&f->rnd, 5) : 0;
	short_of_memory = s->fail_at;

	if (choice < 8) {
		if (random_range(f, start, end, &err, &expected))
			most = most_pages(f, start, end);
	} else if (choice < 12) {
		random_single(f, start, &err, &expected);
	} else if (choice < 13) {
		random_load(f, start, &err, &expected);
	} else if (choice < 14) {
		err = split_leaf(&f->tree, start);
		expected = start < f->geo->limit ? 0 : -ERANGE;
	} else {
		random_adopt(f, start, &err, &expected);
	}

	if (short_of_memory && !s->fail_at && err == -ENOMEM)
		expected = -ENOMEM;
	if (notes_may_be_full(f, err))
		expected = -ENOSPC;
	s->fail_at = 0;
	if (err == expected && s->allocs - allocs <= most)
		return true;
	KUNIT_FAIL(test, "choice %lu, %#lx-%#lx: %d, not %d, %lu pages", choice,
		   start, end, err, expected, s->allocs - allocs);

	return false;
}

/*
 * At least 10^6 operations over all geometries. A small tree is checked all
 * over after each but a few, a large one not that often.
 */
static void test_random(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	bool large = f->geo->shift == 9;
	unsigned long ops = thinned(large ? 3000 : 145000), i;

	rnd_start(test, &f->rnd);
	for (i = 0; i < ops; i++) {
		bool ok = random_op(test, f);

		if (ok && i % (large ? 16 : 4) == 0)
			ok = check_structure(test, f);
		if (ok && i % (large ? 100 : 8) == 0)
			ok = check_extents(test, f);
		if (ok && i % (large ? 100 : 2) == 0)
			ok = check_entries(test, f, 0, f->geo->limit);
		KUNIT_ASSERT_TRUE_MSG(test, ok, "operation %lu", i);
		if (i % 1024 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* --- in the middle of an operation ------------------------------------------------------- */

/*
 * What others may do while an operation on a PFN is on its way: they split its
 * leaf or set the PFN next to it, and if it is only read they set it, too, alone or
 * with all others: then it is what it was, or what it becomes.
 */
struct race {
	struct fixture *f;
	unsigned long pfn;		/* of the operation that is interrupted */
	unsigned int op;
	unsigned long at;		/* accesses to go */
	int err;
};

/* For readers only */
#define RACE_REPLACE	0
#define RACE_OWN	1
#define RACE_RESTORE	2
#define RACE_SPLIT	3
#define RACE_SETS	4		/* from here on, one for each type */
#define RACES		(RACE_SETS + 4)

static int run_race(struct race *race)
{
	struct fixture *f = race->f;
	unsigned long other = race->pfn ^ 1, entry;

	if (race->op == RACE_REPLACE) {
		want_range(f, 0, f->geo->limit, XEN_P2M_IDENTITY, 0);
		return xen_p2m_set_range(&f->tree, 0, f->geo->limit,
					 XEN_P2M_IDENTITY, 0);
	}
	if (race->op == RACE_OWN) {
		f->want[race->pfn] = 17;
		return xen_p2m_set(&f->tree, race->pfn, 17);
	}
	if (race->op == RACE_RESTORE) {
		f->tree.seam.mfn_base += 0x123456;
		xen_p2m_renumber(&f->tree);
		return 0;
	}
	if (race->op == RACE_SPLIT)
		return split_leaf(&f->tree, race->pfn);
	if (other >= f->geo->limit)
		return 0;
	entry = want_entry(other, other, race->op - RACE_SETS, 17);
	f->want[other] = entry;

	return xen_p2m_set(&f->tree, other, entry);
}

static void interrupt_race(struct xen_p2m_seam *s)
{
	struct race *race = s->user;

	if (--race->at)
		return;
	s->interrupt = NULL;
	race->err = run_race(race);
}

static void race_lookup(struct kunit *test, struct race *race)
{
	struct fixture *f = race->f;
	unsigned long before = f->want[race->pfn];
	unsigned long got = xen_p2m_lookup(&f->tree, race->pfn);

	if (got != before)
		KUNIT_ASSERT_EQ_MSG(test, got, f->want[race->pfn],
				    "pfn %#lx, race %u", race->pfn, race->op);
}

static void race_set(struct kunit *test, struct race *race, unsigned int type,
		     bool try)
{
	struct fixture *f = race->f;
	unsigned long pfn = race->pfn;
	unsigned long entry = want_entry(pfn, pfn, type, 99);
	bool done = true;

	if (try)
		done = xen_p2m_try_set(&f->tree, pfn, entry);
	else
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, pfn, entry), 0);
	if (done)
		f->want[pfn] = entry;
}

/* What is freed meanwhile is kept for the interrupted reader, as by RCU. */
static void interrupt_by(struct xen_p2m_seam *s,
			 void (*interrupt)(struct xen_p2m_seam *s), void *user)
{
	s->user = user;
	s->hold = true;
	s->interrupt = interrupt;
}

static void interrupt_end(struct xen_p2m_seam *s)
{
	s->interrupt = NULL;
	s->hold = false;
	if (s->stale)
		seam_fill_stale(s);
	seam_release_held(s);
}

/* Entries are read through slots as of the last flush from here on. */
static void read_stale(struct kunit *test, struct xen_p2m_seam *s)
{
	s->stale = kunit_kzalloc(test, (s->nr_top << s->shift) * sizeof(long),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->stale);
	seam_fill_stale(s);
}

/*
 * Interrupt an operation, @what of those above, on @race->pfn at an access of
 * its own. Returns false if it has not as many.
 */
static bool interrupted(struct kunit *test, struct race *race,
			enum preset state, unsigned int what, unsigned long at)
{
	struct fixture *f = race->f;
	struct xen_p2m_seam *s = &f->tree.seam;
	bool fired;

	make_state(test, f, state);
	if (state == ALL_IDENTITY && !s->stale)
		KUNIT_ASSERT_EQ(test, split_leaf(&f->tree, race->pfn), 0);
	race->at = at;
	race->err = 0;
	interrupt_by(s, interrupt_race, race);
	if (!what)
		race_lookup(test, race);
	else
		race_set(test, race, (what - 1) / 2, what % 2);
	fired = !s->interrupt;
	interrupt_end(s);
	KUNIT_ASSERT_EQ(test, race->err, 0);
	KUNIT_ASSERT_TRUE_MSG(test, check_all(test, f),
			      "state %u, pfn %#lx, operation %u, race %u, access %lu",
			      state, race->pfn, what, race->op, at);

	return fired;
}

#define RACE_VICTIMS	9		/* a lookup, two ways to set each type */

/* Each access of each operation interrupted, with small pages */
static void test_interrupted(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct race race = { .f = f };
	enum preset state;
	unsigned int what;
	unsigned long at;

	if (f->geo->shift > 2)
		kunit_skip(test, "same as with small pages");
	for (state = 0; state < STATES; state++)
		for (race.pfn = 0; race.pfn < f->geo->limit; race.pfn += 3)
			for (what = 0; what < RACE_VICTIMS; what++)
				for (race.op = what ? RACE_SPLIT : 0;
				     race.op < RACES; race.op++)
					for (at = 1; interrupted(test, &race,
								 state, what,
								 at); at++)
						;
}

/* Returns false if finding the extent of @race->pfn has not as many accesses. */
static bool extent_interrupted(struct kunit *test, struct race *race,
			       enum preset state, unsigned long at)
{
	struct fixture *f = race->f;
	struct xen_p2m_seam *s = &f->tree.seam;
	struct xen_p2m_extent ext = { .pfn = race->pfn };
	enum xen_p2m_type before, after;
	bool fired;

	make_state(test, f, state);
	if (state == ALL_IDENTITY)
		KUNIT_ASSERT_EQ(test, split_leaf(&f->tree, race->pfn), 0);
	before = xen_p2m_entry_type(f->want[race->pfn]);
	race->at = at;
	race->err = 0;
	interrupt_by(s, interrupt_race, race);
	KUNIT_ASSERT_TRUE(test, xen_p2m_next_extent(&f->tree, &ext,
						    race->pfn + 1));
	fired = !s->interrupt;
	interrupt_end(s);
	KUNIT_ASSERT_EQ(test, race->err, 0);
	after = xen_p2m_entry_type(f->want[race->pfn]);
	KUNIT_ASSERT_TRUE_MSG(test, ext.type == before || ext.type == after,
			      "state %u, pfn %#lx, race %u, access %lu: type %u, was %u, becomes %u",
			      state, race->pfn, race->op, at, ext.type, before,
			      after);

	return fired;
}

/* Extents that are interrupted: a PFN that stays what it is, is said to be that */
static void test_extent_interrupted(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct race race = { .f = f };
	enum preset state;
	unsigned long at;

	if (f->geo->shift > 2)
		kunit_skip(test, "same as with small pages");
	for (state = 0; state < STATES; state++)
		for (race.pfn = 0; race.pfn < f->geo->limit; race.pfn++)
			for (race.op = 0; race.op < RACES; race.op++)
				for (at = 1; extent_interrupted(test, &race,
								state, at); at++)
					;
}

/* Lookups by a CPU that does not see a change before they are at their end */
static void test_interrupted_unflushed(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_seam *s = &f->tree.seam;
	struct race race = { .f = f };
	enum preset state;
	unsigned long at;

	if (f->geo->shift > 2)
		kunit_skip(test, "same as with small pages");
	read_stale(test, s);
	for (state = 0; state < STATES; state++)
		for (race.pfn = 0; race.pfn < f->geo->limit; race.pfn++)
			for (race.op = 0; race.op < RACES; race.op++)
				for (at = 1; interrupted(test, &race, state, 0,
							 at); at++)
					;
	s->stale = NULL;
}

/* Two changes in the middle of a lookup: the leaf is split, and is shared again. */
struct there_and_back {
	struct fixture *f;
	unsigned long split;		/* accesses to go */
	unsigned long share;
	int err;
};

static void interrupt_twice(struct xen_p2m_seam *s)
{
	struct there_and_back *t = s->user;
	struct xen_p2m_tree *tree = &t->f->tree;

	s->interrupt = NULL;
	if (!--t->split)
		t->err = xen_p2m_set(tree, 1, INVALID_P2M_ENTRY);
	if (!--t->share)
		t->err = xen_p2m_set_range(tree, 0, per_page(t->f),
					   XEN_P2M_IDENTITY, 0);
	s->interrupt = interrupt_twice;
}

static void test_split_and_shared_again(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_seam *s = &f->tree.seam;
	unsigned long split, share;

	for (split = 1; split < 12; split++) {
		for (share = split + 1; share < 24; share++) {
			struct there_and_back t = {
				.f = f, .split = split, .share = share,
			};
			unsigned long got;

			make_state(test, f, ALL_IDENTITY);
			interrupt_by(s, interrupt_twice, &t);
			got = xen_p2m_lookup(&f->tree, 0);
			interrupt_end(s);
			KUNIT_ASSERT_EQ(test, t.err, 0);
			KUNIT_ASSERT_EQ_MSG(test, got, IDENTITY_FRAME(0UL),
					    "accesses %lu and %lu", split, share);
		}
	}
}

/* --- a CPU that reads through slots as they were ----------------------------------------- */

struct unflushed {
	struct fixture *f;
	unsigned long *old;
	unsigned long *seen;
};

static void look_at_all(struct xen_p2m_seam *s)
{
	const struct unflushed *u = s->user;
	unsigned long pfn;

	for (pfn = 0; pfn < u->f->geo->limit; pfn++)
		u->seen[pfn] = xen_p2m_lookup(&u->f->tree, pfn);
}

static bool old_or_new(struct kunit *test, const struct unflushed *u)
{
	const unsigned long *want = u->f->want;
	unsigned long pfn;

	for (pfn = 0; pfn < u->f->geo->limit; pfn++) {
		if (u->seen[pfn] == u->old[pfn] || u->seen[pfn] == want[pfn])
			continue;
		KUNIT_FAIL(test, "pfn %#lx: %#lx, was %#lx, becomes %#lx", pfn,
			   u->seen[pfn], u->old[pfn], want[pfn]);
		return false;
	}

	return true;
}

/* Slots have changed, and this CPU's translations of them are not flushed yet. */
static void run_unflushed(struct kunit *test, const struct unflushed *u,
			  unsigned long pfn, unsigned int op)
{
	struct fixture *f = u->f;
	unsigned long end = min(pfn + (op % 2 ? per_page(f) : 1), f->geo->limit);
	struct xen_p2m_seam *s = &f->tree.seam;

	memcpy(u->old, f->want, f->geo->limit * sizeof(*u->old));
	look_at_all(s);
	s->observe = look_at_all;
	KUNIT_ASSERT_TRUE_MSG(test, do_range(test, f, pfn, end, op / 2) &&
			      old_or_new(test, u) && check_all(test, f),
			      "pfn %#lx, operation %u", pfn, op);
	s->observe = NULL;
}

static void test_unflushed(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	size_t bytes = f->geo->limit * sizeof(long);
	struct xen_p2m_seam *s = &f->tree.seam;
	struct unflushed u = { .f = f };
	enum preset state;
	unsigned long pfn;
	unsigned int op;

	if (f->geo->shift > 2)
		kunit_skip(test, "same as with small pages");
	u.old = kunit_kzalloc(test, bytes, GFP_KERNEL);
	u.seen = kunit_kzalloc(test, bytes, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, u.old && u.seen);
	read_stale(test, s);
	s->user = &u;
	for (state = 0; state < STATES; state++) {
		for (pfn = 0; pfn < f->geo->limit; pfn++) {
			for (op = 0; op < 8; op++) {
				make_state(test, f, state);
				run_unflushed(test, &u, pfn, op);
			}
		}
	}
	s->stale = NULL;
}

struct free_mid {
	struct kunit *test;
	struct fixture *f;
	unsigned long allocs;
};

static void interrupt_free_mid(struct xen_p2m_seam *s)
{
	struct free_mid *race = s->user;
	struct fixture *f = race->f;

	if (s->allocs == race->allocs)
		return;
	s->interrupt = NULL;
	if (!do_range(race->test, f, 0, per_top(f), XEN_P2M_IDENTITY))
		s->misuse++;
}

/*
 * The page for a change of one leaf is there, but before the lock is held
 * another takes away the mid page: it takes one of these more.
 */
static void test_mid_freed_before_lock(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct xen_p2m_seam *s = &f->tree.seam;
	struct free_mid race = { .test = test, .f = f };
	unsigned long pfn = per_page(f) + 1;

	KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, 0, TEST_MFN), 0);
	race.allocs = s->allocs;
	s->user = &race;
	s->interrupt = interrupt_free_mid;
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&f->tree, pfn, TEST_MFN), 0);
	KUNIT_EXPECT_NULL(test, s->interrupt);
	s->interrupt = NULL;
	f->want[pfn] = TEST_MFN;
	KUNIT_EXPECT_TRUE(test, check_all(test, f));
}

/* --- threads ------------------------------------------------------------------------------ */

struct notes_writer {
	struct xen_p2m_notes *notes;
	struct completion done;
	bool ok;
};

#define NOTES_CHANGES	50000

/* PFN 6 is noted in both sets, PFN 60 in none. */
static int write_notes(void *data)
{
	struct notes_writer *w = data;
	unsigned int i;

	w->ok = true;
	for (i = 0; i < thinned(NOTES_CHANGES); i++) {
		xen_p2m_notes_edit(w->notes);
		w->ok = w->ok && xen_p2m_notes_del(w->notes, 0, NOTES_PFNS);
		if (i % 2) {
			w->ok = w->ok && xen_p2m_notes_add(w->notes, 0, 1) &&
				xen_p2m_notes_add(w->notes, 2, 3) &&
				xen_p2m_notes_add(w->notes, 4, 5) &&
				xen_p2m_notes_add(w->notes, 6, 7);
		} else {
			w->ok = w->ok && xen_p2m_notes_add(w->notes, 6, 50);
		}
		xen_p2m_notes_commit(w->notes);
		if (i % 1024 == 0)
			cond_resched();
	}
	kthread_complete_and_exit(&w->done, 0);

	return 0;
}

/* Readers never see a mix of two changes. */
static void test_notes_threads(struct kunit *test)
{
	struct fixture *f = setup(test, &bare_4);
	struct xen_p2m_notes notes;
	struct notes_writer *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	unsigned long wrong = 0, reads = 0;
	bool started;

	KUNIT_ASSERT_NOT_NULL(test, w);
	KUNIT_ASSERT_EQ(test, xen_p2m_notes_init(&notes, &f->tree.seam,
						 NOTES_MAX), 0);
	xen_p2m_notes_edit(&notes);
	KUNIT_EXPECT_TRUE(test, xen_p2m_notes_add(&notes, 6, 50));
	xen_p2m_notes_commit(&notes);

	w->notes = &notes;
	init_completion(&w->done);
	started = !IS_ERR(kthread_run(write_notes, w, "xen-p2m-notes-test"));
	while (started && !try_wait_for_completion(&w->done)) {
		wrong += !xen_p2m_notes_find(&notes, 6);
		wrong += xen_p2m_notes_find(&notes, 60);
		if (++reads % 1024 == 0)
			cond_resched();
	}
	xen_p2m_notes_exit(&notes, &f->tree.seam);
	KUNIT_EXPECT_TRUE(test, started);
	KUNIT_EXPECT_TRUE(test, w->ok);
	KUNIT_EXPECT_EQ(test, wrong, 0UL);
}

#define WRITERS		3
#define READERS		2
#define WORKERS		(WRITERS + 1 + READERS)
#define ROUNDS		20
#define ROUND_OPS	2000

/* MFNs are PFN plus a multiple of this, so that a reader knows its own. */
#define STRIDE		BIT(20)

struct worker {
	struct fixture *f;
	unsigned int id;
	struct rnd rnd;
	struct completion done;
	unsigned long deadline;
	int (*run)(struct worker *w);
	int error;		/* line of the check that failed */
	unsigned long pfn;
};

/* PFNs below belong to the writers in turn, those above to the range owner. */
static unsigned long shared_end(const struct fixture *f)
{
	return 2 * per_top(f);
}

static bool legal(unsigned long pfn, unsigned long entry)
{
	switch (xen_p2m_entry_type(entry)) {
	case XEN_P2M_MISSING:
		return true;
	case XEN_P2M_IDENTITY:
		return entry == IDENTITY_FRAME(pfn);
	case XEN_P2M_FOREIGN:
	case XEN_P2M_MFN:
		entry &= ~FOREIGN_FRAME_BIT;
		return entry > pfn && (entry - pfn) % STRIDE == 0;
	}

	return false;
}

/* Sets PFNs one by one in leaves which others use, too, and splits them. */
static int write_singles(struct worker *w)
{
	struct xen_p2m_tree *tree = &w->f->tree;
	unsigned long nr = shared_end(w->f) / WRITERS;
	unsigned long entry, before, mfn;
	int err;

	w->pfn = rnd_below(&w->rnd, nr) * WRITERS + w->id;
	mfn = w->pfn + STRIDE * (1 + rnd_below(&w->rnd, 100));
	entry = want_entry(w->pfn, w->pfn, rnd_below(&w->rnd, 4), mfn);
	if (rnd_one_in(&w->rnd, 8)) {
		err = split_leaf(tree, w->pfn);
		if (err && !notes_may_be_full(w->f, err))
			return __LINE__;
	}
	before = xen_p2m_lookup(tree, w->pfn);
	err = xen_p2m_set(tree, w->pfn, entry);
	if (err && !notes_may_be_full(w->f, err))
		return __LINE__;

	return xen_p2m_lookup(tree, w->pfn) == (err ? before : entry) ? 0 :
								      __LINE__;
}

/* Sets whole ranges that it owns. */
static int write_ranges(struct worker *w)
{
	struct xen_p2m_tree *tree = &w->f->tree;
	unsigned long first = shared_end(w->f);
	unsigned long size = w->f->geo->limit - first;
	unsigned long start = first + rnd_below(&w->rnd, size);
	unsigned long end = start + rnd_below(&w->rnd, first + size - start + 1);
	enum xen_p2m_type type = rnd_below(&w->rnd, 4);
	int err;

	err = xen_p2m_set_range(tree, start, end, type, start + STRIDE);
	if (err)
		return notes_may_be_full(w->f, err) ? 0 : __LINE__;
	if (rnd_one_in(&w->rnd, 64)) {
		xen_p2m_window_close(tree);
		if (rnd_one_in(&w->rnd, 2) && xen_p2m_window_open(tree))
			return __LINE__;
	}
	for (w->pfn = start; w->pfn < end; w->pfn++)
		if (xen_p2m_lookup(tree, w->pfn) !=
		    want_entry(w->pfn, w->pfn, type, w->pfn + STRIDE))
			return __LINE__;

	return 0;
}

/* Each PFN is one of the things it may be, and in one extent. */
static int read_all(struct worker *w)
{
	struct xen_p2m_tree *tree = &w->f->tree;
	struct xen_p2m_extent ext = { };
	unsigned long pfn = 0, i;

	for (i = 0; i < 16; i++) {
		w->pfn = rnd_below(&w->rnd, w->f->geo->limit);
		if (!legal(w->pfn, xen_p2m_lookup(tree, w->pfn)))
			return __LINE__;
	}
	if (!rnd_one_in(&w->rnd, 16))
		return 0;
	while (xen_p2m_next_extent(tree, &ext, ~0UL)) {
		w->pfn = ext.pfn;
		if (ext.pfn != pfn || !ext.nr)
			return __LINE__;
		pfn += ext.nr;
	}

	return pfn == w->f->geo->limit ? 0 : __LINE__;
}

static int work(void *data)
{
	struct worker *w = data;
	unsigned int i;

	for (i = 0; i < thinned(ROUND_OPS) && !w->error; i++) {
		w->error = w->run(w);
		if (i % 16 == 0)
			cond_resched();
		if (i % 64 == 0 && time_after(jiffies, w->deadline))
			break;
	}
	kthread_complete_and_exit(&w->done, 0);

	return 0;
}

static void run_round(struct kunit *test, struct fixture *f,
		      struct worker *workers, unsigned long deadline)
{
	unsigned int i, started;

	for (started = 0; started < WORKERS; started++) {
		struct worker *w = &workers[started];

		init_completion(&w->done);
		w->deadline = deadline;
		if (IS_ERR(kthread_run(work, w, "xen-p2m-test/%u", started)))
			break;
	}
	for (i = 0; i < started; i++)
		wait_for_completion(&workers[i].done);
	KUNIT_ASSERT_EQ(test, started, (unsigned int)WORKERS);
	for (i = 0; i < WORKERS; i++)
		KUNIT_ASSERT_EQ_MSG(test, workers[i].error, 0,
				    "thread %u, pfn %#lx", i, workers[i].pfn);
}

/*
 * Between the rounds what the writers have split is shared again, so that there
 * is something to split.
 */
static void test_threads(struct kunit *test)
{
	struct fixture *f = setup_param(test);
	struct worker *workers;
	unsigned long deadline = jiffies + HZ / 2;
	unsigned int round, i;

	workers = kunit_kzalloc(test, WORKERS * sizeof(*workers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, workers);
	rnd_start(test, &f->rnd);
	for (i = 0; i < WORKERS; i++) {
		workers[i].f = f;
		workers[i].id = i;
		workers[i].rnd.state = rnd_u64(&f->rnd);
		workers[i].run = i < WRITERS ? write_singles :
				 i == WRITERS ? write_ranges : read_all;
	}

	for (round = 0; round < ROUNDS; round++) {
		unsigned long end = shared_end(f);

		f->tree.seam.concurrent = true;
		run_round(test, f, workers, deadline);
		f->tree.seam.concurrent = false;
		KUNIT_ASSERT_TRUE(test, check_structure(test, f));
		KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree, 0, end,
							round % 2 ?
							XEN_P2M_MISSING :
							XEN_P2M_IDENTITY, 0), 0);
		KUNIT_ASSERT_TRUE(test, check_structure(test, f));
		if (time_after(jiffies, deadline))
			break;
	}
}

/* --- the hole in the M2P ------------------------------------------------------------------- */

#define HOLE_4G		BIT(32)
#define HOLE_ENTRIES	5

struct hole_case {
	const char *name;
	struct {
		u64 addr;
		u64 size;
		u32 type;
	} entry[HOLE_ENTRIES];		/* up to the first of no type */
	unsigned long mfn;
	unsigned long nr;
};

static const struct hole_case hole_cases[] = {
	{ .name = "q35 with 4 GiB",
	  .entry = { { 0, 0xa0000, 1 }, { 0x100000, 0x7fe00000, 1 },
		     { 0x7ff00000, 0x100000, 2 }, { 0xfffc0000, 0x40000, 2 },
		     { HOLE_4G, 0x80000000, 1 } },
	  .mfn = 0x7ff00, .nr = 0x80100 },
	{ .name = "RAM that ends inside of a page",
	  .entry = { { 0, 0x7ff00001, 1 }, { 0xfffc0000, 0x40000, 2 } },
	  .mfn = 0x7ff01, .nr = 0x800ff },
	{ .name = "map that ends inside of a page",
	  .entry = { { 0, 0x1000, 1 }, { 0x1000, 0x1fff, 2 } },
	  .mfn = 1, .nr = 1 },
	{ .name = "less than a page",
	  .entry = { { 0, 0x1001, 1 }, { 0x1001, 0xfff, 2 } } },
	{ .name = "map that ends below 4 GiB",
	  .entry = { { 0, 0x10000000, 1 }, { 0xe0000000, 0x10000000, 2 } },
	  .mfn = 0x10000, .nr = 0xe0000 },
	{ .name = "ACPI data and NVS are no RAM",
	  .entry = { { 0, 0x10000000, 1 }, { 0x10000000, 0x1000, 3 },
		     { 0x10001000, 0x1000, 4 } },
	  .mfn = 0x10000, .nr = 2 },
	{ .name = "unusable may be RAM",
	  .entry = { { 0, 0x10000000, 1 }, { 0x20000000, 0x1000, 5 },
		     { 0x30000000, 0x1000, 2 } },
	  .mfn = 0x20001, .nr = 0xffff + 1 },
	{ .name = "persistent memory may be RAM",
	  .entry = { { 0x20000000, 0x1000, 7 }, { 0x30000000, 0x1000, 2 } },
	  .mfn = 0x20001, .nr = 0x10000 },
	{ .name = "type nobody knows may be RAM",
	  .entry = { { 0x20000000, 0x1000, 99 }, { 0x30000000, 0x1000, 2 } },
	  .mfn = 0x20001, .nr = 0x10000 },
	{ .name = "any order, and overlapping",
	  .entry = { { 0xfffc0000, 0x40000, 2 }, { 0x100000, 0x3ff00000, 1 },
		     { 0x3f000000, 0x2000000, 2 }, { 0, 0xa0000, 1 } },
	  .mfn = 0x40000, .nr = 0xc0000 },
	{ .name = "RAM across 4 GiB",
	  .entry = { { 0xc0000000, 0x80000000, 1 }, { 0xa0000000, 0x1000, 2 } } },
	{ .name = "reserved across 4 GiB",
	  .entry = { { 0, 0x40000000, 1 }, { 0xc0000000, 0x80000000, 2 } },
	  .mfn = 0x40000, .nr = 0xc0000 },
	{ .name = "reserved that wraps around is nothing",
	  .entry = { { 0, 0x40000000, 1 }, { 0xc0000000, ~0ULL, 2 } },
	  .mfn = 0x40000, .nr = 0x80000 },
	{ .name = "RAM that wraps around is RAM up to 4 GiB",
	  .entry = { { 0xc0000000, ~0ULL, 1 }, { 0xf0000000, 0x1000, 2 } } },
	{ .name = "all above 4 GiB",
	  .entry = { { HOLE_4G, 0x1000, 1 }, { HOLE_4G + 0x1000, 0x1000, 2 } },
	  .mfn = 0, .nr = 0x100000 },
	{ .name = "no RAM at all",
	  .entry = { { 0xfee00000, 0x1000, 2 } },
	  .mfn = 0, .nr = 0xfee01 },
	{ .name = "RAM of no size is nothing",
	  .entry = { { 0, 0x40000000, 1 }, { 0xd0000000, 0, 1 },
		     { 0xf0000000, 0x1000, 2 } },
	  .mfn = 0x40000, .nr = 0xb0001 },
	{ .name = "no map" },
};

static void hole_desc(const struct hole_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hole, hole_cases, hole_desc);

static void test_m2p_hole(struct kunit *test)
{
	const struct hole_case *c = test->param_value;
	struct xen_m2p_scan scan = { };
	unsigned long mfn, nr;
	unsigned int i;

	for (i = 0; i < HOLE_ENTRIES && c->entry[i].type; i++)
		xen_m2p_scan_entry(&scan, c->entry[i].addr, c->entry[i].size,
				   c->entry[i].type);
	nr = xen_m2p_scan_hole(&scan, &mfn);
	KUNIT_EXPECT_EQ(test, nr, c->nr);
	if (c->nr)
		KUNIT_EXPECT_EQ(test, mfn, c->mfn);
}

/* --- suites -------------------------------------------------------------------------------- */

static struct kunit_case entry_cases[] = {
	KUNIT_CASE(test_entry_types),
	KUNIT_CASE(test_entry_valid),
	{ }
};

static struct kunit_suite entry_suite = {
	.name = "xen-p2m-tree-entry",
	.test_cases = entry_cases,
};

static struct kunit_case notes_cases[] = {
	KUNIT_CASE(test_notes_random),
	KUNIT_CASE(test_notes_no_memory),
	KUNIT_CASE(test_notes_full),
	KUNIT_CASE(test_notes_no_room),
	{ }
};

static struct kunit_suite notes_suite = {
	.name = "xen-p2m-tree-notes",
	.exit = teardown,
	.test_cases = notes_cases,
};

static struct kunit_case cost_cases[] = {
	KUNIT_CASE(test_worked_example),
	KUNIT_CASE(test_worked_example_tools),
	KUNIT_CASE(test_page_counts),
	KUNIT_CASE(test_steps),
	KUNIT_CASE(test_steps_tools),
	{ }
};

static struct kunit_suite cost_suite = {
	.name = "xen-p2m-tree-cost",
	.exit = teardown,
	.test_cases = cost_cases,
};

static struct kunit_case ops_cases[] = {
	KUNIT_CASE_PARAM(test_init, geometry_gen_params),
	KUNIT_CASE_PARAM(test_init_identity, geometry_gen_params),
	KUNIT_CASE(test_init_bad),
	KUNIT_CASE(test_init_largest),
	KUNIT_CASE_PARAM(test_missing_ranges, geometry_gen_params),
	KUNIT_CASE_PARAM(test_missing_beyond_limit, geometry_gen_params),
	KUNIT_CASE_PARAM(test_identity_ranges, geometry_gen_params),
	KUNIT_CASE_PARAM(test_mfn_ranges, geometry_gen_params),
	KUNIT_CASE_PARAM(test_mfn_numbers, geometry_gen_params),
	KUNIT_CASE_PARAM(test_singles, geometry_gen_params),
	KUNIT_CASE_PARAM(test_single_bad, geometry_gen_params),
	KUNIT_CASE_PARAM(test_splits, geometry_gen_params),
	KUNIT_CASE_PARAM(test_split_ranges, geometry_gen_params),
	KUNIT_CASE_PARAM(test_try_set_stores, geometry_gen_params),
	KUNIT_CASE_PARAM(test_loads, geometry_gen_params),
	KUNIT_CASE_PARAM(test_adopts, geometry_gen_params),
	KUNIT_CASE_PARAM(test_adopts_not, geometry_gen_params),
	KUNIT_CASE_PARAM(test_extents, geometry_gen_params),
	{ }
};

static struct kunit_suite ops_suite = {
	.name = "xen-p2m-tree-ops",
	.exit = teardown,
	.test_cases = ops_cases,
};

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(test_no_memory, geometry_gen_params),
	KUNIT_CASE_PARAM(test_out_of_reach, geometry_gen_params),
	KUNIT_CASE(test_no_memory_setup),
	KUNIT_CASE_PARAM(test_no_memory_init, geometry_gen_params),
	KUNIT_CASE_PARAM(test_early_pages, geometry_gen_params),
	{ }
};

static struct kunit_suite memory_suite = {
	.name = "xen-p2m-tree-memory",
	.exit = teardown,
	.test_cases = memory_cases,
};

static struct kunit_case publish_cases[] = {
	KUNIT_CASE_PARAM(test_publish, geometry_gen_params),
	KUNIT_CASE(test_batches),
	KUNIT_CASE_PARAM(test_tools_end, geometry_gen_params),
	KUNIT_CASE_PARAM(test_growth_publishes_nothing, geometry_gen_params),
	KUNIT_CASE_PARAM(test_frame_list_publish, geometry_gen_params),
	KUNIT_CASE_PARAM(test_frame_list_attach, geometry_gen_params),
	KUNIT_CASE_PARAM(test_frame_list_attached_meanwhile, geometry_gen_params),
	KUNIT_CASE_PARAM(test_frame_list_no_memory, geometry_gen_params),
	KUNIT_CASE_PARAM(test_window, geometry_gen_params),
	{ }
};

static struct kunit_suite publish_suite = {
	.name = "xen-p2m-tree-publish",
	.exit = teardown,
	.test_cases = publish_cases,
};

static struct kunit_case random_cases[] = {
	KUNIT_CASE_PARAM(test_random, geometry_gen_params),
	{ }
};

static struct kunit_suite random_suite = {
	.name = "xen-p2m-tree-random",
	.exit = teardown,
	.test_cases = random_cases,
};

static struct kunit_case thread_cases[] = {
	KUNIT_CASE_PARAM(test_interrupted, geometry_gen_params),
	KUNIT_CASE_PARAM(test_extent_interrupted, geometry_gen_params),
	KUNIT_CASE_PARAM(test_split_and_shared_again, geometry_gen_params),
	KUNIT_CASE_PARAM(test_unflushed, geometry_gen_params),
	KUNIT_CASE_PARAM(test_interrupted_unflushed, geometry_gen_params),
	KUNIT_CASE_PARAM(test_mid_freed_before_lock, geometry_gen_params),
	KUNIT_CASE(test_notes_threads),
	KUNIT_CASE_PARAM(test_threads, geometry_gen_params),
	{ }
};

static struct kunit_suite thread_suite = {
	.name = "xen-p2m-tree-threads",
	.exit = teardown,
	.test_cases = thread_cases,
};

static struct kunit_case m2p_cases[] = {
	KUNIT_CASE_PARAM(test_m2p_hole, hole_gen_params),
	{ }
};

static struct kunit_suite m2p_suite = {
	.name = "xen-p2m-m2p-hole",
	.test_cases = m2p_cases,
};

kunit_test_suites(&entry_suite, &notes_suite, &cost_suite, &ops_suite,
		  &memory_suite, &publish_suite, &random_suite, &thread_suite,
		  &m2p_suite);

MODULE_DESCRIPTION("KUnit tests of the P2M tree of Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
