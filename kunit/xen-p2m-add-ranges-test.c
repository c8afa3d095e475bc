// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of where memory may be added
 *
 * The same tests run under UML, in any kernel, and in userland
 * (tools/testing/p2m).
 */

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/types.h>

#include <kunit/test.h>

#include "add-ranges.h"

#include "add-maps.h"
#include "seed.h"

/* Too large for the stack */
static struct xen_add_ranges *plan_of(const struct xen_layout_region *map,
				      unsigned int nr, u64 used, u64 limit)
{
	const struct xen_add_input in = {
		.map = map, .nr_map = nr, .used = PFN(used),
		.section = PFN(SECTION), .limit = PFN(limit),
	};
	static struct xen_add_ranges ranges;

	xen_add_ranges_plan(&in, &ranges);

	return &ranges;
}

static void expect_range(struct kunit *test, const struct xen_add_range *range,
			 u64 start, u64 end, bool unusable)
{
	KUNIT_EXPECT_EQ(test, range->start, PFN(start));
	KUNIT_EXPECT_EQ(test, range->end, PFN(end));
	KUNIT_EXPECT_EQ(test, range->unusable, unusable);
}

/* --- the ranges ------------------------------------------------------------------ */

static void test_dom0(struct kunit *test)
{
	struct xen_add_ranges *r = plan_of(q35_4g, ARRAY_SIZE(q35_4g), GIB(1), GIB(512));

	KUNIT_ASSERT_EQ(test, r->ram.nr, 2U);
	expect_range(test, &r->ram.range[0], GIB(1), MIB(1920), false);
	expect_range(test, &r->ram.range[1], GIB(4), GIB(6), false);
	expect_range(test, &r->above, GIB(6), GIB(512), false);
}

/* All RAM of the machine is dom0's, or may become so by extra memory. */
static void test_all_used(struct kunit *test)
{
	struct xen_add_ranges *r = plan_of(q35_4g, ARRAY_SIZE(q35_4g), GIB(6), GIB(512));

	KUNIT_EXPECT_EQ(test, r->ram.nr, 0U);
	expect_range(test, &r->above, GIB(6), GIB(512), false);
}

/* The holes of the host are at 0x80000000 to 0xb0000000, and from 0xc0000000. */
static void test_domu_host_map(struct kunit *test)
{
	struct xen_add_ranges *r = plan_of(domu_host, ARRAY_SIZE(domu_host),
					 GIB(4) + MIB(644), GIB(512));

	KUNIT_ASSERT_EQ(test, r->ram.nr, 1U);
	expect_range(test, &r->ram.range[0], MIB(256), MIB(1920), true);
	expect_range(test, &r->above, GIB(4) + MIB(768), GIB(512), false);
}

/* A domU without the map of a host has no holes to stay out of. */
static void test_domu_plain_map(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(0, MIB(900), RAM),
	};
	struct xen_add_ranges *r = plan_of(map, ARRAY_SIZE(map), MIB(900), GIB(512));

	KUNIT_EXPECT_EQ(test, r->ram.nr, 0U);
	expect_range(test, &r->above, GIB(4), GIB(512), false);
}

static void test_limit(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(0, GIB(3), RAM),
		REGION(GIB(4), GIB(16), RAM),
	};
	struct xen_add_ranges *r = plan_of(map, ARRAY_SIZE(map), GIB(1), GIB(8) + MIB(1));

	KUNIT_ASSERT_EQ(test, r->ram.nr, 2U);
	expect_range(test, &r->ram.range[1], GIB(4), GIB(8), false);
	KUNIT_EXPECT_EQ(test, r->limit, PFN(GIB(8)));
	/* RAM goes on beyond the limit, so nothing is above it. */
	KUNIT_EXPECT_LE(test, r->above.end, r->above.start);
}

/* What lies across the limit ends the range above the map, at a whole section. */
static void test_above_ends_below_device(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(0, GIB(2), RAM),
		REGION(GIB(400) + MIB(1), GIB(600), RESERVED),
	};
	struct xen_add_ranges *r = plan_of(map, ARRAY_SIZE(map), GIB(2), GIB(512));

	expect_range(test, &r->above, GIB(4), GIB(400), false);
	r = plan_of(map, ARRAY_SIZE(map), GIB(2), GIB(600));
	expect_range(test, &r->above, GIB(4), GIB(400), false);
}

/* Whole sections, and whole pages before that */
static void test_partial(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(MIB(1024) + 1, MIB(1152), RAM),
		REGION(MIB(1280), MIB(1408) - 1, RAM),
		REGION(MIB(1536), MIB(1664), RAM),
		REGION(MIB(1700), MIB(1800), RAM),
	};
	struct xen_add_ranges *r = plan_of(map, ARRAY_SIZE(map), 0, GIB(512));

	KUNIT_ASSERT_EQ(test, r->ram.nr, 1U);
	expect_range(test, &r->ram.range[0], MIB(1536), MIB(1664), false);
}

/* More pieces than the table has room for: those of no use take none. */
static void test_full(struct kunit *test)
{
	static struct xen_layout_region map[128];
	struct xen_add_ranges *r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		u64 size = i % 2 ? MIB(256) : MIB(16);

		map[i] = (struct xen_layout_region)
			REGION(GIB(i + 4), GIB(i + 4) + size, RAM);
	}
	r = plan_of(map, ARRAY_SIZE(map), 0, GIB(512));
	KUNIT_ASSERT_EQ(test, r->ram.nr, XEN_ADD_MAX_RANGES);
	for (i = 0; i < r->ram.nr; i++)
		expect_range(test, &r->ram.range[i], GIB(2 * i + 5),
			     GIB(2 * i + 5) + MIB(256), false);
}

/* Which ranges there are to try, place by place */
static void test_get(struct kunit *test)
{
	struct xen_add_ranges *r = plan_of(q35_4g, ARRAY_SIZE(q35_4g), GIB(1), GIB(512));
	struct xen_add_range range;

	KUNIT_ASSERT_TRUE(test, xen_add_ranges_get(r, XEN_ADD_RAM, 1, &range));
	expect_range(test, &range, GIB(4), GIB(6), false);
	KUNIT_EXPECT_FALSE(test, xen_add_ranges_get(r, XEN_ADD_RAM, 2, &range));

	KUNIT_ASSERT_TRUE(test, xen_add_ranges_get(r, XEN_ADD_ABOVE, 0, &range));
	expect_range(test, &range, GIB(6), GIB(512), false);
	KUNIT_EXPECT_FALSE(test, xen_add_ranges_get(r, XEN_ADD_ABOVE, 1, &range));
	r->above.end = r->above.start;
	KUNIT_EXPECT_FALSE(test, xen_add_ranges_get(r, XEN_ADD_ABOVE, 0, &range));

	KUNIT_ASSERT_TRUE(test, xen_add_ranges_get(r, XEN_ADD_HOLE, 0, &range));
	expect_range(test, &range, GIB(6), GIB(512), false);
	KUNIT_ASSERT_TRUE(test, xen_add_ranges_get(r, XEN_ADD_HOLE, 1, &range));
	expect_range(test, &range, GIB(2), MIB(2816), false);
	KUNIT_ASSERT_TRUE(test, xen_add_ranges_get(r, XEN_ADD_HOLE, 2, &range));
	expect_range(test, &range, GIB(3), MIB(3968), false);
	KUNIT_EXPECT_FALSE(test, xen_add_ranges_get(r, XEN_ADD_HOLE, 3, &range));
}

/* Whole sections of what the map has not, and the first MiB never; 4 GiB parts them */
static void test_holes(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(GIB(1) + 1, GIB(2), RAM),
		REGION(GIB(2) + MIB(64), GIB(2) + MIB(65), ACPI),
		REGION(GIB(3), GIB(3) + MIB(1), RESERVED),
		REGION(GIB(6) - 1, GIB(600), RESERVED),
	};
	struct xen_add_ranges *r = plan_of(map, ARRAY_SIZE(map), GIB(2), GIB(512));

	KUNIT_ASSERT_EQ(test, r->low_holes.nr, 3U);
	expect_range(test, &r->low_holes.range[0], MIB(128), GIB(1), false);
	expect_range(test, &r->low_holes.range[1], GIB(2) + MIB(128), GIB(3), false);
	expect_range(test, &r->low_holes.range[2], GIB(3) + MIB(128), GIB(4), false);
	KUNIT_ASSERT_EQ(test, r->high_holes.nr, 1U);
	expect_range(test, &r->high_holes.range[0], GIB(4), GIB(6) - MIB(128), false);
	/* A P2M that ends in the second one */
	r = plan_of(map, ARRAY_SIZE(map), GIB(2), GIB(2) + MIB(512));
	KUNIT_ASSERT_EQ(test, r->low_holes.nr, 2U);
	expect_range(test, &r->low_holes.range[1], GIB(2) + MIB(128), GIB(2) + MIB(512),
		     false);
	KUNIT_EXPECT_EQ(test, r->high_holes.nr, 0U);
	/* What is behind the map is one, too. */
	r = plan_of(map, 3, GIB(2), GIB(512));
	KUNIT_ASSERT_EQ(test, r->high_holes.nr, 1U);
	expect_range(test, &r->high_holes.range[0], GIB(4), GIB(512), false);
}

static enum { NO_RAM, SOME_RAM, ALL_RAM }
ram_at(const struct xen_layout_region *map, unsigned int nr, u64 start, u64 end)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (map[i].type == XEN_LAYOUT_RAM && map[i].start < end &&
		    map[i].end > start)
			bytes += min(map[i].end, end) - max(map[i].start, start);

	return !bytes ? NO_RAM : bytes == end - start ? ALL_RAM : SOME_RAM;
}

/* At random, section by section: in a range if and only if it is all RAM, unused */
static void test_random(struct kunit *test)
{
	static struct xen_layout_region map[24];
	struct rnd rnd;
	struct xen_add_ranges *r;
	unsigned int round, nr, i;
	u64 at, used, limit;

	rnd_start(test, &rnd);
	for (round = 0; round < 500; round++) {
		for (nr = 0, at = 0; nr < ARRAY_SIZE(map); nr++) {
			at += MIB(16) * rnd_below(&rnd, 4) + rnd_below(&rnd, 2) + 1;
			map[nr].start = at;
			at += MIB(16) * rnd_below(&rnd, 64) + 1;
			map[nr].end = at;
			map[nr].type = rnd_one_in(&rnd, 3) ? XEN_LAYOUT_RESERVED :
							     XEN_LAYOUT_RAM;
		}
		used = MIB(64) * rnd_below(&rnd, 64);
		limit = MIB(64) * (1 + rnd_below(&rnd, 256));
		r = plan_of(map, nr, used, limit);
		for (at = 0; at < GIB(25); at += SECTION) {
			bool in = false, want;

			want = ram_at(map, nr, at, at + SECTION) == ALL_RAM &&
			       at >= used && at + SECTION <= limit;
			for (i = 0; i < r->ram.nr; i++)
				in |= r->ram.range[i].start <= PFN(at) &&
				      PFN(at) < r->ram.range[i].end;
			KUNIT_ASSERT_EQ_MSG(test, in, want, "round %u, %#llx",
					    round, (unsigned long long)at);
		}
	}
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE(test_dom0),
	KUNIT_CASE(test_all_used),
	KUNIT_CASE(test_domu_host_map),
	KUNIT_CASE(test_domu_plain_map),
	KUNIT_CASE(test_limit),
	KUNIT_CASE(test_above_ends_below_device),
	KUNIT_CASE(test_partial),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_get),
	KUNIT_CASE(test_holes),
	KUNIT_CASE(test_random),
	{ }
};

static struct kunit_suite range_suite = {
	.name = "xen-p2m-add-ranges",
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);

MODULE_DESCRIPTION("KUnit tests of where memory may be added to Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
/* For EXPORT_SYMBOL_IF_KUNIT() */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
