// SPDX-License-Identifier: GPL-2.0
/*
 * The M2P's hole below 4 GiB in dom0, see drivers/xen/p2m/m2p-hole.h
 */

#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>

#include <asm/e820/types.h>
#include <asm/xen/page.h>

#include "xen-ops.h"

#include "m2p-hole.h"

/* In MFNs. Empty until the map is known. */
unsigned long xen_m2p_hole __read_mostly;
EXPORT_SYMBOL_GPL(xen_m2p_hole);
unsigned long xen_m2p_hole_size __read_mostly;
EXPORT_SYMBOL_GPL(xen_m2p_hole_size);

/**
 * xen_find_m2p_hole() - find the area without RAM below 4 GiB
 * @entry: the machine's memory map as Xen gives it, in any order
 * @nr: number of entries
 *
 * It must be the machine's map. In another one the MFNs of this domain, or of
 * others, may be anywhere.
 *
 * Context: boot only, once.
 */
void __init xen_find_m2p_hole(const struct e820_entry *entry, unsigned int nr)
{
	struct xen_m2p_scan scan = { };

	for (; nr; nr--, entry++)
		xen_m2p_scan_entry(&scan, entry->addr, entry->size,
				   entry->type);
	xen_m2p_hole_size = xen_m2p_scan_hole(&scan, &xen_m2p_hole);
}
