// SPDX-License-Identifier: GPL-2.0
/*
 * Is this host right? Memory map, apertures, BARs and pages against the P2M
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "audit.h"
#include "json.h"

__printf(5, 6)
static void finding(cJSON *list, unsigned long start, unsigned long end,
		    const char *remedy, const char *fmt, ...)
{
	cJSON *row = json_row(list);
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cJSON_AddStringToObject(row, "what", text);
	json_pfns(row, start, end);
	cJSON_AddStringToObject(row, "remedy", remedy);
}

/* A kernel that shows identity as such ends its list with it. */
static bool hides_identity(const struct machine *m)
{
	return !m->audited.nr &&
	       m->p2m.extent[m->p2m.nr - 1].type == XEN_P2M_MISSING;
}

/* Should be identity all through, and is it? */
static void audit_identity(struct audit *a, unsigned long start,
			   unsigned long end, const char *name)
{
	enum verdict verdict = verdict_of(a->p2m, start, end);

	if (verdict == VERDICT_IDENTITY)
		return;
	if (a->hides_identity && verdict == VERDICT_MISSING)
		finding(a->unknown, start, end,
			"modprobe xen-p2m-audit, then run this again",
			"%s: this kernel shows identity PFNs as missing", name);
	else
		finding(a->findings, start, end, verdict_remedy(verdict),
			"%s is not 1:1 but %s", name, verdict_names[verdict]);
}

static void audit_pci(struct audit *a, enum pci_kind kind)
{
	const struct pci_verdict *v = a->pci.row;
	unsigned int i;

	for (i = 0; i < a->pci.nr; i++, v++)
		if (v->range->kind == kind)
			audit_identity(a, v->start, v->end, v->range->name);
}

/* Whole pages of a map entry, as far as they are below @end */
static bool whole_pages(const struct map_entry *e, unsigned long *start,
			unsigned long *end)
{
	*start = (e->start >> XEN_LAYOUT_PAGE_SHIFT) + !!(e->start & 0xfff);
	*end = e->end >> XEN_LAYOUT_PAGE_SHIFT;

	return *start < *end;
}

static void audit_ram(struct audit *a, unsigned long start, unsigned long end)
{
	const struct extent *e = a->p2m->extent;
	unsigned int i;

	for (i = 0; i < a->p2m->nr; i++, e++)
		if (e->type == XEN_P2M_IDENTITY && e->start < end && e->end > start)
			finding(a->findings, start, end,
				"do not use this host: send the archive that xen-p2m report makes",
				"RAM is 1:1 from PFN %#lx on: the kernel would use memory that is not its own",
				e->start);
}

/*
 * RAM is never 1:1. All else is, but for regions that were moved: these are
 * RAM to the P2M, with an MFN that is none of the domain's, all through.
 */
static void audit_map(struct audit *a)
{
	const struct map *map = a->m->map[SOURCE_IOMEM];
	unsigned long start, end;
	char what[80];
	unsigned int i;

	for (i = 0; map && i < map->nr; i++) {
		if (!whole_pages(&map->entry[i], &start, &end))
			continue;
		snprintf(what, sizeof(what), "memory map entry (%s)",
			 type_name(map->entry[i].type));
		if (map->entry[i].type == XEN_LAYOUT_RAM)
			audit_ram(a, start, end);
		else if (verdict_of(a->p2m, start, end) != VERDICT_RAM)
			audit_identity(a, start, end, what);
	}
}

/*
 * Regions that were moved are in the P2M, but their MFNs are not dom0's. What
 * is below is never moved: dom0 has no RAM in the ISA hole, a domU has, and the
 * first page is reserved by Linux for itself.
 */
#define ISA_END		(1UL << 20)

static unsigned long moved_pages(const struct audit *a)
{
	const struct map *map = a->m->map[SOURCE_IOMEM];
	unsigned long start, end, counted = 0, nr = 0;
	const struct map_entry *e;
	unsigned int i;

	for (i = 0; map && i < map->nr; i++) {
		e = &map->entry[i];
		/* Regions may have part of a page, and two of them share one. */
		start = max(PFN_DOWN(e->start), counted);
		end = PFN_DOWN(e->end - 1) + 1;
		if (e->type == XEN_LAYOUT_RAM || e->start < ISA_END ||
		    start >= end ||
		    verdict_of(a->p2m, start, end) != VERDICT_RAM)
			continue;
		nr += end - start;
		counted = end;
	}

	return nr;
}

static unsigned long mfn_pages(const struct dump *dump)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < dump->nr; i++)
		if (dump->extent[i].type == XEN_P2M_MFN)
			nr += dump->extent[i].end - dump->extent[i].start;

	return nr;
}

/* Each page that the domain has is in its P2M once. */
static void audit_pages(struct audit *a)
{
	unsigned long nr = a->pages;

	if (!a->m->domain_pages)
		finding(a->unknown, 0, 0,
			"run this as root in dom0, with the balloon driver in the kernel",
			"how many pages the domain has");
	else if (nr != a->m->domain_pages)
		finding(a->findings, 0, 0,
			"run it again, as ballooning may be under way; if it stays so, send the archive that xen-p2m report makes",
			"the P2M has %lu pages of the domain, Xen counts %lu",
			nr, a->m->domain_pages);
}

static void audit_conflicts(struct audit *a)
{
	const struct map *map = a->m->map[SOURCE_IOMEM];
	const struct pci_verdict *v;
	const struct map_entry *e;
	unsigned int i, k;

	for (i = 0; map && i < map->nr; i++) {
		e = &map->entry[i];
		for (k = 0; e->type == XEN_LAYOUT_RAM && k < a->pci.nr; k++) {
			v = &a->pci.row[k];
			/* An aperture may well be around RAM, if BARs are known. */
			if (a->m->pci_sysfs.nr && v->range->kind != PCI_BAR)
				continue;
			if (overlap(v->range, e))
				finding(a->findings, v->start, v->end,
					"boot with a maximum of memory that ends below it (dom0_mem=SIZE,max:SIZE), or update the firmware",
					"%s lies over RAM", v->range->name);
		}
	}
}

static void print_rows(const cJSON *list, const char *word)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, list) {
		double nr = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "nr"));

		printf("%s: %s", word,
		       cJSON_GetStringValue(cJSON_GetObjectItem(row, "what")));
		if (nr > 0)
			printf(" (%.0f pages from PFN %s on)", nr,
			       cJSON_GetStringValue(cJSON_GetObjectItem(row, "pfn")));
		printf("\n  Hint: %s\n",
		       cJSON_GetStringValue(cJSON_GetObjectItem(row, "remedy")));
	}
}

static int show_audit(const struct options *options, cJSON *root)
{
	cJSON *findings = cJSON_GetObjectItem(root, "findings");
	cJSON *unknown = cJSON_GetObjectItem(root, "unknown");
	int status = EXIT_GOOD;

	if (cJSON_GetArraySize(findings))
		status = EXIT_FINDINGS;
	else if (cJSON_GetArraySize(unknown))
		status = EXIT_UNKNOWN;
	if (options->json) {
		json_print(root);
		return status;
	}
	print_rows(findings, "finding");
	print_rows(unknown, "could not tell");
	if (status == EXIT_GOOD)
		puts("sound: apertures, BARs, memory map and pages agree with the P2M");
	cJSON_Delete(root);

	return status;
}

static int audit_machine(const struct options *options,
			 const struct machine *m)
{
	cJSON *root = json_new("audit");
	struct audit a = {
		.findings = cJSON_AddArrayToObject(root, "findings"),
		.unknown = cJSON_AddArrayToObject(root, "unknown"),
		.m = m,
		.p2m = best_dump(m),
	};

	if (!a.p2m->nr) {
		finding(a.unknown, 0, 0, options->file ?
			"audit reads what xen-p2m report made on a host, or a P2M; for logs and maps there is xen-p2m plan" :
			live_why_not(options->root), "no P2M to look at%s%.180s",
			options->file ? " in " : "", options->file ?: "");
		return show_audit(options, root);
	}
	if (!pci_judge(m, a.p2m, &a.pci)) {
		cJSON_Delete(root);
		return EXIT_UNKNOWN;
	}
	a.hides_identity = hides_identity(m);
	a.pages = mfn_pages(a.p2m) - moved_pages(&a);
	if (!m->map[SOURCE_IOMEM])
		finding(a.unknown, 0, 0, "run this as root",
			"what the memory map is: no /proc/iomem");
	audit_pci(&a, PCI_APERTURE);
	audit_pci(&a, PCI_BAR);
	audit_map(&a);
	audit_pages(&a);
	audit_conflicts(&a);
	if (options->verbose && options->json)
		audit_add_json(&a, root);
	else if (options->verbose)
		audit_print_text(&a);
	free(a.pci.row);

	return show_audit(options, root);
}

/* Of a guest from outside: entries the toolstack knows, and all pages */
static int audit_guest(const struct options *options)
{
	cJSON *root, *findings;
	struct dump dump = { 0 };
	struct fault fault;
	unsigned long pages, nr;

	if (foreign_dump(options->domain, &dump, &pages, &fault)) {
		print_fault(&fault);
		free(dump.extent);
		return EXIT_UNKNOWN;
	}
	root = json_new("audit");
	findings = cJSON_AddArrayToObject(root, "findings");
	cJSON_AddArrayToObject(root, "unknown");
	nr = mfn_pages(&dump);
	/* It may own pages outside its P2M, but its P2M has none that it does not own. */
	if (nr > pages)
		finding(findings, 0, 0,
			"do not save or migrate it; send the archive that xen-p2m report makes",
			"its P2M has %lu pages, Xen counts %lu", nr, pages);
	free(dump.extent);

	return show_audit(options, root);
}

int command_audit(const struct options *options)
{
	struct fault fault = { .text = "out of memory" };
	struct machine *m;
	int status;

	if (options->domain > 0)
		return audit_guest(options);
	if (options->file)
		m = read_input(options);
	else
		m = live_machine(options->root, options->verbose, &fault);
	if (!m) {
		if (!options->file)
			print_fault(&fault);
		return EXIT_UNKNOWN;
	}
	status = audit_machine(options, m);
	machine_free(m);

	return status;
}
