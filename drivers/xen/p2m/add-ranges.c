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
#include <linux/minmax.h>

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

/* The whole sections from PFN @from on of a region that the machine has as RAM */
static void add_ram(struct xen_add_ranges *ranges,
		    const struct xen_layout_region *r, unsigned long from)
{
	struct xen_add_range range = {
		.start = max(add_pfn_up(r->start), from),
		.end = min_t(u64, r->end >> XEN_LAYOUT_PAGE_SHIFT,
			     ranges->limit),
		.unusable = r->type == XEN_LAYOUT_UNUSABLE,
	};

	range.start = ALIGN(range.start, ranges->section);
	range.end = ALIGN_DOWN(range.end, ranges->section);
	if (range.start < range.end && ranges->nr < XEN_ADD_MAX_RANGES)
		ranges->ram[ranges->nr++] = range;
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
XEN_LAYOUT_SCOPE void xen_add_ranges_plan(const struct xen_add_input *in,
					  struct xen_add_ranges *ranges)
{
	const struct xen_layout_region *r = in->map;
	unsigned int i;

	ranges->nr = 0;
	ranges->section = in->section;
	ranges->limit = ALIGN_DOWN(in->limit, in->section);
	ranges->above = (struct xen_add_range) {
		.start = max(in->used, ADD_LOW_END),
		.end = ranges->limit,
	};
	for (i = 0; i < in->nr_map; i++, r++) {
		add_avoid(&ranges->above, in->limit, r);
		if (r->type == XEN_LAYOUT_RAM)
			add_ram(ranges, r, in->used);
		else if (r->type == XEN_LAYOUT_UNUSABLE)
			add_ram(ranges, r, ADD_FIRST);
	}
	ranges->above.start = ALIGN(ranges->above.start, in->section);
	ranges->above.end = ALIGN_DOWN(ranges->above.end, in->section);
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
XEN_LAYOUT_SCOPE bool xen_add_ranges_get(const struct xen_add_ranges *ranges,
					 enum xen_add_where where,
					 unsigned int i,
					 struct xen_add_range *range)
{
	switch (where) {
	case XEN_ADD_RAM:
		if (i >= ranges->nr)
			return false;
		*range = ranges->ram[i];
		return true;
	case XEN_ADD_ABOVE:
		if (i)
			return false;
		*range = ranges->above;
		break;
	case XEN_ADD_HOLE:
		if (i > 1)
			return false;
		/* Most devices are below 4 GiB, so try the rest first. */
		*range = (struct xen_add_range) {
			.start = !i && ranges->limit > ADD_LOW_END ?
				 ADD_LOW_END : ADD_FIRST,
			.end = ranges->limit,
		};
		break;
	}

	return range->start < range->end;
}
