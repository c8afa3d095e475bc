/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A resource tree of the suite's own, in place of the running system's
 *
 * To be included after the kernel's headers and before what uses the tree. The
 * functions do what those of the kernel do, as far as it matters here.
 */
#ifndef _XEN_P2M_KUNIT_FAKE_RESOURCES_H
#define _XEN_P2M_KUNIT_FAKE_RESOURCES_H

#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/pfn.h>

static struct resource fake_iomem;

/* Called whenever the tree is looked at, if a test wants to know */
static void (*fake_look)(void);

static struct resource *fake_request_conflict(struct resource *root,
					      struct resource *new)
{
	struct resource **at = &root->child;

	if (fake_look)
		fake_look();
	if (new->start < root->start || new->end > root->end)
		return root;
	while (*at && (*at)->end < new->start)
		at = &(*at)->sibling;
	if (*at && (*at)->start <= new->end)
		return *at;
	new->parent = root;
	new->sibling = *at;
	*at = new;

	return NULL;
}

static int fake_release(struct resource *res)
{
	struct resource **at = &res->parent->child;

	while (*at != res)
		at = &(*at)->sibling;
	*at = res->sibling;
	res->parent = NULL;

	return 0;
}

/* All System RAM, also where it is part of something else */
static int fake_walk_in(const struct resource *root, unsigned long start,
			unsigned long end, void *arg,
			int (*func)(unsigned long, unsigned long, void *))
{
	const struct resource *res;
	unsigned long first, last;
	int ret = 0;

	for (res = root->child; !ret && res; res = res->sibling) {
		first = max(start, PHYS_PFN(res->start));
		last = min(end, PHYS_PFN(res->end) + 1);
		if (first >= last)
			continue;
		if ((res->flags & IORESOURCE_SYSTEM_RAM) == IORESOURCE_SYSTEM_RAM)
			ret = func(first, last - first, arg);
		else
			ret = fake_walk_in(res, start, end, arg, func);
	}

	return ret;
}

static int fake_walk_ram(unsigned long start_pfn, unsigned long nr_pages,
			 void *arg,
			 int (*func)(unsigned long, unsigned long, void *))
{
	if (fake_look)
		fake_look();

	return fake_walk_in(&fake_iomem, start_pfn, start_pfn + nr_pages, arg,
			    func);
}

#define iomem_resource			fake_iomem
#define request_resource_conflict	fake_request_conflict
#define release_resource		fake_release
#define walk_system_ram_range		fake_walk_ram

#endif /* _XEN_P2M_KUNIT_FAKE_RESOURCES_H */
