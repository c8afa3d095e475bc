/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_LIVE_H
#define _XEN_P2M_TOOL_LIVE_H

#include "command.h"

/* Text of the system below @root, for a report and for machine_parse() */
struct text_file {
	const char *name;
	char *text;		/* NULL: not there */
	size_t size;
};

enum live_file {
	LIVE_P2M,
	LIVE_AUDITED,
	LIVE_IOMEM,
	LIVE_PCI,
	LIVE_MEMORY,
	LIVE_KERNEL,
	LIVE_DMESG,
	LIVE_XL_DMESG,
	LIVE_FILES,
};

struct live {
	struct text_file file[LIVE_FILES];
	char memmap[256];	/* path of /sys/firmware/memmap */
};

void live_read(struct live *live, const char *root);
void live_free(struct live *live);

/* Why there is no P2M to look at in the system below @root, and the remedy */
const char *live_why_not(const char *root);

/*
 * The system below @root as it is now: P2M, /proc/iomem, PCI, pages. Logs are of
 * the past, and only read if asked for.
 */
struct machine *live_machine(const char *root, bool logs, struct fault *fault);

/*
 * Of another domain, or of Xen; -1 with a fault where that is not possible.
 * Types are those of the entries as the toolstack sees them: what is identity
 * for the guest may be missing here.
 */
int foreign_dump(unsigned int domain, struct dump *dump,
		 unsigned long *domain_pages, struct fault *fault);
bool foreign_pages(unsigned int domain, unsigned long *pages);
char *foreign_log(size_t *size);

#endif /* _XEN_P2M_TOOL_LIVE_H */
