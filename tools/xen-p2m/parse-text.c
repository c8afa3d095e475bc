// SPDX-License-Identifier: GPL-2.0
/*
 * Reads logs and /proc files line by line
 *
 * Each line is looked at for itself, whatever the file is: a log may hold
 * several of the things that are of interest, and a report holds all of them. A
 * line that starts like one of these but does not go on like it is an error,
 * for half a memory map is worse than none.
 */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "machine.h"

#define MAX_LINE	4096

/* Lines of /sys/bus/pci/devices/N/resource, and flags in them */
#define RES_ROM		6U
#define RES_VF		7U
#define RES_WINDOW	13U
#define RES_MEM		0x200U
#define RES_UNSET	0x20000000U

/* Xen maps the kernel's address 0 there: __START_KERNEL_map */
#define VIRT_BASE	0xffffffff80000000ULL

struct text {
	struct machine *m;
	struct fault *fault;
	struct place at;

	bool other_map;		/* of Xen's maps this is not the machine's */
	bool virtual;		/* below VIRTUAL MEMORY ARRANGEMENT */
	u64 initrd_size;
	/* Depth in /proc/iomem below which there is ..., -1: not inside one */
	int in_type;
	int in_bus;
	char device[16];	/* whose resource lines come */
	bool bridge;
	unsigned int index;
};

__printf(2, 3)
static int bad(struct text *t, const char *fmt, ...)
{
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	return fault_at(t->fault, t->at.file, t->at.line, "%s", text);
}

/* --- words ------------------------------------------------------------------ */

static bool skip(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len))
		return false;
	*p += len;

	return true;
}

static const char *behind(const char *text, const char *word)
{
	const char *p = strstr(text, word);

	return p ? p + strlen(word) : NULL;
}

/* Digits of a hexadecimal number, with 0x or without; 0: none or too many */
static unsigned int hex(const char **p, u64 *value)
{
	unsigned int nr = 0, significant = 0;
	const char *q = *p;

	if (q[0] == '0' && q[1] == 'x')
		q += 2;
	for (*value = 0; isxdigit((unsigned char)*q); q++, nr++) {
		int digit = isdigit((unsigned char)*q) ? *q - '0' :
			    tolower((unsigned char)*q) - 'a' + 10;

		*value = *value << 4 | digit;
		if (significant || digit)
			significant++;
	}
	if (significant > 16)
		return 0;
	*p = q;

	return nr;
}

/* "A SEPARATOR B" */
static bool hex_pair(const char **p, const char *separator, u64 *a, u64 *b)
{
	return hex(p, a) && skip(p, separator) && hex(p, b);
}

static int inclusive(struct text *t, u64 last, u64 *end)
{
	*end = last + 1;
	if (!*end)
		return bad(t, "range reaches the end of the address space");

	return 0;
}

/* --- memory maps in logs ---------------------------------------------------- */

static int add_typed(struct text *t, enum source source, u64 start, u64 end,
		     const char *type, size_t len)
{
	u32 number;

	if (!type_from_name(type, len, &number))
		return bad(t, "unknown type of memory \"%.40s\"", type);

	return map_entry_add(t->m, source, start, end, number, &t->at,
			     t->fault);
}

/* "TYPE)", as in the old form and in that of Xen */
static int add_in_parens(struct text *t, enum source source, u64 start,
			 u64 end, const char *p)
{
	size_t len;

	/* Xen has no word for each type: " type 20" */
	if (source == SOURCE_XEN && !strncmp(p, " type ", 6))
		return add_typed(t, source, start, end, p + 1, strlen(p + 1));
	/* The type may have parentheses, too. */
	if (!skip(&p, " (") || !(len = strlen(p)) || p[len - 1] != ')')
		return bad(t, "memory map entry without a type");

	return add_typed(t, source, start, end, p, len - 1);
}

/* "[mem START-LAST] TYPE" or "START - END (TYPE)" */
static int linux_entry(struct text *t, enum source source, const char *p)
{
	u64 start, end, last;

	if (skip(&p, "[gap "))
		return 0;
	if (!skip(&p, "[mem ")) {
		if (!hex_pair(&p, " - ", &start, &end))
			return bad(t, "memory map entry without two addresses");
		return add_in_parens(t, source, start, end, p);
	}
	if (!hex_pair(&p, "-", &start, &last) || !skip(&p, "] "))
		return bad(t, "memory map entry without two addresses");
	if (inclusive(t, last, &end))
		return -1;

	return add_typed(t, source, start, end, p, strlen(p));
}

static bool looks_like_entry(const char *p)
{
	u64 value;

	return !strncmp(p, "[mem ", 5) || hex(&p, &value) == 16;
}

static void map_restart(struct text *t, enum source source)
{
	if (t->m->map[source])
		t->m->map[source]->nr = 0;
}

/* "[START, LAST] (TYPE)" or "START - END (TYPE)"; 1: it is something else */
static int xen_entry(struct text *t, const char *p)
{
	u64 start, end, last;

	if (skip(&p, "[")) {
		if (hex(&p, &start) != 16 || *p != ',')
			return 1;
		if (!skip(&p, ", ") || !hex(&p, &last) || !skip(&p, "]"))
			return bad(t, "memory map entry without two addresses");
		if (inclusive(t, last, &end))
			return -1;
	} else {
		if (hex(&p, &start) != 16 || strncmp(p, " - ", 3))
			return 1;
		if (!skip(&p, " - ") || !hex(&p, &end))
			return bad(t, "memory map entry without two addresses");
	}
	if (t->other_map)
		return 0;

	return add_in_parens(t, SOURCE_XEN, start, end, p);
}

/* --- what else Xen says ----------------------------------------------------- */

static void copy_option(const char *line, const char *option, char *buf,
			size_t size)
{
	const char *start = line, *p;
	size_t len;

	/* Behind a space: not the end of another option's name */
	for (; (start = strstr(start, option)); start = p) {
		p = start + strlen(option);
		if (start > line && start[-1] != ' ')
			continue;
		len = strcspn(p, " ");
		if (len < size) {
			memcpy(buf, p, len);
			buf[len] = '\0';
		}
	}
}

/* " LABEL: START->END", two addresses of the kernel as Xen maps it */
static bool arranged(const char *p, const char *label, u64 *start, u64 *end)
{
	p = behind(p, label);
	if (!p)
		return false;
	while (*p == ' ')
		p++;

	return hex_pair(&p, "->", start, end) && *start <= *end;
}

static void set_area(struct machine *m, enum xen_layout_area_id id, u64 start,
		     u64 end)
{
	if (start < VIRT_BASE || start >= end)
		return;
	m->area[id].addr = start - VIRT_BASE;
	m->area[id].size = end - start;
}

static void xen_arrangement(struct text *t, const char *p)
{
	struct machine *m = t->m;
	u64 start, end;

	if (arranged(p, "Loaded kernel:", &start, &end))
		set_area(m, XEN_LAYOUT_KERNEL, start, end);
	if (arranged(p, "Start info:", &start, &end))
		set_area(m, XEN_LAYOUT_START_INFO, start, end);
	if (arranged(p, "Page tables:", &start, &end))
		set_area(m, XEN_LAYOUT_PAGE_TABLES, start, end);
	if (arranged(p, "Phys-Mach map:", &start, &end) &&
	    (end - start) / sizeof(long) <= XEN_LAYOUT_MAX_FRAME)
		m->nr_pages = (end - start) / sizeof(long);
	if (arranged(p, "Init. ramdisk:", &start, &end)) {
		if (start >= VIRT_BASE)
			set_area(m, XEN_LAYOUT_INITRD, start, end);
		else if (!t->virtual)
			t->initrd_size = end - start;
	}
}

static int xen_line(struct text *t, const char *p)
{
	struct machine *m = t->m;
	int ret;

	while (*p == ' ')
		p++;
	ret = xen_entry(t, p);
	if (ret != 1)
		return ret;
	/* A time stamp, if it is no entry */
	if (*p == '[') {
		p = strchr(p, ']');
		if (!p)
			return 0;
		for (p++; *p == ' '; p++)
			;
		ret = xen_entry(t, p);
		if (ret != 1)
			return ret;
	}
	if (strstr(p, "RAM map:")) {
		t->other_map = false;
		map_restart(t, SOURCE_XEN);
	} else if (strstr(p, "memory map:")) {
		t->other_map = true;
	} else if (strstr(p, "PHYSICAL MEMORY ARRANGEMENT")) {
		t->virtual = false;
	} else if (strstr(p, "VIRTUAL MEMORY ARRANGEMENT")) {
		t->virtual = true;
	} else if (skip(&p, "Command line: ")) {
		copy_option(p, "dom0_mem=", m->dom0_mem, sizeof(m->dom0_mem));
	} else {
		xen_arrangement(t, p);
	}
	m->format = "xen-dmesg";

	return 0;
}

/* --- PCI in logs ------------------------------------------------------------ */

/* "0000:00:02.0" */
static bool bdf(const char **p, char *buf, size_t size)
{
	static const char form[] = "xxxx:xx:xx.x";
	unsigned int i;

	for (i = 0; form[i]; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)(*p)[i]) :
		    (*p)[i] != form[i])
			return false;
	if (i >= size)
		return false;
	memcpy(buf, *p, i);
	buf[i] = '\0';
	*p += i;

	return true;
}

/* 1: a range, 0: none that has a place in memory, -1: broken */
static int mem_range(struct text *t, const char *p, u64 *start, u64 *end)
{
	u64 last;

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
		snprintf(buf, size, "reg %#llx", (unsigned long long)reg);
}

/* What a BAR line calls the BAR; then @p is at its range */
static bool bar_which(const char **p, char *label, size_t size)
{
	bool vf = false;
	u64 number;

	if (skip(p, "reg ")) {
		if (!hex(p, &number))
			return false;
		reg_label(number, label, size);
		/* "reg 10 64bit mmio pref: [0x" or "reg 0x10: [mem 0x" */
		*p = strchr(*p, ':');
		return *p && skip(p, ": ");
	}
	if (skip(p, "ROM")) {
		bar_label(RES_ROM, label, size);
		return skip(p, " ") || skip(p, ": assigned ");
	}
	vf = skip(p, "VF ");
	if (!skip(p, "BAR ") || !isdigit((unsigned char)**p))
		return false;
	number = strtoul(*p, (char **)p, 10);
	if (number >= (vf ? RES_ROM : RES_WINDOW))
		return false;
	bar_label(vf ? number + RES_VF : number, label, size);

	return skip(p, " ") || skip(p, ": assigned ") || skip(p, ": set to ");
}

static int bar_line(struct text *t, const char *p)
{
	char device[16], label[24], name[64];
	u64 start, end;
	int ret;

	if (!bdf(&p, device, sizeof(device)) || !skip(&p, ": ") ||
	    !bar_which(&p, label, sizeof(label)))
		return 0;
	ret = mem_range(t, p, &start, &end);
	if (ret <= 0)
		return ret;
	snprintf(name, sizeof(name), "%s %s", device, label);

	return pci_add(&t->m->pci, PCI_BAR, name, start, end, &t->at,
		       t->fault);
}

static int aperture(struct text *t, const char *p)
{
	u64 start, end;
	int ret = mem_range(t, p, &start, &end);

	if (ret <= 0)
		return ret;

	return pci_add(&t->m->pci, PCI_APERTURE, "aperture", start, end,
		       &t->at, t->fault);
}

/* --- what else Linux says --------------------------------------------------- */

/* mem= as the kernel reads it; not mem=nopentium */
static void read_mem_limit(struct machine *m, const char *line)
{
	char word[32] = "", *end;
	unsigned int shift = 0;
	u64 value;

	copy_option(line, "mem=", word, sizeof(word));
	if (!isdigit((unsigned char)word[0]))
		return;
	value = strtoull(word, &end, 0);
	switch (tolower((unsigned char)*end)) {
	case 'k':
		shift = 10;
		break;
	case 'm':
		shift = 20;
		break;
	case 'g':
		shift = 30;
		break;
	case 't':
		shift = 40;
		break;
	}
	if (value <= ~(u64)0 >> shift)
		m->mem_limit = value << shift;
}

/* "Remapped 97 page(s)", but not of regions that are not RAM */
static void read_pages(const char *line, const char *word, unsigned long *pages)
{
	const char *p = behind(line, word);
	unsigned long nr;
	char *end;

	if (!p || !isdigit((unsigned char)*p))
		return;
	nr = strtoul(p, &end, 10);
	if (!strncmp(end, " page(s)", 8))
		*pages = nr;
}

static int linux_line(struct text *t, const char *line)
{
	struct machine *m = t->m;
	const char *p;

	p = behind(line, "BIOS-e820:");
	if (p)
		return linux_entry(t, SOURCE_FIRMWARE, p + (*p == ' '));
	p = behind(line, "Xen: ");
	if (p && looks_like_entry(p))
		return linux_entry(t, SOURCE_DOMAIN, p);
	p = behind(line, "root bus resource ");
	if (!p)
		p = behind(line, "host bridge window ");
	if (p)
		return aperture(t, p);
	p = behind(line, "pci ");
	if (p)
		return bar_line(t, p);
	if (strstr(line, "BIOS-provided physical RAM map:")) {
		map_restart(t, SOURCE_FIRMWARE);
		map_restart(t, SOURCE_DOMAIN);
	}
	p = behind(line, "ommand line: ");
	if (p)
		read_mem_limit(m, p);
	p = strstr(line, "Linux version ");
	if (p && !m->kernel[0])
		snprintf(m->kernel, sizeof(m->kernel), "%.100s", p);
	p = behind(line, "xen_memory current_kb ");
	if (p)
		m->domain_pages = strtoul(p, NULL, 10) / 4;
	read_pages(line, "Remapped ", &m->remapped);
	read_pages(line, "Released ", &m->released);

	return 0;
}

/* --- /proc/iomem ------------------------------------------------------------ */

static void kernel_in_iomem(struct machine *m, const char *name, u64 start,
			    u64 end)
{
	struct xen_layout_area *kernel = &m->area[XEN_LAYOUT_KERNEL];
	u64 old_end = kernel->addr + kernel->size;

	if (strcmp(name, "Kernel code") && strcmp(name, "Kernel rodata") &&
	    strcmp(name, "Kernel data") && strcmp(name, "Kernel bss"))
		return;
	if (!kernel->size || start < kernel->addr)
		kernel->addr = start;
	if (kernel->size && old_end > end)
		end = old_end;
	kernel->size = end - kernel->addr;
}

static int iomem_named(struct text *t, int depth, u64 start, u64 end,
		       const char *name)
{
	const char *p = name;
	char device[16], label[64];
	u32 type;

	if (type_from_name(name, strlen(name), &type)) {
		if (t->in_type >= 0)
			return 0;
		t->in_type = depth;
		return map_entry_add(t->m, SOURCE_IOMEM, start, end, type,
				     &t->at, t->fault);
	}
	if (!strncmp(name, "PCI Bus ", 8)) {
		if (t->in_bus >= 0)
			return 0;
		t->in_bus = depth;
		return pci_add(&t->m->pci, PCI_APERTURE, name, start, end,
			       &t->at, t->fault);
	}
	if (bdf(&p, device, sizeof(device)) && !*p) {
		snprintf(label, sizeof(label), "%s at %#llx", device,
			 (unsigned long long)start);
		return pci_add(&t->m->pci, PCI_BAR, label, start, end, &t->at,
			       t->fault);
	}
	kernel_in_iomem(t->m, name, start, end);

	return 0;
}

/* "  START-LAST : NAME"; 1: it is something else */
static int iomem_line(struct text *t, const char *line)
{
	const char *p = line;
	u64 start, last, end;
	int depth;

	while (*p == ' ')
		p++;
	depth = p - line;
	if (hex(&p, &start) < 8 || !skip(&p, "-") || hex(&p, &last) < 8 ||
	    !skip(&p, " : "))
		return 1;
	if (!start && !last)
		return bad(t, "all addresses are 0: read this file as root");
	if (start > last)
		return bad(t, "range ends at %#llx, before it starts",
			   (unsigned long long)last);
	if (inclusive(t, last, &end))
		return -1;
	if (depth <= t->in_type)
		t->in_type = -1;
	if (depth <= t->in_bus)
		t->in_bus = -1;
	if (!t->m->format)
		t->m->format = "iomem";

	return iomem_named(t, depth, start, end, p);
}

/* --- the P2M, and PCI resources --------------------------------------------- */

static bool p2m_type(const char *name, enum xen_p2m_type *type)
{
	if (!strcmp(name, "pfn") || !strcmp(name, "mfn"))
		*type = XEN_P2M_MFN;
	else if (!strcmp(name, "missing") || !strcmp(name, "invalid"))
		*type = XEN_P2M_MISSING;
	else if (!strcmp(name, "identity"))
		*type = XEN_P2M_IDENTITY;
	else if (!strcmp(name, "foreign"))
		*type = XEN_P2M_FOREIGN;
	else
		return false;

	return true;
}

/* " [0xSTART->0xEND] TYPE" of the kernel, "0xSTART-0xEND TYPE" of the module */
static int p2m_line(struct text *t, const char *p)
{
	struct dump *dump = &t->m->audited;
	enum xen_p2m_type type;
	u64 start, end;
	bool good;

	while (*p == ' ')
		p++;
	if (skip(&p, "[0x")) {
		if (!hex(&p, &start) || !skip(&p, "->"))
			return 1;
		good = hex(&p, &end) && skip(&p, "] ");
		dump = &t->m->p2m;
	} else {
		if (strncmp(p, "0x", 2) || !hex(&p, &start) || !skip(&p, "-"))
			return 1;
		good = hex(&p, &end) && skip(&p, " ");
	}
	if (!good || !p2m_type(p, &type))
		return bad(t, "not a range of the P2M");
	if (end > XEN_LAYOUT_FRAMES_END)
		return bad(t, "P2M range beyond the last frame");
	if (!t->m->format)
		t->m->format = "p2m";

	return dump_add(dump, start, end, type, &t->at, t->fault);
}

/* "0000:00:02.0 0xVENDOR:0xDEVICE 0xCLASS", then its resource file */
static int resource_line(struct text *t, const char *p)
{
	char label[24], name[64];
	u64 start, last, flags;
	const char *q = p;

	if (bdf(&q, t->device, sizeof(t->device)) && skip(&q, " 0x")) {
		q = strrchr(q, ' ');
		t->bridge = q && !strncmp(q, " 0x0604", 7);
		t->index = 0;
		return 0;
	}
	if (!t->device[0] || strncmp(p, "0x", 2))
		return 1;
	if (!hex_pair(&p, " ", &start, &last) || !skip(&p, " ") ||
	    !hex(&p, &flags))
		return bad(t, "not a resource of a PCI device");
	t->index++;
	if (!(flags & RES_MEM) || flags & RES_UNSET || !start ||
	    last <= start || last == ~(u64)0 ||
	    t->index > (t->bridge ? RES_VF : RES_WINDOW))
		return 0;
	bar_label(t->index - 1, label, sizeof(label));
	snprintf(name, sizeof(name), "%s %s", t->device, label);

	return pci_add(&t->m->pci_sysfs, PCI_BAR, name, start, last + 1,
		       &t->at, t->fault);
}

/* --- lines ------------------------------------------------------------------ */

static int one_line(struct text *t, const char *line)
{
	const char *p;
	int ret;

	p = behind(line, "(XEN)");
	if (p)
		return xen_line(t, p);
	ret = iomem_line(t, line);
	if (ret == 1)
		ret = p2m_line(t, line);
	if (ret == 1)
		ret = resource_line(t, line);
	if (ret == 1)
		ret = linux_line(t, line);

	return ret;
}

/* An initrd that Xen does not map comes behind all else. */
static void place_initrd(struct text *t)
{
	u64 end = (u64)t->m->nr_pages << XEN_LAYOUT_PAGE_SHIFT;
	u64 size = (t->initrd_size + XEN_LAYOUT_PAGE_SIZE - 1) &
		   ~(XEN_LAYOUT_PAGE_SIZE - 1);

	if (!size || size >= end || t->m->area[XEN_LAYOUT_INITRD].size)
		return;
	t->m->area[XEN_LAYOUT_INITRD].addr = end - size;
	t->m->area[XEN_LAYOUT_INITRD].size = t->initrd_size;
}

static bool linux_log(const struct machine *m)
{
	return m->map[SOURCE_FIRMWARE] || m->map[SOURCE_DOMAIN];
}

int parse_text(struct machine *m, const char *name, const char *text,
	       size_t size, struct fault *fault)
{
	struct text t = { .m = m, .fault = fault, .in_type = -1, .in_bus = -1 };
	const char *end = text + size, *next;
	char line[MAX_LINE];
	size_t len;
	int err = 0;

	snprintf(t.at.file, sizeof(t.at.file), "%s", name);
	for (; !err && text < end; text = next + 1) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		len = next - text;
		t.at.line++;
		if (len >= sizeof(line))
			len = sizeof(line) - 1;
		memcpy(line, text, len);
		while (len && isspace((unsigned char)line[len - 1]))
			len--;
		line[len] = '\0';
		err = one_line(&t, line);
	}
	place_initrd(&t);
	if (!m->format && linux_log(m))
		m->format = "dmesg";

	return err;
}
