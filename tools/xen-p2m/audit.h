/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_AUDIT_H
#define _XEN_P2M_TOOL_AUDIT_H

#include "live.h"

struct audit {
	struct cJSON *findings;
	struct cJSON *unknown;
	const struct machine *m;
	struct plan_extent *extents;	/* the P2M */
	unsigned int nr;
	unsigned long pages;		/* of the domain, in the P2M */
	bool hides_identity;		/* identity may be shown as missing */
};

/* PFNs that a PCI range touches, half-open */
static inline unsigned long audit_first(const struct pci_range *r)
{
	return r->start >> XEN_LAYOUT_PAGE_SHIFT;
}

static inline unsigned long audit_end(const struct pci_range *r)
{
	return ((r->end - 1) >> XEN_LAYOUT_PAGE_SHIFT) + 1;
}

/* The list that knows the BARs best */
static inline const struct pci *audit_bars(const struct machine *m)
{
	return m->pci_sysfs.nr ? &m->pci_sysfs : &m->pci;
}

/* What was looked at, whether it is right or not */
void audit_print_text(const struct audit *a);
void audit_add_json(const struct audit *a, struct cJSON *root);

#endif /* _XEN_P2M_TOOL_AUDIT_H */
