/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PFNs for memory that is added to a PV domain
 */
#ifndef _XEN_ADD_MEMORY_H
#define _XEN_ADD_MEMORY_H

#include <linux/errno.h>
#include <linux/types.h>

struct resource;

/**
 * enum xen_add_where - places for memory that is added, the best one first
 * @XEN_ADD_RAM: the machine's map has RAM there, and the domain does not use it
 * @XEN_ADD_ABOVE: above the map, beside the windows of PCI host bridges
 * @XEN_ADD_HOLE: a hole of the map, where a device may be put later
 */
enum xen_add_where {
	XEN_ADD_RAM,
	XEN_ADD_ABOVE,
	XEN_ADD_HOLE,
};

#if defined(XEN_P2M_PRIVATE_COPY)
/* Part of the including file, as in the KUnit suites */
#elif defined(CONFIG_XEN_P2M)
int xen_add_memory_reserve(struct resource *res, resource_size_t size,
			   enum xen_add_where worst);
bool xen_add_memory_release(struct resource *res);
void xen_add_memory_given_up(void);
#else
static inline int xen_add_memory_reserve(struct resource *res,
					 resource_size_t size,
					 enum xen_add_where worst)
{
	return -ENODEV;
}

static inline bool xen_add_memory_release(struct resource *res)
{
	return true;
}

static inline void xen_add_memory_given_up(void)
{
}
#endif

#endif /* _XEN_ADD_MEMORY_H */
