/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_FRAME_H
#define _XEN_P2M_FRAME_H

#include <linux/types.h>

#include "apply-seam.h"

/**
 * DOC: The frame window
 *
 * A frame can be reached in two ways.
 *
 * * *Always mapped*: the frame is at a PFN of the kernel's mapping of all memory.
 *   Its address is __va() of the PFN, for as long as the P2M has the frame there.
 * * *Mapped on demand*: the frame is at no PFN, or at one where the kernel maps
 *   nothing. It is reached through the frame window: one page of the kernel's
 *   address space at which one frame at a time is mapped, used, and unmapped.
 *
 * Rules of the window: one user, at boot, with one CPU; map, use, unmap; no
 * pointer into it outlives the unmap; it is not mapped twice; it is closed when
 * its user is done. A debug build maps nothing at the window while it is unmapped,
 * so that use after unmap faults, and complains of the rest.
 */

/**
 * struct xen_frame_window - the state of the window
 * @frame: where the frame is, NULL while none is mapped
 * @misuse: breaches of the rules
 */
struct xen_frame_window {
	void *frame;
	unsigned int misuse;
};

/**
 * xen_frame_map() - map a frame
 * @w: the window, unmapped
 * @mfn: frame of this domain
 *
 * Return: where it is until it is unmapped.
 */
static inline void *xen_frame_map(struct xen_frame_window *w,
				  unsigned long mfn)
{
	w->misuse += !!w->frame;
	w->frame = apply_frame_map(mfn);

	return w->frame;
}

/**
 * xen_frame_unmap() - unmap the frame
 * @w: the window, mapped
 */
static inline void xen_frame_unmap(struct xen_frame_window *w)
{
	w->misuse += !w->frame;
	w->frame = NULL;
	apply_frame_unmap();
}

/**
 * xen_frame_close() - be done with the window
 * @w: the window, unmapped
 *
 * Its page is as any other again.
 */
static inline void xen_frame_close(struct xen_frame_window *w)
{
	w->misuse += !!w->frame;
	w->frame = NULL;
	apply_frame_close();
}

#endif /* _XEN_P2M_FRAME_H */
