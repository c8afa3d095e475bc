/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_FRAME_H
#define _XEN_P2M_FRAME_H

#include <linux/types.h>

#include "layout.h"

/**
 * DOC: The frame window
 *
 * A frame of the machine is reached in one of two ways:
 *
 * * *Always mapped*: the frame has a PFN in the kernel's mapping of all memory.
 *   Its address follows from the PFN (__va()) and holds as long as the PFN has
 *   the frame. Nothing is to be taken or given back.
 * * *Mapped on demand*: the frame has an MFN alone. It is mapped at one slot,
 *   used, and unmapped again. Its address holds from xen_frame_map() to
 *   xen_frame_unmap(), and not for a moment longer.
 *
 * Who has a PFN uses the former, who has an MFN the window, also if the frame
 * happens to be in the kernel's mapping: whether it is changes while the layout
 * is carried out. There is one slot, so at most one frame is mapped.
 *
 * The slot is empty while nothing is mapped: a use after xen_frame_unmap()
 * faults. Mapping while a frame is mapped is refused, unmapping what is not
 * mapped is ignored, a frame still mapped at the end is unmapped, and all three
 * are counted as misuse.
 */

/**
 * struct xen_frame_window - the window
 * @addr: where the frame is mapped, or NULL
 * @mfn: which frame it is
 * @misuse: breaches of the rules so far
 */
struct xen_frame_window {
	void *addr;
	unsigned long mfn;
	unsigned int misuse;
};

XEN_LAYOUT_SCOPE void *XEN_LAYOUT_INIT
xen_frame_map(struct xen_frame_window *w, unsigned long mfn);
XEN_LAYOUT_SCOPE void XEN_LAYOUT_INIT
xen_frame_unmap(struct xen_frame_window *w, const void *addr);
XEN_LAYOUT_SCOPE bool XEN_LAYOUT_INIT
xen_frame_idle(struct xen_frame_window *w);

#endif /* _XEN_P2M_FRAME_H */
