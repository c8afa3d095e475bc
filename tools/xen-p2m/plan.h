/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_PLAN_H
#define _XEN_P2M_TOOL_PLAN_H

#include <stdio.h>

#include <linux/pfn.h>

#include "add-ranges.h"
#include "machine.h"

/*
 * The MFNs of RAM are not known before the boot: these stand for them. PFNs are
 * below 1 << 38, so these are above those of moved regions, and below 52 bits of
 * address, which is the highest that the executor believes.
 */
#define PRETEND_MFN	BIT(39)

struct span {
	u64 start;
	u64 end;
};

/* Do two rows with a start and an end have something in common? */
#define overlap(a, b)	((a)->start < (b)->end && (b)->start < (a)->end)

/* What the command line says; 0 or false: nothing */
struct plan_options {
	const char *dom0_mem;		/* as Xen's option */
	unsigned long max_pages;
	unsigned long nr_pages;
	struct span kernel;
	struct span initrd;
	bool domu;
	bool e820_host;
};

enum verdict {
	VERDICT_IDENTITY,
	VERDICT_MISSING,
	VERDICT_RAM,
	VERDICT_FOREIGN,
	VERDICT_MIXED,
	VERDICTS,
};

/* PFNs that a range touches, and what they are in a P2M */
struct pci_verdict {
	const struct pci_range *range;
	unsigned long start;
	unsigned long end;
	enum verdict verdict;
};

struct pci_verdicts {
	unsigned int nr;
	struct pci_verdict *row;
};

/* What is wrong with bytes [start, end), and the remedy */
struct finding {
	char what[NOTE_TEXT];
	u64 start;
	u64 end;
	const char *remedy;
};

struct findings {
	unsigned int nr;
	struct finding row[MAX_NOTES];
};

struct plan {
	const char *format;
	const char *source;
	enum kernel_kind kind;		/* of the kernel that wrote the log */
	char release[64];		/* its version; "" if not known */
	char xen_version[32];
	struct xen_layout_entry e820[XEN_LAYOUT_MAX_E820];
	struct xen_layout_input in;
	struct xen_layout layout;
	int error;			/* of the planner */

	struct dump p2m;
	unsigned long end;		/* of the P2M: identity from there on */
	struct xen_p2m_usage usage;
	unsigned long hypercalls;	/* of the executor */
	struct xen_p2m_tree *tree;	/* of by-page.c, else NULL */

	struct pci_verdicts pci;
	struct xen_add_ranges added;	/* where memory may be added later */
	struct findings findings;
	struct notes assumed;
	struct notes warnings;
};

extern const char *const verdict_names[VERDICTS];

struct plan *plan_new(void);
void plan_free(struct plan *plan);

/* 0: there is a plan or a reason why not, in plan->error; -1: bad input */
int plan_make(const struct machine *m, const struct plan_options *options,
	      struct plan *plan, struct fault *fault);

/* The next guest after @m in its input that has a P2M and a map, or NULL */
const struct machine *plan_next_guest(const struct machine *m);
/* The guest in @m that is asked for, or @m */
const struct machine *plan_machine(const struct machine *m,
				   const struct plan_options *options);
/* The part of plan_make() that fills plan->in */
int plan_input(const struct machine *m, const struct plan_options *options,
	       struct plan *plan, struct fault *fault);

/* What a slot of the top level covers: 1 GiB. The kernel's P2M ends with one. */
#define TOP_PFNS	BIT(18)

/* From plan->layout: the P2M by ranges, and what it costs. False without memory */
bool plan_extents(struct plan *plan);
void plan_cost(struct plan *plan);
/* PFNs of a region at its new place */
static inline unsigned long region_pfn(const struct xen_layout_nonram *n)
{
	return PFN_DOWN(n->to);
}

static inline unsigned long region_end(const struct xen_layout_nonram *n)
{
	return PFN_UP(n->to + (n->end - n->start));
}

/* Where from @pfn on, and before @end, a moved region starts or ends; or @end */
unsigned long region_border(const struct plan *plan, unsigned long pfn,
			    unsigned long end);
unsigned long whole_slots(unsigned long pfns);

/*
 * For tests: the same page by page, by the kernel's executor and tree. NULL, or
 * what differs.
 */
const char *plan_by_page(const struct plan *plan);
/* Carry the plan out on the tree, which holds what Xen has handed over. */
int plan_execute(struct plan *plan);

/* By PFN; from the end of the P2M on all is identity */
enum verdict verdict_of(const struct dump *p2m, unsigned long start,
			unsigned long end);
/* Apertures, and BARs from the list that knows them best; false without memory */
bool pci_judge(const struct machine *m, const struct dump *p2m,
	       struct pci_verdicts *pci);
/* Does the map have something of a type there? 0: of any type */
bool map_has(const struct plan *plan, const struct pci_range *r, u32 type);
/* NULL if nothing has to be done */
const char *verdict_remedy(enum verdict verdict);

/* Pages in a unit that leaves few digits */
double in_unit(unsigned long pages, const char **unit);

struct answer;
void plan_print_text(const struct plan *plan, const struct answer *answer);
/* Why there is no plan, and the remedy, a line each */
void plan_print_error(const struct plan *plan, FILE *out, const char *margin);
struct cJSON *plan_to_json(const struct plan *plan);
/* "1G", "512M", ...; without a letter: @unit. False if it is no size. */
bool parse_size(const char *text, size_t len, u64 unit, u64 *bytes);
/* "START-END", hexadecimal or decimal */
bool parse_span(const char *text, struct span *span);
bool parse_count(const char *text, unsigned long *count);

#endif /* _XEN_P2M_TOOL_PLAN_H */
