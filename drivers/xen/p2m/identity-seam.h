/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the identity policy and where it lives
 */
#ifndef _XEN_P2M_IDENTITY_SEAM_H
#define _XEN_P2M_IDENTITY_SEAM_H

#include <linux/types.h>

#include "tree.h"

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
 * DOC: Seam of the identity policy
 *
 * The policy (identity.c) decides. What it decides about is said by one header
 * of inline functions, chosen at compile time:
 *
 * * <asm/xen/p2m-identity-seam.h> in an x86 kernel with CONFIG_XEN_PV: the P2M
 *   of the running domain.
 * * identity-seam-generic.h everywhere else: a tree and a table of holders.
 *
 * A seam defines &struct xen_p2m_identity_seam and, each given it as first
 * argument:
 *
 * * bool ident_extent(s, ext, end): the next run of frames, as
 *   xen_p2m_next_extent() has it.
 * * int ident_set(s, start, end, type): make frames missing or identity, or
 *   change nothing and return an error.
 * * enum xen_p2m_reason ident_held(s, start, end): of the missing frames
 *   [\*start, \*end), the first ones that somebody holds. Sets both to these, and
 *   returns by whom they are held; XEN_P2M_FREE if nobody does.
 * * void \*ident_alloc(s, bytes), void ident_free(s, p): zeroed.
 * * unsigned long ident_lock(s), void ident_unlock(s, flags): around each change
 *   of what xen_p2m_identity_avoid() looks at. Nothing sleeps in between.
 *
 * All but ident_lock() and ident_unlock() are called in a context that may
 * sleep. Callers of the policy serialise their calls, xen_p2m_identity_avoid()
 * excepted.
 */

#if defined(CONFIG_XEN_PV) && !defined(XEN_P2M_PRIVATE_COPY)
#include <asm/xen/p2m-identity-seam.h>
#else
#include "identity-seam-generic.h"
#endif

#endif /* _XEN_P2M_IDENTITY_SEAM_H */
