// SPDX-License-Identifier: GPL-2.0
/*
 * What planner, executor, tree and identity policy cost on hosts of any size
 *
 * Each line that is printed stands for one call of counted(), in their order:
 * sweep, size, pages of memory that are taken. See "make sizes".
 */

#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mutex.h>

#include "identity.h"
#include "plan.h"

#define GIB(n)		((u64)(n) << 30)
#define PFNS(bytes)	((unsigned long)((bytes) >> XEN_LAYOUT_PAGE_SHIFT))
#define SHIFT		9U
#define LEAF		512UL
/* 128 MiB, what memory is added by */
#define SECTION		BIT(15)
#define BAR		PFNS((u64)16 << 20)
#define BARS_FROM	PFNS(GIB(8192))
#define HOTPLUG_FROM	PFNS(GIB(1024))

/* What the stubs of the kernel's headers want */
pthread_rwlock_t stub_rcu = PTHREAD_RWLOCK_INITIALIZER;

static struct plan *plan;
static struct xen_p2m_tree tree;
static DEFINE_MUTEX(lock);

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "sizes: %s: %d\n", what, err);
	exit(2);
}

void counted(void (*work)(unsigned long), unsigned long size);

__attribute__((noinline))
void counted(void (*work)(unsigned long), unsigned long size)
{
	work(size);
}

static unsigned long pages_of(struct xen_p2m_tree *t)
{
	struct xen_p2m_usage used;

	xen_p2m_usage(t, &used);

	return used.leaves + used.mids + used.lists;
}

/* --- maps ---------------------------------------------------------------------- */

static void add_entry(u64 start, u64 end, u32 type)
{
	plan->e820[plan->in.nr_e820++] = (struct xen_layout_entry) {
		.addr = start, .size = end - start, .type = type,
	};
}

static void new_plan(unsigned long nr_pages)
{
	free(plan);
	plan = calloc(1, sizeof(*plan));
	must(!plan, "out of memory");
	plan->in = (struct xen_layout_input) {
		.e820 = plan->e820,
		.nr_pages = nr_pages,
		.max_pfns = BIT(34),
		.extra_ratio = 10,
		.area[XEN_LAYOUT_KERNEL] = { 16 << 20, 20 << 20 },
	};
	add_entry(0, 0x9f000, XEN_LAYOUT_RAM);
	add_entry(0xf0000, 0x100000, XEN_LAYOUT_RESERVED);
}

/* RAM on both sides of a hole of 1 TiB; dom0 gets three quarters of all. */
static void host_of(unsigned long gib)
{
	u64 half = GIB(gib / 2);

	new_plan(PFNS(GIB(gib) / 4 * 3));
	add_entry(1 << 20, GIB(2), XEN_LAYOUT_RAM);
	add_entry(GIB(2), GIB(2) + (64 << 20), XEN_LAYOUT_NVS);
	add_entry(0xfec00000, GIB(4), XEN_LAYOUT_RESERVED);
	add_entry(GIB(4), half, XEN_LAYOUT_RAM);
	add_entry(half + GIB(1024), 2 * half + GIB(1026), XEN_LAYOUT_RAM);
}

/* So many reserved ranges in the first 3 GiB of RAM, so many pages in all of them */
static void host_with(unsigned long ranges, unsigned long pages)
{
	u64 step = GIB(3) / ranges, hole = (u64)(pages / ranges) << 12;
	u64 at = (u64)64 << 20;
	unsigned long i;

	new_plan(PFNS(GIB(8)));
	add_entry(1 << 20, at, XEN_LAYOUT_RAM);
	for (i = 0; i < ranges; i++, at += step) {
		add_entry(at, at + hole, XEN_LAYOUT_RESERVED);
		add_entry(at + hole, at + step, XEN_LAYOUT_RAM);
	}
	add_entry(at, GIB(16), XEN_LAYOUT_RAM);
}

/* --- what is counted ------------------------------------------------------------- */

static void make_plan(unsigned long size)
{
	must(xen_layout_plan(&plan->in, &plan->layout), "no plan");
}

static void execute(unsigned long size)
{
	must(plan_execute(plan), "the plan was not carried out");
}

/* As the kernel takes over the list that Xen made: its pages become leaves. */
static void adopt(unsigned long size)
{
	static unsigned long leaf[LEAF + 1] = { [LEAF] = SEAM_PAGE_EARLY };
	unsigned long pfn;

	for (pfn = 0; pfn < LEAF; pfn++)
		leaf[pfn] = PRETEND_MFN + pfn;
	for (pfn = 0; pfn < PFNS(GIB(size)); pfn += LEAF)
		must(xen_p2m_adopt(&tree, pfn, leaf), "adopt");
}

static enum xen_p2m_reason held(unsigned long *start, unsigned long *end)
{
	return XEN_P2M_FREE;
}

static void claim(unsigned long bars)
{
	struct xen_p2m_identity id = { .tree = &tree, .lock = &lock, .held = held };
	unsigned long i, pfn = BARS_FROM;

	for (i = 0; i < bars; i++, pfn += 2 * BAR)
		must(xen_p2m_identity_claim(&id, pfn, pfn + BAR).reason, "claim");
}

static void hotplug(unsigned long times)
{
	unsigned long i, pfn = HOTPLUG_FROM;

	for (i = 0; i < times; i++, pfn += SECTION) {
		must(xen_p2m_set_range(&tree, pfn, pfn + SECTION,
				       XEN_P2M_MISSING, 0), "hot-plug");
		must(xen_p2m_split(&tree, pfn, pfn + LEAF), "growth");
	}
}

/* --- the sweeps ------------------------------------------------------------------- */

static void report(const char *sweep, unsigned long size, unsigned long pages)
{
	printf("%s %lu %lu\n", sweep, size, pages);
}

static void new_tree(u64 bytes, unsigned int flags)
{
	tree = (struct xen_p2m_tree) { };
	must(xen_p2m_tree_init(&tree, PFNS(bytes), SHIFT, flags), "tree");
}

static void sweep_plans(void)
{
	static const unsigned long gib[] = { 64, 256, 1024, 4096, 16384 };
	static const unsigned long ranges[] = { 8, 32, 128, 500 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gib); i++) {
		host_of(gib[i]);
		counted(make_plan, gib[i]);
		report("plan-host", gib[i], 0);
	}
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		host_with(ranges[i], 16 * ranges[i]);
		counted(make_plan, plan->in.nr_e820);
		report("plan-e820", plan->in.nr_e820, 0);
	}
}

static void sweep_execution(const char *name, unsigned long size,
			    unsigned long ranges, unsigned long pages)
{
	host_with(ranges, pages);
	make_plan(0);
	new_tree(GIB(32), 0);
	plan->tree = &tree;
	must(xen_p2m_set_range(&tree, 0, plan->in.nr_pages, XEN_P2M_MFN,
			       PRETEND_MFN), "list");
	counted(execute, size);
	report(name, size, pages_of(&tree));
	xen_p2m_tree_exit(&tree);
}

static void sweep_executions(void)
{
	static const unsigned long ranges[] = { 1, 8, 64, 256, 500 };
	static const unsigned long pages[] = { 4096, 16384, 65536, 262144 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		sweep_execution("execute-ranges", ranges[i], ranges[i], 65536);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		sweep_execution("execute-pages", pages[i], 8, pages[i]);
}

static void sweep_tree(void)
{
	static const unsigned long gib[] = { 1, 16, 64, 256 };
	static const unsigned long bars[] = { 1000, 10000, 100000 };
	static const unsigned long times[] = { 1, 64, 512, 4096 };
	unsigned int i;

	/* The leaf is one and not the tree's, so these trees are not taken down. */
	for (i = 0; i < ARRAY_SIZE(gib); i++) {
		new_tree(GIB(16384), 0);
		counted(adopt, gib[i]);
		report("adopt", gib[i], pages_of(&tree));
	}
	for (i = 0; i < ARRAY_SIZE(bars); i++) {
		new_tree(GIB(16384), 0);
		counted(claim, bars[i]);
		report("claim", bars[i], pages_of(&tree));
		xen_p2m_tree_exit(&tree);
	}
	for (i = 0; i < ARRAY_SIZE(times); i++) {
		new_tree(GIB(16384), XEN_P2M_IDENTITY_FIRST);
		counted(hotplug, times[i]);
		report("hotplug", times[i], pages_of(&tree));
		xen_p2m_tree_exit(&tree);
	}
}

int main(void)
{
	sweep_plans();
	sweep_executions();
	sweep_tree();

	return 0;
}
