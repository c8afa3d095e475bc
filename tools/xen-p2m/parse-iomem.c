// SPDX-License-Identifier: GPL-2.0
/*
 * Reads /proc/iomem, and the P2M by ranges as debugfs has it
 */

#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "text.h"

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

/* Another file, which starts at its first entry again */
static int iomem_again(struct text *t, u64 start)
{
	const struct map *map = t->now->map[SOURCE_IOMEM];

	if (!map || !map->nr || start > map->entry[0].start)
		return 0;
	t->in_type = -1;
	t->in_bus = -1;

	return boot_begins(t);
}

static int iomem_typed(struct text *t, int depth, u64 start, u64 end,
		       const char *name, u32 type)
{
	if (t->in_type >= 0)
		return READ_DONE;
	if (iomem_again(t, start))
		return READ_BAD;
	t->in_type = depth;
	t->entry_line = t->at.line;

	return text_entry(t, SOURCE_IOMEM, start, end, name, strlen(name));
}

static int iomem_named(struct text *t, int depth, u64 start, u64 end,
		       const char *name)
{
	struct machine *m;
	const char *p = name;
	char device[16], label[64];
	u32 type;

	if (type_from_name(name, strlen(name), &type))
		return iomem_typed(t, depth, start, end, name, type);
	m = t->now;
	if (!strncmp(name, "PCI Bus ", 8)) {
		if (t->in_bus >= 0)
			return READ_DONE;
		t->in_bus = depth;
		return pci_add(&m->pci, PCI_APERTURE, name, start, end, &t->at,
			       t->fault);
	}
	if (pci_device(&p, device, sizeof(device)) && !*p) {
		snprintf(label, sizeof(label), "%s at %#lx", device, start);
		return pci_add(&m->pci, PCI_BAR, label, start, end, &t->at,
			       t->fault);
	}
	if (!strcmp(name, "Xen scratch"))
		added_add(m, name, start, end);
	kernel_in_iomem(m, name, start, end);

	return READ_DONE;
}

/* "  START-LAST : NAME" */
int iomem_line(struct text *t, const char *line)
{
	const char *p = skip_space(line);
	int depth = p - line;
	u64 start, last, end;

	if (hex(&p, &start) < 8 || !skip(&p, "-") || hex(&p, &last) < 8 ||
	    !skip(&p, " : "))
		return READ_OTHER;
	if (!start && !last)
		return bad(t, "all addresses are 0: read this file as root");
	if (start > last)
		return bad(t, "range ends at %#lx, before it starts", last);
	if (inclusive(t, last, &end))
		return READ_BAD;
	if (depth <= t->in_type)
		t->in_type = -1;
	if (depth <= t->in_bus)
		t->in_bus = -1;
	if (!t->m->format)
		t->m->format = "iomem";
	t->entry_line = t->at.line;

	return iomem_named(t, depth, start, end, p);
}

/* --- the P2M ---------------------------------------------------------------- */

static bool p2m_type(const char *name, enum xen_p2m_type *type)
{
	static const struct {
		const char *name;
		enum xen_p2m_type type;
	} types[] = {
		{ "pfn", XEN_P2M_MFN }, { "mfn", XEN_P2M_MFN },
		{ "missing", XEN_P2M_MISSING }, { "invalid", XEN_P2M_MISSING },
		{ "identity", XEN_P2M_IDENTITY }, { "foreign", XEN_P2M_FOREIGN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(name, types[i].name))
			continue;
		*type = types[i].type;
		return true;
	}

	return false;
}

/* " [0xSTART->0xEND] TYPE" of the kernel, "0xSTART-0xEND TYPE" of the module */
int p2m_line(struct text *t, const char *p)
{
	struct dump *dump = &t->m->audited;
	enum xen_p2m_type type;
	u64 start, end;
	bool good;

	p = skip_space(p);
	if (skip(&p, "[0x")) {
		if (!hex(&p, &start) || !skip(&p, "->"))
			return READ_OTHER;
		good = hex(&p, &end) && skip(&p, "] ");
		dump = &t->m->p2m;
	} else {
		if (strncmp(p, "0x", 2) || !hex(&p, &start) || !skip(&p, "-"))
			return READ_OTHER;
		good = hex(&p, &end) && skip(&p, " ");
	}
	if (!good || !p2m_type(p, &type))
		return bad(t, "not a range of the P2M");
	if (end > XEN_LAYOUT_PFNS_END)
		return bad(t, "P2M range beyond the last PFN");
	if (!t->m->format)
		t->m->format = "p2m";
	/* It was read again, maybe after a change. */
	if (dump->nr && start <= dump->extent[0].start) {
		note(&t->m->remarks,
		     "the P2M is there more than once: what starts at line %u counts",
		     t->at.line);
		dump->nr = 0;
	}

	return dump_add(dump, start, end, type, &t->at, t->fault);
}
