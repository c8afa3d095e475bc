// SPDX-License-Identifier: GPL-2.0
/*
 * At which PFNs memory may be added
 *
 * See add-ranges.h for the rule. Nothing here has a side effect.
 *
 * Numbers: addresses have 64 bits, so PFNs are below 1 << 52. Rounding one up
 * to a section does not overflow.
 */

#include <linux/align.h>
#include <linux/export.h>
#include <linux/minmax.h>

#include <kunit/visibility.h>

#include "add-ranges.h"

/* Below 4 GiB memory is added only where the machine has RAM, or in the last resort. */
#define ADD_LOW_END	(1UL << (32 - XEN_LAYOUT_PAGE_SHIFT))
/* The first MiB is never a place for memory. */
#define ADD_FIRST	(1UL << (20 - XEN_LAYOUT_PAGE_SHIFT))

static unsigned long add_pfn_up(u64 addr)
{
	return (addr >> XEN_LAYOUT_PAGE_SHIFT) +
	       !!(addr & (XEN_LAYOUT_PAGE_SIZE - 1));
}

/* Its whole sections, if there is room for it */
static void add_to_list(struct xen_add_list *list,
			const struct xen_add_ranges *ranges,
			struct xen_add_range range)
{
	range.start = ALIGN(range.start, ranges->section);
	range.end = ALIGN_DOWN(min(range.end, ranges->limit), ranges->section);
	if (range.start < range.end && list->nr < XEN_ADD_MAX_RANGES)
		list->range[list->nr++] = range;
}

/* What is from PFN @from on of a region that the machine has as RAM */
static void add_ram(struct xen_add_ranges *ranges,
		    const struct xen_layout_region *r, unsigned long from)
{
	add_to_list(&ranges->ram, ranges, (struct xen_add_range) {
		.start = max(add_pfn_up(r->start), from),
		.end = r->end >> XEN_LAYOUT_PAGE_SHIFT,
		.unusable = r->type == XEN_LAYOUT_UNUSABLE,
	});
}

/* Most devices are below 4 GiB, so the rest is a hole of its own. */
static void add_hole(struct xen_add_ranges *ranges, unsigned long start,
		     unsigned long end)
{
	add_to_list(&ranges->low_holes, ranges, (struct xen_add_range) {
		.start = start,
		.end = min(end, ADD_LOW_END),
	});
	add_to_list(&ranges->high_holes, ranges, (struct xen_add_range) {
		.start = max(start, ADD_LOW_END),
		.end = end,
	});
}

/* Above @r; or below it, if it reaches the limit */
static void add_avoid(struct xen_add_range *above, unsigned long limit,
		      const struct xen_layout_region *r)
{
	unsigned long end = add_pfn_up(r->end);

	if (end < limit)
		above->start = max(above->start, end);
	else
		above->end = min(above->end, r->start >> XEN_LAYOUT_PAGE_SHIFT);
}

/**
 * xen_add_ranges_plan() - find out at which PFNs memory may be added
 * @in: what they follow from
 * @ranges: the result
 *
 * Context: any.
 */
void xen_add_ranges_plan(const struct xen_add_input *in,
			 struct xen_add_ranges *ranges)
{
	const struct xen_layout_region *r = in->map;
	unsigned long mapped = ADD_FIRST;
	unsigned int i;

	*ranges = (struct xen_add_ranges) {
		.section = in->section,
		.limit = ALIGN_DOWN(in->limit, in->section),
	};
	ranges->above = (struct xen_add_range) {
		.start = max(in->used, ADD_LOW_END),
		.end = ranges->limit,
	};
	for (i = 0; i < in->nr_map; i++, r++) {
		add_hole(ranges, mapped, r->start >> XEN_LAYOUT_PAGE_SHIFT);
		mapped = max(mapped, add_pfn_up(r->end));
		add_avoid(&ranges->above, in->limit, r);
		if (r->type == XEN_LAYOUT_RAM)
			add_ram(ranges, r, in->used);
		else if (r->type == XEN_LAYOUT_UNUSABLE)
			add_ram(ranges, r, ADD_FIRST);
	}
	add_hole(ranges, mapped, ranges->limit);
	ranges->above.start = ALIGN(ranges->above.start, in->section);
	ranges->above.end = ALIGN_DOWN(ranges->above.end, in->section);
}
EXPORT_SYMBOL_IF_KUNIT(xen_add_ranges_plan);

static bool add_get(const struct xen_add_list *list, unsigned int i,
		    struct xen_add_range *range)
{
	if (i >= list->nr)
		return false;
	*range = list->range[i];

	return true;
}

/**
 * xen_add_ranges_get() - the ranges to try, one after the other
 * @ranges: all ranges
 * @where: kind of place
 * @i: number of the range of this kind, from 0
 * @range: the result
 *
 * Context: any.
 * Return: false if there is no such range.
 */
bool xen_add_ranges_get(const struct xen_add_ranges *ranges,
			enum xen_add_where where, unsigned int i,
			struct xen_add_range *range)
{
	if (where == XEN_ADD_RAM)
		return add_get(&ranges->ram, i, range);
	if (where == XEN_ADD_ABOVE) {
		*range = ranges->above;
		return !i && range->start < range->end;
	}

	return add_get(&ranges->high_holes, i, range) ||
	       add_get(&ranges->low_holes, i - ranges->high_holes.nr, range);
}
EXPORT_SYMBOL_IF_KUNIT(xen_add_ranges_get);
