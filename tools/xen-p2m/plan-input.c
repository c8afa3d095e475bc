// SPDX-License-Identifier: GPL-2.0
/*
 * From what is known of a machine to the planner's input: which map, how much
 * memory, and what lies where in it
 */

#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "dom0-build.h"
#include "plan.h"

/* As the kernel has them: 46 bits of address, and EXTRA_MEM_RATIO */
#define MAX_FRAMES	BIT(34)
#define EXTRA_RATIO	10UL

/* A kernel at CONFIG_PHYSICAL_START, as large as those of distributions */
#define KERNEL_START	((u64)16 << 20)
#define KERNEL_SIZE	((u64)32 << 20)

/* libxl gives a domU so much in its map beyond its memory */
#define LIBXL_SLACK	((u64)1 << 20)
#define FOUR_GIB	((u64)4 << 30)
#define ISA_END		((u64)1 << 20)

/* --- how much memory -------------------------------------------------------- */

/* Whole pages of RAM in a map without overlaps */
static unsigned long ram_pages(const struct plan *plan)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < plan->in.nr_e820; i++) {
		u64 start = plan->e820[i].addr, end = start + plan->e820[i].size;

		start = (start >> 12) + !!(start & 0xfff);
		end >>= 12;
		if (plan->e820[i].type == XEN_LAYOUT_RAM && start < end)
			nr += end - start;
	}

	return nr;
}

/* What Xen makes of the options dom0_mem= in its log, one after the other */
static void dom0_mem_of_log(const struct machine *m, struct plan *plan,
			    struct dom0_mem *mem)
{
	char words[sizeof(m->dom0_mem)], *word, *rest = words;

	memcpy(words, m->dom0_mem, sizeof(words));
	while ((word = strsep(&rest, " ")))
		if (*word && !dom0_mem_parse(word, mem))
			note(&plan->warnings,
			     "Xen calls dom0_mem=%.60s invalid; what is before the fault counts all the same",
			     word);
}

static void note_pages(struct plan *plan, const struct dom0_mem *mem,
		       bool own_map)
{
	unsigned long nr = plan->in.nr_pages, all = ram_pages(plan);

	if (own_map && !dom0_mem_given(mem))
		note(&plan->assumed,
		     "pages handed over: %lu, all RAM of the domain's map; the log does not say it",
		     nr);
	else if (!dom0_mem_exact(mem))
		note(&plan->assumed,
		     "pages handed over: %lu, of all RAM in the map; Xen's log says it exactly",
		     nr);
	else if (mem->size.pages > all)
		note(&plan->warnings,
		     "%lu pages wanted, but the map has %lu pages of RAM: dom0 gets these at most",
		     mem->size.pages, all);
}

/* Only libxl makes a map with an unusable stretch, for e820_host=1. */
static unsigned long slack_pages(const struct plan_options *options,
				 const struct plan *plan, unsigned long all)
{
	unsigned int i;

	for (i = 0; options->domu && i < plan->in.nr_e820; i++)
		if (plan->e820[i].type == XEN_LAYOUT_UNUSABLE)
			return min(all / 2,
				   (unsigned long)(LIBXL_SLACK >>
						   XEN_LAYOUT_PAGE_SHIFT));

	return 0;
}

static int choose_pages(const struct machine *m,
			const struct plan_options *options, struct plan *plan,
			enum source source, struct fault *fault)
{
	struct dom0_mem mem = { 0 };
	unsigned long all = ram_pages(plan);

	if (!options->dom0_mem && !options->domu)
		dom0_mem_of_log(m, plan, &mem);
	else if (options->dom0_mem && !dom0_mem_parse(options->dom0_mem, &mem))
		return fault_at(fault, "dom0_mem", 0,
				"\"%.60s\" is not what dom0_mem= takes, as 2G or 1G,max:2G",
				options->dom0_mem);
	plan->in.max_reservation = options->max_pages ? options->max_pages :
				   dom0_mem_max(&mem, all);
	if (options->nr_pages) {
		plan->in.nr_pages = options->nr_pages;
		return 0;
	}
	if (!options->dom0_mem && m->nr_pages && !options->domu) {
		plan->in.nr_pages = m->nr_pages;
		return 0;
	}
	if (options->domu && options->e820_host)
		return fault_at(fault, "--e820-host", 0,
				"say with --nr-pages= how much memory the domU has");
	/* A domain's map has RAM that is its own, of which Xen keeps nothing. */
	if ((options->domu || source == SOURCE_DOMAIN) && !dom0_mem_given(&mem))
		plan->in.nr_pages = all - slack_pages(options, plan, all);
	else
		plan->in.nr_pages = dom0_mem_pages(&mem, all);
	if (options->max_pages && !options->domu)
		plan->in.nr_pages = min(plan->in.nr_pages, options->max_pages);
	note_pages(plan, &mem, options->domu || source == SOURCE_DOMAIN);

	return 0;
}

/* --- which map -------------------------------------------------------------- */

/* A domU's log has its map; anything else is of the machine. */
static enum source choose_source(const struct machine *m,
				 const struct plan_options *options)
{
	if (options->domu && !options->e820_host && m->map[SOURCE_DOMAIN])
		return SOURCE_DOMAIN;

	return best_source(m);
}

static void add_entry(struct plan *plan, u64 start, u64 end, u32 type)
{
	if (start >= end || plan->in.nr_e820 == XEN_LAYOUT_MAX_E820)
		return;
	plan->e820[plan->in.nr_e820++] = (struct xen_layout_entry) {
		.addr = start, .size = end - start, .type = type,
	};
}

/*
 * Below 1 MiB a domU has RAM alone: if its log says otherwise it was its kernel
 * that reserved some of it.
 */
static void copy_map(struct plan *plan, const struct map *map, bool domu)
{
	u64 from = domu ? ISA_END : 0;
	unsigned int i;

	if (domu)
		add_entry(plan, 0, ISA_END, XEN_LAYOUT_RAM);
	for (i = 0; i < map->nr; i++)
		add_entry(plan, max(map->entry[i].start, from),
			  map->entry[i].end, map->entry[i].type);
}

static bool libxl_keeps(const struct map_entry *entry)
{
	return entry->start > ((u64)1 << 20) && entry->type &&
	       entry->type != XEN_LAYOUT_RAM &&
	       entry->type != XEN_LAYOUT_UNUSABLE;
}

/*
 * What libxl makes of the host's map with e820_host=1: RAM up to the first
 * region above 1 MiB, a gap up to that which is unusable, the regions, and the
 * rest of the RAM from 4 GiB or the last region on.
 */
static int make_host_map(struct plan *plan, const struct map *map,
			 struct fault *fault)
{
	u64 size = (u64)plan->in.nr_pages << XEN_LAYOUT_PAGE_SHIFT;
	u64 first = ~(u64)0, last = 0, below;
	unsigned int i;

	if (map->nr > XEN_LAYOUT_MAX_E820 - 3)
		return fault_at(fault, "--e820-host", 0,
				"more entries than a domU's map has room for");
	for (i = 0; i < map->nr; i++) {
		if (!libxl_keeps(&map->entry[i]))
			continue;
		first = min(first, map->entry[i].start);
		last = max(last, map->entry[i].end);
	}
	below = min(first, size);
	add_entry(plan, 0, below, XEN_LAYOUT_RAM);
	if (last)
		add_entry(plan, below, first, XEN_LAYOUT_UNUSABLE);
	for (i = 0; i < map->nr; i++)
		if (libxl_keeps(&map->entry[i]))
			add_entry(plan, map->entry[i].start,
				  map->entry[i].end, map->entry[i].type);
	last = max(last, FOUR_GIB);
	size = size - below + LIBXL_SLACK;
	if (last > ~size)
		return fault_at(fault, "--e820-host", 0,
				"a region ends where there is no address left for RAM");
	add_entry(plan, last, last + size, XEN_LAYOUT_RAM);

	return 0;
}

/* --- what lies where -------------------------------------------------------- */

static void set_area(struct xen_layout_area *area, const struct span *span)
{
	area->addr = span->start;
	area->size = span->end - span->start;
}

static void assume_area(struct plan *plan, enum xen_layout_area_id id,
			const char *why)
{
	const struct xen_layout_area *area = &plan->in.area[id];

	note(&plan->assumed, "%s at %#lx-%#lx, %s", xen_layout_area_name(id),
	     area->addr, area->addr + area->size, why);
}

/*
 * Xen does not move a kernel. One that was found elsewhere has moved itself, as
 * it does on bare metal (KASLR), or is a 32-bit one.
 */
static bool kernel_place_known(const struct machine *m)
{
	const struct xen_layout_area *kernel = &m->area[XEN_LAYOUT_KERNEL];

	if (!kernel->size || m->bits32)
		return false;

	return m->nr_pages || m->kind == KERNEL_PV_DOM0 ||
	       kernel->addr <= KERNEL_START;
}

static void choose_kernel(const struct machine *m,
			  const struct plan_options *options,
			  struct plan *plan, u64 memory_end)
{
	struct xen_layout_area *kernel = &plan->in.area[XEN_LAYOUT_KERNEL];
	u64 size = m->area[XEN_LAYOUT_KERNEL].size;

	if (options->kernel.end) {
		set_area(kernel, &options->kernel);
		return;
	}
	if (!options->domu && kernel_place_known(m)) {
		*kernel = m->area[XEN_LAYOUT_KERNEL];
		return;
	}
	if (!size || options->domu || m->bits32)
		size = KERNEL_SIZE;
	kernel->addr = KERNEL_START;
	kernel->size = size;
	if (memory_end < KERNEL_START + size)
		kernel->size = memory_end > KERNEL_START ?
			       memory_end - KERNEL_START : 0;
	if (kernel->size)
		assume_area(plan, XEN_LAYOUT_KERNEL,
			    "where Linux is linked to be (--kernel=)");
}

/* Does the log say this of the same number of pages? */
static bool log_is_of_this(const struct machine *m,
			   const struct plan_options *options,
			   const struct plan *plan)
{
	return m->nr_pages && m->nr_pages == plan->in.nr_pages &&
	       !options->kernel.end && !m->bits32;
}

/* Start info, page tables, P2M list and initrd, as Xen's builder places them */
static void choose_others(const struct machine *m,
			  const struct plan_options *options,
			  struct plan *plan, u64 memory_end)
{
	struct xen_layout_area *area = plan->in.area;
	bool same = log_is_of_this(m, options, plan), moved;
	struct dom0_image image = {
		.kernel_end = area[XEN_LAYOUT_KERNEL].addr +
			      area[XEN_LAYOUT_KERNEL].size,
		.initrd_size = m->initrd_size,
		.initrd_mapped = !m->bits32 && m->area[XEN_LAYOUT_INITRD].size,
		.list_mapped = !m->bits32 && m->area[XEN_LAYOUT_P2M_LIST].size,
	};
	unsigned int id;
	u64 end;

	/* An assumed kernel was cut to the memory there is, which a real one cannot be. */
	if (image.kernel_end == memory_end)
		return;
	/* It depends on the number of pages only if the list is in it. */
	if (!options->kernel.end && !m->bits32 &&
	    (same || !image.list_mapped))
		image.alloc_size = m->alloc_size;
	if (m->area[XEN_LAYOUT_INITRD].size)
		image.initrd_size = m->area[XEN_LAYOUT_INITRD].size;
	if (options->initrd.end)
		image.initrd_size = options->initrd.end - options->initrd.start;
	end = dom0_place(&image, plan->in.nr_pages, area);
	for (id = XEN_LAYOUT_START_INFO; id < XEN_LAYOUT_AREAS; id++) {
		moved = !same || !m->alloc_size;
		if (same && m->area[id].size) {
			area[id] = m->area[id];
			moved = false;
		}
		if (id == XEN_LAYOUT_INITRD && options->initrd.end) {
			set_area(&area[id], &options->initrd);
			moved = false;
		}
		if (moved && area[id].size)
			assume_area(plan, id, "where Xen's dom0 builder places it");
	}
	if (end > memory_end)
		note(&plan->warnings,
		     "kernel, initrd and P2M list take %lu pages: with less memory Xen does not start dom0",
		     end >> XEN_LAYOUT_PAGE_SHIFT);
}

static void choose_areas(const struct machine *m,
			 const struct plan_options *options, struct plan *plan)
{
	u64 end = plan->in.nr_pages >= BIT(40) ? BIT(52) :
		  (u64)plan->in.nr_pages << XEN_LAYOUT_PAGE_SHIFT;

	choose_kernel(m, options, plan, end);
	if (options->domu) {
		if (options->initrd.end)
			set_area(&plan->in.area[XEN_LAYOUT_INITRD],
				 &options->initrd);
		return;
	}
	if (plan->in.area[XEN_LAYOUT_KERNEL].size)
		choose_others(m, options, plan, end);
}

/* --- whose plan it is ------------------------------------------------------- */

static bool has_map(const struct machine *m)
{
	return best_source(m) != SOURCES;
}

const struct machine *plan_next_guest(const struct machine *m)
{
	for (m = m->guest; m; m = m->guest)
		if (m->kind != KERNEL_HVM_DOMU && m->kind != KERNEL_PVH_DOMU &&
		    has_map(m))
			return m;

	return NULL;
}

const struct machine *plan_machine(const struct machine *m,
				   const struct plan_options *options)
{
	if (!options->domu || options->e820_host || kernel_is_guest(m->kind))
		return m;

	return plan_next_guest(m) ?: m;
}

/* What does not apply is not planned, unless that is asked for explicitly. */
static int check_kind(const struct machine *m,
		      const struct plan_options *options, struct fault *fault)
{
	if (options->dom0_mem || options->nr_pages)
		return 0;
	if (m->kind == KERNEL_PVH_DOM0)
		return fault_at(fault, "input", 0,
				"of a PVH dom0, which has no P2M: no page is moved there; for a PV dom0 on this machine use --dom0-mem=");
	if (m->kind == KERNEL_HVM_DOMU || m->kind == KERNEL_PVH_DOMU)
		return fault_at(fault, "input", 0,
				"of a guest without a P2M (%s), whose map is not the machine's; take the log of the host, or use --dom0-mem= for Xen in there",
				kernel_kind_names[m->kind]);

	return 0;
}

static bool is_host(const struct machine *m)
{
	return m->kind == KERNEL_PV_DOM0 || m->kind == KERNEL_BARE ||
	       (m->map[SOURCE_XEN] && !m->map[SOURCE_DOMAIN]);
}

/* Options that are about another kind of domain than the input is */
static int check_options(const struct machine *m,
			 const struct plan_options *options, struct fault *fault)
{
	bool guest = m->kind == KERNEL_PV_DOMU && m->sure;

	if (guest && options->e820_host)
		return fault_at(fault, "input", 0,
				"of a guest, whose map is not the host's: leave out --e820-host");
	if (guest && (options->dom0_mem || (options->max_pages && !options->domu)))
		return fault_at(fault, "input", 0,
				"of a guest: --dom0-mem and --max-mem are about dom0; the memory of a guest is --nr-pages");
	if (options->domu && !options->e820_host && is_host(m))
		return fault_at(fault, "input", 0,
				"of a host, with no guest's map in it; for a guest with e820_host=1 say --e820-host and --nr-pages=, too");

	return 0;
}

/*
 * A flat map alone makes it a guest's only if neither an option nor anything that
 * tells more of the machine says otherwise; what its kernel says does so anyway.
 */
static bool is_domu(const struct machine *m, const struct plan_options *options)
{
	static const enum source machines[] = {
		SOURCE_JSON, SOURCE_XEN, SOURCE_FIRMWARE, SOURCE_MEMMAP,
	};
	unsigned int i;

	if (m->kind != KERNEL_PV_DOMU)
		return false;
	if (!m->sure && (options->dom0_mem || options->max_pages))
		return false;
	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (!m->sure && map_seen(m, machines[i]))
			return false;

	return true;
}

/* What went wrong on the machine, by its own log */
static void say_what_it_says(const struct machine *m, struct plan *plan)
{
	const struct conflict *c = m->conflicts.conflict;
	const struct added *added = m->added;
	unsigned int i;

	for (i = 0; i < m->conflicts.nr; i++, c++)
		note(&plan->warnings,
		     "%s at %#lx-%#lx: the kernel could not claim it, for there is %s",
		     c->name, c->start, c->end, c->with);
	for (i = 0; i < m->nr_added; i++, added++)
		note(&plan->warnings,
		     "the running kernel has added memory at %#lx-%#lx (%s)",
		     added->start, added->end, added->name);
}

static void say_how_it_was_read(const struct machine *m, struct plan *plan)
{
	const struct machine *guest;
	unsigned int i;

	for (i = 0; i < m->remarks.nr; i++)
		note(&plan->warnings, "%s", m->remarks.text[i]);
	for (guest = m->guest; guest; guest = guest->guest)
		if (has_map(guest) || guest->pci.nr)
			note(&plan->warnings,
			     kernel_is_guest(m->kind) ?
			     "from line %u on there is the log of another guest, or of a boot before (%s%s%s): none of it is taken for this one's" :
			     "from line %u on there is the log of a guest (%s%s%s): none of it is taken for the host's",
			     guest->at.line, guest->name,
			     guest->name[0] ? ", " : "",
			     kernel_kind_names[guest->kind]);
	if (m->unread.nr)
		note(&plan->warnings,
		     "%u lines looked like memory or PCI and were not understood; --verbose shows them",
		     m->unread.nr);
	if (m->bits32)
		note(&plan->warnings,
		     "the log is of a 32-bit kernel; the plan is for a 64-bit one with as many pages");
}

static int no_map(const struct machine *m, struct fault *fault)
{
	const struct unread_line *line = m->unread.line;

	if (m->unread.kept)
		return fault_in(fault, &line->at,
				"no memory map in it; %u lines look like one or like PCI, this is the first, but not in a form that is known",
				m->unread.nr);

	return fault_at(fault, "input", 0,
			"no memory map in it; what there is to read: dmesg, xl dmesg, /proc/iomem, /sys/firmware/memmap, JSON, a report");
}

/* --- all of it -------------------------------------------------------------- */

int plan_input(const struct machine *m, const struct plan_options *asked,
	       struct plan *plan, struct fault *fault)
{
	struct plan_options options = *asked;
	const struct map *map;
	enum source source;

	if (check_kind(m, asked, fault) || check_options(m, asked, fault))
		return -1;
	say_how_it_was_read(m, plan);
	say_what_it_says(m, plan);
	if (is_domu(m, asked) && !options.domu) {
		options.domu = true;
		note(&plan->assumed,
		     "a PV domU, by what its log says (--domu)");
	}
	source = choose_source(m, &options);
	if (source == SOURCES)
		return no_map(m, fault);
	map = m->map[source];
	plan->format = m->format;
	plan->kind = m->kind;
	memcpy(plan->release, m->release, sizeof(plan->release));
	memcpy(plan->xen_version, m->xen_version, sizeof(plan->xen_version));
	plan->source = source_names[source];
	plan->in.domain = options.domu ? XEN_LAYOUT_DOMU : XEN_LAYOUT_DOM0;
	plan->in.limit_512gb = options.domu;
	plan->in.e820 = plan->e820;
	plan->in.max_pfns = MAX_FRAMES;
	plan->in.extra_ratio = EXTRA_RATIO;
	if (!options.domu)
		plan->in.mem_limit = m->mem_limit;
	copy_map(plan, map, options.domu && !options.e820_host);
	if (choose_pages(m, &options, plan, source, fault))
		return -1;
	choose_areas(m, &options, plan);
	if (!options.e820_host || !options.domu)
		return 0;
	plan->in.nr_e820 = 0;

	return make_host_map(plan, map, fault);
}
