/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seam of the identity policy: the P2M of the running PV domain
 */
#ifndef _ASM_X86_XEN_P2M_IDENTITY_SEAM_H
#define _ASM_X86_XEN_P2M_IDENTITY_SEAM_H

#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <asm/xen/page.h>

/**
 * struct xen_p2m_identity_seam - what the policy needs of its own
 * @lock: claims and marks, for those who look for free frames
 */
struct xen_p2m_identity_seam {
	spinlock_t lock;	/* of the lists of claims and marks */
};

bool xen_p2m_phys_extent(struct xen_p2m_extent *ext, unsigned long end);
enum xen_p2m_reason xen_p2m_held(unsigned long *start, unsigned long *end);

static inline bool ident_extent(struct xen_p2m_identity_seam *s,
				struct xen_p2m_extent *ext, unsigned long end)
{
	return xen_p2m_phys_extent(ext, end);
}

static inline int ident_set(struct xen_p2m_identity_seam *s,
			    unsigned long start, unsigned long end,
			    enum xen_p2m_type type)
{
	return set_phys_range(start, end - start, type);
}

static inline enum xen_p2m_reason ident_held(struct xen_p2m_identity_seam *s,
					     unsigned long *start,
					     unsigned long *end)
{
	return xen_p2m_held(start, end);
}

static inline void *ident_alloc(struct xen_p2m_identity_seam *s, size_t bytes)
{
	return kzalloc(bytes, GFP_KERNEL);
}

static inline void ident_free(struct xen_p2m_identity_seam *s, void *p)
{
	kfree(p);
}

/* It is taken with the lock of the resource tree held, which disables no IRQ. */
static inline unsigned long ident_lock(struct xen_p2m_identity_seam *s)
{
	spin_lock(&s->lock);

	return 0;
}

static inline void ident_unlock(struct xen_p2m_identity_seam *s,
				unsigned long flags)
{
	spin_unlock(&s->lock);
}

#endif /* _ASM_X86_XEN_P2M_IDENTITY_SEAM_H */
