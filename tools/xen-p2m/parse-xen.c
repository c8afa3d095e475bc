// SPDX-License-Identifier: GPL-2.0
/*
 * Reads Xen's log: the machine's map, Xen's options, and where dom0 lies
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Xen maps the kernel's address 0 there: the virt_base of Linux */
#define VIRT_BASE	0xffffffff80000000ULL
#define VIRT_BASE32	0xc0000000ULL

/* --- the map ---------------------------------------------------------------- */

/* " (TYPE)" or " type N" */
static int xen_type(struct text *t, u64 start, u64 end, const char *p)
{
	/* Xen has no word for each type. */
	if (!strncmp(p, " type ", 6))
		return text_entry(t, SOURCE_XEN, start, end, p + 1,
				  strlen(p + 1));

	return text_entry_in_brackets(t, SOURCE_XEN, start, end, p);
}

/* "[START, LAST] (TYPE)" or "START - END (TYPE)" */
static int xen_entry(struct text *t, const char *p)
{
	u64 start, end, last;

	if (skip(&p, "[")) {
		if (hex(&p, &start) != 16 || *p != ',')
			return READ_OTHER;
		if (!skip(&p, ", ") || !hex(&p, &last) || !skip(&p, "]"))
			return bad(t, "memory map entry without two addresses");
		if (inclusive(t, last, &end))
			return READ_BAD;
	} else {
		if (hex(&p, &start) != 16 || strncmp(p, " - ", 3))
			return READ_OTHER;
		if (!skip(&p, " - ") || !hex(&p, &end))
			return bad(t, "memory map entry without two addresses");
	}
	if (t->other_map)
		return READ_DONE;
	t->entry_line = t->at.line;

	return xen_type(t, start, end, p);
}

/* --- dom0 ------------------------------------------------------------------- */

/* " LABEL: START->END", addresses */
static bool arranged(const char *p, const char *label, u64 *start, u64 *end)
{
	p = text_after(p, label);
	if (!p)
		return false;
	p = skip_space(p);

	return hex_pair(&p, "->", start, end) && *start <= *end;
}

static u64 virt_base(const struct machine *m)
{
	return m->bits32 ? VIRT_BASE32 : VIRT_BASE;
}

static void set_area(struct machine *m, enum xen_layout_area_id id, u64 start,
		     u64 end)
{
	if (start < virt_base(m) || start >= end)
		return;
	m->area[id].addr = start - virt_base(m);
	m->area[id].size = end - start;
}

/* A list that has an address of its own is not part of what is loaded. */
static void xen_list(struct machine *m, u64 start, u64 end)
{
	u64 nr = (end - start) / (m->bits32 ? 4 : 8);

	if (nr > XEN_LAYOUT_MAX_PFNS)
		return;
	m->nr_pages = nr;
	set_area(m, XEN_LAYOUT_P2M_LIST, start, end);
}

static void xen_arrangement(struct text *t, const char *p)
{
	struct machine *m = t->m;
	u64 start, end;

	if (arranged(p, "Dom0 alloc.:", &start, &end))
		m->alloc_size = end - start;
	if (arranged(p, "Loaded kernel:", &start, &end))
		set_area(m, XEN_LAYOUT_KERNEL, start, end);
	if (arranged(p, "Start info:", &start, &end))
		set_area(m, XEN_LAYOUT_START_INFO, start, end);
	if (arranged(p, "Page tables:", &start, &end))
		set_area(m, XEN_LAYOUT_PAGE_TABLES, start, end);
	if (arranged(p, "Phys-Mach map:", &start, &end))
		xen_list(m, start, end);
	if (!arranged(p, "Init. ramdisk:", &start, &end))
		return;
	if (t->virtual)
		set_area(m, XEN_LAYOUT_INITRD, start, end);
	else
		m->initrd_size = end - start;
}

static void built(struct machine *m, enum kernel_kind kind)
{
	m->kind = kind;
	m->sure = true;
}

/* The last one of dom0=pv,verbose and dom0=pvh counts. */
static void xen_dom0_option(struct machine *m, const char *line)
{
	char words[64] = "", *word, *rest = words;

	copy_option(line, "dom0=", words, sizeof(words));
	while ((word = strsep(&rest, " ,"))) {
		if (!strcmp(word, "pvh"))
			built(m, KERNEL_PVH_DOM0);
		else if (!strcmp(word, "pv"))
			built(m, KERNEL_PV_DOM0);
	}
}

/* As "xl info" has it, too */
static void xen_options(struct machine *m, const char *line)
{
	copy_option(line, "dom0_mem=", m->dom0_mem, sizeof(m->dom0_mem));
	xen_dom0_option(m, line);
	if (strstr(line, "\"dom0_mem=") || strstr(line, "'dom0_mem="))
		note(&m->remarks,
		     "dom0_mem= is in quotes, with which Xen does not know it: dom0 gets nearly all memory");
}

/* --- lines ------------------------------------------------------------------ */

/* Xen starts anew: what it said of the boot before does not count. */
static void xen_boot(struct text *t)
{
	struct machine *m = t->m;

	if (!map_seen(m, SOURCE_XEN) && !m->nr_pages)
		return;
	xen_map_drop(t);
	memset(m->area, 0, sizeof(m->area));
	memset(m->dom0_mem, 0, sizeof(m->dom0_mem));
	m->nr_pages = 0;
	m->alloc_size = 0;
	m->initrd_size = 0;
	m->ram_kb = 0;
	m->bits32 = false;
	m->kind = KERNEL_UNKNOWN;
	m->sure = false;
	t->virtual = false;
	t->other_map = false;
	t->map_header = false;
}

static void xen_header(struct text *t, const char *p)
{
	if (strstr(p, "RAM map:")) {
		t->other_map = false;
		t->map_header = true;
		xen_map_drop(t);
		t->initial_map = strstr(p, "Initial ");
	} else if (strstr(p, "memory map:")) {
		t->other_map = true;
	} else if (strstr(p, "PHYSICAL MEMORY ARRANGEMENT")) {
		t->virtual = false;
	} else if (strstr(p, "VIRTUAL MEMORY ARRANGEMENT")) {
		t->virtual = true;
	}
}

static void xen_dom0(struct text *t, const char *p)
{
	struct machine *m = t->m;

	if (strstr(p, "Building a PVH Dom"))
		built(m, KERNEL_PVH_DOM0);
	else if (strstr(p, "Building a PV Dom"))
		built(m, KERNEL_PV_DOM0);
	p = text_after(p, "Dom0 kernel: ");
	if (!p)
		return;
	built(m, KERNEL_PV_DOM0);
	m->bits32 = !strncmp(p, "32-bit", 6);
}

static int xen_said(struct text *t, const char *p)
{
	const char *rest = p;

	if (skip(&rest, "Xen version ")) {
		xen_boot(t);
		copy_word(rest, " (", t->m->xen_version,
			  sizeof(t->m->xen_version));
	} else if (skip(&rest, "Built-in command line: ") ||
		   skip(&rest, "Command line: ")) {
		xen_boot(t);
		xen_options(t->m, rest);
	} else if (skip(&rest, "System RAM: ")) {
		rest = strchr(rest, '(');
		t->m->ram_kb = rest ? strtoull(rest + 1, NULL, 10) : 0;
	} else {
		xen_header(t, p);
		xen_dom0(t, p);
		xen_arrangement(t, p);
	}

	return t->other_map ? READ_DONE : READ_OTHER;
}

/* Behind "(XEN)" */
int xen_line(struct text *t, const char *p)
{
	int ret;

	t->m->format = "xen-dmesg";
	p = skip_space(p);
	ret = xen_entry(t, p);
	if (ret != READ_OTHER)
		return ret;
	/* A time stamp, if it is no entry */
	if (*p == '[' && strchr(p, ']')) {
		p = skip_space(strchr(p, ']') + 1);
		ret = xen_entry(t, p);
		if (ret != READ_OTHER)
			return ret;
	}

	return xen_said(t, p);
}

/* "NAME : VALUE" of xl info */
static const char *xl_value(const char *line, const char *name)
{
	if (!skip(&line, name))
		return NULL;
	line = skip_space(line);

	return skip(&line, ":") ? skip_space(line) : NULL;
}

int xl_info_line(struct text *t, const char *line)
{
	struct machine *m = t->m;
	const char *value;

	value = xl_value(line, "xen_commandline");
	/* Xen's own log has it, too. */
	if (value && !m->dom0_mem[0])
		xen_options(m, value);
	if (value)
		return READ_DONE;
	value = xl_value(line, "xen_version");
	if (value) {
		copy_word(value, " ", m->xen_version, sizeof(m->xen_version));
		return READ_DONE;
	}
	value = xl_value(line, "release");
	if (!value)
		return READ_OTHER;
	if (!t->now->release[0])
		copy_word(value, " ", t->now->release, sizeof(t->now->release));

	return READ_DONE;
}
