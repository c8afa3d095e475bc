/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_ADD_RANGES_H
#define _XEN_P2M_ADD_RANGES_H

#include <linux/types.h>

#include <xen/add-memory.h>

#include "layout.h"

/**
 * DOC: Where memory may be added
 *
 * The balloon's hot-add and the allocator of unpopulated pages need PFNs. No
 * device can be used at such a PFN any more, as the P2M is not identity there.
 *
 * PFNs are safe where the machine has RAM that this domain does not use: no
 * device is there, and none will be. Devices are in the holes of the map, and
 * those that are plugged in later will be, too. So, best first:
 *
 * * RAM of the machine's map. A domU that was given such a map by e820_host=1
 *   finds the machine's RAM as unusable there.
 * * Above the map, up to the P2M's limit or the last address of the CPU; but below
 *   entries that reach the limit, as AMD's HyperTransport range at 1012 GiB does.
 *   Windows of PCI host bridges are in the resource tree, in which the memory gets
 *   a place beside them.
 * * Holes of the map, if possible not below 4 GiB. Not what the map has as anything
 *   else: not all of that has to be in the resource tree.
 *
 * It does not matter who owns the RAM at that machine address: the PFN gets
 * another MFN, or none.
 */

/* 4 GiB have 32 sections of 128 MiB. Ranges for which there is no room are not used. */
#define XEN_ADD_MAX_RANGES	32U

/**
 * struct xen_add_range - PFNs at which memory may be added
 * @start: first PFN
 * @end: first PFN after the range
 * @unusable: the kernel's map has the range as unusable, not as a gap
 */
struct xen_add_range {
	unsigned long start;
	unsigned long end;
	bool unusable;
};

/**
 * struct xen_add_list - ranges of one kind
 * @nr: number of ranges
 * @range: these, ascending; start and end are multiples of the section size
 */
struct xen_add_list {
	unsigned int nr;
	struct xen_add_range range[XEN_ADD_MAX_RANGES];
};

/**
 * struct xen_add_ranges - all PFNs at which memory may be added
 * @ram: RAM that is not used
 * @above: above the map; empty if its start is not below its end
 * @high_holes: holes of the map from 4 GiB on
 * @low_holes: holes of the map below 4 GiB
 * @limit: PFNs that the P2M covers and the CPU can address
 * @section: PFNs are added in multiples of this number
 */
struct xen_add_ranges {
	struct xen_add_list ram;
	struct xen_add_range above;
	struct xen_add_list high_holes;
	struct xen_add_list low_holes;
	unsigned long limit;
	unsigned long section;
};

/**
 * struct xen_add_input - what the ranges follow from
 * @map: regions of the machine's map as the planner has it: by address, without
 *	 overlaps, neighbours of one type joined
 * @nr_map: number of regions
 * @used: RAM below this PFN is in use by the domain
 * @section: PFNs are added in multiples of this number, a power of two
 * @limit: PFNs that the P2M covers and the CPU can address
 */
struct xen_add_input {
	const struct xen_layout_region *map;
	unsigned int nr_map;
	unsigned long used;
	unsigned long section;
	unsigned long limit;
};

void xen_add_ranges_plan(const struct xen_add_input *in,
			 struct xen_add_ranges *ranges);
bool xen_add_ranges_get(const struct xen_add_ranges *ranges,
			enum xen_add_where where, unsigned int i,
			struct xen_add_range *range);

#endif /* _XEN_P2M_ADD_RANGES_H */
