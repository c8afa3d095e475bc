// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: the planner's words
 */

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "layout.h"

/* As the kernel prints them: with the last byte, not the one after */
#define MEM	"[mem %#018llx-%#018llx]"

static u64 __init_or_kunit last_byte(u64 start, u64 end)
{
	return end > start ? end - 1 : end;
}

static const char __init_or_kunit *type_name(u32 type)
{
	switch (type) {
	case XEN_LAYOUT_RAM:
		return "RAM";
	case XEN_LAYOUT_RESERVED:
		return "reserved";
	case XEN_LAYOUT_ACPI:
		return "ACPI data";
	case XEN_LAYOUT_NVS:
		return "ACPI NVS";
	case XEN_LAYOUT_UNUSABLE:
		return "unusable";
	case XEN_LAYOUT_PMEM:
	case XEN_LAYOUT_PRAM:
		return "persistent";
	case XEN_LAYOUT_SOFT_RESERVED:
		return "soft reserved";
	default:
		return "of unknown type";
	}
}

static const char *const area_names[XEN_LAYOUT_AREAS] = {
	[XEN_LAYOUT_KERNEL] = "kernel",
	[XEN_LAYOUT_START_INFO] = "start info",
	[XEN_LAYOUT_PAGE_TABLES] = "page tables",
	[XEN_LAYOUT_P2M_LIST] = "P2M list",
	[XEN_LAYOUT_INITRD] = "initrd",
};

/**
 * xen_layout_area_name() - what is an area called?
 * @id: the area
 *
 * Return: its name.
 */
const char __init_or_kunit *xen_layout_area_name(enum xen_layout_area_id id)
{
	return area_names[id];
}
EXPORT_SYMBOL_IF_KUNIT(xen_layout_area_name);

static const char *const table_names[XEN_LAYOUT_TABLES] = {
	[XEN_LAYOUT_T_E820] = "E820 entries",
	[XEN_LAYOUT_T_IDENTITY] = "identity ranges",
	[XEN_LAYOUT_T_MOVES] = "moves of pages",
	[XEN_LAYOUT_T_RELEASES] = "released ranges",
	[XEN_LAYOUT_T_NONRAM] = "regions to move",
};

/* Where Xen put an area, and what is wrong with that */
static const char *const area_causes[XEN_LAYOUT_CODES] = {
	[XEN_LAYOUT_E_OUTSIDE] = "where it gave no pages",
	[XEN_LAYOUT_E_CUT] = "beyond the limit of memory",
	[XEN_LAYOUT_E_GAP] = "where the E820 map has a gap",
	[XEN_LAYOUT_E_NO_AREA] =
		"which is not all RAM, and there is no room for a copy",
};

/* Over what Xen put an area */
static const char *const region_causes[XEN_LAYOUT_CODES] = {
	[XEN_LAYOUT_E_FIXED] = "it cannot be moved",
	[XEN_LAYOUT_E_NO_TARGET] = "there is no free RAM to move it to",
};

static const char *const remedies[XEN_LAYOUT_CODES] = {
	[XEN_LAYOUT_E_INPUT] =
		"report this with Xen's boot log (xl dmesg): no setting helps",
	[XEN_LAYOUT_E_EMPTY] =
		"report this with Xen's boot log (xl dmesg): no setting helps",
	[XEN_LAYOUT_E_PAGES] =
		"give the domain another amount of memory (dom0_mem=, memory=)",
	[XEN_LAYOUT_E_OUTSIDE] =
		"report this with Xen's boot log (xl dmesg): no setting helps",
	[XEN_LAYOUT_E_CUT] =
		"raise or remove mem= on the kernel's command line",
	[XEN_LAYOUT_E_GAP] =
		"build the kernel with another CONFIG_PHYSICAL_START, or make the initrd smaller",
	[XEN_LAYOUT_E_FIXED] =
		"build the kernel with another CONFIG_PHYSICAL_START, or make the initrd smaller",
	[XEN_LAYOUT_E_NO_TARGET] =
		"give the domain less memory (dom0_mem=, memory=), so that the map has RAM to spare",
	[XEN_LAYOUT_E_NO_AREA] =
		"give the domain more memory (dom0_mem=, memory=), raise mem=, or make the initrd smaller",
	[XEN_LAYOUT_E_FULL] =
		"give the domain less memory (dom0_mem=, memory=): fewer holes are below its end then",
};

static const char *const warnings[XEN_LAYOUT_WARNINGS] = {
	[XEN_LAYOUT_W_WRAP] =
		"E820 entries end beyond the address space: RAM ignored, others cut",
	[XEN_LAYOUT_W_TYPE] =
		"E820 entries of type 0: taken as reserved",
	[XEN_LAYOUT_W_NONRAM] =
		"regions moved that are not ACPI NVS: only ACPI and DMI find them",
	[XEN_LAYOUT_W_SLIVER] =
		"pages in use, with gaps in the map inside them: taken as RAM",
	[XEN_LAYOUT_W_CUT] =
		"pages of RAM beyond the limit (mem= or memmap=): not used",
	[XEN_LAYOUT_W_PAGES] =
		"pages handed over beyond the limit: not used",
	[XEN_LAYOUT_W_RELEASED] =
		"pages not in usable RAM, no RAM to move them to: released to Xen",
	[XEN_LAYOUT_W_RATIO] =
		"pages of RAM not used as extra memory: too many for the domain's initial pages",
	[XEN_LAYOUT_W_EXTRA] =
		"pages of extra memory left out: too many regions",
};

static void __init_or_kunit describe_cause(const struct xen_layout_input *in,
					   const struct xen_layout_error *e,
					   char *buf, size_t size)
{
	unsigned long long start = e->start;
	unsigned long long last = last_byte(e->start, e->end);

	if (e->code == XEN_LAYOUT_E_INPUT)
		snprintf(buf, size,
			 "Xen gave %u E820 entries, and %u ranges are reserved: there is room for %u of each",
			 in->nr_e820, in->nr_reserved, XEN_LAYOUT_MAX_E820);
	else if (e->code == XEN_LAYOUT_E_EMPTY)
		snprintf(buf, size, "Xen gave no E820 map of the machine");
	else if (e->code == XEN_LAYOUT_E_PAGES)
		snprintf(buf, size,
			 "Xen gave %lu pages, " MEM ", of %lu that can be addressed",
			 in->nr_pages, start, last, in->max_pfns);
	else if (e->code == XEN_LAYOUT_E_FULL)
		snprintf(buf, size, "Too many %s: no room for " MEM,
			 table_names[e->table], start, last);
	else if (region_causes[e->code])
		snprintf(buf, size,
			 "Xen put the %s over " MEM " %s (type %u): %s",
			 xen_layout_area_name(e->area), start, last,
			 type_name(e->type), e->type, region_causes[e->code]);
	else
		snprintf(buf, size, "Xen put the %s at " MEM ", %s",
			 xen_layout_area_name(e->area), start, last,
			 area_causes[e->code]);
}

/**
 * xen_layout_describe_error() - say why there is no plan, line by line
 * @in: what the plan was to be made from
 * @plan: what xen_layout_plan() left
 * @line: 0 is the cause with its range, 1 what can be done about it; then come
 *        the entries of the map as given
 * @buf: where the line goes to, without a newline
 * @size: bytes in @buf; XEN_LAYOUT_TEXT are enough
 *
 * Return: false if there is no such line.
 */
bool __init_or_kunit
xen_layout_describe_error(const struct xen_layout_input *in,
			  const struct xen_layout *plan, unsigned int line,
			  char *buf, size_t size)
{
	const struct xen_layout_error *e = &plan->error;
	const struct xen_layout_entry *entry;

	if (e->code == XEN_LAYOUT_OK)
		return false;
	if (line == 0) {
		describe_cause(in, e, buf, size);
		return true;
	}
	if (line == 1) {
		snprintf(buf, size, "Hint: %s", remedies[e->code]);
		return true;
	}
	if (line - 2 >= min(in->nr_e820, XEN_LAYOUT_MAX_E820))
		return false;
	entry = &in->e820[line - 2];
	snprintf(buf, size, "E820 %#018llx, %#llx bytes: %s (type %u)",
		 (unsigned long long)entry->addr,
		 (unsigned long long)entry->size, type_name(entry->type),
		 entry->type);

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xen_layout_describe_error);

/**
 * xen_layout_describe_warning() - say what somebody should know
 * @plan: what xen_layout_plan() left
 * @warn: which warning
 * @buf: where the text goes to, without a newline
 * @size: bytes in @buf; XEN_LAYOUT_TEXT are enough
 *
 * Return: false if there is no reason for this warning.
 */
bool __init_or_kunit xen_layout_describe_warning(const struct xen_layout *plan,
						 enum xen_layout_warn warn,
						 char *buf, size_t size)
{
	const struct xen_layout_warning *w;

	if (warn >= XEN_LAYOUT_WARNINGS || !plan->warning[warn].count)
		return false;
	w = &plan->warning[warn];
	snprintf(buf, size, "%lu %s, from " MEM " on", w->count,
		 warnings[warn], (unsigned long long)w->start,
		 (unsigned long long)last_byte(w->start, w->end));

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xen_layout_describe_warning);
