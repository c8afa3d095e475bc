// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for a change of a P2M tree, allocated before its lock is taken
 */

#include <linux/errno.h>

#include "internal.h"

XEN_P2M_SCOPE void *p2m_prealloc_take(struct p2m_prealloc *pages)
{
	void *page = pages->head;

	pages->head = *(void **)page;
	pages->nr--;

	return page;
}

XEN_P2M_SCOPE void p2m_prealloc_drop(struct xen_p2m_tree *tree,
				     struct p2m_prealloc *pages)
{
	while (pages->nr)
		seam_page_free(&tree->seam, p2m_prealloc_take(pages));
}

/* Have @nr pages, or none and return -ENOMEM. May sleep. */
XEN_P2M_SCOPE int p2m_prealloc_fill(struct xen_p2m_tree *tree,
				    struct p2m_prealloc *pages,
				    unsigned long nr)
{
	while (pages->nr < nr) {
		void *page = seam_page_alloc(&tree->seam);

		if (!page) {
			p2m_prealloc_drop(tree, pages);
			return -ENOMEM;
		}
		*(void **)page = pages->head;
		pages->head = page;
		pages->nr++;
	}

	return 0;
}
