// SPDX-License-Identifier: GPL-2.0
/*
 * From what is known of a machine to the plan and to the P2M it leads to
 *
 * The planner, the executor and the tree are those of the kernel, from the same
 * files. Here are only their input and, in build_tree(), what the kernel does
 * around them.
 */

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "plan.h"

/* As the kernel has them: 46 bits of address, and EXTRA_MEM_RATIO */
#define MAX_FRAMES	BIT(34)
#define EXTRA_RATIO	10UL

#define SHIFT		9U
/* What a slot of the top level covers: 1 GiB. The kernel's P2M ends with one. */
#define TOP_FRAMES	BIT(2 * SHIFT)
#define MAX_LIMIT	(BIT(20) << (2 * SHIFT))

/* A kernel at CONFIG_PHYSICAL_START, as large as those of distributions */
#define KERNEL_START	((u64)16 << 20)
#define KERNEL_END	((u64)48 << 20)

/* libxl gives a domU so much in its map beyond its memory */
#define LIBXL_SLACK	((u64)1 << 20)
#define FOUR_GIB	((u64)4 << 30)

pthread_rwlock_t stub_rcu = PTHREAD_RWLOCK_INITIALIZER;

const char *const verdict_names[VERDICTS] = {
	[VERDICT_IDENTITY] = "identity",
	[VERDICT_MISSING] = "missing",
	[VERDICT_RAM] = "ram",
	[VERDICT_FOREIGN] = "foreign",
	[VERDICT_MIXED] = "mixed",
};

struct plan *plan_new(void)
{
	return calloc(1, sizeof(struct plan));
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	if (plan->has_tree)
		xen_p2m_tree_exit(&plan->tree);
	free(plan->extents);
	free(plan->pci);
	free(plan);
}

void plan_note(struct plan_notes *notes, const char *fmt, ...)
{
	va_list args;

	if (notes->nr == MAX_NOTES)
		return;
	va_start(args, fmt);
	vsnprintf(notes->text[notes->nr++], NOTE_TEXT, fmt, args);
	va_end(args);
}

/* --- words of the command line ---------------------------------------------- */

bool parse_size(const char *text, size_t len, u64 unit, u64 *bytes)
{
	static const char letters[] = "bkmgt";
	const char *letter;
	u64 value = 0;
	size_t i = 0;

	if (len > 2 && text[0] == '0' && tolower((unsigned char)text[1]) == 'x') {
		for (i = 2; i < len && isxdigit((unsigned char)text[i]); i++) {
			int c = tolower((unsigned char)text[i]);

			if (value >> 60)
				return false;
			value = value << 4 | (isdigit(c) ? c - '0' : c - 'a' + 10);
		}
		if (i == 2)
			return false;
	} else {
		for (; i < len && isdigit((unsigned char)text[i]); i++)
			if (__builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, text[i] - '0', &value))
				return false;
		if (!i)
			return false;
	}
	if (i < len) {
		letter = strchr(letters, tolower((unsigned char)text[i]));
		if (!letter || !*letter || i + 1 != len)
			return false;
		unit = (u64)1 << (10 * (letter - letters));
	}

	return !__builtin_mul_overflow(value, unit, bytes);
}

bool parse_count(const char *text, unsigned long *count)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*count = strtoul(text, &end, 0);

	return !errno && !*end;
}

bool parse_span(const char *text, struct span *span)
{
	const char *dash = strchr(text, '-');

	if (!dash || !parse_size(text, dash - text, 1, &span->start) ||
	    !parse_size(dash + 1, strlen(dash + 1), 1, &span->end))
		return false;

	return span->start < span->end;
}

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

static int make_input(const struct machine *m,
		      const struct plan_options *options, struct plan *plan,
		      struct fault *fault)
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

/* --- from the plan to the P2M ----------------------------------------------- */

/* A leaf a 2 MiB of RAM: is there memory for that here? */
static int enough_memory(const struct plan *plan, struct fault *fault)
{
	unsigned long leaves = plan->in.nr_pages >> SHIFT, have;
	long avail = sysconf(_SC_AVPHYS_PAGES);

	have = avail > 0 ? avail / 4 * 3 : 0;
	if (leaves <= have || leaves < BIT(15))
		return 0;

	return fault_at(fault, "P2M", 0,
			"the P2M of %lu pages takes %lu MiB, more than is free here; take less memory (--dom0-mem=)",
			plan->in.nr_pages, leaves >> 8);
}

static unsigned long whole_slots(unsigned long pfns)
{
	return (pfns + TOP_FRAMES - 1) & ~(TOP_FRAMES - 1);
}

/* What Xen's list covers, which is above the end of RAM if mem= cuts that off */
static unsigned long tree_limit(const struct plan *plan)
{
	return whole_slots(max(plan->layout.p2m_end, plan->in.nr_pages));
}

static int move_regions(struct plan *plan)
{
	const struct xen_layout_nonram *n = plan->layout.nonram;
	unsigned long to, end;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < plan->layout.nr_nonram; i++, n++) {
		to = n->to >> XEN_LAYOUT_PAGE_SHIFT;
		end = (n->to + (n->end - n->start) + XEN_LAYOUT_PAGE_SIZE - 1) >>
		      XEN_LAYOUT_PAGE_SHIFT;
		err = xen_p2m_set_range(&plan->tree, to, end, XEN_P2M_MFN,
					n->start >> XEN_LAYOUT_PAGE_SHIFT);
	}

	return err;
}

/* In the order in which the kernel does it */
static int build_tree(struct plan *plan, struct fault *fault)
{
	bool tools = plan->in.domain == XEN_LAYOUT_DOMU;
	unsigned long limit = tree_limit(plan);
	int err;

	if (enough_memory(plan, fault))
		return -1;
	if (limit > MAX_LIMIT)
		return fault_at(fault, "P2M", 0,
				"memory ends at %#lx, beyond the 1 PiB that a P2M covers",
				limit);
	err = xen_p2m_tree_init(&plan->tree, limit, SHIFT,
				tools ? XEN_P2M_TOOLS : 0);
	if (err)
		return fault_at(fault, "P2M", 0, "out of memory");
	plan->has_tree = true;
	err = xen_p2m_set_range(&plan->tree, 0, plan->in.nr_pages, XEN_P2M_MFN,
				PRETEND_MFN);
	if (!err)
		err = plan_execute(plan);
	if (!err)
		err = move_regions(plan);
	if (!err)
		err = xen_p2m_mirror_attach(&plan->tree);
	if (!err)
		err = xen_p2m_window_open(&plan->tree);
	if (err)
		return fault_at(fault, "P2M", 0, "cannot be built: %s",
				strerror(-err));
	xen_p2m_usage(&plan->tree, &plan->usage);

	return 0;
}

/* --- the P2M by ranges ------------------------------------------------------ */

static int extent_add(struct plan *plan, const struct plan_extent *extent)
{
	void *bigger;

	if (plan->nr_extents == plan->max_extents) {
		plan->max_extents = plan->max_extents ? 2 * plan->max_extents : 64;
		bigger = realloc(plan->extents,
				 plan->max_extents * sizeof(*extent));
		if (!bigger)
			return -ENOMEM;
		plan->extents = bigger;
	}
	plan->extents[plan->nr_extents++] = *extent;

	return 0;
}

/* Where from @pfn on the first moved region starts or ends */
static unsigned long region_border(const struct plan *plan, unsigned long pfn,
				   unsigned long end)
{
	const struct xen_layout_nonram *n = plan->layout.nonram;
	unsigned long from, to;
	unsigned int i;

	for (i = 0; i < plan->layout.nr_nonram; i++, n++) {
		from = n->to >> XEN_LAYOUT_PAGE_SHIFT;
		to = (n->to + (n->end - n->start) + XEN_LAYOUT_PAGE_SIZE - 1) >>
		     XEN_LAYOUT_PAGE_SHIFT;
		if (from > pfn && from < end)
			end = from;
		else if (from <= pfn && to > pfn && to < end)
			end = to;
	}

	return end;
}

static int add_split(struct plan *plan, const struct xen_p2m_extent *ext)
{
	unsigned long pfn = ext->pfn, end = ext->pfn + ext->nr, entry;
	struct plan_extent one = { .type = ext->type };
	int err = 0;

	for (; !err && pfn < end; pfn = one.end) {
		one.start = pfn;
		one.end = end;
		one.known = ext->type == XEN_P2M_IDENTITY;
		one.mfn = pfn;
		if (ext->type == XEN_P2M_MFN) {
			one.end = region_border(plan, pfn, end);
			entry = xen_p2m_lookup(&plan->tree, pfn);
			one.known = entry < PRETEND_MFN;
			one.mfn = entry;
		}
		err = extent_add(plan, &one);
	}

	return err;
}

static int list_extents(struct plan *plan, struct fault *fault)
{
	struct xen_p2m_extent ext = { 0 };
	int err = 0;

	/* Not in the kernel's list either */
	plan->end = whole_slots(plan->layout.p2m_end);
	while (!err && xen_p2m_next_extent(&plan->tree, &ext, plan->end))
		err = add_split(plan, &ext);
	if (err)
		return fault_at(fault, "P2M", 0, "out of memory");

	return 0;
}

/* --- apertures and BARs ----------------------------------------------------- */

static enum verdict verdict_of_type(enum xen_p2m_type type)
{
	switch (type) {
	case XEN_P2M_IDENTITY:
		return VERDICT_IDENTITY;
	case XEN_P2M_MFN:
		return VERDICT_RAM;
	case XEN_P2M_FOREIGN:
		return VERDICT_FOREIGN;
	default:
		return VERDICT_MISSING;
	}
}

enum verdict verdict_of(const struct plan_extent *extents, unsigned int nr,
			unsigned long start, unsigned long end)
{
	enum verdict verdict = VERDICTS, one;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (extents[i].end <= start || extents[i].start >= end)
			continue;
		one = verdict_of_type(extents[i].type);
		if (verdict != VERDICTS && verdict != one)
			return VERDICT_MIXED;
		verdict = one;
	}
	if (!nr || end > extents[nr - 1].end)
		return verdict == VERDICTS || verdict == VERDICT_IDENTITY ?
		       VERDICT_IDENTITY : VERDICT_MIXED;

	return verdict == VERDICTS ? VERDICT_MISSING : verdict;
}

const char *verdict_remedy(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_IDENTITY:
		return NULL;
	case VERDICT_MISSING:
		return "drivers get no access to it; give the domain a maximum of memory that ends below it (dom0_mem=SIZE,max:SIZE)";
	case VERDICT_RAM:
		return "drivers would write to RAM there; this is no memory map of the same machine, or firmware placed the range over RAM: update it";
	case VERDICT_FOREIGN:
		return "pages of another domain lie there; report this with xen-p2m report";
	default:
		return "a part of it is not 1:1; give the domain less memory or a lower maximum (dom0_mem=SIZE,max:SIZE)";
	}
}

static int judge_pci(const struct machine *m, struct plan *plan,
		     struct fault *fault)
{
	const struct pci *lists[] = { &m->pci, &m->pci_sysfs };
	struct pci_verdict *v;
	unsigned int i, k;

	plan->pci = calloc(m->pci.nr + m->pci_sysfs.nr + 1, sizeof(*v));
	if (!plan->pci)
		return fault_at(fault, "PCI", 0, "out of memory");
	for (k = 0; k < ARRAY_SIZE(lists); k++) {
		for (i = 0; i < lists[k]->nr; i++) {
			const struct pci_range *range = &lists[k]->range[i];

			/* What sysfs has is more than a log can tell. */
			if (!k && m->pci_sysfs.nr && range->kind == PCI_BAR)
				continue;
			v = &plan->pci[plan->nr_pci++];
			v->range = range;
			v->start = range->start >> XEN_LAYOUT_PAGE_SHIFT;
			v->end = ((range->end - 1) >> XEN_LAYOUT_PAGE_SHIFT) + 1;
			v->verdict = verdict_of(plan->extents,
						plan->nr_extents, v->start,
						v->end);
			if (v->verdict != VERDICT_IDENTITY)
				plan_note(&plan->warnings,
					  "%s at %#lx-%#lx is %s", range->name,
					  v->start, v->end,
					  verdict_names[v->verdict]);
		}
	}

	return 0;
}

/* --- all of it -------------------------------------------------------------- */

static void planner_warnings(struct plan *plan)
{
	char text[XEN_LAYOUT_TEXT];
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_WARNINGS; i++)
		if (xen_layout_describe_warning(&plan->layout, i, text,
						sizeof(text)))
			plan_note(&plan->warnings, "%s", text);
}

int plan_make(const struct machine *m, const struct plan_options *options,
	      struct plan *plan, struct fault *fault)
{
	int err = make_input(m, options, plan, fault);

	if (err)
		return err;
	plan->error = xen_layout_plan(&plan->in, &plan->layout);
	planner_warnings(plan);
	if (plan->error)
		return 0;
	err = build_tree(plan, fault);
	if (!err)
		err = list_extents(plan, fault);
	if (!err)
		err = judge_pci(m, plan, fault);

	return err;
}
