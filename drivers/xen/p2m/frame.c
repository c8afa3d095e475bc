// SPDX-License-Identifier: GPL-2.0
/*
 * The frame window: one frame of the machine at a time
 */

#include <linux/stddef.h>
#include <linux/types.h>

#include "apply-seam.h"
#include "frame.h"

/*
 * xen_frame_map() - map a frame
 * @w: the window
 * @mfn: frame of this domain
 *
 * Context: boot, on one CPU
 * Return: where it is, or NULL if it can not be mapped or another one is.
 */
XEN_LAYOUT_SCOPE void *XEN_LAYOUT_INIT
xen_frame_map(struct xen_frame_window *w, unsigned long mfn)
{
	if (w->addr) {
		w->misuse++;
		return NULL;
	}
	w->addr = apply_frame_map(mfn);
	w->mfn = mfn;

	return w->addr;
}

/**
 * xen_frame_unmap() - a frame is not needed any more
 * @w: the window
 * @addr: what xen_frame_map() returned
 */
XEN_LAYOUT_SCOPE void XEN_LAYOUT_INIT
xen_frame_unmap(struct xen_frame_window *w, const void *addr)
{
	if (!addr || addr != w->addr) {
		w->misuse++;
		return;
	}
	apply_frame_unmap();
	w->addr = NULL;
}

/**
 * xen_frame_idle() - was everything unmapped that was mapped?
 * @w: the window
 *
 * A frame that is still mapped is unmapped: it may go to somebody else.
 *
 * Return: false if there was any misuse so far.
 */
XEN_LAYOUT_SCOPE bool XEN_LAYOUT_INIT
xen_frame_idle(struct xen_frame_window *w)
{
	if (w->addr) {
		w->misuse++;
		apply_frame_unmap();
		w->addr = NULL;
	}

	return !w->misuse;
}
