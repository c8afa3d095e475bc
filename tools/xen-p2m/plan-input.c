// SPDX-License-Identifier: GPL-2.0
/*
 * From what is known of a machine to the planner's input: which map, how much
 * memory, and what lies where in it
 */

#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "plan.h"

/* As the kernel has them: 46 bits of address, and EXTRA_MEM_RATIO */
#define MAX_FRAMES	BIT(34)
#define EXTRA_RATIO	10UL

/* A kernel at CONFIG_PHYSICAL_START, as large as those of distributions */
#define KERNEL_START	((u64)16 << 20)
#define KERNEL_END	((u64)48 << 20)

/* libxl gives a domU so much in its map beyond its memory */
#define LIBXL_SLACK	((u64)1 << 20)
#define FOUR_GIB	((u64)4 << 30)

/* --- how much memory -------------------------------------------------------- */

/* Whole pages of RAM in a map without overlaps */
static unsigned long ram_pages(const struct map *map)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		u64 start = map->entry[i].start, end = map->entry[i].end;

		start = (start >> 12) + !!(start & 0xfff);
		end >>= 12;
		if (map->entry[i].type == XEN_LAYOUT_RAM && start < end)
			nr += end - start;
	}

	return nr;
}

struct amount {
	unsigned long pages;
	unsigned long min;
	unsigned long max;
};

/* A size, a negative one (all but that), or a percentage, of @all pages */
static bool part_pages(const char *text, size_t len, unsigned long all,
		       unsigned long *pages)
{
	bool minus = len && text[0] == '-';
	u64 bytes;

	if (len && text[len - 1] == '%') {
		if (!parse_size(text, len - 1, 1, &bytes) || bytes > 100)
			return false;
		*pages = all / 100 * bytes + all % 100 * bytes / 100;
		return true;
	}
	if (!parse_size(text + minus, len - minus, 1024, &bytes))
		return false;
	*pages = bytes >> XEN_LAYOUT_PAGE_SHIFT;
	if (minus)
		*pages = all - min(all, *pages);

	return true;
}

/* dom0_mem=[min:SIZE,][max:SIZE,]SIZE */
static bool parse_dom0_mem(const char *text, unsigned long all,
			   struct amount *amount)
{
	unsigned long *where;
	size_t len;

	while (*text) {
		len = strcspn(text, ",");
		where = &amount->pages;
		if (!strncmp(text, "min:", 4))
			where = &amount->min;
		else if (!strncmp(text, "max:", 4))
			where = &amount->max;
		if (where != &amount->pages) {
			text += 4;
			len -= 4;
		}
		if (!part_pages(text, len, all, where))
			return false;
		text += len;
		if (*text == ',' && *++text == '\0')
			return false;
	}

	return true;
}

/* Without dom0_mem= Xen keeps a sixteenth, 128 MiB at most. */
static unsigned long default_pages(struct plan *plan, const struct map *map,
				   enum source source)
{
	unsigned long all = ram_pages(map);

	if (source == SOURCE_DOMAIN) {
		plan_note(&plan->assumed,
			  "pages handed over: %lu, all RAM of the domain's map; the log does not say it",
			  all);
		return all;
	}
	all -= min(all / 16, 128UL << (20 - XEN_LAYOUT_PAGE_SHIFT));
	plan_note(&plan->assumed,
		  "pages handed over: %lu, all but what Xen keeps without dom0_mem=; Xen's log says it exactly",
		  all);

	return all;
}

static int choose_pages(const struct machine *m,
			const struct plan_options *options, struct plan *plan,
			const struct map *map, enum source source,
			struct fault *fault)
{
	const char *dom0_mem = options->dom0_mem;
	struct amount amount = { 0 };

	if (!dom0_mem && !options->domu)
		dom0_mem = m->dom0_mem;
	if (dom0_mem && *dom0_mem &&
	    !parse_dom0_mem(dom0_mem, ram_pages(map), &amount))
		return fault_at(fault, "dom0_mem", 0,
				"\"%.60s\" is not what dom0_mem= takes, as 2G or 1G,max:2G",
				dom0_mem);
	if (options->max_pages)
		amount.max = options->max_pages;
	if (options->nr_pages)
		amount.pages = options->nr_pages;
	else if (!options->dom0_mem && m->nr_pages && !options->domu)
		amount.pages = m->nr_pages;
	else if (options->domu && options->e820_host)
		return fault_at(fault, "--e820-host", 0,
				"say with --nr-pages= how much memory the domU has");
	else if (!amount.pages)
		amount.pages = amount.max && !options->domu ?
			min(amount.max, ram_pages(map)) :
			default_pages(plan, map, source);
	if (!options->domu && !options->nr_pages) {
		if (amount.max && amount.pages > amount.max)
			amount.pages = amount.max;
		if (amount.pages < amount.min)
			amount.pages = amount.min;
	}
	/* Xen does not give more than it has; min: and max: are no exceptions. */
	if (!options->domu && !options->nr_pages && amount.pages > ram_pages(map)) {
		plan_note(&plan->warnings,
			  "%lu pages wanted, but the map has %lu pages of RAM: dom0 gets these at most",
			  amount.pages, ram_pages(map));
		amount.pages = ram_pages(map);
	}
	plan->in.nr_pages = amount.pages;
	plan->in.max_reservation = amount.max;

	return 0;
}

/* --- which map -------------------------------------------------------------- */

/* A domU's log has its map; anything else is of the machine. */
static enum source choose_source(const struct machine *m,
				 const struct plan_options *options)
{
	unsigned int i;

	if (options->domu && !options->e820_host && m->map[SOURCE_DOMAIN])
		return SOURCE_DOMAIN;
	for (i = 0; i < SOURCES; i++)
		if (m->map[i] && m->map[i]->nr)
			return i;

	return SOURCES;
}

static void add_entry(struct plan *plan, u64 start, u64 end, u32 type)
{
	if (start >= end || plan->in.nr_e820 == XEN_LAYOUT_MAX_E820)
		return;
	plan->e820[plan->in.nr_e820++] = (struct xen_layout_entry) {
		.addr = start, .size = end - start, .type = type,
	};
}

static void copy_map(struct plan *plan, const struct map *map)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++)
		add_entry(plan, map->entry[i].start, map->entry[i].end,
			  map->entry[i].type);
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

static void choose_areas(const struct machine *m,
			 const struct plan_options *options, struct plan *plan)
{
	struct xen_layout_area *kernel = &plan->in.area[XEN_LAYOUT_KERNEL];
	u64 end = plan->in.nr_pages >= BIT(52) ? ~(u64)0 :
		  (u64)plan->in.nr_pages << XEN_LAYOUT_PAGE_SHIFT;

	/* Where a log has them they are dom0's. */
	if (!options->domu)
		memcpy(plan->in.area, m->area, sizeof(plan->in.area));
	if (options->kernel.end)
		set_area(kernel, &options->kernel);
	if (options->initrd.end)
		set_area(&plan->in.area[XEN_LAYOUT_INITRD], &options->initrd);
	if (kernel->size)
		return;
	kernel->addr = KERNEL_START;
	kernel->size = KERNEL_END - KERNEL_START;
	if (end < KERNEL_END)
		kernel->size = end > KERNEL_START ? end - KERNEL_START : 0;
	if (kernel->size)
		plan_note(&plan->assumed, "kernel at %#llx-%#llx (--kernel=)",
			  (unsigned long long)kernel->addr,
			  (unsigned long long)(kernel->addr + kernel->size));
}

int plan_input(const struct machine *m, const struct plan_options *options,
	       struct plan *plan, struct fault *fault)
{
	enum source source = choose_source(m, options);
	const struct map *map;

	if (source == SOURCES)
		return fault_at(fault, "input", 0,
				"no memory map in it; what there is to read: dmesg, xl dmesg, /proc/iomem, /sys/firmware/memmap, JSON, a report");
	map = m->map[source];
	plan->format = m->format;
	plan->source = source_names[source];
	plan->in.domain = options->domu ? XEN_LAYOUT_DOMU : XEN_LAYOUT_DOM0;
	plan->in.limit_512gb = options->domu;
	plan->in.e820 = plan->e820;
	plan->in.max_frames = MAX_FRAMES;
	plan->in.extra_ratio = EXTRA_RATIO;
	if (!options->domu)
		plan->in.mem_limit = m->mem_limit;
	if (choose_pages(m, options, plan, map, source, fault))
		return -1;
	choose_areas(m, options, plan);
	if (options->e820_host && options->domu)
		return make_host_map(plan, map, fault);
	copy_map(plan, map);

	return 0;
}
