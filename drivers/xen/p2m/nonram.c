// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: where a firmware region is found that
 * was in the way
 */

#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "nonram.h"

#define PAGE_OFFSET_BITS	(XEN_LAYOUT_PAGE_SIZE - 1)

/*
 * How far the page at @pos was moved (modulo 2^64, as it may be down), and the
 * last byte up to which that holds. A region moves with all of its pages.
 */
static u64 nonram_moved_by(const struct xen_layout_nonram *regions,
			   unsigned int nr, u64 pos, u64 *last)
{
	const struct xen_layout_nonram *r;
	u64 first, end;

	*last = ~(u64)0;
	for (r = regions; r < regions + nr; r++) {
		first = r->start & ~PAGE_OFFSET_BITS;
		end = (r->end - 1) | PAGE_OFFSET_BITS;
		if (first <= pos && pos <= end) {
			*last = end;
			return r->to - r->start;
		}
		if (first > pos)
			*last = min(*last, first - 1);
	}

	return 0;
}

/**
 * xen_nonram_find() - where is a range of the firmware's to be found?
 * @regions: the regions that were moved, as the planner has them
 * @nr: how many
 * @addr: first byte of the range in the machine; where it is found, if that is
 *	  elsewhere
 * @size: bytes of the range, not 0
 *
 * Mappings are made of whole pages, so these count. Regions that were moved as
 * one block are one piece, as they were before.
 *
 * Context: any.
 * Return: false if parts of the range are at different places. @addr is as it
 * was then.
 */
bool xen_nonram_find(const struct xen_layout_nonram *regions, unsigned int nr,
		     u64 *addr, u64 size)
{
	/* Up to the end of the address space at most, so nothing wraps. */
	u64 end = *addr + min(size - 1, ~*addr), last;
	u64 by = nonram_moved_by(regions, nr, *addr, &last);

	while (last < end)
		if (nonram_moved_by(regions, nr, last + 1, &last) != by)
			return false;
	*addr += by;

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xen_nonram_find);
