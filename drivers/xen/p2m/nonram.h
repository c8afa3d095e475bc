/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_NONRAM_H
#define _XEN_P2M_NONRAM_H

#include <linux/types.h>

#include "layout.h"

bool xen_nonram_find(const struct xen_layout_nonram *regions, unsigned int nr,
		     u64 *addr, u64 size);

#endif /* _XEN_P2M_NONRAM_H */
