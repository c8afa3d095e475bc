/* SPDX-License-Identifier: GPL-2.0 */
/* The resource tree, as far as a suite brings one: only what it looks like. */
#ifndef _STUB_LINUX_IOPORT_H
#define _STUB_LINUX_IOPORT_H

#include <linux/types.h>

struct resource {
	resource_size_t start;
	resource_size_t end;
	const char *name;
	unsigned long flags;
	struct resource *parent, *sibling, *child;
};

#define IORESOURCE_MEM		0x00000200UL
#define IORESOURCE_SYSRAM	0x01000000UL
#define IORESOURCE_BUSY		0x80000000UL
#define IORESOURCE_SYSTEM_RAM	(IORESOURCE_MEM | IORESOURCE_SYSRAM)

static inline resource_size_t resource_size(const struct resource *res)
{
	return res->end - res->start + 1;
}

#endif
