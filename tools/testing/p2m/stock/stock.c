// SPDX-License-Identifier: GPL-2.0
/*
 * Stock's setup of memory under Xen, with a made-up world around it
 *
 * The .inc files are pieces of the kernel tree, made when this is built.
 */

#include "stub.h"

#include "types.inc"

void e820__range_add(u64 start, u64 size, enum e820_type type);
int e820__update_table(struct e820_table *table);
extern struct e820_table *e820_table;

/* MFNs are the domain's PFNs plus this. */
#define MFN_BASE	(1UL << 41)

const struct xen_layout_input *stock_in;
struct stock *stock_now;
static struct start_info start_info;
struct start_info *xen_start_info = &start_info;
struct boot_params boot_params;
unsigned long xen_max_p2m_pfn, xen_released_pages, max_pfn_mapped;

static jmp_buf grave;
static const char *last_words;

#include "e820.inc"
#include "extra.inc"
#include "nonram.inc"
#ifdef STOCK_IS_6_1
/* It dies where a region is in the way. */
#define NR_NONRAM_REMAP	1
static struct {
	phys_addr_t maddr, paddr;
	size_t size;
} xen_nonram_remap[NR_NONRAM_REMAP];
static unsigned int nr_nonram_remap;
static unsigned long ini_nr_pages;
const bool stock_is_6_1 = true;
#else
const bool stock_is_6_1;
#endif
#ifdef STOCK_LOOKS_AGAIN
const bool stock_looks_again = true;
#else
const bool stock_looks_again;
#endif
#include "setup.inc"

void stock_die(const char *why)
{
	stock_now->death = last_words ?: why;
	longjmp(grave, 1);
}

void xen_raw_console_write(const char *text)
{
	last_words = text;
}

/* A table of the test is too small: that says nothing of stock. */
static void no_room(const char *what)
{
	fprintf(stderr, "no room for so many %s of stock\n", what);
	exit(2);
}

static void range_add(struct stock_ranges *ranges, unsigned long start,
		      unsigned long end)
{
	struct xen_layout_range *last = ranges->range + ranges->nr - 1;

	if (start >= end)
		return;
	if (ranges->nr && last->end == start) {
		last->end = end;
		return;
	}
	if (ranges->nr == STOCK_MAX)
		no_room("ranges");
	ranges->range[ranges->nr].start = start;
	ranges->range[ranges->nr++].end = end;
}

/* --- memblock ----------------------------------------------------------------- */

#define MAX_RESERVED	4096U

static struct {
	phys_addr_t start, end;
} reserved[MAX_RESERVED];
static unsigned int nr_reserved;

void memblock_reserve(phys_addr_t start, phys_addr_t size)
{
	if (!size)
		return;
	if (nr_reserved == MAX_RESERVED)
		no_room("reserved ranges");
	reserved[nr_reserved].start = start;
	reserved[nr_reserved++].end = start + size;
}

/* It is only asked for free memory, and never after something was freed. */
void memblock_phys_free(phys_addr_t start, phys_addr_t size)
{
}

bool memblock_is_reserved(phys_addr_t addr)
{
	unsigned int i;

	for (i = 0; i < nr_reserved; i++)
		if (reserved[i].start <= addr && addr < reserved[i].end)
			return true;

	return false;
}

/* --- P2M, M2P and hypervisor ---------------------------------------------------- */

/* The run of PFNs around the last one asked for that are alike */
static struct {
	unsigned long start, end;
	bool identity;
} run;

static void find_run(unsigned long pfn)
{
	const struct stock_ranges *id = &stock_now->identity;
	unsigned int i;

	run.start = 0;
	run.end = ~0UL;
	run.identity = false;
	for (i = 0; i < id->nr; i++) {
		const struct xen_layout_range *r = &id->range[i];

		if (r->start <= pfn && pfn < r->end) {
			run.start = r->start;
			run.end = r->end;
			run.identity = true;
			return;
		}
		if (r->end <= pfn)
			run.start = max(run.start, r->end);
		else
			run.end = min(run.end, r->start);
	}
}

unsigned long pfn_to_mfn(unsigned long pfn)
{
	if (pfn < run.start || pfn >= run.end)
		find_run(pfn);
	if (run.identity)
		return pfn;

	return pfn < stock_in->nr_pages ? pfn + MFN_BASE : INVALID_P2M_ENTRY;
}

unsigned long mfn_to_pfn(unsigned long mfn)
{
	return mfn - MFN_BASE;
}

unsigned long set_phys_range_identity(unsigned long start, unsigned long end)
{
	range_add(&stock_now->identity, start, min(end, XEN_LAYOUT_PFNS_END));
	run.end = 0;

	return end - start;
}

/* The pages in which stock keeps what it has to do, last one first */
static struct {
	unsigned long mfn;
	char page[PAGE_SIZE];
} *notes;
static unsigned long nr_notes, room_for_notes, mapped_mfn;

static void note_save(void)
{
	if (nr_notes == room_for_notes) {
		room_for_notes = room_for_notes * 2 + 64;
		notes = realloc(notes, room_for_notes * sizeof(*notes));
		if (!notes)
			abort();
	}
	notes[nr_notes].mfn = mapped_mfn;
	memcpy(notes[nr_notes++].page, &xen_remap_buf, PAGE_SIZE);
}

static bool reading_notes;

void set_pte_mfn(unsigned long va, unsigned long mfn, int prot)
{
	if (mapped_mfn && !reading_notes)
		note_save();
	mapped_mfn = mfn;
	if (!mfn || !reading_notes)
		return;
	while (nr_notes) {
		if (notes[--nr_notes].mfn != mfn)
			continue;
		memcpy(&xen_remap_buf, notes[nr_notes].page, PAGE_SIZE);
		return;
	}
	stock_die("a page of notes was overwritten");
}

static long memory_map(struct xen_memory_map *map)
{
	struct e820_entry *entry = map->buffer;
	unsigned int i;

	if (!stock_in->nr_e820)
		return -ENOSYS;
	map->nr_entries = min(map->nr_entries, stock_in->nr_e820);
	for (i = 0; i < map->nr_entries; i++, entry++) {
		entry->addr = stock_in->e820[i].addr;
		entry->size = stock_in->e820[i].size;
		entry->type = stock_in->e820[i].type;
	}

	return 0;
}

long HYPERVISOR_memory_op(unsigned int cmd, void *arg)
{
	struct xen_memory_reservation *reservation = arg;
	unsigned long pfn;

	switch (cmd) {
	case XENMEM_maximum_reservation:
		return stock_in->max_reservation;
	case XENMEM_decrease_reservation:
		pfn = *reservation->extent_start - MFN_BASE;
		range_add(&stock_now->released, pfn, pfn + 1);
		return 1;
	default:
		return memory_map(arg);
	}
}

int HYPERVISOR_mmu_update(struct mmu_update *update, int nr, void *done,
			  domid_t domid)
{
	struct xen_layout_move *last = stock_now->moves +
				       stock_now->nr_moves - 1;
	unsigned long from = (update->ptr >> PAGE_SHIFT) - MFN_BASE;
	unsigned long to = update->val;

	if (stock_now->nr_moves && last->from + last->nr == from &&
	    last->to + last->nr == to) {
		last->nr++;
		return 0;
	}
	/* Stock goes through its notes from the last one to the first. */
	if (stock_now->nr_moves > 1 && last->from + last->nr == last[-1].from &&
	    last->to + last->nr == last[-1].to) {
		last->nr += last[-1].nr;
		last[-1] = *last;
		stock_now->nr_moves--;
		last--;
	}
	if (stock_now->nr_moves == STOCK_MAX)
		no_room("moves");
	*++last = (struct xen_layout_move){ .from = from, .to = to, .nr = 1 };
	stock_now->nr_moves++;

	return 0;
}

/* --- what other files do ---------------------------------------------------------- */

void xen_pt_check_e820(void)
{
	const struct xen_layout_area *area =
		&stock_in->area[XEN_LAYOUT_PAGE_TABLES];

#ifdef STOCK_IS_6_1
	if (xen_is_e820_reserved(area->addr, area->size))
		stock_die("page table memory conflicts with E820 map");
#else
	xen_chk_is_e820_usable(area->addr, area->size, "page table");
#endif
}

/* List, page tables, PMDs and PUDs, rounded up each */
unsigned long stock_p2m_frames(unsigned long nr_pages)
{
	unsigned long size = nr_pages * sizeof(unsigned long), nr = 0;
	unsigned int shift;

	for (shift = PAGE_SHIFT; shift < 48; shift += 9)
		nr += (size + (1UL << shift) - 1) >> shift;

	return nr;
}

void xen_relocate_p2m(void)
{
	stock_now->relocated[XEN_LAYOUT_P2M_LIST] = true;
	if (!xen_find_free_area(PFN_PHYS(stock_p2m_frames(stock_in->nr_pages))))
		stock_die("no room for the P2M list");
}

void *early_memremap(phys_addr_t addr, unsigned long size)
{
	static char pages[2][(NR_FIX_BTMAPS + 1) * PAGE_SIZE];
	static unsigned int turn;

	return pages[turn++ & 1] + (addr & ~PAGE_MASK);
}

/* --- all of it ---------------------------------------------------------------------- */

static void world_init(const struct xen_layout_input *in, struct stock *stock)
{
	const struct xen_layout_area *list = &in->area[XEN_LAYOUT_P2M_LIST];
	unsigned int i;

	memset(stock, 0, sizeof(*stock));
	stock_in = in;
	stock_now = stock;
	last_words = NULL;
	memset(&run, 0, sizeof(run));
	nr_reserved = 0;
	nr_notes = 0;
	mapped_mfn = 0;
	reading_notes = false;
	start_info.cmd_line = "";
	start_info.nr_pages = in->nr_pages;
	start_info.first_p2m_pfn = list->addr >> PAGE_SHIFT;
	start_info.nr_p2m_frames = PFN_UP(list->size);
	boot_params.hdr.ramdisk_image = in->area[XEN_LAYOUT_INITRD].addr;
	boot_params.hdr.ramdisk_size = in->area[XEN_LAYOUT_INITRD].size;
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		memblock_reserve(in->area[i].addr, in->area[i].size);
	for (i = 0; i < in->nr_reserved; i++)
		memblock_reserve(in->reserved[i].addr, in->reserved[i].size);

	/* What stock has at boot */
	memset(&xen_e820_table, 0, sizeof(xen_e820_table));
	memset(xen_extra_mem, 0, sizeof(xen_extra_mem));
	memset(xen_nonram_remap, 0, sizeof(xen_nonram_remap));
	nr_nonram_remap = 0;
	e820_table->nr_entries = 0;
	ini_nr_pages = 0;
	xen_remap_mfn = INVALID_P2M_ENTRY;
	xen_512gb_limit = in->limit_512gb;
	xen_released_pages = 0;
	xen_max_p2m_pfn = in->nr_pages;
}

/* Its size is negative, and nothing sanitizes such a table. */
static bool runs_backwards(const struct e820_table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_entries; i++)
		if (table->entries[i].addr + table->entries[i].size <
		    table->entries[i].addr)
			return true;

	return false;
}

static void results(struct stock *stock)
{
	unsigned int i;

	for (i = 0; i < e820_table->nr_entries; i++) {
		const struct e820_entry *e = &e820_table->entries[i];

		stock->e820[i].start = e->addr;
		stock->e820[i].end = e->addr + e->size;
		stock->e820[i].type = e->type;
	}
	stock->nr_e820 = i;
	for (i = 0; i < XEN_EXTRA_MEM_MAX_REGIONS; i++)
		range_add(&stock->extra, xen_extra_mem[i].start_pfn,
			  xen_extra_mem[i].start_pfn + xen_extra_mem[i].n_pfns);
	for (i = 0; i < nr_nonram_remap; i++) {
		stock->nonram[i].start = xen_nonram_remap[i].maddr;
		stock->nonram[i].end = xen_nonram_remap[i].maddr +
				       xen_nonram_remap[i].size;
		stock->nonram[i].to = xen_nonram_remap[i].paddr;
	}
	stock->nr_nonram = nr_nonram_remap;
	stock->initrd = boot_params.hdr.ramdisk_image;
	stock->relocated[XEN_LAYOUT_INITRD] = boot_params.hdr.ramdisk_image !=
					      stock_in->area[XEN_LAYOUT_INITRD].addr;
}

void stock_run(const struct xen_layout_input *in, struct stock *stock)
{
	world_init(in, stock);
	if (setjmp(grave))
		return;
	xen_memory_setup();
	stock->backwards = runs_backwards(e820_table);
	reading_notes = true;
	xen_remap_memory();
	results(stock);
}
