// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the P2M of the running Xen PV kernel
 *
 * These tests read the state of the live system and change nothing that a lookup
 * tells, so they can run at any time, on any PV domain, and with any number of
 * pages ballooned out. Outside of a Xen PV domain they are skipped.
 *
 * What a page is comes from the kernel's E820 map as it was set up at boot,
 * read through e820__mapped_raw_any(). This is more robust than walking
 * iomem_resource (which is derived from the same map, but is changed by
 * drivers and by the PCI core, lacks some entries, and has no exported lock),
 * and than e820__mapped_any(), whose map has later changes which are of no
 * concern to the P2M: PFN 0 reserved, mem= and memmap= applied, setup_data.
 *
 * All ranges are half-open: [start, end).
 */

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <kunit/test.h>

#include <asm/e820/api.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include <xen/features.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>

/* Lines printed for the broken ranges of one test. */
#define MAX_LINES	24

/* No page is above: physical addresses have 52 bits at most. */
#define MAX_PFN		BIT(52 - PAGE_SHIFT)

/* Entries of Xen's memory map asked for (E820MAX of Xen). */
#define MAX_MAP		1024

#define ISA_START_PFN	PFN_DOWN(ISA_START_ADDRESS)
#define ISA_END_PFN	PFN_DOWN(ISA_END_ADDRESS)

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "Seed of the random sample of PFNs (0: take a new one)");

/*
 * How the kernel sees memory, collected once: its E820 map doesn't change
 * after boot.
 */
struct pfn_range {
	unsigned long start;
	unsigned long end;
};

static struct pfn_range *ram;
static unsigned int nr_ram;
static unsigned long e820_end;

/* The map Xen gave the kernel to begin with; of the machine in dom0. */
static struct e820_entry *xen_map;
static unsigned int nr_xen_map;

enum p2m_kind {
	P2M_MISSING,
	P2M_IDENTITY,
	P2M_MFN,
	P2M_FOREIGN,
	P2M_BAD,
	P2M_KINDS
};

static const char * const kind_name[P2M_KINDS] = {
	[P2M_MISSING]	= "missing",
	[P2M_IDENTITY]	= "identity",
	[P2M_MFN]	= "mfn",
	[P2M_FOREIGN]	= "foreign",
	[P2M_BAD]	= "other PFN's identity",
};

static const struct {
	enum e820_type type;
	const char *name;
} nonram_type[] = {
	{ E820_TYPE_RESERVED,		"reserved" },
	{ E820_TYPE_ACPI,		"ACPI data" },
	{ E820_TYPE_NVS,		"ACPI NVS" },
	{ E820_TYPE_UNUSABLE,		"unusable" },
	{ E820_TYPE_PMEM,		"persistent memory" },
	{ E820_TYPE_PRAM,		"legacy persistent memory" },
	{ E820_TYPE_SOFT_RESERVED,	"soft reserved" },
};

/* Is some of [start, end) in an entry of this type of the map given by Xen? */
static bool xen_map_any(u64 start, u64 end, enum e820_type type)
{
	unsigned int i;

	for (i = 0; i < nr_xen_map; i++)
		if ((!type || xen_map[i].type == type) &&
		    xen_map[i].addr < end &&
		    xen_map[i].addr + xen_map[i].size > start)
			return true;

	return false;
}

#ifdef XEN_P2M_HAVE_RAW_E820
static bool e820_any(u64 start, u64 end, enum e820_type type)
{
	return e820__mapped_raw_any(start, end, type);
}
#else
/*
 * e820__mapped_raw_any() is for KVM alone there. In the other map the first page
 * is reserved, whatever it was: Xen's map tells. Without one all is RAM.
 */
static bool e820_any(u64 start, u64 end, enum e820_type type)
{
	u64 first = min_t(u64, end, PAGE_SIZE);

	if (start < first) {
		if (nr_xen_map ? xen_map_any(start, first, type) :
		    !type || type == E820_TYPE_RAM)
			return true;
		start = first;
	}

	return start < end && e820__mapped_any(start, end, type);
}
#endif

static bool e820_mapped(unsigned long start, unsigned long end,
			enum e820_type type)
{
	return e820_any(PFN_PHYS(start), PFN_PHYS(end), type);
}

static bool e820_nonram(unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nonram_type); i++)
		if (e820_mapped(pfn, pfn + 1, nonram_type[i].type))
			return true;

	return false;
}

/* A page is RAM only if all of it is; checking its last byte skips a tail. */
static bool e820_ram(unsigned long pfn)
{
	u64 end = PFN_PHYS(pfn + 1);

	return e820_any(end - 1, end, E820_TYPE_RAM);
}

/**
 * e820_next - first page at or after a PFN which holds some of a type
 * @pfn: where to start
 * @end: where to stop
 * @type: E820 type looked for
 *
 * Whether [@pfn, x) touches an entry of the type is monotonic in x, so the
 * start of the next entry is found exactly by bisection. The end of an entry
 * isn't: that takes a step per page, see collect_ram().
 *
 * Return: the PFN, or @end if there is none.
 */
static unsigned long e820_next(unsigned long pfn, unsigned long end,
			       enum e820_type type)
{
	unsigned long lo = pfn, hi = end, mid;

	if (pfn >= end || !e820_mapped(pfn, end, type))
		return end;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (e820_mapped(pfn, mid, type))
			hi = mid;
		else
			lo = mid;
	}

	return lo;
}

/* First PFN above all E820 entries. */
static unsigned long e820_find_end(void)
{
	unsigned long lo = 0, hi = MAX_PFN, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (e820_mapped(mid, MAX_PFN, 0))
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}

/* Is some of the page in an entry of this type of the map given by Xen? */
static bool xen_map_has(unsigned long pfn, enum e820_type type)
{
	return xen_map_any(PFN_PHYS(pfn), PFN_PHYS(pfn + 1), type);
}

/*
 * In a domU the ISA range is normal memory in Xen's map (with e820_host, too).
 * The kernel calls it reserved, to keep everyone out of there, but has RAM at
 * its PFNs like in any other. Without a map all memory of a domU is RAM.
 */
static bool fake_isa(unsigned long pfn)
{
	return !xen_initial_domain() &&
	       pfn >= ISA_START_PFN && pfn < ISA_END_PFN &&
	       (!nr_xen_map || xen_map_has(pfn, E820_TYPE_RAM));
}

static const char *e820_name(unsigned long pfn)
{
	unsigned int i;

	if (fake_isa(pfn))
		return "ISA range of a domU";

	for (i = 0; i < ARRAY_SIZE(nonram_type); i++)
		if (e820_mapped(pfn, pfn + 1, nonram_type[i].type))
			return nonram_type[i].name;

	if (e820_ram(pfn))
		return "RAM";
	if (e820_mapped(pfn, pfn + 1, 0))
		return "other type";

	return pfn < e820_end ? "gap" : "above E820";
}

static int add_ram(unsigned long start, unsigned long end)
{
	if (start >= end)
		return 0;

	if (nr_ram && ram[nr_ram - 1].end == start) {
		ram[nr_ram - 1].end = end;
		return 0;
	}

	if (nr_ram == E820_MAX_ENTRIES)
		return -ENOSPC;

	ram[nr_ram].start = start;
	ram[nr_ram].end = end;
	nr_ram++;

	return 0;
}

/**
 * collect_ram - collect the PFN ranges where the kernel has RAM
 *
 * Below 1 MiB each page is looked at in full, above a RAM range starts where
 * bisection finds the next RAM entry. It ends at the next entry of another
 * type (by bisection again), or before that where a gap follows, which only
 * looking at each page can tell.
 *
 * Return: 0 or a negative error.
 */
static int collect_ram(void)
{
	unsigned long pfn, start, end;
	unsigned int i;
	int ret;

	nr_ram = 0;
	e820_end = e820_find_end();

	for (pfn = 0; pfn < ISA_END_PFN; pfn++) {
		if (!fake_isa(pfn) && (!e820_ram(pfn) || e820_nonram(pfn)))
			continue;
		ret = add_ram(pfn, pfn + 1);
		if (ret)
			return ret;
	}

	while (pfn < e820_end) {
		start = e820_next(pfn, e820_end, E820_TYPE_RAM);
		end = e820_end;
		for (i = 0; i < ARRAY_SIZE(nonram_type); i++)
			end = e820_next(start, end, nonram_type[i].type);

		for (pfn = start; pfn < end && e820_ram(pfn); pfn++)
			if (!(pfn % P2M_PER_PAGE))
				cond_resched();

		ret = add_ram(start, pfn);
		if (ret)
			return ret;

		/* Be it not RAM, or RAM in part only. */
		if (pfn == start)
			pfn++;
	}

	return 0;
}

/*
 * Is this PFN, outside of all E820 entries or in unusable memory, memory all the
 * same? It can have been added there by the balloon driver (as system RAM) or by
 * xen_alloc_unpopulated_pages() (as ZONE_DEVICE memory), and its P2M entry can
 * be anything but identity then.
 */
static bool hotplugged(unsigned long pfn)
{
	if (e820_mapped(pfn, pfn + 1, 0) &&
	    !e820_mapped(pfn, pfn + 1, E820_TYPE_UNUSABLE))
		return false;

	return page_is_ram(pfn) ||
	       (pfn_valid(pfn) && is_zone_device_page(pfn_to_page(pfn)));
}

static enum p2m_kind p2m_kind(unsigned long pfn, unsigned long entry)
{
	if (entry == INVALID_P2M_ENTRY)
		return P2M_MISSING;
	if (entry & IDENTITY_FRAME_BIT)
		return entry == IDENTITY_FRAME(pfn) ? P2M_IDENTITY : P2M_BAD;
	if (entry & FOREIGN_FRAME_BIT)
		return P2M_FOREIGN;

	return P2M_MFN;
}

/**
 * struct p2m_walk - walk of the P2M
 * @pfn: next PFN to look at
 * @end: where to stop, not above xen_p2m_size
 * @leaf: number of the leaf @identity is about
 * @identity: the leaf is the shared identity leaf
 * @checked: the contents of the shared identity leaf have been looked at
 * @intact: they are what they should be, the same all through
 *
 * An entry in the linear list says what it means unless it is rare; then
 * get_phys_to_machine() tells. On stock that walks page tables, and there is an
 * entry for each PFN up to CONFIG_XEN_MEMORY_HOTPLUG_LIMIT (512 GiB by
 * default), of which most are in shared leaves. But there all rare entries of a
 * leaf, INVALID_P2M_ENTRY, mean the same. So a lookup a leaf is enough to know
 * each entry, no sampling is needed, and the many places where the shared
 * identity leaf is mapped cost one lookup each. The leaf is the same page in
 * all of them, so it is read in full only once.
 *
 * With the tree in place the list ends with what is not identity, the shared
 * identity leaf may have a mark in it that says as much, and other rare
 * entries are looked up one by one.
 */
struct p2m_walk {
	unsigned long pfn;
	unsigned long end;
	unsigned long leaf;
	bool identity;
	bool checked;
	bool intact;
};

/**
 * struct p2m_run - consecutive PFNs of the same kind
 * @start: first PFN
 * @end: last PFN + 1
 * @ram: RAM by the E820 map
 * @kind: what the P2M entries are
 */
struct p2m_run {
	unsigned long start;
	unsigned long end;
	bool ram;
	enum p2m_kind kind;
};

/* Does it take a lookup to tell what @entry, from the linear list, means? */
static bool entry_is_rare(unsigned long entry)
{
#ifdef XEN_P2M_IDENTITY_MARK
	return xen_p2m_entry_is_rare(entry);
#else
	return entry == INVALID_P2M_ENTRY;
#endif
}

/* If @entry is rare, does it mean the same for all of its leaf? */
static bool entry_is_of_leaf(unsigned long entry)
{
#ifdef XEN_P2M_IDENTITY_MARK
	return entry == XEN_P2M_IDENTITY_MARK;
#else
	return true;
#endif
}

static void p2m_walk_init(struct p2m_walk *walk, unsigned long start,
			  unsigned long end)
{
	walk->pfn = start;
	walk->end = min(end, xen_p2m_size);
	walk->leaf = ~0UL;
	walk->identity = false;
	walk->checked = false;
	walk->intact = false;
}

static unsigned long p2m_walk_entry(struct p2m_walk *walk, unsigned long pfn)
{
	unsigned long leaf = pfn / P2M_PER_PAGE;
	unsigned long entry = READ_ONCE(xen_p2m_addr[pfn]);

	if (!entry_is_rare(entry))
		return entry;

	if (walk->leaf != leaf || !entry_is_of_leaf(entry)) {
		walk->leaf = leaf;
		walk->identity = get_phys_to_machine(pfn) == IDENTITY_FRAME(pfn);
	}

	return walk->identity ? IDENTITY_FRAME(pfn) : INVALID_P2M_ENTRY;
}

/* Has the leaf of this number one rare entry all through? */
static bool leaf_uniform(unsigned long leaf)
{
	const unsigned long *entries = xen_p2m_addr + leaf * P2M_PER_PAGE;

	return entry_is_rare(entries[0]) &&
	       !memcmp(entries, entries + 1, PAGE_SIZE - sizeof(*entries));
}

/**
 * p2m_walk_step - how far to go on from an entry
 * @walk: the walk
 * @pfn: PFN the entry of which has just been looked up
 * @kind: what it is
 *
 * Return: number of entries known to be of that kind, this one included.
 */
static unsigned long p2m_walk_step(struct p2m_walk *walk, unsigned long pfn,
				   enum p2m_kind kind)
{
	unsigned long leaf = pfn / P2M_PER_PAGE;

	if (!entry_is_of_leaf(READ_ONCE(xen_p2m_addr[pfn])))
		return 1;

	/* A leaf without any entry: most of the memory ballooned out. */
	if (kind == P2M_MISSING && !(pfn % P2M_PER_PAGE) && leaf_uniform(leaf))
		return P2M_PER_PAGE;

	if (!walk->identity || walk->leaf != leaf)
		return 1;

	if (!walk->checked) {
		walk->intact = leaf_uniform(leaf);
		walk->checked = true;
	}

	return walk->intact ? P2M_PER_PAGE - pfn % P2M_PER_PAGE : 1;
}

static bool p2m_walk_next(struct p2m_walk *walk, struct p2m_run *run)
{
	unsigned long pfn = walk->pfn, limit = walk->end;
	unsigned int i;

	if (pfn >= limit)
		return false;

	run->start = pfn;
	run->ram = false;
	for (i = 0; i < nr_ram && ram[i].end <= pfn; i++)
		;
	if (i < nr_ram) {
		run->ram = pfn >= ram[i].start;
		limit = min(limit, run->ram ? ram[i].end : ram[i].start);
	}

	run->kind = p2m_kind(pfn, p2m_walk_entry(walk, pfn));
	do {
		pfn = min(limit, pfn + p2m_walk_step(walk, pfn, run->kind));
		if (!(pfn % P2M_PER_PAGE))
			cond_resched();
	} while (pfn < limit &&
		 p2m_kind(pfn, p2m_walk_entry(walk, pfn)) == run->kind);

	walk->pfn = pfn;
	run->end = pfn;

	return true;
}

/**
 * struct broken - broken ranges found by a test
 * @test: the test
 * @ranges: number of ranges
 * @pages: number of pages
 * @quiet: don't print them, this isn't the last try
 *
 * A test can find millions of broken pages. It prints a line for each of the
 * ranges, up to a limit, and fails once.
 */
struct broken {
	struct kunit *test;
	unsigned long ranges;
	unsigned long pages;
	bool quiet;
};

static __printf(4, 5)
void broken_range(struct broken *broken, unsigned long start,
		  unsigned long end, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	broken->pages += end - start;
	if (broken->ranges++ >= MAX_LINES || broken->quiet)
		return;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	kunit_err(broken->test, "pfn [%#lx, %#lx) (%lu pages): %pV\n",
		  start, end, end - start, &vaf);
	va_end(args);
}

/* A broken range of the E820 map: from which type to which is part of it. */
static void broken_e820(struct broken *broken, unsigned long start,
			unsigned long end, const char *expected,
			enum p2m_kind found)
{
	const char *first = e820_name(start), *last = e820_name(end - 1);

	broken_range(broken, start, end, "expected %s, found %s, owner %s%s%s",
		     expected, kind_name[found], first,
		     first == last ? "" : " to ", first == last ? "" : last);
}

static void broken_done(struct broken *broken)
{
	if (broken->ranges)
		KUNIT_FAIL(broken->test, "%lu ranges (%lu pages) are broken",
			   broken->ranges, broken->pages);
}

/**
 * struct m2p_fault - range of pages whose M2P entries are wrong in the same way
 * @start: first PFN
 * @end: last PFN + 1
 * @mfn: MFN of the first PFN
 * @back: PFN which the M2P has for @mfn
 */
struct m2p_fault {
	unsigned long start;
	unsigned long end;
	unsigned long mfn;
	unsigned long back;
};

static void m2p_fault_flush(struct broken *broken, struct m2p_fault *fault)
{
	if (fault->start == fault->end)
		return;

	if (fault->back < MAX_PFN)
		broken_range(broken, fault->start, fault->end,
			     "expected the M2P entry of mfn %#lx to be the pfn, found pfn %#lx (P2M entry %#lx), owner %s",
			     fault->mfn, fault->back,
			     __pfn_to_mfn(fault->back),
			     e820_name(fault->start));
	else
		broken_range(broken, fault->start, fault->end,
			     "expected the M2P entry of mfn %#lx to be the pfn, found none (%#lx), owner %s",
			     fault->mfn, fault->back,
			     e820_name(fault->start));

	fault->start = 0;
	fault->end = 0;
}

static void m2p_fault_add(struct broken *broken, struct m2p_fault *fault,
			  unsigned long pfn, unsigned long mfn,
			  unsigned long back)
{
	bool none = back >= MAX_PFN, was_none = fault->back >= MAX_PFN;

	if (fault->start == fault->end || fault->end != pfn ||
	    none != was_none ||
	    (!none && back - pfn != fault->back - fault->start)) {
		m2p_fault_flush(broken, fault);
		fault->start = pfn;
		fault->mfn = mfn;
		fault->back = back;
	}

	fault->end = pfn + 1;
}

/*
 * Each page of memory the P2M has an MFN for is one of the domain, and Xen
 * has the PFN in its M2P. As the M2P has one PFN for an MFN, this implies that
 * no MFN is in the P2M twice: the second PFN would not match. Who asks for it by
 * mfn_to_pfn() gets it, too: the MFN is not taken for one of no RAM.
 */
static void p2m_m2p_round_trip(struct kunit *test)
{
	struct broken broken = { .test = test };
	struct m2p_fault fault = {};
	unsigned long pfn, mfn, back, checked = 0;
	struct p2m_walk walk;
	struct p2m_run run;

	p2m_walk_init(&walk, 0, xen_p2m_size);
	while (p2m_walk_next(&walk, &run)) {
		if (run.kind != P2M_MFN)
			continue;

		for (pfn = run.start; pfn < run.end; pfn++) {
			if (!(pfn % P2M_PER_PAGE))
				cond_resched();

			/* The others are for e820_nonram_identity(). */
			if (!run.ram && !hotplugged(pfn))
				continue;

			mfn = READ_ONCE(xen_p2m_addr[pfn]);
			back = mfn_to_pfn_no_overrides(mfn);
			if (likely(back == pfn))
				back = mfn_to_pfn(mfn);
			checked++;
			if (likely(back == pfn))
				continue;

			/* Ballooned or exchanged in between? */
			if (READ_ONCE(xen_p2m_addr[pfn]) != mfn ||
			    p2m_kind(pfn, mfn) != P2M_MFN)
				continue;

			m2p_fault_add(&broken, &fault, pfn, mfn, back);
		}
	}
	m2p_fault_flush(&broken, &fault);

	kunit_info(test, "%lu pages checked\n", checked);
	KUNIT_EXPECT_NE(test, checked, 0);
	broken_done(&broken);
}

/* Is the direct map of a PFN right, given its entry? Not mapped always is. */
static bool mapped_right(unsigned long pfn, unsigned long entry,
			 unsigned long *found)
{
	unsigned int level;
	pte_t *pte;

	pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);
	if (!pte || level != PG_LEVEL_4K)
		return true;
	*found = pte_mfn(READ_ONCE(*pte));
	if (!(pte_flags(READ_ONCE(*pte)) & _PAGE_PRESENT))
		return true;

	return *found == (entry & ~FOREIGN_FRAME_BIT) &&
	       entry != INVALID_P2M_ENTRY;
}

/*
 * What the kernel's mapping of all memory shows at a PFN is the MFN that the
 * P2M has for it. A page that is missing shows nothing: an MFN left there, or
 * its own number taken for one, would be memory of somebody else.
 */
static void direct_map_agrees(struct kunit *test)
{
	struct broken broken = { .test = test };
	unsigned long pfn, entry, found = 0, checked = 0;
	struct p2m_walk walk;
	struct p2m_run run;

	p2m_walk_init(&walk, 0, xen_p2m_size);
	while (p2m_walk_next(&walk, &run)) {
		if (run.kind == P2M_IDENTITY || run.kind == P2M_BAD)
			continue;
		for (pfn = run.start; pfn < run.end; pfn++) {
			if (!(pfn % P2M_PER_PAGE))
				cond_resched();
			if (!run.ram && !hotplugged(pfn))
				continue;
			checked++;
			entry = __pfn_to_mfn(pfn);
			if (likely(mapped_right(pfn, entry, &found)))
				continue;
			/* Changed in between? */
			msleep(20);
			entry = __pfn_to_mfn(pfn);
			if (!mapped_right(pfn, entry, &found))
				broken_range(&broken, pfn, pfn + 1,
					     "entry %#lx, but mapped to %#lx",
					     entry, found);
		}
	}

	kunit_info(test, "%lu pages checked\n", checked);
	KUNIT_EXPECT_NE(test, checked, 0);
	broken_done(&broken);
}

/* RAM has an MFN, is ballooned out or used for a foreign page: no identity. */
static void e820_ram_not_identity(struct kunit *test)
{
	struct broken broken = { .test = test };
	struct p2m_walk walk;
	struct p2m_run run;
	unsigned int i;

	for (i = 0; i < nr_ram; i++) {
		kunit_info(test, "RAM: pfn [%#lx, %#lx)\n", ram[i].start,
			   ram[i].end);
		/* The P2M must cover all RAM. */
		if (ram[i].end > xen_p2m_size)
			broken_range(&broken, max(ram[i].start, xen_p2m_size),
				     ram[i].end, "RAM above the P2M");

		p2m_walk_init(&walk, ram[i].start, ram[i].end);
		while (p2m_walk_next(&walk, &run))
			if (run.kind == P2M_IDENTITY || run.kind == P2M_BAD)
				broken_e820(&broken, run.start, run.end,
					    "mfn, missing or foreign",
					    run.kind);
	}

	broken_done(&broken);
}

/**
 * vacated_pages - non-RAM pages of Xen's map where the kernel has RAM
 * @mfn: page to look for
 * @index: set to the number of @mfn among these pages, if it is one of them
 *
 * Return: number of such pages.
 */
static unsigned long vacated_pages(unsigned long mfn, unsigned long *index)
{
	unsigned long start, end, last = 0, pages = 0;
	unsigned int i, j;

	for (i = 0; i < nr_xen_map; i++) {
		/* Unusable memory is taken for RAM on purpose. */
		if (xen_map[i].type == E820_TYPE_RAM ||
		    xen_map[i].type == E820_TYPE_UNUSABLE)
			continue;

		/* A page with two entries counts once. */
		start = max(last, PFN_DOWN(xen_map[i].addr));
		last = max(last, PFN_UP(xen_map[i].addr + xen_map[i].size));
		for (j = 0; j < nr_ram; j++) {
			unsigned long s = max(start, ram[j].start);

			end = min(last, ram[j].end);
			if (s >= end)
				continue;
			if (mfn >= s && mfn < end)
				*index = pages + mfn - s;
			pages += end - s;
		}
	}

	return pages;
}

/**
 * moved_nonram - is this a page the kernel moved to make room for its own RAM?
 * @pfn: page which isn't RAM
 * @mfn: what its P2M entry is
 * @found: bitmap of the vacated pages found up to now
 *
 * If the kernel, its start info or its page tables are placed at the PFNs of
 * a non-RAM E820 entry (ACPI NVS only as of now), the kernel swaps that entry
 * with RAM: at the new PFNs the P2M has the MFNs of the non-RAM pages, and the
 * PFNs equal to these MFNs are RAM. So an MFN at a non-RAM PFN is right if
 * - the map given by Xen has the same type for the MFN as the kernel's E820
 *   map has for the PFN,
 * - the PFN equal to the MFN is RAM of the kernel now,
 * - the MFN isn't that of another page of the domain, moved or not.
 *
 * Return: true if so.
 */
static bool moved_nonram(unsigned long pfn, unsigned long mfn,
			 unsigned long *found)
{
	unsigned long index = ULONG_MAX, back;
	unsigned int i;

	vacated_pages(mfn, &index);
	if (index == ULONG_MAX)
		return false;

	for (i = 0; i < ARRAY_SIZE(nonram_type); i++)
		if (e820_mapped(pfn, pfn + 1, nonram_type[i].type) &&
		    xen_map_has(mfn, nonram_type[i].type))
			break;
	if (i == ARRAY_SIZE(nonram_type))
		return false;

	back = mfn_to_pfn_no_overrides(mfn);
	if (back != pfn && back < xen_p2m_size &&
	    READ_ONCE(xen_p2m_addr[back]) == mfn)
		return false;

	return !test_and_set_bit(index, found);
}

/**
 * struct nonram - what is in the P2M where the E820 map doesn't have RAM
 * @count: number of entries of each kind
 * @moved: number of non-RAM pages moved by the kernel
 * @added: number of pages of hotplugged memory
 */
struct nonram {
	unsigned long count[P2M_KINDS];
	unsigned long moved;
	unsigned long added;
};

/*
 * Is this behind the E820 map of a domU, but still in the last leaf with RAM?
 * The toolstack reads that one when the domU is saved. It would take identity
 * for an MFN, so missing is right, too. (The number of pages in start_info
 * does not tell: after a restore it is that of the leaves.)
 */
static bool read_by_tools(unsigned long pfn)
{
	return !xen_initial_domain() && pfn >= e820_end &&
	       pfn < ALIGN(e820_end, P2M_PER_PAGE);
}

static void check_nonram_run(struct broken *broken, const struct p2m_run *run,
			     struct nonram *nonram, unsigned long *found)
{
	unsigned long pfn, start = run->start;

	for (pfn = start; pfn < run->end; pfn++) {
		if (!(pfn % P2M_PER_PAGE))
			cond_resched();

		if (run->kind != P2M_BAD && hotplugged(pfn))
			nonram->added++;
		else if (run->kind == P2M_MFN &&
			 moved_nonram(pfn, READ_ONCE(xen_p2m_addr[pfn]), found))
			nonram->moved++;
		else if (run->kind != P2M_MISSING || !read_by_tools(pfn))
			continue;

		if (start < pfn)
			broken_e820(broken, start, pfn, "identity", run->kind);
		start = pfn + 1;
	}

	if (start < pfn)
		broken_e820(broken, start, pfn, "identity", run->kind);
}

/*
 * What isn't RAM is identity: all other entries of the E820 map, the gaps
 * between entries, and all the P2M covers above the last one. Excepted are
 * memory hotplugged later on, and non-RAM pages moved by the kernel; each page
 * which had to be moved must be found at its new PFN.
 *
 * As memory can be hotplugged while this is looking, a failure must show up
 * twice.
 */
static void e820_nonram_identity(struct kunit *test)
{
	struct broken broken = { .test = test };
	unsigned long vacated, *found, ignored;
	struct nonram nonram;
	struct p2m_walk walk;
	struct p2m_run run;
	int tries;

	vacated = vacated_pages(0, &ignored);
	found = bitmap_zalloc(vacated + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, found);

	for (tries = 1; tries <= 2; tries++) {
		memset(&nonram, 0, sizeof(nonram));
		broken.ranges = 0;
		broken.pages = 0;
		broken.quiet = tries == 1;
		bitmap_zero(found, vacated + 1);

		p2m_walk_init(&walk, 0, xen_p2m_size);
		while (p2m_walk_next(&walk, &run)) {
			if (run.ram)
				continue;
			nonram.count[run.kind] += run.end - run.start;
			if (run.kind != P2M_IDENTITY)
				check_nonram_run(&broken, &run, &nonram,
						 found);
		}

		if (!broken.ranges)
			break;
		if (broken.quiet)
			msleep(200);
	}
	bitmap_free(found);

	kunit_info(test, "E820 ends at pfn %#lx, P2M at %#lx\n", e820_end,
		   xen_p2m_size);
	kunit_info(test,
		   "non-RAM: %lu identity, %lu mfn, %lu missing, %lu foreign, of these %lu moved, %lu hotplugged\n",
		   nonram.count[P2M_IDENTITY], nonram.count[P2M_MFN],
		   nonram.count[P2M_MISSING], nonram.count[P2M_FOREIGN],
		   nonram.moved, nonram.added);
	KUNIT_EXPECT_EQ_MSG(test, nonram.moved, vacated,
			    "not all of the non-RAM pages whose PFN is RAM have been moved");
	broken_done(&broken);
}

/*
 * Dom0 maps the ISA range to find the BIOS tables and the video memory there.
 * In a domU it must be RAM of the domain, as far as Xen's map says so, even
 * if called reserved. Neither can be ballooned out.
 */
static void isa_range(struct kunit *test)
{
	struct broken broken = { .test = test };
	struct p2m_walk walk;
	struct p2m_run run;
	enum p2m_kind kind;

	p2m_walk_init(&walk, ISA_START_PFN, ISA_END_PFN);
	/* A run is either RAM (a fake ISA range) or not. */
	while (p2m_walk_next(&walk, &run)) {
		kind = run.ram ? P2M_MFN : P2M_IDENTITY;
		if (run.kind != kind)
			broken_e820(&broken, run.start, run.end,
				    kind_name[kind], run.kind);
	}

	broken_done(&broken);
}

#ifdef CONFIG_PCI
/* Memory with an address? A root bus without windows has all of iomem. */
static bool assigned_mem(const struct resource *res)
{
	return (res->flags & IORESOURCE_MEM) &&
	       !(res->flags & IORESOURCE_UNSET) && res->start &&
	       res->end >= res->start && res != &iomem_resource;
}

/**
 * check_resource - check a PCI memory resource for identity, page by page
 * @broken: where to note broken ranges
 * @owner: name of the device or bridge
 * @what: what kind of resource it is
 * @res: the resource
 *
 * Return: number of pages.
 */
static unsigned long check_resource(struct broken *broken, const char *owner,
				    const char *what,
				    const struct resource *res)
{
	unsigned long start = PFN_DOWN(res->start);
	unsigned long end = PFN_DOWN(res->end) + 1;
	struct p2m_walk walk;
	struct p2m_run run;

	p2m_walk_init(&walk, start, end);
	while (p2m_walk_next(&walk, &run))
		if (run.kind != P2M_IDENTITY)
			broken_range(broken, run.start, run.end,
				     "expected identity, found %s, owner %s %s %pR",
				     kind_name[run.kind], owner, what, res);

	/* There is nothing but identity above the P2M; ask once. */
	if (end > xen_p2m_size && __pfn_to_mfn(end - 1) != IDENTITY_FRAME(end - 1))
		broken_range(broken, end - 1, end,
			     "expected identity above the P2M, owner %s %s %pR",
			     owner, what, res);

	return end - start;
}

static void pci_apertures_identity(struct kunit *test)
{
	struct broken broken = { .test = test };
	unsigned long apertures = 0, pages = 0;
	struct resource_entry *window;
	struct pci_bus *bus = NULL;

	pci_lock_rescan_remove();
	while ((bus = pci_find_next_bus(bus))) {
		struct pci_host_bridge *bridge = pci_find_host_bridge(bus);

		resource_list_for_each_entry(window, &bridge->windows) {
			if (!assigned_mem(window->res))
				continue;
			pages += check_resource(&broken, dev_name(&bridge->dev),
						"aperture", window->res);
			apertures++;
		}
	}
	pci_unlock_rescan_remove();

	kunit_info(test, "%lu apertures, %lu pages\n", apertures, pages);
	broken_done(&broken);
	if (!apertures)
		kunit_skip(test, "no host bridge with a memory aperture");
}

/* BARs, ROMs, BARs of virtual functions, and windows of bridges. */
static void pci_bars_identity(struct kunit *test)
{
	struct broken broken = { .test = test };
	unsigned long bars = 0, pages = 0, ranges;
	struct pci_dev *dev = NULL;
	unsigned long first, last;
	char what[16];
	int i;

	pci_lock_rescan_remove();
	for_each_pci_dev(dev) {
		for (i = 0; i < PCI_NUM_RESOURCES; i++) {
			const struct resource *res = &dev->resource[i];

			if (!assigned_mem(res))
				continue;

			ranges = broken.ranges;
			snprintf(what, sizeof(what), "resource %d", i);
			pages += check_resource(&broken, pci_name(dev), what,
						res);
			bars++;

			/* PTEs of BARs have to be translated back, too. */
			first = PFN_DOWN(res->start);
			last = PFN_DOWN(res->end);
			if (broken.ranges == ranges &&
			    (mfn_to_pfn(first) != first ||
			     mfn_to_pfn(last) != last))
				broken_range(&broken, first, last + 1,
					     "expected the MFNs to be the PFNs, found pfn %#lx and %#lx for the ends, owner %s %s %pR",
					     mfn_to_pfn(first),
					     mfn_to_pfn(last), pci_name(dev),
					     what, res);
		}
	}
	pci_unlock_rescan_remove();

	kunit_info(test, "%lu memory resources, %lu pages\n", bars, pages);
	broken_done(&broken);
	if (!bars)
		kunit_skip(test, "no PCI device with memory");
}
#endif

/**
 * count_memory - count the entries of the P2M for memory
 * @count: number of entries of each kind
 *
 * This is RAM of the E820 map and hotplugged memory.
 */
static void count_memory(unsigned long count[P2M_KINDS])
{
	struct p2m_walk walk;
	struct p2m_run run;
	unsigned long pfn;

	memset(count, 0, P2M_KINDS * sizeof(*count));

	p2m_walk_init(&walk, 0, xen_p2m_size);
	while (p2m_walk_next(&walk, &run)) {
		if (run.ram) {
			count[run.kind] += run.end - run.start;
			continue;
		}
		if (run.kind == P2M_IDENTITY)
			continue;
		for (pfn = run.start; pfn < run.end; pfn++) {
			count[run.kind] += hotplugged(pfn);
			if (!(pfn % P2M_PER_PAGE))
				cond_resched();
		}
	}
}

/*
 * The domain holds the pages which its P2M has an MFN for, and no others.
 *
 * Not counted are MFNs at non-RAM PFNs: moved non-RAM pages are Xen's. Counted
 * is what the domain builder allocated for the domain (page tables, start
 * info, rings, initrd, the P2M itself), as it has a PFN each. Shared info and
 * grant table pages are Xen's and have no PFN.
 */
static void pages_conserved(struct kunit *test)
{
	unsigned long count[P2M_KINDS];
	long before, after, pages;
	int tries, differs = 0;
	domid_t domid;

	for (tries = 1; ; tries++) {
		domid = DOMID_SELF;
		before = HYPERVISOR_memory_op(XENMEM_current_reservation,
					      &domid);
		count_memory(count);
		domid = DOMID_SELF;
		after = HYPERVISOR_memory_op(XENMEM_current_reservation,
					     &domid);
		pages = count[P2M_MFN];
		if (before < 0 || tries == 8)
			break;
		if (before == after && (pages == after || ++differs == 3))
			break;

		/* The balloon might be at work. */
		msleep(200);
	}

	kunit_info(test,
		   "memory: %lu mfn, %lu missing, %lu foreign, %lu identity\n",
		   count[P2M_MFN], count[P2M_MISSING], count[P2M_FOREIGN],
		   count[P2M_IDENTITY]);
	kunit_info(test, "Xen: %ld pages (%d tries)\n", after, tries);

	KUNIT_ASSERT_GT(test, before, 0);
	if (before != after)
		kunit_skip(test, "balloon at work");
	KUNIT_EXPECT_EQ_MSG(test, pages, after,
			    "P2M and Xen differ by %ld pages", pages - after);
}

/**
 * check_lookup - check that all lookups of a PFN agree
 * @broken: where to note a broken PFN
 * @pfn: the PFN
 */
static void check_lookup(struct broken *broken, unsigned long pfn)
{
	unsigned long entry, again, get, mfn, expected;
	struct p2m_walk walk;
	enum p2m_kind kind;
	bool valid, present;
	int tries = 3;

	/* Look again if the entry has been changed meanwhile. */
	do {
		entry = __pfn_to_mfn(pfn);
		get = get_phys_to_machine(pfn);
		mfn = pfn_to_mfn(pfn);
		valid = phys_to_machine_mapping_valid(pfn);
		again = __pfn_to_mfn(pfn);
	} while (entry != again && --tries);

	kind = p2m_kind(pfn, entry);
	present = kind != P2M_MISSING;
	if (!present)
		expected = INVALID_P2M_ENTRY;
	else if (kind == P2M_IDENTITY)
		expected = pfn;
	else
		expected = entry & ~(FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT);

	if (get != entry)
		broken_range(broken, pfn, pfn + 1,
			     "expected get_phys_to_machine() %#lx, found %#lx, owner %s",
			     entry, get, e820_name(pfn));
	if (mfn != expected || kind == P2M_BAD)
		broken_range(broken, pfn, pfn + 1,
			     "expected pfn_to_mfn() %#lx, found %#lx, entry %#lx, owner %s",
			     expected, mfn, entry, e820_name(pfn));
	if (valid != present)
		broken_range(broken, pfn, pfn + 1,
			     "expected phys_to_machine_mapping_valid() %d, found %d, entry %#lx, owner %s",
			     present, valid, entry, e820_name(pfn));

	if (pfn >= xen_max_p2m_pfn && kind != P2M_IDENTITY)
		broken_range(broken, pfn, pfn + 1,
			     "expected identity above the P2M, found %#lx",
			     entry);

	/* This is how all other tests look at the P2M. */
	if (pfn < xen_p2m_size) {
		p2m_walk_init(&walk, pfn, pfn + 1);
		again = p2m_walk_entry(&walk, pfn);
		if (again != entry && __pfn_to_mfn(pfn) == entry)
			broken_range(broken, pfn, pfn + 1,
				     "expected %#lx in the linear list, found %#lx, owner %s",
				     entry, again, e820_name(pfn));
	}
}

static void check_border(struct broken *broken, unsigned long pfn)
{
	if (pfn)
		check_lookup(broken, pfn - 1);
	check_lookup(broken, pfn);
	check_lookup(broken, pfn + 1);
}

static void lookups_agree_at_borders(struct kunit *test)
{
	struct broken broken = { .test = test };
	unsigned int i;

	check_border(&broken, 0);
	check_border(&broken, ISA_START_PFN);
	check_border(&broken, ISA_END_PFN);
	for (i = 0; i < nr_ram; i++) {
		check_border(&broken, ram[i].start);
		check_border(&broken, ram[i].end);
		check_border(&broken, ALIGN(ram[i].end, P2M_PER_PAGE));
	}
	check_border(&broken, e820_end);
	check_border(&broken, ALIGN(e820_end, P2M_PER_PAGE));
	check_border(&broken, xen_p2m_size);
	check_border(&broken, xen_max_p2m_pfn);
	check_border(&broken, MAX_PFN - 2);
	check_lookup(&broken, ~0UL >> PAGE_SHIFT);

	broken_done(&broken);
}

#ifdef XEN_P2M_IDENTITY_MARK
/*
 * Dom0 knows where below 4 GiB no look into the M2P is needed: up to what the
 * firmware has there, and no RAM is in it.
 */
static void m2p_hole_is_known(struct kunit *test)
{
	unsigned long last = PFN_DOWN(SZ_4G) - 1;
	u64 start = PFN_PHYS(xen_m2p_hole);
	u64 end = start + PFN_PHYS(xen_m2p_hole_size);
	unsigned int i;

	if (!xen_initial_domain())
		kunit_skip(test, "the machine's map is dom0's to know");
	for (i = 0; i < nr_xen_map; i++)
		if (xen_map[i].type == E820_TYPE_RAM)
			KUNIT_EXPECT_FALSE_MSG(test, xen_map[i].addr < end &&
					       xen_map[i].addr + xen_map[i].size > start,
					       "RAM at %#llx is in the hole, [%#llx, %#llx)",
					       xen_map[i].addr, start, end);
	if (!xen_map_has(last, E820_TYPE_RESERVED) ||
	    xen_map_has(last, E820_TYPE_RAM))
		kunit_skip(test, "nothing is reserved just below 4 GiB");
	KUNIT_EXPECT_LT(test, last - xen_m2p_hole, xen_m2p_hole_size);
}

/* Only a leaf that is no other PFNs' is mapped for writing. */
static bool leaf_is_private(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)(xen_p2m_addr + pfn), &level);

	return pte && level == PG_LEVEL_4K && pte_write(READ_ONCE(*pte));
}

/*
 * What a domU may grow into of the memory that it was built for has its leaves:
 * to fill it changes no structure that the toolstack has read, so p2m_generation
 * stays. Memory that is added later is no part of that.
 */
static void growth_changes_no_structure(struct kunit *test)
{
	struct broken broken = { .test = test };
	unsigned long pfn, end, leaves = 0;
	struct p2m_walk walk;
	struct p2m_run run;

	if (xen_initial_domain())
		kunit_skip(test, "nobody saves dom0");
	p2m_walk_init(&walk, 0, xen_p2m_size);
	while (p2m_walk_next(&walk, &run)) {
		if (run.kind != P2M_MISSING || !run.ram)
			continue;
		for (pfn = run.start; pfn < run.end; pfn = end, leaves++) {
			end = min(run.end, round_up(pfn + 1, P2M_PER_PAGE));
			if (!leaf_is_private(pfn))
				broken_range(&broken, pfn, end,
					     "expected a leaf of its own");
		}
	}
	kunit_info(test, "%lu leaves with missing PFNs\n", leaves);
	broken_done(&broken);
	if (!leaves)
		kunit_skip(test, "nothing is missing here");
}
#endif

static unsigned long random_long(struct rnd_state *rnd)
{
	unsigned long r = prandom_u32_state(rnd);

	return r << 32 | prandom_u32_state(rnd);
}

static void lookups_agree_at_random(struct kunit *test)
{
	struct broken broken = { .test = test };
	struct rnd_state rnd;
	unsigned int i, s;

	s = seed ?: get_random_u32();
	kunit_info(test, "seed=%u\n", s);
	KUNIT_ASSERT_NE(test, nr_ram, 0);
	prandom_seed_state(&rnd, s);

	for (i = 0; i < 4096; i++) {
		const struct pfn_range *range;

		/* Some RAM, anywhere in the P2M, and anywhere at all. */
		range = ram + prandom_u32_state(&rnd) % nr_ram;
		check_lookup(&broken, range->start + random_long(&rnd) %
			     (range->end - range->start));
		check_lookup(&broken, random_long(&rnd) % xen_p2m_size);
		check_lookup(&broken, random_long(&rnd) % MAX_PFN);
		if (!(i % 64))
			cond_resched();
	}

	broken_done(&broken);
}

static int xen_p2m_live_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a Xen PV domain");

	return 0;
}

static void xen_p2m_live_suite_exit(struct kunit_suite *suite)
{
	kfree(ram);
	ram = NULL;
	kfree(xen_map);
	xen_map = NULL;
}

static int xen_p2m_live_suite_init(struct kunit_suite *suite)
{
	struct xen_memory_map map = { .nr_entries = MAX_MAP };
	int ret;

	if (!xen_pv_domain())
		return 0;

	ram = kcalloc(E820_MAX_ENTRIES, sizeof(*ram), GFP_KERNEL);
	xen_map = kcalloc(MAX_MAP, sizeof(*xen_map), GFP_KERNEL);
	if (!ram || !xen_map)
		return -ENOMEM;

	set_xen_guest_handle(map.buffer, xen_map);
	ret = HYPERVISOR_memory_op(xen_initial_domain() ?
				   XENMEM_machine_memory_map :
				   XENMEM_memory_map, &map);
	/* A domU might have none, and takes all memory for RAM then. */
	if (ret && xen_initial_domain())
		return ret;
	nr_xen_map = ret ? 0 : map.nr_entries;

	return collect_ram();
}

static struct kunit_case xen_p2m_live_cases[] = {
	KUNIT_CASE(p2m_m2p_round_trip),
	KUNIT_CASE(direct_map_agrees),
	KUNIT_CASE(e820_ram_not_identity),
	KUNIT_CASE(e820_nonram_identity),
	KUNIT_CASE(isa_range),
#ifdef CONFIG_PCI
	KUNIT_CASE(pci_apertures_identity),
	KUNIT_CASE(pci_bars_identity),
#endif
	KUNIT_CASE(pages_conserved),
	KUNIT_CASE(lookups_agree_at_borders),
	KUNIT_CASE(lookups_agree_at_random),
#ifdef XEN_P2M_IDENTITY_MARK
	KUNIT_CASE(m2p_hole_is_known),
	KUNIT_CASE(growth_changes_no_structure),
#endif
	{}
};

static struct kunit_suite xen_p2m_live_suite = {
	.name = "xen-p2m-live",
	.suite_init = xen_p2m_live_suite_init,
	.suite_exit = xen_p2m_live_suite_exit,
	.init = xen_p2m_live_init,
	.test_cases = xen_p2m_live_cases,
};

kunit_test_suite(xen_p2m_live_suite);

MODULE_DESCRIPTION("KUnit tests of the P2M of the running Xen PV kernel");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
