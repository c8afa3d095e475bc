/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_MEM_LIMIT_H
#define _XEN_P2M_MEM_LIMIT_H

#include <linux/types.h>

#include "layout.h"

u64 xen_layout_mem_limit(const char *line);

#endif /* _XEN_P2M_MEM_LIMIT_H */
