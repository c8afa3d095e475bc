// SPDX-License-Identifier: GPL-2.0
/*
 * Reads logs of Linux: maps, and what the kernel says of itself and of its pages
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "mem-limit.h"
#include "text.h"

/* --- memory maps ------------------------------------------------------------ */

/* "640 KB ", "1.5 GB ": sizes that kernels from 6.19 on print before the type */
static const char *after_size(const char *p)
{
	const char *q = skip_space(p);

	if (!isdigit((unsigned char)*q))
		return q;
	p = q;
	q = skip_space(q + strspn(q, "0123456789."));
	if (*q && strchr("KMGTPE", *q))
		q++;
	if (*q != 'B' || q[1] != ' ')
		return p;

	return skip_space(q + 1);
}

/* "[mem START-LAST] TYPE" or "START - END (TYPE)" */
static int linux_entry(struct text *t, enum source source, const char *p)
{
	u64 start, end, last;

	t->entry_line = t->at.line;
	if (skip(&p, "[gap "))
		return READ_DONE;
	if (skip(&p, "[mem ")) {
		if (!hex_pair(&p, "-", &start, &last) || !skip(&p, "]"))
			return bad(t, "memory map entry without two addresses");
		if (inclusive(t, last, &end))
			return READ_BAD;
		if (!*p) {
			t->broken = (struct broken) {
				t->at.line, source, start, end
			};
			return READ_DONE;
		}
		p = after_size(p);
		return text_entry(t, source, start, end, p, strlen(p));
	}
	if (!hex_pair(&p, " - ", &start, &end))
		return bad(t, "memory map entry without two addresses");

	return text_entry_in_brackets(t, source, start, end, p);
}

static bool looks_like_entry(const char *p)
{
	u64 value;

	return !strncmp(p, "[mem ", 5) || hex(&p, &value) == 16;
}

/* Who gives the map, by what is in front of its entries */
static const struct {
	const char *prefix;
	enum source source;
	bool certain;		/* nothing else begins like this */
} entries[] = {
	{ "BIOS-e820:", SOURCE_FIRMWARE, true },
	{ "BIOS-e801:", SOURCE_FIRMWARE, true },
	{ "BIOS-88:", SOURCE_FIRMWARE, true },
	{ "Xen: ", SOURCE_DOMAIN, false },
	/* The machine's, of xenlinux */
	{ " BIOS: ", SOURCE_FIRMWARE, false },
	{ "user: ", SOURCE_USER, false },
};

static int map_line(struct text *t, const char *line)
{
	const char *p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		p = text_after(line, entries[i].prefix);
		if (!p)
			continue;
		p = skip_space(p);
		if (entries[i].certain || looks_like_entry(p))
			return linux_entry(t, entries[i].source, p);
	}

	return READ_OTHER;
}

/* A map of the boot is announced: another boot, if it has one already. */
static int map_announced(struct text *t, const char *line)
{
	static const struct {
		const char *header;
		enum source source;
	} headers[] = {
		{ "BIOS-provided physical RAM map:", SOURCE_FIRMWARE },
		{ "BIOS-provided physical RAM map:", SOURCE_DOMAIN },
		{ "Xen-provided machine memory map:", SOURCE_FIRMWARE },
		{ "Xen-provided physical RAM map:", SOURCE_DOMAIN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		if (!strstr(line, headers[i].header))
			continue;
		if (map_seen(t->now, headers[i].source) && boot_begins(t))
			return READ_BAD;
		/* What was said before it is of another boot. */
		t->now->ram_end = 0;
		if (strstr(line, "Xen-provided"))
			t->now->xenlinux = true;
	}

	return 0;
}

/* --- what kind of kernel ---------------------------------------------------- */

static const struct {
	const char *text;
	unsigned long hint;
} hints[] = {
	{ "paravirtualized kernel on Xen PVH", HINT_PVH },
	{ "paravirtualized kernel with PVH extensions", HINT_PVH },
	{ "paravirtualized kernel on Xen HVM", HINT_HVM },
	{ "paravirtualized kernel on Xen", HINT_PV },
	{ "paravirtualized kernel on bare hardware", HINT_BARE },
	{ "Hypervisor detected: Xen PV", HINT_PV },
	{ "Hypervisor detected: Xen HVM", HINT_HVM },
	{ "Hypervisor detected: Xen", HINT_HVM },
	{ "Hypervisor detected: ", HINT_OTHER },
	{ "DMI: Xen HVM domU", HINT_HVM },
	{ "DMI not present or invalid", HINT_DOMU },
	{ "ACPI in unprivileged domain disabled", HINT_DOMU },
	{ "pcifront pci-", HINT_PV | HINT_DOMU },
	{ "blkfront: xvd", HINT_DOMU },
	{ "ACPI: RSDP ", HINT_DOM0 },
	{ "xen_pciback", HINT_DOM0 },
	{ "DMI: ", HINT_DOM0 },
};

static void kind_hints(struct machine *m, const char *line)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hints); i++) {
		if (!strstr(line, hints[i].text))
			continue;
		m->hints |= hints[i].hint;
		return;
	}
	if (strstr(line, "MB LOWMEM available."))
		m->bits32 = true;
}

/* --- numbers and options ---------------------------------------------------- */

/* "WORD N TAIL": N, or UNKNOWN_PAGES */
static unsigned long number_in(const char *line, const char *word,
			       const char *tail)
{
	const char *p = text_after(line, word);
	unsigned long nr;
	char *end;

	if (!p || !isdigit((unsigned char)*p))
		return UNKNOWN_PAGES;
	nr = strtoul(p, &end, 10);

	return strncmp(end, tail, strlen(tail)) ? UNKNOWN_PAGES : nr;
}

/* Not of regions that are not RAM; and as 3.x said it, range by range */
static void read_pages(struct machine *m, const char *line)
{
	unsigned long nr = number_in(line, "Remapped ", " page(s)");

	if (nr != UNKNOWN_PAGES)
		m->remapped = nr;
	nr = number_in(line, "Released ", " page(s)");
	if (nr == UNKNOWN_PAGES)
		nr = number_in(line, "Released ", " pages of unused memory");
	if (nr != UNKNOWN_PAGES)
		m->released = nr;
	/* These are some of the released ones again, at other PFNs. */
	nr = number_in(line, "pfn range: ", " pages added");
	if (nr == UNKNOWN_PAGES || m->released == UNKNOWN_PAGES)
		return;
	nr = min(nr, m->released);
	m->released -= nr;
	m->remapped = nr + (m->remapped == UNKNOWN_PAGES ? 0 : m->remapped);
}

static bool has_log(const struct machine *m)
{
	return map_seen(m, SOURCE_FIRMWARE) || map_seen(m, SOURCE_DOMAIN);
}

static int read_version(struct text *t, const char *p)
{
	struct machine *m;

	if ((t->now->kernel[0] || has_log(t->now)) && boot_begins(t))
		return READ_BAD;
	/* Without who built it, and where */
	m = t->now;
	if (!m->at.line)
		m->at = t->at;
	copy_word(p, "(", m->kernel, sizeof(m->kernel));
	copy_word(p + strlen("Linux version "), " (", m->release,
		  sizeof(m->release));

	return 0;
}

static int read_command_line(struct text *t, const char *line, const char *p)
{
	u64 limit;

	/* Printed before the map, and after it with another label. */
	if (!strstr(line, "Kernel command line: ") && has_log(t->now) &&
	    boot_begins(t))
		return READ_BAD;
	t->now->command_line = true;
	/* Linux prints a long one in parts, so one without mem= says nothing. */
	limit = xen_layout_mem_limit(p);
	if (limit && (!t->now->mem_limit || limit < t->now->mem_limit))
		t->now->mem_limit = limit;

	return 0;
}

/* The size, not the place: the kernel may have moved it by then. */
static void read_ramdisk(struct machine *m, const char *p)
{
	u64 start, last;

	if (hex_pair(&p, "-", &start, &last) && start < last &&
	    last - start < INPUT_BYTES << 8)
		m->initrd_size = last - start + 1;
}

/* The first one; the second is that below 4 GiB. */
static void read_ram_end(struct machine *m, const char *p)
{
	u64 pfn;

	if (hex(&p, &pfn) && pfn < XEN_LAYOUT_MAX_PFNS && !m->ram_end)
		m->ram_end = pfn << XEN_LAYOUT_PAGE_SHIFT;
}

/* "initrd moved from [mem START-LAST]": where Xen had put it */
static void read_moved_ramdisk(struct machine *m, const char *p)
{
	u64 start;

	read_ramdisk(m, p);
	if (hex(&p, &start) && m->initrd_size)
		m->alloc_size = start;
}

static void read_xen_version(struct machine *m, const char *p)
{
	copy_word(p, " ", m->xen_version, sizeof(m->xen_version));
}

static void read_memory(struct machine *m, const char *p)
{
	m->domain_pages = strtoul(p, NULL, 10) / 4;
}

/* --- lines ------------------------------------------------------------------ */

/* What starts another boot, if this one has that already */
static int boot_line(struct text *t, const char *line)
{
	const char *p = strstr(line, "Linux version ");

	if (map_announced(t, line) || (p && read_version(t, p)))
		return READ_BAD;
	p = text_after(line, "ommand line: ");

	return p ? read_command_line(t, line, p) : 0;
}

static const struct {
	const char *words;
	void (*read)(struct machine *m, const char *rest);
} facts[] = {
	{ "RAMDISK: [mem ", read_ramdisk },
	{ "initrd moved from [mem ", read_moved_ramdisk },
	{ "last_pfn = ", read_ram_end },
	{ "Xen version: ", read_xen_version },
	{ "xen_memory current_kb ", read_memory },
};

int linux_line(struct text *t, const char *line)
{
	int ret = map_line(t, line);
	unsigned int i;
	const char *p;

	if (ret == READ_OTHER)
		ret = pci_log_line(t, line);
	if (ret != READ_OTHER)
		return ret;
	if (boot_line(t, line))
		return READ_BAD;
	kind_hints(t->now, line);
	for (i = 0; i < ARRAY_SIZE(facts); i++) {
		p = text_after(line, facts[i].words);
		if (p)
			facts[i].read(t->now, p);
	}
	read_pages(t->now, line);

	return READ_OTHER;
}
