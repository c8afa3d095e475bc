/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seam of the P2M tree: page tables
 *
 * A mid page is a page of PTEs, each of which maps a leaf. Top slots are kept
 * in an array. Slots below a limit, the mapped ones, are PMD entries as well,
 * so that their leaves appear side by side in the linear list: an entry is read
 * by one load at xen_p2m_addr + pfn. All slots from there on are identity. The
 * list grows when one of them becomes something else, so what it takes to boot
 * does not depend on how much memory may be added one day.
 *
 * The window maps the mid pages of the mapped slots, read-only, as pages of one
 * array of PTEs. It grows with the list. A page table of Xen's guests cannot be
 * of two levels at once, so the PMD page of the list cannot be grafted into the
 * window as it is; the window has PTEs of its own.
 *
 * Until the list is in place nobody but the tree knows the pages, and they are
 * not page tables yet: building the tree is plain stores.
 */
#ifndef _ASM_X86_XEN_P2M_SEAM_H
#define _ASM_X86_XEN_P2M_SEAM_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <asm/xen/hypervisor.h>
#include <asm/xen/interface.h>
#include <asm/xen/page.h>

#define XEN_P2M_SHIFT		(PAGE_SHIFT - 3)
#define XEN_P2M_PER_PAGE	BIT(XEN_P2M_SHIFT)
#define XEN_P2M_TOP_SHIFT	(2 * XEN_P2M_SHIFT)

/**
 * struct xen_p2m_seam - where the P2M of a PV domain lives
 * @tops: the top level; NULL is @identity
 * @nr_top: slots in it
 * @used: first slot after the last that was ever set
 * @mapped: how many of them are in the linear list
 * @reached: for how many of them there are page tables above the mid level
 * @identity: the mid page in all that were never set
 * @list: the linear list
 * @window: the mid pages behind it
 * @window_used: they are kept there
 * @live: the list is in place, and mid pages are page tables
 * @lock: serialises changes of structure; raw, as these must not be preempted
 *        before this CPU's hypercalls are issued, see xen_p2m_flush()
 */
struct xen_p2m_seam {
	struct xen_p2m_mid **tops;
	unsigned long nr_top;
	unsigned long used;
	unsigned long mapped;
	unsigned long reached;
	struct xen_p2m_mid *identity;
	unsigned long *list;
	pte_t *window;
	bool window_used;
	bool live;
	raw_spinlock_t lock;	/* of the structure */
};

void *xen_p2m_page_alloc(void);
void xen_p2m_page_free(void *page);
void *xen_p2m_table_alloc(size_t bytes);
void xen_p2m_table_free(void *table, size_t bytes);
int xen_p2m_reach(struct xen_p2m_seam *s, unsigned long top);
void xen_p2m_top_set(struct xen_p2m_seam *s, unsigned long top,
		     struct xen_p2m_mid *mid);
void xen_p2m_window_set(struct xen_p2m_seam *s, unsigned long top,
			struct xen_p2m_mid *mid);
void xen_p2m_flush(struct xen_p2m_seam *s);
void xen_p2m_seam_go_live(struct xen_p2m_seam *s, struct xen_p2m_mid *missing,
			  unsigned long *list, pte_t *window);

static inline unsigned int seam_shift(const struct xen_p2m_seam *s)
{
	return XEN_P2M_SHIFT;
}

static inline unsigned long seam_lock(struct xen_p2m_seam *s)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&s->lock, flags);

	return flags;
}

static inline void seam_unlock(struct xen_p2m_seam *s, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&s->lock, flags);
}

static inline void seam_assert_locked(struct xen_p2m_seam *s)
{
	lockdep_assert_held(&s->lock);
}

static inline void seam_read_lock(struct xen_p2m_seam *s)
{
	rcu_read_lock();
}

static inline void seam_read_unlock(struct xen_p2m_seam *s)
{
	rcu_read_unlock();
}

static inline void *seam_page_alloc(struct xen_p2m_seam *s)
{
	return xen_p2m_page_alloc();
}

static inline void seam_page_free(struct xen_p2m_seam *s, void *page)
{
	xen_p2m_page_free(page);
}

static inline void *seam_table_alloc(struct xen_p2m_seam *s, size_t bytes)
{
	return xen_p2m_table_alloc(bytes);
}

static inline void seam_table_free(struct xen_p2m_seam *s, void *table,
				   size_t bytes)
{
	xen_p2m_table_free(table, bytes);
}

static inline int seam_reach(struct xen_p2m_seam *s, unsigned long end)
{
	/* No wrap: at most the capacity, and that is no number near the top. */
	unsigned long nr = (end + (1UL << XEN_P2M_TOP_SHIFT) - 1) >>
			   XEN_P2M_TOP_SHIFT;

	return nr <= READ_ONCE(s->reached) || !s->live ? 0 :
							 xen_p2m_reach(s, nr);
}

static inline int seam_init(struct xen_p2m_seam *s, unsigned long nr_top,
			    unsigned int shift)
{
	if (shift != XEN_P2M_SHIFT)
		return -EINVAL;
	s->tops = seam_table_alloc(s, nr_top * sizeof(*s->tops));
	if (!s->tops)
		return -ENOMEM;
	s->nr_top = nr_top;
	raw_spin_lock_init(&s->lock);

	return 0;
}

static inline void seam_exit(struct xen_p2m_seam *s)
{
	seam_table_free(s, s->tops, s->nr_top * sizeof(*s->tops));
	s->tops = NULL;
}

static inline struct xen_p2m_mid *seam_top(struct xen_p2m_seam *s,
					   unsigned long top)
{
	/* Pairs with xen_p2m_top_set(): the mid page is complete. */
	return smp_load_acquire(&s->tops[top]) ?: s->identity;
}

/* Does not write to each slot: there may be many, and this is the boot. */
static inline void seam_top_fill(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *mid)
{
	s->identity = mid;
}

static inline void seam_top_set(struct xen_p2m_seam *s, unsigned long top,
				struct xen_p2m_mid *mid)
{
	xen_p2m_top_set(s, top, mid);
}

/*
 * The machine address in the PTE: making it a PFN is what takes time. The mask is
 * XEN_PTE_MFN_MASK as a constant, as PV domains do not use SME.
 */
static inline unsigned long seam_slot_value(struct xen_p2m_seam *s,
					    struct xen_p2m_mid *mid,
					    unsigned long i)
{
	return READ_ONCE(((pte_t *)mid)[i].pte) & GENMASK_ULL(51, PAGE_SHIFT);
}

/*
 * A leaf is RAM of this domain, so what the M2P says need not be checked. But
 * without the lock the domain may be restored, with other MFNs, in between.
 */
static inline unsigned long *seam_slot(struct xen_p2m_seam *s,
				       struct xen_p2m_mid *mid, unsigned long i)
{
	unsigned long value, pfn;

	do {
		value = seam_slot_value(s, mid, i);
		pfn = mfn_to_pfn_no_overrides(PHYS_PFN(value));
	} while (unlikely(seam_slot_value(s, mid, i) != value));

	return __va(PFN_PHYS(pfn));
}

static inline pte_t seam_pte(unsigned long *leaf, bool writable)
{
	return pfn_pte(PFN_DOWN(__pa(leaf)),
		       writable ? PAGE_KERNEL : PAGE_KERNEL_RO);
}

static inline void seam_slot_init(struct xen_p2m_seam *s,
				  struct xen_p2m_mid *mid, unsigned long i,
				  unsigned long *leaf, bool writable)
{
	((pte_t *)mid)[i] = seam_pte(leaf, writable);
}

static inline void seam_slot_set(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *mid, unsigned long i,
				 unsigned long *leaf, bool writable)
{
	if (!s->live) {
		seam_slot_init(s, mid, i, leaf, writable);
		return;
	}
	wmb();	/* The leaf is complete before anybody finds it. */
	set_pte((pte_t *)mid + i, seam_pte(leaf, writable));
}

static inline void seam_mid_pin(struct xen_p2m_seam *s,
				struct xen_p2m_mid *mid)
{
	if (s->live)
		paravirt_alloc_pte(&init_mm, PFN_DOWN(__pa(mid)));
}

static inline void seam_mid_unpin(struct xen_p2m_seam *s,
				  struct xen_p2m_mid *mid)
{
	if (s->live)
		paravirt_release_pte(PFN_DOWN(__pa(mid)));
}

static inline unsigned long seam_entry(struct xen_p2m_seam *s,
				       unsigned long pfn)
{
	if (pfn >= READ_ONCE(xen_p2m_size))
		return XEN_P2M_IDENTITY_MARK;

	return READ_ONCE(s->list[pfn]);
}

static inline bool seam_entry_set(struct xen_p2m_seam *s, unsigned long pfn,
				  unsigned long entry)
{
	if (pfn >= READ_ONCE(xen_p2m_size))
		return false;

	/* One store; it faults where a shared leaf is mapped. */
	return !xen_safe_write_ulong(s->list + pfn, entry);
}

static inline void seam_publish_begin(struct xen_p2m_seam *s)
{
	HYPERVISOR_shared_info->arch.p2m_generation++;
	wmb();	/* The toolstack sees it before any change. */
}

static inline void seam_publish_end(struct xen_p2m_seam *s)
{
	wmb();	/* The toolstack sees it after the last change. */
	HYPERVISOR_shared_info->arch.p2m_generation++;
}

static inline void seam_flush(struct xen_p2m_seam *s)
{
	if (s->live)
		xen_p2m_flush(s);
}

static inline unsigned long seam_mfn(struct xen_p2m_seam *s, void *page)
{
	return virt_to_mfn(page);
}

static inline void seam_tools_end(struct xen_p2m_seam *s, unsigned long end)
{
	HYPERVISOR_shared_info->arch.max_pfn = end;
}

/* Its place and its page tables are there since the boot. */
static inline int seam_window_alloc(struct xen_p2m_seam *s)
{
	if (!s->live)
		return -EINVAL;
	s->window_used = true;

	return 0;
}

static inline void seam_window_free(struct xen_p2m_seam *s)
{
	unsigned long flags = seam_lock(s);
	unsigned long top;

	s->window_used = false;
	for (top = 0; top < s->mapped; top++)
		xen_p2m_window_set(s, top, NULL);
	xen_p2m_flush(s);
	seam_unlock(s, flags);
}

static inline unsigned long seam_window_tops(struct xen_p2m_seam *s)
{
	return s->mapped;
}

static inline void seam_window_set(struct xen_p2m_seam *s, unsigned long top,
				   struct xen_p2m_mid *mid)
{
	if (top < s->mapped)
		xen_p2m_window_set(s, top, mid);
}

static inline unsigned long *seam_window_leaf(struct xen_p2m_seam *s,
					      unsigned long pfn)
{
	if (pfn >= READ_ONCE(xen_p2m_size))
		return seam_slot(s, s->identity, 0);

	/* The window as a whole is like a mid page. */
	return seam_slot(s, (struct xen_p2m_mid *)s->window,
			 pfn >> XEN_P2M_SHIFT);
}

static inline unsigned long seam_window_value(struct xen_p2m_seam *s,
					      unsigned long pfn)
{
	/* An entry without an MFN was read in the list, so the window has the slot. */
	return seam_slot_value(s, (struct xen_p2m_mid *)s->window,
			       pfn >> XEN_P2M_SHIFT);
}

#endif /* _ASM_X86_XEN_P2M_SEAM_H */
