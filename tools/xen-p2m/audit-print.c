// SPDX-License-Identifier: GPL-2.0
/*
 * What an audit looked at: memory map, P2M and PCI ranges beside each other
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "audit.h"

#define TYPE_NAME	32

/* --- walking ---------------------------------------------------------------- */

/*
 * The P2M over PFNs [@start, @end), a range a call; identity behind its end.
 * @at is where the last one ended. False: there is no more.
 */
static bool next_range(const struct audit *a, unsigned long *at,
		       unsigned long end, struct plan_extent *found)
{
	unsigned int i;

	if (*at >= end)
		return false;
	found->start = *at;
	found->end = end;
	found->type = XEN_P2M_IDENTITY;
	for (i = 0; i < a->nr && a->extents[i].end <= *at; i++)
		;
	if (i < a->nr && a->extents[i].start > *at) {
		found->end = min(end, a->extents[i].start);
	} else if (i < a->nr) {
		found->end = min(end, a->extents[i].end);
		found->type = a->extents[i].type;
	}
	*at = found->end;

	return true;
}

/* The map that says most of the machine */
static const struct map *best_map(const struct machine *m,
				  const char **source)
{
	unsigned int i;

	for (i = 0; i < SOURCES; i++) {
		if (!m->map[i] || !m->map[i]->nr)
			continue;
		*source = source_names[i];
		return m->map[i];
	}

	return NULL;
}

static bool is_bars(const struct audit *a, const struct pci *pci)
{
	return pci == audit_bars(a->m);
}

typedef void (*pci_visitor)(const struct audit *a, const struct pci_range *r,
			    enum verdict verdict, void *arg);

/* Apertures from the one list, BARs from the one that knows them best */
static void each_pci(const struct audit *a, pci_visitor visit, void *arg)
{
	const struct pci *list[] = { &a->m->pci, audit_bars(a->m) };
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(list); k++) {
		if (k && list[k] == list[0])
			continue;
		for (i = 0; i < list[k]->nr; i++) {
			const struct pci_range *r = &list[k]->range[i];

			if (r->kind == PCI_BAR && !is_bars(a, list[k]))
				continue;
			visit(a, r, verdict_of(a->extents, a->nr,
					       audit_first(r), audit_end(r)),
			      arg);
		}
	}
}

/* --- text ------------------------------------------------------------------- */

static void print_beside(const struct audit *a, const char *left, u64 start,
			 u64 end)
{
	unsigned long at = start >> XEN_LAYOUT_PAGE_SHIFT;
	unsigned long last = (end - 1) >> XEN_LAYOUT_PAGE_SHIFT;
	struct plan_extent found;

	while (next_range(a, &at, last + 1, &found)) {
		printf("  %-46s 0x%lx-0x%lx %s\n", left, found.start, found.end,
		       p2m_type_name(found.type));
		left = "";
	}
}

static void print_entry(const struct audit *a, u64 start, u64 end,
			const char *type)
{
	char left[80];

	snprintf(left, sizeof(left), "0x%012" PRIx64 "-0x%012" PRIx64 "  %s",
		 start, end, type);
	print_beside(a, left, start, end);
}

static void print_map(const struct audit *a)
{
	const char *source;
	const struct map *map = best_map(a->m, &source);
	char name[TYPE_NAME];
	unsigned int i;
	u64 at = 0;

	if (!map)
		return;
	printf("Memory map of the machine (from %s), and the P2M there\n",
	       source);
	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].start > at)
			print_entry(a, at, map->entry[i].start, "gap");
		type_to_name(map->entry[i].type, name, sizeof(name));
		print_entry(a, map->entry[i].start, map->entry[i].end, name);
		at = max(at, map->entry[i].end);
	}
}

static void print_extents(const struct audit *a)
{
	const struct plan_extent *e = a->extents;
	char range[48];
	unsigned int i;

	printf("\nP2M by ranges; behind them all is identity\n");
	for (i = 0; i < a->nr; i++, e++) {
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

static void print_range(const struct audit *a, const struct pci_range *r,
			enum verdict verdict, void *arg)
{
	bool is_good = verdict == VERDICT_IDENTITY;

	printf("  0x%010" PRIx64 "-0x%010" PRIx64 "  %-26s %s%s\n", r->start,
	       r->end, r->name, is_good ? "1:1" : "NOT 1:1: ",
	       is_good ? "" : verdict_names[verdict]);
}

void audit_print_text(const struct audit *a)
{
	if (a->m->kernel[0])
		printf("%.*s\n\n", (int)strcspn(a->m->kernel, "("),
		       a->m->kernel);
	print_map(a);
	print_extents(a);
	print_pages(a);
	printf("\nPCI apertures and BARs\n");
	each_pci(a, print_range, NULL);
	printf("\n");
}

/* --- JSON ------------------------------------------------------------------- */

static cJSON *add_frames(cJSON *list, unsigned long start, unsigned long end)
{
	cJSON *row = cJSON_CreateObject();

	cJSON_AddItemToArray(list, row);
	json_add_hex(row, "pfn", start);
	cJSON_AddNumberToObject(row, "nr", end - start);

	return row;
}

static void add_map(const struct audit *a, cJSON *root)
{
	cJSON *list = cJSON_AddArrayToObject(root, "map"), *row;
	const char *source;
	const struct map *map = best_map(a->m, &source);
	char name[TYPE_NAME];
	unsigned int i;

	for (i = 0; map && i < map->nr; i++) {
		row = cJSON_CreateObject();
		cJSON_AddItemToArray(list, row);
		json_add_hex(row, "start", map->entry[i].start);
		json_add_hex(row, "end", map->entry[i].end);
		type_to_name(map->entry[i].type, name, sizeof(name));
		cJSON_AddStringToObject(row, "type", name);
	}
}

static void add_range(const struct audit *a, const struct pci_range *r,
		      enum verdict verdict, void *arg)
{
	cJSON *row = add_frames(arg, audit_first(r), audit_end(r));

	cJSON_AddStringToObject(row, "name", r->name);
	cJSON_AddStringToObject(row, "verdict", verdict_names[verdict]);
}

static void add_number(cJSON *object, const char *name, unsigned long nr)
{
	if (nr == UNKNOWN_PAGES)
		cJSON_AddNullToObject(object, name);
	else
		cJSON_AddNumberToObject(object, name, nr);
}

void audit_add_json(const struct audit *a, struct cJSON *root)
{
	const struct machine *m = a->m;
	cJSON *list, *row;
	unsigned int i;

	add_map(a, root);
	list = cJSON_AddArrayToObject(root, "extents");
	for (i = 0; i < a->nr; i++) {
		row = add_frames(list, a->extents[i].start, a->extents[i].end);
		cJSON_AddStringToObject(row, "type",
					p2m_type_name(a->extents[i].type));
	}
	row = cJSON_AddObjectToObject(root, "pages");
	add_number(row, "p2m", a->pages);
	add_number(row, "xen", m->domain_pages ? m->domain_pages : UNKNOWN_PAGES);
	add_number(row, "remapped", m->remapped);
	add_number(row, "released", m->released);
	each_pci(a, add_range, cJSON_AddArrayToObject(root, "pci"));
}
