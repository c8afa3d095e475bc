// SPDX-License-Identifier: GPL-2.0
/*
 * Are the PTEs of device memory what they have to be, and gone when they should be?
 *
 * In a Xen PV domain whole tables of PTEs are set and cleared out of use, and Xen
 * checks them as a whole when they are put into use. So there are mappings of whole
 * tables and of parts, in tables that are new and in tables that are not, and
 * one of which Xen refuses a page.
 *
 * It uses what any kernel exports. The device memory is a hole in the map of
 * QEMU's machines: it is for test machines.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include <xen/xen.h>

/* Nothing is there, nor does anything need it. */
#define HOLE		(32ULL * SZ_1G)
#define TABLE		((unsigned long)PMD_SIZE)

/* Xen keeps the first MiB of it, where interrupts are sent, for itself. */
#define REFUSED		0xfee00000ULL
#define REFUSED_SIZE	((unsigned long)SZ_1M)
#define REFUSED_END	(REFUSED + REFUSED_SIZE)
#define AROUND_SIZE	(2 * TABLE)

static bool refused;
module_param(refused, bool, 0444);
MODULE_PARM_DESC(refused, "map pages that Xen refuses, too; the kernel may warn of it");

static pte_t get_pte(void __iomem *at)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)at, &level);

	return pte && level == PG_LEVEL_4K ? *pte : __pte(0);
}

/* Of how many of these pages is the PTE there, with the right PFN? */
static unsigned long nr_mapped(void __iomem *at, phys_addr_t phys, unsigned long size)
{
	unsigned long offset, nr = 0;

	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		pte_t pte = get_pte(at + offset);

		nr += pte_present(pte) && pte_pfn(pte) == PFN_DOWN(phys + offset);
	}

	return nr;
}

static void check_size(struct kunit *test, unsigned long size)
{
	void __iomem *at = ioremap(HOLE, size);

	KUNIT_ASSERT_TRUE(test, !!at);
	KUNIT_EXPECT_EQ(test, nr_mapped(at, HOLE, size), PFN_DOWN(size));
	iounmap(at);
	KUNIT_EXPECT_EQ(test, nr_mapped(at, HOLE, size), 0);
}

/* The second time there are tables already, where the first time there were none. */
static void test_sizes(struct kunit *test)
{
	unsigned long size;
	int round;

	for (round = 0; round < 2; round++) {
		for (size = PAGE_SIZE; size <= 4 * TABLE; size *= 2) {
			check_size(test, size);
			check_size(test, size + PAGE_SIZE);
		}
	}
}

/* A mapping of more than a table goes, another one stays. */
static void test_neighbours(struct kunit *test)
{
	void __iomem *a = ioremap(HOLE, TABLE + PAGE_SIZE);
	void __iomem *b = ioremap(HOLE + SZ_1G, PAGE_SIZE);

	KUNIT_EXPECT_TRUE(test, !!a);
	KUNIT_EXPECT_TRUE(test, !!b);
	if (a)
		iounmap(a);
	KUNIT_EXPECT_EQ(test, nr_mapped(b, HOLE + SZ_1G, PAGE_SIZE), 1);
	if (b)
		iounmap(b);
}

static bool share_table(void __iomem *a, void __iomem *b)
{
	return a && b && (unsigned long)a / TABLE == (unsigned long)b / TABLE;
}

/* Two mappings in one table: the second goes, the first stays. */
static void test_shared_table(struct kunit *test)
{
	unsigned int i, second = 0;
	void __iomem *at[8];

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		at[i] = ioremap(HOLE + i * PAGE_SIZE, PAGE_SIZE);
		if (i && share_table(at[i - 1], at[i]))
			second = i;
	}
	KUNIT_EXPECT_NE(test, second, 0);
	if (second) {
		iounmap(at[second]);
		KUNIT_EXPECT_EQ(test, nr_mapped(at[second], HOLE + second * PAGE_SIZE,
						PAGE_SIZE), 0);
		KUNIT_EXPECT_EQ(test, nr_mapped(at[second - 1],
						HOLE + (second - 1) * PAGE_SIZE,
						PAGE_SIZE), 1);
		at[second] = NULL;
	}
	for (i = 0; i < ARRAY_SIZE(at); i++)
		if (at[i])
			iounmap(at[i]);
}

/* Map @before bytes that Xen refuses, and @after bytes after them. */
static void check_refused(struct kunit *test, unsigned long before,
			  unsigned long after)
{
	phys_addr_t start = REFUSED_END - before;
	void __iomem *at = ioremap(start, before + after);

	KUNIT_ASSERT_TRUE(test, !!at);
	KUNIT_EXPECT_EQ(test, nr_mapped(at, start, before), 0);
	KUNIT_EXPECT_EQ(test, nr_mapped(at + before, REFUSED_END, after),
			PFN_DOWN(after));
	iounmap(at);
	KUNIT_EXPECT_EQ(test, nr_mapped(at, start, before + after), 0);
}

/* What Xen refuses has no PTE; it costs neither other pages theirs, nor later mappings. */
static void test_refused(struct kunit *test)
{
	int round;

	if (!refused || !xen_initial_domain())
		kunit_skip(test, "for a PV dom0, with refused=1");

	for (round = 0; round < 2; round++) {
		check_refused(test, REFUSED_SIZE, AROUND_SIZE - REFUSED_SIZE);
		check_size(test, AROUND_SIZE);
	}
}

/* The pages after a refused one have PTEs where they are not all of a table, too. */
static void test_refused_part(struct kunit *test)
{
	if (!refused || !xen_initial_domain())
		kunit_skip(test, "for a PV dom0, with refused=1");

	check_refused(test, PAGE_SIZE, SZ_64K);
	check_refused(test, SZ_64K, SZ_64K);
}

static int ioremap_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV domain");

	return 0;
}

static struct kunit_case ioremap_cases[] = {
	KUNIT_CASE(test_sizes),
	KUNIT_CASE(test_neighbours),
	KUNIT_CASE(test_shared_table),
	KUNIT_CASE(test_refused),
	KUNIT_CASE(test_refused_part),
	{}
};

static struct kunit_suite ioremap_suite = {
	.name = "xen-p2m-ioremap",
	.init = ioremap_init,
	.test_cases = ioremap_cases,
};

kunit_test_suite(ioremap_suite);

MODULE_DESCRIPTION("KUnit: PTEs of device memory in a Xen PV domain");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
