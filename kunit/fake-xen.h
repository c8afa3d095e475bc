/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hypervisor for tests: as much of Xen as carrying out a memory layout needs
 *
 * It knows of each MFN whether the domain has it, its M2P entry, and how many
 * PTEs of the kernel's mapping lead to it. It is called as Xen is, with Xen's
 * numbers and structures, and refuses what Xen refuses. Any hypercall can be
 * made to fail, or to be done by half.
 *
 * What the executor asks for (struct xen_apply_ops) is at the end.
 */
#ifndef _XEN_P2M_FAKE_XEN_H
#define _XEN_P2M_FAKE_XEN_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include <xen/p2m.h>

#include "apply.h"
#include "tree.h"

/* --- Xen's ABI, compared with Xen's public headers by scripts/abi ------------- */

#define FAKE_HYPERVISOR_mmu_update		1
#define FAKE_HYPERVISOR_memory_op		12
#define FAKE_HYPERVISOR_update_va_mapping	14
#define FAKE_XENMEM_decrease_reservation	1
#define FAKE_DOMID_SELF				0x7ff0U
#define FAKE_MMU_NORMAL_PT_UPDATE		0
#define FAKE_MMU_MACHPHYS_UPDATE		1

struct fake_mmu_update {
	u64 ptr;
	u64 val;
};

struct fake_memory_reservation {
	unsigned long *extent_start;
	unsigned long nr_extents;
	unsigned int extent_order;
	unsigned int address_bits;
	u16 domid;
};

/* --- state ------------------------------------------------------------------- */

/* MFNs of the domain are somewhere in the machine, its page tables above. */
#define FAKE_BASE	0x12340UL
#define FAKE_TABLES	BIT(50)
/* Present, writable, accessed, dirty, no execute */
#define FAKE_PTE_FLAGS	0x8000000000000063ULL
#define FAKE_POISON	0xdb
/* What Xen's M2P has for an MFN of nobody */
#define FAKE_NO_PFN	(~0UL)

enum fake_call {
	FAKE_UPDATE,
	FAKE_DECREASE,
	FAKE_TEMP_MAP,
	FAKE_CALLS,
};

/**
 * struct fake_xen - machine, domain and what to let fail
 * @nr_mfns: MFNs that the domain had at the start
 * @owned: does the domain have the MFN?
 * @m2p: the M2P
 * @refs: PTEs that lead to the MFN
 * @content: what was written to the page, or NULL
 * @reservation: pages that the domain has
 * @list: Xen's list, of @nr_mfns PFNs
 * @nr_ptes: PFNs with a PTE in the kernel's mapping
 * @pte: these
 * @no_ptes: first PFN of a page of PTEs which is not there
 * @tree: the P2M, when it is a tree
 * @slot: what is mapped at the slot, poisoned if nothing is
 * @slot_mfn: which MFN that is
 * @slot_used: there is one
 * @slot_stuck: it was to be unmapped, which failed
 * @calls: hypercalls so far
 * @of: by kind
 * @fail_at: let this hypercall fail, counted from 1; 0 for none
 * @fail_nr: and so many more
 * @half: do half of it first
 * @one: do one of it first
 * @refusal: what a memory_op returns of which nothing is done, not 0
 * @refuses: no memory_op does anything
 * @zap_fails: PFN whose PTE cannot be taken away
 * @bad: let all calls about this MFN fail, of the kinds in @bad_calls
 * @bad_calls: bits of enum fake_call
 * @missing_fails: PFNs cannot be taken back from the tree
 * @list_end: where the last identity range of the list ended
 * @ready: PFNs that were called ready
 * @extra: PFNs that were called extra memory
 * @account_end: first PFN after both
 * @reported: pages that were reported as released
 * @tables: pages of PTEs that were filled at once
 * @failed_maps: slots in a row that could not be mapped
 * @failed_twice: there were two
 * @dangling: MFNs released while a PTE led to them
 * @misuse: what Xen would have refused or the slot's rules forbid
 */
struct fake_xen {
	unsigned long nr_mfns;
	u8 *owned;
	unsigned long *m2p;
	u8 *refs;
	void **content;
	unsigned long reservation;
	unsigned long *list;
	unsigned long nr_ptes;
	u64 *pte;
	unsigned long no_ptes;
	struct xen_p2m_tree *tree;
	void *slot;
	unsigned long slot_mfn;
	bool slot_used;
	bool slot_stuck;
	unsigned long calls;
	unsigned long of[FAKE_CALLS];
	unsigned long fail_at;
	unsigned long fail_nr;
	bool half;
	bool one;
	long refusal;
	bool refuses;
	unsigned long zap_fails;
	unsigned long bad;
	unsigned int bad_calls;
	bool missing_fails;
	unsigned long list_end;
	u8 *ready;
	u8 *extra;
	unsigned long account_end;
	unsigned long reported;
	unsigned long tables;
	unsigned int failed_maps;
	bool failed_twice;
	unsigned long dangling;
	unsigned long misuse;
};

/* The one that is called */
static struct fake_xen *fake;

static inline unsigned long fake_index(const struct fake_xen *x,
				       unsigned long mfn)
{
	unsigned long i = mfn - FAKE_BASE;

	return i < x->nr_mfns ? i : x->nr_mfns;
}

static inline bool fake_owns(const struct fake_xen *x, unsigned long mfn)
{
	unsigned long i = fake_index(x, mfn);

	return i < x->nr_mfns && x->owned[i];
}

/* Which MFN is at a PFN at the start: runs of 8, in odd order */
static inline unsigned long fake_first_mfn(const struct fake_xen *x,
					   unsigned long pfn)
{
	unsigned long whole = x->nr_mfns & ~15UL;

	return FAKE_BASE + (pfn < whole ? pfn ^ 8 : pfn);
}

static inline void fake_exit(struct fake_xen *x)
{
	unsigned long i;

	for (i = 0; x->content && i < x->nr_mfns; i++)
		kfree(x->content[i]);
	kvfree(x->owned);
	kvfree(x->m2p);
	kvfree(x->refs);
	kvfree(x->content);
	kvfree(x->list);
	kvfree(x->pte);
	kvfree(x->ready);
	kvfree(x->extra);
	kfree(x->slot);
	memset(x, 0, sizeof(*x));
	fake = NULL;
}

/* @nr MFNs, the first @mapped of @nr_ptes PFNs are mapped */
static inline int fake_init(struct fake_xen *x, unsigned long nr,
			    unsigned long mapped, unsigned long nr_ptes)
{
	unsigned long pfn, mfn, i;

	memset(x, 0, sizeof(*x));
	x->nr_mfns = nr;
	x->reservation = nr;
	x->nr_ptes = nr_ptes;
	x->no_ptes = ~0UL;
	x->zap_fails = ~0UL;
	x->bad = ~0UL;
	x->owned = kvcalloc(nr, 1, GFP_KERNEL);
	x->m2p = kvcalloc(nr, sizeof(*x->m2p), GFP_KERNEL);
	x->refs = kvcalloc(nr, 1, GFP_KERNEL);
	x->content = kvcalloc(nr, sizeof(*x->content), GFP_KERNEL);
	x->list = kvcalloc(nr, sizeof(*x->list), GFP_KERNEL);
	x->pte = kvcalloc(nr_ptes, sizeof(*x->pte), GFP_KERNEL);
	x->ready = kvcalloc(nr_ptes, 1, GFP_KERNEL);
	x->extra = kvcalloc(nr_ptes, 1, GFP_KERNEL);
	x->slot = kmalloc_array(1, XEN_LAYOUT_PAGE_SIZE, GFP_KERNEL);
	if (!x->owned || !x->m2p || !x->refs || !x->content || !x->list ||
	    !x->pte || !x->ready || !x->extra || !x->slot) {
		fake_exit(x);
		return -ENOMEM;
	}
	memset(x->slot, FAKE_POISON, XEN_LAYOUT_PAGE_SIZE);
	for (pfn = 0; pfn < nr; pfn++) {
		mfn = fake_first_mfn(x, pfn);
		i = fake_index(x, mfn);
		x->list[pfn] = mfn;
		x->m2p[i] = pfn;
		x->owned[i] = 1;
		if (pfn >= mapped)
			continue;
		x->pte[pfn] = ((u64)mfn << 12) | FAKE_PTE_FLAGS;
		x->refs[i]++;
	}
	fake = x;

	return 0;
}

/* --- hypercalls ----------------------------------------------------------------- */

/* How many of @nr may be done */
static inline unsigned long fake_may_do(struct fake_xen *x,
					enum fake_call call, unsigned long nr)
{
	x->calls++;
	x->of[call]++;
	if (!x->fail_at || x->calls < x->fail_at ||
	    x->calls - x->fail_at > x->fail_nr)
		return nr;
	if (x->one)
		return min(nr, 1UL);

	return x->half ? nr / 2 : 0;
}

static inline bool fake_is_bad(const struct fake_xen *x, enum fake_call call,
			       unsigned long mfn)
{
	return mfn == x->bad && (x->bad_calls & BIT(call));
}

static inline int fake_set_pte(struct fake_xen *x, u64 maddr, u64 val)
{
	unsigned long pfn = (maddr - FAKE_TABLES) / sizeof(u64);
	unsigned long mfn = (val & ~FAKE_PTE_FLAGS) >> 12, old;

	if (maddr < FAKE_TABLES || pfn >= x->nr_ptes ||
	    maddr % sizeof(u64)) {
		x->misuse++;
		return -EINVAL;
	}
	if (val && !fake_owns(x, mfn)) {
		x->misuse++;
		return -EPERM;
	}
	if (val ? fake_is_bad(x, FAKE_UPDATE, mfn) : pfn == x->zap_fails)
		return -EINVAL;
	if (x->pte[pfn]) {
		old = (x->pte[pfn] & ~FAKE_PTE_FLAGS) >> 12;
		x->refs[fake_index(x, old)]--;
	}
	x->pte[pfn] = val;
	if (val)
		x->refs[fake_index(x, mfn)]++;

	return 0;
}

static inline int fake_set_m2p(struct fake_xen *x, u64 maddr, u64 val)
{
	unsigned long mfn = maddr >> 12;

	if (!fake_owns(x, mfn)) {
		x->misuse++;
		return -EPERM;
	}
	x->m2p[fake_index(x, mfn)] = val;

	return 0;
}

/* HYPERVISOR_mmu_update() */
static inline int fake_mmu_update(struct fake_xen *x, const void *updates,
				  unsigned int nr, int *done, u16 domid)
{
	const struct fake_mmu_update *u = updates;
	unsigned int i, max = fake_may_do(x, FAKE_UPDATE, nr);
	int err = max < nr ? -EFAULT : 0;

	if (domid != FAKE_DOMID_SELF)
		return -ESRCH;
	x->misuse += !nr;
	/* As if what was done could not be said */
	if (!max)
		return err;
	for (i = 0; i < max; i++) {
		u64 maddr = u[i].ptr & ~3ULL;
		int failed = -EOPNOTSUPP;

		if ((u[i].ptr & 3) == FAKE_MMU_NORMAL_PT_UPDATE)
			failed = fake_set_pte(x, maddr, u[i].val);
		else if ((u[i].ptr & 3) == FAKE_MMU_MACHPHYS_UPDATE)
			failed = fake_set_m2p(x, maddr, u[i].val);
		if (!failed)
			continue;
		err = failed;
		break;
	}
	if (done)
		*done = i;

	return err;
}

static inline bool fake_release(struct fake_xen *x, unsigned long mfn)
{
	unsigned long i = fake_index(x, mfn);

	if (!fake_owns(x, mfn)) {
		x->misuse++;
		return false;
	}
	if (fake_is_bad(x, FAKE_DECREASE, mfn))
		return false;
	x->dangling += !!x->refs[i];
	x->misuse += x->slot_used && x->slot_mfn == mfn && !x->slot_stuck;
	x->owned[i] = 0;
	x->m2p[i] = FAKE_NO_PFN;
	kfree(x->content[i]);
	x->content[i] = NULL;
	x->reservation--;

	return true;
}

/* HYPERVISOR_memory_op() */
static inline long fake_memory_op(struct fake_xen *x, unsigned int cmd,
				  void *arg)
{
	const struct fake_memory_reservation *r = arg;
	unsigned long i, max;

	if (cmd != FAKE_XENMEM_decrease_reservation)
		return -EOPNOTSUPP;
	max = fake_may_do(x, FAKE_DECREASE, r->nr_extents);
	if (x->refuses)
		max = 0;
	if (!max && x->refusal)
		return x->refusal;
	if (r->extent_order || r->domid != FAKE_DOMID_SELF)
		return 0;
	for (i = 0; i < max; i++)
		if (!fake_release(x, r->extent_start[i]))
			break;

	return i;
}

/* HYPERVISOR_update_va_mapping() of the slot; FAKE_NO_PFN maps nothing */
static inline int fake_map_slot(struct fake_xen *x, unsigned long mfn)
{
	unsigned long i = fake_index(x, mfn);
	const u8 *byte = x->slot;
	unsigned int k;

	if (!fake_may_do(x, FAKE_TEMP_MAP, 1)) {
		x->slot_stuck |= mfn == FAKE_NO_PFN;
		return -EINVAL;
	}
	x->slot_stuck = false;
	if (x->slot_used) {
		/* It was written to what is there until now. */
		if (fake_owns(x, x->slot_mfn))
			memcpy(x->content[fake_index(x, x->slot_mfn)], x->slot,
			       XEN_LAYOUT_PAGE_SIZE);
	} else {
		/* It must not be written to an empty slot. */
		for (k = 0; k < XEN_LAYOUT_PAGE_SIZE; k++)
			if (byte[k] != FAKE_POISON)
				break;
		x->misuse += k < XEN_LAYOUT_PAGE_SIZE;
	}
	x->slot_used = false;
	memset(x->slot, FAKE_POISON, XEN_LAYOUT_PAGE_SIZE);
	if (mfn == FAKE_NO_PFN)
		return 0;
	if (!fake_owns(x, mfn)) {
		x->misuse++;
		return -EPERM;
	}
	if (fake_is_bad(x, FAKE_TEMP_MAP, mfn))
		return -EINVAL;
	if (!x->content[i])
		x->content[i] = kmalloc_array(1, XEN_LAYOUT_PAGE_SIZE,
					      GFP_KERNEL);
	if (!x->content[i])
		return -ENOMEM;
	memcpy(x->slot, x->content[i], XEN_LAYOUT_PAGE_SIZE);
	x->slot_mfn = mfn;
	x->slot_used = true;

	return 0;
}

/* --- what the executor asks for ---------------------------------------------------- */

static void fake_read_list(unsigned long pfn, unsigned long nr,
			   unsigned long *mfns)
{
	if (pfn <= fake->nr_mfns && nr <= fake->nr_mfns - pfn)
		memcpy(mfns, fake->list + pfn, nr * sizeof(*mfns));
	else
		fake->misuse++;
}

static void fake_identity(unsigned long start, unsigned long end)
{
	unsigned long pfn;

	fake->misuse += start < fake->list_end || start >= end;
	fake->list_end = end;
	for (pfn = start; pfn < min(end, fake->nr_mfns); pfn++)
		fake->list[pfn] = IDENTITY_FRAME(pfn);
}

static int fake_set_mfns(unsigned long pfn, unsigned long nr,
			 const unsigned long *mfns)
{
	return xen_p2m_load(fake->tree, pfn, pfn + nr, mfns);
}

static int fake_set_missing(unsigned long pfn, unsigned long nr)
{
	if (fake->missing_fails)
		return -ENOMEM;

	return xen_p2m_set_range(fake->tree, pfn, pfn + nr, XEN_P2M_MISSING, 0);
}

/* Each PFN is called one of both, once, and in ascending order. */
static inline void fake_account(u8 *what, unsigned long pfn, unsigned long nr)
{
	if (!nr || pfn < fake->account_end || pfn + nr > fake->nr_ptes) {
		fake->misuse++;
		return;
	}
	memset(what + pfn, 1, nr);
	fake->account_end = pfn + nr;
}

static void fake_set_ready(unsigned long pfn, unsigned long nr)
{
	fake_account(fake->ready, pfn, nr);
}

static void fake_set_extra(unsigned long pfn, unsigned long nr)
{
	fake_account(fake->extra, pfn, nr);
}

static void fake_released(unsigned long nr)
{
	fake->reported += nr;
}

static u64 fake_pte_address(unsigned long pfn)
{
	if (pfn >= fake->nr_ptes || pfn >> 9 == fake->no_ptes >> 9)
		return 0;

	return FAKE_TABLES + pfn * sizeof(u64);
}

static u64 fake_pte_value(unsigned long mfn)
{
	return ((u64)mfn << 12) | FAKE_PTE_FLAGS;
}

static int fake_apply_update(struct xen_apply_update *updates,
			     unsigned int nr, int *done)
{
	return fake_mmu_update(fake, updates, nr, done, FAKE_DOMID_SELF);
}

/*
 * What x86 does in three hypercalls: a page is made read-only and pinned, which may
 * fail; it takes the place of another; that one is unpinned and writable again.
 */
static bool fake_map_table(unsigned long pfn, const unsigned long *mfns)
{
	struct fake_xen *x = fake;
	unsigned int i;

	if (pfn % XEN_APPLY_PTES || pfn + XEN_APPLY_PTES > x->nr_ptes) {
		x->misuse++;
		return false;
	}
	if (!fake_may_do(x, FAKE_UPDATE, 1))
		return false;
	for (i = 0; i < XEN_APPLY_PTES; i++) {
		/* What is mapped there would be forgotten. */
		x->misuse += !!x->pte[pfn + i];
		if (fake_is_bad(x, FAKE_UPDATE, mfns[i]))
			return false;
	}
	for (i = 0; i < XEN_APPLY_PTES; i++)
		fake_set_pte(x, FAKE_TABLES + (pfn + i) * sizeof(u64),
			     fake_pte_value(mfns[i]));
	x->calls += 2;
	x->tables++;

	return true;
}

static long fake_decrease(const unsigned long *mfns, unsigned long nr)
{
	struct fake_memory_reservation r = {
		.extent_start = (unsigned long *)mfns,
		.nr_extents = nr,
		.domid = FAKE_DOMID_SELF,
	};

	return fake_memory_op(fake, FAKE_XENMEM_decrease_reservation, &r);
}

static void *fake_temp_map(unsigned long mfn)
{
	bool failed = fake_map_slot(fake, mfn);

	fake->failed_maps = failed ? fake->failed_maps + 1 : 0;
	fake->failed_twice |= fake->failed_maps == 2;

	return failed ? NULL : fake->slot;
}

/* There is nothing that could be done if that fails; the next one replaces it. */
static void fake_temp_unmap(void)
{
	fake_map_slot(fake, FAKE_NO_PFN);
}

static const struct xen_apply_ops fake_ops = {
	.read_list = fake_read_list,
	.identity = fake_identity,
	.set_mfns = fake_set_mfns,
	.set_missing = fake_set_missing,
	.ready = fake_set_ready,
	.extra = fake_set_extra,
	.pte_address = fake_pte_address,
	.pte_value = fake_pte_value,
	.map_table = fake_map_table,
	.mmu_update = fake_apply_update,
	.decrease = fake_decrease,
	.released = fake_released,
	.temp_map = {
		.map = fake_temp_map,
		.unmap = fake_temp_unmap,
	},
};

#endif /* _XEN_P2M_FAKE_XEN_H */
