// SPDX-License-Identifier: GPL-2.0
/*
 * What an audit looked at: memory map, P2M and PCI ranges beside each other
 */

#include <stdio.h>
#include <string.h>

#include <linux/minmax.h>

#include "audit.h"
#include "json.h"

/* --- text ------------------------------------------------------------------- */

/* The PFNs of [@at, @end) that are of one type from @at on; identity above the P2M */
static struct extent range_at(const struct dump *p2m, unsigned long at,
			      unsigned long end)
{
	const struct extent *e = p2m->extent, *stop = e + p2m->nr;

	while (e < stop && e->end <= at)
		e++;
	if (e < stop && e->start <= at)
		return (struct extent) { at, min(end, e->end), e->type };
	if (e < stop)
		end = min(end, e->start);

	return (struct extent) { at, end, XEN_P2M_IDENTITY };
}

static void print_beside(const struct audit *a, const char *left, u64 start,
			 u64 end)
{
	unsigned long at = PFN_DOWN(start), last = PFN_DOWN(end - 1);
	struct extent found;

	for (; at <= last; at = found.end) {
		found = range_at(a->p2m, at, last + 1);
		printf("  %-46s 0x%lx-0x%lx %s\n", left, found.start, found.end,
		       p2m_type_name(found.type));
		left = "";
	}
}

static void print_entry(const struct audit *a, u64 start, u64 end,
			const char *type)
{
	char left[80];

	snprintf(left, sizeof(left), "0x%012lx-0x%012lx  %s", start, end, type);
	print_beside(a, left, start, end);
}

static void print_map(const struct audit *a)
{
	enum source source = best_source(a->m);
	const struct map_entry *e;
	unsigned int i;
	u64 at = 0;

	if (source == SOURCES)
		return;
	printf("Memory map of the machine (from %s), and the P2M there\n",
	       source_names[source]);
	for (i = 0; i < a->m->map[source]->nr; i++) {
		e = &a->m->map[source]->entry[i];
		if (e->start > at)
			print_entry(a, at, e->start, "gap");
		print_entry(a, e->start, e->end, type_name(e->type));
		at = max(at, e->end);
	}
}

static void print_extents(const struct audit *a)
{
	const struct extent *e = a->p2m->extent;
	char range[48];
	unsigned int i;

	printf("\nP2M by ranges; everything above is identity\n");
	for (i = 0; i < a->p2m->nr; i++, e++) {
		snprintf(range, sizeof(range), "0x%lx-0x%lx", e->start, e->end);
		printf("  %-24s %12lu pages  %s\n", range, e->end - e->start,
		       p2m_type_name(e->type));
	}
}

static void print_number(const char *what, unsigned long nr)
{
	if (nr != UNKNOWN_PAGES)
		printf("  %-24s %12lu\n", what, nr);
}

static void print_pages(const struct audit *a)
{
	const struct machine *m = a->m;

	printf("\nPages\n");
	print_number("of the domain in the P2M", a->pages);
	print_number("by Xen's count",
		     m->domain_pages ? m->domain_pages : UNKNOWN_PAGES);
	print_number("remapped at boot", m->remapped);
	print_number("released at boot", m->released);
}

static void print_pci(const struct audit *a)
{
	const struct pci_verdict *v = a->pci.row;
	unsigned int i;

	printf("\nPCI apertures and BARs\n");
	for (i = 0; i < a->pci.nr; i++, v++) {
		bool is_good = v->verdict == VERDICT_IDENTITY;

		printf("  0x%010lx-0x%010lx  %-26s %s%s\n", v->range->start,
		       v->range->end, v->range->name,
		       is_good ? "1:1" : "NOT 1:1: ",
		       is_good ? "" : verdict_names[v->verdict]);
	}
}

void audit_print_text(const struct audit *a)
{
	if (a->m->kernel[0])
		printf("%.*s\n\n", (int)strcspn(a->m->kernel, "("),
		       a->m->kernel);
	print_map(a);
	print_extents(a);
	print_pages(a);
	print_pci(a);
	printf("\n");
}

/* --- JSON ------------------------------------------------------------------- */

static void add_number(cJSON *object, const char *name, unsigned long nr)
{
	if (nr == UNKNOWN_PAGES)
		cJSON_AddNullToObject(object, name);
	else
		cJSON_AddNumberToObject(object, name, nr);
}

void audit_add_json(const struct audit *a, struct cJSON *root)
{
	const struct map *map = NULL;
	const struct machine *m = a->m;
	const struct extent *e = a->p2m->extent;
	const struct pci_verdict *v = a->pci.row;
	cJSON *list, *row;
	unsigned int i;

	if (best_source(m) != SOURCES)
		map = m->map[best_source(m)];
	list = cJSON_AddArrayToObject(root, "map");
	for (i = 0; map && i < map->nr; i++)
		json_entry(list, map->entry[i].start, map->entry[i].end,
			   map->entry[i].type);
	list = cJSON_AddArrayToObject(root, "extents");
	for (i = 0; i < a->p2m->nr; i++, e++)
		json_extent(list, e, p2m_type_name(e->type));
	row = cJSON_AddObjectToObject(root, "pages");
	add_number(row, "p2m", a->pages);
	add_number(row, "xen", m->domain_pages ? m->domain_pages : UNKNOWN_PAGES);
	add_number(row, "remapped", m->remapped);
	add_number(row, "released", m->released);
	list = cJSON_AddArrayToObject(root, "pci");
	for (i = 0; i < a->pci.nr; i++, v++) {
		row = json_row(list);
		json_pfns(row, v->start, v->end);
		cJSON_AddStringToObject(row, "name", v->range->name);
		cJSON_AddStringToObject(row, "verdict", verdict_names[v->verdict]);
	}
}
