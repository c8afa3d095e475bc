/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_APPLY_H
#define _XEN_P2M_APPLY_H

#include <linux/bits.h>
#include <linux/types.h>

#include "apply-seam.h"
#include "frame.h"
#include "layout.h"

/**
 * DOC: The executor
 *
 * Carries a plan out, in two steps, and decides nothing.
 *
 * xen_apply_prepare() runs when the kernel has just started. The P2M is a list
 * which Xen made, and nothing can be allocated. It takes the frames of the plan's
 * moves and releases out of the kernel's mapping, gives the latter back to Xen,
 * and makes identity what has to be. Where the frames of moves are is written
 * into these frames themselves: the first of each chunk of them holds the MFNs
 * of all, and that of the first frame of the next chunk.
 *
 * xen_apply_finish() runs when the P2M is the tree. It follows the chunks and
 * gives their frames new PFNs: in the P2M, in Xen's M2P and in the kernel's
 * mapping.
 *
 * Nobody stops here. A frame that cannot be moved is given back to Xen; if that
 * fails as well it is lost: the domain's, but at no PFN. The numbers say so.
 */

/* Frames that one page describes: all of it but three words */
#define XEN_APPLY_CHUNK		(XEN_LAYOUT_PAGE_SIZE / sizeof(unsigned long) - 3)
/* Frames of a page of PTEs, and of a leaf of the P2M */
#define XEN_APPLY_TABLE		512U
/* Updates and extents that are handed to Xen at once */
#define XEN_APPLY_BATCH		512U

/**
 * struct xen_apply_chunk - what is written into the first frame of a chunk
 * @next: MFN of the first frame of the next chunk, or XEN_APPLY_END
 * @to: new PFN of its first frame; the other frames follow
 * @nr: frames in the chunk
 * @mfns: these
 */
struct xen_apply_chunk {
	unsigned long next;
	unsigned long to;
	unsigned long nr;
	unsigned long mfns[XEN_APPLY_CHUNK];
};

#define XEN_APPLY_END	(~0UL)

/**
 * struct xen_apply_result - what became of a move or a release
 * @requested: frames
 * @remapped: got their new PFN
 * @released: were given back to Xen
 * @lost: neither
 */
struct xen_apply_result {
	unsigned long requested;
	unsigned long remapped;
	unsigned long released;
	unsigned long lost;
};

/**
 * struct xen_apply - a plan on its way
 * @plan: the plan
 * @first: MFN of the first frame of the first chunk, or XEN_APPLY_END
 * @moves: results of the plan's moves
 * @releases: results of its releases
 * @total: sum of all
 *
 * Too large for a stack.
 */
struct xen_apply {
	const struct xen_layout *plan;
	unsigned long first;
	struct xen_apply_result moves[XEN_LAYOUT_MAX_MOVES];
	struct xen_apply_result releases[XEN_LAYOUT_MAX_RELEASES];
	struct xen_apply_result total;

	/* private: at work */
	struct xen_frame_window window;
	struct xen_apply_update update[XEN_APPLY_BATCH];
	unsigned int nr_update;
	unsigned long mfns[XEN_APPLY_BATCH];	/* on their way */
	unsigned int nr_mfns;
	unsigned long pfn;			/* of the first of these */
	unsigned long bad[XEN_APPLY_BATCH / BITS_PER_LONG];
	unsigned int nr_bad;
	unsigned int move;			/* which is being finished */
};

XEN_LAYOUT_SCOPE void XEN_LAYOUT_INIT
xen_apply_prepare(struct xen_apply *a, const struct xen_layout *plan);
XEN_LAYOUT_SCOPE void XEN_LAYOUT_INIT xen_apply_finish(struct xen_apply *a);
XEN_LAYOUT_SCOPE bool XEN_LAYOUT_INIT
xen_apply_describe(const struct xen_apply *a, unsigned int line, char *buf,
		   size_t size);

#endif /* _XEN_P2M_APPLY_H */
