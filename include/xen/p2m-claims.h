/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where memory must not be added: frames that apertures and BARs claim
 */
#ifndef _XEN_P2M_CLAIMS_H
#define _XEN_P2M_CLAIMS_H

#include <linux/types.h>

struct resource;

#ifdef CONFIG_XEN_P2M
resource_size_t xen_p2m_hotplug_start(void *data, const struct resource *avail,
				      resource_size_t size,
				      resource_size_t align);
#else
#define xen_p2m_hotplug_start	NULL
#endif

#endif /* _XEN_P2M_CLAIMS_H */
