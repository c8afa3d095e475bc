// SPDX-License-Identifier: GPL-2.0
/*
 * What carries out the memory layout (drivers/xen/p2m/apply.c), on the P2M, the page
 * tables and the hypercalls of a PV domain at boot
 *
 * What each of the functions is for: struct xen_apply_ops.
 */

#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/interface/memory.h>
#include <xen/interface/xen.h>
#include <xen/page.h>

#include "memory-apply.h"
#include "xen-ops.h"

/* --- P2M and memblock --------------------------------------------------------- */

static void __init apply_read_list(unsigned long pfn, unsigned long nr,
				   unsigned long *mfns)
{
	memcpy(mfns, xen_p2m_addr + pfn, nr * sizeof(*mfns));
}

static void __init apply_identity(unsigned long start, unsigned long end)
{
	set_phys_range_identity(start, end);
}

static int __init apply_set_missing(unsigned long pfn, unsigned long nr)
{
	return set_phys_range(pfn, nr, XEN_P2M_MISSING);
}

/* Give memblock the PFNs that got a page. */
static void __init apply_ready(unsigned long pfn, unsigned long nr)
{
	memblock_phys_free(PFN_PHYS(pfn), PFN_PHYS(nr));
}

/* The balloon driver starts from what the domain has then. */
static void __init apply_released(unsigned long nr)
{
	xen_released_pages += nr;
}

/* --- hypercalls ----------------------------------------------------------------- */

static int __init apply_mmu_update(struct xen_apply_update *updates,
				   unsigned int nr, int *done)
{
	BUILD_BUG_ON(sizeof(*updates) != sizeof(struct mmu_update));
	BUILD_BUG_ON(offsetof(struct xen_apply_update, val) !=
		     offsetof(struct mmu_update, val));
	BUILD_BUG_ON(XEN_APPLY_PTE ^ MMU_NORMAL_PT_UPDATE);
	BUILD_BUG_ON(XEN_APPLY_M2P ^ MMU_MACHPHYS_UPDATE);

	return HYPERVISOR_mmu_update((struct mmu_update *)updates, nr, done,
				     DOMID_SELF);
}

static long __init apply_decrease(const unsigned long *mfns, unsigned long nr)
{
	struct xen_memory_reservation reservation = {
		.nr_extents = nr,
		.domid = DOMID_SELF,
	};

	set_xen_guest_handle(reservation.extent_start, (unsigned long *)mfns);

	return HYPERVISOR_memory_op(XENMEM_decrease_reservation, &reservation);
}

/* --- the temporary mapping -------------------------------------------------------- */

/* Nothing is there while no MFN is mapped. */
static u8 apply_slot[PAGE_SIZE] __initdata __aligned(PAGE_SIZE);

static bool __init apply_map_slot(pte_t pte)
{
	return !HYPERVISOR_update_va_mapping((unsigned long)apply_slot, pte,
					     UVMF_INVLPG);
}

static void *__init apply_temp_map(unsigned long mfn)
{
	return apply_map_slot(mfn_pte(mfn, PAGE_KERNEL)) ? apply_slot : NULL;
}

static void __init apply_temp_unmap(void)
{
	apply_map_slot(native_make_pte(0));
}

/* --- PTEs of the kernel's mapping --------------------------------------------------- */

static u64 __init apply_pte_address(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);

	if (!pte || level != PG_LEVEL_4K)
		return 0;

	return arbitrary_virt_to_machine(pte).maddr;
}

static u64 __init apply_pte_value(unsigned long mfn)
{
	return pte_val_ma(mfn_pte(mfn, PAGE_KERNEL));
}

/* A page for the next table: what the last one replaced, see below */
static pte_t *apply_spare __initdata;

static bool __init apply_multicall(struct multicall_entry *mc, unsigned int nr)
{
	unsigned int i;

	if (HYPERVISOR_multicall(mc, nr))
		return false;
	for (i = 0; i < nr; i++)
		if (mc[i].result)
			return false;

	return true;
}

static void __init apply_protect(struct multicall_entry *mc, pte_t *table,
				 pgprot_t prot)
{
	MULTI_update_va_mapping(mc, (unsigned long)table,
				pfn_pte(PFN_DOWN(__pa(table)), prot), 0);
}

/* Xen looks at all entries of a page once, when it becomes a page table. */
static bool __init apply_make_table(pte_t *table)
{
	struct mmuext_op pin = {
		.cmd = MMUEXT_PIN_L1_TABLE,
		.arg1.mfn = virt_to_mfn(table),
	};
	struct multicall_entry mc[2];

	apply_protect(&mc[0], table, PAGE_KERNEL_RO);
	MULTI_mmuext_op(&mc[1], &pin, 1, NULL, DOMID_SELF);
	if (apply_multicall(mc, ARRAY_SIZE(mc)))
		return true;
	make_lowmem_page_readwrite(table);

	return false;
}

static bool __init apply_set_pmd(pmd_t *pmd, pte_t *table)
{
	struct mmu_update update = {
		.ptr = arbitrary_virt_to_machine(pmd).maddr |
		       MMU_NORMAL_PT_UPDATE,
		.val = pmd_val_ma(__pmd(__pa(table) | _KERNPG_TABLE)),
	};

	return !HYPERVISOR_mmu_update(&update, 1, NULL, DOMID_SELF);
}

/* Unpin @table, make it writable. False: it may neither be written nor freed. */
static bool __init apply_unmake_table(pte_t *table)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_UNPIN_TABLE,
		.arg1.mfn = virt_to_mfn(table),
	};
	struct multicall_entry mc[2];

	MULTI_mmuext_op(&mc[0], &op, 1, NULL, DOMID_SELF);
	apply_protect(&mc[1], table, PAGE_KERNEL);

	return !WARN_ON(!apply_multicall(mc, ARRAY_SIZE(mc)));
}

/*
 * To change a PTE in a page table costs some 700 instructions in Xen. To check a
 * PTE when its page becomes a page table costs a fourth of that.
 */
static bool __init apply_map_table(unsigned long pfn, const unsigned long *mfns)
{
	unsigned long addr = (unsigned long)__va(PFN_PHYS(pfn));
	pmd_t *pmd = lookup_pmd_address(addr);
	pte_t *table = apply_spare, *old;
	unsigned int i;

	if (!pmd || !pmd_present(*pmd) || pmd_leaf(*pmd))
		return false;
	if (!table)
		table = memblock_alloc_raw(PAGE_SIZE, PAGE_SIZE);
	if (!table)
		return false;

	apply_spare = table;
	old = pte_offset_kernel(pmd, addr);
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = mfn_pte(mfns[i], PAGE_KERNEL);
	if (!apply_make_table(table))
		return false;
	if (!apply_set_pmd(pmd, table)) {
		if (!apply_unmake_table(table))
			apply_spare = NULL;
		return false;
	}
	/* xen_alloc_pte_init() has pinned it, like all of the direct map's. */
	apply_spare = apply_unmake_table(old) ? old : NULL;

	return true;
}

/* --- all of it ---------------------------------------------------------------------- */

const struct xen_apply_ops xen_pv_apply_ops __initconst = {
	.read_list = apply_read_list,
	.identity = apply_identity,
	.set_mfns = set_phys_mfns,
	.set_missing = apply_set_missing,
	.ready = apply_ready,
	/* Its PFNs are in memblock.reserved already, like all extra memory. */
	.extra = xen_add_extra_mem,
	.pte_address = apply_pte_address,
	.pte_value = apply_pte_value,
	.map_table = apply_map_table,
	.mmu_update = apply_mmu_update,
	.decrease = apply_decrease,
	.released = apply_released,
	.temp_map = {
		.map = apply_temp_map,
		.unmap = apply_temp_unmap,
	},
};

/**
 * xen_pv_apply_done() - give back what xen_pv_apply_ops needed
 *
 * Context: boot only, after xen_apply_finish().
 */
void __init xen_pv_apply_done(void)
{
	/* The slot's page is freed with the init data, so map it again. */
	apply_map_slot(mfn_pte(virt_to_mfn(apply_slot), PAGE_KERNEL));
	if (apply_spare)
		memblock_free(apply_spare, PAGE_SIZE);
}
