/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TEMP_MAP_H
#define _XEN_P2M_TEMP_MAP_H

#include <linux/types.h>

#include "layout.h"

/**
 * DOC: The temporary mapping
 *
 * A page of the machine is reached in one of two ways:
 *
 * * By its PFN, if it has one, in the kernel's mapping of all memory. The
 *   address is __va() of it and holds as long as the PFN has the page.
 * * By its MFN, at the one address that is kept for that. It holds from
 *   xen_temp_map() to xen_temp_unmap(), and not for a moment longer.
 *
 * Whoever has an MFN uses the latter, also if the page happens to have a PFN:
 * which one it has changes while the layout is carried out.
 *
 * Nothing is at the address while no MFN is mapped: a use after
 * xen_temp_unmap() faults. To map while an MFN is mapped is refused, to unmap
 * what is not mapped is ignored, an MFN still mapped at the end is unmapped, and
 * all three are counted as misuse.
 */

/**
 * struct xen_temp_map_ops - how it is done
 * @map: has @mfn mapped; NULL if that is refused
 * @unmap: takes away what is mapped. If that fails the next map replaces it.
 */
struct xen_temp_map_ops {
	void *(*map)(unsigned long mfn);
	void (*unmap)(void);
};

/**
 * struct xen_temp_map - the temporary mapping
 * @ops: how it is done
 * @addr: where the MFN is mapped, or NULL
 * @mfn: which one was mapped last
 * @misuse: breaches of the rules so far
 */
struct xen_temp_map {
	const struct xen_temp_map_ops *ops;
	void *addr;
	unsigned long mfn;
	unsigned int misuse;
};

void *xen_temp_map(struct xen_temp_map *t, unsigned long mfn);
void xen_temp_unmap(struct xen_temp_map *t, const void *addr);
bool xen_temp_map_idle(struct xen_temp_map *t);

#endif /* _XEN_P2M_TEMP_MAP_H */
