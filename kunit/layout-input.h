/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input of the planner, as several suites use it
 */
#ifndef _XEN_P2M_KUNIT_LAYOUT_INPUT_H
#define _XEN_P2M_KUNIT_LAYOUT_INPUT_H

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "layout.h"

#include "real-maps.h"

#define KIB(n)		((u64)(n) << 10)
#define MIB(n)		((u64)(n) << 20)
#define GIB(n)		((u64)(n) << 30)
#define PAGES(bytes)	((unsigned long)((bytes) >> XEN_LAYOUT_PAGE_SHIFT))

#define RAM		XEN_LAYOUT_RAM
#define RESERVED	XEN_LAYOUT_RESERVED
#define ACPI		XEN_LAYOUT_ACPI
#define NVS		XEN_LAYOUT_NVS
#define UNUSABLE	XEN_LAYOUT_UNUSABLE

/* PFNs which 46 bits of address reach, as on most machines */
#define MAX_PFNS	BIT(34)

static inline void put(struct xen_layout_input *in, enum xen_layout_area_id id,
		       u64 addr, u64 size)
{
	in->area[id].addr = addr;
	in->area[id].size = size;
}

static inline const struct e820_map *find_map(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(e820_maps); i++)
		if (!strncmp(e820_maps[i].name, name, strlen(name)))
			return &e820_maps[i];

	return NULL;
}

/* How much memory a domain gets, and what for */
struct setting {
	const char *name;
	enum xen_layout_domain domain;
	unsigned long pages;		/* 0: all */
	unsigned long less;		/* than all, in 1/256 of all */
	unsigned long more;		/* than all, in pages */
	unsigned long max;
	u64 mem;
	bool ibft;
};

static const struct setting settings[] = {
	{ .name = "dom0, all memory", .max = 0 },
	{ .name = "dom0, all memory, reservation known", .max = ~0UL },
	{ .name = "dom0, 15/16 of memory", .less = 16 },
	{ .name = "dom0, more than there is", .more = 1000 },
	{ .name = "dom0, mem=2G", .mem = GIB(2) },
	{ .name = "dom0, 1 GiB, max 1 GiB", .pages = 0x40000, .max = 0x40000 },
	{ .name = "dom0, 1 GiB", .pages = 0x40000, .max = ~0UL, .ibft = true },
	{ .name = "dom0, 384 MiB, max 4 GiB", .pages = 0x18000,
	  .max = 0x100000 },
	{ .name = "dom0, odd, mem=3G", .pages = 0xdfff3, .max = 0xe0001,
	  .mem = GIB(3) },
	{ .name = "domU, 1 GiB", .domain = XEN_LAYOUT_DOMU, .pages = 0x40000 },
	{ .name = "domU, half of memory", .domain = XEN_LAYOUT_DOMU,
	  .less = 128 },
};

static inline unsigned long ram_of(const struct xen_layout_input *in)
{
	unsigned long nr = 0;
	unsigned int i;
	u64 start, end;

	for (i = 0; i < in->nr_e820; i++) {
		start = (in->e820[i].addr + 0xfff) & ~0xfffULL;
		end = (in->e820[i].addr + in->e820[i].size) & ~0xfffULL;
		if (in->e820[i].type == RAM && start < end)
			nr += PAGES(end - start);
	}

	return nr;
}

static inline void apply_setting(struct xen_layout_input *in,
				 const struct setting *set)
{
	unsigned long all = ram_of(in);

	in->domain = set->domain;
	in->nr_pages = set->pages ? min(set->pages, all) :
			 all - all / 256 * set->less + set->more;
	in->max_reservation = set->max == ~0UL ? all : set->max;
	in->mem_limit = set->mem;
	in->ibft = set->ibft;
}

/* As Xen does it: one thing after the other, the kernel first */
static inline void place(struct xen_layout_input *in, u64 addr)
{
	u64 list = (in->nr_pages * 8ULL + 0xfff) & ~0xfffULL;

	put(in, XEN_LAYOUT_KERNEL, addr, MIB(40) + 0x123);
	put(in, XEN_LAYOUT_INITRD, addr + MIB(41), MIB(24) + 1);
	put(in, XEN_LAYOUT_P2M_LIST, addr + MIB(66), list);
	put(in, XEN_LAYOUT_START_INFO, addr + MIB(66) + list, 0x480);
	put(in, XEN_LAYOUT_PAGE_TABLES, addr + MIB(66) + list + 0x2000,
	    KIB(300));
}

#endif /* _XEN_P2M_KUNIT_LAYOUT_INPUT_H */
