// SPDX-License-Identifier: GPL-2.0
/*
 * What operations on the P2M of a running Xen PV kernel cost
 *
 * Loading the module measures lookups in both directions and the mapping of
 * MMIO, and prints a table; debugfs has it as xen-p2m-bench/results, a line
 * each: "NAME VALUE UNIT", or "NAME - REASON" for what could not be measured.
 * It uses what a kernel without any of our changes exports, so the same source
 * measures both.
 *
 * The clock is the TSC. In QEMU with -icount shift=0 it counts instructions,
 * those of Xen included, and two runs give the same figures. A loop of known
 * length tells whether it does; if not, the unit is a tick of the TSC.
 */

#define pr_fmt(fmt) "xen-p2m-bench: " fmt

#include <linux/compiler.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include <asm/msr.h>
#include <asm/tsc.h>

#include <xen/page.h>
#include <xen/xen.h>

/* How often an operation is repeated in a loop, and the loop as a whole. */
#define LOOPS		1000
#define RUNS		3

/* The loop of known length: two instructions, a million times. */
#define KNOWN_LOOPS	1000000
#define KNOWN_LENGTH	(2 * KNOWN_LOOPS)

/* How far PFNs for the lookups are searched. */
#define SEARCH_END	PFN_DOWN(64ULL * SZ_1G)

#define NOT_FOUND	(~0UL)

static unsigned long mmio_low = 0xfec00000;
module_param(mmio_low, ulong, 0444);
MODULE_PARM_DESC(mmio_low, "Address of MMIO below 4 GiB (default: the I/O APIC)");

static unsigned long mmio_high = 36UL * SZ_1G;
module_param(mmio_high, ulong, 0444);
MODULE_PARM_DESC(mmio_high, "Address of MMIO above all RAM (default: at 36 GiB)");

static unsigned long map_base;
module_param(map_base, ulong, 0444);
MODULE_PARM_DESC(map_base, "Address of unused MMIO to map (0: find it in a PCI host bridge's aperture)");

static unsigned long map_size = SZ_1G;
module_param(map_size, ulong, 0444);
MODULE_PARM_DESC(map_size, "Size of the MMIO to map");

/**
 * struct result - a line of the table
 * @name: what was measured
 * @ticks: in hundredths
 * @unit: NULL for that of the TSC
 * @why_not: why there is no value, or NULL
 */
struct result {
	const char *name;
	u64 ticks;
	const char *unit;
	const char *why_not;
};

static struct result results[24];
static unsigned int nr_results;
static const char *tsc_unit;

static struct dentry *dir;
static struct page *ram_page __initdata;

static void __init add(const char *name, u64 ticks, const char *unit,
		       const char *why_not)
{
	struct result *result = results + nr_results;

	if (WARN_ON(nr_results == ARRAY_SIZE(results)))
		return;

	result->name = name;
	result->ticks = ticks;
	result->unit = unit;
	result->why_not = why_not;
	nr_results++;
}

/*
 * The loops. The compiler must neither know the number nor keep anything that
 * it has read, and must believe that the result is used.
 */
typedef void (*loop_t)(const unsigned long *number, u64 *ticks);

#define DEFINE_LOOP(name, operation)					\
static noinline void __init name(const unsigned long *number, u64 *ticks) \
{									\
	unsigned int left = LOOPS;					\
	u64 start = rdtsc_ordered();					\
									\
	do {								\
		unsigned long found = operation(READ_ONCE(*number));	\
									\
		asm volatile("" : : "r" (found) : "memory");		\
	} while (--left);						\
									\
	*ticks = rdtsc_ordered() - start;				\
}

static __always_inline unsigned long no_operation(unsigned long number)
{
	return number;
}

DEFINE_LOOP(loop_empty, no_operation)
DEFINE_LOOP(loop_lookup, __pfn_to_mfn)
DEFINE_LOOP(loop_reverse, mfn_to_pfn)

static noinline void __init loop_known(const unsigned long *number,
				       u64 *ticks)
{
	unsigned int left = KNOWN_LOOPS;
	u64 start = rdtsc_ordered();

	asm volatile("1:	decl	%0\n"
		     "	jnz	1b\n"
		     : "+r" (left) : : "cc");

	*ticks = rdtsc_ordered() - start;
}

/* The least of a few runs: the others were interrupted, or met cold caches. */
static u64 __init run(loop_t loop, unsigned long number)
{
	u64 ticks, best = U64_MAX;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < RUNS; i++) {
		local_irq_save(flags);
		loop(&number, &ticks);
		local_irq_restore(flags);
		best = min(best, ticks);
		cond_resched();
	}

	return best;
}

static void __init measure_clock(void)
{
	u64 ticks = run(loop_known, 0);
	u64 again, ns = sched_clock();

	loop_known(NULL, &again);
	ns = sched_clock() - ns;

	/* A tenth of a percent: Xen takes a timer interrupt now and then. */
	if (ticks >= KNOWN_LENGTH && ticks < KNOWN_LENGTH + KNOWN_LENGTH / 1000)
		tsc_unit = "instructions";
	else
		tsc_unit = "ticks";

	add("clock-2000000-tsc", ticks * 100, "ticks", NULL);
	add("clock-2000000-sched", ns * 100, "ns", NULL);
}

/*
 * PFNs and MFNs to look up
 */

static bool __init is_identity(unsigned long pfn)
{
	return __pfn_to_mfn(pfn) == IDENTITY_FRAME(pfn);
}

/* Identity though its entry does not say so: the leaf is shared. */
static bool __init is_identity_leaf(unsigned long pfn)
{
	return READ_ONCE(xen_p2m_addr[pfn]) != IDENTITY_FRAME(pfn) &&
	       is_identity(pfn);
}

static bool __init is_missing(unsigned long pfn)
{
	return __pfn_to_mfn(pfn) == INVALID_P2M_ENTRY;
}

static unsigned long __init search(bool (*wanted)(unsigned long pfn))
{
	unsigned long end = min_t(u64, xen_p2m_size, SEARCH_END);
	unsigned long pfn;

	for (pfn = 0; pfn < end; pfn += P2M_PER_PAGE) {
		if (wanted(pfn))
			return pfn;
		if (wanted(pfn + P2M_PER_PAGE - 1))
			return pfn + P2M_PER_PAGE - 1;
		cond_resched();
	}

	return NOT_FOUND;
}

static unsigned long __init find_ram(void)
{
	return page_to_pfn(ram_page);
}

static unsigned long __init find_identity_leaf(void)
{
	return search(is_identity_leaf);
}

/* The legacy VGA range shares its leaf with RAM, so each PFN has an entry. */
static unsigned long __init find_identity_entry(void)
{
	unsigned long pfn;

	for (pfn = PFN_DOWN(0xa0000); pfn < PFN_DOWN(SZ_1M); pfn++)
		if (READ_ONCE(xen_p2m_addr[pfn]) == IDENTITY_FRAME(pfn))
			return pfn;

	return NOT_FOUND;
}

static unsigned long __init find_missing(void)
{
	return search(is_missing);
}

static unsigned long __init find_beyond(void)
{
	return xen_p2m_size + P2M_PER_PAGE + 1;
}

static unsigned long __init find_ram_mfn(void)
{
	return pfn_to_mfn(page_to_pfn(ram_page));
}

static unsigned long __init find_mmio(unsigned long addr)
{
	unsigned long pfn = PFN_DOWN(addr);

	return !page_is_ram(pfn) && is_identity(pfn) ? pfn : NOT_FOUND;
}

static unsigned long __init find_mmio_low(void)
{
	return find_mmio(mmio_low);
}

static unsigned long __init find_mmio_high(void)
{
	return find_mmio(mmio_high);
}

struct operation {
	const char *name;
	loop_t loop;
	unsigned long (*find)(void);
	const char *why_not;
};

static const struct operation operations[] __initconst = {
	{ "lookup-ram",			loop_lookup,	find_ram,
	  NULL },
	{ "lookup-identity-leaf",	loop_lookup,	find_identity_leaf,
	  "no shared identity leaf" },
	{ "lookup-identity-entry",	loop_lookup,	find_identity_entry,
	  "no identity entry below 1 MiB" },
	{ "lookup-missing",		loop_lookup,	find_missing,
	  "nothing is missing" },
	{ "lookup-beyond",		loop_lookup,	find_beyond,
	  NULL },
	{ "mfn-to-pfn-ram",		loop_reverse,	find_ram_mfn,
	  NULL },
	{ "mfn-to-pfn-mmio-low",	loop_reverse,	find_mmio_low,
	  "mmio_low is not identity" },
	{ "mfn-to-pfn-mmio-high",	loop_reverse,	find_mmio_high,
	  "mmio_high is not identity" },
};

static void __init measure_operations(void)
{
	u64 ticks, empty = run(loop_empty, 0);
	unsigned long number;
	unsigned int i;

	add("empty-loop", div_u64(empty * 100, LOOPS), NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		number = operations[i].find();
		if (number == NOT_FOUND) {
			add(operations[i].name, 0, NULL, operations[i].why_not);
			continue;
		}

		ticks = run(operations[i].loop, number);
		ticks -= min(ticks, empty);
		add(operations[i].name, div_u64(ticks * 100, LOOPS), NULL, NULL);
	}
}

/*
 * Mapping of MMIO
 */

/* Take MMIO that nobody uses; returns 0 if it is not free. */
static unsigned long __init take_mmio(unsigned long base)
{
	if (!is_identity(PFN_DOWN(base)) ||
	    !is_identity(PFN_DOWN(base + map_size - 1)) ||
	    !request_mem_region(base, map_size, "xen-p2m-bench"))
		return 0;

	return base;
}

/* At 32 GiB if the aperture reaches so far, else from its start on. */
static unsigned long __init take_from_aperture(const struct resource *res)
{
	u64 base, found = 0;

	if (resource_type(res) != IORESOURCE_MEM || res->end < SZ_4G)
		return 0;

	base = max_t(u64, res->start, 32ULL * SZ_1G);
	if (base > res->end || res->end - base < map_size)
		base = res->start;

	for (base = ALIGN(base, SZ_1G);
	     !found && base < res->end && res->end - base >= map_size - 1;
	     base += SZ_1G)
		found = take_mmio(base);

	return found;
}

static unsigned long __init find_map_base(void)
{
	struct pci_bus *bus = NULL;
	unsigned long base = 0;
	struct resource *res;
	int i;

	if (map_base)
		return take_mmio(map_base);

	while (!base && (bus = pci_find_next_bus(bus))) {
		pci_bus_for_each_resource(bus, res, i) {
			if (res && !base)
				base = take_from_aperture(res);
		}
	}

	return base;
}

static void __init measure_mapping(void)
{
	const char *why_not = "no unused MMIO, try map_base=";
	u64 pages = PFN_DOWN(map_size), map = 0, unmap = 0, start;
	unsigned long base = 0;
	void __iomem *where;

	if (pages)
		base = find_map_base();
	if (base) {
		start = rdtsc_ordered();
		where = ioremap(base, map_size);
		map = rdtsc_ordered() - start;
		why_not = where ? NULL : "ioremap() failed";

		if (where) {
			start = rdtsc_ordered();
			iounmap(where);
			unmap = rdtsc_ordered() - start;
		}
		release_mem_region(base, map_size);
	}

	pages = max(pages, 1ULL);
	add("ioremap", map * 100, NULL, why_not);
	add("ioremap-page", div64_u64(map * 100, pages), NULL, why_not);
	add("iounmap", unmap * 100, NULL, why_not);
	add("iounmap-page", div64_u64(unmap * 100, pages), NULL, why_not);
}

/*
 * Memory: leaves which stand in one place. Only these can be written to.
 */
static void __init count_leaves(void)
{
	unsigned long pfn, leaves = 0;
	unsigned int level;

	for (pfn = 0; pfn < xen_p2m_size; pfn += P2M_PER_PAGE) {
		pte_t *pte = lookup_address((unsigned long)(xen_p2m_addr + pfn),
					    &level);

		if (pte && level == PG_LEVEL_4K)
			leaves += !!pte_write(ptep_get(pte));
		cond_resched();
	}
	add("leaves", (u64)leaves * 100, "pages", NULL);
}

/*
 * The table
 */

static void show(struct seq_file *m, const struct result *result)
{
	const char *unit = result->unit ?: tsc_unit;
	u32 rest;
	u64 whole = div_u64_rem(result->ticks, 100, &rest);

	if (m && result->why_not)
		seq_printf(m, "%s - %s\n", result->name, result->why_not);
	else if (m)
		seq_printf(m, "%s %llu.%02u %s\n", result->name, whole, rest, unit);
	else if (result->why_not)
		pr_info("%-22s %15s %s\n", result->name, "-", result->why_not);
	else
		pr_info("%-22s %12llu.%02u %s\n", result->name, whole, rest, unit);
}

static int results_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		show(m, results + i);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

static int __init xen_p2m_bench_init(void)
{
	unsigned int i;

	if (!xen_pv_domain())
		return -ENODEV;

	ram_page = alloc_page(GFP_KERNEL);
	if (!ram_page)
		return -ENOMEM;

	measure_clock();
	measure_operations();
	measure_mapping();
	count_leaves();
	__free_page(ram_page);

	for (i = 0; i < nr_results; i++)
		show(NULL, results + i);

	dir = debugfs_create_dir("xen-p2m-bench", NULL);
	debugfs_create_file("results", 0400, dir, NULL, &results_fops);

	return 0;
}
module_init(xen_p2m_bench_init);

static void __exit xen_p2m_bench_exit(void)
{
	debugfs_remove(dir);
}
module_exit(xen_p2m_bench_exit);

MODULE_DESCRIPTION("What operations on the Xen P2M cost");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
