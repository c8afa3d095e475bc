// SPDX-License-Identifier: GPL-2.0
/*
 * Does another CPU see what became of a PFN whose leaf was shared?
 *
 * The P2M is an array in virtual memory, most of which is one page of missing
 * entries. A PFN's first entry of its own replaces that page, and a CPU that has
 * read there before keeps the old translation until somebody flushes it. So a
 * CPU reads an entry and stays in the kernel with interrupts off, as anything
 * else might drop the translation; this CPU gives the PFN an entry; the other
 * one reads again.
 *
 * It uses what any kernel exports. The entries of PFNs without a page change for
 * a moment: it is for test machines.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/workqueue.h>

#include <xen/page.h>
#include <xen/xen.h>

#define NR_LEAVES	16
#define PATIENCE_NS	(10 * NSEC_PER_SEC)

struct reader {
	struct work_struct work;
	unsigned long pfn;
	unsigned long before, after;
	bool looked, changed, gave_up;
};

static void reader_run(struct work_struct *work)
{
	struct reader *reader = container_of(work, struct reader, work);
	u64 end = ktime_get_mono_fast_ns() + PATIENCE_NS;
	unsigned long flags;

	local_irq_save(flags);
	reader->before = READ_ONCE(xen_p2m_addr[reader->pfn]);
	smp_store_release(&reader->looked, true);
	while (!smp_load_acquire(&reader->changed)) {
		if (ktime_get_mono_fast_ns() > end) {
			reader->gave_up = true;
			break;
		}
		cpu_relax();
	}
	reader->after = READ_ONCE(xen_p2m_addr[reader->pfn]);
	local_irq_restore(flags);
}

/* The page of the linear list that has this PFN's entry */
static unsigned long leaf_of(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)(xen_p2m_addr + pfn), &level);

	return pte ? pte_pfn(*pte) : 0;
}

static bool leaf_is_missing(unsigned long first)
{
	unsigned long pfn;

	for (pfn = first; pfn < first + P2M_PER_PAGE; pfn++)
		if (READ_ONCE(xen_p2m_addr[pfn]) != INVALID_P2M_ENTRY)
			return false;

	return true;
}

/* The first PFN of a leaf at or after @pfn all of whose entries are missing */
static unsigned long next_missing(unsigned long pfn)
{
	for (; pfn + P2M_PER_PAGE <= xen_p2m_size; pfn += P2M_PER_PAGE)
		if (leaf_is_missing(pfn))
			return pfn;

	return ULONG_MAX;
}

/* Nobody maps what a foreign entry without a page stands for. */
static void give_entry(struct kunit *test, struct reader *reader)
{
	unsigned long value = FOREIGN_FRAME(reader->pfn);
	int err = xen_alloc_p2m_entry(reader->pfn);

	if (!err)
		err = xen_safe_write_ulong(xen_p2m_addr + reader->pfn, value);
	smp_store_release(&reader->changed, true);
	flush_work(&reader->work);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, xen_safe_write_ulong(xen_p2m_addr + reader->pfn,
						   INVALID_P2M_ENTRY), 0);
	KUNIT_EXPECT_FALSE(test, reader->gave_up);
	KUNIT_EXPECT_EQ(test, reader->before, INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ_MSG(test, reader->after, value,
			    "PFN %#lx: the other CPU still reads the shared leaf",
			    reader->pfn);
}

/* Returns whether the leaf was replaced, which is what this is about. */
static bool change_leaf(struct kunit *test, unsigned long pfn)
{
	struct reader reader = { .pfn = pfn };
	unsigned long leaf = leaf_of(pfn);
	unsigned int cpu;

	INIT_WORK_ONSTACK(&reader.work, reader_run);
	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	schedule_work_on(cpu, &reader.work);
	while (!smp_load_acquire(&reader.looked))
		usleep_range(50, 100);
	give_entry(test, &reader);
	migrate_enable();
	destroy_work_on_stack(&reader.work);

	return leaf_of(pfn) != leaf;
}

static void test_other_cpu_sees_new_leaf(struct kunit *test)
{
	unsigned int nr, replaced = 0;
	unsigned long pfn;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV domain");
	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	pfn = next_missing(0);
	if (pfn == ULONG_MAX)
		kunit_skip(test, "no leaf without a page: boot with less memory than maxmem");

	for (nr = 0; nr < NR_LEAVES && pfn != ULONG_MAX; nr++) {
		replaced += change_leaf(test, pfn);
		pfn = next_missing(pfn + P2M_PER_PAGE);
	}
	kunit_info(test, "%u of %u leaves replaced\n", replaced, nr);
	KUNIT_EXPECT_GT(test, replaced, 0U);
}

static struct kunit_case flush_cases[] = {
	KUNIT_CASE(test_other_cpu_sees_new_leaf),
	{}
};

static struct kunit_suite flush_suite = {
	.name = "xen-p2m-flush",
	.test_cases = flush_cases,
};
kunit_test_suite(flush_suite);

MODULE_DESCRIPTION("KUnit: CPUs see a leaf of the Xen P2M that was replaced");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
