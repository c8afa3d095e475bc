// SPDX-License-Identifier: GPL-2.0
/*
 * Reserve PFNs for memory that is added, and know who holds missing PFNs
 *
 * Which PFNs, and why: add-ranges.h. There are two users: the balloon's hot-add
 * and the allocator of unpopulated pages, which are needed to map pages of other
 * domains. To reserve a range is to enter it into the resource tree and to make
 * it missing in the P2M, both under the lock that a claim of a PCI aperture or
 * BAR holds. So a claim finds the range either untouched or held.
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "add-memory.h"

/* Set at boot, constant afterwards */
static struct xen_add_ranges add_ranges;
static bool add_dom0;

/* PFNs of unpopulated pages. They are given back only if adding them fails. */
struct add_scratch {
	struct add_scratch *next;
	unsigned long start;
	unsigned long end;
};

/* Held from the first look at a PFN until it is changed; protects the list. */
static DEFINE_MUTEX(add_mutex);
static struct add_scratch *add_scratch;

/* --- who holds missing PFNs ---------------------------------------------------- */

/* The first range of System RAM ends the walk. */
static int add_first_ram(unsigned long pfn, unsigned long nr, void *data)
{
	struct xen_add_range *ram = data;

	ram->start = pfn;
	ram->end = pfn + nr;

	return 1;
}

/*
 * The callback of the identity policy. Missing PFNs in System RAM are the
 * balloon's: extra memory since boot, ballooned out, or added later.
 */
static enum xen_p2m_reason add_held(unsigned long *start, unsigned long *end)
{
	struct xen_add_range ram = { .start = *end, .end = *end };
	enum xen_p2m_reason reason = XEN_P2M_IS_BALLOON;
	const struct add_scratch *s;

	lockdep_assert_held(&add_mutex);
	walk_system_ram_range(*start, *end - *start, &ram, add_first_ram);
	for (s = add_scratch; s; s = s->next) {
		if (s->end <= *start || s->start >= ram.start)
			continue;
		ram.start = s->start;
		ram.end = s->end;
		reason = XEN_P2M_IS_SCRATCH;
	}
	if (ram.start >= *end)
		return XEN_P2M_FREE;
	*start = max(*start, ram.start);
	*end = min(*end, ram.end);

	return reason;
}

/* --- claims of devices ---------------------------------------------------------- */

static struct xen_p2m_identity add_identity = {
	.lock = &add_mutex,
	.held = add_held,
};

/**
 * xen_p2m_claim() - claim PFNs of this domain for a device
 * @start: first PFN
 * @end: first PFN after the range
 *
 * Context: may sleep.
 * Return: what was decided, see xen_p2m_identity_claim().
 */
XEN_P2M_SCOPE struct xen_p2m_verdict xen_p2m_claim(unsigned long start,
						   unsigned long end)
{
	return xen_p2m_identity_claim(&add_identity, start, end);
}
EXPORT_SYMBOL_GPL(xen_p2m_claim);

/**
 * xen_p2m_check() - what would become of a claim?
 * @start: first PFN
 * @end: first PFN after the range
 *
 * Context: may sleep. Changes nothing.
 * Return: what would be decided, see xen_p2m_identity_check().
 */
XEN_P2M_SCOPE struct xen_p2m_verdict xen_p2m_check(unsigned long start,
						   unsigned long end)
{
	return xen_p2m_identity_check(&add_identity, start, end);
}
EXPORT_SYMBOL_GPL(xen_p2m_check);

/**
 * xen_p2m_explain() - say why a claim is refused, and what helps
 * @v: what was decided
 * @buf: where to
 * @size: bytes in @buf; XEN_P2M_EXPLANATION are enough
 *
 * Context: any.
 */
XEN_P2M_SCOPE void xen_p2m_explain(const struct xen_p2m_verdict *v, char *buf,
				   size_t size)
{
	const char *text = xen_p2m_reason_text(v->reason);
	const char *remedy = xen_p2m_remedy(v->reason, add_dom0);

	if (v->end)
		snprintf(buf, size, "[mem %#llx-%#llx] is %s; %s",
			 (unsigned long long)PFN_PHYS(v->start),
			 (unsigned long long)PFN_PHYS(v->end) - 1, text, remedy);
	else
		snprintf(buf, size, "it is %s; %s", text, remedy);
}
EXPORT_SYMBOL_GPL(xen_p2m_explain);

/* --- to reserve PFNs ------------------------------------------------------------- */

/* Is @there memory that was added? */
static bool add_is_added(const struct resource *there)
{
	const struct add_scratch *s;

	if ((there->flags & IORESOURCE_SYSTEM_RAM) == IORESOURCE_SYSTEM_RAM)
		return true;
	for (s = add_scratch; s; s = s->next)
		if (PFN_PHYS(s->start) == there->start &&
		    PFN_PHYS(s->end) - 1 == there->end)
			return true;

	return false;
}

/*
 * Unusable memory of the kernel's map has an entry in the resource tree; what is
 * added there becomes its child.
 */
static bool add_is_parent(const struct resource *there,
			  const struct xen_add_range *range)
{
	return range->unusable && there->start <= PFN_PHYS(range->start) &&
	       there->end >= PFN_PHYS(range->end) - 1 && !add_is_added(there);
}

/*
 * Not by allocate_resource(): x86 has it skip all of the E820 map, and that has
 * an entry for unusable memory.
 */
static int add_request(struct resource *res, resource_size_t size,
		       const struct xen_add_range *range)
{
	resource_size_t last = PFN_PHYS(range->end) - 1;
	struct resource *parent = &iomem_resource, *there;

	res->start = PFN_PHYS(range->start);
	while (res->start <= last && size - 1 <= last - res->start) {
		res->end = res->start + size - 1;
		there = request_resource_conflict(parent, res);
		if (!there)
			return 0;
		if (parent == &iomem_resource && add_is_parent(there, range)) {
			parent = there;
			continue;
		}
		if (there->end >= last)
			break;
		res->start = ALIGN(there->end + 1,
				   PFN_PHYS(add_ranges.section));
	}

	return -EBUSY;
}

/*
 * Rather less than @size in RAM than all of it elsewhere: the caller comes back
 * for the rest.
 */
static int add_find(struct resource *res, resource_size_t size,
		    enum xen_add_where where)
{
	struct xen_add_range range;
	unsigned int i;

	for (; size; size = ALIGN_DOWN(size / 2, PFN_PHYS(add_ranges.section))) {
		for (i = 0; xen_add_ranges_get(&add_ranges, where, i, &range); i++)
			if (!add_request(res, size, &range))
				return 0;
		/* A device may be plugged in to what a hole has left. */
		if (where == XEN_ADD_HOLE)
			break;
	}

	return -ENOSPC;
}

static void add_hint(void)
{
	if (add_dom0)
		pr_info_once("xen/p2m: Hint: limit dom0's memory with dom0_mem=SIZE,max:SIZE\n");
	else
		pr_info_once("xen/p2m: Hint: give the domain more memory at its start (memory=), or the host's memory map (e820_host=1)\n");
}

static void add_say(const struct resource *res, enum xen_add_where where)
{
	if (where == XEN_ADD_RAM)
		return;
	if (where == XEN_ADD_ABOVE)
		pr_info_once("xen/p2m: the map has no unused RAM left: memory is added above it, at [mem %#llx-%#llx]\n",
			     (unsigned long long)res->start,
			     (unsigned long long)res->end);
	else
		pr_warn_once("xen/p2m: memory is added in a hole of the map, at [mem %#llx-%#llx]: no device can be used there\n",
			     (unsigned long long)res->start,
			     (unsigned long long)res->end);
	add_hint();
}

/* From here on the PFNs are missing and held: by System RAM, or by @s. */
static int add_set_missing(const struct resource *res, struct add_scratch *s)
{
	unsigned long pfn = PFN_DOWN(res->start);
	unsigned long nr = PHYS_PFN(resource_size(res));
	int err = xen_p2m_set_range(add_identity.tree, pfn, pfn + nr,
				    XEN_P2M_MISSING, 0);

	if (err || !s)
		return err;
	s->start = pfn;
	s->end = pfn + nr;
	s->next = add_scratch;
	add_scratch = s;

	return 0;
}

/**
 * xen_add_memory_reserve() - reserve PFNs for memory that is to be added
 * @res: name and flags are set: IORESOURCE_SYSTEM_RAM, or IORESOURCE_MEM if it
 *	 is for pages of other domains. Gets start and end, and a place in the
 *	 resource tree.
 * @size: bytes, a multiple of the size of a section
 * @worst: kinds of places to look at: this and all better ones
 *
 * Less than @size may be reserved: whole sections, resource_size() tells how
 * many. The PFNs are missing in the P2M then.
 *
 * Context: may sleep. PV domains only.
 * Return: 0, or -ENOSPC or -ENOMEM; nothing is reserved then.
 */
XEN_P2M_SCOPE int xen_add_memory_reserve(struct resource *res,
					 resource_size_t size,
					 enum xen_add_where worst)
{
	bool ram = (res->flags & IORESOURCE_SYSTEM_RAM) == IORESOURCE_SYSTEM_RAM;
	struct add_scratch *s = ram ? NULL : kzalloc(sizeof(*s), GFP_KERNEL);
	enum xen_add_where where;
	int err = -ENOSPC;

	if (!ram && !s)
		return -ENOMEM;

	mutex_lock(&add_mutex);
	for (where = XEN_ADD_RAM; err && where <= worst; where++)
		err = add_find(res, size, where);
	if (!err) {
		err = add_set_missing(res, s);
		if (err)
			release_resource(res);
		else
			add_say(res, where - 1);
	} else if (worst == XEN_ADD_HOLE) {
		pr_warn_once("xen/p2m: no memory can be added: no %llu MiB in a row are free below %lu GiB. Hint: ask for less; or if the CPU has more addresses, build the kernel with a larger CONFIG_XEN_MEMORY_HOTPLUG_LIMIT\n",
			     (unsigned long long)size >> 20,
			     add_ranges.limit >> (30 - XEN_LAYOUT_PAGE_SHIFT));
	}
	mutex_unlock(&add_mutex);
	if (err)
		kfree(s);

	return err;
}

/**
 * xen_add_memory_release() - give back PFNs at which no memory could be added
 * @res: as xen_add_memory_reserve() left it
 *
 * They are identity again, so a device may be placed there. If the P2M has no
 * memory for that, no device may: the resource stays where it is.
 *
 * Context: may sleep.
 * Return: true if @res is not in use any more.
 */
XEN_P2M_SCOPE bool xen_add_memory_release(struct resource *res)
{
	unsigned long start = PFN_DOWN(res->start);
	unsigned long end = start + PHYS_PFN(resource_size(res));
	struct add_scratch *s, **at = &add_scratch;
	int err;

	mutex_lock(&add_mutex);
	err = xen_p2m_set_range(add_identity.tree, start, end,
				XEN_P2M_IDENTITY, 0);
	if (!err) {
		while (*at && (*at)->start != start)
			at = &(*at)->next;
		s = *at;
		if (s)
			*at = s->next;
		kfree(s);
		release_resource(res);
	}
	mutex_unlock(&add_mutex);

	return !err;
}

/**
 * xen_add_memory_given_up() - say that pages are mapped in place of memory
 *
 * For callers for which xen_add_memory_reserve() found nothing, and that gave up
 * memory of this domain for pages of other domains.
 *
 * Context: any.
 */
XEN_P2M_SCOPE void xen_add_memory_given_up(void)
{
	pr_warn_once("xen/p2m: the map has no room for pages of other domains: memory of this domain is given up for them\n");
	add_hint();
}

/* --- boot ------------------------------------------------------------------------ */

/**
 * xen_add_memory_init() - learn where memory may be added
 * @tree: P2M of this domain
 * @in: what the ranges follow from
 * @dom0: the map is that of the machine
 *
 * Context: boot only, when the P2M is the tree.
 * Return: the ranges, for those who show them.
 */
XEN_P2M_SCOPE const struct xen_add_ranges *__init
xen_add_memory_init(struct xen_p2m_tree *tree, const struct xen_add_input *in,
		    bool dom0)
{
	struct xen_add_input bounded = *in;

	add_dom0 = dom0;
	add_identity.tree = tree;
	/* There is nothing in the resource tree beyond what the CPU can address. */
	bounded.limit = min(in->limit, PHYS_PFN(iomem_resource.end) + 1);
	xen_add_ranges_plan(&bounded, &add_ranges);

	return &add_ranges;
}
