// SPDX-License-Identifier: GPL-2.0
/*
 * Which PFNs become identity for a device, and which do not: see identity.h
 */

#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "identity.h"

static void ident_refuse(struct xen_p2m_verdict *v, enum xen_p2m_reason reason,
			 unsigned long start, unsigned long end)
{
	*v = (struct xen_p2m_verdict) {
		.reason = reason, .start = start, .end = end,
	};
}

/* What is against making an extent identity? */
static enum xen_p2m_reason ident_against(struct xen_p2m_identity *id,
					 const struct xen_p2m_extent *ext,
					 unsigned long *start,
					 unsigned long *end)
{
	*start = ext->pfn;
	*end = ext->pfn + ext->nr;
	switch (ext->type) {
	case XEN_P2M_IDENTITY:
		break;
	case XEN_P2M_MISSING:
		return id->held(start, end);
	case XEN_P2M_MFN:
		return XEN_P2M_IS_RAM;
	case XEN_P2M_FOREIGN:
		return XEN_P2M_IS_FOREIGN;
	}

	return XEN_P2M_FREE;
}

/* Look at each PFN, change nothing. */
static struct xen_p2m_verdict ident_decide(struct xen_p2m_identity *id,
					   unsigned long pfn,
					   unsigned long last)
{
	struct xen_p2m_extent ext = { .pfn = pfn };
	struct xen_p2m_verdict v = { };
	enum xen_p2m_reason reason;
	unsigned long start, end;

	lockdep_assert_held(id->lock);
	if (last < pfn)
		ident_refuse(&v, XEN_P2M_NO_RANGE, 0, 0);
	while (v.reason == XEN_P2M_FREE &&
	       xen_p2m_next_extent(id->tree, &ext, last)) {
		reason = ident_against(id, &ext, &start, &end);
		if (reason != XEN_P2M_FREE)
			ident_refuse(&v, reason, start, end);
		else if (ext.type == XEN_P2M_MISSING)
			v.missing += ext.nr;
	}

	return v;
}

/**
 * xen_p2m_identity_check() - what would become of a claim?
 * @id: what the policy works on
 * @start: first PFN
 * @end: first PFN after the range; if it is below @start there is no range
 *
 * Context: may sleep; takes @id->lock. Changes nothing.
 * Return: the verdict.
 */
XEN_P2M_SCOPE struct xen_p2m_verdict
xen_p2m_identity_check(struct xen_p2m_identity *id, unsigned long start,
		       unsigned long end)
{
	struct xen_p2m_verdict v;

	mutex_lock(id->lock);
	v = ident_decide(id, start, end);
	mutex_unlock(id->lock);

	return v;
}

/**
 * xen_p2m_identity_claim() - claim the PFNs of a resource
 * @id: what the policy works on
 * @start: first PFN
 * @end: first PFN after the range; if it is below @start there is no range
 *
 * Missing PFNs become identity, or nothing is changed. If only the P2M runs out
 * of memory on the way, those before stay identity: nobody holds them.
 *
 * Context: may sleep; takes @id->lock.
 * Return: the verdict.
 */
XEN_P2M_SCOPE struct xen_p2m_verdict
xen_p2m_identity_claim(struct xen_p2m_identity *id, unsigned long start,
		       unsigned long end)
{
	struct xen_p2m_extent ext = { .pfn = start };
	struct xen_p2m_verdict v;

	mutex_lock(id->lock);
	v = ident_decide(id, start, end);
	while (v.missing && xen_p2m_next_extent(id->tree, &ext, end)) {
		if (ext.type == XEN_P2M_MISSING &&
		    xen_p2m_set_range(id->tree, ext.pfn, ext.pfn + ext.nr,
				      XEN_P2M_IDENTITY, 0))
			ident_refuse(&v, XEN_P2M_NO_MEMORY, ext.pfn,
				     ext.pfn + ext.nr);
	}
	mutex_unlock(id->lock);

	return v;
}
