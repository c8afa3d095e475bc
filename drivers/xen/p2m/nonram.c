// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: where a firmware region is found that
 * was in the way
 */

#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "nonram.h"

#define PAGE_OFFSET_BITS	(XEN_LAYOUT_PAGE_SIZE - 1)

/*
 * The region that has something in the page at @pos, and the last byte up to
 * which that answer holds. A region moves with all of its pages.
 */
static const struct xen_layout_nonram *
nonram_at(const struct xen_layout_nonram *regions, unsigned int nr, u64 pos,
	  u64 *last)
{
	const struct xen_layout_nonram *r;

	*last = ~(u64)0;
	for (r = regions; r < regions + nr; r++) {
		u64 first = r->start & ~PAGE_OFFSET_BITS;

		if (first > pos) {
			*last = min(*last, first - 1);
			continue;
		}
		if (((r->end - 1) | PAGE_OFFSET_BITS) < pos)
			continue;
		*last = (r->end - 1) | PAGE_OFFSET_BITS;
		return r;
	}

	return NULL;
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
XEN_LAYOUT_SCOPE bool
xen_nonram_find(const struct xen_layout_nonram *regions, unsigned int nr,
		u64 *addr, u64 size)
{
	u64 pos = *addr & ~PAGE_OFFSET_BITS;
	/* Up to the end of the address space at most, so nothing wraps. */
	u64 end = *addr + min(size - 1, ~*addr), last, by;
	const struct xen_layout_nonram *r = nonram_at(regions, nr, pos, &last);
	u64 first_by = r ? r->to - r->start : 0;

	while (last < end) {
		r = nonram_at(regions, nr, last + 1, &last);
		by = r ? r->to - r->start : 0;
		if (by != first_by)
			return false;
	}
	*addr += first_by;

	return true;
}
