/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_ALLOW_H
#define _XEN_P2M_TOOL_ALLOW_H

#include <stddef.h>

/**
 * DOC: What may leave a host
 *
 * A report has lines of known forms and nothing else: each is matched as a whole
 * against patterns that have room for addresses, numbers and words of the kernel
 * and of Xen, but for no text of somebody else. What matches none is left out.
 */

enum allow_kind {
	ALLOW_P2M,
	ALLOW_IOMEM,
	ALLOW_PCI,
	ALLOW_MEMORY,
	ALLOW_MEMMAP,
	ALLOW_DMESG,
	ALLOW_XEN,
	ALLOW_KINDS,
};

/* What may be told of @text; NULL without memory for it. To be freed. */
char *allow_text(enum allow_kind kind, const char *text, size_t *size);

/* Numbers of a version, and words that distributions use. To be freed. */
char *allow_version(const char *version, size_t len);

#endif /* _XEN_P2M_TOOL_ALLOW_H */
