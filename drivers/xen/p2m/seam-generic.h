/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seam of the P2M tree: plain pointers
 *
 * For KUnit and userland. A slot is a pointer with a bit for "writable", as a
 * page table entry has one. Lookups follow pointers, so RCU keeps the pages
 * under them. What a test wants to count, to let fail or to watch is in
 * &struct xen_p2m_seam.
 */
#ifndef _XEN_P2M_SEAM_GENERIC_H
#define _XEN_P2M_SEAM_GENERIC_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>

#include <asm/barrier.h>

#define SEAM_WRITABLE		1UL

/*
 * Last word of each page, after its entries: where the page goes back to. It
 * is no entry, and refused as one.
 */
#define SEAM_PAGE_EARLY		(~0x6561726cUL)
#define SEAM_PAGE_LATE		(~0x6c617465UL)

/**
 * struct xen_p2m_seam - state of the generic seam
 * @top: the top level
 * @window: its copy for the window, or NULL
 * @nr_top: slots in both
 * @shift: entries a page, as a shift
 * @lock: serialises changes of structure
 * @generation: odd while structure changes
 * @tools_end: PFNs below are of interest to tools
 * @mfn_base: added to MFNs; a test changes it to simulate migration
 * @early: the boot allocator is in charge
 * @concurrent: other threads read: flushes wait for them, statistics are not updated
 * @locked: the lock is held
 * @unflushed: slots were changed and not flushed
 * @stale: slots as of the last flush, which entries are read through, as by a CPU
 *         that has used all of them before; or NULL
 * @hold: keep free pages for readers which a test has interrupted
 * @held: the last of these, linked through the word of their origin
 * @reach_fails: let seam_reach() fail
 * @fail_at: let this allocation from now on fail, counted from 1; 0 is none
 * @allocs: allocations so far, the failed one included
 * @pages_early: pages owed to the boot allocator
 * @pages_late: pages owed to the slab allocator
 * @tables: tables not given back
 * @mids: mid pages pinned
 * @slots_read: slots read so far, window included
 * @slots_set: live slots set so far
 * @publishes: groups of changes published so far
 * @flushes: flushes so far
 * @misuse: breaches of the contract by the tree
 * @observe: called at the end of each group of changes, with the lock
 * @interrupt: called before and after each access and with each allocation
 *             without the lock, to play another CPU
 * @user: for both
 */
struct xen_p2m_seam {
	struct xen_p2m_mid **top;
	struct xen_p2m_mid **window;
	unsigned long nr_top;
	unsigned int shift;
	struct mutex lock;	/* of the structure */
	unsigned int generation;
	unsigned long tools_end;
	unsigned long mfn_base;
	bool early;
	bool concurrent;
	bool locked;
	bool unflushed;
	unsigned long *stale;
	bool hold;
	unsigned long *held;

	bool reach_fails;
	unsigned long fail_at;
	unsigned long allocs;
	atomic_long_t pages_early;
	atomic_long_t pages_late;
	atomic_long_t tables;
	unsigned long mids;
	unsigned long slots_read;
	unsigned long slots_set;
	unsigned long publishes;
	unsigned long flushes;
	unsigned long misuse;
	void (*observe)(struct xen_p2m_seam *s);
	void (*interrupt)(struct xen_p2m_seam *s);
	void *user;
};

static inline unsigned int seam_shift(const struct xen_p2m_seam *s)
{
	return s->shift;
}

static inline unsigned long seam_lock(struct xen_p2m_seam *s)
{
	mutex_lock(&s->lock);
	s->locked = true;

	return 0;
}

static inline void seam_unlock(struct xen_p2m_seam *s, unsigned long flags)
{
	s->locked = false;
	mutex_unlock(&s->lock);
}

static inline void seam_assert_locked(struct xen_p2m_seam *s)
{
	if (!s->locked)
		s->misuse++;
}

static inline void seam_read_lock(struct xen_p2m_seam *s)
{
	rcu_read_lock();
}

static inline void seam_read_unlock(struct xen_p2m_seam *s)
{
	rcu_read_unlock();
}

/* Threads allocate at the same time, so a count would say nothing. */
static inline bool seam_alloc_fails(struct xen_p2m_seam *s)
{
	if (s->concurrent)
		return false;
	s->allocs++;

	return s->fail_at && !--s->fail_at;
}

static inline void seam_interrupt(struct xen_p2m_seam *s)
{
	if (s->interrupt && !s->locked)
		s->interrupt(s);
}

static inline void *seam_page_alloc(struct xen_p2m_seam *s)
{
	unsigned long *page;

	if (seam_alloc_fails(s))
		return NULL;
	seam_interrupt(s);
	page = kmalloc_array((1UL << s->shift) + 1, sizeof(*page), GFP_KERNEL);
	if (!page)
		return NULL;
	page[1UL << s->shift] = s->early ? SEAM_PAGE_EARLY : SEAM_PAGE_LATE;
	atomic_long_inc(s->early ? &s->pages_early : &s->pages_late);

	return page;
}

static inline void seam_page_free(struct xen_p2m_seam *s, void *page)
{
	unsigned long *origin = (unsigned long *)page + (1UL << s->shift);
	unsigned long tag = *origin;

	if (tag == SEAM_PAGE_EARLY)
		atomic_long_dec(&s->pages_early);
	else if (tag == SEAM_PAGE_LATE)
		atomic_long_dec(&s->pages_late);
	else
		s->misuse++;
	/* Other threads may be in the middle of a change of theirs. */
	if (!s->concurrent && s->unflushed)
		s->misuse++;
	if (s->hold) {
		*origin = (unsigned long)s->held;
		s->held = page;
		return;
	}
	kfree(page);
}

static inline void seam_release_held(struct xen_p2m_seam *s)
{
	while (s->held) {
		unsigned long *page = s->held;

		s->held = (unsigned long *)page[1UL << s->shift];
		kfree(page);
	}
}

static inline void *seam_table_alloc(struct xen_p2m_seam *s, size_t bytes)
{
	void *table = seam_alloc_fails(s) ? NULL : kvzalloc(bytes, GFP_KERNEL);

	if (table)
		atomic_long_inc(&s->tables);

	return table;
}

static inline void seam_table_free(struct xen_p2m_seam *s, void *table,
				   size_t bytes)
{
	if (table)
		atomic_long_dec(&s->tables);
	kvfree(table);
}

static inline int seam_reach(struct xen_p2m_seam *s, unsigned long end)
{
	return s->reach_fails ? -ENOMEM : 0;
}

static inline int seam_init(struct xen_p2m_seam *s, unsigned long nr_top,
			    unsigned int shift)
{
	s->top = seam_table_alloc(s, nr_top * sizeof(*s->top));
	if (!s->top)
		return -ENOMEM;
	s->nr_top = nr_top;
	s->shift = shift;
	mutex_init(&s->lock);

	return 0;
}

static inline void seam_exit(struct xen_p2m_seam *s)
{
	seam_table_free(s, s->top, s->nr_top * sizeof(*s->top));
	mutex_destroy(&s->lock);
	s->top = NULL;
}

static inline void seam_count_read(struct xen_p2m_seam *s)
{
	if (!s->concurrent)
		s->slots_read++;
}

static inline struct xen_p2m_mid *seam_top(struct xen_p2m_seam *s,
					   unsigned long top)
{
	struct xen_p2m_mid *mid;

	seam_count_read(s);
	/* Pairs with seam_top_set(): the mid page is complete. */
	mid = smp_load_acquire(&s->top[top]);
	seam_interrupt(s);

	return mid;
}

static inline void seam_note_change(struct xen_p2m_seam *s)
{
	s->slots_set++;
	s->unflushed = true;
	if (!(s->generation & 1))
		s->misuse++;
	seam_assert_locked(s);
}

static inline void seam_top_set(struct xen_p2m_seam *s, unsigned long top,
				struct xen_p2m_mid *mid)
{
	seam_note_change(s);
	/* Pairs with seam_top() and seam_walk(). */
	smp_store_release(&s->top[top], mid);
}

static inline void seam_top_fill(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *mid)
{
	unsigned long top;

	for (top = 0; top < s->nr_top; top++)
		seam_top_set(s, top, mid);
}

static inline unsigned long *seam_slot_at(struct xen_p2m_mid *mid,
					  unsigned long i)
{
	return (unsigned long *)mid + i;
}

static inline unsigned long *seam_slot(struct xen_p2m_seam *s,
				       struct xen_p2m_mid *mid, unsigned long i)
{
	unsigned long slot;

	seam_count_read(s);
	/* Pairs with seam_slot_set(): the leaf is complete. */
	slot = smp_load_acquire(seam_slot_at(mid, i));
	seam_interrupt(s);

	return (unsigned long *)(slot & ~SEAM_WRITABLE);
}

static inline unsigned long seam_mfn(struct xen_p2m_seam *s, void *page)
{
	return (unsigned long)page + s->mfn_base;
}

/* After a restore the MFN is another one: a test may do that as soon as it is read. */
static inline unsigned long seam_leaf_value(struct xen_p2m_seam *s,
					    unsigned long *leaf)
{
	unsigned long value = seam_mfn(s, leaf);

	seam_interrupt(s);

	return value;
}

static inline unsigned long seam_slot_value(struct xen_p2m_seam *s,
					    struct xen_p2m_mid *mid,
					    unsigned long i)
{
	return seam_leaf_value(s, seam_slot(s, mid, i));
}

static inline void seam_slot_init(struct xen_p2m_seam *s,
				  struct xen_p2m_mid *mid, unsigned long i,
				  unsigned long *leaf, bool writable)
{
	*seam_slot_at(mid, i) = (unsigned long)leaf |
				(writable ? SEAM_WRITABLE : 0);
}

static inline void seam_slot_set(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *mid, unsigned long i,
				 unsigned long *leaf, bool writable)
{
	seam_note_change(s);
	/* Pairs with seam_slot() and seam_walk(). */
	smp_store_release(seam_slot_at(mid, i),
			  (unsigned long)leaf | (writable ? SEAM_WRITABLE : 0));
}

static inline void seam_mid_pin(struct xen_p2m_seam *s,
				struct xen_p2m_mid *mid)
{
	s->mids++;
}

static inline void seam_mid_unpin(struct xen_p2m_seam *s,
				  struct xen_p2m_mid *mid)
{
	s->mids--;
}

static inline unsigned long seam_walk(struct xen_p2m_seam *s, unsigned long pfn)
{
	unsigned long i = (pfn >> s->shift) & ((1UL << s->shift) - 1);
	struct xen_p2m_mid *mid;
	unsigned long slot;

	seam_interrupt(s);
	/* As in seam_top() */
	mid = smp_load_acquire(&s->top[pfn >> (2 * s->shift)]);
	/* As in seam_slot() */
	slot = smp_load_acquire(seam_slot_at(mid, i));
	seam_interrupt(s);

	return slot;
}

static inline unsigned long *seam_entry_in(struct xen_p2m_seam *s,
					   unsigned long slot,
					   unsigned long pfn)
{
	unsigned long *leaf = (unsigned long *)(slot & ~SEAM_WRITABLE);

	return &leaf[pfn & ((1UL << s->shift) - 1)];
}

static inline unsigned long seam_entry(struct xen_p2m_seam *s,
				       unsigned long pfn)
{
	unsigned long slot = s->stale ? s->stale[pfn >> s->shift] :
					seam_walk(s, pfn);

	return READ_ONCE(*seam_entry_in(s, slot, pfn));
}

static inline bool seam_entry_set(struct xen_p2m_seam *s, unsigned long pfn,
				  unsigned long entry)
{
	unsigned long slot = seam_walk(s, pfn);

	if (!(slot & SEAM_WRITABLE))
		return false;
	WRITE_ONCE(*seam_entry_in(s, slot, pfn), entry);

	return true;
}

static inline void seam_publish_begin(struct xen_p2m_seam *s)
{
	WRITE_ONCE(s->generation, s->generation + 1);
	smp_wmb();	/* The toolstack sees it before any change. */
}

static inline void seam_publish_end(struct xen_p2m_seam *s)
{
	smp_wmb();	/* The toolstack sees it after the last change. */
	WRITE_ONCE(s->generation, s->generation + 1);
	s->publishes++;
	if (s->observe)
		s->observe(s);
}

static inline void seam_fill_stale(struct xen_p2m_seam *s)
{
	unsigned long i;

	for (i = 0; i < s->nr_top << s->shift; i++)
		s->stale[i] = seam_walk(s, i << s->shift);
}

static inline void seam_flush(struct xen_p2m_seam *s)
{
	seam_assert_locked(s);
	/* A reader that a test has interrupted does not go on meanwhile. */
	if (s->stale && !s->hold)
		seam_fill_stale(s);
	if (s->concurrent)
		synchronize_rcu();
	s->unflushed = false;
	s->flushes++;
}

static inline void seam_tools_end(struct xen_p2m_seam *s, unsigned long end)
{
	s->tools_end = end;
}

static inline int seam_window_alloc(struct xen_p2m_seam *s)
{
	s->window = seam_table_alloc(s, s->nr_top * sizeof(*s->window));

	return s->window ? 0 : -ENOMEM;
}

static inline void seam_window_free(struct xen_p2m_seam *s)
{
	seam_table_free(s, s->window, s->nr_top * sizeof(*s->window));
	s->window = NULL;
}

static inline unsigned long seam_window_tops(struct xen_p2m_seam *s)
{
	return s->nr_top;
}

static inline void seam_window_set(struct xen_p2m_seam *s, unsigned long top,
				   struct xen_p2m_mid *mid)
{
	/* Pairs with seam_window_leaf(). */
	smp_store_release(&s->window[top], mid);
}

static inline unsigned long *seam_window_leaf(struct xen_p2m_seam *s,
					      unsigned long pfn)
{
	unsigned long mask = (1UL << s->shift) - 1;
	struct xen_p2m_mid *mid;

	seam_interrupt(s);
	/* Pairs with seam_window_set(). */
	mid = smp_load_acquire(&s->window[pfn >> (2 * s->shift)]);

	return seam_slot(s, mid, (pfn >> s->shift) & mask);
}

static inline unsigned long seam_window_value(struct xen_p2m_seam *s,
					      unsigned long pfn)
{
	return seam_leaf_value(s, seam_window_leaf(s, pfn));
}

#endif /* _XEN_P2M_SEAM_GENERIC_H */
