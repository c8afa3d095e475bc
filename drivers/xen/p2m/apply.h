/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_APPLY_H
#define _XEN_P2M_APPLY_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "layout.h"
#include "temp-map.h"

/**
 * DOC: The executor
 *
 * Carries out what the planner planned, in two steps:
 *
 * * xen_apply_prepare(), early, while the P2M is Xen's list and nothing can be
 *   allocated: the MFNs of pages that move are written down in these pages, pages
 *   to release are released, and the list gets its identity ranges.
 * * xen_apply_finish(), when the P2M is a tree: the pages go to their new PFNs.
 *
 * In between a page that moves has no PFN. What is known of it is in a *chunk*:
 * up to XEN_APPLY_CHUNK MFNs of neighbouring PFNs, in the first of these pages.
 * A chunk names the next one, so that one MFN leads to all, in ascending order.
 *
 * Nothing that fails stops the rest. A page that cannot get to its PFN is given
 * back to Xen; if Xen does not take it, it is lost. Each page handed over for a
 * range is one of: remapped, released, lost.
 */

/* Entries of a page of PTEs */
#define XEN_APPLY_PTES		512UL
/* MFNs in a chunk: a page, less what describes them */
#define XEN_APPLY_CHUNK		509UL
/* MFNs gathered for the tree, four chunks */
#define XEN_APPLY_RUN		(4 * XEN_APPLY_CHUNK)
/* Updates in a hypercall */
#define XEN_APPLY_BATCH		1024UL
/* Extents in a hypercall */
#define XEN_APPLY_EXTENTS	512UL
/* Ends the list of chunks */
#define XEN_APPLY_NO_MFN	(~0UL)

/* Kinds of updates, as in Xen's public headers */
#define XEN_APPLY_PTE		0U	/* MMU_NORMAL_PT_UPDATE */
#define XEN_APPLY_M2P		1U	/* MMU_MACHPHYS_UPDATE */

/**
 * struct xen_apply_update - Xen's struct mmu_update
 * @ptr: machine address of what is updated, its kind in the lowest bits
 * @val: the new contents
 */
struct xen_apply_update {
	u64 ptr;
	u64 val;
};

/**
 * struct xen_apply_ops - what the executor asks of the P2M, of memory and of Xen
 * @read_list: entries of Xen's list from @pfn on, for PFNs below the number of
 *	       pages handed over. Only before there is a tree.
 * @identity: makes PFNs of that list identity. Ranges come in ascending order,
 *	      the last one ends at XEN_LAYOUT_PFNS_END.
 * @set_mfns: sets PFNs of the tree, all missing so far. -ENOMEM changes nothing.
 * @set_missing: takes that back. An error changes nothing.
 * @ready: these PFNs have got their pages, in P2M, M2P and the kernel's mapping,
 *	   and may be used from now on. Ascending, as @extra.
 * @extra: these PFNs get no page: they are extra memory. A PFN for which neither
 *	   is called has an MFN in the P2M that is nowhere else, and stays
 *	   reserved.
 * @pte_address: machine address of the PTE of a PFN in the kernel's mapping of
 *		 all memory, or 0 if there is no page of PTEs for it. It is asked
 *		 once a page of PTEs, for any PFN of it.
 * @pte_value: a PTE of that mapping
 * @map_table: sets all PTEs of one page of them, none of which is present, at
 *	       once. False if they have to be set one by one; nothing is changed
 *	       then.
 * @mmu_update: HYPERVISOR_mmu_update() for DOMID_SELF. On an error \*done, 0
 *		before, says how many were done.
 * @decrease: XENMEM_decrease_reservation, extents of one page; returns how many
 *	      were released, or an error if none was
 * @released: Xen has taken so many pages, the domain has fewer
 * @temp_map: the temporary mapping
 *
 * The executor decides in which order things are done, and what to do if
 * something fails. All is called in the boot, on one CPU, and nothing sleeps.
 */
struct xen_apply_ops {
	void (*read_list)(unsigned long pfn, unsigned long nr,
			  unsigned long *mfns);
	void (*identity)(unsigned long start, unsigned long end);
	int (*set_mfns)(unsigned long pfn, unsigned long nr,
			const unsigned long *mfns);
	int (*set_missing)(unsigned long pfn, unsigned long nr);
	void (*ready)(unsigned long pfn, unsigned long nr);
	void (*extra)(unsigned long pfn, unsigned long nr);
	u64 (*pte_address)(unsigned long pfn);
	u64 (*pte_value)(unsigned long mfn);
	bool (*map_table)(unsigned long pfn, const unsigned long *mfns);
	int (*mmu_update)(struct xen_apply_update *updates, unsigned int nr,
			  int *done);
	long (*decrease)(const unsigned long *mfns, unsigned long nr);
	void (*released)(unsigned long nr);
	struct xen_temp_map_ops temp_map;
};

/**
 * struct xen_apply_chunk - what is in the first page of a chunk
 * @next: MFN of the first page of the next chunk, or XEN_APPLY_NO_MFN
 * @target: PFN that the first page goes to
 * @nr: how many pages
 * @mfn: their MFNs; the first one is that of the page it is in
 */
struct xen_apply_chunk {
	unsigned long next;
	unsigned long target;
	unsigned long nr;
	unsigned long mfn[XEN_APPLY_CHUNK];
};

/**
 * struct xen_apply_tally - what became of the pages of a range
 * @requested: pages of the range, by the plan
 * @remapped: pages at their new PFNs
 * @released: pages given back to Xen
 * @extra: PFNs that a page was to come to and which stay without: extra memory
 * @lost: pages that the domain has and does not know of
 *
 * When all is done @requested is @remapped + @released + @lost. @extra is known
 * then, too.
 */
struct xen_apply_tally {
	unsigned long requested;
	unsigned long remapped;
	unsigned long released;
	unsigned long extra;
	unsigned long lost;
};

/**
 * struct xen_apply - a plan being carried out
 * @plan: the plan; has to be there until xen_apply_finish() is done
 * @ops: what is asked of others; likewise
 * @moves: for each of the plan's moves
 * @releases: for each of the plan's releases
 * @total: sums of these
 * @stale: PTEs of the kernel's mapping that could not be taken away: a page
 *         that was released is lost, one that moved is mapped twice
 * @first: MFN of the first chunk
 * @chunks: the temporary mapping, of chunks
 *
 * Too large for a stack.
 */
struct xen_apply {
	const struct xen_layout *plan;
	const struct xen_apply_ops *ops;
	struct xen_apply_tally moves[XEN_LAYOUT_MAX_MOVES];
	struct xen_apply_tally releases[XEN_LAYOUT_MAX_RELEASES];
	struct xen_apply_tally total;
	unsigned long stale;
	unsigned long first;
	struct xen_temp_map chunks;

	/* private: for the executor at work */
	struct xen_apply_update update[XEN_APPLY_BATCH];
	unsigned long mfn[XEN_APPLY_RUN];
	unsigned long run_pfn;		/* where the run of @mfn goes to */
	unsigned long run_nr;
	unsigned int run_move;		/* which move it belongs to */
	unsigned long next_pfn;		/* all before it are ready, or extra */
};

int __must_check xen_apply_prepare(struct xen_apply *a,
				   const struct xen_layout *plan,
				   const struct xen_apply_ops *ops);
int __must_check xen_apply_finish(struct xen_apply *a);
bool xen_apply_describe(const struct xen_apply *a, unsigned int line, char *buf,
			size_t size);

#endif /* _XEN_P2M_APPLY_H */
