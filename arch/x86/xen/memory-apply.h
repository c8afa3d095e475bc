/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_MEMORY_APPLY_H
#define _XEN_MEMORY_APPLY_H

#include "apply.h"

extern const struct xen_apply_ops xen_pv_apply_ops;

void xen_pv_apply_done(void);

#endif /* _XEN_MEMORY_APPLY_H */
