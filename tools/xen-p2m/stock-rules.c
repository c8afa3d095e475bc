// SPDX-License-Identifier: GPL-2.0
/*
 * What stock kernels do with a memory map under Xen
 *
 * Numbers wrap here where they wrap there: that is what some of them die of.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/pfn.h>

#include "stock-rules.h"

#define PAGE		XEN_LAYOUT_PAGE_SIZE
#define ISA_END		((u64)1 << 20)
#define IBFT_START	((u64)512 << 10)
/* Of struct start_info; what Xen puts after it is not looked at */
#define START_INFO_SIZE	((u64)0x490)
#define LEAF_PFNS	512UL
#define PFNS_512GB	BIT(27)
#define DOMU_SLACK	((u64)8 << 20)

/* What stock has room for: regions to move, and ranges of extra memory */
#define MAX_MOVED	4U
#define MAX_EXTRA	128U
/* Entries of the kernel's E820 table, for 1024 NUMA nodes as Debian has them */
#define MAX_E820	(128U + 3 * 1024U)
/* MFNs of pages that move, in one of these pages */
#define CHUNK		(512UL - 3)

#define MAX_TABLE	(2 * XEN_LAYOUT_MAX_E820 + 16)
/* Areas, what else is reserved, extra memory, two copies */
#define MAX_USED	(XEN_LAYOUT_AREAS + XEN_LAYOUT_MAX_RESERVED + MAX_TABLE + 2)
#define MAX_MOVES	(2 * MAX_TABLE)

struct range {
	u64 start;
	u64 end;
};

struct world {
	enum stock_kernel kernel;
	const struct xen_layout_input *in;
	struct stock_fate *fate;
	unsigned long limit;		/* of PFNs */
	unsigned long nr_pages;		/* that count: up to the limit */
	unsigned int nr_moved;		/* regions */
	unsigned int nr;		/* entries of the map */
	struct xen_layout_entry entry[MAX_TABLE];
	struct xen_layout_range extra[MAX_EXTRA];	/* end may be below start */
	unsigned int nr_used;
	struct range used[MAX_USED];
	unsigned int nr_moves;
	struct xen_layout_move moves[MAX_MOVES];
	unsigned int nr_e820;		/* entries that were registered */
	unsigned long identity_from;	/* all above the map */
	struct range sliver;		/* RAM without a page border inside */
	u64 initrd;			/* where it is in the end */
};

const char *const stock_names[STOCKS] = {
	[STOCK_6_1] = "6.1",
	[STOCK_6_12] = "6.12",
	[STOCK_7_3] = "7.3",
};

static u64 end_of(const struct xen_layout_entry *e)
{
	return e->addr + e->size;
}

/* The first death is the one that counts. */
static void die(struct world *w, enum stock_death death, u64 start, u64 end)
{
	if (w->fate->death)
		return;
	w->fate->death = death;
	w->fate->start = start;
	w->fate->end = end;
}

static bool dead(const struct world *w)
{
	return w->fate->death != STOCK_LIVES;
}

/* --- the map ---------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u32 highest_type(const struct world *w, u64 addr)
{
	u32 type = 0;
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		if (w->entry[i].addr <= addr && addr < end_of(&w->entry[i]))
			type = max(type, w->entry[i].type);

	return type;
}

/* A map of one entry, or with one that wraps, stays as it is. */
static bool stays_as_is(const struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		if (end_of(&w->entry[i]) < w->entry[i].addr)
			return true;

	return w->nr < 2;
}

/* Sorted, the highest type where entries overlap, neighbours as one */
static void map_update(struct world *w)
{
	static u64 border[2 * MAX_TABLE];
	static struct xen_layout_entry sorted[MAX_TABLE];
	unsigned int i, nr = 0, borders = 0;

	if (stays_as_is(w))
		return;
	for (i = 0; i < w->nr; i++) {
		border[borders++] = w->entry[i].addr;
		border[borders++] = end_of(&w->entry[i]);
	}
	qsort(border, borders, sizeof(*border), by_address);
	for (i = 0; i + 1 < borders; i++) {
		struct xen_layout_entry *last = nr ? &sorted[nr - 1] : NULL;
		u32 type;

		if (border[i] == border[i + 1])
			continue;
		type = highest_type(w, border[i]);
		if (last && last->type == type && end_of(last) == border[i])
			last->size = border[i + 1] - last->addr;
		else if (type && nr < MAX_TABLE)
			sorted[nr++] = (struct xen_layout_entry) {
				border[i], border[i + 1] - border[i], type,
			};
	}
	memcpy(w->entry, sorted, nr * sizeof(*sorted));
	w->nr = nr;
}

static void map_add(struct world *w, u64 addr, u64 size, u32 type)
{
	if (w->nr < MAX_TABLE)
		w->entry[w->nr++] = (struct xen_layout_entry) { addr, size, type };
}

static void map_load(struct world *w)
{
	const struct xen_layout_input *in = w->in;
	bool dom0 = in->domain == XEN_LAYOUT_DOM0;
	unsigned int i;

	for (i = 0; i < in->nr_e820; i++)
		map_add(w, in->e820[i].addr, in->e820[i].size,
			dom0 && in->e820[i].type == XEN_LAYOUT_UNUSABLE ?
			XEN_LAYOUT_RAM : in->e820[i].type);
	if (!in->nr_e820)
		map_add(w, 0, PFN_PHYS(w->nr_pages) + DOMU_SLACK,
			XEN_LAYOUT_RAM);
	if (dom0 && w->kernel != STOCK_6_1)
		map_add(w, IBFT_START, in->ibft ? ISA_END - IBFT_START : 0,
			XEN_LAYOUT_RESERVED);
	map_update(w);
}

/* Not in one entry of RAM? */
static bool not_ram(const struct world *w, u64 start, u64 size)
{
	const struct xen_layout_entry *e = w->entry;
	unsigned int i;

	for (i = 0; size && i < w->nr; i++, e++)
		if (e->type == XEN_LAYOUT_RAM && e->addr <= start &&
		    end_of(e) >= start + size)
			return false;

	return size;
}

/* --- regions in the way ------------------------------------------------------- */

/* To the end of the first RAM above the pages handed over that has room */
static void region_move(struct world *w, unsigned int at)
{
	struct xen_layout_entry old = w->entry[at], *ram = w->entry;
	u64 start = ALIGN_DOWN(old.addr, PAGE), offset = old.addr - start;
	u64 size = ALIGN(offset + old.size, PAGE), to;
	u64 mem_end = PFN_PHYS(w->nr_pages);
	unsigned int i;

	for (i = 0; i < w->nr; i++, ram++)
		if (ram->type == XEN_LAYOUT_RAM && ram->size >= size &&
		    end_of(ram) - size >= mem_end)
			break;
	if (i == w->nr) {
		die(w, STOCK_NO_ROOM, old.addr, end_of(&old));
		return;
	}
	to = end_of(ram) - size;
	if (to & (PAGE - 1))
		die(w, STOCK_RAM_END, ram->addr, end_of(ram));
	else if (w->nr_moved++ == MAX_MOVED)
		die(w, STOCK_TOO_MANY, old.addr, end_of(&old));
	ram->size -= size;
	map_add(w, to + offset, old.size, old.type);
	w->entry[at] = (struct xen_layout_entry) { start, size, XEN_LAYOUT_RAM };
	map_update(w);
}

/*
 * Before 7.1 it goes on after the place in the map where the region was, though
 * the map is another one then, and so misses the next region.
 */
static void regions_move(struct world *w, u64 start, u64 end)
{
	unsigned int i = 0;

	while (!dead(w) && i < w->nr && w->entry[i].addr < end) {
		if (end_of(&w->entry[i]) <= start ||
		    w->entry[i].type != XEN_LAYOUT_NVS) {
			i++;
			continue;
		}
		region_move(w, i);
		i = w->kernel >= STOCK_7_3 ? 0 : i + 1;
	}
}

/* What is there instead of RAM: a region, or nothing that the map knows of */
static void name_conflict(struct world *w, u64 start, u64 end)
{
	const struct xen_layout_entry *e = w->entry;
	unsigned int i;

	die(w, STOCK_CONFLICT, start, end);
	for (i = 0; i < w->nr; i++, e++) {
		if (e->type == XEN_LAYOUT_RAM || e->addr >= end ||
		    end_of(e) <= start)
			continue;
		w->fate->start = e->addr;
		w->fate->end = end_of(e);
		w->fate->type = e->type;
		return;
	}
}

static void area_check(struct world *w, enum xen_layout_area_id id, u64 size)
{
	u64 start = w->in->area[id].addr;

	if (!w->in->area[id].size || dead(w))
		return;
	w->fate->area = id;
	if (w->kernel != STOCK_6_1)
		regions_move(w, start, start + size);
	if (!dead(w) && not_ram(w, start, size))
		name_conflict(w, start, start + size);
}

static void areas_check(struct world *w)
{
	const struct xen_layout_area *area = w->in->area;

	area_check(w, XEN_LAYOUT_KERNEL, area[XEN_LAYOUT_KERNEL].size);
	if (w->kernel != STOCK_6_1)
		area_check(w, XEN_LAYOUT_START_INFO,
			   min(area[XEN_LAYOUT_START_INFO].size, START_INFO_SIZE));
	area_check(w, XEN_LAYOUT_PAGE_TABLES, area[XEN_LAYOUT_PAGE_TABLES].size);
}

/* --- holes ------------------------------------------------------------------- */

/* All that is not RAM, up to the next RAM or the last entry; in whole pages */
struct hole {
	unsigned int i;
	u64 addr;
	unsigned long start;
	unsigned long end;
};

static bool next_hole(const struct world *w, struct hole *h)
{
	while (h->i < w->nr) {
		const struct xen_layout_entry *e = &w->entry[h->i++];
		bool ram = e->type == XEN_LAYOUT_RAM;

		if (!ram && h->i < w->nr)
			continue;
		h->start = PFN_DOWN(h->addr);
		h->end = PFN_UP(ram ? e->addr : end_of(e));
		h->addr = end_of(e);
		if (h->start < h->end)
			return true;
	}

	return false;
}

static unsigned long pages_in_holes(const struct world *w)
{
	struct hole h = { 0 };
	unsigned long nr = 0;

	while (next_hole(w, &h))
		if (h.start < w->nr_pages)
			nr += min(h.end, w->nr_pages) - h.start;

	return nr;
}

/* --- extra memory -------------------------------------------------------------- */

static void in_use(struct world *w, u64 start, u64 size)
{
	if (size && w->nr_used < MAX_USED)
		w->used[w->nr_used++] = (struct range) { start, start + size };
}

static void extra_add(struct world *w, unsigned long start, unsigned long nr)
{
	struct xen_layout_range *x = w->extra;
	unsigned int i;

	for (i = 0; i < MAX_EXTRA; i++, x++) {
		if (x->start == x->end)
			*x = (struct xen_layout_range) { start, start + nr };
		else if (x->end == start)
			x->end += nr;
		else
			continue;
		break;
	}
	in_use(w, PFN_PHYS(start), PFN_PHYS(nr));
}

/* Pages move to PFNs of extra memory, which are not extra any more. */
static void extra_del(struct world *w, unsigned long start, unsigned long nr)
{
	struct xen_layout_range *x = w->extra;
	unsigned long end = start + nr, tail;
	unsigned int i;

	for (i = 0; i < MAX_EXTRA; i++, x++) {
		bool first = x->start == start, last = x->end == end;

		if (first || last) {
			if (nr > x->end - x->start)
				break;
			*(first ? &x->start : &x->end) = first ? end : start;
			return;
		}
		if (start > x->start && start < x->end) {
			if (end > x->end)
				break;
			tail = x->end - end;
			x->end = start;
			extra_add(w, end, tail);
			return;
		}
	}
	if (i < MAX_EXTRA)
		die(w, STOCK_EXTRA, PFN_PHYS(start), PFN_PHYS(end));
}

static unsigned long extra_limit(const struct world *w)
{
	const struct xen_layout_input *in = w->in;
	unsigned long max_pages = w->limit, extra;

	if (in->domain == XEN_LAYOUT_DOM0 && in->max_reservation)
		max_pages = min(max_pages, in->max_reservation);
	max_pages += pages_in_holes(w);
	extra = max_pages > w->nr_pages ? max_pages - w->nr_pages : 0;

	return min(extra, in->extra_ratio * min(w->nr_pages, in->max_pfns));
}

/*
 * RAM is rounded to pages; without a border inside, its size is negative then. What
 * the table has no room for is ignored.
 */
static void ram_register(struct world *w, u64 start, u64 end)
{
	if (w->nr_e820++ >= MAX_E820)
		return;
	if (PFN_UP(start) > PFN_DOWN(end) && !w->sliver.end)
		w->sliver = (struct range) { start, end };
}

static void ram_divide(struct world *w)
{
	u64 mem_end = PFN_PHYS(w->nr_pages), addr = 0, size, some;
	unsigned long left = extra_limit(w), start, nr;
	const struct xen_layout_entry *e = w->entry;
	unsigned int i;

	for (i = 0; i < w->nr; i++, e++) {
		addr = e->addr;
		for (size = e->size; size; addr += some, size -= some) {
			some = size;
			if (e->type != XEN_LAYOUT_RAM) {
				w->nr_e820++;
				continue;
			}
			if (addr < mem_end) {
				some = min(size, mem_end - addr);
			} else if (left) {
				some = min(size, PFN_PHYS(left));
				start = PFN_UP(addr);
				nr = PFN_DOWN(addr + some) - start;
				left -= nr;
				extra_add(w, start, nr);
			} else {
				continue;
			}
			ram_register(w, addr, addr + some);
		}
	}
	w->identity_from = PFN_DOWN(addr);
}

/* --- copies ------------------------------------------------------------------- */

/* The last page from @addr on, in steps of one, that starts in use; else 0 */
static u64 used_page(const struct world *w, u64 addr, u64 end)
{
	unsigned int i;
	u64 at;

	for (i = 0; i < w->nr_used; i++) {
		const struct range *u = &w->used[i];

		at = addr;
		if (u->start > addr)
			at += ALIGN(u->start - addr, PAGE);
		if (at < end && at < u->end)
			return at + ALIGN_DOWN(u->end - 1 - at, PAGE) + PAGE;
	}

	return 0;
}

/* Address 0 stands for none. */
static u64 room_for(struct world *w, u64 size)
{
	const struct xen_layout_entry *e = w->entry;
	unsigned int i;
	u64 start, past;

	for (i = 0; i < w->nr; i++, e++) {
		if (e->type != XEN_LAYOUT_RAM || e->size < size)
			continue;
		start = e->addr;
		while ((past = used_page(w, start, start + size))) {
			start = past;
			if (start + size > end_of(e))
				break;
		}
		if (past)
			continue;
		in_use(w, start, size);
		return start;
	}

	return 0;
}

static u64 p2m_copy_size(unsigned long nr_pages)
{
	u64 size = nr_pages * sizeof(u64), pages = 0;
	unsigned int shift;

	for (shift = XEN_LAYOUT_PAGE_SHIFT; shift < 48; shift += 9)
		pages += (size + BIT(shift) - 1) >> shift;

	return PFN_PHYS(pages);
}

static void copies_check(struct world *w)
{
	const struct xen_layout_area *list = &w->in->area[XEN_LAYOUT_P2M_LIST];
	const struct xen_layout_area *initrd = &w->in->area[XEN_LAYOUT_INITRD];
	u64 whole = ALIGN(list->size, PAGE);

	if (dead(w))
		return;
	w->initrd = initrd->addr;
	if (not_ram(w, list->addr, whole) &&
	    !room_for(w, p2m_copy_size(w->in->nr_pages))) {
		w->fate->area = XEN_LAYOUT_P2M_LIST;
		die(w, STOCK_NO_P2M, list->addr, list->addr + list->size);
		return;
	}
	if (!not_ram(w, initrd->addr, initrd->size))
		return;
	w->initrd = room_for(w, initrd->size);
	if (w->initrd)
		return;
	w->fate->area = XEN_LAYOUT_INITRD;
	die(w, STOCK_NO_INITRD, initrd->addr, initrd->addr + initrd->size);
}

/* It is copied page by page, to where the page starts. */
static void initrd_check(struct world *w)
{
	u64 from = w->in->area[XEN_LAYOUT_INITRD].addr;

	if ((w->initrd ^ from) & (PAGE - 1))
		die(w, STOCK_INITRD_SHIFTED, w->initrd,
		    w->initrd + w->in->area[XEN_LAYOUT_INITRD].size);
}

/* --- moving pages ---------------------------------------------------------------- */

/*
 * RAM from @pfn on: how many pages, 0 if there is none. That an entry has no
 * whole page is taken for the end of RAM.
 */
static unsigned long ram_from(const struct world *w, unsigned long *pfn)
{
	const struct xen_layout_entry *e = w->entry;
	unsigned int i;

	for (i = 0; i < w->nr; i++, e++) {
		if (e->type != XEN_LAYOUT_RAM || PFN_DOWN(end_of(e)) <= *pfn)
			continue;
		*pfn = max(*pfn, PFN_UP(e->addr));
		return PFN_DOWN(end_of(e)) - *pfn;
	}

	return 0;
}

static void release(struct world *w, unsigned long start, unsigned long end)
{
	unsigned long found = clamp(w->identity_from, start, end);

	w->fate->released += found - start;
	w->fate->lost += end - found;
}

/* Returns where the next page goes. */
static unsigned long hole_empty(struct world *w, const struct hole *h,
				unsigned long to)
{
	unsigned long pfn = h->start, end = min(h->end, w->nr_pages), nr;

	while (pfn < end) {
		nr = min(end - pfn, ram_from(w, &to));
		if (!nr) {
			release(w, pfn, end);
			break;
		}
		if (w->nr_moves < MAX_MOVES)
			w->moves[w->nr_moves++] = (struct xen_layout_move) {
				pfn, to, nr,
			};
		w->fate->moved += nr;
		pfn += nr;
		to += nr;
	}

	return to;
}

/* From the last one to the first; those that touch count as one. */
static void moves_finish(struct world *w)
{
	unsigned long start = 0, nr = 0;
	unsigned int i;

	for (i = w->nr_moves; !dead(w) && i--; ) {
		const struct xen_layout_move *m = &w->moves[i];

		if (nr && m->nr <= CHUNK && start + nr == m->to) {
			nr += m->nr;
			continue;
		}
		if (nr && m->to + m->nr != start) {
			extra_del(w, start, nr);
			nr = 0;
		}
		start = m->to;
		nr += m->nr;
	}
	if (nr)
		extra_del(w, start, nr);
}

/* mem= cuts RAM off when the moves are planned, before they are carried out. */
static void moves_check_limit(struct world *w)
{
	unsigned int i;

	for (i = 0; w->in->mem_limit && i < w->nr_moves; i++) {
		const struct xen_layout_move *m = &w->moves[i];
		u64 end = PFN_PHYS(m->to + m->nr);

		if (end > w->in->mem_limit)
			die(w, STOCK_MEM,
			    max(PFN_PHYS(m->to), w->in->mem_limit), end);
	}
}

static void move_pages(struct world *w)
{
	unsigned long to = w->nr_pages, last = w->identity_from;
	struct hole h = { 0 };

	while (next_hole(w, &h))
		to = hole_empty(w, &h, to);
	/* Stock does not look for pages above the end of the map: they are lost. */
	last = max(last, h.end);
	if (w->nr_pages > last)
		w->fate->lost += w->nr_pages - last;
	w->fate->lost += w->in->nr_pages - w->nr_pages;
	moves_finish(w);
	moves_check_limit(w);
}

/* --- what comes after the pages handed over ------------------------------------------ */

/*
 * The rest of the last leaf of Xen's list is missing, whatever is there, but for
 * where pages move to. Where there is extra memory it should be so.
 */
static void tail_count(struct world *w)
{
	unsigned long start = w->in->nr_pages, end;
	unsigned int i;

	end = ALIGN(start, LEAF_PFNS);
	if (w->in->domain != XEN_LAYOUT_DOM0)
		return;
	for (i = 0; i < MAX_EXTRA; i++)
		if (w->extra[i].start < end && w->extra[i].end > start)
			start = min(end, w->extra[i].end);
	for (i = 0; i < w->nr_moves; i++)
		if (w->moves[i].to < end)
			start = max(start, min(end,
					       w->moves[i].to + w->moves[i].nr));
	w->fate->tail = end - start;
}

static void world_init(struct world *w, enum stock_kernel kernel,
		       const struct xen_layout_input *in,
		       struct stock_fate *fate)
{
	bool domu = in->domain != XEN_LAYOUT_DOM0;
	unsigned int i;

	memset(fate, 0, sizeof(*fate));
	w->kernel = kernel;
	w->in = in;
	w->fate = fate;
	w->limit = in->limit_512gb && domu ? PFNS_512GB : in->max_pfns;
	w->nr_pages = min(w->limit, in->nr_pages);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		in_use(w, in->area[i].addr, in->area[i].size);
	for (i = 0; i < min(in->nr_reserved, XEN_LAYOUT_MAX_RESERVED); i++)
		in_use(w, in->reserved[i].addr, in->reserved[i].size);
}

bool stock_judge(enum stock_kernel kernel, const struct xen_layout_input *in,
		 struct stock_fate *fate)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return false;
	world_init(w, kernel, in, fate);
	map_load(w);
	areas_check(w);
	if (!dead(w)) {
		ram_divide(w);
		copies_check(w);
		if (w->sliver.end)
			die(w, STOCK_SLIVER, w->sliver.start, w->sliver.end);
	}
	if (!dead(w)) {
		move_pages(w);
		initrd_check(w);
		tail_count(w);
	}
	free(w);

	return true;
}

/* --- words ------------------------------------------------------------------------------ */

const char *stock_last_words(const struct stock_fate *fate)
{
	static const char *const words[STOCK_DEATHS] = {
		[STOCK_LIVES] = "",
		[STOCK_CONFLICT] =
			"Xen hypervisor allocated kernel memory conflicts with E820 map",
		[STOCK_NO_ROOM] =
			"No suitable area found for required E820 entry remapping action",
		[STOCK_TOO_MANY] =
			"Number of required E820 entry remapping actions exceed maximum value",
		[STOCK_RAM_END] = "BUG() in xen_add_remap_nonram()",
		[STOCK_NO_P2M] =
			"Can't find new memory area for p2m needed due to E820 map conflict",
		[STOCK_NO_INITRD] =
			"Can't find new memory area for initrd needed due to E820 map conflict",
		[STOCK_EXTRA] = "BUG() in xen_del_extra_mem()",
		[STOCK_SLIVER] = "BUG() in sparse_init()",
		[STOCK_INITRD_SHIFTED] = "Initramfs unpacking failed",
		[STOCK_MEM] = "BUG() in xen_remap_memory(), or none at all",
	};

	if (fate->death != STOCK_CONFLICT)
		return words[fate->death];
	if (fate->area == XEN_LAYOUT_START_INFO)
		return "Xen hypervisor allocated xen_start_info memory conflicts with E820 map";
	if (fate->area == XEN_LAYOUT_PAGE_TABLES)
		return "Xen hypervisor allocated page table memory conflicts with E820 map";

	return words[STOCK_CONFLICT];
}

enum stock_kernel stock_of_release(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return STOCKS;
	if (major > 7 || (major == 7 && minor >= 1))
		return STOCK_7_3;
	if (major == 7 || (major == 6 && minor >= 10))
		return STOCK_6_12;

	return STOCK_6_1;
}
