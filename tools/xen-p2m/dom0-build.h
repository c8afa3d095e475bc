/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_DOM0_BUILD_H
#define _XEN_P2M_TOOL_DOM0_BUILD_H

#include "layout.h"

/* A part of dom0_mem=: pages and percent of all memory, or all memory but that */
struct dom0_amount {
	unsigned long pages;
	unsigned int percent;
	bool minus;
};

struct dom0_mem {
	struct dom0_amount size;
	struct dom0_amount min;
	struct dom0_amount max;
};

/**
 * dom0_mem_parse() - read the value of one option dom0_mem=
 * @text: the value
 * @mem: what options before have left here, and what this one changes of it
 *
 * Return: false if Xen calls it invalid. What comes before the fault counts all
 * the same, as it does for Xen.
 */
bool dom0_mem_parse(const char *text, struct dom0_mem *mem);
/* Pages that dom0 gets if Xen has @avail */
unsigned long dom0_mem_pages(const struct dom0_mem *mem, unsigned long avail);
/* Pages that dom0 may grow to; 0: no limit */
unsigned long dom0_mem_max(const struct dom0_mem *mem, unsigned long avail);
bool dom0_mem_given(const struct dom0_mem *mem);
/* The size does not depend on how much Xen has, if that is enough. */
bool dom0_mem_exact(const struct dom0_mem *mem);

/**
 * struct dom0_image - what Xen loads
 * @kernel_end: first byte after the kernel, where Xen puts it
 * @initrd_size: bytes; 0 for none
 * @initrd_mapped: the kernel needs the initrd mapped (Linux before 3.17)
 * @list_mapped: it has no address of its own for the P2M list (Linux before 4.0)
 * @alloc_size: bytes of Xen's first allocation, if its log says that; or 0
 */
struct dom0_image {
	u64 kernel_end;
	u64 initrd_size;
	bool initrd_mapped;
	bool list_mapped;
	u64 alloc_size;
};

/**
 * dom0_place() - where Xen puts all but the kernel
 * @image: what it loads
 * @nr_pages: pages that dom0 gets
 * @area: the places; that of the kernel is left as it is
 *
 * Return: first byte after all of it. If there are fewer pages Xen does not
 * start dom0.
 */
u64 dom0_place(const struct dom0_image *image, unsigned long nr_pages,
	       struct xen_layout_area area[XEN_LAYOUT_AREAS]);

#endif /* _XEN_P2M_TOOL_DOM0_BUILD_H */
