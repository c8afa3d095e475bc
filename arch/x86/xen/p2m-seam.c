// SPDX-License-Identifier: GPL-2.0
/*
 * How the P2M of a PV domain lies in memory: pages, page tables, hypercalls
 *
 * The other half of asm/xen/p2m-seam.h, which says what is where. Nothing here
 * knows of the tree.
 */

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <asm/pgalloc.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include "xen-ops.h"

#include "seam.h"

void *__ref xen_p2m_page_alloc(void)
{
	if (unlikely(!slab_is_available()))
		return memblock_alloc_raw(PAGE_SIZE, PAGE_SIZE);

	return (void *)__get_free_page(GFP_KERNEL);
}

/* A page goes back to where it is from, whenever that is. */
static void p2m_page_free_rcu(struct rcu_head *head)
{
	struct page *page = container_of(head, struct page, rcu_head);

	if (PageReserved(page))
		free_reserved_page(page);
	else
		__free_page(page);
}

/* Slow lookups follow pointers, so a page stays until they are through. */
void __ref xen_p2m_page_free(void *page)
{
	if (unlikely(!slab_is_available())) {
		memblock_free(page, PAGE_SIZE);
		return;
	}
	call_rcu(&virt_to_page(page)->rcu_head, p2m_page_free_rcu);
}

/* A tree is set up, and given up if that fails, before there is the slab. */
void *__ref xen_p2m_table_alloc(size_t bytes)
{
	return memblock_alloc(bytes, PAGE_SIZE);
}

void __ref xen_p2m_table_free(void *table, size_t bytes)
{
	if (!WARN_ON_ONCE(slab_is_available()))
		memblock_free(table, bytes);
}

static int p2m_alloc_tables(unsigned long list, unsigned long window)
{
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	/* Both are in the vmalloc area, all of whose PGD entries are there. */
	p4d = p4d_offset(pgd_offset_k(list), list);
	pud = pud_alloc(&init_mm, p4d, list);
	if (!pud || !pmd_alloc(&init_mm, pud, list))
		return -ENOMEM;

	p4d = p4d_offset(pgd_offset_k(window), window);
	pud = pud_alloc(&init_mm, p4d, window);
	pmd = pud ? pmd_alloc(&init_mm, pud, window) : NULL;

	return pmd && pte_alloc_kernel(pmd, window) ? 0 : -ENOMEM;
}

/*
 * Have page tables for @nr tops in the list, but for the mid level, and in the
 * window. List and window are aligned such that one page of PMD entries of the
 * former and one of PTEs of the latter are for the same tops.
 *
 * May run concurrently: *_alloc() does nothing where there is a table already.
 */
int __ref xen_p2m_reach(struct xen_p2m_seam *s, unsigned long nr)
{
	unsigned long top;

	for (top = READ_ONCE(s->reached); top < nr; top += PTRS_PER_PMD) {
		unsigned long list, window;

		list = (unsigned long)(s->list + (top << XEN_P2M_TOP_SHIFT));
		window = (unsigned long)(s->window + top * PTRS_PER_PTE);
		if (unlikely(!slab_is_available())) {
			populate_extra_pmd(list);
			populate_extra_pte(window);
		} else if (p2m_alloc_tables(list, window)) {
			return -ENOMEM;
		}
	}
	if (READ_ONCE(s->reached) < top)
		WRITE_ONCE(s->reached, top);

	return 0;
}

/* The pages of PMD entries are there since xen_p2m_reach(). */
static void p2m_map_top(struct xen_p2m_seam *s, unsigned long top)
{
	unsigned long *first = s->list + (top << XEN_P2M_TOP_SHIFT);

	set_pmd(lookup_pmd_address((unsigned long)first),
		__pmd(__pa(seam_top(s, top)) | _KERNPG_TABLE));
}

/* Map @mid at @top of the window; NULL unmaps what is there. */
void xen_p2m_window_set(struct xen_p2m_seam *s, unsigned long top,
			struct xen_p2m_mid *mid)
{
	pte_t *first = s->window + top * PTRS_PER_PTE;
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)first, &level);

	set_pte(pte, mid ? pfn_pte(PFN_DOWN(__pa(mid)), PAGE_KERNEL_RO) :
			   __pte(0));
}

/*
 * Make what waits for the end of a lazy MMU mode happen now. This CPU's batch
 * must stay this CPU's until then: a lock that can be preempted under PREEMPT_RT
 * is not enough.
 */
static void p2m_flush_batch(void)
{
	/* Under PREEMPT_RT a spinlock_t would leave preemption on. */
	static_assert(__same_type(((struct xen_p2m_seam *)NULL)->lock, raw_spinlock_t));
	lockdep_assert_preemption_disabled();
	xen_mc_flush();
}

/* Extend the list, and the window with it, to include @top. */
static void p2m_map_up_to(struct xen_p2m_seam *s, unsigned long top)
{
	for (; s->mapped <= top; s->mapped++) {
		p2m_map_top(s, s->mapped);
		if (s->window_used)
			xen_p2m_window_set(s, s->mapped,
					   seam_top(s, s->mapped));
	}
	p2m_flush_batch();
	smp_wmb();	/* What is below the new end can be read. */
	WRITE_ONCE(xen_p2m_size, s->mapped << XEN_P2M_TOP_SHIFT);
	WRITE_ONCE(xen_max_p2m_pfn, xen_p2m_size);
}

void xen_p2m_top_set(struct xen_p2m_seam *s, unsigned long top,
		     struct xen_p2m_mid *mid)
{
	/* Pairs with seam_top(). */
	smp_store_release(&s->tops[top], mid);
	s->used = max(s->used, top + 1);
	if (!s->live)
		return;
	if (top < s->mapped)
		p2m_map_top(s, top);
	else if (mid != s->identity)
		p2m_map_up_to(s, top);
}

/* A hypercall, so it reaches all vCPUs with the lock held, too. */
void xen_p2m_flush(struct xen_p2m_seam *s)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };

	p2m_flush_batch();
	WARN_ON_ONCE(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF));
}

static void __init p2m_pin(struct xen_p2m_mid *mid)
{
	paravirt_alloc_pte(&init_mm, PFN_DOWN(__pa(mid)));
}

/*
 * Pages which no PMD entry refers to are page tables to Xen only if they are
 * pinned. The shared ones have to be at any time: after a restore their MFNs are
 * other ones.
 */
static void __init p2m_pin_shared(struct xen_p2m_mid *mid)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_PIN_L1_TABLE,
		.arg1.mfn = virt_to_mfn(mid),
	};

	p2m_pin(mid);
	/* xen_alloc_pte() has pinned it. */
	if (IS_ENABLED(CONFIG_SPLIT_PTE_PTLOCKS))
		return;
	if (HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF))
		panic("Failed to pin a page of the P2M\n");
}

/**
 * xen_p2m_seam_go_live() - make page tables of the mid pages
 * @s: what a tree was built on
 * @missing: the mid page of top slots all of whose PFNs are missing
 * @list: where the linear list is to be
 * @window: where the window is to be
 *
 * Context: boot only. Lookups read the list from then on.
 */
void __init xen_p2m_seam_go_live(struct xen_p2m_seam *s,
				 struct xen_p2m_mid *missing,
				 unsigned long *list, pte_t *window)
{
	unsigned long top, nr = 0;

	s->list = list;
	s->window = window;
	p2m_pin_shared(missing);
	p2m_pin_shared(s->identity);
	for (top = 0; top < s->used; top++) {
		struct xen_p2m_mid *mid = seam_top(s, top);

		if (mid == s->identity)
			continue;
		if (mid != missing)
			p2m_pin(mid);
		nr = top + 1;
	}
	xen_p2m_reach(s, nr);
	while (s->mapped < nr)
		p2m_map_top(s, s->mapped++);
	xen_p2m_flush(s);

	xen_p2m_addr = list;
	xen_p2m_size = s->mapped << XEN_P2M_TOP_SHIFT;
	xen_max_p2m_pfn = xen_p2m_size;
	s->live = true;
}
