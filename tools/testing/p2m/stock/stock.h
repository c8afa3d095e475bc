/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stock makes of a map: its own functions, run in userland
 */
#ifndef _STOCK_H
#define _STOCK_H

#include "layout.h"

#define STOCK_MAX		8192U
#define STOCK_START_INFO	0x480U

struct stock_ranges {
	unsigned int nr;
	struct xen_layout_range range[STOCK_MAX];
};

/**
 * struct stock - what stock did
 * @death: last words, if it died
 * @warnings: WARN() and WARN_ON() that came true
 * @nr_e820: entries of the kernel's E820 table
 * @e820: these
 * @identity: identity PFNs, as far as stock was asked for them
 * @released: PFNs whose page went back to Xen
 * @extra: extra memory, after pages were moved there
 * @nr_moves: moves
 * @moves: these; one for each page or run of pages, in stock's order
 * @nr_nonram: non-RAM that was swapped with RAM, in whole pages
 * @nonram: these
 * @relocated: P2M list or initrd were copied elsewhere
 * @initrd: where the initrd is in the end
 * @backwards: an entry of the kernel's E820 table ends before it starts
 */
struct stock {
	const char *death;
	unsigned int warnings;
	unsigned int nr_e820;
	struct xen_layout_region e820[STOCK_MAX];
	struct stock_ranges identity;
	struct stock_ranges released;
	struct stock_ranges extra;
	unsigned int nr_moves;
	struct xen_layout_move moves[STOCK_MAX];
	unsigned int nr_nonram;
	struct xen_layout_nonram nonram[8];
	bool relocated[XEN_LAYOUT_AREAS];
	u64 initrd;
	bool backwards;
};

/*
 * Is it of 6.1? Then it moves no region, does not look whether one is where the
 * start info is, and keeps no memory below 1 MiB for the iSCSI table.
 */
extern const bool stock_is_6_1;
/* Does it look at the map again after it has moved a region, as 7.1 does? */
extern const bool stock_looks_again;

unsigned long stock_p2m_frames(unsigned long nr_pages);
void stock_run(const struct xen_layout_input *in, struct stock *stock);

#endif /* _STOCK_H */
