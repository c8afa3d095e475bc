// SPDX-License-Identifier: GPL-2.0
/*
 * The P2M of another PV domain
 *
 * The leaves are mapped side by side, so that the entry of a PFN is one load at
 * the index of the PFN. The guest's own page tables say which MFNs the leaves are,
 * or its frame list list where it has one. The guest is not trusted: the MFNs that
 * it names only lead to mappings that Xen allows, or refuses.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"

#ifndef HAVE_XEN

int foreign_dump(unsigned int domain, struct dump *dump,
		 unsigned long *domain_pages, struct fault *fault)
{
	return fault_at(fault, "--domain", 0,
			"this xen-p2m was built without Xen's libraries (libxen-dev)");
}

bool foreign_pages(unsigned int domain, unsigned long *pages)
{
	return false;
}

char *foreign_log(size_t *size)
{
	return NULL;
}

#else /* HAVE_XEN */

#include <sys/mman.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

#define ENTRIES		512UL
#define PTE_PRESENT	1ULL
#define PTE_FRAME	0x000ffffffffff000ULL
/* 512 GiB of PFNs: more the list of lists cannot say, and no guest has */
#define MAX_GUEST	BIT(27)
#define TRIES		20

struct guest {
	xc_interface *xc;
	xenforeignmemory_handle *fmem;
	unsigned int id;
	const shared_info_t *info;
	unsigned long nr;		/* PFNs */
	unsigned long pages;		/* that Xen counts */
	struct place at;		/* what messages are about */
	struct fault *fault;
};

static const void *map_mfns(struct guest *g, const xen_pfn_t *mfns,
			    unsigned long nr)
{
	int *errors = calloc(nr, sizeof(*errors));
	unsigned long i;
	void *window;

	if (!errors)
		return NULL;
	window = xenforeignmemory_map(g->fmem, g->id, PROT_READ, nr, mfns,
				      errors);
	for (i = 0; window && i < nr; i++) {
		if (!errors[i])
			continue;
		xenforeignmemory_unmap(g->fmem, window, nr);
		window = NULL;
	}
	free(errors);

	return window;
}

static void unmap_frames(struct guest *g, const void *window, unsigned long nr)
{
	xenforeignmemory_unmap(g->fmem, (void *)window, nr);
}

static unsigned long leaves_of(const struct guest *g)
{
	return (g->nr + ENTRIES - 1) / ENTRIES;
}

/*
 * From page tables of a level to what is below them: @mfns are replaced. Of
 * all tables of a level those which map the list are mapped side by side.
 */
static int walk_level(struct guest *g, unsigned int level, u64 first, u64 last,
		      xen_pfn_t **mfns)
{
	unsigned int shift = 12 + 9 * (level - 1);
	u64 from = first >> shift, to = last >> shift, base, i;
	unsigned long tables = (to / ENTRIES) - (from / ENTRIES) + 1;
	const u64 *entry = map_mfns(g, *mfns, tables);
	xen_pfn_t *below = calloc(to - from + 1, sizeof(*below));
	int err = 0;

	base = from / ENTRIES * ENTRIES;
	if (!entry || !below)
		err = -EAGAIN;
	for (i = from; !err && i <= to; i++) {
		u64 pte = entry[i - base];

		if (!(pte & PTE_PRESENT))
			err = -EAGAIN;
		below[i - from] = (pte & PTE_FRAME) >> 12;
	}
	if (entry)
		unmap_frames(g, entry, tables);
	free(*mfns);
	*mfns = below;

	return err;
}

/* The list is in the guest's kernel address space at p2m_vaddr. */
static int leaves_by_tables(struct guest *g, xen_pfn_t **leaves)
{
	u64 first = g->info->arch.p2m_vaddr & 0xfffffffff000ULL;
	u64 last = first + g->nr * sizeof(long) - 1;
	unsigned int level;
	int err = 0;

	*leaves = malloc(sizeof(**leaves));
	if (!*leaves)
		return -ENOMEM;
	(*leaves)[0] = g->info->arch.p2m_cr3 >> 12;
	if (last >> 48)
		return -EAGAIN;
	for (level = 4; !err && level; level--)
		err = walk_level(g, level, first, last, leaves);

	return err;
}

/* Two levels of lists */
static int leaves_by_lists(struct guest *g, xen_pfn_t **leaves)
{
	xen_pfn_t root = g->info->arch.pfn_to_mfn_frame_list_list;
	unsigned long nr = leaves_of(g), lists = (nr + ENTRIES - 1) / ENTRIES;
	const xen_pfn_t *top, *mid = NULL;

	*leaves = calloc(nr, sizeof(**leaves));
	top = *leaves && root ? map_mfns(g, &root, 1) : NULL;
	if (top)
		mid = map_mfns(g, top, lists);
	if (mid) {
		memcpy(*leaves, mid, nr * sizeof(**leaves));
		unmap_frames(g, mid, lists);
	}
	if (top)
		unmap_frames(g, top, 1);

	return mid ? 0 : -EAGAIN;
}

static int find_leaves(struct guest *g, xen_pfn_t **leaves)
{
	*leaves = NULL;
	if (g->info->arch.p2m_cr3)
		return leaves_by_tables(g, leaves);

	return leaves_by_lists(g, leaves);
}

static int read_entries(struct guest *g, const unsigned long *entry,
			struct dump *dump)
{
	static const struct place at = { .file = "P2M" };
	unsigned long start, pfn;
	enum xen_p2m_type type;
	int err = 0;

	for (start = 0; !err && start < g->nr; start = pfn) {
		type = xen_p2m_entry_type(entry[start]);
		for (pfn = start + 1; pfn < g->nr; pfn++)
			if (xen_p2m_entry_type(entry[pfn]) != type)
				break;
		err = dump_add(dump, start, pfn, type, &at, g->fault);
	}

	return err;
}

static unsigned long generation(const struct guest *g)
{
	unsigned long now;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	now = __atomic_load_n(&g->info->arch.p2m_generation, __ATOMIC_ACQUIRE);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);

	return now;
}

/* 0: done, -EAGAIN: it changed meanwhile, -1: failed, no retry */
static int try_dump(struct guest *g, struct dump *dump)
{
	unsigned long before = generation(g), nr = leaves_of(g);
	const unsigned long *window = NULL;
	xen_pfn_t *leaves;
	int err;

	if (before & 1)
		return -EAGAIN;
	dump->nr = 0;
	err = find_leaves(g, &leaves);
	if (!err)
		window = map_mfns(g, leaves, nr);
	if (window) {
		err = read_entries(g, window, dump);
		unmap_frames(g, window, nr);
	} else {
		err = -EAGAIN;
	}
	free(leaves);
	if (err)
		return err;

	return generation(g) == before ? 0 : -EAGAIN;
}

static int dump_guest(struct guest *g, struct dump *dump)
{
	unsigned int i;
	int err = -EAGAIN;

	g->nr = g->info->arch.max_pfn;
	if (!g->nr || g->nr > MAX_GUEST)
		return fault_in(g->fault, &g->at,
				"it has not said yet where its P2M is");
	for (i = 0; err == -EAGAIN && i < TRIES; i++) {
		if (i)
			usleep(20000);
		err = try_dump(g, dump);
	}
	if (err == -EAGAIN)
		return fault_in(g->fault, &g->at,
				"its P2M went on changing, or cannot be mapped; pause it (xl pause %u) and try again",
				g->id);

	return err;
}

static bool domain_info(xc_interface *xc, unsigned int domain,
			xc_domaininfo_t *info)
{
	return xc_domain_getinfolist(xc, domain, 1, info) == 1 &&
	       info->domain == domain;
}

/* One that is there, and no HVM or PVH guest */
static int find_guest(struct guest *g, xen_pfn_t *shared)
{
	xc_domaininfo_t info;

	if (!domain_info(g->xc, g->id, &info))
		return fault_in(g->fault, &g->at, "there is none; see xl list");
	if (info.flags & XEN_DOMINF_hvm_guest)
		return fault_in(g->fault, &g->at,
				"an HVM or PVH guest: it has no P2M");
	*shared = info.shared_info_frame;
	g->pages = info.tot_pages;

	return 0;
}

static int with_handles(struct guest *g, struct dump *dump)
{
	xen_pfn_t shared;
	int err = find_guest(g, &shared);

	if (err)
		return err;
	g->info = map_mfns(g, &shared, 1);
	if (!g->info)
		return fault_in(g->fault, &g->at,
				"its shared info page cannot be mapped");
	err = dump_guest(g, dump);
	unmap_frames(g, g->info, 1);

	return err;
}

int foreign_dump(unsigned int domain, struct dump *dump,
		 unsigned long *domain_pages, struct fault *fault)
{
	struct guest g = { .id = domain, .fault = fault };
	int err;

	snprintf(g.at.file, sizeof(g.at.file), "domain %u", domain);
	g.xc = xc_interface_open(NULL, NULL, 0);
	g.fmem = xenforeignmemory_open(NULL, 0);
	if (g.xc && g.fmem)
		err = with_handles(&g, dump);
	else
		err = fault_in(fault, &g.at,
			       "Xen does not let us look: run this as root in dom0");
	if (g.fmem)
		xenforeignmemory_close(g.fmem);
	if (g.xc)
		xc_interface_close(g.xc);
	*domain_pages = g.pages;

	return err;
}

/* Without Xen there is no device, and the library would complain. */
static xc_interface *open_quietly(void)
{
	if (access("/dev/xen/privcmd", R_OK | W_OK) &&
	    access("/proc/xen/privcmd", R_OK | W_OK))
		return NULL;

	return xc_interface_open(NULL, NULL, 0);
}

bool foreign_pages(unsigned int domain, unsigned long *pages)
{
	xc_interface *xc = open_quietly();
	xc_domaininfo_t info;
	bool found;

	if (!xc)
		return false;
	found = domain_info(xc, domain, &info);
	xc_interface_close(xc);
	if (found)
		*pages = info.tot_pages;

	return found;
}

/* The ring as a whole, cut off at 1 MiB; Xen has 16 KiB unless told else. */
char *foreign_log(size_t *size)
{
	unsigned int nr = 1 << 20, index = 0;
	xc_interface *xc = open_quietly();
	char *text = xc ? malloc(nr) : NULL;

	if (text && xc_readconsolering(xc, text, &nr, 0, 0, &index)) {
		free(text);
		text = NULL;
	}
	if (xc)
		xc_interface_close(xc);
	*size = nr;

	return text;
}

#endif /* HAVE_XEN */
