// SPDX-License-Identifier: GPL-2.0
/*
 * Which frames become identity for a device, and which do not
 *
 * See identity.h for what it is, identity-seam.h for what it works on.
 *
 * Numbers: frames come from addresses of 64 bits, so they are below 1 << 52 and
 * the end of a range is a number.
 */

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "identity.h"

/* A claim on its way */
struct ident_plan {
	struct xen_p2m_verdict verdict;
	struct xen_p2m_claim *claim;
	struct xen_p2m_mark *fresh;	/* missing frames, last ones first */
	struct xen_p2m_mark *spare[2];	/* for marks that are split */
};

/* --- marks ---------------------------------------------------------------- */

static struct xen_p2m_mark *ident_mark_new(struct xen_p2m_identity *id,
					   unsigned long start,
					   unsigned long end)
{
	struct xen_p2m_mark *mark = ident_alloc(&id->seam, sizeof(*mark));

	if (mark) {
		mark->start = start;
		mark->end = end;
	}

	return mark;
}

static void ident_mark_insert(struct xen_p2m_identity *id,
			      struct xen_p2m_mark *mark)
{
	struct xen_p2m_mark **at = &id->marks;
	unsigned long flags;

	flags = ident_lock(&id->seam);
	while (*at && (*at)->start < mark->start)
		at = &(*at)->next;
	mark->next = *at;
	*at = mark;
	ident_unlock(&id->seam, flags);
	id->frames += mark->end - mark->start;
}

/* Let a mark end at @pfn and the next one start there, if it is inside one. */
static void ident_mark_split(struct xen_p2m_identity *id, unsigned long pfn,
			     struct xen_p2m_mark **spare)
{
	struct xen_p2m_mark *mark, *tail = *spare;
	unsigned long flags;

	for (mark = id->marks; mark; mark = mark->next)
		if (mark->start < pfn && pfn < mark->end)
			break;
	if (!mark)
		return;

	*spare = NULL;
	flags = ident_lock(&id->seam);
	tail->next = mark->next;
	tail->start = pfn;
	tail->end = mark->end;
	tail->count = mark->count;
	mark->end = pfn;
	mark->next = tail;
	ident_unlock(&id->seam, flags);
}

/* All marks are inside or outside: they are split at the ends of each claim. */
static void ident_count(struct xen_p2m_identity *id, unsigned long start,
			unsigned long end, long by)
{
	struct xen_p2m_mark *mark;

	for (mark = id->marks; mark; mark = mark->next)
		if (start <= mark->start && mark->end <= end)
			mark->count += by;
}

/*
 * Make frames missing, as they were. What is not identity is not as it was left
 * here, and none of our business any more.
 */
static int ident_revert(struct xen_p2m_identity *id, unsigned long start,
			unsigned long end)
{
	struct xen_p2m_extent ext = { .pfn = start };
	int err = 0;

	while (!err && ident_extent(&id->seam, &ext, end))
		if (ext.type == XEN_P2M_IDENTITY)
			err = ident_set(&id->seam, ext.pfn, ext.pfn + ext.nr,
					XEN_P2M_MISSING);

	return err;
}

/* Make missing what nobody claims any more. */
static void ident_reap(struct xen_p2m_identity *id)
{
	struct xen_p2m_mark *mark, **at = &id->marks;
	unsigned long flags;

	while ((mark = *at)) {
		if (mark->count || ident_revert(id, mark->start, mark->end)) {
			at = &mark->next;
			continue;
		}
		flags = ident_lock(&id->seam);
		*at = mark->next;
		ident_unlock(&id->seam, flags);
		id->frames -= mark->end - mark->start;
		ident_free(&id->seam, mark);
	}
}

/* --- to decide ------------------------------------------------------------ */

static void ident_refuse(struct xen_p2m_verdict *v, enum xen_p2m_reason reason,
			 unsigned long start, unsigned long end)
{
	v->decision = XEN_P2M_REFUSE;
	v->reason = reason;
	v->start = start;
	v->end = end;
	v->frames = 0;
}

/* Missing frames: refuse them, or plan to mark them. */
static void ident_missing(struct xen_p2m_identity *id, struct ident_plan *plan,
			  const struct xen_p2m_extent *ext)
{
	unsigned long start = ext->pfn, end = ext->pfn + ext->nr;
	enum xen_p2m_reason reason = ident_held(&id->seam, &start, &end);
	struct xen_p2m_mark *mark;

	if (reason != XEN_P2M_FREE) {
		ident_refuse(&plan->verdict, reason, start, end);
		return;
	}
	mark = ident_mark_new(id, start, end);
	if (!mark) {
		ident_refuse(&plan->verdict, XEN_P2M_NO_MEMORY, start, end);
		return;
	}
	mark->next = plan->fresh;
	plan->fresh = mark;
	plan->verdict.decision = XEN_P2M_MARK;
	plan->verdict.frames += ext->nr;
}

/* Look at each frame, change nothing. Frames above the limit are identity. */
static void ident_decide(struct xen_p2m_identity *id, struct ident_plan *plan,
			 unsigned long start, unsigned long end)
{
	struct xen_p2m_verdict *v = &plan->verdict;
	struct xen_p2m_extent ext = { .pfn = start };

	while (v->decision != XEN_P2M_REFUSE &&
	       ident_extent(&id->seam, &ext, end)) {
		switch (ext.type) {
		case XEN_P2M_IDENTITY:
			break;
		case XEN_P2M_MISSING:
			ident_missing(id, plan, &ext);
			break;
		case XEN_P2M_MFN:
			ident_refuse(v, XEN_P2M_IS_RAM, ext.pfn,
				     ext.pfn + ext.nr);
			break;
		case XEN_P2M_FOREIGN:
			ident_refuse(v, XEN_P2M_IS_FOREIGN, ext.pfn,
				     ext.pfn + ext.nr);
			break;
		}
	}
}

/* --- to carry it out ------------------------------------------------------- */

/* Take back what was marked: all of the fresh ones behind @mark. */
static void ident_undo(struct xen_p2m_identity *id, struct ident_plan *plan,
		       const struct xen_p2m_mark *failed)
{
	struct xen_p2m_mark *mark;

	while ((mark = plan->fresh) != failed) {
		plan->fresh = mark->next;
		/* The next reap tries again. */
		if (ident_revert(id, mark->start, mark->end))
			ident_mark_insert(id, mark);
		else
			ident_free(&id->seam, mark);
	}
}

/* Make identity what is planned; all of it or, but for leftovers, nothing. */
static void ident_apply(struct xen_p2m_identity *id, struct ident_plan *plan)
{
	struct xen_p2m_mark *mark;

	for (mark = plan->fresh; mark; mark = mark->next)
		if (ident_set(&id->seam, mark->start, mark->end,
			      XEN_P2M_IDENTITY))
			break;
	if (!mark)
		return;

	ident_refuse(&plan->verdict, XEN_P2M_NO_MEMORY, mark->start, mark->end);
	ident_undo(id, plan, mark);
}

static void ident_adopt(struct xen_p2m_identity *id, struct ident_plan *plan)
{
	const struct xen_p2m_claim *claim = plan->claim;
	struct xen_p2m_mark *mark;

	ident_mark_split(id, claim->start, &plan->spare[0]);
	ident_mark_split(id, claim->end, &plan->spare[1]);
	while ((mark = plan->fresh)) {
		plan->fresh = mark->next;
		ident_mark_insert(id, mark);
	}
	ident_count(id, claim->start, claim->end, 1);
}

static bool ident_plan_new(struct xen_p2m_identity *id, struct ident_plan *plan)
{
	plan->claim = ident_alloc(&id->seam, sizeof(*plan->claim));
	plan->spare[0] = ident_mark_new(id, 0, 0);
	plan->spare[1] = ident_mark_new(id, 0, 0);

	return plan->claim && plan->spare[0] && plan->spare[1];
}

static void ident_plan_drop(struct xen_p2m_identity *id, struct ident_plan *plan)
{
	struct xen_p2m_mark *mark;

	while ((mark = plan->fresh)) {
		plan->fresh = mark->next;
		ident_free(&id->seam, mark);
	}
	ident_free(&id->seam, plan->spare[0]);
	ident_free(&id->seam, plan->spare[1]);
	ident_free(&id->seam, plan->claim);
}

/* --- claims --------------------------------------------------------------- */

static struct xen_p2m_claim *ident_find(struct xen_p2m_identity *id,
					const void *owner, unsigned int index)
{
	struct xen_p2m_claim *claim;

	for (claim = id->claims; claim; claim = claim->next)
		if (claim->owner == owner && claim->index == index)
			break;

	return claim;
}

static void ident_insert(struct xen_p2m_identity *id,
			 struct xen_p2m_claim *claim)
{
	struct xen_p2m_claim **at = &id->claims;
	unsigned long flags;

	flags = ident_lock(&id->seam);
	while (*at && (*at)->start <= claim->start)
		at = &(*at)->next;
	claim->next = *at;
	*at = claim;
	ident_unlock(&id->seam, flags);
}

static void ident_drop(struct xen_p2m_identity *id, struct xen_p2m_claim *claim)
{
	struct xen_p2m_claim **at = &id->claims;
	unsigned long flags;

	flags = ident_lock(&id->seam);
	while (*at != claim)
		at = &(*at)->next;
	*at = claim->next;
	ident_unlock(&id->seam, flags);

	if (claim->verdict.decision != XEN_P2M_REFUSE)
		ident_count(id, claim->start, claim->end, -1);
	id->released++;
	ident_free(&id->seam, claim);
}

static bool ident_same_range(const struct xen_p2m_claim *claim,
			     const struct xen_p2m_request *req)
{
	return claim && claim->first == req->first && claim->last == req->last;
}

static void ident_fill(struct xen_p2m_identity *id, struct xen_p2m_claim *claim,
		       const struct xen_p2m_request *req)
{
	claim->owner = req->owner;
	claim->index = req->index;
	claim->first = req->first;
	claim->last = req->last;
	claim->when = req->when;
	claim->pass = id->pass;
	strscpy(claim->name, req->name, sizeof(claim->name));
	strscpy(claim->what, req->what, sizeof(claim->what));
}

static void ident_tally(struct xen_p2m_identity *id,
			const struct xen_p2m_verdict *v)
{
	switch (v->decision) {
	case XEN_P2M_LEAVE:
		id->left++;
		break;
	case XEN_P2M_MARK:
		id->marked++;
		break;
	case XEN_P2M_REFUSE:
		id->refused++;
		break;
	}
}

/* Let the claim that is planned take the place of @old, if there is one. */
static void ident_replace(struct xen_p2m_identity *id, struct ident_plan *plan,
			  struct xen_p2m_claim *old)
{
	struct xen_p2m_claim *claim = plan->claim;

	plan->claim = NULL;
	claim->verdict = plan->verdict;
	if (!plan->verdict.news)
		claim->when = old->when;
	/* The new one first: what is in both stays identity throughout. */
	ident_insert(id, claim);
	if (old)
		ident_drop(id, old);
	ident_reap(id);
}

static void ident_try(struct xen_p2m_identity *id, struct ident_plan *plan,
		      const struct xen_p2m_request *req)
{
	struct xen_p2m_claim *claim = plan->claim;

	if (req->last < req->first) {
		ident_refuse(&plan->verdict, XEN_P2M_NO_RANGE, 0, 0);
		return;
	}
	claim->start = req->first >> XEN_P2M_IDENTITY_SHIFT;
	claim->end = (req->last >> XEN_P2M_IDENTITY_SHIFT) + 1;
	ident_decide(id, plan, claim->start, claim->end);
	if (req->probe || plan->verdict.decision == XEN_P2M_REFUSE)
		return;
	ident_apply(id, plan);
	if (plan->verdict.decision != XEN_P2M_REFUSE)
		ident_adopt(id, plan);
}

/**
 * xen_p2m_identity_claim() - claim the frames of a resource
 * @id: claims to add to
 * @req: what is claimed, and by whom
 *
 * A resource has one claim. If there is one to another range already, it is
 * released once the new one is decided; one to the same range is decided anew
 * if it was refused, and left as it is otherwise. A request for no byte at all
 * releases the claim, and so does a probe which nothing is in the way of.
 *
 * Context: may sleep.
 * Return: what was decided.
 */
XEN_P2M_SCOPE struct xen_p2m_verdict
xen_p2m_identity_claim(struct xen_p2m_identity *id,
		       const struct xen_p2m_request *req)
{
	struct xen_p2m_claim *old = ident_find(id, req->owner, req->index);
	struct ident_plan plan = { };

	ident_reap(id);
	if (old)
		old->pass = id->pass;
	if (req->last == req->first - 1)
		goto out_none;
	if (ident_same_range(old, req) && !req->probe &&
	    old->verdict.decision != XEN_P2M_REFUSE) {
		plan.verdict = old->verdict;
		plan.verdict.news = false;
		return plan.verdict;
	}

	plan.verdict.news = true;
	if (!ident_plan_new(id, &plan)) {
		ident_refuse(&plan.verdict, XEN_P2M_NO_MEMORY, 0, 0);
		id->refused++;
		ident_plan_drop(id, &plan);
		return plan.verdict;
	}
	ident_fill(id, plan.claim, req);
	ident_try(id, &plan, req);
	if (req->probe && plan.verdict.decision != XEN_P2M_REFUSE)
		goto out_none;
	plan.verdict.news = !ident_same_range(old, req) ||
			    old->verdict.decision != plan.verdict.decision ||
			    old->verdict.reason != plan.verdict.reason;
	if (plan.verdict.news)
		ident_tally(id, &plan.verdict);
	ident_replace(id, &plan, old);
	ident_plan_drop(id, &plan);

	return plan.verdict;

out_none:
	ident_plan_drop(id, &plan);
	plan.verdict.news = false;
	if (old)
		ident_drop(id, old);
	ident_reap(id);

	return plan.verdict;
}

/* Release the claims of @owner, or those not seen in this pass. */
static void ident_release(struct xen_p2m_identity *id, const void *owner)
{
	struct xen_p2m_claim *claim, *next;

	for (claim = id->claims; claim; claim = next) {
		next = claim->next;
		if (owner ? claim->owner == owner : claim->pass != id->pass)
			ident_drop(id, claim);
	}
	ident_reap(id);
}

/**
 * xen_p2m_identity_release() - release all claims of an owner
 * @id: claims
 * @owner: whose
 *
 * Frames that were made identity, and that nobody else claims, are missing
 * again.
 *
 * Context: may sleep.
 */
XEN_P2M_SCOPE void xen_p2m_identity_release(struct xen_p2m_identity *id,
					    const void *owner)
{
	ident_release(id, owner);
}

/**
 * xen_p2m_identity_pass() - begin to claim all there is
 * @id: claims
 *
 * Context: any.
 */
XEN_P2M_SCOPE void xen_p2m_identity_pass(struct xen_p2m_identity *id)
{
	id->pass++;
}

/**
 * xen_p2m_identity_sweep() - release what was not claimed since the pass began
 * @id: claims
 *
 * Context: may sleep.
 */
XEN_P2M_SCOPE void xen_p2m_identity_sweep(struct xen_p2m_identity *id)
{
	ident_release(id, NULL);
}

/**
 * xen_p2m_identity_exit() - release everything
 * @id: claims; empty afterwards
 *
 * Context: may sleep.
 */
XEN_P2M_SCOPE void xen_p2m_identity_exit(struct xen_p2m_identity *id)
{
	struct xen_p2m_mark *mark;

	while (id->claims)
		ident_drop(id, id->claims);
	ident_reap(id);
	/* What could not be made missing stays identity. */
	while ((mark = id->marks)) {
		id->marks = mark->next;
		ident_free(&id->seam, mark);
	}
	id->frames = 0;
}

/* The end of something claimed, or left over, in [start, end); 0 if none is */
static unsigned long ident_in_the_way(const struct xen_p2m_identity *id,
				      unsigned long start, unsigned long end)
{
	const struct xen_p2m_claim *claim;
	const struct xen_p2m_mark *mark;

	for (claim = id->claims; claim; claim = claim->next)
		if (claim->start < end && start < claim->end)
			return claim->end;
	for (mark = id->marks; mark; mark = mark->next)
		if (mark->start < end && start < mark->end)
			return mark->end;

	return 0;
}

/**
 * xen_p2m_identity_avoid() - find frames that nobody claims
 * @id: claims
 * @start: first frame to look at, below 1 << 52
 * @nr: how many are needed, at most 1 << 52
 * @align: a power of two, which the first of them is to be a multiple of
 *
 * Claims count whether they were refused or not: there is a device.
 *
 * Nothing overflows: ends of claims are at most 1 << 52, and so are @nr and
 * @align.
 *
 * Context: any; takes the lock of the seam.
 * Return: the lowest first frame from @start on.
 */
XEN_P2M_SCOPE unsigned long
xen_p2m_identity_avoid(struct xen_p2m_identity *id, unsigned long start,
		       unsigned long nr, unsigned long align)
{
	unsigned long flags, end;

	flags = ident_lock(&id->seam);
	do {
		start = (start + align - 1) & ~(align - 1);
		end = ident_in_the_way(id, start, start + nr);
		start = max(start, end);
	} while (end);
	ident_unlock(&id->seam, flags);

	return start;
}

/* --- words ---------------------------------------------------------------- */

/**
 * xen_p2m_reason_text() - say what is in the way
 * @reason: of a verdict
 *
 * Context: any.
 * Return: words that go behind "is" or "are".
 */
XEN_P2M_SCOPE const char *xen_p2m_reason_text(enum xen_p2m_reason reason)
{
	switch (reason) {
	case XEN_P2M_FREE:
		return "free";
	case XEN_P2M_IS_RAM:
		return "RAM of this domain";
	case XEN_P2M_IS_FOREIGN:
		return "pages of another domain";
	case XEN_P2M_IS_BALLOON:
		return "the balloon's";
	case XEN_P2M_IS_SCRATCH:
		return "set aside for pages of other domains";
	case XEN_P2M_NO_RANGE:
		return "no range";
	case XEN_P2M_NO_MEMORY:
		return "free, but there is no memory for the P2M";
	}

	return "unknown";
}

/**
 * xen_p2m_remedy() - say what the admin can do
 * @reason: of a verdict
 * @dom0: the domain sees the memory map of the machine
 *
 * Context: any.
 * Return: a sentence in the imperative.
 */
XEN_P2M_SCOPE const char *xen_p2m_remedy(enum xen_p2m_reason reason, bool dom0)
{
	switch (reason) {
	case XEN_P2M_FREE:
		break;
	case XEN_P2M_IS_RAM:
	case XEN_P2M_IS_BALLOON:
		return dom0 ?
			"limit dom0_mem=, or move the device in the firmware's setup" :
			"set e820_host=1 for this domain";
	case XEN_P2M_IS_FOREIGN:
	case XEN_P2M_IS_SCRATCH:
		return "plug the device in again after a reboot, before domains start";
	case XEN_P2M_NO_RANGE:
		return "update the firmware";
	case XEN_P2M_NO_MEMORY:
		return "free some memory, remove the device and rescan the bus";
	}

	return "nothing to do";
}
