// SPDX-License-Identifier: GPL-2.0
/*
 * Frames below 4 GiB which are no RAM, and need no look into the M2P
 *
 * The M2P has entries for RAM. Where a large area is none, as below 4 GiB, Xen
 * maps nothing, and reading an entry there takes a fault. The firmware's map
 * says beforehand where that is.
 */

#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include <asm/e820/types.h>
#include <asm/xen/page.h>

#include "xen-ops.h"

/* In frames; no frame is in it until the map is known. */
unsigned long xen_m2p_hole __read_mostly;
EXPORT_SYMBOL_GPL(xen_m2p_hole);
unsigned long xen_m2p_hole_size __read_mostly;
EXPORT_SYMBOL_GPL(xen_m2p_hole_size);

/* Firmware's own types and those which nobody knows may be RAM to Xen. */
static bool __init m2p_no_ram(enum e820_type type)
{
	switch (type) {
	case E820_TYPE_RESERVED:
	case E820_TYPE_ACPI:
	case E820_TYPE_NVS:
		return true;
	default:
		return false;
	}
}

/**
 * xen_find_m2p_hole() - find the area below 4 GiB that is no RAM
 * @entry: the machine's memory map as Xen gives it, in any order
 * @nr: number of entries
 *
 * The hole reaches from the end of the last RAM below 4 GiB to 4 GiB, or to
 * where the map ends, if that is below: nothing is known of what comes behind.
 * It must be the machine's map. In another one the frames of this domain, or of
 * others, may be anywhere.
 *
 * Context: boot only, once.
 */
void __init xen_find_m2p_hole(const struct e820_entry *entry, unsigned int nr)
{
	u64 start = 0, end = 0;

	for (; nr; nr--, entry++) {
		bool no_ram = m2p_no_ram(entry->type);
		u64 entry_end = entry->addr + entry->size;

		/* One that wraps around is RAM up to 4 GiB, or nothing. */
		if (entry_end < entry->addr)
			entry_end = no_ram ? entry->addr : SZ_4G;
		entry_end = min_t(u64, entry_end, SZ_4G);
		end = max(end, entry_end);
		if (entry->addr < SZ_4G && !no_ram)
			start = max(start, entry_end);
	}
	if (start >= end)
		return;

	xen_m2p_hole = PFN_UP(start);
	if (PFN_DOWN(end) > xen_m2p_hole)
		xen_m2p_hole_size = PFN_DOWN(end) - xen_m2p_hole;
}
