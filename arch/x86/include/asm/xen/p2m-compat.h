/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that the P2M's code builds for
 */
#ifndef _ASM_X86_XEN_P2M_COMPAT_H
#define _ASM_X86_XEN_P2M_COMPAT_H

#include <linux/kconfig.h>
#include <linux/mm_types.h>

/*
 * Does xen_alloc_pte() pin a page of PTEs? It does where each has a lock of its
 * own. A symbol of the configuration says so in 6.12, a macro in 6.1.
 */
#ifdef USE_SPLIT_PTE_PTLOCKS
#define XEN_PINS_PTE_PAGES	USE_SPLIT_PTE_PTLOCKS
#else
#define XEN_PINS_PTE_PAGES	IS_ENABLED(CONFIG_SPLIT_PTE_PTLOCKS)
#endif

#endif /* _ASM_X86_XEN_P2M_COMPAT_H */
