/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_APPLY_H
#define _XEN_P2M_APPLY_H

#include <linux/types.h>

#include "apply-seam.h"
#include "frame.h"
#include "layout.h"

/**
 * DOC: The executor
 *
 * Carries out what the planner planned, in two steps:
 *
 * * xen_apply_prepare(), early, while the P2M is Xen's list and nothing can be
 *   allocated: the frames which move are written down in themselves, pages to
 *   release are released, and the list gets its identity ranges.
 * * xen_apply_finish(), when the P2M is a tree: the frames go to their new
 *   PFNs.
 *
 * In between a moved frame has no PFN. What is known of it is in a *chunk*: up
 * to XEN_APPLY_CHUNK MFNs of neighbouring PFNs, in the first of these frames.
 * A chunk names the next one, so that one MFN leads to all, in ascending order.
 *
 * Nothing that fails stops the rest. A frame that can not get to its PFN is
 * given back to Xen; if Xen does not take it, it is lost. Each page handed over
 * for a range is one of: remapped, released, lost.
 */

/* MFNs in a chunk: a page, less what describes them */
#define XEN_APPLY_CHUNK		509UL
/* MFNs gathered for the tree, four chunks */
#define XEN_APPLY_RUN		(4 * XEN_APPLY_CHUNK)
/* Updates in a hypercall */
#define XEN_APPLY_BATCH		1024UL
/* Extents in a hypercall */
#define XEN_APPLY_EXTENTS	512UL
/* Ends the list of chunks */
#define XEN_APPLY_NO_MFN	(~0UL)

/**
 * struct xen_apply_chunk - what is in the first frame of a chunk
 * @next: MFN of the first frame of the next chunk, or XEN_APPLY_NO_MFN
 * @target: PFN that the first frame goes to
 * @nr: how many frames
 * @mfn: these; the first one is the one it is in
 */
struct xen_apply_chunk {
	unsigned long next;
	unsigned long target;
	unsigned long nr;
	unsigned long mfn[XEN_APPLY_CHUNK];
};

/**
 * struct xen_apply_tally - what became of the pages of a range
 * @requested: pages of the range, by the plan
 * @remapped: pages at their new PFNs
 * @released: pages given back to Xen
 * @extra: PFNs that a page was to come to and which stay without: extra memory
 * @lost: pages that the domain has and does not know of
 *
 * When all is done @requested is @remapped + @released + @lost. @extra is known
 * then, too.
 */
struct xen_apply_tally {
	unsigned long requested;
	unsigned long remapped;
	unsigned long released;
	unsigned long extra;
	unsigned long lost;
};

/**
 * struct xen_apply - a plan being carried out
 * @plan: the plan; has to be there until xen_apply_finish() is done
 * @moves: for each of the plan's moves
 * @releases: for each of the plan's releases
 * @total: sums of these
 * @stale: PTEs of the kernel's mapping that could not be taken away: a page
 *         that was released is lost, one that moved is mapped twice
 * @first: MFN of the first chunk
 * @window: of the chunks
 *
 * Too large for a stack.
 */
struct xen_apply {
	const struct xen_layout *plan;
	struct xen_apply_tally moves[XEN_LAYOUT_MAX_MOVES];
	struct xen_apply_tally releases[XEN_LAYOUT_MAX_RELEASES];
	struct xen_apply_tally total;
	unsigned long stale;
	unsigned long first;
	struct xen_frame_window window;

	/* private: for the executor at work */
	struct xen_apply_update update[XEN_APPLY_BATCH];
	unsigned long mfn[XEN_APPLY_RUN];
	unsigned long run_pfn;		/* where the run of @mfn goes to */
	unsigned long run_nr;
	unsigned int run_move;		/* which move it belongs to */
	unsigned long next_pfn;		/* all before it are ready, or extra */
};

XEN_LAYOUT_SCOPE int XEN_LAYOUT_INIT
xen_apply_prepare(struct xen_apply *a, const struct xen_layout *plan);
XEN_LAYOUT_SCOPE int XEN_LAYOUT_INIT
xen_apply_finish(struct xen_apply *a);
XEN_LAYOUT_SCOPE bool XEN_LAYOUT_INIT
xen_apply_describe(const struct xen_apply *a, unsigned int line, char *buf,
		   size_t size);

#endif /* _XEN_P2M_APPLY_H */
