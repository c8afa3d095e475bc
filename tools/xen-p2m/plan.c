// SPDX-License-Identifier: GPL-2.0
/*
 * From what is known of a machine to the plan and to the P2M it leads to
 *
 * The planner is the kernel's, from the same file. Its input is made in
 * plan-input.c; what follows from its plan is in extents.c.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "plan.h"

/* As the kernel has them: 128 MiB, and XEN_MEMORY_HOTPLUG_LIMIT of 512 GiB */
#define SECTION_PFNS	BIT(15)
#define ADD_LIMIT	BIT(27)

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
	free(plan->p2m.extent);
	free(plan->pci.row);
	free(plan);
}

/* --- apertures and BARs ----------------------------------------------------- */

static enum verdict verdict_of_type(enum xen_p2m_type type)
{
	static const enum verdict verdicts[] = {
		[XEN_P2M_MISSING] = VERDICT_MISSING,
		[XEN_P2M_IDENTITY] = VERDICT_IDENTITY,
		[XEN_P2M_MFN] = VERDICT_RAM,
		[XEN_P2M_FOREIGN] = VERDICT_FOREIGN,
	};

	return verdicts[type];
}

enum verdict verdict_of(const struct dump *p2m, unsigned long start,
			unsigned long end)
{
	const struct extent *e = p2m->extent;
	enum verdict verdict = VERDICTS, one;
	unsigned int i;

	for (i = 0; i < p2m->nr; i++, e++) {
		if (e->end <= start || e->start >= end)
			continue;
		one = verdict_of_type(e->type);
		if (verdict != VERDICTS && verdict != one)
			return VERDICT_MIXED;
		verdict = one;
	}
	if (!p2m->nr || end > p2m->extent[p2m->nr - 1].end)
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

static void judge_list(const struct pci *list, bool bars, const struct dump *p2m,
		       struct pci_verdicts *pci)
{
	const struct pci_range *range = list->range;
	struct pci_verdict *v;
	unsigned int i;

	for (i = 0; i < list->nr; i++, range++) {
		if (range->kind == PCI_BAR && !bars)
			continue;
		v = &pci->row[pci->nr++];
		v->range = range;
		v->start = PFN_DOWN(range->start);
		v->end = PFN_DOWN(range->end - 1) + 1;
		v->verdict = verdict_of(p2m, v->start, v->end);
	}
}

bool pci_judge(const struct machine *m, const struct dump *p2m,
	       struct pci_verdicts *pci)
{
	pci->row = calloc(m->pci.nr + m->pci_sysfs.nr + 1, sizeof(*pci->row));
	if (!pci->row)
		return false;
	/* What sysfs has is more than a log can tell. */
	judge_list(&m->pci, !m->pci_sysfs.nr, p2m, pci);
	judge_list(&m->pci_sysfs, true, p2m, pci);

	return true;
}

/* --- memory that is added later ------------------------------------------------ */

static void list_added(struct plan *plan)
{
	const struct xen_add_input in = {
		.map = plan->layout.map.region,
		.nr_map = plan->layout.map.nr,
		.used = plan->layout.max_pfn,
		.section = SECTION_PFNS,
		.limit = max(plan->end, ADD_LIMIT),
	};

	xen_add_ranges_plan(&in, &plan->added);
}

/* --- what lies over what ----------------------------------------------------------- */

enum over {
	OVER_NOTHING,
	OVER_RAM,
	OVER_UNUSABLE,
	OVER_ADDED,
	OVERS,
};

static const char *const over_names[OVERS] = {
	[OVER_RAM] = "RAM",
	[OVER_UNUSABLE] = "a range that the map marks as unusable",
	[OVER_ADDED] = "memory that may be added later",
};

enum domain_kind {
	A_DOM0,
	A_DOMU,			/* its map is flat */
	A_DOMU_HOST,		/* its map is like the host's: e820_host=1 */
	DOMAIN_KINDS,
};

static const char *const over_remedies[OVERS][DOMAIN_KINDS] = {
	[OVER_RAM] = {
		"drivers would write to RAM there; this is no memory map of the same machine, or firmware placed the BAR over RAM: update it",
		"set e820_host=1 in the guest's configuration",
		"let the firmware place the BAR below 4 GiB, or pass the device to an HVM guest",
	},
	[OVER_UNUSABLE] = {
		NULL,
		"set e820_host=1 in the guest's configuration",
		"e820_host=1 is set, and the host's map has no reserved region below the BAR: set e820_host=0 and a maxmem= that ends below it, or pass the device to an HVM guest",
	},
	[OVER_ADDED] = {
		"boot with a maximum of memory that ends below it (dom0_mem=SIZE,max:SIZE)",
		"set e820_host=1 in the guest's configuration",
		"let the firmware place the BAR below 4 GiB, or pass the device to an HVM guest",
	},
};

/* What is reserved above 1 MiB came from the host. */
static enum domain_kind kind_of_domain(const struct plan *plan)
{
	unsigned int i;

	if (plan->in.domain == XEN_LAYOUT_DOM0)
		return A_DOM0;
	for (i = 0; i < plan->in.nr_e820; i++)
		if (plan->e820[i].addr >= (u64)1 << 20 &&
		    plan->e820[i].type != XEN_LAYOUT_RAM)
			return A_DOMU_HOST;

	return A_DOMU;
}

bool map_has(const struct plan *plan, const struct pci_range *r, u32 type)
{
	const struct xen_layout_entry *e = plan->e820;
	unsigned int i;

	for (i = 0; i < plan->in.nr_e820; i++, e++)
		if ((!type || e->type == type) && e->addr < r->end &&
		    e->addr + e->size > r->start)
			return true;

	return false;
}

static bool p2m_has(const struct plan *plan, const struct pci_verdict *v,
		    enum xen_p2m_type type)
{
	const struct extent *e = plan->p2m.extent;
	unsigned int i;

	for (i = 0; i < plan->p2m.nr; i++, e++)
		if (e->type == type && overlap(e, v))
			return true;

	return false;
}

static bool added_has(const struct plan *plan, const struct pci_verdict *v)
{
	unsigned int i;

	for (i = 0; i < plan->added.ram.nr; i++)
		if (overlap(&plan->added.ram.range[i], v))
			return true;

	return false;
}

static enum over over_what(const struct plan *plan, const struct pci_verdict *v)
{
	bool dom0 = plan->in.domain == XEN_LAYOUT_DOM0;

	if (p2m_has(plan, v, XEN_P2M_MFN))
		return OVER_RAM;
	if (!dom0 && map_has(plan, v->range, XEN_LAYOUT_UNUSABLE))
		return OVER_UNUSABLE;
	if (p2m_has(plan, v, XEN_P2M_MISSING) || added_has(plan, v))
		return OVER_ADDED;

	return OVER_NOTHING;
}

__printf(5, 6)
static void finding_add(struct plan *plan, u64 start, u64 end,
			const char *remedy, const char *fmt, ...)
{
	struct findings *f = &plan->findings;
	struct finding *row;
	va_list args;

	if (f->nr == ARRAY_SIZE(f->row))
		return;
	row = &f->row[f->nr++];
	va_start(args, fmt);
	vsnprintf(row->what, sizeof(row->what), fmt, args);
	va_end(args);
	row->start = start;
	row->end = end;
	row->remedy = remedy;
}

/* An aperture may well be around RAM; a BAR is where a driver writes to. */
static void judge_pci(struct plan *plan)
{
	enum domain_kind kind = kind_of_domain(plan);
	const struct pci_verdict *v = plan->pci.row;
	unsigned int i;

	for (i = 0; i < plan->pci.nr; i++, v++) {
		const struct pci_range *r = v->range;
		enum over over = over_what(plan, v);

		if (r->kind == PCI_BAR && over)
			finding_add(plan, r->start, r->end,
				    over_remedies[over][kind],
				    "%s lies over %s", r->name,
				    over_names[over]);
		else if (v->verdict != VERDICT_IDENTITY)
			note(&plan->warnings, "%s at %#lx-%#lx is %s", r->name,
			     v->start, v->end, verdict_names[v->verdict]);
	}
}

/* Firmware conflicts end with a BAR elsewhere; memory stays where it is. */
static bool is_memory(const char *name)
{
	return !strcmp(name, "System RAM") || !strcmp(name, "Unusable memory") ||
	       !strcmp(name, "Xen scratch");
}

static bool found_at(const struct plan *plan, u64 start)
{
	unsigned int i;

	for (i = 0; i < plan->findings.nr; i++)
		if (plan->findings.row[i].start == start)
			return true;

	return false;
}

static void judge_claims(const struct machine *m, struct plan *plan)
{
	enum domain_kind kind = kind_of_domain(plan);
	unsigned int i;

	for (i = 0; i < m->conflicts.nr; i++) {
		const struct conflict *c = &m->conflicts.conflict[i];

		if (is_memory(c->with) && !found_at(plan, c->start))
			finding_add(plan, c->start, c->end,
				    over_remedies[OVER_RAM][kind],
				    "%s: the kernel could not claim it, for there is %s",
				    c->name, c->with);
	}
}

static void judge_added(const struct machine *m, struct plan *plan)
{
	enum domain_kind kind = kind_of_domain(plan);
	unsigned int i, k;

	for (i = 0; i < plan->pci.nr; i++) {
		const struct pci_range *r = plan->pci.row[i].range;

		for (k = 0; r->kind == PCI_BAR && k < m->nr_added; k++)
			if (overlap(&m->added[k], r))
				finding_add(plan, r->start, r->end,
					    over_remedies[OVER_ADDED][kind],
					    "%s lies over memory that the running kernel has added (%s)",
					    r->name, m->added[k].name);
	}
}

/* --- all of it -------------------------------------------------------------- */

static void planner_warnings(struct plan *plan)
{
	char text[XEN_LAYOUT_TEXT];
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_WARNINGS; i++)
		if (xen_layout_describe_warning(&plan->layout, i, text,
						sizeof(text)))
			note(&plan->warnings, "%s", text);
}

int plan_make(const struct machine *m, const struct plan_options *options,
	      struct plan *plan, struct fault *fault)
{
	int err;

	m = plan_machine(m, options);
	err = plan_input(m, options, plan, fault);
	if (err)
		return err;
	plan->error = xen_layout_plan(&plan->in, &plan->layout);
	planner_warnings(plan);
	if (plan->error)
		return 0;
	if (!plan_extents(plan) || !pci_judge(m, &plan->p2m, &plan->pci))
		return fault_at(fault, "P2M", 0, "out of memory");
	plan_cost(plan);
	list_added(plan);
	judge_pci(plan);
	judge_claims(m, plan);
	judge_added(m, plan);

	return 0;
}
