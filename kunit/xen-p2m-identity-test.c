// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the identity policy: which frames become 1:1 for a device
 *
 * Policy and tree are compiled in here, so the same tests run under UML, in a
 * kernel whose own P2M is in use, and in userland (tools/testing/p2m).
 *
 * What each frame was in the beginning is kept in an array. A frame has to be
 * just that, or identity if it was missing and a claim that was not refused
 * covers it. check() looks at all of them, one by one.
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

/* Not all that a tree can do is needed here. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define XEN_P2M_PRIVATE_COPY
#include "identity.c"
#include "mirror.c"
#include "notes.c"
#include "tree.c"
#include "window.c"

#include "random.h"

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "Seed of the random tests (0: take a new one)");

static unsigned int thin = 1;
module_param(thin, uint, 0444);
MODULE_PARM_DESC(thin, "Test one range and random operation in so many");

static unsigned int thinning(void)
{
	return max(thin, 1U);
}

#define GIB(n)		((u64)(n) << 30)
#define FRAMES(bytes)	((unsigned long)((bytes) >> XEN_P2M_IDENTITY_SHIFT))

/* Frames of the small trees */
#define SMALL		80UL

struct geometry {
	const char *name;
	unsigned int shift;
	unsigned long limit;
	unsigned int flags;
};

static const struct geometry geometries[] = {
	{ .name = "4 entries", .shift = 2, .limit = SMALL },
	{ .name = "4 entries, tools", .shift = 2, .limit = SMALL,
	  .flags = XEN_P2M_TOOLS },
	{ .name = "512 entries", .shift = 9, .limit = SMALL },
};

/* As in a dom0: 512 GiB */
static const struct geometry geometry_512g = {
	.name = "512 GiB", .shift = 9, .limit = 1UL << 27,
	.flags = XEN_P2M_IDENTITY_FIRST,
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

static const struct xen_p2m_held helds[] = {
	{ 17, 19, XEN_P2M_IS_BALLOON },
	{ 19, 22, XEN_P2M_IS_SCRATCH },
	{ 58, 62, XEN_P2M_IS_BALLOON },
};

struct fixture {
	struct xen_p2m_tree tree;
	struct xen_p2m_identity id;
	const struct geometry *geo;
	unsigned long was[SMALL];
	struct rnd rnd;
	/* for observe() */
	unsigned long watched;
	unsigned long lapses;
};

static const char devices[8];

static struct fixture *new_fixture(struct kunit *test,
				   const struct geometry *geo)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(&f->tree, geo->limit,
						geo->shift, geo->flags), 0);
	f->geo = geo;
	f->id.seam.tree = &f->tree;
	test->priv = f;

	return f;
}

static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	f->id.seam.fail_sets = false;
	xen_p2m_identity_exit(&f->id);
	KUNIT_EXPECT_EQ(test, f->id.seam.allocs, 0UL);
	KUNIT_EXPECT_EQ(test, f->id.seam.misuse, 0UL);
	KUNIT_EXPECT_FALSE(test, f->id.seam.locked);
	xen_p2m_tree_exit(&f->tree);
}

static struct fixture *new_small(struct kunit *test)
{
	struct fixture *f = new_fixture(test, test->param_value ?: geometries);
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
	f->id.seam.held = helds;
	f->id.seam.nr_held = ARRAY_SIZE(helds);

	return f;
}

/* --- to claim --------------------------------------------------------------- */

static struct xen_p2m_request request(unsigned int owner, unsigned int index,
				      u64 first, u64 last)
{
	return (struct xen_p2m_request) {
		.owner = &devices[owner], .index = index, .first = first,
		.last = last, .name = "device", .what = "BAR",
	};
}

static struct xen_p2m_verdict claim_bytes(struct fixture *f, unsigned int owner,
					  unsigned int index, u64 first,
					  u64 last)
{
	struct xen_p2m_request req = request(owner, index, first, last);

	return xen_p2m_identity_claim(&f->id, &req);
}

static struct xen_p2m_verdict claim(struct fixture *f, unsigned int owner,
				    unsigned int index, unsigned long start,
				    unsigned long end)
{
	return claim_bytes(f, owner, index, (u64)start << 12,
			   ((u64)end << 12) - 1);
}

static struct xen_p2m_verdict probe(struct fixture *f, unsigned int owner,
				    unsigned int index, unsigned long start,
				    unsigned long end)
{
	struct xen_p2m_request req = request(owner, index, (u64)start << 12,
					     ((u64)end << 12) - 1);

	req.probe = true;

	return xen_p2m_identity_claim(&f->id, &req);
}

static void release(struct fixture *f, unsigned int owner)
{
	xen_p2m_identity_release(&f->id, &devices[owner]);
}

static unsigned int count_claims(const struct fixture *f)
{
	const struct xen_p2m_claim *c;
	unsigned int nr = 0;

	for (c = f->id.claims; c; c = c->next)
		nr++;

	return nr;
}

static unsigned int count_marks(const struct fixture *f)
{
	const struct xen_p2m_mark *m;
	unsigned int nr = 0;

	for (m = f->id.marks; m; m = m->next)
		nr++;

	return nr;
}

/* --- what has to be ---------------------------------------------------------- */

static unsigned long claims_to(const struct fixture *f, unsigned long pfn)
{
	const struct xen_p2m_claim *c;
	unsigned long nr = 0;

	for (c = f->id.claims; c; c = c->next)
		nr += c->verdict.decision != XEN_P2M_REFUSE &&
		      c->start <= pfn && pfn < c->end;

	return nr;
}

static void check_lists(struct kunit *test, const struct fixture *f)
{
	const struct xen_p2m_claim *c;
	const struct xen_p2m_mark *m;
	unsigned long frames = 0;

	for (c = f->id.claims; c && c->next; c = c->next)
		KUNIT_EXPECT_LE(test, c->start, c->next->start);
	for (m = f->id.marks; m; m = m->next) {
		KUNIT_EXPECT_LT(test, m->start, m->end);
		if (m->next)
			KUNIT_EXPECT_LE(test, m->end, m->next->start);
		KUNIT_EXPECT_EQ(test, m->count, claims_to(f, m->start));
		KUNIT_EXPECT_EQ(test, m->count, claims_to(f, m->end - 1));
		frames += m->end - m->start;
	}
	KUNIT_EXPECT_EQ(test, f->id.frames, frames);
}

/* Each frame is what it was, or identity for a claim. */
static bool check(struct kunit *test, struct fixture *f)
{
	unsigned long pfn, want;
	bool ok = true;

	for (pfn = 0; pfn < SMALL; pfn++) {
		want = f->was[pfn];
		if (want == INVALID_P2M_ENTRY && claims_to(f, pfn))
			want = IDENTITY_FRAME(pfn);
		KUNIT_EXPECT_EQ_MSG(test, xen_p2m_lookup(&f->tree, pfn), want,
				    "pfn %lu", pfn);
		ok &= xen_p2m_lookup(&f->tree, pfn) == want;
	}
	check_lists(test, f);
	KUNIT_EXPECT_EQ(test, f->id.seam.misuse, 0UL);
	KUNIT_EXPECT_FALSE(test, f->id.seam.locked);
	KUNIT_EXPECT_EQ(test, f->tree.seam.misuse, 0UL);

	return ok;
}

/* Nothing is left of what was done: not in the P2M, and no memory. */
static void check_as_found(struct kunit *test, struct fixture *f)
{
	unsigned long pfn;

	for (pfn = 0; pfn < SMALL; pfn++)
		KUNIT_EXPECT_EQ_MSG(test, xen_p2m_lookup(&f->tree, pfn),
				    f->was[pfn], "pfn %lu", pfn);
	KUNIT_EXPECT_EQ(test, f->id.frames, 0UL);
	KUNIT_EXPECT_EQ(test, count_marks(f), 0U);
}

static enum xen_p2m_reason held_at(const struct fixture *f, unsigned long pfn,
				   unsigned long *end)
{
	unsigned int i;

	for (i = 0; i < f->id.seam.nr_held; i++)
		if (helds[i].start <= pfn && pfn < helds[i].end) {
			*end = helds[i].end;
			return helds[i].by;
		}

	return XEN_P2M_FREE;
}

/* What is against @pfn, and up to where at most */
static enum xen_p2m_reason against(struct fixture *f, unsigned long pfn,
				   unsigned long *end)
{
	*end = SMALL;
	switch (xen_p2m_type(&f->tree, pfn)) {
	case XEN_P2M_MFN:
		return XEN_P2M_IS_RAM;
	case XEN_P2M_FOREIGN:
		return XEN_P2M_IS_FOREIGN;
	case XEN_P2M_MISSING:
		return held_at(f, pfn, end);
	default:
		return XEN_P2M_FREE;
	}
}

/* The verdict, frame by frame */
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
			v.decision = XEN_P2M_REFUSE;
			v.start = pfn;
			until = min(until, end);
			while (pfn < until &&
			       against(f, pfn, &dummy) == v.reason)
				pfn++;
			v.end = pfn;
			v.frames = 0;
			return v;
		}
		if (xen_p2m_type(&f->tree, pfn) == XEN_P2M_MISSING) {
			v.decision = XEN_P2M_MARK;
			v.frames++;
		}
	}

	return v;
}

static void expect_verdict(struct kunit *test, struct xen_p2m_verdict got,
			   struct xen_p2m_verdict want)
{
	KUNIT_EXPECT_EQ(test, got.decision, want.decision);
	KUNIT_EXPECT_EQ(test, got.reason, want.reason);
	KUNIT_EXPECT_EQ(test, got.start, want.start);
	KUNIT_EXPECT_EQ(test, got.end, want.end);
	KUNIT_EXPECT_EQ(test, got.frames, want.frames);
}

static void expect_refused(struct kunit *test, struct xen_p2m_verdict got,
			   enum xen_p2m_reason reason, unsigned long start,
			   unsigned long end)
{
	expect_verdict(test, got, (struct xen_p2m_verdict) {
		.decision = XEN_P2M_REFUSE, .reason = reason,
		.start = start, .end = end,
	});
}

static void expect_marked(struct kunit *test, struct xen_p2m_verdict got,
			  unsigned long frames)
{
	expect_verdict(test, got, (struct xen_p2m_verdict) {
		.decision = XEN_P2M_MARK, .frames = frames,
	});
}

static void expect_left(struct kunit *test, struct xen_p2m_verdict got)
{
	expect_verdict(test, got, (struct xen_p2m_verdict) { });
}

/* --- one claim ---------------------------------------------------------------- */

/* Each range there is, over each state of each frame */
static void test_ranges(struct kunit *test)
{
	struct fixture *f = new_small(test);
	unsigned long start, end, nr = 0;

	for (start = 0; start < SMALL; start++)
		for (end = start + 1; end <= SMALL + 3; end++) {
			struct xen_p2m_verdict want, got;

			if (nr++ % thinning())
				continue;
			want = want_verdict(f, start, end);
			got = claim(f, 0, 0, start, end);
			expect_verdict(test, got, want);
			KUNIT_EXPECT_TRUE(test, got.news);
			check(test, f);
			release(f, 0);
			check_as_found(test, f);
		}
	KUNIT_EXPECT_EQ(test, count_claims(f), 0U);
}

static void test_refused_by_name(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_refused(test, claim(f, 0, 0, 5, 7), XEN_P2M_IS_RAM, 5, 7);
	expect_refused(test, claim(f, 0, 1, 31, 40), XEN_P2M_IS_RAM, 33, 36);
	expect_refused(test, claim(f, 0, 2, 31, 34), XEN_P2M_IS_RAM, 33, 34);
	expect_refused(test, claim(f, 0, 3, 35, 40), XEN_P2M_IS_RAM, 35, 36);
	expect_refused(test, claim(f, 0, 4, 48, 60), XEN_P2M_IS_FOREIGN, 52, 53);
	expect_refused(test, claim(f, 0, 5, 13, 22), XEN_P2M_IS_BALLOON, 17, 19);
	expect_refused(test, claim(f, 0, 6, 20, 30), XEN_P2M_IS_SCRATCH, 20, 22);
	expect_refused(test, claim(f, 0, 7, 60, 61), XEN_P2M_IS_BALLOON, 60, 61);
	check(test, f);
	check_as_found(test, f);
	KUNIT_EXPECT_EQ(test, count_claims(f), 8U);
	KUNIT_EXPECT_EQ(test, f->id.refused, 8UL);
	KUNIT_EXPECT_EQ(test, f->id.seam.sets, 0UL);
}

/* A BAR of no size, as one that is not there */
static void test_no_size(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_left(test, claim_bytes(f, 0, 0, 0x18000, 0x17fff));
	expect_left(test, claim_bytes(f, 0, 0, 0, ~0ULL));
	KUNIT_EXPECT_EQ(test, count_claims(f), 0U);
	KUNIT_EXPECT_EQ(test, f->id.left, 0UL);

	/* It had one before. */
	expect_marked(test, claim(f, 0, 0, 24, 26), 2);
	expect_left(test, claim_bytes(f, 0, 0, 0x18000, 0x17fff));
	KUNIT_EXPECT_EQ(test, count_claims(f), 0U);
	check_as_found(test, f);
}

static void test_wraps(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_verdict v;

	v = claim_bytes(f, 0, 0, 0x18000, 0x17ffe);
	expect_refused(test, v, XEN_P2M_NO_RANGE, 0, 0);
	KUNIT_EXPECT_TRUE(test, v.news);
	v = claim_bytes(f, 0, 0, 0x18000, 0x17ffe);
	KUNIT_EXPECT_FALSE(test, v.news);
	expect_refused(test, claim_bytes(f, 0, 1, ~0ULL, 0), XEN_P2M_NO_RANGE,
		       0, 0);
	expect_refused(test, claim_bytes(f, 0, 2, ~0ULL, ~0ULL - 2),
		       XEN_P2M_NO_RANGE, 0, 0);
	check_as_found(test, f);
	/* It is in nobody's way. */
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 0, 10, 1), 0UL);
}

/* A page is identity if the BAR has a byte in it. */
static void test_bytes(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim_bytes(f, 0, 0, 0x18fff, 0x18fff), 1);
	expect_marked(test, claim_bytes(f, 0, 1, 0x19fff, 0x1a000), 2);
	check(test, f);
	KUNIT_EXPECT_EQ(test, claims_to(f, 0x18), 1UL);
	KUNIT_EXPECT_EQ(test, claims_to(f, 0x19), 1UL);
	KUNIT_EXPECT_EQ(test, claims_to(f, 0x1a), 1UL);
	KUNIT_EXPECT_EQ(test, claims_to(f, 0x1b), 0UL);
}

/* --- sizes -------------------------------------------------------------------- */

static void test_huge(struct kunit *test)
{
	struct fixture *f = new_fixture(test, &geometry_512g);
	unsigned long start = FRAMES(GIB(448)), end = FRAMES(GIB(512));
	struct xen_p2m_usage before, after;

	/* 64 GiB at the end of the P2M */
	KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree, start, end,
						XEN_P2M_MISSING, 0), 0);
	xen_p2m_usage(&f->tree, &before);
	expect_marked(test, claim_bytes(f, 0, 0, GIB(448), GIB(512) - 1),
		      end - start);
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, start),
			IDENTITY_FRAME(start));
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, end - 1),
			IDENTITY_FRAME(end - 1));
	KUNIT_EXPECT_EQ(test, f->id.seam.sets, 1UL);
	release(f, 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, start),
			INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, end - 1),
			INVALID_P2M_ENTRY);
	xen_p2m_usage(&f->tree, &after);
	KUNIT_EXPECT_EQ(test, after.leaves, before.leaves);
	KUNIT_EXPECT_EQ(test, after.mids, before.mids);

	/* 1 TiB of which the last 64 GiB of the P2M are a part */
	expect_marked(test, claim_bytes(f, 0, 0, GIB(256), GIB(1280) - 1),
		      end - start);
	release(f, 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_lookup(&f->tree, end - 1),
			INVALID_P2M_ENTRY);
}

/* Behind the limit all is identity, to the end of the address space. */
static void test_beyond_limit(struct kunit *test)
{
	struct fixture *f = new_fixture(test, &geometry_512g);

	expect_left(test, claim_bytes(f, 0, 0, GIB(512), GIB(1536) - 1));
	expect_left(test, claim_bytes(f, 0, 1, 0 - GIB(64), ~0ULL));
	expect_left(test, claim_bytes(f, 0, 2, 0 - GIB(1024), ~0ULL));
	expect_left(test, claim_bytes(f, 0, 3, ~0ULL, ~0ULL));
	expect_left(test, claim_bytes(f, 0, 4, 1, ~0ULL));
	KUNIT_EXPECT_EQ(test, f->id.seam.sets, 0UL);
	KUNIT_EXPECT_EQ(test, f->id.left, 5UL);
	KUNIT_EXPECT_EQ(test, f->id.marked, 0UL);
	KUNIT_EXPECT_EQ(test, f->id.claims->end, 1UL << 52);
	release(f, 0);
	KUNIT_EXPECT_EQ(test, f->id.released, 5UL);
	KUNIT_EXPECT_EQ(test, f->id.seam.sets, 0UL);
}

/* --- several claims ------------------------------------------------------------ */

static void test_twice(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_verdict v;
	unsigned long sets;

	v = claim(f, 0, 0, 22, 30);
	expect_marked(test, v, 8);
	KUNIT_EXPECT_TRUE(test, v.news);
	sets = f->id.seam.sets;
	v = claim(f, 0, 0, 22, 30);
	expect_marked(test, v, 8);
	KUNIT_EXPECT_FALSE(test, v.news);
	KUNIT_EXPECT_EQ(test, f->id.seam.sets, sets);
	KUNIT_EXPECT_EQ(test, f->id.marked, 1UL);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
	check(test, f);
	release(f, 0);
	KUNIT_EXPECT_EQ(test, f->id.released, 1UL);
	check_as_found(test, f);
}

/* Two devices with a byte each in one page */
static void test_shared_page(struct kunit *test)
{
	struct fixture *f = new_small(test);
	unsigned int last;

	for (last = 0; last < 2; last++) {
		expect_marked(test, claim_bytes(f, 0, 0, 0x18000, 0x180ff), 1);
		expect_left(test, claim_bytes(f, 1, 0, 0x18100, 0x181ff));
		KUNIT_EXPECT_EQ(test, f->id.marks->count, 2UL);
		check(test, f);
		release(f, !last);
		KUNIT_EXPECT_EQ(test, f->id.marks->count, 1UL);
		check(test, f);
		release(f, last);
		check_as_found(test, f);
	}
}

/* A BAR in an aperture, which goes first or last */
static void test_nested(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 36, 52), 12);
	expect_left(test, claim(f, 1, 0, 40, 43));
	expect_left(test, claim(f, 2, 0, 42, 50));
	check(test, f);
	release(f, 0);
	check(test, f);
	KUNIT_EXPECT_EQ(test, f->id.frames, 6UL);
	release(f, 2);
	check(test, f);
	release(f, 1);
	check_as_found(test, f);

	expect_marked(test, claim(f, 1, 0, 40, 43), 3);
	expect_marked(test, claim(f, 0, 0, 36, 52), 9);
	check(test, f);
	release(f, 1);
	check(test, f);
	release(f, 0);
	check_as_found(test, f);
}

/* The same range, but different resources of one device */
static void test_two_resources(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 22, 24), 2);
	expect_left(test, claim(f, 0, 1, 22, 24));
	expect_left(test, claim(f, 1, 0, 22, 24));
	KUNIT_EXPECT_EQ(test, count_claims(f), 3U);
	check(test, f);
	claim_bytes(f, 0, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, count_claims(f), 2U);
	check(test, f);
	release(f, 0);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
	check(test, f);
}

/* Called in the middle of things: is the frame still identity? */
static void observe(struct xen_p2m_seam *s)
{
	struct fixture *f = s->user;

	if (xen_p2m_type(&f->tree, f->watched) != XEN_P2M_IDENTITY)
		f->lapses++;
}

/* A BAR is resized: what old and new place have in common stays identity. */
static void test_moved(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 22, 27), 5);
	f->watched = 25;
	f->tree.seam.user = f;
	f->tree.seam.observe = observe;
	expect_marked(test, claim(f, 0, 0, 25, 29), 2);
	f->tree.seam.observe = NULL;
	KUNIT_EXPECT_EQ(test, f->lapses, 0UL);
	KUNIT_EXPECT_EQ(test, f->id.frames, 4UL);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
	KUNIT_EXPECT_EQ(test, f->id.claims->start, 25UL);
	check(test, f);

	/* One end only */
	expect_left(test, claim(f, 0, 0, 25, 28));
	check(test, f);
	expect_left(test, claim(f, 0, 0, 26, 28));
	check(test, f);
	expect_marked(test, claim(f, 0, 0, 26, 29), 1);
	check(test, f);

	/* To where it cannot be */
	expect_refused(test, claim(f, 0, 0, 28, 35), XEN_P2M_IS_RAM, 33, 35);
	check_as_found(test, f);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);

	/* And to a place which is identity anyway */
	expect_left(test, claim(f, 0, 0, 74, 76));
	check_as_found(test, f);
}

/* What was in the way is gone: the claim is decided anew. */
static void test_refused_again(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_request req = request(0, 0, 31 << 12, (38 << 12) - 1);
	struct xen_p2m_verdict v;
	unsigned long pfn;

	req.when = 1;
	v = xen_p2m_identity_claim(&f->id, &req);
	KUNIT_EXPECT_TRUE(test, v.news);
	req.when = 2;
	v = xen_p2m_identity_claim(&f->id, &req);
	expect_refused(test, v, XEN_P2M_IS_RAM, 33, 36);
	KUNIT_EXPECT_FALSE(test, v.news);
	KUNIT_EXPECT_EQ(test, f->id.claims->when, 1ULL);
	KUNIT_EXPECT_EQ(test, f->id.refused, 1UL);

	/* Another reason is news. */
	KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree, 33, 36,
						XEN_P2M_FOREIGN, 77), 0);
	req.when = 3;
	v = xen_p2m_identity_claim(&f->id, &req);
	expect_refused(test, v, XEN_P2M_IS_FOREIGN, 33, 36);
	KUNIT_EXPECT_TRUE(test, v.news);
	KUNIT_EXPECT_EQ(test, f->id.claims->when, 3ULL);

	for (pfn = 33; pfn < 36; pfn++) {
		f->was[pfn] = INVALID_P2M_ENTRY;
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, pfn,
						  INVALID_P2M_ENTRY), 0);
	}
	req.when = 4;
	v = xen_p2m_identity_claim(&f->id, &req);
	expect_marked(test, v, 7);
	KUNIT_EXPECT_TRUE(test, v.news);
	KUNIT_EXPECT_EQ(test, f->id.claims->when, 4ULL);
	check(test, f);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
}

/* A refused claim counts for nothing when it goes. */
static void test_refused_released(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 28, 32), 3);
	expect_refused(test, claim(f, 1, 0, 20, 35), XEN_P2M_IS_SCRATCH, 20, 22);
	check(test, f);
	release(f, 1);
	check(test, f);
	release(f, 0);
	check_as_found(test, f);
}

static void test_probe(struct kunit *test)
{
	struct fixture *f = new_small(test);

	/* Nothing in the way: no trace of it */
	KUNIT_EXPECT_EQ(test, probe(f, 0, 0, 22, 30).decision, XEN_P2M_MARK);
	KUNIT_EXPECT_FALSE(test, probe(f, 0, 0, 22, 30).news);
	KUNIT_EXPECT_EQ(test, count_claims(f), 0U);
	KUNIT_EXPECT_EQ(test, f->id.seam.sets, 0UL);
	check_as_found(test, f);

	KUNIT_EXPECT_TRUE(test, probe(f, 0, 0, 22, 34).news);
	KUNIT_EXPECT_FALSE(test, probe(f, 0, 0, 22, 34).news);
	expect_refused(test, probe(f, 0, 0, 22, 34), XEN_P2M_IS_RAM, 33, 34);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
	KUNIT_EXPECT_EQ(test, f->id.refused, 1UL);
	check_as_found(test, f);

	/* A BAR that loses its address is not claimed any more. */
	expect_marked(test, claim(f, 0, 0, 22, 30), 8);
	check(test, f);
	probe(f, 0, 0, 22, 30);
	KUNIT_EXPECT_EQ(test, count_claims(f), 0U);
	check_as_found(test, f);
}

static void test_sweep(struct kunit *test)
{
	struct fixture *f = new_small(test);

	claim(f, 0, 0, 22, 24);
	claim(f, 0, 1, 24, 26);
	claim(f, 1, 0, 25, 28);
	claim(f, 2, 0, 33, 34);
	xen_p2m_identity_pass(&f->id);
	claim(f, 0, 1, 24, 26);
	claim(f, 3, 0, 40, 41);
	xen_p2m_identity_sweep(&f->id);
	KUNIT_EXPECT_EQ(test, count_claims(f), 2U);
	KUNIT_EXPECT_EQ(test, f->id.frames, 3UL);
	KUNIT_EXPECT_EQ(test, f->id.released, 3UL);
	check(test, f);
	xen_p2m_identity_sweep(&f->id);
	KUNIT_EXPECT_EQ(test, count_claims(f), 2U);
	xen_p2m_identity_pass(&f->id);
	xen_p2m_identity_sweep(&f->id);
	KUNIT_EXPECT_EQ(test, count_claims(f), 0U);
	check_as_found(test, f);
}

/* Ten times the same device */
static void test_replugged(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_usage before, after;
	unsigned int i;

	xen_p2m_usage(&f->tree, &before);
	for (i = 0; i < 10; i++) {
		expect_marked(test, claim(f, 0, 0, 36, 52), 12);
		check(test, f);
		release(f, 0);
		check_as_found(test, f);
	}
	/* Leaves may have become private; not more of them each time. */
	xen_p2m_usage(&f->tree, &after);
	KUNIT_EXPECT_LE(test, after.leaves, before.leaves + 5);
	KUNIT_EXPECT_EQ(test, f->id.marked, 10UL);
	KUNIT_EXPECT_EQ(test, f->id.released, 10UL);
}

static void test_names(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_request req = request(0, 0, 0x18000, 0x18fff);

	req.name = "0123456789012345678901234567890123456789";
	req.what = "01234567890123456789";
	xen_p2m_identity_claim(&f->id, &req);
	KUNIT_EXPECT_EQ(test, strlen(f->id.claims->name), XEN_P2M_NAME - 1UL);
	KUNIT_EXPECT_EQ(test, strlen(f->id.claims->what), XEN_P2M_WHAT - 1UL);
	KUNIT_EXPECT_EQ(test, f->id.claims->first, 0x18000ULL);
	KUNIT_EXPECT_EQ(test, f->id.claims->last, 0x18fffULL);
	KUNIT_EXPECT_EQ(test, claim(f, 0, 0, 24, 25).news, false);
}

/* --- what fails --------------------------------------------------------------- */

/* Each allocation of the policy in turn, with marks that have to be split */
static void test_no_memory(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_verdict v;
	unsigned long nth, refused;

	expect_marked(test, claim(f, 0, 0, 36, 52), 12);
	for (nth = 1; nth < 20; nth++) {
		refused = f->id.refused;
		f->id.seam.fail_alloc = nth;
		v = claim(f, 1, 0, 22, 33);
		if (v.decision != XEN_P2M_REFUSE)
			break;
		KUNIT_EXPECT_EQ(test, v.reason, XEN_P2M_NO_MEMORY);
		KUNIT_EXPECT_EQ(test, f->id.refused, refused + 1);
		KUNIT_EXPECT_TRUE(test, v.news);
		check(test, f);
		release(f, 1);
		check(test, f);
	}
	/* The claim, two spare marks, two marks */
	KUNIT_EXPECT_EQ(test, nth, 6UL);
	f->id.seam.fail_alloc = 0;
	expect_left(test, claim(f, 2, 0, 38, 41));
	check(test, f);
}

/* The claim of before stands if there is no memory for a new one. */
static void test_no_memory_moved(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 22, 27), 5);
	xen_p2m_identity_pass(&f->id);
	f->id.seam.fail_alloc = 1;
	KUNIT_EXPECT_EQ(test, claim(f, 0, 0, 25, 29).reason,
			XEN_P2M_NO_MEMORY);
	xen_p2m_identity_sweep(&f->id);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
	check(test, f);
}

/* Each change of the P2M in turn: those before it are taken back. */
static void test_set_fails(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_verdict v;
	unsigned long nth;

	f->was[44] = INVALID_P2M_ENTRY;
	KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, 44, INVALID_P2M_ENTRY), 0);
	for (nth = 1; nth < 20; nth++) {
		f->id.seam.fail_set = nth;
		v = claim(f, 0, 0, 23, 33);
		if (v.decision != XEN_P2M_REFUSE)
			break;
		KUNIT_EXPECT_EQ(test, v.reason, XEN_P2M_NO_MEMORY);
		KUNIT_EXPECT_LT(test, v.start, v.end);
		KUNIT_EXPECT_EQ(test, f->was[v.start], INVALID_P2M_ENTRY);
		KUNIT_EXPECT_EQ(test, f->was[v.end - 1], INVALID_P2M_ENTRY);
		check_as_found(test, f);
	}
	KUNIT_EXPECT_EQ(test, nth, 3UL);
	check(test, f);
}

/* The P2M itself has no memory, at each of its allocations. */
static void test_p2m_no_memory(struct kunit *test)
{
	struct fixture *f = new_small(test);
	struct xen_p2m_verdict v;
	unsigned long nth;

	for (nth = 1; nth < 20; nth++) {
		f->tree.seam.fail_at = nth;
		v = claim(f, 0, 0, 63, 71);
		f->tree.seam.fail_at = 0;
		if (v.decision != XEN_P2M_REFUSE)
			break;
		KUNIT_EXPECT_EQ(test, v.reason, XEN_P2M_NO_MEMORY);
		check_as_found(test, f);
	}
	KUNIT_EXPECT_LT(test, nth, 20UL);
	check(test, f);
}

/* Taking back fails as well: what stays identity is made good later. */
static void test_undo_fails(struct kunit *test)
{
	struct fixture *f = new_small(test);

	f->id.seam.fail_set = 2;
	f->id.seam.fail_rest = true;
	KUNIT_EXPECT_EQ(test, claim(f, 0, 0, 23, 33).reason, XEN_P2M_NO_MEMORY);
	f->id.seam.fail_sets = false;
	KUNIT_EXPECT_EQ(test, count_marks(f), 1U);
	KUNIT_EXPECT_EQ(test, f->id.marks->count, 0UL);
	KUNIT_EXPECT_EQ(test, f->id.frames, 2UL);
	check_lists(test, f);
	release(f, 0);
	check_as_found(test, f);

	/* A claim to part of a leftover, which still cannot be made missing */
	f->id.seam.fail_set = 2;
	KUNIT_EXPECT_EQ(test, claim(f, 0, 0, 23, 33).reason, XEN_P2M_NO_MEMORY);
	expect_left(test, claim(f, 1, 0, 31, 32));
	f->id.seam.fail_sets = false;
	check_lists(test, f);
	release(f, 0);
	check(test, f);
	KUNIT_EXPECT_EQ(test, f->id.frames, 1UL);
	release(f, 1);
	check_as_found(test, f);
}

/* A device goes, and its frames cannot be made missing: later then. */
static void test_release_fails(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 22, 24), 2);
	expect_marked(test, claim(f, 1, 0, 26, 28), 2);
	f->id.seam.fail_set = 1;
	release(f, 0);
	KUNIT_EXPECT_EQ(test, count_claims(f), 1U);
	KUNIT_EXPECT_EQ(test, f->id.frames, 4UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_type(&f->tree, 22), XEN_P2M_IDENTITY);
	check_lists(test, f);
	/* Nobody may have them before. */
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 22, 1, 1), 24UL);
	claim(f, 1, 0, 26, 28);
	check(test, f);
	KUNIT_EXPECT_EQ(test, f->id.frames, 2UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 22, 1, 1), 22UL);

	/* And at the end of all */
	f->id.seam.fail_sets = true;
	xen_p2m_identity_exit(&f->id);
	KUNIT_EXPECT_EQ(test, count_marks(f), 0U);
	KUNIT_EXPECT_EQ(test, f->id.frames, 0UL);
	KUNIT_EXPECT_EQ(test, f->id.seam.allocs, 0UL);
}

/* Somebody has put a page into a claimed range: it is not ours to remove. */
static void test_changed_meanwhile(struct kunit *test)
{
	struct fixture *f = new_small(test);

	expect_marked(test, claim(f, 0, 0, 22, 29), 7);
	KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, 22, 4242), 0);
	KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, 25, FOREIGN_FRAME(43)), 0);
	KUNIT_ASSERT_EQ(test, xen_p2m_set(&f->tree, 27, INVALID_P2M_ENTRY), 0);
	release(f, 0);
	f->was[22] = 4242;
	f->was[25] = FOREIGN_FRAME(43);
	check_as_found(test, f);
}

/* --- the other direction --------------------------------------------------------- */

static void test_avoid(struct kunit *test)
{
	struct fixture *f = new_small(test);

	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 0, 80, 1), 0UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 5, 80, 8), 8UL);
	claim(f, 0, 0, 24, 32);
	claim(f, 1, 0, 33, 34);		/* refused */
	claim(f, 2, 0, 40, 44);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 0, 24, 1), 0UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 0, 25, 1), 44UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 17, 8, 1), 44UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 16, 8, 1), 16UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 24, 1, 1), 32UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 31, 1, 1), 32UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 31, 2, 1), 34UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 32, 1, 1), 32UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 33, 1, 1), 34UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 25, 8, 16), 48UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 25, 4, 4), 36UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 24, 9, 4), 44UL);
	release(f, 2);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 25, 8, 16), 48UL);
	KUNIT_EXPECT_EQ(test, xen_p2m_identity_avoid(&f->id, 25, 9, 1), 34UL);
}

/* --- words -------------------------------------------------------------------- */

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
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_RAM, true),
				       "dom0_mem=") != NULL);
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_BALLOON, false),
				       "e820_host=1") != NULL);
	KUNIT_EXPECT_TRUE(test, strstr(xen_p2m_remedy(XEN_P2M_IS_RAM, false),
				       "e820_host=1") != NULL);
}

/* --- at random ----------------------------------------------------------------- */

static void random_claim(struct kunit *test, struct fixture *f)
{
	unsigned int owner = rnd_below(&f->rnd, 4);
	unsigned int index = rnd_below(&f->rnd, 3);
	unsigned long start = rnd_below(&f->rnd, SMALL);
	unsigned long end = start + 1 + rnd_below(&f->rnd, 12);
	const struct xen_p2m_claim *old;
	struct xen_p2m_verdict want, got;

	old = ident_find(&f->id, &devices[owner], index);
	if (old && rnd_one_in(&f->rnd, 4)) {
		start = old->start;
		end = old->end;
	}
	want = want_verdict(f, start, end);
	if (old && old->start == start && old->end == end &&
	    old->verdict.decision != XEN_P2M_REFUSE)
		want = old->verdict;
	got = claim(f, owner, index, start, end);
	expect_verdict(test, got, want);
}

/* Anything may fail; what is identity for nobody then is a leftover. */
static void random_failure(struct kunit *test, struct fixture *f)
{
	unsigned long start = rnd_below(&f->rnd, SMALL);

	f->id.seam.fail_rest = rnd_one_in(&f->rnd, 2);
	f->id.seam.fail_set = rnd_below(&f->rnd, 4);
	f->id.seam.fail_alloc = rnd_below(&f->rnd, 5);
	if (rnd_one_in(&f->rnd, 2))
		claim(f, rnd_below(&f->rnd, 4), rnd_below(&f->rnd, 3), start,
		      start + 1 + rnd_below(&f->rnd, 12));
	else
		release(f, rnd_below(&f->rnd, 4));
	f->id.seam.fail_set = 0;
	f->id.seam.fail_alloc = 0;
	f->id.seam.fail_sets = false;
	check_lists(test, f);
	/* Of nobody's: only to have leftovers made good */
	release(f, 7);
}

static void test_random(struct kunit *test)
{
	struct fixture *f = new_small(test);
	unsigned long i;

	f->rnd.state = seed ?: get_random_u64();
	kunit_info(test, "%s: seed=%#lx", f->geo->name,
		   (unsigned long)f->rnd.state);
	for (i = 0; i < 4000 / thinning(); i++) {
		switch (rnd_below(&f->rnd, 8)) {
		case 0:
			release(f, rnd_below(&f->rnd, 4));
			break;
		case 1:
			random_failure(test, f);
			break;
		case 2:
			xen_p2m_identity_pass(&f->id);
			random_claim(test, f);
			if (rnd_one_in(&f->rnd, 4))
				xen_p2m_identity_sweep(&f->id);
			break;
		default:
			random_claim(test, f);
			break;
		}
		KUNIT_ASSERT_TRUE_MSG(test, check(test, f), "operation %lu", i);
	}
	xen_p2m_identity_exit(&f->id);
	check_as_found(test, f);
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE_PARAM(test_ranges, geometry_gen_params),
	KUNIT_CASE_PARAM(test_refused_by_name, geometry_gen_params),
	KUNIT_CASE(test_no_size),
	KUNIT_CASE(test_wraps),
	KUNIT_CASE(test_bytes),
	KUNIT_CASE(test_huge),
	KUNIT_CASE(test_beyond_limit),
	KUNIT_CASE_PARAM(test_twice, geometry_gen_params),
	KUNIT_CASE_PARAM(test_shared_page, geometry_gen_params),
	KUNIT_CASE_PARAM(test_nested, geometry_gen_params),
	KUNIT_CASE(test_two_resources),
	KUNIT_CASE_PARAM(test_moved, geometry_gen_params),
	KUNIT_CASE(test_refused_again),
	KUNIT_CASE(test_refused_released),
	KUNIT_CASE(test_probe),
	KUNIT_CASE(test_sweep),
	KUNIT_CASE_PARAM(test_replugged, geometry_gen_params),
	KUNIT_CASE(test_names),
	KUNIT_CASE(test_avoid),
	KUNIT_CASE(test_words),
	{ }
};

static struct kunit_suite claim_suite = {
	.name = "xen-p2m-identity-claims",
	.exit = teardown,
	.test_cases = claim_cases,
};

static struct kunit_case failure_cases[] = {
	KUNIT_CASE_PARAM(test_no_memory, geometry_gen_params),
	KUNIT_CASE(test_no_memory_moved),
	KUNIT_CASE_PARAM(test_set_fails, geometry_gen_params),
	KUNIT_CASE_PARAM(test_p2m_no_memory, geometry_gen_params),
	KUNIT_CASE(test_undo_fails),
	KUNIT_CASE(test_release_fails),
	KUNIT_CASE(test_changed_meanwhile),
	{ }
};

static struct kunit_suite failure_suite = {
	.name = "xen-p2m-identity-failures",
	.exit = teardown,
	.test_cases = failure_cases,
};

static struct kunit_case random_cases[] = {
	KUNIT_CASE_PARAM(test_random, geometry_gen_params),
	{ }
};

static struct kunit_suite random_suite = {
	.name = "xen-p2m-identity-random",
	.exit = teardown,
	.test_cases = random_cases,
};

kunit_test_suites(&claim_suite, &failure_suite, &random_suite);

MODULE_DESCRIPTION("KUnit tests of the identity policy of Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
