// SPDX-License-Identifier: GPL-2.0
/*
 * Does another CPU see what became of a PFN whose leaf was shared?
 *
 * The P2M is an array in virtual memory, most of which is one page of missing
 * entries, or one of identity. A PFN's first entry of its own replaces that page, and
 * a CPU that has read there before keeps the old translation until somebody flushes it. So a
 * CPU reads an entry and stays in the kernel with interrupts off, as anything
 * else might drop the translation; this CPU gives the PFN an entry; the other
 * one reads again.
 *
 * It uses what any kernel exports. The entries of PFNs without a page are foreign for
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
	smp_store_release(&reader->looked, true);	/* with @before */
	while (!smp_load_acquire(&reader->changed)) {	/* then look again */
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

/* The first PFN of a leaf below @end that is shared with the one before */
static unsigned long shared_below(unsigned long end)
{
	unsigned long pfn = round_down(end, P2M_PER_PAGE);

	while (pfn > P2M_PER_PAGE) {
		pfn -= P2M_PER_PAGE;
		if (leaf_of(pfn) == leaf_of(pfn - P2M_PER_PAGE))
			return pfn;
	}

	return 0;
}

/*
 * Nobody maps what a foreign entry without a page stands for. Called with
 * migration disabled, so nothing in here may end the case.
 */
static void give_entry(struct kunit *test, struct reader *reader)
{
	unsigned long *entry = xen_p2m_addr + reader->pfn;
	unsigned long value = FOREIGN_FRAME(reader->pfn), old;
	int err = xen_alloc_p2m_entry(reader->pfn);

	/* What a shared leaf has of an identity PFN depends on the kernel. */
	old = READ_ONCE(*entry);
	if (!err)
		err = xen_safe_write_ulong(entry, value);
	smp_store_release(&reader->changed, true);	/* the entry is set */
	flush_work(&reader->work);
	KUNIT_EXPECT_EQ(test, err, 0);
	if (err)
		return;
	KUNIT_EXPECT_EQ(test, xen_safe_write_ulong(entry, old), 0);
	KUNIT_EXPECT_FALSE(test, reader->gave_up);
	KUNIT_EXPECT_NE(test, reader->before, value);
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
	while (!smp_load_acquire(&reader.looked))	/* it has @before */
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

	pfn = shared_below(xen_p2m_size);
	for (nr = 0; nr < NR_LEAVES && pfn; nr++) {
		replaced += change_leaf(test, pfn);
		pfn = shared_below(pfn);
	}
	kunit_info(test, "%u of %u leaves replaced\n", replaced, nr);
	KUNIT_EXPECT_EQ(test, replaced, (unsigned int)NR_LEAVES);
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
