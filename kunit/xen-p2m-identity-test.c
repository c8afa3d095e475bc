// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the identity policy: which PFNs become 1:1 for a device
 *
 * Policy and tree are compiled in here, so the same tests run under UML, in a
 * kernel whose own P2M is in use, and in userland (tools/testing/p2m).
 *
 * What each PFN was in the beginning is kept in an array. After a claim each PFN
 * has to be just that, or identity if it was missing and the claim covers it and
 * was not refused.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

/* Not all that a tree can do is needed here. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define XEN_P2M_PRIVATE_COPY
#include "identity.c"
#include "identity-text.c"
#include "tree-sources.h"

#include "thin.h"

#define GIB(n)		((unsigned long)(n) << 18)	/* in PFNs */

/* PFNs of the small trees */
#define SMALL		80UL

struct geometry {
	const char *name;
	unsigned int shift;
	unsigned int flags;
};

static const struct geometry geometries[] = {
	{ .name = "4 entries", .shift = 2 },
	{ .name = "4 entries, tools", .shift = 2, .flags = XEN_P2M_TOOLS },
	{ .name = "512 entries", .shift = 9 },
};

static void geometry_desc(const struct geometry *geo, char *desc)
{
	strscpy(desc, geo->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(geometry, geometries, geometry_desc);

/*
 * What is where in the small trees: of each type something next to each other,
 * at both ends of leaves and inside of them. 72 to 80 is identity.
 */
static const struct {
	unsigned long start;
	unsigned long end;
	enum xen_p2m_type type;
} contents[] = {
	{ 0, 9, XEN_P2M_MFN },
	{ 9, 11, XEN_P2M_FOREIGN },
	{ 11, 13, XEN_P2M_IDENTITY },
	{ 30, 31, XEN_P2M_IDENTITY },
	{ 33, 36, XEN_P2M_MFN },
	{ 44, 48, XEN_P2M_IDENTITY },
	{ 52, 53, XEN_P2M_FOREIGN },
	{ 72, 80, XEN_P2M_IDENTITY },
};

/* Missing PFNs that somebody holds */
static const struct {
	unsigned long start;
	unsigned long end;
	enum xen_p2m_reason by;
} helds[] = {
	{ 17, 19, XEN_P2M_IS_BALLOON },
	{ 19, 22, XEN_P2M_IS_SCRATCH },
	{ 58, 62, XEN_P2M_IS_BALLOON },
};

static DEFINE_MUTEX(lock);
static unsigned int unlocked;

static enum xen_p2m_reason held(unsigned long *start, unsigned long *end)
{
	unsigned int i;

	unlocked += !mutex_is_locked(&lock);
	for (i = 0; i < ARRAY_SIZE(helds); i++)
		if (helds[i].start < *end && *start < helds[i].end) {
			*start = max(*start, helds[i].start);
			*end = min(*end, helds[i].end);
			return helds[i].by;
		}

	return XEN_P2M_FREE;
}

static enum xen_p2m_reason held_by_nobody(unsigned long *start,
					  unsigned long *end)
{
	return XEN_P2M_FREE;
}

struct fixture {
	struct xen_p2m_tree tree;
	struct xen_p2m_identity id;
	unsigned long was[SMALL];
};

static struct fixture *new_fixture(struct kunit *test, unsigned long limit,
				   unsigned int shift, unsigned int flags)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(&f->tree, limit, shift, flags), 0);
	f->id = (struct xen_p2m_identity) {
		.tree = &f->tree, .lock = &lock, .held = held_by_nobody,
	};
	unlocked = 0;
	test->priv = f;

	return f;
}

static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	KUNIT_EXPECT_EQ(test, unlocked, 0U);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&lock));
	KUNIT_EXPECT_EQ(test, f->tree.seam.misuse, 0UL);
	xen_p2m_tree_exit(&f->tree);
}

static struct fixture *new_small(struct kunit *test)
{
	const struct geometry *geo = test->param_value ?: geometries;
	struct fixture *f = new_fixture(test, SMALL, geo->shift, geo->flags);
	unsigned long pfn;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(contents); i++)
		KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree,
							contents[i].start,
							contents[i].end,
							contents[i].type,
							1000 + contents[i].start), 0);
	for (pfn = 0; pfn < SMALL; pfn++)
		f->was[pfn] = xen_p2m_lookup(&f->tree, pfn);
	f->id.held = held;

	return f;
}

/* --- what has to be ---------------------------------------------------------- */

/* Each PFN is what it was, or identity if it was missing in [start, end). */
static void check(struct kunit *test, struct fixture *f, unsigned long start,
		  unsigned long end)
{
	unsigned long pfn, want;

	for (pfn = 0; pfn < SMALL; pfn++) {
		want = f->was[pfn];
		if (want == INVALID_P2M_ENTRY && start <= pfn && pfn < end)
			want = IDENTITY_FRAME(pfn);
		KUNIT_EXPECT_EQ_MSG(test, xen_p2m_lookup(&f->tree, pfn), want,
				    "pfn %lu", pfn);
	}
}

/* As it was before all claims */
static void restore(struct kunit *test, struct fixture *f)
{
	unsigned long pfn;

	for (pfn = 0; pfn < SMALL; pfn++)
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, pfn, f->was[pfn]), 0);
}

/* What is against @pfn, and up to where at most */
static enum xen_p2m_reason against(struct fixture *f, unsigned long pfn,
				   unsigned long *end)
{
	unsigned int i;

	*end = SMALL;
	switch (xen_p2m_entry_type(f->was[pfn])) {
	case XEN_P2M_MFN:
		return XEN_P2M_IS_RAM;
	case XEN_P2M_FOREIGN:
		return XEN_P2M_IS_FOREIGN;
	case XEN_P2M_MISSING:
		for (i = 0; i < ARRAY_SIZE(helds); i++)
			if (helds[i].start <= pfn && pfn < helds[i].end) {
				*end = helds[i].end;
				return helds[i].by;
			}
		return XEN_P2M_FREE;
	default:
		return XEN_P2M_FREE;
	}
}

/* The verdict, PFN by PFN */
static struct xen_p2m_verdict want_verdict(struct fixture *f,
					   unsigned long start,
					   unsigned long end)
{
	struct xen_p2m_verdict v = { };
	unsigned long pfn, until, dummy;

	end = min(end, SMALL);
	for (pfn = start; pfn < end; pfn++) {
		v.reason = against(f, pfn, &until);
		if (v.reason != XEN_P2M_FREE) {
			v.start = pfn;
			until = min(until, end);
			while (pfn < until && against(f, pfn, &dummy) == v.reason)
				pfn++;
			v.end = pfn;
			v.missing = 0;
			return v;
		}
		v.missing += f->was[pfn] == INVALID_P2M_ENTRY;
	}

	return v;
}

static void expect_verdict(struct kunit *test, struct xen_p2m_verdict got,
			   struct xen_p2m_verdict want)
{
	KUNIT_EXPECT_EQ(test, got.reason, want.reason);
	KUNIT_EXPECT_EQ(test, got.start, want.start);
	KUNIT_EXPECT_EQ(test, got.end, want.end);
	KUNIT_EXPECT_EQ(test, got.missing, want.missing);
}

/* A claim that is refused changes nothing. */
static void expect_refused(struct kunit *test, struct fixture *f,
			   unsigned long start, unsigned long end,
			   enum xen_p2m_reason reason, unsigned long by_start,
			   unsigned long by_end)
{
	expect_verdict(test, xen_p2m_identity_claim(&f->id, start, end),
		       (struct xen_p2m_verdict) {
				.reason = reason, .start = by_start, .end = by_end,
		       });
	check(test, f, 0, 0);
}

/* --- the cases ---------------------------------------------------------------- */

/* Each range there is, over each state of each PFN */
static void test_ranges(struct kunit *test)
{
	struct fixture *f = new_small(test);
	unsigned long start, end, nr = 0;
	struct xen_p2m_verdict want;

	for (start = 0; start < SMALL; start++)
		for (end = start; end <= SMALL + 3; end++) {
			if (nr++ % thin_step())
				continue;
			want = want_verdict(f, start, end);
			expect_verdict(test, xen_p2m_identity_check(&f->id, start, end),
				       want);
			check(test, f, 0, 0);
			expect_verdict(test, xen_p2m_identity_claim(&f->id, start, end),
				       want);
			check(test, f, start, want.reason ? start : end);
			/* Again: identity already, or refused as before */
			want.missing = 0;
			expect_verdict(test, xen_p2m_identity_claim(&f->id, start, end),
				       want);
			restore(test, f);
		}
}

static void test_refused_by_name(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_refused(test, f, 5, 7, XEN_P2M_IS_RAM, 5, 7);
	expect_refused(test, f, 31, 40, XEN_P2M_IS_RAM, 33, 36);
	expect_refused(test, f, 31, 34, XEN_P2M_IS_RAM, 33, 34);
	expect_refused(test, f, 35, 40, XEN_P2M_IS_RAM, 35, 36);
	expect_refused(test, f, 48, 60, XEN_P2M_IS_FOREIGN, 52, 53);
	expect_refused(test, f, 13, 22, XEN_P2M_IS_BALLOON, 17, 19);
	expect_refused(test, f, 20, 30, XEN_P2M_IS_SCRATCH, 20, 22);
	expect_refused(test, f, 60, 61, XEN_P2M_IS_BALLOON, 60, 61);
}

/* A BAR of no size is none; one that ends before it starts is an error. */
static void test_no_range(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_refused(test, f, 24, 24, XEN_P2M_FREE, 0, 0);
	expect_refused(test, f, 5, 5, XEN_P2M_FREE, 0, 0);
	expect_refused(test, f, 24, 23, XEN_P2M_NO_RANGE, 0, 0);
	expect_refused(test, f, ~0UL >> 12, 0, XEN_P2M_NO_RANGE, 0, 0);
}

/* 64 GiB at the end of a P2M of 512 GiB cost nothing. */
static void test_huge(struct kunit *test)
{
	struct fixture *f = new_fixture(test, GIB(512), 9, XEN_P2M_IDENTITY_FIRST);
	struct xen_p2m_usage before, after;
	struct xen_p2m_verdict v;

	KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree, GIB(448), GIB(512),
						XEN_P2M_MISSING, 0), 0);
	xen_p2m_usage(&f->tree, &before);
	v = xen_p2m_identity_claim(&f->id, GIB(256), GIB(1280));
	expect_verdict(test, v, (struct xen_p2m_verdict) { .missing = GIB(64) });
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, GIB(448)),
			IDENTITY_FRAME(GIB(448)));
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, GIB(512) - 1),
			IDENTITY_FRAME(GIB(512) - 1));
	xen_p2m_usage(&f->tree, &after);
	KUNIT_EXPECT_EQ(test, after.leaves, before.leaves);
	KUNIT_EXPECT_EQ(test, after.mids, before.mids);
}

/* From the limit on all is identity, to the end of the address space. */
static void test_beyond_limit(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_refused(test, f, SMALL, SMALL + 1, XEN_P2M_FREE, 0, 0);
	expect_refused(test, f, SMALL, 1UL << 52, XEN_P2M_FREE, 0, 0);
	expect_verdict(test, xen_p2m_identity_claim(&f->id, 70, 1UL << 52),
		       (struct xen_p2m_verdict) { .missing = 2 });
	check(test, f, 70, SMALL);
}

/*
 * The P2M has no memory, at each of its allocations: refused, with the range.
 * Some PFNs may be identity then. The next claim makes up for the rest.
 */
static void test_p2m_no_memory(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_verdict v;
	unsigned long nth, pfn;

	for (nth = 1; nth < 20; nth++) {
		f->tree.seam.fail_at = nth;
		v = xen_p2m_identity_claim(&f->id, 23, 33);
		f->tree.seam.fail_at = 0;
		if (v.reason == XEN_P2M_FREE)
			break;
		KUNIT_EXPECT_EQ(test, v.reason, XEN_P2M_NO_MEMORY);
		KUNIT_EXPECT_LE(test, 23UL, v.start);
		KUNIT_EXPECT_LT(test, v.start, v.end);
		KUNIT_EXPECT_LE(test, v.end, 33UL);
		KUNIT_EXPECT_EQ(test, v.missing, 0UL);
		for (pfn = v.start; pfn < v.end; pfn++)
			KUNIT_EXPECT_EQ(test, xen_p2m_type(&f->tree, pfn),
					XEN_P2M_MISSING);
	}
	KUNIT_EXPECT_GT(test, nth, 1UL);
	KUNIT_EXPECT_LT(test, nth, 20UL);
	check(test, f, 23, 33);
}

static void test_words(struct kunit *test)
{
	enum xen_p2m_reason a, b;

	for (a = XEN_P2M_FREE; a <= XEN_P2M_NO_MEMORY; a++) {
		KUNIT_EXPECT_NE(test, strcmp(xen_p2m_reason_text(a), "unknown"),
				0);
		for (b = XEN_P2M_FREE; b < a; b++)
			KUNIT_EXPECT_NE(test, strcmp(xen_p2m_reason_text(a),
						     xen_p2m_reason_text(b)), 0);
		KUNIT_EXPECT_EQ(test, !strcmp(xen_p2m_remedy(a, true),
					      "nothing to do"), !a);
	}
	KUNIT_EXPECT_EQ(test, strcmp(xen_p2m_reason_text(a), "unknown"), 0);
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_SCRATCH, true),
				       "before domains start"));
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_NO_RANGE, true),
				       "update the firmware"));
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_RAM, true),
				       "dom0_mem=") != NULL);
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_BALLOON, false),
				       "e820_host=1") != NULL);
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_RAM, false),
				       "e820_host=1") != NULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(test_ranges, geometry_gen_params),
	KUNIT_CASE_PARAM(test_refused_by_name, geometry_gen_params),
	KUNIT_CASE(test_no_range),
	KUNIT_CASE(test_huge),
	KUNIT_CASE(test_beyond_limit),
	KUNIT_CASE(test_p2m_no_memory),
	KUNIT_CASE(test_words),
	{ }
};

static struct kunit_suite suite = {
	.name = "xen-p2m-identity",
	.exit = teardown,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of the identity policy of Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
