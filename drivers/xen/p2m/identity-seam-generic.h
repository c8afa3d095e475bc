/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seam of the identity policy: a tree, and a table of who holds what
 *
 * For KUnit and userland.
 */
#ifndef _XEN_P2M_IDENTITY_SEAM_GENERIC_H
#define _XEN_P2M_IDENTITY_SEAM_GENERIC_H

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/types.h>

/**
 * struct xen_p2m_held - missing frames that somebody holds
 * @start: first frame
 * @end: behind the last one
 * @by: who holds them
 */
struct xen_p2m_held {
	unsigned long start;
	unsigned long end;
	enum xen_p2m_reason by;
};

/**
 * struct xen_p2m_identity_seam - state of the generic seam
 * @tree: the P2M
 * @held: who holds what, by start
 * @nr_held: how many of these there are
 * @fail_alloc: let this allocation from now on fail, counted from 1; 0 is none
 * @fail_set: let this change of the P2M fail, likewise
 * @fail_rest: and all after it
 * @fail_sets: let all changes of the P2M fail
 * @allocs: blocks that were not freed
 * @sets: changes of the P2M so far
 * @locked: the lock is held
 * @misuse: breaches of the contract by the policy
 */
struct xen_p2m_identity_seam {
	struct xen_p2m_tree *tree;
	const struct xen_p2m_held *held;
	unsigned int nr_held;
	unsigned long fail_alloc;
	unsigned long fail_set;
	bool fail_rest;
	bool fail_sets;
	unsigned long allocs;
	unsigned long sets;
	bool locked;
	unsigned long misuse;
};

/* Is it its turn to fail? */
static inline bool ident_fails(unsigned long *countdown)
{
	return *countdown && !--*countdown;
}

static inline bool ident_extent(struct xen_p2m_identity_seam *s,
				struct xen_p2m_extent *ext, unsigned long end)
{
	return xen_p2m_next_extent(s->tree, ext, end);
}

static inline int ident_set(struct xen_p2m_identity_seam *s,
			    unsigned long start, unsigned long end,
			    enum xen_p2m_type type)
{
	if (s->locked || start >= end)
		s->misuse++;
	s->sets++;
	if (ident_fails(&s->fail_set)) {
		s->fail_sets = s->fail_rest;
		return -ENOMEM;
	}
	if (s->fail_sets)
		return -ENOMEM;

	return xen_p2m_set_range(s->tree, start, end, type, 0);
}

static inline enum xen_p2m_reason ident_held(struct xen_p2m_identity_seam *s,
					     unsigned long *start,
					     unsigned long *end)
{
	unsigned int i;

	for (i = 0; i < s->nr_held; i++) {
		const struct xen_p2m_held *held = &s->held[i];

		if (held->start < *end && *start < held->end) {
			*start = max(*start, held->start);
			*end = min(*end, held->end);
			return held->by;
		}
	}

	return XEN_P2M_FREE;
}

static inline void *ident_alloc(struct xen_p2m_identity_seam *s, size_t bytes)
{
	void *p = NULL;

	if (s->locked)
		s->misuse++;
	if (!ident_fails(&s->fail_alloc))
		p = kvzalloc(bytes, GFP_KERNEL);
	s->allocs += !!p;

	return p;
}

static inline void ident_free(struct xen_p2m_identity_seam *s, void *p)
{
	s->allocs -= !!p;
	kvfree(p);
}

static inline unsigned long ident_lock(struct xen_p2m_identity_seam *s)
{
	if (s->locked)
		s->misuse++;
	s->locked = true;

	return 0;
}

static inline void ident_unlock(struct xen_p2m_identity_seam *s,
				unsigned long flags)
{
	if (!s->locked)
		s->misuse++;
	s->locked = false;
}

#endif /* _XEN_P2M_IDENTITY_SEAM_GENERIC_H */
