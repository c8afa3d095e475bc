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

/* --- words ---------------------------------------------------------------- */

/**
 * xen_p2m_reason_text() - say what is in the way
 * @reason: of a verdict
 *
 * Context: any.
 * Return: words that go behind "is" or "are".
 */
XEN_P2M_SCOPE const char *xen_p2m_reason_text(enum xen_p2m_reason reason)
{
	switch (reason) {
	case XEN_P2M_FREE:
		return "free";
	case XEN_P2M_IS_RAM:
		return "RAM of this domain";
	case XEN_P2M_IS_FOREIGN:
		return "pages of another domain";
	case XEN_P2M_IS_BALLOON:
		return "the balloon's";
	case XEN_P2M_IS_SCRATCH:
		return "set aside for pages of other domains";
	case XEN_P2M_NO_RANGE:
		return "no range";
	case XEN_P2M_NO_MEMORY:
		return "free, but there is no memory for the P2M";
	}

	return "unknown";
}

/**
 * xen_p2m_remedy() - say what the admin can do
 * @reason: of a verdict
 * @dom0: the domain sees the memory map of the machine
 *
 * Context: any.
 * Return: a sentence in the imperative.
 */
XEN_P2M_SCOPE const char *xen_p2m_remedy(enum xen_p2m_reason reason, bool dom0)
{
	switch (reason) {
	case XEN_P2M_FREE:
		break;
	case XEN_P2M_IS_RAM:
	case XEN_P2M_IS_BALLOON:
		return dom0 ?
			"limit dom0_mem=, or move the device in the firmware's setup" :
			"set e820_host=1 for this domain";
	case XEN_P2M_IS_FOREIGN:
	case XEN_P2M_IS_SCRATCH:
		return "plug the device in again after a reboot, before domains start";
	case XEN_P2M_NO_RANGE:
		return "update the firmware";
	case XEN_P2M_NO_MEMORY:
		return "free some memory, remove the device and rescan the bus";
	}

	return "nothing to do";
}
