/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_CLAIMS_PRIVATE_H
#define _XEN_P2M_CLAIMS_PRIVATE_H

#include "identity.h"

struct seq_file;

#define XEN_P2M_EXPLANATION	192	/* bytes of a sentence, with the NUL */

struct xen_p2m_verdict xen_p2m_claim(const struct xen_p2m_request *req);
void xen_p2m_claims_release(const void *owner);
void xen_p2m_claims_pass(void);
void xen_p2m_claims_sweep(void);
void xen_p2m_claims_exit(void);
unsigned long xen_p2m_claims_frames(void);
void xen_p2m_claims_explain(const struct xen_p2m_verdict *v, char *buf,
			    size_t size);
void xen_p2m_claims_show(struct seq_file *m);

#endif /* _XEN_P2M_CLAIMS_PRIVATE_H */
