/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_PFN_H
#define _STUB_LINUX_PFN_H

#include <linux/types.h>

#define PFN_UP(x)	(((x) + 0xfff) >> 12)
#define PFN_DOWN(x)	((x) >> 12)
#define PHYS_PFN(x)	((unsigned long)((x) >> 12))
#define PFN_PHYS(x)	((phys_addr_t)(x) << 12)

#endif
