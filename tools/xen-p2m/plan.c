// SPDX-License-Identifier: GPL-2.0
/*
 * From what is known of a machine to the plan and to the P2M it leads to
 *
 * The planner, the executor and the tree are those of the kernel, from the same
 * files. Their input is made in plan-input.c; in build_tree() here is what the
 * kernel does around them.
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

#define SHIFT		9U
/* What a slot of the top level covers: 1 GiB. The kernel's P2M ends with one. */
#define TOP_FRAMES	BIT(2 * SHIFT)
#define MAX_LIMIT	(BIT(20) << (2 * SHIFT))

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
		err = xen_p2m_frame_list_attach(&plan->tree);
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
	int err;

	m = plan_machine(m, options);
	err = plan_input(m, options, plan, fault);
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
