/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_IDENTITY_H
#define _XEN_P2M_IDENTITY_H

#include <linux/types.h>

#include <xen/p2m.h>

#include "tree.h"

struct mutex;

/**
 * DOC: The identity policy
 *
 * A driver that maps a BAR gets the device's MFNs only if the P2M says identity
 * there. PCI apertures and BARs *claim* their PFNs before they are used. A claim
 * looks at every PFN of its range:
 *
 * * identity, as all are from the P2M's limit on: it stays;
 * * missing, and nobody holds it: it becomes identity;
 * * RAM, a page of another domain, or missing and reserved for memory: the
 *   claim as a whole is refused, and nothing is changed.
 *
 * Identity is what a PFN without memory ought to be, so it stays when the device
 * goes. Code that adds memory there later makes the PFNs missing first, and holds
 * them from then on.
 */

/**
 * enum xen_p2m_reason - what is against a claim
 * @XEN_P2M_FREE: nothing
 * @XEN_P2M_IS_RAM: pages of this domain are there
 * @XEN_P2M_IS_FOREIGN: pages of another domain are there
 * @XEN_P2M_IS_BALLOON: the balloon will put pages there
 * @XEN_P2M_IS_SCRATCH: set aside for pages of other domains
 * @XEN_P2M_NO_RANGE: it ends before it starts
 * @XEN_P2M_NO_MEMORY: no memory for what has to be done
 */
enum xen_p2m_reason {
	XEN_P2M_FREE,
	XEN_P2M_IS_RAM,
	XEN_P2M_IS_FOREIGN,
	XEN_P2M_IS_BALLOON,
	XEN_P2M_IS_SCRATCH,
	XEN_P2M_NO_RANGE,
	XEN_P2M_NO_MEMORY,
};

/**
 * struct xen_p2m_verdict - what becomes of a claim
 * @reason: XEN_P2M_FREE, or why it is refused
 * @start: if refused, first of the PFNs in the way
 * @end: first PFN after these; 0 if no PFN is in the way
 * @missing: missing PFNs, if the claim is not refused
 */
struct xen_p2m_verdict {
	enum xen_p2m_reason reason;
	unsigned long start;
	unsigned long end;
	unsigned long missing;
};

/**
 * struct xen_p2m_identity - what the policy works on
 * @tree: the P2M
 * @lock: held from the first look at a PFN until it is changed. Who makes PFNs
 *	  missing to put memory there takes it as well, until @held tells so.
 * @held: of the missing PFNs [\*start, \*end), the first ones that somebody
 *	  holds. Sets both to these and returns by whom they are held, or
 *	  XEN_P2M_FREE and leaves both. Called with @lock held; may sleep.
 */
struct xen_p2m_identity {
	struct xen_p2m_tree *tree;
	struct mutex *lock;	/* see above */
	enum xen_p2m_reason (*held)(unsigned long *start, unsigned long *end);
};

XEN_P2M_SCOPE struct xen_p2m_verdict
xen_p2m_identity_check(struct xen_p2m_identity *id, unsigned long start,
		       unsigned long end);
XEN_P2M_SCOPE struct xen_p2m_verdict
xen_p2m_identity_claim(struct xen_p2m_identity *id, unsigned long start,
		       unsigned long end);
XEN_P2M_SCOPE const char *xen_p2m_reason_text(enum xen_p2m_reason reason);
XEN_P2M_SCOPE const char *xen_p2m_remedy(enum xen_p2m_reason reason, bool dom0);

#endif /* _XEN_P2M_IDENTITY_H */
