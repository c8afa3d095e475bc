/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seam of the executor: a Xen that does what it is asked for, and counts
 *
 * apply.c includes this by name. What the functions do is in execute.c.
 */
#ifndef _XEN_P2M_TOOL_FAKE_XEN_H
#define _XEN_P2M_TOOL_FAKE_XEN_H

unsigned long apply_list_mfn(unsigned long pfn);
void apply_list_identity(unsigned long start, unsigned long end);
int apply_tree_frames(unsigned long pfn, unsigned long nr,
		      const unsigned long *mfns);
int apply_tree_missing(unsigned long pfn, unsigned long nr);
u64 apply_pte_machine(unsigned long pfn);
u64 apply_pte_value(unsigned long mfn);
bool apply_map_table(unsigned long pfn, const unsigned long *mfns);
int apply_mmu_update(struct xen_apply_update *update, unsigned int nr,
		     int *done);
void apply_ready(unsigned long pfn, unsigned long nr);
void apply_extra(unsigned long pfn, unsigned long nr);
void apply_released(unsigned long nr);
long apply_decrease(const unsigned long *mfns, unsigned long nr);
void *apply_frame_map(unsigned long mfn);
void apply_frame_unmap(void);

#endif /* _XEN_P2M_TOOL_FAKE_XEN_H */
