// SPDX-License-Identifier: GPL-2.0
/*
 * The P2M of a PV domain, as a tree: from the boot on, when memory can be
 * allocated. Before that p2m.c works on the list Xen made for the start.
 *
 * What a tree is: drivers/xen/p2m/tree.h. How it lies in memory:
 * asm/xen/p2m-seam.h and p2m-seam.c.
 */

#include <linux/export.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/vmalloc.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/xen.h>

#include "xen-ops.h"

#include "internal.h"

#ifdef CONFIG_XEN_MEMORY_HOTPLUG_LIMIT
#define P2M_LIMIT CONFIG_XEN_MEMORY_HOTPLUG_LIMIT
#else
#define P2M_LIMIT 0
#endif

static struct xen_p2m_tree p2m __read_mostly;
static struct vm_struct p2m_list_area, p2m_window_area;

/* --- boot ------------------------------------------------------------------- */

/* PFNs of Xen's list whose leaves are pages of the list */
static unsigned long p2m_adopted __initdata;

/* First PFN after those from @pfn on with entries of the same type */
static unsigned long __init p2m_run_end(const unsigned long *list,
					unsigned long pfn, unsigned long end)
{
	enum xen_p2m_type type = xen_p2m_entry_type(list[pfn]);

	while (pfn < end && xen_p2m_entry_type(list[pfn]) == type)
		pfn++;

	return pfn;
}

static int __init p2m_copy_run(const unsigned long *list, unsigned long pfn,
			       unsigned long end)
{
	switch (xen_p2m_entry_type(list[pfn])) {
	case XEN_P2M_MFN:
	case XEN_P2M_FOREIGN:
		return xen_p2m_load(&p2m, pfn, end, list + pfn);
	case XEN_P2M_MISSING:
		return xen_p2m_set_range(&p2m, pfn, end, XEN_P2M_MISSING, 0);
	case XEN_P2M_IDENTITY:
		break;
	}

	return 0;
}

/*
 * The page of the list as the kernel maps all memory. The list has a mapping of
 * its own, made by Xen and to be taken down. Where that uses large pages only
 * their MFNs are aligned, and their PFNs need not be.
 */
static unsigned long *__init p2m_list_leaf(const unsigned long *list,
					   unsigned long pfn)
{
	unsigned long addr = (unsigned long)(list + pfn);
	unsigned int level;
	pte_t *pte = lookup_address(addr, &level);
	phys_addr_t offset = addr & (page_level_size(level) - 1);

	return __va((pte_val(*pte) & PTE_PFN_MASK) + offset);
}

/*
 * Take over the list which served so far; all else is identity. What starts
 * with an MFN becomes a leaf as it is, if it can be one. But for the last leaf
 * if it is in the list in part: extra memory may be in its rest, and up to
 * xen_p2m_keep_leaves() the kernel maps the pages of the list read-only.
 */
static int __init p2m_take_over(const unsigned long *list, unsigned long size)
{
	unsigned long pfn, end, leaf_end;
	int err = 0;

	for (pfn = 0; !err && pfn < size; pfn = end) {
		leaf_end = p2m_leaf_end(&p2m, pfn);
		end = min(leaf_end, size);
		if (pfn + XEN_P2M_PER_PAGE == leaf_end &&
		    leaf_end <= xen_start_info->nr_pages &&
		    xen_p2m_entry_type(list[pfn]) == XEN_P2M_MFN &&
		    !xen_p2m_adopt(&p2m, pfn, p2m_list_leaf(list, pfn))) {
			p2m_adopted = end;
			continue;
		}
		end = p2m_run_end(list, pfn, end);
		err = p2m_copy_run(list, pfn, end);
	}

	return err;
}

/**
 * xen_p2m_keep_leaves() - keep pages of Xen's list which are leaves now
 *
 * To be called when the list has been given back to memblock, before anything
 * is allocated there.
 *
 * Context: boot only.
 */
void __init xen_p2m_keep_leaves(void)
{
	phys_addr_t start = 0, end = 0;
	unsigned long pfn;

	for (pfn = 0; pfn < p2m_adopted; pfn = p2m_leaf_end(&p2m, pfn)) {
		unsigned long *leaf = p2m_leaf(&p2m, pfn);

		if (!p2m_leaf_is_private(&p2m, leaf))
			continue;
		if (__pa(leaf) != end) {
			memblock_reserve(start, end - start);
			start = __pa(leaf);
		}
		end = __pa(leaf) + PAGE_SIZE;
	}
	memblock_reserve(start, end - start);
}

/*
 * Xen's toolstack saves a domain while it runs, and gives up if the structure of
 * its P2M changes. So what a domU may grow into has its leaves from the start.
 */
static void __init p2m_prepare_growth(void)
{
	struct xen_p2m_extent ext = { };

	while (xen_p2m_next_extent(&p2m, &ext, p2m.limit))
		if (ext.type == XEN_P2M_MISSING &&
		    xen_p2m_split(&p2m, ext.pfn, ext.pfn + ext.nr))
			pr_warn("xen/p2m: no memory for the P2M of PFNs %#lx to %#lx: a live migration fails while this domain grows into them\n",
				ext.pfn, ext.pfn + ext.nr - 1);
}

/**
 * xen_vmalloc_p2m_tree() - build the tree from the list that served so far
 *
 * Nobody uses it before xen_p2m_go_live().
 *
 * Context: boot only.
 */
void __init xen_vmalloc_p2m_tree(void)
{
	struct vm_struct *vm = &p2m_list_area, *window = &p2m_window_area;
	unsigned long p2m_limit;

	p2m_limit = (phys_addr_t)P2M_LIMIT * 1024 * 1024 * 1024 / PAGE_SIZE;
	vm->flags = VM_ALLOC;
	vm->size = ALIGN(sizeof(unsigned long) * max(xen_max_p2m_pfn, p2m_limit),
			 PMD_SIZE);
	vm_area_register_early(vm, PUD_SIZE);
	window->flags = VM_ALLOC;
	window->size = vm->size / PTRS_PER_PMD;
	vm_area_register_early(window, PMD_SIZE);
	pr_notice("p2m virtual area at %p, size is %lx\n", vm->addr, vm->size);

	/*
	 * The rest of the last leaf is like what follows it. A domU keeps
	 * it missing: it may be given memory there.
	 */
	if (xen_initial_domain())
		set_phys_range_identity(xen_start_info->nr_pages, xen_p2m_size);

	if (xen_p2m_tree_init(&p2m, vm->size / sizeof(unsigned long),
			      XEN_P2M_SHIFT,
			      XEN_P2M_IDENTITY_FIRST |
			      (xen_initial_domain() ? 0 : XEN_P2M_TOOLS)) ||
	    p2m_take_over(xen_p2m_addr, xen_p2m_size))
		panic("Failed to build the P2M\n");
}

/**
 * xen_p2m_go_live() - let lookups use the tree
 *
 * Context: boot only, after xen_vmalloc_p2m_tree(), and when all is missing that
 * has no pages yet.
 */
void __init xen_p2m_go_live(void)
{
	if (!xen_initial_domain())
		p2m_prepare_growth();

	xen_p2m_seam_go_live(&p2m.seam, p2m.mid_missing, p2m_list_area.addr,
			     p2m_window_area.addr);
	if (xen_p2m_window_open(&p2m))
		panic("Failed to build the P2M\n");
}

/* --- the toolstack ----------------------------------------------------------- */

/*
 * At boot, and after each resume from within stop_machine(), when MFNs have
 * changed.
 */
void xen_build_mfn_list_list(void)
{
	xen_p2m_renumber(&p2m);
	if (p2m.frame_list.top || xen_start_info->flags & SIF_VIRT_P2M_4TOOLS)
		return;
	if (xen_p2m_frame_list_attach(&p2m))
		panic("Failed to build the P2M for Xen's toolstack\n");
}

void xen_setup_mfn_list_list(void)
{
	WARN_ON(HYPERVISOR_shared_info == &xen_dummy_shared_info);

	if (xen_start_info->flags & SIF_VIRT_P2M_4TOOLS)
		HYPERVISOR_shared_info->arch.pfn_to_mfn_frame_list_list = ~0UL;
	else
		HYPERVISOR_shared_info->arch.pfn_to_mfn_frame_list_list =
			virt_to_mfn(p2m.frame_list.top);
	HYPERVISOR_shared_info->arch.max_pfn = p2m.tools_end;
	HYPERVISOR_shared_info->arch.p2m_generation = 0;
	HYPERVISOR_shared_info->arch.p2m_vaddr = (unsigned long)xen_p2m_addr;
	HYPERVISOR_shared_info->arch.p2m_cr3 =
		xen_pfn_to_cr3(virt_to_mfn(swapper_pg_dir));
}

/* --- lookup and change ------------------------------------------------------- */

unsigned long get_phys_to_machine(unsigned long pfn)
{
	if (likely(p2m.seam.live))
		return xen_p2m_lookup(&p2m, pfn);
	if (pfn < xen_p2m_size)
		return xen_p2m_addr[pfn];
	if (pfn < xen_max_p2m_pfn)
		return xen_chk_extra_mem(pfn);

	return IDENTITY_FRAME(pfn);
}
EXPORT_SYMBOL_GPL(get_phys_to_machine);

/* Make setting @pfn possible without allocating memory. */
int xen_alloc_p2m_entry(unsigned long pfn)
{
	return xen_p2m_split(&p2m, pfn, pfn + 1);
}
EXPORT_SYMBOL(xen_alloc_p2m_entry);

bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (likely(p2m.seam.live))
		return xen_p2m_try_set(&p2m, pfn, mfn);

	/* There is no entry beyond the end of Xen's list to store anything else in. */
	if (pfn >= xen_p2m_size)
		return mfn == INVALID_P2M_ENTRY;
	xen_p2m_addr[pfn] = mfn;

	return true;
}

bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (likely(__set_phys_to_machine(pfn, mfn)))
		return true;

	return p2m.seam.live && !xen_p2m_set(&p2m, pfn, mfn);
}

/**
 * set_phys_range() - make PFNs missing or identity
 * @pfn: first PFN
 * @nr: number of PFNs
 * @type: XEN_P2M_MISSING or XEN_P2M_IDENTITY
 *
 * Whole leaves cost no memory. Nobody may be about to set any of the PFNs.
 *
 * Context: may sleep.
 * Return: 0. -ERANGE for PFNs that the P2M does not cover: it ends at
 * CONFIG_XEN_MEMORY_HOTPLUG_LIMIT or the end of the memory map, whichever is
 * higher. -ENOMEM, -EINVAL or -ENOSPC. Nothing is changed after an error.
 */
int set_phys_range(unsigned long pfn, unsigned long nr, enum xen_p2m_type type)
{
	if (type != XEN_P2M_MISSING && type != XEN_P2M_IDENTITY)
		return -EINVAL;

	return xen_p2m_set_range(&p2m, pfn, pfn + nr, type, 0);
}

/**
 * set_phys_mfns() - give MFNs to PFNs of RAM
 * @pfn: first PFN
 * @nr: number of PFNs
 * @mfns: an MFN of the domain for each of them
 *
 * Context: may sleep.
 * Return: 0 or an error; nothing is changed then.
 */
int set_phys_mfns(unsigned long pfn, unsigned long nr,
		  const unsigned long *mfns)
{
	return xen_p2m_load(&p2m, pfn, pfn + nr, mfns);
}

/**
 * xen_p2m_phys_tree() - the P2M of this domain
 *
 * Context: any.
 * Return: the tree.
 */
struct xen_p2m_tree *xen_p2m_phys_tree(void)
{
	return &p2m;
}
