/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What scripts/abi compares: the kernel's or this project's name, Xen's name
 *
 * Included by abi.c, once with each side's headers. scripts/abi wants a line for
 * all that the overlay uses.
 */

NUMBER(__HYPERVISOR_mmu_update, __HYPERVISOR_mmu_update)
NUMBER(__HYPERVISOR_memory_op, __HYPERVISOR_memory_op)
NUMBER(__HYPERVISOR_update_va_mapping, __HYPERVISOR_update_va_mapping)
NUMBER(__HYPERVISOR_mmuext_op, __HYPERVISOR_mmuext_op)
NUMBER(FAKE_HYPERVISOR_mmu_update, __HYPERVISOR_mmu_update)
NUMBER(FAKE_HYPERVISOR_memory_op, __HYPERVISOR_memory_op)
NUMBER(FAKE_HYPERVISOR_update_va_mapping, __HYPERVISOR_update_va_mapping)

NUMBER(DOMID_SELF, DOMID_SELF)
NUMBER(FAKE_DOMID_SELF, DOMID_SELF)
SIZE(domid_t, domid_t)
SIZE(xen_pfn_t, xen_pfn_t)

NUMBER(MMU_NORMAL_PT_UPDATE, MMU_NORMAL_PT_UPDATE)
NUMBER(MMU_MACHPHYS_UPDATE, MMU_MACHPHYS_UPDATE)
NUMBER(XEN_APPLY_PTE, MMU_NORMAL_PT_UPDATE)
NUMBER(XEN_APPLY_M2P, MMU_MACHPHYS_UPDATE)
NUMBER(FAKE_MMU_NORMAL_PT_UPDATE, MMU_NORMAL_PT_UPDATE)
NUMBER(FAKE_MMU_MACHPHYS_UPDATE, MMU_MACHPHYS_UPDATE)
SIZE(struct mmu_update, struct mmu_update)
MEMBER(struct mmu_update, ptr, struct mmu_update, ptr)
MEMBER(struct mmu_update, val, struct mmu_update, val)
SIZE(struct xen_apply_update, struct mmu_update)
MEMBER(struct xen_apply_update, ptr, struct mmu_update, ptr)
MEMBER(struct xen_apply_update, val, struct mmu_update, val)
SIZE(struct fake_mmu_update, struct mmu_update)
MEMBER(struct fake_mmu_update, ptr, struct mmu_update, ptr)
MEMBER(struct fake_mmu_update, val, struct mmu_update, val)

NUMBER(UVMF_INVLPG, UVMF_INVLPG)

NUMBER(MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L1_TABLE)
NUMBER(MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE)
NUMBER(MMUEXT_TLB_FLUSH_ALL, MMUEXT_TLB_FLUSH_ALL)
SIZE(struct mmuext_op, struct mmuext_op)
MEMBER(struct mmuext_op, cmd, struct mmuext_op, cmd)
MEMBER(struct mmuext_op, arg1.mfn, struct mmuext_op, arg1.mfn)
MEMBER(struct mmuext_op, arg1.linear_addr, struct mmuext_op, arg1.linear_addr)
MEMBER(struct mmuext_op, arg2.nr_ents, struct mmuext_op, arg2.nr_ents)
MEMBER(struct mmuext_op, arg2.vcpumask, struct mmuext_op, arg2.vcpumask)
MEMBER(struct mmuext_op, arg2.src_mfn, struct mmuext_op, arg2.src_mfn)

NUMBER(XENMEM_decrease_reservation, XENMEM_decrease_reservation)
NUMBER(XENMEM_current_reservation, XENMEM_current_reservation)
NUMBER(XENMEM_maximum_reservation, XENMEM_maximum_reservation)
NUMBER(XENMEM_memory_map, XENMEM_memory_map)
NUMBER(XENMEM_machine_memory_map, XENMEM_machine_memory_map)
NUMBER(FAKE_XENMEM_decrease_reservation, XENMEM_decrease_reservation)

/* Xen gave address_bits a second use and a new name. */
#define RESERVATION(type)							\
	SIZE(type, struct xen_memory_reservation)				\
	MEMBER(type, extent_start, struct xen_memory_reservation, extent_start)	\
	MEMBER(type, nr_extents, struct xen_memory_reservation, nr_extents)	\
	MEMBER(type, extent_order, struct xen_memory_reservation, extent_order)	\
	MEMBER(type, address_bits, struct xen_memory_reservation, mem_flags)	\
	MEMBER(type, domid, struct xen_memory_reservation, domid)
RESERVATION(struct xen_memory_reservation)
RESERVATION(struct fake_memory_reservation)

SIZE(struct xen_memory_map, struct xen_memory_map)
MEMBER(struct xen_memory_map, nr_entries, struct xen_memory_map, nr_entries)
MEMBER(struct xen_memory_map, buffer, struct xen_memory_map, buffer)

NUMBER(SIF_VIRT_P2M_4TOOLS, SIF_VIRT_P2M_4TOOLS)
NUMBER(MAX_GUEST_CMDLINE, MAX_GUEST_CMDLINE)
SIZE(struct start_info, struct start_info)
MEMBER(struct start_info, nr_pages, struct start_info, nr_pages)
MEMBER(struct start_info, flags, struct start_info, flags)
MEMBER(struct start_info, mfn_list, struct start_info, mfn_list)
MEMBER(struct start_info, cmd_line, struct start_info, cmd_line)
MEMBER(struct start_info, first_p2m_pfn, struct start_info, first_p2m_pfn)
MEMBER(struct start_info, nr_p2m_frames, struct start_info, nr_p2m_frames)

SIZE(struct shared_info, struct shared_info)
MEMBER(struct shared_info, arch.max_pfn, struct shared_info, arch.max_pfn)
MEMBER(struct shared_info, arch.pfn_to_mfn_frame_list_list,
       struct shared_info, arch.pfn_to_mfn_frame_list_list)
MEMBER(struct shared_info, arch.p2m_cr3, struct shared_info, arch.p2m_cr3)
MEMBER(struct shared_info, arch.p2m_vaddr, struct shared_info, arch.p2m_vaddr)
MEMBER(struct shared_info, arch.p2m_generation,
       struct shared_info, arch.p2m_generation)
