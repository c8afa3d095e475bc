// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of a machine: containers, and whether they are whole
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "machine.h"

const char *const source_names[SOURCES] = {
	[SOURCE_JSON] = "json",
	[SOURCE_XEN] = "xen-dmesg",
	[SOURCE_FIRMWARE] = "dmesg",
	[SOURCE_MEMMAP] = "memmap",
	[SOURCE_DOMAIN] = "domain-dmesg",
	[SOURCE_USER] = "user-dmesg",
	[SOURCE_IOMEM] = "iomem",
};

const char *const kernel_kind_names[KERNEL_KINDS] = {
	[KERNEL_UNKNOWN] = "unknown",
	[KERNEL_BARE] = "bare metal",
	[KERNEL_PV_DOM0] = "PV dom0",
	[KERNEL_PVH_DOM0] = "PVH dom0",
	[KERNEL_PV_DOMU] = "PV domU",
	[KERNEL_PVH_DOMU] = "PVH domU",
	[KERNEL_HVM_DOMU] = "HVM domU",
	[KERNEL_OTHER_GUEST] = "guest of another hypervisor",
};

int vfault_in(struct fault *fault, const struct place *at, const char *fmt,
	      va_list args)
{
	fault->at = *at;
	vsnprintf(fault->text, sizeof(fault->text), fmt, args);

	return -1;
}

int fault_in(struct fault *fault, const struct place *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfault_in(fault, at, fmt, args);
	va_end(args);

	return -1;
}

int fault_at(struct fault *fault, const char *file, unsigned int line,
	     const char *fmt, ...)
{
	struct place at = { .line = line };
	va_list args;

	snprintf(at.file, sizeof(at.file), "%s", file);
	va_start(args, fmt);
	vfault_in(fault, &at, fmt, args);
	va_end(args);

	return -1;
}

/* --- types ------------------------------------------------------------------ */

static const struct {
	const char *name;
	u32 type;
} type_names[] = {
	/* As we and Linux print them in dmesg, then as they appear elsewhere */
	{ "usable", XEN_LAYOUT_RAM },
	{ "reserved", XEN_LAYOUT_RESERVED },
	{ "ACPI data", XEN_LAYOUT_ACPI },
	{ "ACPI NVS", XEN_LAYOUT_NVS },
	{ "unusable", XEN_LAYOUT_UNUSABLE },
	{ "persistent (type 7)", XEN_LAYOUT_PMEM },
	{ "persistent (type 12)", XEN_LAYOUT_PRAM },
	{ "soft reserved", XEN_LAYOUT_SOFT_RESERVED },
	{ "System RAM", XEN_LAYOUT_RAM },
	{ "device reserved", XEN_LAYOUT_RESERVED },
	{ "Reserved", XEN_LAYOUT_RESERVED },
	{ "ACPI Tables", XEN_LAYOUT_ACPI },
	{ "ACPI Non-volatile Storage", XEN_LAYOUT_NVS },
	{ "Unusable memory", XEN_LAYOUT_UNUSABLE },
	{ "Persistent Memory", XEN_LAYOUT_PMEM },
	{ "Persistent Memory (legacy)", XEN_LAYOUT_PRAM },
	{ "Soft Reserved", XEN_LAYOUT_SOFT_RESERVED },
	{ "Unknown E820 type", XEN_LAYOUT_RESERVED },
};

/* "type N", also in words around it */
static bool type_from_number(const char *name, size_t len, u32 *type)
{
	const char *p = memmem(name, len, "type ", 5);
	u64 number = 0;

	if (!p)
		return false;
	p += 5;
	if (p == name + len || !isdigit((unsigned char)*p))
		return false;
	for (; p < name + len && isdigit((unsigned char)*p); p++) {
		number = number * 10 + (*p - '0');
		if (number > UINT32_MAX)
			return false;
	}
	*type = number;

	return p == name + len || *p == ')';
}

bool type_from_name(const char *name, size_t len, u32 *type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(type_names); i++) {
		if (strlen(type_names[i].name) != len ||
		    memcmp(type_names[i].name, name, len))
			continue;
		*type = type_names[i].type;
		return true;
	}

	return type_from_number(name, len, type);
}

const char *type_name(u32 type)
{
	static char number[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(type_names); i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	snprintf(number, sizeof(number), "type %u", type);

	return number;
}

const char *p2m_type_name(enum xen_p2m_type type)
{
	static const char *const names[] = {
		[XEN_P2M_MISSING] = "missing",
		[XEN_P2M_IDENTITY] = "identity",
		[XEN_P2M_MFN] = "mfn",
		[XEN_P2M_FOREIGN] = "foreign",
	};

	return names[type];
}

/* --- containers ------------------------------------------------------------- */

struct machine *machine_new(void)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (m) {
		m->remapped = UNKNOWN_PAGES;
		m->released = UNKNOWN_PAGES;
	}

	return m;
}

void machine_clear(struct machine *m)
{
	unsigned int i;

	for (i = 0; i < SOURCES; i++)
		free(m->map[i]);
	free(m->pci.range);
	free(m->pci_sysfs.range);
	free(m->p2m.extent);
	free(m->audited.extent);
	free(m->conflicts.conflict);
	free(m->unread.line);
}

void machine_free(struct machine *m)
{
	struct machine *guest;

	for (; m; m = guest) {
		guest = m->guest;
		machine_clear(m);
		free(m);
	}
}

void note(struct notes *notes, const char *fmt, ...)
{
	va_list args;

	if (notes->nr == MAX_NOTES)
		return;
	va_start(args, fmt);
	vsnprintf(notes->text[notes->nr++], NOTE_TEXT, fmt, args);
	va_end(args);
}

int map_entry_add(struct machine *m, enum source source, u64 start, u64 end,
		  u32 type, const struct place *at, struct fault *fault)
{
	struct map *map = m->map[source];

	if (start >= end)
		return fault_in(fault, at,
				"memory map entry ends at %#lx, before it starts at %#lx",
				end, start);
	if (!map) {
		map = calloc(1, sizeof(*map));
		if (!map)
			return fault_in(fault, at, "out of memory");
		m->map[source] = map;
	}
	if (map->nr == XEN_LAYOUT_MAX_E820)
		return fault_in(fault, at, "more than %u memory map entries",
				XEN_LAYOUT_MAX_E820);
	map->entry[map->nr++] = (struct map_entry) {
		.start = start, .end = end, .type = type, .at = *at,
	};

	return 0;
}

bool make_room(void *array, unsigned int nr, unsigned int *max, size_t size)
{
	unsigned int want = *max ? 2 * *max : 64;
	void **rows = array, *bigger;

	if (nr < *max)
		return true;
	bigger = realloc(*rows, want * size);
	if (!bigger)
		return false;
	*rows = bigger;
	*max = want;

	return true;
}

/* What has been assigned later counts: the name says which BAR it is. */
static struct pci_range *pci_find(struct pci *pci, enum pci_kind kind,
				  const char *name)
{
	unsigned int i;

	if (kind != PCI_BAR)
		return NULL;
	for (i = 0; i < pci->nr; i++)
		if (pci->range[i].kind == kind &&
		    !strcmp(pci->range[i].name, name))
			return &pci->range[i];

	return NULL;
}

static bool pci_known(const struct pci *pci, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < pci->nr; i++)
		if (pci->range[i].kind == PCI_APERTURE &&
		    pci->range[i].start == start && pci->range[i].end == end)
			return true;

	return false;
}

int pci_add(struct pci *pci, enum pci_kind kind, const char *name, u64 start,
	    u64 end, const struct place *at, struct fault *fault)
{
	struct pci_range *range = pci_find(pci, kind, name);

	if (start >= end)
		return fault_in(fault, at,
				"%s ends at %#lx, before it starts at %#lx",
				name, end, start);
	if (kind == PCI_APERTURE && pci_known(pci, start, end))
		return 0;
	if (!range) {
		if (pci->nr == MAX_PCI)
			return fault_in(fault, at, "more than %u PCI ranges", MAX_PCI);
		if (!make_room(&pci->range, pci->nr, &pci->max, sizeof(*range)))
			return fault_in(fault, at, "out of memory");
		range = &pci->range[pci->nr++];
	}
	range->kind = kind;
	snprintf(range->name, sizeof(range->name), "%s", name);
	range->start = start;
	range->end = end;

	return 0;
}

void pci_forget(struct pci *pci, const char *name, u64 start)
{
	size_t len = strlen(name);
	unsigned int i, to = 0;

	for (i = 0; i < pci->nr; i++) {
		const struct pci_range *range = &pci->range[i];

		if (range->kind == PCI_BAR &&
		    (start ? range->start == start &&
			     !strncmp(range->name, name, len) :
			     !strcmp(range->name, name)))
			continue;
		pci->range[to++] = *range;
	}
	pci->nr = to;
}

static int pci_take(struct pci *pci, const struct pci *from,
		    const struct place *at, struct fault *fault)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < from->nr; i++)
		err = pci_add(pci, from->range[i].kind, from->range[i].name,
			      from->range[i].start, from->range[i].end, at,
			      fault);

	return err;
}

int conflict_add(struct machine *m, const struct conflict *conflict,
		 struct fault *fault)
{
	struct conflicts *c = &m->conflicts;

	if (c->nr == MAX_PCI)
		return fault_in(fault, &conflict->at, "more than %u conflicts",
				MAX_PCI);
	if (!make_room(&c->conflict, c->nr, &c->max, sizeof(*conflict)))
		return fault_in(fault, &conflict->at, "out of memory");
	c->conflict[c->nr++] = *conflict;

	return 0;
}

void conflict_forget(struct machine *m, const char *name)
{
	struct conflicts *c = &m->conflicts;
	unsigned int i, to = 0;

	for (i = 0; i < c->nr; i++)
		if (strcmp(c->conflict[i].name, name))
			c->conflict[to++] = c->conflict[i];
	c->nr = to;
}

void added_add(struct machine *m, const char *name, u64 start, u64 end)
{
	struct added *added;

	if (m->nr_added == MAX_ADDED)
		return;
	added = &m->added[m->nr_added++];
	snprintf(added->name, sizeof(added->name), "%s", name);
	added->start = start;
	added->end = end;
}

void unread_add(struct machine *m, const struct place *at, const char *line)
{
	struct unread *u = &m->unread;

	u->nr++;
	if (u->kept == MAX_UNREAD ||
	    !make_room(&u->line, u->kept, &u->max, sizeof(u->line[0])))
		return;
	u->line[u->kept].at = *at;
	snprintf(u->line[u->kept].text, sizeof(u->line[0].text), "%s", line);
	u->kept++;
}

bool extent_add(struct dump *dump, const struct extent *extent)
{
	if (!make_room(&dump->extent, dump->nr, &dump->max, sizeof(*extent)))
		return false;
	dump->extent[dump->nr++] = *extent;

	return true;
}

int dump_add(struct dump *dump, unsigned long start, unsigned long end,
	     enum xen_p2m_type type, const struct place *at,
	     struct fault *fault)
{
	const struct extent *last = NULL;

	if (start >= end)
		return fault_in(fault, at,
				"P2M range ends at %#lx, before it starts at %#lx",
				end, start);
	if (dump->nr)
		last = &dump->extent[dump->nr - 1];
	if (last && start < last->end)
		return fault_in(fault, at,
				"P2M range starts at %#lx, below the end of the one before",
				start);
	if (dump->nr == MAX_EXTENTS)
		return fault_in(fault, at, "more than %u P2M ranges",
				MAX_EXTENTS);
	if (!extent_add(dump, &(struct extent) { start, end, type }))
		return fault_in(fault, at, "out of memory");

	return 0;
}

const struct dump *best_dump(const struct machine *m)
{
	return m->audited.nr ? &m->audited : &m->p2m;
}

/* --- boots of one machine --------------------------------------------------- */

static bool same_map(const struct map *a, const struct map *b)
{
	unsigned int i;

	if (!a || !b || a->nr != b->nr)
		return (!a || !a->nr) && (!b || !b->nr);
	for (i = 0; i < a->nr; i++)
		if (a->entry[i].start != b->entry[i].start ||
		    a->entry[i].end != b->entry[i].end ||
		    a->entry[i].type != b->entry[i].type)
			return false;

	return true;
}

bool map_seen(const struct machine *m, enum source source)
{
	return m->map[source] && m->map[source]->nr;
}

enum source best_source(const struct machine *m)
{
	enum source source = 0;

	while (source < SOURCES && !map_seen(m, source))
		source++;

	return source;
}

bool machine_same_maps(const struct machine *a, const struct machine *b)
{
	unsigned int i;

	for (i = 0; i < SOURCES; i++)
		if (!same_map(a->map[i], b->map[i]))
			return false;

	return true;
}

bool map_differs(struct machine *m, const struct map *old,
		 const struct map *new)
{
	if (!old || !old->nr || same_map(old, new))
		return false;
	note(&m->remarks,
	     "%s has two memory maps that differ, from lines %u and %u on: the last one counts",
	     new->entry[0].at.file, old->entry[0].at.line,
	     new->entry[0].at.line);

	return true;
}

static void map_take(struct machine *m, struct machine *from,
		     enum source source)
{
	struct map *old = m->map[source], *new = from->map[source];

	if (!new || !new->nr)
		return;
	if (map_differs(m, old, new)) {
		m->pci.nr = 0;
		m->conflicts.nr = 0;
	}
	free(old);
	m->map[source] = new;
	from->map[source] = NULL;
}

static int conflicts_take(struct machine *m, const struct machine *from,
			  struct fault *fault)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < from->conflicts.nr; i++)
		err = conflict_add(m, &from->conflicts.conflict[i], fault);

	return err;
}

/* What Xen's log says of dom0 is not overwritten by what another file says. */
static void words_take(struct machine *m, const struct machine *from)
{
	unsigned int i;

	for (i = 0; i < from->nr_added; i++)
		added_add(m, from->added[i].name, from->added[i].start,
			  from->added[i].end);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		if (!m->area[i].size)
			m->area[i] = from->area[i];
	/* A boot on bare metal says the least about dom0. */
	if (from->kind != KERNEL_UNKNOWN &&
	    (m->kind == KERNEL_UNKNOWN || m->kind == KERNEL_BARE ||
	     (from->sure && !m->sure))) {
		m->kind = from->kind;
		m->sure = from->sure;
	}
	m->xenlinux |= from->xenlinux;
	m->bits32 |= from->bits32;
	m->hints |= from->hints;
	if (from->command_line)
		m->mem_limit = from->mem_limit;
	m->command_line |= from->command_line;
	if (from->domain_pages)
		m->domain_pages = from->domain_pages;
	if (from->remapped != UNKNOWN_PAGES)
		m->remapped = from->remapped;
	if (from->released != UNKNOWN_PAGES)
		m->released = from->released;
	if (!m->initrd_size)
		m->initrd_size = from->initrd_size;
	if (!m->alloc_size)
		m->alloc_size = from->alloc_size;
	if (from->kernel[0])
		memcpy(m->kernel, from->kernel, sizeof(m->kernel));
	if (from->release[0])
		memcpy(m->release, from->release, sizeof(m->release));
	if (!m->xen_version[0])
		memcpy(m->xen_version, from->xen_version,
		       sizeof(m->xen_version));
}

int machine_take(struct machine *m, struct machine *from, struct fault *fault)
{
	unsigned int i;
	int err;

	for (i = 0; i < SOURCES; i++)
		map_take(m, from, i);
	words_take(m, from);
	err = pci_take(&m->pci, &from->pci, &from->at, fault);
	if (!err)
		err = pci_take(&m->pci_sysfs, &from->pci_sysfs, &from->at,
			       fault);
	if (!err)
		err = conflicts_take(m, from, fault);

	return err;
}

/* --- files ------------------------------------------------------------------ */

char *read_fd(int fd, const char *name, size_t *size, struct fault *fault)
{
	size_t max = 1 << 16, nr = 0;
	char *text = malloc(max), *bigger;
	ssize_t got;

	while (text) {
		got = read(fd, text + nr, max - nr);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fault_at(fault, name, 0, "%s", strerror(errno));
			break;
		}
		nr += got;
		if (!got) {
			*size = nr;
			return text;
		}
		if (nr < max)
			continue;
		if (max >= INPUT_BYTES) {
			fault_at(fault, name, 0, "more than %lu MiB",
				 INPUT_BYTES >> 20);
			break;
		}
		max *= 2;
		bigger = realloc(text, max);
		if (!bigger) {
			fault_at(fault, name, 0, "out of memory");
			break;
		}
		text = bigger;
	}
	if (!text)
		fault_at(fault, name, 0, "out of memory");
	free(text);

	return NULL;
}

char *read_file(const char *path, size_t *size, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0) {
		fault_at(fault, path, 0, "%s", strerror(errno));
		return NULL;
	}
	text = read_fd(fd, path, size, fault);
	close(fd);

	return text;
}

/* --- the whole of it -------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct map_entry *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Linux prints the map of a PV domain before it has merged what overlaps. */
static void map_merge(struct map *map)
{
	struct map_entry *to = map->entry;
	unsigned int i;

	for (i = 1; i < map->nr; i++) {
		const struct map_entry *from = &map->entry[i];

		if (from->type == to->type && from->start < to->end)
			to->end = max(to->end, from->end);
		else
			*++to = *from;
	}
	if (map->nr)
		map->nr = to - map->entry + 1;
}

static int map_check(struct map *map, enum source source, struct fault *fault)
{
	const struct map_entry *one, *two;
	unsigned int i;

	qsort(map->entry, map->nr, sizeof(map->entry[0]), by_start);
	if (source == SOURCE_DOMAIN)
		map_merge(map);
	for (i = 1; i < map->nr; i++) {
		one = &map->entry[i - 1];
		two = &map->entry[i];
		if (two->start >= one->end)
			continue;
		if (!one->at.line)
			return fault_at(fault, two->at.file, 0,
					"memory map entry at %#lx overlaps the one at %#lx",
					two->start, one->start);
		return fault_in(fault, &two->at,
				"memory map entry at %#lx overlaps the one at %#lx (line %u)",
				two->start, one->start, one->at.line);
	}

	return 0;
}

/*
 * Machines have memory from address 0 on, at least from the first page on. A map
 * that does not is one whose front is lost, as in a ring that is too small.
 */
static int front_check(const struct map *map, enum source source,
		       struct fault *fault)
{
	const struct map_entry *first = &map->entry[0];

	if (source == SOURCE_JSON || !map->nr ||
	    first->start < XEN_LAYOUT_PAGE_SIZE)
		return 0;

	return fault_in(fault, &first->at,
			"the front of the memory map is lost: it starts at %#lx; have a larger ring (%s), or take /sys/firmware/memmap",
			first->start,
			source == SOURCE_XEN ? "conring_size=" : "log_buf_len=");
}

static u64 map_ram(const struct map *map)
{
	unsigned int i;
	u64 bytes = 0;

	for (i = 0; i < map->nr; i++)
		if (map->entry[i].type == XEN_LAYOUT_RAM)
			bytes += map->entry[i].end - map->entry[i].start;

	return bytes;
}

/* Xen counts whole pages; and it may take RAM out of its map, but adds none. */
static int ram_check(const struct machine *m, struct fault *fault)
{
	const struct map *map = m->map[SOURCE_XEN];

	if (!map || !map->nr || m->ram_kb <= map_ram(map) >> 10)
		return 0;

	return fault_in(fault, &map->entry[0].at,
			"entries of the memory map are lost: it has %lu KiB of RAM, but Xen counts %lu",
			map_ram(map) >> 10, m->ram_kb);
}

static bool ram_in(const struct map *map, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; map && i < map->nr; i++)
		if (map->entry[i].type == XEN_LAYOUT_RAM &&
		    map->entry[i].start < end && map->entry[i].end > start)
			return true;

	return false;
}

/* RAM that a running kernel has, but had not in its map when it started */
static void find_added(struct machine *m)
{
	const struct map *now = m->map[SOURCE_IOMEM];
	const struct map *then = m->map[SOURCE_DOMAIN];
	unsigned int i;

	for (i = 0; now && then && i < now->nr; i++)
		if (now->entry[i].type == XEN_LAYOUT_RAM &&
		    !ram_in(then, now->entry[i].start, now->entry[i].end))
			added_add(m, "System RAM", now->entry[i].start,
				  now->entry[i].end);
}

/* All has been read: does it make sense together? */
int machine_finish(struct machine *m, struct fault *fault)
{
	const char *format = m->format;
	unsigned int i;
	int err = 0;

	for (; !err && m; m = m->guest) {
		m->format = format;
		for (i = 0; !err && i < SOURCES; i++) {
			if (!m->map[i])
				continue;
			err = map_check(m->map[i], i, fault);
			if (!err)
				err = front_check(m->map[i], i, fault);
		}
		if (!err)
			err = ram_check(m, fault);
		find_added(m);
	}

	return err;
}
