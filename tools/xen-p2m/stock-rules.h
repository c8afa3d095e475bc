/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_STOCK_RULES_H
#define _XEN_P2M_TOOL_STOCK_RULES_H

#include "layout.h"

/**
 * DOC: What stock does
 *
 * Facts about kernels without this series: whether they boot with what Xen has
 * handed over, with which message they die, and what they lose. All of it is
 * about arch/x86/xen/setup.c, which has three generations: the one that moves no
 * region (to 6.9), the one that moves ACPI NVS, but not always two of them (to
 * 7.0), and today's. tools/testing/p2m/stock holds this against the functions of
 * these kernels themselves.
 */

/**
 * enum stock_kernel - a generation of stock, by a kernel that has it
 * @STOCK_6_1: any region where kernel or page tables are is fatal
 * @STOCK_6_12: up to four regions of ACPI NVS are moved
 * @STOCK_7_3: so are those that come right after another one
 * @STOCKS: number of them
 */
enum stock_kernel {
	STOCK_6_1,
	STOCK_6_12,
	STOCK_7_3,
	STOCKS,
};

/**
 * enum stock_death - what stock dies of
 * @STOCK_LIVES: it boots
 * @STOCK_CONFLICT: a region, or a gap, where Xen has put what stays there
 * @STOCK_NO_ROOM: no RAM above the pages handed over to move a region to
 * @STOCK_TOO_MANY: more than four regions to move
 * @STOCK_RAM_END: RAM to move a region to ends inside a page
 * @STOCK_NO_P2M: no room for a copy of the P2M list
 * @STOCK_NO_INITRD: no room for a copy of the initrd
 * @STOCK_EXTRA: pages moved to where extra memory was counted in bytes
 * @STOCK_SLIVER: RAM without a page border inside it
 * @STOCK_INITRD_SHIFTED: the initrd is copied to a place inside a page, and is not
 *                        found there
 * @STOCK_MEM: pages moved to where mem= has cut RAM off
 * @STOCK_DEATHS: number of them
 */
enum stock_death {
	STOCK_LIVES,
	STOCK_CONFLICT,
	STOCK_NO_ROOM,
	STOCK_TOO_MANY,
	STOCK_RAM_END,
	STOCK_NO_P2M,
	STOCK_NO_INITRD,
	STOCK_EXTRA,
	STOCK_SLIVER,
	STOCK_INITRD_SHIFTED,
	STOCK_MEM,
	STOCK_DEATHS,
};

/**
 * struct stock_fate - how stock fares
 * @death: what it dies of
 * @area: with STOCK_CONFLICT and what is about moving regions: for which area
 * @start: first byte of what is in the way, or of the RAM it is about
 * @end: first byte after the range
 * @type: of the region; 0 if there is none, only a gap
 * @moved: pages that move
 * @released: pages that are given back to Xen
 * @lost: pages that are leaked: still the domain's, but at no PFN
 * @tail: PFNs after the pages handed over that are missing, though not RAM
 */
struct stock_fate {
	enum stock_death death;
	enum xen_layout_area_id area;
	u64 start;
	u64 end;
	u32 type;
	unsigned long moved;
	unsigned long released;
	unsigned long lost;
	unsigned long tail;
};

/* How @kernel fares with @in. Allocates; false without memory for that. */
bool stock_judge(enum stock_kernel kernel, const struct xen_layout_input *in,
		 struct stock_fate *fate);

/* Its last words on the console, as far as there are any */
const char *stock_last_words(const struct stock_fate *fate);

/* "6.6.12" to the generation that rules there; STOCKS if it is no version */
enum stock_kernel stock_of_release(const char *release);
extern const char *const stock_names[STOCKS];

#endif /* _XEN_P2M_TOOL_STOCK_RULES_H */
