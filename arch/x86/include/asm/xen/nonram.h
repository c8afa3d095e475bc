/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a Xen PV domain finds the firmware's memory
 */
#ifndef _ASM_X86_XEN_NONRAM_H
#define _ASM_X86_XEN_NONRAM_H

#include <linux/types.h>

#ifdef CONFIG_XEN_PV
phys_addr_t xen_nonram_paddr(phys_addr_t maddr, unsigned long size);
#else
static inline phys_addr_t xen_nonram_paddr(phys_addr_t maddr,
					   unsigned long size)
{
	return maddr;
}
#endif

#endif /* _ASM_X86_XEN_NONRAM_H */
