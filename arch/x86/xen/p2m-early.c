// SPDX-License-Identifier: GPL-2.0
/*
 * What PFNs beyond Xen's list are, as long as the P2M is that list
 *
 * The plan of the memory layout says it. Lookups ask here until there is the tree,
 * so this knows neither the tree nor who carries the plan out.
 */

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/pfn.h>

#include <asm/xen/page.h>

#include "layout.h"
#include "xen-ops.h"

/* There is none until memory is laid out, and all is identity till then. */
static const struct xen_layout *early_plan __ro_after_init;

/**
 * xen_p2m_early_plan() - say what the memory layout is going to be
 * @plan: the plan
 *
 * Context: boot only.
 */
void __init xen_p2m_early_plan(const struct xen_layout *plan)
{
	early_plan = plan;
}

/**
 * xen_nonram_mfn() - the MFN that a region of the firmware's has at a PFN
 * @pfn: the PFN
 *
 * Context: boot only.
 * Return: the MFN, or INVALID_P2M_ENTRY if no region was moved there.
 */
unsigned long __init xen_nonram_mfn(unsigned long pfn)
{
	const struct xen_layout_nonram *r = early_plan->nonram;
	unsigned int i;

	for (i = 0; i < early_plan->nr_nonram; i++, r++)
		if (pfn >= PFN_DOWN(r->to) &&
		    pfn < PFN_UP(r->to + (r->end - r->start)))
			return pfn - PFN_DOWN(r->to) + PFN_DOWN(r->start);

	return INVALID_P2M_ENTRY;
}

/* Extra memory, and where pages are going to be moved to */
static bool __init early_is_missing(unsigned long pfn)
{
	const struct xen_layout *plan = early_plan;
	unsigned int i;

	for (i = 0; i < plan->nr_extra; i++)
		if (pfn >= plan->extra[i].start && pfn < plan->extra[i].end)
			return true;
	for (i = 0; i < plan->nr_moves; i++)
		if (pfn >= plan->moves[i].to &&
		    pfn - plan->moves[i].to < plan->moves[i].nr)
			return true;

	return false;
}

/**
 * xen_chk_extra_mem() - what is a PFN beyond Xen's list?
 * @pfn: the PFN
 *
 * Context: boot only, before there is the tree.
 * Return: INVALID_P2M_ENTRY if there is or will be RAM, the MFN if a region was
 * moved there, else the entry of an identity PFN.
 */
unsigned long __ref xen_chk_extra_mem(unsigned long pfn)
{
	unsigned long mfn;

	if (!early_plan)
		return IDENTITY_FRAME(pfn);
	if (early_is_missing(pfn))
		return INVALID_P2M_ENTRY;
	mfn = xen_nonram_mfn(pfn);

	return mfn == INVALID_P2M_ENTRY ? IDENTITY_FRAME(pfn) : mfn;
}
