/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_IDENTITY_H
#define _XEN_P2M_IDENTITY_H

#include <linux/types.h>

#include <xen/p2m.h>

#include "identity-seam.h"

/**
 * DOC: The identity policy
 *
 * A driver that maps a BAR gets the frames of the device only if the P2M says
 * identity there. Apertures and BARs *claim* their frames. For each claim the
 * policy looks at every frame in the range:
 *
 * * identity, as from the P2M's limit on: left as it is;
 * * missing, and nobody holds it: made identity, and remembered;
 * * RAM, a frame of another domain, or missing and held by who will put
 *   memory there: the claim as a whole is refused, and nothing is changed.
 *
 * What was made identity is missing again when the last claim to a frame is
 * released. So claims may overlap and share pages: a BAR lies within an
 * aperture, two small BARs are in one page. Frames that were identity before
 * are none of the policy's business when a claim goes.
 *
 * A claim that was refused is remembered as well, and decided anew each time it
 * is made. Nobody may put memory where there is a claim, refused or not: see
 * xen_p2m_identity_avoid().
 *
 * All that can fail for lack of memory is done before anything is changed, but
 * for the P2M itself: if it has no memory for one of the changes, those before
 * are taken back. Frames for which that fails stay identity, and the attempt is
 * repeated with the next claim or release.
 */

/* As in the E820 map and in resources: addresses are bytes, frames 4 KiB. */
#define XEN_P2M_IDENTITY_SHIFT	12

/* Bytes of the names of a claim, with the NUL */
#define XEN_P2M_NAME		32
#define XEN_P2M_WHAT		16

/**
 * enum xen_p2m_decision - what becomes of a claim
 * @XEN_P2M_LEAVE: all of it is identity already
 * @XEN_P2M_MARK: what is missing becomes identity
 * @XEN_P2M_REFUSE: nothing is changed
 */
enum xen_p2m_decision {
	XEN_P2M_LEAVE,
	XEN_P2M_MARK,
	XEN_P2M_REFUSE,
};

/**
 * struct xen_p2m_verdict - a decision and its reasons
 * @decision: what becomes of the claim
 * @reason: why it is refused
 * @start: if refused, first of the frames in the way
 * @end: behind the last of these
 * @frames: missing frames, if the claim is not refused
 * @news: no claim like this one has been decided like this before
 */
struct xen_p2m_verdict {
	enum xen_p2m_decision decision;
	enum xen_p2m_reason reason;
	unsigned long start;
	unsigned long end;
	unsigned long frames;
	bool news;
};

/**
 * struct xen_p2m_request - to claim something
 * @owner: who claims; only its identity matters
 * @index: which of its resources
 * @first: first byte
 * @last: last byte; one less than @first if there is none
 * @probe: mark nothing, only tell what is in the way
 * @name: of the owner, for messages
 * @what: of the resource, for messages
 * @when: time of the claim, in the caller's unit
 */
struct xen_p2m_request {
	const void *owner;
	unsigned int index;
	u64 first;
	u64 last;
	bool probe;
	const char *name;
	const char *what;
	u64 when;
};

/**
 * struct xen_p2m_claim - a claim
 * @next: by start
 * @owner: who claims
 * @index: which of its resources
 * @start: first frame
 * @end: behind the last frame; @start if the request was for no range
 * @first: first byte
 * @last: last byte
 * @verdict: what was decided
 * @when: since when it is so
 * @pass: of &struct xen_p2m_identity, when it was seen last
 * @name: of the owner
 * @what: of the resource
 */
struct xen_p2m_claim {
	struct xen_p2m_claim *next;
	const void *owner;
	unsigned int index;
	unsigned long start;
	unsigned long end;
	u64 first;
	u64 last;
	struct xen_p2m_verdict verdict;
	u64 when;
	unsigned int pass;
	char name[XEN_P2M_NAME];
	char what[XEN_P2M_WHAT];
};

/**
 * struct xen_p2m_mark - frames that were missing and are identity
 * @next: by start
 * @start: first frame
 * @end: behind the last frame
 * @count: claims to each of them; 0 if they could not be made missing again
 */
struct xen_p2m_mark {
	struct xen_p2m_mark *next;
	unsigned long start;
	unsigned long end;
	unsigned long count;
};

/**
 * struct xen_p2m_identity - all claims to a P2M
 * @claims: the claims, by start
 * @marks: what was changed for them, by start; none is part of two
 * @pass: number of the pass, see xen_p2m_identity_sweep()
 * @left: claims so far to frames all of which were identity
 * @marked: claims so far for which frames were made identity
 * @refused: claims so far that were refused
 * @released: claims so far that were released
 * @frames: frames which are identity for claims now
 * @seam: what the P2M is, and who holds its frames
 */
struct xen_p2m_identity {
	struct xen_p2m_claim *claims;
	struct xen_p2m_mark *marks;
	unsigned int pass;
	unsigned long left;
	unsigned long marked;
	unsigned long refused;
	unsigned long released;
	unsigned long frames;
	struct xen_p2m_identity_seam seam;
};

XEN_P2M_SCOPE struct xen_p2m_verdict
xen_p2m_identity_claim(struct xen_p2m_identity *id,
		       const struct xen_p2m_request *req);
XEN_P2M_SCOPE void xen_p2m_identity_release(struct xen_p2m_identity *id,
					    const void *owner);
XEN_P2M_SCOPE void xen_p2m_identity_pass(struct xen_p2m_identity *id);
XEN_P2M_SCOPE void xen_p2m_identity_sweep(struct xen_p2m_identity *id);
XEN_P2M_SCOPE void xen_p2m_identity_exit(struct xen_p2m_identity *id);
XEN_P2M_SCOPE unsigned long
xen_p2m_identity_avoid(struct xen_p2m_identity *id, unsigned long start,
		       unsigned long nr, unsigned long align);
XEN_P2M_SCOPE const char *xen_p2m_reason_text(enum xen_p2m_reason reason);
XEN_P2M_SCOPE const char *xen_p2m_remedy(enum xen_p2m_reason reason, bool dom0);

#endif /* _XEN_P2M_IDENTITY_H */
