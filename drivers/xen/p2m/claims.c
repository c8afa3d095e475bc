// SPDX-License-Identifier: GPL-2.0
/*
 * The claims to the P2M of this domain
 *
 * This is what has to be built in: who adds memory asks here which frames are
 * claimed, also when what claims them (pci.c) is a module.
 */

#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/seq_file.h>
#include <linux/time64.h>

#include <xen/p2m-claims.h>
#include <xen/xen.h>

#include "claims.h"

static struct xen_p2m_identity claims = {
	.seam.lock = __SPIN_LOCK_UNLOCKED(claims.seam.lock),
};

/* Serialises all calls to the policy but the one for free frames. */
static DEFINE_MUTEX(claims_mutex);

/* --- who holds missing frames ------------------------------------------------ */

struct held {
	unsigned long start;
	unsigned long end;
};

/* The first range there is ends the walk. */
static int held_first(unsigned long pfn, unsigned long nr, void *data)
{
	struct held *held = data;

	held->start = pfn;
	held->end = pfn + nr;

	return 1;
}

/*
 * Device pages with missing frames are those that unpopulated-alloc makes.
 * They come in sections, so one look at each subsection will do. Takes a step
 * for each: half a million for 1 TiB.
 */
static bool held_scratch(unsigned long *start, unsigned long *end)
{
	unsigned long pfn = *start, next;
	struct dev_pagemap *pgmap;

	for (; pfn < *end; pfn = next) {
		next = (pfn | (PAGES_PER_SUBSECTION - 1)) + 1;
		pgmap = get_dev_pagemap(pfn, NULL);
		if (!pgmap)
			continue;
		*start = pfn;
		*end = min(*end, PHYS_PFN(pgmap->range.end) + 1);
		put_dev_pagemap(pgmap);
		return true;
	}

	return false;
}

/**
 * xen_p2m_held() - who holds missing frames?
 * @start: first frame; set to the first one that is held
 * @end: behind the last one; set to the end of those held
 *
 * The balloon's pages are System RAM, whether they are extra memory of the boot
 * or were added later.
 *
 * Context: may sleep.
 * Return: who holds them, XEN_P2M_FREE if nobody does.
 */
enum xen_p2m_reason xen_p2m_held(unsigned long *start, unsigned long *end)
{
	struct held ram = { .start = *end, .end = *end };
	unsigned long scratch_end;

	walk_system_ram_range(*start, *end - *start, &ram, held_first);
	scratch_end = ram.start;
	if (held_scratch(start, &scratch_end)) {
		*end = scratch_end;
		return XEN_P2M_IS_SCRATCH;
	}
	if (ram.start == *end)
		return XEN_P2M_FREE;
	*start = ram.start;
	*end = min(*end, ram.end);

	return XEN_P2M_IS_BALLOON;
}

/* --- for those who add memory ------------------------------------------------ */

/**
 * xen_p2m_hotplug_start() - where can memory be added?
 * @data: not used
 * @avail: a gap in the resource tree
 * @size: bytes that are needed
 * @align: what the start has to be a multiple of
 *
 * To be given to allocate_resource(). The resource tree keeps memory out of
 * what is in it. This does so for claims: an aperture which is not in the tree,
 * a BAR which was refused.
 *
 * Context: any; called with the lock of the resource tree.
 * Return: the lowest start in @avail that nobody claims; the end of @avail,
 * where nothing fits, if there is none.
 */
resource_size_t xen_p2m_hotplug_start(void *data, const struct resource *avail,
				      resource_size_t size,
				      resource_size_t align)
{
	unsigned long start;

	start = xen_p2m_identity_avoid(&claims, PFN_UP(avail->start),
				       PFN_UP(size), max(PFN_UP(align), 1UL));
	if (start > PHYS_PFN(avail->end))
		return avail->end;

	return PFN_PHYS(start);
}

/* --- for those who claim ------------------------------------------------------ */

/**
 * xen_p2m_claim() - claim the frames of a resource
 * @req: what is claimed, and by whom
 *
 * Context: may sleep.
 * Return: what was decided, see xen_p2m_identity_claim().
 */
struct xen_p2m_verdict xen_p2m_claim(const struct xen_p2m_request *req)
{
	struct xen_p2m_verdict v;

	mutex_lock(&claims_mutex);
	v = xen_p2m_identity_claim(&claims, req);
	mutex_unlock(&claims_mutex);

	return v;
}
EXPORT_SYMBOL_GPL(xen_p2m_claim);

/**
 * xen_p2m_claims_release() - release all claims of an owner
 * @owner: whose
 *
 * Context: may sleep.
 */
void xen_p2m_claims_release(const void *owner)
{
	mutex_lock(&claims_mutex);
	xen_p2m_identity_release(&claims, owner);
	mutex_unlock(&claims_mutex);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_release);

/**
 * xen_p2m_claims_pass() - begin to claim all there is
 *
 * Context: may sleep.
 */
void xen_p2m_claims_pass(void)
{
	mutex_lock(&claims_mutex);
	xen_p2m_identity_pass(&claims);
	mutex_unlock(&claims_mutex);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_pass);

/**
 * xen_p2m_claims_sweep() - release what was not claimed since the pass began
 *
 * Context: may sleep.
 */
void xen_p2m_claims_sweep(void)
{
	mutex_lock(&claims_mutex);
	xen_p2m_identity_sweep(&claims);
	mutex_unlock(&claims_mutex);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_sweep);

/**
 * xen_p2m_claims_exit() - release everything
 *
 * Context: may sleep.
 */
void xen_p2m_claims_exit(void)
{
	mutex_lock(&claims_mutex);
	xen_p2m_identity_exit(&claims);
	mutex_unlock(&claims_mutex);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_exit);

/**
 * xen_p2m_claims_frames() - count what was changed
 *
 * Context: any.
 * Return: frames that are identity for a claim and were missing before.
 */
unsigned long xen_p2m_claims_frames(void)
{
	return READ_ONCE(claims.frames);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_frames);

/**
 * xen_p2m_claims_explain() - say why a claim is refused, and what helps
 * @v: what was decided
 * @buf: where to
 * @size: bytes in @buf; XEN_P2M_EXPLANATION are enough
 *
 * Context: any.
 */
void xen_p2m_claims_explain(const struct xen_p2m_verdict *v, char *buf,
			    size_t size)
{
	const char *text = xen_p2m_reason_text(v->reason);
	const char *remedy = xen_p2m_remedy(v->reason, xen_initial_domain());

	/* Not all reasons are frames. */
	if (v->end)
		scnprintf(buf, size, "[mem %#llx-%#llx] is %s; %s",
			  (u64)PFN_PHYS(v->start), (u64)PFN_PHYS(v->end) - 1,
			  text, remedy);
	else
		scnprintf(buf, size, "it is %s; %s", text, remedy);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_explain);

static void show_claim(struct seq_file *m, const struct xen_p2m_claim *claim)
{
	static const char * const states[] = {
		[XEN_P2M_LEAVE]		= "identity",
		[XEN_P2M_MARK]		= "marked",
		[XEN_P2M_REFUSE]	= "refused",
	};
	const struct xen_p2m_verdict *v = &claim->verdict;
	u32 ns;
	u64 s = div_u64_rem(claim->when, NSEC_PER_SEC, &ns);
	char why[XEN_P2M_EXPLANATION];

	seq_printf(m, "%s %s [mem %#llx-%#llx] %s since %llu.%06u",
		   claim->name, claim->what, claim->first, claim->last,
		   states[v->decision], s, ns / (u32)NSEC_PER_USEC);
	if (v->decision == XEN_P2M_MARK)
		seq_printf(m, ": %lu frames were missing", v->frames);
	if (v->decision == XEN_P2M_REFUSE) {
		xen_p2m_claims_explain(v, why, sizeof(why));
		seq_printf(m, ": %s", why);
	}
	seq_putc(m, '\n');
}

/**
 * xen_p2m_claims_show() - print counters and claims
 * @m: where to
 *
 * Context: may sleep.
 */
void xen_p2m_claims_show(struct seq_file *m)
{
	const struct xen_p2m_claim *claim;

	mutex_lock(&claims_mutex);
	seq_printf(m, "left %lu marked %lu refused %lu released %lu frames %lu\n",
		   claims.left, claims.marked, claims.refused, claims.released,
		   claims.frames);
	for (claim = claims.claims; claim; claim = claim->next)
		show_claim(m, claim);
	mutex_unlock(&claims_mutex);
}
EXPORT_SYMBOL_GPL(xen_p2m_claims_show);
