/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MFNs below 4 GiB which are not RAM, so that the M2P need not be read
 */
#ifndef _XEN_P2M_M2P_HOLE_H
#define _XEN_P2M_M2P_HOLE_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "layout.h"

/**
 * DOC: The M2P's hole
 *
 * The M2P has entries for RAM. Where a large area is none, as below 4 GiB, Xen
 * maps nothing, and reading an entry there takes a fault. The machine's memory
 * map says beforehand where that is: from the end of the last RAM below 4 GiB
 * to 4 GiB, or to where the map ends, if that is below, as nothing is known of
 * what comes after it.
 */

/**
 * struct xen_m2p_scan - what is known of a memory map so far, in bytes
 * @ram_end: first byte after what is or may be RAM below 4 GiB
 * @map_end: first byte after all entries below 4 GiB
 */
struct xen_m2p_scan {
	u64 ram_end;
	u64 map_end;
};

/* Firmware's own types and those which nobody knows may be RAM to Xen. */
static inline bool xen_m2p_may_be_ram(u32 type)
{
	return type != XEN_LAYOUT_RESERVED && type != XEN_LAYOUT_ACPI &&
	       type != XEN_LAYOUT_NVS;
}

/**
 * xen_m2p_scan_entry() - take in an entry of the machine's memory map
 * @scan: zeroed before the first entry
 * @addr: address of its first byte
 * @size: bytes
 * @type: E820 type
 *
 * Entries may come in any order, overlap, and wrap around.
 *
 * Context: any.
 */
static inline void xen_m2p_scan_entry(struct xen_m2p_scan *scan, u64 addr,
				      u64 size, u32 type)
{
	const u64 max = 1ULL << 32;
	u64 end = addr + size;

	if (!size)
		return;
	/* One that wraps around is RAM up to 4 GiB, or nothing. */
	if (end < addr)
		end = xen_m2p_may_be_ram(type) ? max : addr;
	end = min(end, max);
	scan->map_end = max(scan->map_end, end);
	if (addr < max && xen_m2p_may_be_ram(type))
		scan->ram_end = max(scan->ram_end, end);
}

/**
 * xen_m2p_scan_hole() - where is the hole?
 * @scan: of all entries of the map
 * @mfn: set to its first MFN
 *
 * Context: any.
 * Return: number of MFNs, 0 if there is no hole.
 */
static inline unsigned long xen_m2p_scan_hole(const struct xen_m2p_scan *scan,
					      unsigned long *mfn)
{
	u64 start = (scan->ram_end + XEN_LAYOUT_PAGE_SIZE - 1) >>
		    XEN_LAYOUT_PAGE_SHIFT;
	u64 end = scan->map_end >> XEN_LAYOUT_PAGE_SHIFT;

	*mfn = start;

	return end > start ? end - start : 0;
}

#endif /* _XEN_P2M_M2P_HOLE_H */
