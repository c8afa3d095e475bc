// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: the planner
 *
 * Two maps are at work. The *map* is sorted and free of overlaps, and is only
 * read. To change it, write the *draft*, in any order, and sweep it: that makes
 * a new map of it. So no loop goes through a table that it changes.
 *
 * Numbers: load_entry() lets no region end above ADDR_END, so adding a page to
 * an address does not wrap. PFNs made from addresses are below
 * XEN_LAYOUT_PFNS_END, numbers of pages and PFNs of RAM in use at most
 * XEN_LAYOUT_MAX_PFNS, see check_input(): sums of a few of them do not wrap.
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "layout.h"

/* The last page is left out, so that each end is a number. */
#define ADDR_END	(~(u64)0 - (XEN_LAYOUT_PAGE_SIZE - 1))

#define ISA_START	((u64)0xa0000)
#define ISA_END		((u64)0x100000)
#define IBFT_START	((u64)0x80000)

/* Real mode code and the ISA hole live below, nothing is relocated there. */
#define LOW_PFNS	256UL
#define PFNS_512GB	BIT(27)
/* What Xen may need beyond the domain's pages, where it has no map */
#define NO_MAP_SLACK	((u64)8 << 20)
#define PTRS_PER_TABLE	512UL

/* The first PFN not below @addr, an address up to ADDR_END */
static unsigned long __init_or_kunit pfn_up(u64 addr)
{
	return (addr + XEN_LAYOUT_PAGE_SIZE - 1) >> XEN_LAYOUT_PAGE_SHIFT;
}

static unsigned long __init_or_kunit pfn_down(u64 addr)
{
	return addr >> XEN_LAYOUT_PAGE_SHIFT;
}

/* Address of a PFN below XEN_LAYOUT_PFNS_END */
static u64 __init_or_kunit pfn_addr(unsigned long pfn)
{
	return (u64)pfn << XEN_LAYOUT_PAGE_SHIFT;
}

/* --- warnings and errors ---------------------------------------------------- */

/* Of several ranges keep the lowest, so that their order does not matter. */
static void __init_or_kunit warn(struct xen_layout *plan,
				 enum xen_layout_warn code, unsigned long count,
				 u64 start, u64 end)
{
	struct xen_layout_warning *w = &plan->warning[code];

	if (!w->count || start < w->start) {
		w->start = start;
		w->end = end;
	} else if (start == w->start && end > w->end) {
		w->end = end;
	}
	w->count += count;
}

static int __init_or_kunit fail(struct xen_layout *plan,
				enum xen_layout_code code, u64 start, u64 end)
{
	plan->error.code = code;
	plan->error.start = start;
	plan->error.end = end;

	return -EINVAL;
}

static int __init_or_kunit fail_area(struct xen_layout *plan,
				     enum xen_layout_code code,
				     enum xen_layout_area_id id, u64 start,
				     u64 end)
{
	plan->error.area = id;

	return fail(plan, code, start, end);
}

static int __init_or_kunit fail_full(struct xen_layout *plan,
				     enum xen_layout_table table, u64 start,
				     u64 end)
{
	plan->error.table = table;
	fail(plan, XEN_LAYOUT_E_FULL, start, end);

	return -ENOSPC;
}

/* --- from draft to map ------------------------------------------------------ */

static int __init_or_kunit map_append(struct xen_layout *plan,
				      struct xen_layout_map *map, u64 start,
				      u64 end, u32 type)
{
	struct xen_layout_region *region;

	if (map->nr == XEN_LAYOUT_MAX_MAP)
		return fail_full(plan, XEN_LAYOUT_T_E820, start, end);
	region = &map->region[map->nr++];
	region->start = start;
	region->end = end;
	region->type = type;

	return 0;
}

static int __init_or_kunit draft_add(struct xen_layout *plan, u64 start,
				     u64 end, u32 type)
{
	if (start >= end)
		return 0;

	return map_append(plan, &plan->draft, start, end, type);
}

static int __init_or_kunit draft_add_map(struct xen_layout *plan)
{
	const struct xen_layout_region *r = plan->map.region;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < plan->map.nr; i++, r++)
		ret = draft_add(plan, r->start, r->end, r->type);

	return ret;
}

/* Mostly sorted as it is, but for a region or two */
static void __init_or_kunit draft_sort(struct xen_layout_map *draft)
{
	unsigned int i, k;

	for (i = 1; i < draft->nr; i++) {
		struct xen_layout_region region = draft->region[i];

		for (k = i; k && draft->region[k - 1].start > region.start; k--)
			draft->region[k] = draft->region[k - 1];
		draft->region[k] = region;
	}
}

/*
 * The type at @pos, 0 in a gap, and up to where it is that. Regions before
 * @first end at or before @pos.
 */
static u32 __init_or_kunit draft_type(const struct xen_layout_map *draft,
				      unsigned int first, u64 pos, u64 *until)
{
	const struct xen_layout_region *r = &draft->region[first];
	unsigned int i;
	u32 type = 0;

	*until = ADDR_END;
	for (i = first; i < draft->nr; i++, r++) {
		if (r->start > pos) {
			*until = min(*until, r->start);
			break;
		}
		if (r->end <= pos)
			continue;
		*until = min(*until, r->end);
		type = max(type, r->type);
	}

	return type;
}

/* Neighbours of these types are devices of their own. */
static bool __init_or_kunit type_merges(u32 type)
{
	return type != XEN_LAYOUT_PRAM && type != XEN_LAYOUT_SOFT_RESERVED;
}

static int __init_or_kunit map_extend(struct xen_layout *plan,
				      struct xen_layout_map *map, u64 start,
				      u64 end, u32 type)
{
	struct xen_layout_region *last;

	last = map->nr ? &map->region[map->nr - 1] : NULL;
	if (last && last->end == start && last->type == type &&
	    type_merges(type)) {
		last->end = end;
		return 0;
	}

	return map_append(plan, map, start, end, type);
}

/* Where regions overlap the highest type counts, as in the kernel's E820. */
static int __init_or_kunit sweep(struct xen_layout *plan,
				 struct xen_layout_map *map)
{
	struct xen_layout_map *draft = &plan->draft;
	unsigned int first = 0;
	u64 pos = 0, until;
	int ret = 0;
	u32 type;

	draft_sort(draft);
	map->nr = 0;
	while (!ret) {
		while (first < draft->nr && draft->region[first].end <= pos)
			first++;
		if (first == draft->nr)
			break;
		type = draft_type(draft, first, pos, &until);
		if (type)
			ret = map_extend(plan, map, pos, until, type);
		pos = until;
	}
	draft->nr = 0;

	return ret;
}

/* --- the map as Xen gives it ------------------------------------------------ */

/* Leave out RAM that cannot be true; other types can stay, as nobody uses them. */
static int __init_or_kunit load_entry(const struct xen_layout_input *in,
				      struct xen_layout *plan,
				      const struct xen_layout_entry *entry)
{
	u64 start = entry->addr, end;
	u32 type = entry->type;

	if (!entry->size)
		return 0;
	end = ADDR_END;
	if (start <= ADDR_END && entry->size <= ADDR_END - start)
		end = start + entry->size;
	else
		warn(plan, XEN_LAYOUT_W_WRAP, 1, start, ADDR_END);
	if (!type) {
		warn(plan, XEN_LAYOUT_W_TYPE, 1, start, end);
		type = XEN_LAYOUT_RESERVED;
	}
	/* Xen allows no identity there, and dom0's own pages are no problem. */
	if (type == XEN_LAYOUT_UNUSABLE && in->domain == XEN_LAYOUT_DOM0)
		type = XEN_LAYOUT_RAM;
	if (type == XEN_LAYOUT_RAM && end == ADDR_END)
		return 0;

	return draft_add(plan, start, end, type);
}

static int __init_or_kunit load_map(const struct xen_layout_input *in,
				    struct xen_layout *plan)
{
	unsigned int i;
	int ret = 0;

	if (!in->nr_e820)
		ret = draft_add(plan, 0, pfn_addr(in->nr_pages) +
				NO_MAP_SLACK, XEN_LAYOUT_RAM);
	for (i = 0; !ret && i < in->nr_e820; i++)
		ret = load_entry(in, plan, &in->e820[i]);
	if (!ret && in->ibft && in->domain == XEN_LAYOUT_DOM0)
		ret = draft_add(plan, IBFT_START, ISA_END, XEN_LAYOUT_RESERVED);
	if (ret)
		return ret;

	return sweep(plan, &plan->map);
}

/* --- questions about the map ------------------------------------------------ */

/* The first RAM at or after @pfn and before @end, in whole pages */
static bool __init_or_kunit ram_before(const struct xen_layout *plan,
				       unsigned long pfn, unsigned long end,
				       struct xen_layout_range *ram)
{
	const struct xen_layout_region *r = plan->map.region;
	unsigned int i;

	for (i = 0; i < plan->map.nr; i++, r++) {
		if (r->type != XEN_LAYOUT_RAM)
			continue;
		ram->start = max(pfn_up(r->start), pfn);
		ram->end = min(pfn_down(r->end), end);
		if (ram->start < ram->end)
			return true;
	}

	return false;
}

static bool __init_or_kunit ram_from(const struct xen_layout *plan,
				     unsigned long pfn,
				     struct xen_layout_range *ram)
{
	return ram_before(plan, pfn, plan->ram_end, ram);
}

static unsigned long __init_or_kunit ram_count(const struct xen_layout *plan,
					       unsigned long pfn,
					       unsigned long end)
{
	struct xen_layout_range ram;
	unsigned long nr = 0;

	for (; ram_before(plan, pfn, end, &ram); pfn = ram.end)
		nr += ram.end - ram.start;

	return nr;
}

/* The first PFNs from @pfn on and before @end that are not RAM */
static bool __init_or_kunit hole_from(const struct xen_layout *plan,
				      unsigned long pfn, unsigned long end,
				      struct xen_layout_range *hole)
{
	struct xen_layout_range ram;

	while (pfn < end) {
		hole->start = pfn;
		hole->end = end;
		if (!ram_from(plan, pfn, &ram) || ram.start >= end)
			return true;
		hole->end = ram.start;
		if (hole->start < hole->end)
			return true;
		pfn = ram.end;
	}

	return false;
}

/* The first region that reaches into a page: RAM, or else not RAM */
static bool __init_or_kunit region_in_page(const struct xen_layout *plan,
					   unsigned long pfn, bool ram,
					   unsigned int *at)
{
	const struct xen_layout_region *r = plan->map.region;
	unsigned int i;
	bool is_ram;

	for (i = 0; i < plan->map.nr; i++, r++) {
		is_ram = r->type == XEN_LAYOUT_RAM;
		if (is_ram != ram)
			continue;
		if (pfn_down(r->start) <= pfn && pfn_up(r->end) > pfn) {
			*at = i;
			return true;
		}
	}

	return false;
}

/* PFNs of an area, which is not empty, as far as addresses go */
static struct xen_layout_range __init_or_kunit
area_pfns(const struct xen_layout_area *area)
{
	struct xen_layout_range pfns;
	u64 start = min(area->addr, ADDR_END);

	pfns.start = pfn_down(start);
	pfns.end = pfn_up(start + min(area->size, ADDR_END - start));

	return pfns;
}

static bool __init_or_kunit overlaps(const struct xen_layout_range *a,
				     const struct xen_layout_range *b)
{
	return a->start < b->end && b->start < a->end;
}

/* --- non-RAM in the way ----------------------------------------------------- */

/*
 * Regions that share pages, so that they can only be moved together: @first to
 * @last in the map. RAM in between is less than a page each.
 */
struct block {
	unsigned int first;
	unsigned int last;
	struct xen_layout_range pfns;
};

static bool __init_or_kunit has_whole_page(const struct xen_layout_region *r)
{
	return pfn_up(r->start) < pfn_down(r->end);
}

static void __init_or_kunit block_find(const struct xen_layout *plan,
				       unsigned int at, struct block *block)
{
	const struct xen_layout_region *region = plan->map.region;
	unsigned int i;

	block->first = at;
	block->last = at;
	block->pfns.start = pfn_down(region[at].start);
	block->pfns.end = pfn_up(region[at].end);
	for (i = at; i-- > 0;) {
		if (region[i].type == XEN_LAYOUT_RAM &&
		    !has_whole_page(&region[i]))
			continue;
		if (region[i].type == XEN_LAYOUT_RAM ||
		    pfn_up(region[i].end) <= block->pfns.start)
			break;
		block->first = i;
		block->pfns.start = pfn_down(region[i].start);
	}
	for (i = at + 1; i < plan->map.nr; i++) {
		if (region[i].type == XEN_LAYOUT_RAM &&
		    !has_whole_page(&region[i]))
			continue;
		if (region[i].type == XEN_LAYOUT_RAM ||
		    pfn_down(region[i].start) >= block->pfns.end)
			break;
		block->last = i;
		block->pfns.end = pfn_up(region[i].end);
	}
}

/*
 * Drivers of persistent and special purpose memory go by its address. The
 * other types are for ACPI, whose accesses are led to the new place.
 */
static bool __init_or_kunit type_moves(u32 type)
{
	return type != XEN_LAYOUT_PMEM && type != XEN_LAYOUT_PRAM &&
	       type != XEN_LAYOUT_SOFT_RESERVED;
}

static int __init_or_kunit block_check(struct xen_layout *plan,
				       enum xen_layout_area_id id,
				       const struct block *block)
{
	const struct xen_layout_region *r;
	unsigned int i;

	for (i = block->first; i <= block->last; i++) {
		r = &plan->map.region[i];
		if (type_moves(r->type))
			continue;
		plan->error.type = r->type;
		return fail_area(plan, XEN_LAYOUT_E_FIXED, id, r->start,
				 r->end);
	}

	return 0;
}

/* Might the block have to move? It stays if its area is copied. */
static bool __init_or_kunit block_in_way(const struct xen_layout_input *in,
					 const struct block *block)
{
	struct xen_layout_range area;
	unsigned int id;

	for (id = 0; id < XEN_LAYOUT_AREAS; id++) {
		area = area_pfns(&in->area[id]);
		if (in->area[id].size && overlaps(&area, &block->pfns))
			return true;
	}

	return false;
}

/*
 * Would a block that goes to @pfn become one with the region before it, which may
 * have to be moved as well? That would take along what has been moved already.
 */
static bool __init_or_kunit block_joins(const struct xen_layout_input *in,
					const struct xen_layout *plan,
					const struct block *block,
					unsigned long pfn)
{
	const struct xen_layout_region *first, *r = plan->map.region;
	struct block before;
	unsigned int i;

	first = &plan->map.region[block->first];
	if (first->start != pfn_addr(block->pfns.start))
		return false;
	for (i = 0; i < plan->map.nr; i++, r++) {
		if (r->type != first->type || r->end != pfn_addr(pfn))
			continue;
		block_find(plan, i, &before);
		return block_in_way(in, &before);
	}

	return false;
}

/*
 * RAM for which no pages were handed over, at the end of the first region with
 * room. What mem= cuts off will do, too.
 */
static int __init_or_kunit block_target(const struct xen_layout_input *in,
					struct xen_layout *plan,
					enum xen_layout_area_id id,
					const struct block *block,
					unsigned long *to)
{
	unsigned long nr = block->pfns.end - block->pfns.start;
	unsigned long pfn = in->nr_pages;
	struct xen_layout_range ram;

	for (; ram_before(plan, pfn, plan->limit, &ram); pfn = ram.end) {
		if (ram.end - ram.start < nr ||
		    block_joins(in, plan, block, ram.end - nr))
			continue;
		*to = ram.end - nr;
		return 0;
	}
	plan->error.type = plan->map.region[block->first].type;

	return fail_area(plan, XEN_LAYOUT_E_NO_TARGET, id,
			 pfn_addr(block->pfns.start),
			 pfn_addr(block->pfns.end));
}

static int __init_or_kunit nonram_add(struct xen_layout *plan,
				      const struct xen_layout_region *r, u64 to)
{
	struct xen_layout_nonram *nonram;

	if (plan->nr_nonram == XEN_LAYOUT_MAX_NONRAM)
		return fail_full(plan, XEN_LAYOUT_T_NONRAM, r->start, r->end);
	nonram = &plan->nonram[plan->nr_nonram++];
	nonram->start = r->start;
	nonram->end = r->end;
	nonram->to = to;
	nonram->type = r->type;
	if (r->type != XEN_LAYOUT_NVS)
		warn(plan, XEN_LAYOUT_W_NONRAM, 1, r->start, r->end);

	return draft_add(plan, to, to + (r->end - r->start), r->type);
}

/* The draft of the map with the block at its new place, and RAM where it was */
static int __init_or_kunit block_draft(struct xen_layout *plan,
				       const struct block *block,
				       unsigned long to)
{
	const struct xen_layout_range *old = &block->pfns;
	u64 start = pfn_addr(to), end = start;
	const struct xen_layout_region *r = plan->map.region;
	unsigned int i;
	int ret;

	end += pfn_addr(old->end - old->start);
	ret = draft_add(plan, pfn_addr(old->start), pfn_addr(old->end),
			XEN_LAYOUT_RAM);
	for (i = 0; !ret && i < plan->map.nr; i++, r++) {
		if (r->type != XEN_LAYOUT_RAM && i >= block->first &&
		    i <= block->last) {
			ret = nonram_add(plan, r, start + r->start -
					 pfn_addr(old->start));
		} else if (r->start <= start && end <= r->end) {
			ret = draft_add(plan, r->start, start, r->type);
			if (!ret)
				ret = draft_add(plan, end, r->end, r->type);
		} else {
			ret = draft_add(plan, r->start, r->end, r->type);
		}
	}

	return ret;
}

static int __init_or_kunit block_move(const struct xen_layout_input *in,
				      struct xen_layout *plan,
				      enum xen_layout_area_id id,
				      unsigned int at)
{
	struct block block;
	unsigned long to;
	int ret;

	block_find(plan, at, &block);
	ret = block_check(plan, id, &block);
	if (!ret)
		ret = block_target(in, plan, id, &block, &to);
	if (!ret)
		ret = block_draft(plan, &block, to);
	if (ret)
		return ret;

	return sweep(plan, &plan->map);
}

/* Only a part of the page is RAM, and of the rest the map says nothing. */
static int __init_or_kunit sliver_fill(struct xen_layout *plan,
				       unsigned long pfn)
{
	int ret;

	warn(plan, XEN_LAYOUT_W_SLIVER, 1, pfn_addr(pfn),
	     pfn_addr(pfn + 1));
	ret = draft_add_map(plan);
	if (!ret)
		ret = draft_add(plan, pfn_addr(pfn), pfn_addr(pfn + 1),
				XEN_LAYOUT_RAM);
	if (ret)
		return ret;

	return sweep(plan, &plan->map);
}

static int __init_or_kunit gap_fail(struct xen_layout *plan,
				    enum xen_layout_area_id id,
				    const struct xen_layout_range *hole)
{
	u64 start = pfn_addr(hole->start), end = pfn_addr(hole->end);
	const struct xen_layout_region *r = plan->map.region;
	unsigned int i;

	for (i = 0; i < plan->map.nr; i++, r++)
		if (r->start > start)
			end = min(end, r->start);

	return fail_area(plan, XEN_LAYOUT_E_GAP, id, start, end);
}

/* Make RAM of the first page of a hole, and of what has to go with it. */
static int __init_or_kunit hole_clear(const struct xen_layout_input *in,
				      struct xen_layout *plan,
				      enum xen_layout_area_id id,
				      const struct xen_layout_range *hole)
{
	unsigned int at;

	if (region_in_page(plan, hole->start, false, &at))
		return block_move(in, plan, id, at);
	if (region_in_page(plan, hole->start, true, &at))
		return sliver_fill(plan, hole->start);

	return gap_fail(plan, id, hole);
}

/*
 * Make RAM of all that an area lies on. This ends: each round leaves less that
 * is not RAM, as what is moved goes above the pages handed over, and no area
 * reaches there.
 */
static int __init_or_kunit area_clear(const struct xen_layout_input *in,
				      struct xen_layout *plan,
				      enum xen_layout_area_id id)
{
	struct xen_layout_range area = area_pfns(&in->area[id]);
	struct xen_layout_range hole;
	int ret = 0;

	while (!ret && hole_from(plan, area.start, area.end, &hole))
		ret = hole_clear(in, plan, id, &hole);

	return ret;
}

/* --- areas that can be copied elsewhere ------------------------------------- */

/* Is something where @want is? Then the first PFN after it, else 0. */
static unsigned long __init_or_kunit
used_until(const struct xen_layout_input *in, const struct xen_layout *plan,
	   const struct xen_layout_range *want)
{
	struct xen_layout_range used;
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		used = area_pfns(&in->area[i]);
		if (in->area[i].size && overlaps(want, &used))
			return used.end;
		used.start = plan->relocation[i].start;
		used.end = used.start + plan->relocation[i].nr;
		if (overlaps(want, &used))
			return used.end;
	}
	for (i = 0; i < in->nr_reserved; i++) {
		used = area_pfns(&in->reserved[i]);
		if (in->reserved[i].size && overlaps(want, &used))
			return used.end;
	}

	return 0;
}

/*
 * The first free PFNs in RAM that has pages and keeps them. The place to look
 * at only goes up, so each thing in the way costs one round at most, for each
 * region that it reaches into.
 */
static bool __init_or_kunit area_find(const struct xen_layout_input *in,
				      const struct xen_layout *plan,
				      unsigned long nr, unsigned long *start)
{
	struct xen_layout_range ram, want;
	unsigned long pfn = LOW_PFNS, until;

	while (ram_from(plan, pfn, &ram) && ram.start < in->nr_pages) {
		pfn = ram.start;
		ram.end = min(ram.end, in->nr_pages);
		if (nr > ram.end - pfn) {
			pfn = ram.end;
			continue;
		}
		want.start = pfn;
		want.end = pfn + nr;
		until = used_until(in, plan, &want);
		if (!until) {
			*start = pfn;
			return true;
		}
		pfn = until;
	}

	return false;
}

/*
 * To copy comes first. Only without room for that one region after the other
 * has to give way, until there is room, or the area can stay.
 */
static int __init_or_kunit area_relocate(const struct xen_layout_input *in,
					 struct xen_layout *plan,
					 enum xen_layout_area_id id,
					 unsigned long nr)
{
	struct xen_layout_relocation *relocation = &plan->relocation[id];
	struct xen_layout_range area = area_pfns(&in->area[id]), hole;
	unsigned long start;
	int ret = 0;

	if (!in->area[id].size)
		return 0;
	while (!ret && hole_from(plan, area.start, area.end, &hole)) {
		if (area_find(in, plan, nr, &start)) {
			relocation->needed = true;
			relocation->start = start;
			relocation->nr = nr;
			return 0;
		}
		if (area.end > plan->ram_end)
			return fail_area(plan, XEN_LAYOUT_E_NO_AREA, id,
					 pfn_addr(area.start),
					 pfn_addr(area.end));
		ret = hole_clear(in, plan, id, &hole);
	}

	return ret;
}

/**
 * xen_layout_p2m_pages() - size of a relocated P2M list
 * @nr_pages: pages handed over
 *
 * The list gets page tables of its own, one level above the other.
 *
 * Return: pages of the list and of these page tables.
 */
unsigned long __init_or_kunit xen_layout_p2m_pages(unsigned long nr_pages)
{
	unsigned long level = nr_pages, nr = 0;
	unsigned int i;

	/* The list, and the three levels of page tables for it */
	for (i = 0; i < 4; i++) {
		level = level / PTRS_PER_TABLE + !!(level % PTRS_PER_TABLE);
		nr += level;
	}

	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(xen_layout_p2m_pages);

/* --- moves, releases and extra memory --------------------------------------- */

static int __init_or_kunit move_add(struct xen_layout *plan, unsigned long from,
				    unsigned long to, unsigned long nr)
{
	struct xen_layout_move *move;

	if (plan->nr_moves == XEN_LAYOUT_MAX_MOVES)
		return fail_full(plan, XEN_LAYOUT_T_MOVES, pfn_addr(from),
				 pfn_addr(from + nr));
	move = &plan->moves[plan->nr_moves++];
	move->from = from;
	move->to = to;
	move->nr = nr;
	plan->pages_moved += nr;

	return 0;
}

static int __init_or_kunit release_add(struct xen_layout *plan,
				       unsigned long start, unsigned long end)
{
	struct xen_layout_range *release;

	if (plan->nr_releases == XEN_LAYOUT_MAX_RELEASES)
		return fail_full(plan, XEN_LAYOUT_T_RELEASES,
				 pfn_addr(start), pfn_addr(end));
	release = &plan->releases[plan->nr_releases++];
	release->start = start;
	release->end = end;
	plan->pages_released += end - start;
	warn(plan, XEN_LAYOUT_W_RELEASED, end - start, pfn_addr(start),
	     pfn_addr(end));

	return 0;
}

/* Pages of a hole, in their order, to the first RAM without pages */
static int __init_or_kunit hole_empty(struct xen_layout *plan,
				      struct xen_layout_range *hole)
{
	struct xen_layout_range ram;
	unsigned long nr;
	int ret;

	while (hole->start < hole->end) {
		if (!ram_from(plan, plan->ram_used, &ram))
			return release_add(plan, hole->start, hole->end);
		nr = min(hole->end - hole->start, ram.end - ram.start);
		ret = move_add(plan, hole->start, ram.start, nr);
		if (ret)
			return ret;
		hole->start += nr;
		plan->ram_used = ram.start + nr;
	}

	return 0;
}

static int __init_or_kunit plan_moves(const struct xen_layout_input *in,
				      struct xen_layout *plan)
{
	struct xen_layout_range hole;
	unsigned long pfn = 0;
	int ret = 0;

	plan->ram_used = in->nr_pages;
	while (!ret && hole_from(plan, pfn, in->nr_pages, &hole)) {
		pfn = hole.end;
		ret = hole_empty(plan, &hole);
	}
	/* None is below 0: all these are different PFNs below nr_pages. */
	plan->pages_kept = in->nr_pages - plan->pages_moved -
			   plan->pages_released;

	return ret;
}

/*
 * How many PFNs of extra memory the domain may have, and whether only the
 * ratio says so. Pages that are moved leave their PFNs behind and take others
 * instead. Those that are released do not count: no RAM is left then.
 */
static unsigned long __init_or_kunit
extra_max(const struct xen_layout_input *in, const struct xen_layout *plan,
	  bool *by_ratio)
{
	unsigned long max_pages = plan->limit, by = XEN_LAYOUT_MAX_PFNS;

	if (in->domain == XEN_LAYOUT_DOM0 && in->max_reservation)
		max_pages = min(max_pages, in->max_reservation);
	max_pages += plan->pages_moved;
	max_pages -= min(max_pages, in->nr_pages);
	if (in->extra_ratio < XEN_LAYOUT_MAX_PFNS / in->nr_pages)
		by = in->extra_ratio * in->nr_pages;
	*by_ratio = by < max_pages;
	max_pages = min(max_pages, by);

	return max_pages - min(max_pages, plan->pages_moved);
}

static void __init_or_kunit plan_extra(const struct xen_layout_input *in,
				       struct xen_layout *plan)
{
	struct xen_layout_range ram;
	unsigned long left;
	bool by_ratio;

	left = extra_max(in, plan, &by_ratio);
	while (left && ram_from(plan, plan->ram_used, &ram)) {
		if (plan->nr_extra == XEN_LAYOUT_MAX_EXTRA) {
			left = min(left, ram_count(plan, ram.start,
						   plan->ram_end));
			warn(plan, XEN_LAYOUT_W_EXTRA, left,
			     pfn_addr(ram.start), pfn_addr(ram.end));
			return;
		}
		ram.end = min(ram.end, ram.start + left);
		plan->extra[plan->nr_extra].start = ram.start;
		plan->extra[plan->nr_extra++].end = ram.end;
		plan->pages_extra += ram.end - ram.start;
		left -= ram.end - ram.start;
		plan->ram_used = ram.end;
	}
	if (by_ratio && ram_from(plan, plan->ram_used, &ram))
		warn(plan, XEN_LAYOUT_W_RATIO,
		     ram_count(plan, ram.start, plan->ram_end),
		     pfn_addr(ram.start), pfn_addr(ram.end));
}

/* --- identity, and the map to register -------------------------------------- */

/* The first PFNs from @pfn on that are RAM with a use, or a moved region */
static bool __init_or_kunit occupied_from(const struct xen_layout *plan,
					  unsigned long pfn,
					  struct xen_layout_range *range)
{
	const struct xen_layout_nonram *nonram = plan->nonram;
	unsigned long start, end;
	unsigned int i;
	bool found;

	end = min(plan->ram_end, plan->ram_used);
	found = ram_before(plan, pfn, end, range);
	for (i = 0; i < plan->nr_nonram; i++, nonram++) {
		start = max(pfn_down(nonram->to), pfn);
		end = pfn_up(nonram->to + (nonram->end - nonram->start));
		if (start >= end || (found && start > range->start))
			continue;
		range->start = start;
		range->end = end;
		found = true;
	}

	return found;
}

static int __init_or_kunit identity_add(struct xen_layout *plan,
					unsigned long start, unsigned long end)
{
	struct xen_layout_range *identity;

	if (start == end)
		return 0;
	/* No address for the end: it may be that of the address space. */
	if (plan->nr_identity == XEN_LAYOUT_MAX_IDENTITY)
		return fail_full(plan, XEN_LAYOUT_T_IDENTITY,
				 pfn_addr(start), ADDR_END);
	identity = &plan->identity[plan->nr_identity++];
	identity->start = start;
	identity->end = end;

	return 0;
}

static int __init_or_kunit plan_identity(struct xen_layout *plan)
{
	struct xen_layout_range range;
	unsigned long pfn = 0;
	int ret = 0;

	for (; !ret && occupied_from(plan, pfn, &range); pfn = range.end)
		ret = identity_add(plan, pfn, range.start);
	plan->p2m_end = pfn;
	if (ret)
		return ret;

	return identity_add(plan, pfn, XEN_LAYOUT_PFNS_END);
}

/* In a domU the ISA range is RAM, but too many drivers poke about there. */
static int __init_or_kunit plan_e820(const struct xen_layout_input *in,
				     struct xen_layout *plan)
{
	unsigned long end = min(plan->ram_end, plan->ram_used);
	const struct xen_layout_region *r = plan->map.region;
	unsigned int i;
	int ret;

	ret = draft_add(plan, ISA_START, ISA_END, XEN_LAYOUT_RESERVED);
	for (i = 0; !ret && i < plan->map.nr; i++, r++) {
		plan->pci_possible |= r->type == XEN_LAYOUT_RESERVED;
		if (r->type != XEN_LAYOUT_RAM)
			ret = draft_add(plan, r->start, r->end, r->type);
		else
			ret = draft_add(plan, pfn_addr(pfn_up(r->start)),
					pfn_addr(min(pfn_down(r->end), end)),
					XEN_LAYOUT_RAM);
	}
	if (!ret)
		ret = sweep(plan, &plan->e820);
	if (ret || !in->max_entries || plan->e820.nr <= in->max_entries)
		return ret;
	r = &plan->e820.region[in->max_entries];

	return fail_full(plan, XEN_LAYOUT_T_E820, r->start, r->end);
}

static void __init_or_kunit plan_numbers(struct xen_layout *plan)
{
	unsigned long ram = ram_count(plan, 0, XEN_LAYOUT_PFNS_END);
	unsigned int i;

	/* All three are RAM of the map, at different PFNs. */
	plan->pages_unused = ram - plan->pages_kept - plan->pages_moved -
			     plan->pages_extra;
	for (i = 0; i < plan->e820.nr; i++)
		if (plan->e820.region[i].type == XEN_LAYOUT_RAM)
			plan->max_pfn = pfn_down(plan->e820.region[i].end);
}

/* --- all of it -------------------------------------------------------------- */

static int __init_or_kunit check_input(const struct xen_layout_input *in,
				       struct xen_layout *plan)
{
	plan->limit = min(in->max_pfns, XEN_LAYOUT_MAX_PFNS);
	if (in->limit_512gb && in->domain != XEN_LAYOUT_DOM0)
		plan->limit = min(plan->limit, PFNS_512GB);
	plan->ram_end = plan->limit;
	if (in->mem_limit)
		plan->ram_end = min(plan->limit, pfn_down(in->mem_limit));

	if (in->nr_e820 > XEN_LAYOUT_MAX_E820 ||
	    in->nr_reserved > XEN_LAYOUT_MAX_RESERVED)
		return fail(plan, XEN_LAYOUT_E_INPUT, 0, 0);
	if (!in->nr_e820 && in->domain == XEN_LAYOUT_DOM0)
		return fail(plan, XEN_LAYOUT_E_EMPTY, 0, 0);
	if (in->nr_pages <= LOW_PFNS || plan->limit <= LOW_PFNS ||
	    in->nr_pages > XEN_LAYOUT_MAX_PFNS)
		return fail(plan, XEN_LAYOUT_E_PAGES, 0,
			    pfn_addr(min(in->nr_pages,
					 XEN_LAYOUT_PFNS_END - 1)));
	if (in->nr_pages > plan->limit)
		warn(plan, XEN_LAYOUT_W_PAGES, in->nr_pages - plan->limit,
		     pfn_addr(plan->limit), pfn_addr(in->nr_pages));

	return 0;
}

static int __init_or_kunit check_areas(const struct xen_layout_input *in,
				       struct xen_layout *plan)
{
	u64 end = pfn_addr(in->nr_pages);
	const struct xen_layout_area *area;
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		area = &in->area[i];
		if (!area->size)
			continue;
		if (area->addr > end || area->size > end - area->addr)
			return fail_area(plan, XEN_LAYOUT_E_OUTSIDE, i,
					 area->addr, area->addr +
					 min(area->size,
					     ~(u64)0 - area->addr));
		if (i < XEN_LAYOUT_P2M_LIST &&
		    area_pfns(area).end > plan->ram_end)
			return fail_area(plan, XEN_LAYOUT_E_CUT, i,
					 area->addr, area->addr + area->size);
	}

	return 0;
}

/* What cannot be moved first: it needs RAM where it is. */
static int __init_or_kunit plan_areas(const struct xen_layout_input *in,
				      struct xen_layout *plan)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < XEN_LAYOUT_P2M_LIST; i++)
		if (in->area[i].size)
			ret = area_clear(in, plan, i);
	if (!ret)
		ret = area_relocate(in, plan, XEN_LAYOUT_P2M_LIST,
				    xen_layout_p2m_pages(in->nr_pages));
	if (ret)
		return ret;

	return area_relocate(in, plan, XEN_LAYOUT_INITRD,
			     pfn_up(in->area[XEN_LAYOUT_INITRD].size));
}

static void __init_or_kunit warn_of_cut(struct xen_layout *plan)
{
	struct xen_layout_range ram;

	if (ram_before(plan, plan->ram_end, XEN_LAYOUT_PFNS_END, &ram))
		warn(plan, XEN_LAYOUT_W_CUT,
		     ram_count(plan, ram.start, XEN_LAYOUT_PFNS_END),
		     pfn_addr(ram.start), pfn_addr(ram.end));
}

/**
 * xen_layout_plan() - plan the memory layout
 * @in: what it depends on
 * @plan: the plan, or the error; may hold anything before
 *
 * The order of E820 entries does not matter. Equal input gives equal plans.
 *
 * Return: 0, -EINVAL if there is no way out, or -ENOSPC if a table is full;
 * then @plan says why and where, see xen_layout_describe_error().
 */
int __init_or_kunit xen_layout_plan(const struct xen_layout_input *in,
				    struct xen_layout *plan)
{
	int ret;

	memset(plan, 0, sizeof(*plan));
	ret = check_input(in, plan);
	if (!ret)
		ret = check_areas(in, plan);
	if (!ret)
		ret = load_map(in, plan);
	if (!ret)
		ret = plan_areas(in, plan);
	if (ret)
		return ret;

	warn_of_cut(plan);
	ret = plan_moves(in, plan);
	if (ret)
		return ret;
	plan_extra(in, plan);
	ret = plan_identity(plan);
	if (!ret)
		ret = plan_e820(in, plan);
	if (!ret)
		plan_numbers(plan);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(xen_layout_plan);
