// SPDX-License-Identifier: GPL-2.0
/*
 * Reads what there is of PCI: the kernel's lines and those of its drivers, lspci,
 * and the resource files of sysfs
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>

#include "text.h"

/* "0000:00:02.0", or "00:02.0" where @p may leave out the domain */
static bool bdf(const char **p, bool may_be_short, char *buf, size_t size)
{
	static const char form[] = "xxxx:xx:xx.x";
	const char *want = form;
	unsigned int i;

	if (may_be_short && isxdigit((unsigned char)(*p)[0]) &&
	    isxdigit((unsigned char)(*p)[1]) && (*p)[2] == ':')
		want += 5;
	for (i = 0; want[i]; i++)
		if (want[i] == 'x' ? !isxdigit((unsigned char)(*p)[i]) :
		    (*p)[i] != want[i])
			return false;
	snprintf(buf, size, "%s%.*s", want == form ? "" : "0000:", (int)i, *p);
	*p += i;

	return true;
}

bool pci_device(const char **p, char *buf, size_t size)
{
	return bdf(p, false, buf, size);
}

/* --- the kernel's log ------------------------------------------------------- */

/* 1: a range, 0: none that has a place in memory, -1: broken */
static int mem_range(struct text *t, const char *p, u64 *start, u64 *end)
{
	u64 last;

	if (!strcmp(p, "[mem") || !strcmp(p, "["))
		return bad(t, "PCI range that is cut off: give the whole log");
	if (!skip(&p, "[mem ") && !skip(&p, "["))
		return 0;
	if (strncmp(p, "0x", 2))
		return 0;
	if (!hex_pair(&p, "-", start, &last))
		return bad(t, "PCI range without two addresses");
	while (*p && *p != ']')
		p++;
	if (!*p)
		return bad(t, "PCI range without an end");
	/* Not placed yet, or the default of an old kernel: all there is */
	if (!*start || *start == last)
		return 0;
	if (inclusive(t, last, end))
		return -1;

	return 1;
}

static void bar_label(unsigned int index, char *buf, size_t size)
{
	if (index < RES_ROM)
		snprintf(buf, size, "BAR %u", index);
	else if (index == RES_ROM)
		snprintf(buf, size, "ROM");
	else
		snprintf(buf, size, "VF BAR %u", index - RES_VF);
}

static void reg_label(u64 reg, char *buf, size_t size)
{
	if (reg >= 0x10 && reg <= 0x24)
		bar_label((reg - 0x10) / 4, buf, size);
	else if (reg == 0x30 || reg == 0x38)
		bar_label(RES_ROM, buf, size);
	else
		snprintf(buf, size, "reg %#lx", reg);
}

/* "reg 10 64bit mmio pref: [0x", "reg 0x10: [mem 0x"; @p is at the range then */
static bool reg_which(const char **p, char *label, size_t size)
{
	const char *colon = strchr(*p, ':');
	u64 number;

	if (!colon || !hex(p, &number))
		return false;
	if (memmem(*p, colon - *p, "io port", 7))
		return false;
	reg_label(number, label, size);
	*p = colon + 1;

	return skip(p, " ");
}

/* What a line calls the BAR; @p then points after that */
static bool bar_which(const char **p, char *label, size_t size)
{
	bool vf;
	u64 number;

	if (skip(p, "ROM")) {
		bar_label(RES_ROM, label, size);
		return true;
	}
	vf = skip(p, "VF(n) BAR") || skip(p, "VF BAR ");
	if ((!vf && !skip(p, "BAR ")) || !isdigit((unsigned char)**p))
		return false;
	number = strtoul(*p, (char **)p, 10);
	if (number >= (vf ? RES_ROM : RES_WINDOW))
		return false;
	bar_label(vf ? number + RES_VF : number, label, size);

	return true;
}

/* "...: address conflict with System RAM [mem 0x...]" */
static int conflict(struct text *t, const char *with)
{
	struct conflict c = t->claimed;
	const char *p = strchr(with, '[');
	u64 start, end;

	copy_word(with, "[", c.with, sizeof(c.with));
	while (c.with[0] && c.with[strlen(c.with) - 1] == ' ')
		c.with[strlen(c.with) - 1] = '\0';
	if (p && mem_range(t, p, &start, &end) < 0)
		return READ_BAD;

	return conflict_add(t->now, &c, t->fault);
}

/* Where the kernel says that a BAR is; @p is at what it says of it */
static int bar_place(struct text *t, const char *device, const char *label,
		     const char *p, const char *range)
{
	const char *with = text_after(p, "conflict with ");
	struct pci *pci = &t->now->pci;
	u64 start, end;
	char name[64] = "";
	int ret = mem_range(t, range, &start, &end);

	if (ret <= 0)
		return ret;
	snprintf(name, sizeof(name), "%s %s", device, label);
	/* Without a window it is nowhere, and will be placed elsewhere. */
	if (strstr(p, "releasing") || strstr(p, "no compatible bridge window")) {
		pci_forget(pci, name, 0);
		return READ_DONE;
	}
	/* The size of one VF came before, under the register's number. */
	if (strstr(p, "space: ["))
		pci_forget(pci, device, start);
	if (!with)
		conflict_forget(t->now, name);
	ret = pci_add(pci, PCI_BAR, name, start, end, &t->at, t->fault);

	if (ret || !strstr(p, "can't claim"))
		return ret;
	t->claimed = (struct conflict) { .start = start, .end = end, .at = t->at };
	memcpy(t->claimed.name, name, sizeof(t->claimed.name));

	return with ? conflict(t, with) : READ_DONE;
}

/* Behind "DRIVER DEVICE: " */
static int bar_line(struct text *t, const char *device, const char *line)
{
	const char *p = line, *range;
	char label[24];

	if (skip(&p, "reg ")) {
		if (!reg_which(&p, label, sizeof(label)))
			return READ_DONE;
		return bar_place(t, device, label, line, p);
	}
	skip(&p, "can't claim ");
	if (!bar_which(&p, label, sizeof(label)))
		return READ_OTHER;
	range = strstr(p, "[mem");
	if (!range)
		return READ_DONE;

	return bar_place(t, device, label, line, range);
}

static int aperture(struct text *t, const char *line, const char *p)
{
	u64 start, end;
	int ret;

	if (strstr(line, "ignor"))
		return READ_DONE;
	ret = mem_range(t, p, &start, &end);
	if (ret <= 0)
		return ret;

	return pci_add(&t->now->pci, PCI_APERTURE, "aperture", start, end,
		       &t->at, t->fault);
}

/* "pci_bus 0000:00: resource 7 [mem 0x": those below 4 are of a bridge. */
static int bus_resource(struct text *t, const char *line, const char *p)
{
	unsigned long index = strtoul(p, (char **)&p, 10);

	p = skip_space(p);
	if (skip(&p, "mem:"))
		p = skip_space(p);

	return index < 4 ? READ_DONE : aperture(t, line, p);
}

int pci_log_line(struct text *t, const char *line)
{
	const char *p = line, *rest;
	char device[16];

	p = text_after(line, "root bus resource ");
	if (!p)
		p = text_after(line, "host bridge window ");
	if (p)
		return aperture(t, line, p);
	/* A mail has broken the line of the BAR. */
	p = skip_space(line);
	if (skip(&p, "address conflict with ") && t->claimed.at.line &&
	    t->claimed.at.line + 1 == t->at.line)
		return conflict(t, p);
	p = text_after(line, "pci_bus ");
	if (p && (rest = text_after(p, ": resource ")))
		return bus_resource(t, line, rest);
	for (p = strchr(line, ' '); p; p = strchr(p, ' ')) {
		rest = ++p;
		if (pci_device(&rest, device, sizeof(device)) &&
		    skip(&rest, ": "))
			return bar_line(t, device, skip_space(rest));
	}

	return READ_OTHER;
}

/* --- lspci ------------------------------------------------------------------ */

/* "[size=512K]"; 0: it is not there */
static u64 lspci_size(const char *p)
{
	char *end;
	u64 size;

	p = text_after(p, "[size=");
	if (!p || !isdigit((unsigned char)*p))
		return 0;
	size = strtoull(p, &end, 10);
	size <<= max(unit_shift(*end), 0);

	return size >> 52 ? 0 : size;
}

static int lspci_region(struct text *t, const char *label, const char *p)
{
	u64 start, size = lspci_size(p);
	char name[64], at[24];

	/* "<unassigned>", "<ignored>"; of a VF, whose size is not there */
	if (hex(&p, &start) < 5 || !start || !size || size > ~start)
		return READ_DONE;
	snprintf(at, sizeof(at), "at %#lx", start);
	snprintf(name, sizeof(name), "%s %s", t->device, label ? label : at);

	return pci_add(&t->now->pci, PCI_BAR, name, start, start + size,
		       &t->at, t->fault);
}

int lspci_line(struct text *t, const char *line)
{
	const char *p = line, *memory;
	char device[16], label[24];
	unsigned long index;

	if (bdf(&p, true, device, sizeof(device)) && *p == ' ' &&
	    strncmp(p, " 0x", 3)) {
		memcpy(t->device, device, sizeof(t->device));
		t->lspci = true;
		return READ_DONE;
	}
	if (!t->lspci || !isspace((unsigned char)*line))
		return READ_OTHER;
	p = skip_space(line);
	memory = text_after(p, "Memory at ");
	if (skip(&p, "Expansion ROM at "))
		return lspci_region(t, "ROM", p);
	if (!memory)
		return READ_OTHER;
	if (!skip(&p, "Region "))
		return lspci_region(t, NULL, memory);
	index = strtoul(p, NULL, 10);
	bar_label(index < RES_ROM ? index : RES_ROM, label, sizeof(label));

	return lspci_region(t, label, memory);
}

/* --- sysfs ------------------------------------------------------------------ */

/* "0000:00:02.0 0xVENDOR:0xDEVICE 0xCLASS", then its resource file */
int resource_line(struct text *t, const char *p)
{
	char label[24], name[64], device[16];
	u64 start, last, flags;
	const char *q = p;

	if (pci_device(&q, device, sizeof(device)) && skip(&q, " 0x")) {
		memcpy(t->device, device, sizeof(t->device));
		q = strrchr(q, ' ');
		t->bridge = q && !strncmp(q, " 0x0604", 7);
		t->index = 0;
		t->lspci = false;
		return READ_DONE;
	}
	if (!t->device[0] || t->lspci || strncmp(p, "0x", 2))
		return READ_OTHER;
	if (!hex_pair(&p, " ", &start, &last) || !skip(&p, " ") ||
	    !hex(&p, &flags))
		return bad(t, "not a resource of a PCI device");
	t->index++;
	if (!(flags & RES_MEM) || flags & RES_UNSET || !start ||
	    last <= start || last == ~(u64)0 ||
	    t->index > (t->bridge ? RES_VF : RES_WINDOW))
		return READ_DONE;
	bar_label(t->index - 1, label, sizeof(label));
	snprintf(name, sizeof(name), "%s %s", t->device, label);

	return pci_add(&t->now->pci_sysfs, PCI_BAR, name, start, last + 1,
		       &t->at, t->fault);
}
