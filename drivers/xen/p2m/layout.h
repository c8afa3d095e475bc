/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_LAYOUT_H
#define _XEN_P2M_LAYOUT_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/types.h>

/**
 * DOC: The planner
 *
 * Xen gives a PV domain its pages at the PFNs 0, 1, 2 and so on. The planner
 * looks at these, at the E820 map and at what Xen has put where, and decides
 * what lies at each PFN from then on. It returns a plan, which is a value. It
 * changes nothing, allocates nothing and prints nothing: who carries the plan
 * out does that, and decides nothing.
 *
 * Ranges are half-open, [start, end), wherever they have a start and an end.
 * PFNs and numbers of pages are unsigned long; addresses are u64, count bytes
 * and are used only where the E820 map or Xen uses them.
 *
 * Afterwards each PFN is one of these:
 *
 * * RAM that stays: backed by its page from the start.
 * * RAM that a page was moved to, away from a PFN which is not RAM.
 * * Extra memory: RAM of the map that the domain may still grow into.
 * * The new place of a region which was in the way of something Xen has put
 *   there. They map the region's MFNs.
 * * Identity: all else, up to the end of the address space.
 *
 * No page gets lost: those handed over are those that stay, those moved and
 * those released.
 *
 * The input is not trusted. Whatever it holds, the planner ends, stays in its
 * tables and returns a plan or an error.
 */

/* KUnit suites run after boot. */
#if IS_ENABLED(CONFIG_KUNIT)
#define __init_or_kunit
#else
#define __init_or_kunit	__init
#endif

/* Entries that Xen may hand over; it has no more itself */
#define XEN_LAYOUT_MAX_E820	1024U
/* The sanitised map: room for what is split, moved or added */
#define XEN_LAYOUT_MAX_MAP	(XEN_LAYOUT_MAX_E820 + 128U)
/* Between the regions of the map, before the first and after the last one */
#define XEN_LAYOUT_MAX_IDENTITY	(XEN_LAYOUT_MAX_MAP + 1U)
#define XEN_LAYOUT_MAX_MOVES	768U
#define XEN_LAYOUT_MAX_RELEASES	768U
#define XEN_LAYOUT_MAX_NONRAM	128U
/* What the balloon driver has room for */
#define XEN_LAYOUT_MAX_EXTRA	128U
#define XEN_LAYOUT_MAX_RESERVED	1024U

/* Bytes that the longest line of text takes */
#define XEN_LAYOUT_TEXT		192U

/* Above all physical memory: 52 bits of address */
#define XEN_LAYOUT_MAX_PFNS	BIT(40)
/* End of the PFNs: 64 bits of address */
#define XEN_LAYOUT_PFNS_END	BIT(52)

#define XEN_LAYOUT_PAGE_SHIFT	12
#define XEN_LAYOUT_PAGE_SIZE	((u64)1 << XEN_LAYOUT_PAGE_SHIFT)

/* Types of E820 entries that matter, numbered as in the E820 map */
#define XEN_LAYOUT_RAM		1U
#define XEN_LAYOUT_RESERVED	2U
#define XEN_LAYOUT_ACPI		3U
#define XEN_LAYOUT_NVS		4U
#define XEN_LAYOUT_UNUSABLE	5U
#define XEN_LAYOUT_PMEM		7U
#define XEN_LAYOUT_PRAM		12U
#define XEN_LAYOUT_SOFT_RESERVED	0xefffffffU

/**
 * enum xen_layout_domain - whose memory it is
 * @XEN_LAYOUT_DOM0: the map is that of the machine
 * @XEN_LAYOUT_DOMU: the map is the domain's, made to look like that of the
 *                   machine or not; no entry at all if Xen does not know one
 */
enum xen_layout_domain {
	XEN_LAYOUT_DOM0,
	XEN_LAYOUT_DOMU,
};

/**
 * enum xen_layout_area_id - what Xen has put into the domain's memory
 * @XEN_LAYOUT_KERNEL: text to the end of brk (_end); cannot be moved
 * @XEN_LAYOUT_START_INFO: start info; cannot be moved
 * @XEN_LAYOUT_PAGE_TABLES: the initial page tables; cannot be moved
 * @XEN_LAYOUT_P2M_LIST: Xen's list of the domain's MFNs; can be moved
 * @XEN_LAYOUT_INITRD: initial RAM disk; can be moved
 * @XEN_LAYOUT_AREAS: number of them
 */
enum xen_layout_area_id {
	XEN_LAYOUT_KERNEL,
	XEN_LAYOUT_START_INFO,
	XEN_LAYOUT_PAGE_TABLES,
	XEN_LAYOUT_P2M_LIST,
	XEN_LAYOUT_INITRD,
	XEN_LAYOUT_AREAS,
};

/**
 * struct xen_layout_entry - an entry as firmware or Xen gives it
 * @addr: address of its first byte
 * @size: bytes
 * @type: E820 type
 */
struct xen_layout_entry {
	u64 addr;
	u64 size;
	u32 type;
};

/**
 * struct xen_layout_area - memory in use, in bytes
 * @addr: address of its first byte
 * @size: bytes; 0 if there is no such area
 */
struct xen_layout_area {
	u64 addr;
	u64 size;
};

/**
 * struct xen_layout_input - all that a plan depends on
 * @domain: dom0 or domU
 * @ibft: keep 512 KiB to 1 MiB reserved in dom0, to find the iSCSI table there
 * @limit_512gb: a domU must not have PFNs from 512 GiB on
 * @e820: the map, in any order
 * @nr_e820: its entries; 0 in a domU for which Xen has no map
 * @nr_pages: pages handed over, at the PFNs from 0 on
 * @max_reservation: pages that dom0 may grow to; 0 if Xen did not tell
 * @max_pfns: PFNs that the kernel can address
 * @extra_ratio: extra memory is at most so many times @nr_pages
 * @mem_limit: RAM from this address on is not to be used (mem=); 0 for none
 * @max_entries: room in the kernel's E820 table; 0 if there is enough
 * @area: what Xen has put where
 * @reserved: other memory in use, where nothing may be relocated to
 * @nr_reserved: how many ranges @reserved has
 */
struct xen_layout_input {
	enum xen_layout_domain domain;
	bool ibft;
	bool limit_512gb;
	const struct xen_layout_entry *e820;
	unsigned int nr_e820;
	unsigned long nr_pages;
	unsigned long max_reservation;
	unsigned long max_pfns;
	unsigned long extra_ratio;
	u64 mem_limit;
	unsigned int max_entries;
	struct xen_layout_area area[XEN_LAYOUT_AREAS];
	const struct xen_layout_area *reserved;
	unsigned int nr_reserved;
};

/**
 * struct xen_layout_region - bytes of one E820 type
 * @start: first byte
 * @end: first byte after it, which is never the last of the address space
 * @type: E820 type
 */
struct xen_layout_region {
	u64 start;
	u64 end;
	u32 type;
};

/**
 * struct xen_layout_map - regions, by address, without overlaps
 * @nr: regions in use
 * @region: the regions
 */
struct xen_layout_map {
	unsigned int nr;
	struct xen_layout_region region[XEN_LAYOUT_MAX_MAP];
};

/**
 * struct xen_layout_range - PFNs
 * @start: first PFN
 * @end: first PFN after the range
 */
struct xen_layout_range {
	unsigned long start;
	unsigned long end;
};

/**
 * struct xen_layout_move - pages which get other PFNs
 * @from: first PFN, which becomes identity (or the place of something else)
 * @to: first PFN they go to, which was RAM without pages
 * @nr: number of pages
 */
struct xen_layout_move {
	unsigned long from;
	unsigned long to;
	unsigned long nr;
};

/**
 * struct xen_layout_nonram - a region which gets out of the way
 * @start: where it is in the machine, first byte
 * @end: first byte after it there
 * @to: its new first byte, with the same offset in its page
 * @type: E820 type
 */
struct xen_layout_nonram {
	u64 start;
	u64 end;
	u64 to;
	u32 type;
};

/**
 * struct xen_layout_relocation - the copy of an area to another place
 * @needed: it has to be copied
 * @start: first PFN of the new place, all RAM that stays
 * @nr: pages; for the P2M list with the page tables that map it, see
 *      xen_layout_p2m_pages()
 */
struct xen_layout_relocation {
	bool needed;
	unsigned long start;
	unsigned long nr;
};

/**
 * enum xen_layout_warn - what somebody should know
 * @XEN_LAYOUT_W_WRAP: an entry leads beyond the end of the address space
 * @XEN_LAYOUT_W_TYPE: an entry has type 0, taken as reserved
 * @XEN_LAYOUT_W_NONRAM: regions of another type than ACPI NVS were moved
 * @XEN_LAYOUT_W_SLIVER: a part of a page, described by nobody, became RAM
 * @XEN_LAYOUT_W_CUT: RAM of the map lies beyond a limit
 * @XEN_LAYOUT_W_PAGES: pages were handed over beyond a limit
 * @XEN_LAYOUT_W_RELEASED: pages have to be released
 * @XEN_LAYOUT_W_RATIO: the ratio leaves less extra memory than the reservation
 * @XEN_LAYOUT_W_EXTRA: too many regions of extra memory, some are left out
 * @XEN_LAYOUT_WARNINGS: number of them
 */
enum xen_layout_warn {
	XEN_LAYOUT_W_WRAP,
	XEN_LAYOUT_W_TYPE,
	XEN_LAYOUT_W_NONRAM,
	XEN_LAYOUT_W_SLIVER,
	XEN_LAYOUT_W_CUT,
	XEN_LAYOUT_W_PAGES,
	XEN_LAYOUT_W_RELEASED,
	XEN_LAYOUT_W_RATIO,
	XEN_LAYOUT_W_EXTRA,
	XEN_LAYOUT_WARNINGS,
};

/**
 * struct xen_layout_warning - a warning, as often as it occurred
 * @count: pages or entries it is about; 0 if there is no reason to warn
 * @start: first byte of the lowest range it is about
 * @end: first byte after this range
 */
struct xen_layout_warning {
	unsigned long count;
	u64 start;
	u64 end;
};

/**
 * enum xen_layout_code - why there is no plan
 * @XEN_LAYOUT_OK: there is one
 * @XEN_LAYOUT_E_INPUT: more entries or ranges than the planner has room for
 * @XEN_LAYOUT_E_EMPTY: dom0 without an E820 map
 * @XEN_LAYOUT_E_PAGES: too few or impossibly many pages, or a limit below them
 * @XEN_LAYOUT_E_OUTSIDE: an area is not where pages were handed over
 * @XEN_LAYOUT_E_CUT: an area which cannot be moved is beyond mem=
 * @XEN_LAYOUT_E_GAP: an area which cannot be moved is where the map has a gap
 * @XEN_LAYOUT_E_FIXED: it is where there is a region which cannot be moved
 * @XEN_LAYOUT_E_NO_TARGET: no free RAM in the map to move a region to
 * @XEN_LAYOUT_E_NO_AREA: no free RAM with pages to relocate an area to
 * @XEN_LAYOUT_E_FULL: a table of the plan is full
 * @XEN_LAYOUT_CODES: number of them
 */
enum xen_layout_code {
	XEN_LAYOUT_OK,
	XEN_LAYOUT_E_INPUT,
	XEN_LAYOUT_E_EMPTY,
	XEN_LAYOUT_E_PAGES,
	XEN_LAYOUT_E_OUTSIDE,
	XEN_LAYOUT_E_CUT,
	XEN_LAYOUT_E_GAP,
	XEN_LAYOUT_E_FIXED,
	XEN_LAYOUT_E_NO_TARGET,
	XEN_LAYOUT_E_NO_AREA,
	XEN_LAYOUT_E_FULL,
	XEN_LAYOUT_CODES,
};

/**
 * enum xen_layout_table - tables that can be full
 * @XEN_LAYOUT_T_E820: the E820 map, the planner's or the kernel's
 * @XEN_LAYOUT_T_IDENTITY: identity ranges
 * @XEN_LAYOUT_T_MOVES: moves
 * @XEN_LAYOUT_T_RELEASES: releases
 * @XEN_LAYOUT_T_NONRAM: moved regions
 * @XEN_LAYOUT_TABLES: number of them
 */
enum xen_layout_table {
	XEN_LAYOUT_T_E820,
	XEN_LAYOUT_T_IDENTITY,
	XEN_LAYOUT_T_MOVES,
	XEN_LAYOUT_T_RELEASES,
	XEN_LAYOUT_T_NONRAM,
	XEN_LAYOUT_TABLES,
};

/**
 * struct xen_layout_error - why there is no plan, and where
 * @code: why
 * @area: with E_OUTSIDE to E_NO_AREA: for which area
 * @table: with E_FULL: which table
 * @type: with E_FIXED and E_NO_TARGET: type of the region in the way
 * @start: first byte of the range it is about
 * @end: first byte after it
 */
struct xen_layout_error {
	enum xen_layout_code code;
	enum xen_layout_area_id area;
	enum xen_layout_table table;
	u32 type;
	u64 start;
	u64 end;
};

/**
 * struct xen_layout - a plan
 * @error: why there is none; all else is meaningless then, but for @warning
 * @warning: what somebody should know
 * @e820: the map to register: RAM in whole pages and only what is used of it
 * @nr_identity: identity ranges
 * @identity: these, ascending; the last one ends at XEN_LAYOUT_PFNS_END
 * @nr_moves: moves
 * @moves: these, ascending on both sides
 * @nr_releases: releases
 * @releases: pages to give back, ascending; the PFNs become identity
 * @nr_extra: regions of extra memory
 * @extra: these, ascending
 * @nr_nonram: regions to move
 * @nonram: these, in the order in which they were found
 * @relocation: of areas; only P2M list and initrd can need one
 * @pages_kept: pages that stay at their PFNs
 * @pages_moved: pages to move
 * @pages_released: pages to release
 * @pages_extra: PFNs of extra memory
 * @pages_unused: PFNs of RAM of the map which are not used
 * @max_pfn: first PFN after the last RAM in @e820
 * @p2m_end: all from this PFN on is identity
 * @pci_possible: the map has reserved regions, as PCI passthrough needs it
 *
 * Too large for a stack.
 */
struct xen_layout {
	struct xen_layout_error error;
	struct xen_layout_warning warning[XEN_LAYOUT_WARNINGS];
	struct xen_layout_map e820;
	unsigned int nr_identity;
	struct xen_layout_range identity[XEN_LAYOUT_MAX_IDENTITY];
	unsigned int nr_moves;
	struct xen_layout_move moves[XEN_LAYOUT_MAX_MOVES];
	unsigned int nr_releases;
	struct xen_layout_range releases[XEN_LAYOUT_MAX_RELEASES];
	unsigned int nr_extra;
	struct xen_layout_range extra[XEN_LAYOUT_MAX_EXTRA];
	unsigned int nr_nonram;
	struct xen_layout_nonram nonram[XEN_LAYOUT_MAX_NONRAM];
	struct xen_layout_relocation relocation[XEN_LAYOUT_AREAS];
	unsigned long pages_kept;
	unsigned long pages_moved;
	unsigned long pages_released;
	unsigned long pages_extra;
	unsigned long pages_unused;
	unsigned long max_pfn;
	unsigned long p2m_end;
	bool pci_possible;

	/* private: for the planner at work */
	struct xen_layout_map map;	/* as it stands */
	struct xen_layout_map draft;	/* the same before it is sorted */
	unsigned long limit;		/* PFNs that can be used at all */
	unsigned long ram_end;		/* first PFN that is not used as RAM */
	unsigned long ram_used;		/* first PFN after the last RAM with a use */
};

int xen_layout_plan(const struct xen_layout_input *in, struct xen_layout *plan);
unsigned long xen_layout_p2m_pages(unsigned long nr_pages);
const char *xen_layout_area_name(enum xen_layout_area_id id);
bool xen_layout_describe_error(const struct xen_layout_input *in,
			       const struct xen_layout *plan, unsigned int line,
			       char *buf, size_t size);
bool xen_layout_describe_warning(const struct xen_layout *plan,
				 enum xen_layout_warn warn, char *buf,
				 size_t size);

#endif /* _XEN_P2M_LAYOUT_H */
