/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps of a machine and of a domU on it, for the suites of added memory
 */
#ifndef _XEN_P2M_KUNIT_ADD_MAPS_H
#define _XEN_P2M_KUNIT_ADD_MAPS_H

#include <linux/types.h>

#include "layout.h"

#define MIB(n)		((u64)(n) << 20)
#define GIB(n)		((u64)(n) << 30)
#define SECTION		MIB(128)
#define PFN(bytes)	((unsigned long)((bytes) >> 12))

#define REGION(s, e, t)	{ .start = s, .end = e, .type = XEN_LAYOUT_##t }

/* QEMU's q35 with 4 GiB, as dom0 gets it: its RAM ends at 1 GiB. */
static const struct xen_layout_region q35_4g[] = {
	REGION(0, 0x9f000, RAM),
	REGION(0x9f000, MIB(1), RESERVED),
	REGION(MIB(1), 0x7ffdf000, RAM),
	REGION(0x7ffdf000, GIB(2), RESERVED),
	REGION(0xb0000000, 0xc0000000, RESERVED),
	REGION(0xfed1c000, 0xfed20000, RESERVED),
	REGION(0xfeffc000, 0xff000000, RESERVED),
	REGION(0xfffc0000, GIB(4), RESERVED),
	REGION(GIB(4), GIB(6), RAM),
	REGION(GIB(1012), GIB(1024), RESERVED),
};

/* The same machine's map in a domU: e820_host=1, memory=256, maxmem=900 */
static const struct xen_layout_region domu_host[] = {
	REGION(0, MIB(256), RAM),
	REGION(MIB(256), 0x7ffdf000, UNUSABLE),
	REGION(0x7ffdf000, GIB(2), RESERVED),
	REGION(0xb0000000, 0xc0000000, RESERVED),
	REGION(0xfed1c000, 0xfed20000, RESERVED),
	REGION(0xfeffc000, 0xff000000, RESERVED),
	REGION(0xfffc0000, GIB(4), RESERVED),
	REGION(GIB(4), GIB(4) + MIB(644), RAM),
};

#endif /* _XEN_P2M_KUNIT_ADD_MAPS_H */
