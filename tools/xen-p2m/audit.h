/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_AUDIT_H
#define _XEN_P2M_TOOL_AUDIT_H

#include "live.h"

struct cJSON;

struct audit {
	struct cJSON *findings;
	struct cJSON *unknown;
	const struct machine *m;
	const struct dump *p2m;
	struct pci_verdicts pci;
	unsigned long pages;		/* of the domain, in the P2M */
	bool hides_identity;		/* identity may be shown as missing */
};

/* What was looked at, whether it is right or not */
void audit_print_text(const struct audit *a);
void audit_add_json(const struct audit *a, struct cJSON *root);

#endif /* _XEN_P2M_TOOL_AUDIT_H */
