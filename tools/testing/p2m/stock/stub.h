/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stock's setup.c, and some functions of other files, see of the kernel.
 * All headers that they include are empty ones, but for those beside this.
 */
#ifndef _STOCK_STUB_H
#define _STOCK_STUB_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "stock.h"

typedef u64 phys_addr_t;
typedef uint16_t u16;
typedef u32 __u32;
typedef u16 domid_t;

#define __init
#define __initdata
#define __ref
#define __refdata
#define __ro_after_init
#define __aligned(n)		__attribute__((aligned(n)))
#define EXPORT_SYMBOL(s)
#define EXPORT_SYMBOL_GPL(s)
#define EXPORT_SYMBOL_FOR_KVM(s)
#define likely(x)		(x)

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PAGE_ALIGN_DOWN(a)	((a) & ~(phys_addr_t)(PAGE_SIZE - 1))
#define PAGE_ALIGN(a)		PAGE_ALIGN_DOWN((a) + PAGE_SIZE - 1)
#define PFN_ALIGN(a)		PAGE_ALIGN(a)
#define PFN_UP(a)		(((a) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(a)		((a) >> PAGE_SHIFT)
#define PFN_PHYS(pfn)		((phys_addr_t)(pfn) << PAGE_SHIFT)
#define MAXMEM			(stock_in->max_pfns << PAGE_SHIFT)
#define min3(a, b, c)		min(min(a, b), c)

#define BUG()			stock_die(__func__)
#define BUG_ON(c)		do { if (c) stock_die("BUG_ON(" #c ")"); } while (0)
#define panic(...)		stock_die("panic")
#define WARN_ON(c)		(stock_now->warnings += !!(c))
#define WARN(c, ...)		WARN_ON(c)
#define printk(...)		do { } while (0)
#define pr_info(...)		do { } while (0)
#define pr_warn(...)		do { } while (0)
#define pr_cont(...)		do { } while (0)
#define pr_err(...)		do { } while (0)

/* The widths and limits of Debian's configuration */
#define E820_MAX_ENTRIES_ZEROPAGE	128
#define MAX_NUMNODES			1024
#define CONFIG_ISCSI_IBFT_FIND		1
/* An empty entry says nothing. */
#define IBFT_START			0x80000
#define IBFT_END			(stock_in->ibft ? 0x100000 : IBFT_START)

#define P2M_PER_PAGE		(PAGE_SIZE / sizeof(unsigned long))
#define INVALID_P2M_ENTRY	(~0UL)
#define IDENTITY_FRAME(pfn)	((pfn) | 1UL << 62)
#define EXTRA_MEM_RATIO		(stock_in->extra_ratio)
#define XEN_EXTRA_MEM_MAX_REGIONS	128
#define NR_FIX_BTMAPS		64
#define PAGE_KERNEL		0
#define MMU_MACHPHYS_UPDATE	1
#define DOMID_SELF		0x7ff0U
#define __START_KERNEL_map	0xffffffff80000000UL

enum {
	XENMEM_decrease_reservation,
	XENMEM_maximum_reservation,
	XENMEM_memory_map,
	XENMEM_machine_memory_map,
};

struct xen_memory_region {
	unsigned long start_pfn;
	unsigned long n_pfns;
};

struct xen_memory_map {
	unsigned int nr_entries;
	void *buffer;
};

struct xen_memory_reservation {
	unsigned int address_bits, extent_order;
	domid_t domid;
	unsigned long *extent_start;
	unsigned long nr_extents;
};

struct mmu_update {
	u64 ptr, val;
};

struct start_info {
	const char *cmd_line;
	unsigned long nr_pages, mfn_list, first_p2m_pfn, nr_p2m_frames;
	char more[STOCK_START_INFO - 5 * sizeof(long)];
};

struct boot_params {
	struct {
		u64 ramdisk_image, ramdisk_size;
	} hdr;
	u32 ext_ramdisk_image;
};

extern const struct xen_layout_input *stock_in;
extern struct stock *stock_now;
extern struct start_info *xen_start_info;
extern struct boot_params boot_params;
extern struct xen_memory_region xen_extra_mem[XEN_EXTRA_MEM_MAX_REGIONS];
extern unsigned long xen_max_p2m_pfn, xen_released_pages, max_pfn_mapped;

void stock_die(const char *why) __attribute__((noreturn));
void xen_raw_console_write(const char *text);
void memblock_reserve(phys_addr_t start, phys_addr_t size);
void memblock_phys_free(phys_addr_t start, phys_addr_t size);
bool memblock_is_reserved(phys_addr_t addr);
unsigned long pfn_to_mfn(unsigned long pfn);
unsigned long mfn_to_pfn(unsigned long mfn);
void set_pte_mfn(unsigned long va, unsigned long mfn, int prot);
unsigned long set_phys_range_identity(unsigned long start, unsigned long end);
void xen_pt_check_e820(void);
void xen_relocate_p2m(void);
long HYPERVISOR_memory_op(unsigned int cmd, void *arg);
int HYPERVISOR_mmu_update(struct mmu_update *update, int nr, void *done,
			  domid_t domid);
void *early_memremap(phys_addr_t addr, unsigned long size);
phys_addr_t xen_find_free_area(phys_addr_t size);
#ifndef STOCK_IS_6_1
void xen_add_extra_mem(unsigned long start_pfn, unsigned long n_pfns);
void xen_add_remap_nonram(phys_addr_t maddr, phys_addr_t paddr,
			  unsigned long size);
void xen_do_remap_nonram(void);
#endif
void xen_chk_is_e820_usable(phys_addr_t start, phys_addr_t size,
			    const char *component);

#define __pa_symbol(s)		(s)
#define _text			(stock_in->area[XEN_LAYOUT_KERNEL].addr)
#define _end			(_text + stock_in->area[XEN_LAYOUT_KERNEL].size)
/* Nothing but start info is asked for: the P2M list is not in the kernel's map. */
#define __pa(p)			(stock_in->area[XEN_LAYOUT_START_INFO].addr)
#define __va(a)			(a)
#define virt_to_mfn(p)		0UL
#define mfn_pte(mfn, prot)	0
#define native_make_pte(v)	0
#define early_memunmap(p, n)	do { } while (0)
#define set_phys_to_machine(pfn, mfn)	((void)(pfn), (void)(mfn), true)
#define __set_phys_to_machine(pfn, mfn)	true
#define HYPERVISOR_update_va_mapping(va, pte, flags)	0
#define set_xen_guest_handle(h, p)	((h) = (p))
#define xen_initial_domain()	(stock_in->domain == XEN_LAYOUT_DOM0)
#define kstrtobool(s, val)	1

static inline void stock_sort(void *base, size_t nr, size_t size,
			      int (*cmp)(const void *a, const void *b))
{
	qsort(base, nr, size, cmp);
}
#define sort(base, nr, size, cmp, swap)	stock_sort(base, nr, size, cmp)

#endif /* _STOCK_STUB_H */
