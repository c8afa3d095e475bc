// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of memory that is added: what is reserved, and who holds PFNs
 *
 * What is tested, its tree and the resource tree are compiled in here, so the
 * same tests run under UML, in a kernel whose own memory is in use, and in
 * userland (tools/testing/p2m).
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

#include "fake-resources.h"

/* Not all that a tree can do is needed here. */
#pragma GCC diagnostic ignored "-Wunused-function"

/* The tests run after boot. */
#undef __init
#define __init

/* Nothing is exported. */
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(s)	static_assert(sizeof(typeof(s) *), "")

#define XEN_P2M_PRIVATE_COPY
#include "add-ranges.h"
#include "identity.c"
#include "identity-text.c"
#include "tree-sources.h"
#include "fake-kernel.h"
#include "add-memory.c"

#include "add-maps.h"

struct fixture {
	struct xen_p2m_tree tree;
	struct resource there[16];
	unsigned int nr_there;
};

static unsigned int unlocked;

static void look_with_lock(void)
{
	unlocked += !mutex_is_locked(&add_mutex);
}

/* The kernel's resource tree of a machine, and what memory may be added to it */
static struct fixture *new_fixture(struct kunit *test,
				   const struct xen_layout_region *map,
				   unsigned int nr, u64 used, bool dom0)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	const struct xen_add_input in = {
		.map = map, .nr_map = nr, .used = PFN(used),
		.section = PFN(SECTION), .limit = PFN(GIB(16)),
	};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(&f->tree, PFN(GIB(16)), 9,
						XEN_P2M_IDENTITY_FIRST), 0);
	test->priv = f;
	fake_look = NULL;
	fake_iomem = (struct resource) { .end = ~0ULL };
	for (i = 0; i < nr; i++) {
		struct resource *res = &f->there[f->nr_there];

		*res = (struct resource) {
			.start = map[i].start,
			.end = map[i].end - 1,
			.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
		};
		if (map[i].type == XEN_LAYOUT_RAM) {
			if (res->start >= used)
				continue;
			res->end = min(map[i].end, used) - 1;
			res->flags |= IORESOURCE_SYSTEM_RAM;
			KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree,
								PFN(res->start),
								PFN(res->end),
								XEN_P2M_MFN, 4096), 0);
		}
		f->nr_there++;
		KUNIT_ASSERT_TRUE(test, !fake_request_conflict(&fake_iomem, res));
	}
	fake_look = look_with_lock;
	unlocked = 0;
	fake_said[0] = '\0';
	KUNIT_EXPECT_PTR_EQ(test, xen_add_memory_init(&f->tree, &in, dom0),
			    (const struct xen_add_ranges *)&add_ranges);

	return f;
}

static struct fixture *dom0_1g(struct kunit *test)
{
	return new_fixture(test, q35_4g, ARRAY_SIZE(q35_4g), GIB(1), true);
}

static struct fixture *dom0_all(struct kunit *test)
{
	return new_fixture(test, q35_4g, ARRAY_SIZE(q35_4g), GIB(6), true);
}

static struct fixture *domu(struct kunit *test)
{
	return new_fixture(test, domu_host, ARRAY_SIZE(domu_host),
			   GIB(4) + MIB(644), false);
}

/* The one place for memory is a section of unusable memory. */
static struct fixture *domu_one_section(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(0, MIB(256), RAM),
		REGION(MIB(256), MIB(256) + SECTION, UNUSABLE),
		REGION(MIB(256) + SECTION, GIB(4), RESERVED),
	};

	return new_fixture(test, map, ARRAY_SIZE(map), MIB(256), false);
}

static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	KUNIT_EXPECT_TRUE(test, !add_scratch);
	KUNIT_EXPECT_EQ(test, fake_allocated, 0);
	KUNIT_EXPECT_EQ(test, unlocked, 0U);
	KUNIT_EXPECT_EQ(test, f->tree.seam.misuse, 0UL);
	xen_p2m_tree_exit(&f->tree);
}

static struct resource ram(void)
{
	return (struct resource) {
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
}

static struct resource scratch(void)
{
	return (struct resource) { .flags = IORESOURCE_MEM | IORESOURCE_BUSY };
}

/* It is there before memory is added, so nobody holds the lock. */
static bool plug(struct resource *device)
{
	fake_look = NULL;
	if (fake_request_conflict(&iomem_resource, device))
		return false;
	fake_look = look_with_lock;

	return true;
}

static void expect_at(struct kunit *test, const struct resource *res, u64 start,
		      u64 size)
{
	KUNIT_EXPECT_EQ(test, (u64)res->start, start);
	KUNIT_EXPECT_EQ(test, (u64)resource_size(res), size);
}

static void expect_type(struct kunit *test, struct fixture *f, u64 start,
			u64 end, enum xen_p2m_type type)
{
	struct xen_p2m_extent ext = { .pfn = PFN(start) };

	KUNIT_ASSERT_TRUE(test, xen_p2m_next_extent(&f->tree, &ext, PFN(end)));
	KUNIT_EXPECT_EQ(test, ext.type, type);
	KUNIT_EXPECT_EQ(test, ext.nr, PFN(end - start));
}

/* RAM first, half of what was asked for rather than a place elsewhere */
static void test_reserve(struct kunit *test)
{
	struct fixture *f = dom0_1g(test);
	struct resource a = ram(), b = scratch(), c = ram(), d = ram();

	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(3), XEN_ADD_HOLE), 0);
	expect_at(test, &a, GIB(4), MIB(1536));
	expect_type(test, f, GIB(4), GIB(4) + MIB(1536), XEN_P2M_MISSING);
	expect_type(test, f, GIB(4) + MIB(1536), GIB(16), XEN_P2M_IDENTITY);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_ABOVE), 0);
	expect_at(test, &b, GIB(1), SECTION);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&c, GIB(1), XEN_ADD_RAM), 0);
	expect_at(test, &c, GIB(1) + SECTION, MIB(512));
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&d, MIB(384), XEN_ADD_RAM), 0);
	expect_at(test, &d, GIB(4) + MIB(1536), MIB(384));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&d));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&c));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
	expect_type(test, f, GIB(1), GIB(16), XEN_P2M_IDENTITY);
	KUNIT_EXPECT_TRUE(test, !a.parent);
}

/* Above the map, too, there is less rather than none, or a hole. */
static void test_part_above(struct kunit *test)
{
	struct resource a = ram();

	dom0_all(test);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(12), XEN_ADD_HOLE), 0);
	expect_at(test, &a, GIB(6), GIB(6));
}

/* Beside the windows of host bridges, and in whole sections */
static void test_windows_of_bridges(struct kunit *test)
{
	struct resource windows[] = {
		{ .start = GIB(6), .end = GIB(7) - 1, .flags = IORESOURCE_MEM },
		{ .start = GIB(8) - 4096, .end = GIB(8) + 4095, .flags = IORESOURCE_MEM },
		{ .start = GIB(12) + MIB(1), .end = GIB(17) - 1, .flags = IORESOURCE_MEM },
	};
	struct resource a = ram(), b = ram(), c = ram();
	unsigned int i;

	dom0_all(test);
	fake_look = NULL;
	for (i = 0; i < ARRAY_SIZE(windows); i++)
		KUNIT_ASSERT_TRUE(test, !fake_request_conflict(&fake_iomem, &windows[i]));
	fake_look = look_with_lock;
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(4) - SECTION,
						     XEN_ADD_ABOVE), 0);
	expect_at(test, &a, GIB(8) + SECTION, GIB(4) - SECTION);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, GIB(1), XEN_ADD_ABOVE), 0);
	expect_at(test, &b, GIB(7), GIB(1) / 2);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&c, GIB(1), XEN_ADD_ABOVE), 0);
	expect_at(test, &c, GIB(7) + GIB(1) / 2, GIB(1) / 4);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&c));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* With 36 bits all PFNs of the P2M's limit are no addresses of the CPU's. */
static void test_end_of_addresses(struct kunit *test)
{
	struct fixture *f = dom0_all(test);
	const struct xen_add_input in = {
		.map = q35_4g, .nr_map = ARRAY_SIZE(q35_4g), .used = PFN(GIB(6)),
		.section = PFN(SECTION), .limit = PFN(GIB(16)),
	};
	struct resource a = ram(), b = ram();

	fake_iomem.end = GIB(8) - 1;
	xen_add_memory_init(&f->tree, &in, true);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(4), XEN_ADD_ABOVE), 0);
	expect_at(test, &a, GIB(6), GIB(2));
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, GIB(4), XEN_ADD_ABOVE), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

static void expect_said(struct kunit *test, const char *text)
{
	KUNIT_EXPECT_TRUE_MSG(test, !strcmp(fake_said, text), "said: %s", fake_said);
	fake_said[0] = '\0';
}

static void expect_said_two(struct kunit *test, const char *what, const char *hint)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s", what, hint);
	expect_said(test, text);
}

/* Of RAM nothing is said; of worse places where they are, and what helps. */
static void test_says_where(struct kunit *test)
{
	struct resource a = ram(), b = ram();

	dom0_1g(test);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_HOLE), 0);
	expect_said(test, "");
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
	teardown(test);

	dom0_all(test);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(10), XEN_ADD_ABOVE), 0);
	expect_said_two(test,
			"xen/p2m: the map has no unused RAM left: memory is added above it, at [mem 0x180000000-0x3ffffffff]\n",
			"xen/p2m: Hint: limit dom0's memory with dom0_mem=SIZE,max:SIZE\n");
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_ABOVE),
			-ENOSPC);
	expect_said(test, "");
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, GIB(16), XEN_ADD_HOLE),
			-ENOSPC);
	expect_said(test,
		    "xen/p2m: no memory can be added: no 16384 MiB in a row are free below 16 GiB. Hint: ask for less; or if the CPU has more addresses, build the kernel with a larger CONFIG_XEN_MEMORY_HOTPLUG_LIMIT\n");
	add_dom0 = false;
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, MIB(768), XEN_ADD_HOLE), 0);
	expect_said_two(test,
			"xen/p2m: memory is added in a hole of the map, at [mem 0x80000000-0xafffffff]: no device can be used there\n",
			"xen/p2m: Hint: give the domain more memory at its start (memory=), or the host's memory map (e820_host=1)\n");
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

static void expect_given_up(struct kunit *test, const char *hint)
{
	xen_add_memory_given_up();
	expect_said_two(test,
			"xen/p2m: the map has no room for pages of other domains: memory of this domain is given up for them\n",
			hint);
}

/* What helps is not the same in dom0 and in a domU. */
static void test_says_given_up(struct kunit *test)
{
	dom0_all(test);
	expect_given_up(test,
			"xen/p2m: Hint: limit dom0's memory with dom0_mem=SIZE,max:SIZE\n");
	add_dom0 = false;
	expect_given_up(test,
			"xen/p2m: Hint: give the domain more memory at its start (memory=), or the host's memory map (e820_host=1)\n");
}

/* Never a hole if it is not asked for; from there to the limit, and no further */
static void test_places(struct kunit *test)
{
	struct fixture *f = dom0_all(test);
	struct resource a = ram(), b = ram(), c = ram(), d = ram();

	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM),
			-ENOSPC);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(10), XEN_ADD_ABOVE), 0);
	expect_at(test, &a, GIB(6), GIB(10));
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_ABOVE),
			-ENOSPC);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, MIB(768), XEN_ADD_HOLE), 0);
	expect_at(test, &b, GIB(2), MIB(768));
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&c, MIB(896), XEN_ADD_HOLE), 0);
	expect_at(test, &c, GIB(3), MIB(896));
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&d, SECTION, XEN_ADD_HOLE),
			-ENOSPC);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&c));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
	expect_type(test, f, GIB(6), GIB(16), XEN_P2M_IDENTITY);
}

/* A hole above 4 GiB comes before those where most devices are. */
static void test_high_hole(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(0, GIB(2), RAM),
		REGION(GIB(6), GIB(12), RESERVED),
		REGION(GIB(12), GIB(16), NVS),
	};
	struct resource a = ram(), b = ram();

	new_fixture(test, map, ARRAY_SIZE(map), GIB(2), true);
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_ABOVE),
			-ENOSPC);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(2), XEN_ADD_HOLE), 0);
	expect_at(test, &a, GIB(4), GIB(2));
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, GIB(2), XEN_ADD_HOLE), 0);
	expect_at(test, &b, GIB(2), GIB(2));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/*
 * The kernel enters no region into the resource tree that goes on beyond the last
 * address of the CPU.
 */
static void test_reserved_is_no_hole(struct kunit *test)
{
	static const struct xen_layout_region map[] = {
		REGION(0, GIB(2), RAM),
		REGION(GIB(4), GIB(1024), RESERVED),
	};
	struct resource a = ram(), b = ram();

	new_fixture(test, map, ARRAY_SIZE(map), GIB(2), true);
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, GIB(4), XEN_ADD_HOLE),
			-ENOSPC);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, GIB(2), XEN_ADD_HOLE), 0);
	expect_at(test, &a, GIB(2), GIB(2));
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_HOLE),
			-ENOSPC);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* What is unusable is in the resource tree: added memory is a part of it. */
static void test_unusable(struct kunit *test)
{
	struct fixture *f = domu(test);
	struct resource a = ram(), b = scratch();

	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, MIB(512), XEN_ADD_HOLE), 0);
	expect_at(test, &a, MIB(256), MIB(512));
	KUNIT_EXPECT_PTR_EQ(test, a.parent, &f->there[1]);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_ABOVE), 0);
	expect_at(test, &b, MIB(768), SECTION);
	KUNIT_EXPECT_EQ(test, xen_p2m_claim(PFN(MIB(256)), PFN(MIB(257))).reason,
			XEN_P2M_IS_BALLOON);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* All of it is a place for memory, up to its last byte. */
static void test_unusable_whole(struct kunit *test)
{
	struct fixture *f = domu_one_section(test);
	struct resource a = ram();

	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), 0);
	expect_at(test, &a, MIB(256), SECTION);
	KUNIT_EXPECT_PTR_EQ(test, a.parent, &f->there[1]);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* The resource tree has less of it than the map: only what is not in the tree */
static void test_unusable_part(struct kunit *test)
{
	struct fixture *f = domu(test);
	struct resource a = ram();

	f->there[1].end = MIB(512) - 1;
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), 0);
	expect_at(test, &a, MIB(512), SECTION);
	KUNIT_EXPECT_PTR_EQ(test, a.parent, &fake_iomem);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* A device whose last byte is the first of a section takes all of that. */
static void test_device_in_next_section(struct kunit *test)
{
	struct resource device = {
		.start = GIB(6), .end = GIB(6) + SECTION, .flags = IORESOURCE_MEM,
	};
	struct resource a = ram();

	dom0_all(test);
	KUNIT_ASSERT_TRUE(test, plug(&device));
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_ABOVE), 0);
	expect_at(test, &a, GIB(6) + 2 * SECTION, SECTION);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* Nothing comes after a device that ends where addresses do. */
static void test_device_up_to_end(struct kunit *test)
{
	struct resource device = {
		.start = GIB(6), .end = ~0ULL, .flags = IORESOURCE_MEM,
	};
	struct fixture *f = dom0_all(test);
	struct resource a = ram();

	fake_release(&f->there[f->nr_there - 1]);
	KUNIT_ASSERT_TRUE(test, plug(&device));
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, GIB(4), XEN_ADD_ABOVE),
			-ENOSPC);
	KUNIT_EXPECT_TRUE(test, !a.parent);
}

/* It is not in the resource tree, for whatever reason. */
static void test_unusable_gap(struct kunit *test)
{
	struct fixture *f = domu(test);
	struct resource a = ram();

	fake_release(&f->there[1]);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), 0);
	expect_at(test, &a, MIB(256), SECTION);
	KUNIT_EXPECT_PTR_EQ(test, a.parent, &fake_iomem);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* Nor what was added: it is no parent, though it fills the unusable range. */
static void test_unusable_gap_is_full(struct kunit *test)
{
	struct fixture *f = domu_one_section(test);
	struct resource a[] = { ram(), scratch() }, b = ram();
	unsigned int i;

	fake_release(&f->there[1]);
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a[i], SECTION,
							     XEN_ADD_RAM), 0);
		KUNIT_EXPECT_PTR_EQ(test, a[i].parent, &fake_iomem);
		KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, SECTION,
							     XEN_ADD_RAM),
				-ENOSPC);
		KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a[i]));
	}
}

/* No memory for the P2M at any point: nothing is reserved, nothing given back. */
static void test_no_memory(struct kunit *test)
{
	struct fixture *f = dom0_1g(test);
	struct resource a = ram();
	unsigned long nth;
	int err = -ENOMEM;

	for (nth = 1; err && nth < 10; nth++) {
		f->tree.seam.fail_at = nth;
		err = xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM);
		f->tree.seam.fail_at = 0;
		if (!err)
			break;
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_TRUE(test, !a.parent);
		expect_type(test, f, GIB(1), GIB(16), XEN_P2M_IDENTITY);
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, nth, 1UL);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* Memory that was not added is not said to be. */
static void test_no_memory_is_not_said(struct kunit *test)
{
	struct fixture *f = dom0_all(test);
	struct resource a = ram();

	f->tree.seam.fail_at = 1;
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_ABOVE),
			-ENOMEM);
	f->tree.seam.fail_at = 0;
	KUNIT_EXPECT_TRUE(test, !fake_said[0]);
}

/* Nor for the note of who holds the PFNs, and System RAM needs none */
static void test_no_note(struct kunit *test)
{
	struct resource a = scratch(), b = ram();

	dom0_1g(test);
	fake_no_memory = true;
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), -ENOMEM);
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_RAM), 0);
	fake_no_memory = false;
	KUNIT_EXPECT_TRUE(test, !a.parent);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	/* It is given back if there is no place. */
	KUNIT_EXPECT_EQ(test, xen_add_memory_reserve(&a, 0, XEN_ADD_RAM), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_allocated, 0);
}

/* The P2M cannot be set back: whoever looks finds that the PFNs are in use. */
static void test_release_fails(struct kunit *test)
{
	struct fixture *f = dom0_1g(test);
	struct resource a = scratch();

	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), 0);
	/* All of it in one leaf, so that setting it back has to split one */
	KUNIT_ASSERT_EQ(test, xen_p2m_set_range(&f->tree, PFN(GIB(1)),
						PFN(GIB(2)), XEN_P2M_MISSING, 0), 0);
	f->tree.seam.fail_at = 1;
	KUNIT_EXPECT_FALSE(test, xen_add_memory_release(&a));
	f->tree.seam.fail_at = 0;
	KUNIT_EXPECT_PTR_EQ(test, a.parent, &fake_iomem);
	KUNIT_EXPECT_EQ(test, xen_p2m_claim(PFN(a.start), PFN(a.start) + 1).reason,
			XEN_P2M_IS_SCRATCH);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/* --- who holds missing PFNs --------------------------------------------------------- */

static void expect_held(struct kunit *test, u64 start, u64 end,
			enum xen_p2m_reason reason, u64 by_start, u64 by_end)
{
	unsigned long from = PFN(start), to = PFN(end);

	mutex_lock(&add_mutex);
	KUNIT_EXPECT_EQ(test, add_held(&from, &to), reason);
	mutex_unlock(&add_mutex);
	KUNIT_EXPECT_EQ(test, from, PFN(by_start));
	KUNIT_EXPECT_EQ(test, to, PFN(by_end));
}

static void test_held(struct kunit *test)
{
	struct fixture *f = dom0_1g(test);
	struct resource a = scratch(), b = ram(), c = scratch();

	/* Scratch at 1024 to 1152 MiB, RAM up to 1408, scratch up to 1536 */
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, MIB(128), XEN_ADD_RAM), 0);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, MIB(256), XEN_ADD_RAM), 0);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&c, MIB(128), XEN_ADD_RAM), 0);

	expect_held(test, MIB(1), MIB(1024), XEN_P2M_IS_BALLOON, MIB(1), MIB(1024));
	expect_held(test, MIB(1024), MIB(1920), XEN_P2M_IS_SCRATCH, MIB(1024), MIB(1152));
	expect_held(test, MIB(1100), MIB(1120), XEN_P2M_IS_SCRATCH, MIB(1100), MIB(1120));
	expect_held(test, MIB(1152), MIB(1920), XEN_P2M_IS_BALLOON, MIB(1152), MIB(1408));
	expect_held(test, MIB(1400), MIB(1404), XEN_P2M_IS_BALLOON, MIB(1400), MIB(1404));
	expect_held(test, MIB(1408), MIB(1920), XEN_P2M_IS_SCRATCH, MIB(1408), MIB(1536));
	expect_held(test, MIB(1536), MIB(1920), XEN_P2M_FREE, MIB(1536), MIB(1920));
	expect_held(test, GIB(2), GIB(3), XEN_P2M_FREE, GIB(2), GIB(3));

	/* In either order */
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
	expect_held(test, MIB(1024), MIB(1920), XEN_P2M_IS_BALLOON, MIB(1152), MIB(1408));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	expect_held(test, MIB(1024), MIB(1920), XEN_P2M_IS_SCRATCH, MIB(1408), MIB(1536));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&c));
	expect_type(test, f, GIB(1), GIB(16), XEN_P2M_IDENTITY);
}

/* Of several ranges of System RAM the first is named. */
static void test_held_by_first_ram(struct kunit *test)
{
	struct resource a = ram(), b = scratch(), c = ram();

	dom0_1g(test);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), 0);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_RAM), 0);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&c, SECTION, XEN_ADD_RAM), 0);
	expect_held(test, MIB(1024), MIB(1920), XEN_P2M_IS_BALLOON, MIB(1024), MIB(1152));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&c));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));
}

/*
 * A claim that comes after memory was reserved and before it is added finds out
 * who holds the PFNs. One that comes before leaves identity, which the other
 * makes missing. Nothing comes in between: see look_with_lock().
 */
static void test_claim_meets_reserve(struct kunit *test)
{
	struct fixture *f = dom0_1g(test);
	unsigned long start = PFN(GIB(1)), end = PFN(GIB(1) + SECTION);
	struct resource a = scratch(), b = ram();
	struct xen_p2m_verdict v;

	KUNIT_EXPECT_EQ(test, xen_p2m_claim(start, end).reason, XEN_P2M_FREE);
	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&a, SECTION, XEN_ADD_RAM), 0);
	expect_type(test, f, GIB(1), GIB(1) + SECTION, XEN_P2M_MISSING);
	v = xen_p2m_claim(start, end);
	KUNIT_EXPECT_EQ(test, v.reason, XEN_P2M_IS_SCRATCH);
	KUNIT_EXPECT_EQ(test, v.end, end);
	expect_type(test, f, GIB(1), GIB(1) + SECTION, XEN_P2M_MISSING);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&a));

	KUNIT_ASSERT_EQ(test, xen_add_memory_reserve(&b, SECTION, XEN_ADD_RAM), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_claim(start, end).reason,
			XEN_P2M_IS_BALLOON);
	KUNIT_EXPECT_EQ(test, xen_p2m_check(start, end).reason,
			XEN_P2M_IS_BALLOON);
	KUNIT_EXPECT_TRUE(test, xen_add_memory_release(&b));
	KUNIT_EXPECT_EQ(test, xen_p2m_claim(start, end).reason, XEN_P2M_FREE);
}

static void test_explain(struct kunit *test)
{
	const struct xen_p2m_verdict range = {
		.reason = XEN_P2M_IS_BALLOON, .start = 0xfe600, .end = 0xfe700,
	};
	const struct xen_p2m_verdict none = { .reason = XEN_P2M_NO_RANGE };
	char buf[XEN_P2M_EXPLANATION];

	domu(test);
	xen_p2m_explain(&range, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test,
			strcmp(buf, "[mem 0xfe600000-0xfe6fffff] is reserved for the balloon; "
				    "set e820_host=1 for this domain"), 0);
	xen_p2m_explain(&none, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test, strcmp(buf, "it is no range; update the firmware"), 0);
	add_dom0 = true;
	xen_p2m_explain(&range, buf, sizeof(buf));
	KUNIT_EXPECT_TRUE(test, strstr(buf, "; limit dom0_mem="));
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE(test_reserve),
	KUNIT_CASE(test_part_above),
	KUNIT_CASE(test_windows_of_bridges),
	KUNIT_CASE(test_end_of_addresses),
	KUNIT_CASE(test_says_where),
	KUNIT_CASE(test_says_given_up),
	KUNIT_CASE(test_places),
	KUNIT_CASE(test_high_hole),
	KUNIT_CASE(test_reserved_is_no_hole),
	KUNIT_CASE(test_unusable),
	KUNIT_CASE(test_unusable_whole),
	KUNIT_CASE(test_unusable_part),
	KUNIT_CASE(test_device_in_next_section),
	KUNIT_CASE(test_device_up_to_end),
	KUNIT_CASE(test_unusable_gap),
	KUNIT_CASE(test_unusable_gap_is_full),
	KUNIT_CASE(test_no_memory_is_not_said),
	KUNIT_CASE(test_no_memory),
	KUNIT_CASE(test_no_note),
	KUNIT_CASE(test_release_fails),
	KUNIT_CASE(test_held),
	KUNIT_CASE(test_held_by_first_ram),
	KUNIT_CASE(test_claim_meets_reserve),
	KUNIT_CASE(test_explain),
	{ }
};

static struct kunit_suite reserve_suite = {
	.name = "xen-p2m-add-memory",
	.exit = teardown,
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);

MODULE_DESCRIPTION("KUnit tests of memory that is added to Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
/* For EXPORT_SYMBOL_IF_KUNIT() */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
