/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_ADD_MEMORY_H
#define _XEN_P2M_ADD_MEMORY_H

#include "add-ranges.h"
#include "identity.h"

#define XEN_P2M_EXPLANATION	192	/* bytes of a sentence, with the NUL */

XEN_P2M_SCOPE const struct xen_add_ranges *
xen_add_memory_init(struct xen_p2m_tree *tree, const struct xen_add_input *in,
		    bool dom0);

XEN_P2M_SCOPE struct xen_p2m_verdict xen_p2m_claim(unsigned long start,
						   unsigned long end);
XEN_P2M_SCOPE struct xen_p2m_verdict xen_p2m_check(unsigned long start,
						   unsigned long end);
XEN_P2M_SCOPE void xen_p2m_explain(const struct xen_p2m_verdict *v, char *buf,
				   size_t size);

#endif /* _XEN_P2M_ADD_MEMORY_H */
