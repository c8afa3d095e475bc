/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pieces of balloon.c, mem-reservation.c and grant-table.c see of kernel and
 * Xen: pages, a P2M, the kernel's mapping, and a hypervisor that has MFNs. Page
 * tables are not needed: a PTE is the MFN that it leads to, 0 for none.
 */
#ifndef _BALLOON_STUB_H
#define _BALLOON_STUB_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/types.h>

typedef unsigned long xen_pfn_t;
typedef u64 dma_addr_t;
typedef u16 domid_t;
typedef unsigned int gfp_t;

#define CONFIG_XEN_HAVE_PVMMU	1
#define EXPORT_SYMBOL_GPL(s)
#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define XEN_PAGE_SIZE		PAGE_SIZE
#define XEN_PFN_PER_PAGE	1
#define P2M_PER_PAGE		512UL
#define INVALID_P2M_ENTRY	(~0UL)
#define __GFP_NOWARN		0
#define GFP_USER		0
#define PAGE_KERNEL		0
#define DOMID_SELF		0x7ff0U
#define XENFEAT_auto_translated_physmap	2
#define fls(n)			((n) ? 32 - __builtin_clz(n) : 0)

#undef BUG_ON
#define BUG_ON(c)		do { if (c) bug(#c); } while (0)
#undef BUILD_BUG_ON
#define BUILD_BUG_ON(c)		_Static_assert(!(c), #c)
#undef WARN_ONCE
#define WARN_ONCE(c, ...)	({ bool w_ = (c); warnings += w_; w_; })
#undef pr_warn
#define pr_warn(...)		((void)0)
#undef pr_warn_once
#define pr_warn_once(...)	((void)0)
#undef pr_debug
#define pr_debug(...)		((void)0)

extern unsigned long warnings;
void __noreturn bug(const char *what);

/* --- lists, as far as they are used ------------------------------------------- */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(l)		struct list_head l = { &(l), &(l) }
#define list_entry(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define list_empty(l)		((l)->next == (l))
#define list_first_entry_or_null(l, t, m) \
	(list_empty(l) ? NULL : list_entry((l)->next, t, m))
#define list_for_each_entry_safe(p, n, l, m) \
	for (p = list_entry((l)->next, typeof(*p), m); \
	     &p->m != (l) && (n = list_entry(p->m.next, typeof(*p), m), 1); \
	     p = n)

static inline void list_add(struct list_head *new, struct list_head *head)
{
	new->next = head->next;
	new->prev = head;
	head->next->prev = new;
	head->next = new;
}

static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	list_add(new, head->prev);
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

/* --- pages --------------------------------------------------------------------- */

#define NR_PFNS			(8 * P2M_PER_PAGE)

/* USED: the page allocator's or of those who got it there */
enum owner { USED, BALLOON, BUFFER };

struct page {
	struct list_head lru;
	enum owner owner;
};

extern struct page mem_map[NR_PFNS];

struct balloon_stats {
	unsigned long current_pages, target_pages, target_unpopulated;
	unsigned long balloon_low, balloon_high;
};

struct device;

struct gnttab_dma_alloc_args {
	struct device *dev;
	bool coherent;
	int nr_pages;
	struct page **pages;
	xen_pfn_t *frames;
	void *vaddr;
	dma_addr_t dev_bus_addr;
};

#define page_to_pfn(p)		((unsigned long)((p) - mem_map))
#define pfn_to_page(n)		(mem_map + (n))
#define page_to_xen_pfn(p)	page_to_pfn(p)
#define __phys_to_pfn(a)	((a) >> PAGE_SHIFT)
#define __va(a)			((uintptr_t)(a))
#define PageHighMem(p)		false
#define PageOffline(p)		false
#define __SetPageOffline(p)	((void)0)
#define __ClearPageOffline(p)	((void)0)
#define inc_node_page_state(p, i)	((void)0)
#define dec_node_page_state(p, i)	((void)0)
#define wake_up(q)		((void)0)
#define clear_highpage(p)	((void)0)
#define mutex_lock(l)		((void)0)
#define mutex_unlock(l)		((void)0)
#define adjust_managed_page_count(p, n)	((void)0)
#define kmap_flush_unused()	((void)0)
#define flush_tlb_all()		((void)0)
#define wait_event_interruptible(q, c)	0
#define reserve_additional_memory()	(bug("memory is added"), BP_ECANCELED)
#define current_credit()	0L
#define xen_feature(f)		0
#define xen_pv_domain()		true
#define mfn_pte(mfn, prot)	(mfn)
#define __pte_ma(v)		(v)
#define gnttab_pages_clear_private(nr, pages)	((void)0)
#define gnttab_pages_set_private(nr, pages)	0
#define dma_alloc_wc		dma_alloc_coherent
#define dma_free_wc		dma_free_coherent

int gnttab_dma_free_pages(struct gnttab_dma_alloc_args *args);
void xen_free_ballooned_pages(unsigned int nr_pages, struct page **pages);
void free_reserved_page(struct page *page);
struct page *alloc_page(unsigned int gfp);
unsigned long si_mem_available(void);
unsigned long xen_page_to_gfn(struct page *page);
void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *bus,
			 unsigned int gfp);
void dma_free_coherent(struct device *dev, size_t size, void *vaddr,
		       dma_addr_t bus);

/* --- the P2M, and Xen ------------------------------------------------------------ */

enum { XENMEM_decrease_reservation = 1, XENMEM_populate_physmap = 6 };

struct xen_memory_reservation {
	unsigned int address_bits, extent_order;
	domid_t domid;
	xen_pfn_t *extent_start;
	unsigned long nr_extents;
};

#define set_xen_guest_handle(handle, value)	((handle) = (value))

int xen_alloc_p2m_entry(unsigned long pfn);
bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn);
bool set_phys_to_machine(unsigned long pfn, unsigned long mfn);
int HYPERVISOR_update_va_mapping(uintptr_t va, unsigned long pte, unsigned long flags);
long HYPERVISOR_memory_op(unsigned int cmd, struct xen_memory_reservation *r);

#endif /* _BALLOON_STUB_H */
