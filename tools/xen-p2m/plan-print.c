// SPDX-License-Identifier: GPL-2.0
/*
 * A plan as text and as JSON
 */

#include <ctype.h>
#include <stdio.h>

#include <linux/kernel.h>

#include "answer.h"
#include "json.h"

#define AREA_KEY	16

/* --- text ------------------------------------------------------------------- */

double in_unit(unsigned long pages, const char **unit)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = pages * 4.0;
	unsigned int i = 0;

	for (; value >= 1024 && i + 1 < ARRAY_SIZE(units); i++)
		value /= 1024;
	*unit = units[i];

	return value;
}

static void print_region(u64 start, u64 end, u32 type)
{
	printf("  0x%012lx-0x%012lx  %s\n", start, end, type_name(type));
}

static void print_count(const char *what, unsigned long pages)
{
	const char *unit;
	double size = in_unit(pages, &unit);
	int digits = size < 10 && *unit != 'K';

	printf("  %-22s %12lu  %.*f %s\n", what, pages, digits, size, unit);
}

static void print_written_by(const struct plan *plan)
{
	if (plan->kind == KERNEL_UNKNOWN && !plan->release[0])
		return;
	printf("  written by: %s", kernel_kind_names[plan->kind]);
	if (plan->release[0])
		printf(", Linux %s", plan->release);
	if (plan->xen_version[0])
		printf(", Xen %s", plan->xen_version);
	putchar('\n');
}

static void print_input(const struct plan *plan)
{
	unsigned int i;

	printf("\nInput: %s (map from %s)\n", plan->format ? plan->format : "?",
	       plan->source);
	print_written_by(plan);
	print_count(plan->in.domain == XEN_LAYOUT_DOM0 ? "pages of dom0" :
		    "pages of the domU", plan->in.nr_pages);
	if (plan->in.max_reservation)
		print_count("pages at most", plan->in.max_reservation);
	if (plan->in.mem_limit)
		printf("  mem= ends at %#lx\n", plan->in.mem_limit);
	for (i = 0; i < plan->assumed.nr; i++)
		printf("  assumed: %s\n", plan->assumed.text[i]);
	printf("\nMemory map as given, %u entries\n", plan->in.nr_e820);
	for (i = 0; i < plan->in.nr_e820; i++)
		print_region(plan->e820[i].addr,
			     plan->e820[i].addr + plan->e820[i].size,
			     plan->e820[i].type);
}

void plan_print_error(const struct plan *plan, FILE *out, const char *margin)
{
	char text[XEN_LAYOUT_TEXT];
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (xen_layout_describe_error(&plan->in, &plan->layout, i,
					      text, sizeof(text)))
			fprintf(out, "%s%s\n", margin, text);
}

/* Copied by the kernel, as they do not lie in RAM */
static void print_relocations(const struct plan *plan)
{
	const struct xen_layout_relocation *r = plan->layout.relocation;
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++, r++)
		if (r->needed)
			printf("  copy %s 0x%lx-0x%lx to 0x%lx\n",
			       xen_layout_area_name(i), plan->in.area[i].addr,
			       plan->in.area[i].addr + plan->in.area[i].size,
			       (u64)r->start << XEN_LAYOUT_PAGE_SHIFT);
}

static void print_added(const struct plan *plan)
{
	const struct xen_add_ranges *a = &plan->added;
	unsigned int i;

	printf("\nWhere memory may be added later (PFNs)\n");
	for (i = 0; i < a->ram.nr; i++)
		printf("  0x%lx-0x%lx RAM of the machine\n", a->ram.range[i].start,
		       a->ram.range[i].end);
	if (a->above.start < a->above.end)
		printf("  0x%lx-0x%lx above the map\n", a->above.start,
		       a->above.end);
}

static void print_findings(const struct plan *plan)
{
	const struct finding *f = plan->findings.row;
	unsigned int i;

	if (plan->findings.nr)
		printf("\nFindings\n");
	for (i = 0; i < plan->findings.nr; i++, f++)
		printf("  %s: [mem %#018lx-%#018lx]\n    Hint: %s\n", f->what,
		       f->start, f->end - 1, f->remedy);
}

static void print_nonram(const struct plan *plan)
{
	const struct xen_layout_nonram *n = plan->layout.nonram;
	unsigned int i;

	for (i = 0; i < plan->layout.nr_nonram; i++, n++)
		printf("  region 0x%lx-0x%lx (%s) to 0x%lx\n", n->start, n->end,
		       type_name(n->type), n->to);
}

static void print_plan(const struct plan *plan)
{
	const struct xen_layout *l = &plan->layout;
	unsigned int i;

	printf("\nPlan\n");
	print_count("pages that stay", l->pages_kept);
	print_count("pages moved", l->pages_moved);
	print_count("pages released", l->pages_released);
	print_count("extra memory", l->pages_extra);
	print_count("RAM not used", l->pages_unused);
	for (i = 0; i < l->nr_moves; i++)
		printf("  move 0x%lx-0x%lx to 0x%lx\n", l->moves[i].from,
		       l->moves[i].from + l->moves[i].nr, l->moves[i].to);
	for (i = 0; i < l->nr_releases; i++)
		printf("  release 0x%lx-0x%lx\n", l->releases[i].start,
		       l->releases[i].end);
	for (i = 0; i < l->nr_extra; i++)
		printf("  extra 0x%lx-0x%lx\n", l->extra[i].start,
		       l->extra[i].end);
	print_nonram(plan);
	print_relocations(plan);
	printf("\nMemory map that the kernel takes, %u entries\n", l->e820.nr);
	for (i = 0; i < l->e820.nr; i++)
		print_region(l->e820.region[i].start, l->e820.region[i].end,
			     l->e820.region[i].type);
}

static void print_p2m(const struct plan *plan)
{
	const struct extent *e = plan->p2m.extent;
	const struct xen_p2m_usage *u = &plan->usage;
	unsigned int i;

	printf("\nP2M by ranges; from PFN 0x%lx on all is identity\n",
	       plan->end);
	for (i = 0; i < plan->p2m.nr; i++, e++) {
		printf("  0x%lx-0x%lx %s", e->start, e->end,
		       p2m_type_name(e->type));
		if (e->type == XEN_P2M_MFN && e->known)
			printf(" 0x%lx", e->mfn);
		printf("\n");
	}
	printf("\nCost\n");
	print_count("memory of the P2M", u->leaves + u->mids + u->lists);
	printf("  %-22s %12lu  moves and releases, at boot\n", "hypercalls",
	       plan->hypercalls);
}

static void print_pci(const struct plan *plan)
{
	const struct pci_verdict *v = plan->pci.row;
	unsigned int i;

	if (plan->pci.nr)
		printf("\nPCI apertures and BARs (PFNs)\n");
	for (i = 0; i < plan->pci.nr; i++, v++)
		printf("  0x%lx-0x%lx %-26s %s\n", v->start, v->end,
		       v->range->name, verdict_names[v->verdict]);
}

void plan_print_text(const struct plan *plan, const struct answer *answer)
{
	unsigned int i;

	printf("Verdict: %s\n", answer->verdict);
	answer_print_text(answer);
	print_findings(plan);
	print_input(plan);
	if (plan->error) {
		printf("\nNo plan: the kernel stops\n");
		plan_print_error(plan, stdout, "  ");
	} else {
		print_plan(plan);
		print_p2m(plan);
		print_pci(plan);
		print_added(plan);
	}
	if (plan->warnings.nr)
		printf("\nWarnings\n");
	for (i = 0; i < plan->warnings.nr; i++)
		printf("  %s\n", plan->warnings.text[i]);
}

/* --- JSON ------------------------------------------------------------------- */

/* The name of an area as those of JSON: "p2m_list" */
static const char *area_key(enum xen_layout_area_id id, char *buf, size_t size)
{
	char *c;

	snprintf(buf, size, "%s", xen_layout_area_name(id));
	for (c = buf; *c; c++)
		*c = *c == ' ' ? '_' : tolower((unsigned char)*c);

	return buf;
}

/* The areas that are known */
static void add_areas(cJSON *input, const struct plan *plan)
{
	cJSON *areas = cJSON_AddObjectToObject(input, "areas");
	char key[AREA_KEY];
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		const struct xen_layout_area *area = &plan->in.area[i];
		cJSON *row;

		if (!area->size)
			continue;
		row = cJSON_AddObjectToObject(areas, area_key(i, key, sizeof(key)));
		json_range(row, area->addr, area->addr + area->size);
	}
}

/* What the plan was made from: enough to make it again */
static void add_input_pci(cJSON *input, const struct plan *plan)
{
	cJSON *windows = cJSON_AddArrayToObject(input, "windows");
	cJSON *bars = cJSON_AddArrayToObject(input, "bars"), *row;
	unsigned int i;

	for (i = 0; i < plan->pci.nr; i++) {
		const struct pci_range *range = plan->pci.row[i].range;
		bool bar = range->kind == PCI_BAR;

		row = json_row(bar ? bars : windows);
		json_range(row, range->start, range->end);
		if (bar)
			cJSON_AddStringToObject(row, "device", range->name);
	}
}

static void add_written_by(cJSON *input, const struct plan *plan)
{
	cJSON *by = cJSON_AddObjectToObject(input, "written_by");

	cJSON_AddStringToObject(by, "kind", kernel_kind_names[plan->kind]);
	cJSON_AddStringToObject(by, "release", plan->release);
	cJSON_AddStringToObject(by, "xen", plan->xen_version);
}

static void add_input(cJSON *root, const struct plan *plan)
{
	cJSON *input = cJSON_AddObjectToObject(root, "input"), *list;
	unsigned int i;

	cJSON_AddStringToObject(input, "format",
				plan->format ? plan->format : "?");
	cJSON_AddStringToObject(input, "source", plan->source);
	add_written_by(input, plan);
	cJSON_AddStringToObject(input, "domain",
				plan->in.domain == XEN_LAYOUT_DOM0 ? "dom0" :
				"domU");
	cJSON_AddNumberToObject(input, "nr_pages", plan->in.nr_pages);
	cJSON_AddNumberToObject(input, "max_pages", plan->in.max_reservation);
	json_hex(input, "mem_limit", plan->in.mem_limit);
	add_areas(input, plan);
	json_notes(input, "assumed", &plan->assumed);
	list = cJSON_AddArrayToObject(input, "e820");
	for (i = 0; i < plan->in.nr_e820; i++)
		json_entry(list, plan->e820[i].addr,
			   plan->e820[i].addr + plan->e820[i].size,
			   plan->e820[i].type);
	add_input_pci(input, plan);
}

static void add_e820(cJSON *root, const struct plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(root, "e820");
	const struct xen_layout_map *map = &plan->layout.e820;
	unsigned int i;

	for (i = 0; !plan->error && i < map->nr; i++)
		json_entry(list, map->region[i].start, map->region[i].end,
			   map->region[i].type);
}

static void add_extents(cJSON *root, const struct plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(root, "extents"), *row;
	const struct extent *e = plan->p2m.extent;
	unsigned int i;

	for (i = 0; i < plan->p2m.nr; i++, e++) {
		row = json_extent(list, e, p2m_type_name(e->type));
		if (e->known)
			json_hex(row, "mfn", e->mfn);
		else
			cJSON_AddNullToObject(row, "mfn");
	}
}

static void add_changes(cJSON *root, const struct plan *plan)
{
	cJSON *moves = cJSON_AddArrayToObject(root, "moves"), *list, *row;
	const struct xen_layout *l = &plan->layout;
	const struct xen_layout_nonram *n = l->nonram;
	bool none = plan->error;
	unsigned int i;

	for (i = 0; !none && i < l->nr_moves; i++) {
		row = json_row(moves);
		json_hex(row, "from", l->moves[i].from);
		json_hex(row, "to", l->moves[i].to);
		cJSON_AddNumberToObject(row, "nr", l->moves[i].nr);
	}
	cJSON_AddNumberToObject(root, "released", none ? 0 : l->pages_released);
	list = cJSON_AddArrayToObject(root, "extra");
	for (i = 0; !none && i < l->nr_extra; i++)
		json_pfns(json_row(list), l->extra[i].start, l->extra[i].end);
	list = cJSON_AddArrayToObject(root, "nonram_moves");
	for (i = 0; !none && i < l->nr_nonram; i++, n++) {
		row = json_row(list);
		json_hex(row, "from", n->start);
		json_hex(row, "to", n->to);
		json_hex(row, "size", n->end - n->start);
		cJSON_AddStringToObject(row, "type", type_name(n->type));
	}
}

static void add_pci(cJSON *root, const struct plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(root, "pci"), *row;
	const struct pci_verdict *v = plan->pci.row;
	unsigned int i;

	for (i = 0; i < plan->pci.nr; i++, v++) {
		row = json_row(list);
		cJSON_AddStringToObject(row, "name", v->range->name);
		json_pfns(row, v->start, v->end);
		cJSON_AddStringToObject(row, "verdict", verdict_names[v->verdict]);
	}
}

static void add_relocations(cJSON *root, const struct plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(root, "relocations"), *row;
	const struct xen_layout_relocation *r = plan->layout.relocation;
	char key[AREA_KEY];
	unsigned int i;

	for (i = 0; !plan->error && i < XEN_LAYOUT_AREAS; i++, r++) {
		if (!r->needed)
			continue;
		row = json_row(list);
		cJSON_AddStringToObject(row, "area", area_key(i, key, sizeof(key)));
		json_hex(row, "from", plan->in.area[i].addr);
		json_hex(row, "to", (u64)r->start << XEN_LAYOUT_PAGE_SHIFT);
		json_hex(row, "size", plan->in.area[i].size);
	}
}

static void add_added(cJSON *root, const struct plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(root, "may_be_added"), *row;
	const struct xen_add_ranges *a = &plan->added;
	unsigned int i;

	for (i = 0; i <= a->ram.nr; i++) {
		const struct xen_add_range *r = i < a->ram.nr ? &a->ram.range[i] :
						&a->above;

		if (r->start >= r->end)
			continue;
		row = json_row(list);
		json_pfns(row, r->start, r->end);
		cJSON_AddBoolToObject(row, "ram", i < a->ram.nr);
	}
}

static void add_findings(cJSON *root, const struct plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(root, "findings"), *row;
	const struct finding *f = plan->findings.row;
	unsigned int i;

	for (i = 0; i < plan->findings.nr; i++, f++) {
		row = json_row(list);
		cJSON_AddStringToObject(row, "what", f->what);
		json_range(row, f->start, f->end);
		cJSON_AddStringToObject(row, "remedy", f->remedy);
	}
}

static void add_cost(cJSON *root, const struct plan *plan)
{
	cJSON *cost = cJSON_AddObjectToObject(root, "cost");
	const struct xen_p2m_usage *u = &plan->usage;

	cJSON_AddNumberToObject(cost, "p2m_pages",
				u->leaves + u->mids + u->lists);
	cJSON_AddNumberToObject(cost, "leaves", u->leaves);
	cJSON_AddNumberToObject(cost, "mids", u->mids);
	cJSON_AddNumberToObject(cost, "frame_list_pages", u->lists);
	cJSON_AddNumberToObject(cost, "hypercalls", plan->hypercalls);
}

static void add_error(cJSON *root, const struct plan *plan)
{
	char text[XEN_LAYOUT_TEXT] = "";
	cJSON *error;

	if (!plan->error) {
		cJSON_AddNullToObject(root, "error");
		return;
	}
	error = cJSON_AddObjectToObject(root, "error");
	json_range(cJSON_AddObjectToObject(error, "range"),
		   plan->layout.error.start, plan->layout.error.end);
	xen_layout_describe_error(&plan->in, &plan->layout, 0, text,
				  sizeof(text));
	cJSON_AddStringToObject(error, "cause", text);
	xen_layout_describe_error(&plan->in, &plan->layout, 1, text,
				  sizeof(text));
	cJSON_AddStringToObject(error, "remedy", text);
}

struct cJSON *plan_to_json(const struct plan *plan)
{
	cJSON *root = json_new("plan");

	add_input(root, plan);
	add_e820(root, plan);
	add_extents(root, plan);
	add_changes(root, plan);
	add_cost(root, plan);
	add_relocations(root, plan);
	add_added(root, plan);
	add_pci(root, plan);
	add_findings(root, plan);
	json_notes(root, "warnings", &plan->warnings);
	add_error(root, plan);

	return root;
}
