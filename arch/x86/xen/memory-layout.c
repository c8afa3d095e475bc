// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a PV domain: from Xen to the planner, and from its plan
 * to the kernel
 *
 * What is decided, and why: drivers/xen/p2m/layout.c. How it is carried out:
 * drivers/xen/p2m/apply.c, on memory-apply.c. Here is what they are given, in the
 * order
 *
 *   xen_memory_setup()      E820 map, areas, limits -> plan; P2M list and initrd
 *                           to their new places; pages out of the way
 *   xen_inv_extra_mem()     when the P2M is a tree: what is missing
 *   xen_remap_memory()      pages to their new PFNs; log
 */

#include <linux/acpi.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/bootparam.h>
#include <asm/e820/api.h>
#include <asm/io.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/hvc-console.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "add-memory.h"
#include "apply.h"
#include "debugfs-dir.h"
#include "layout.h"
#include "mem-limit.h"
#include "memory-apply.h"
#include "xen-ops.h"

/* Memory map would allow PCI passthrough. */
bool xen_pv_pci_possible;

static struct e820_entry layout_raw[XEN_LAYOUT_MAX_E820] __initdata;
static struct xen_layout_entry layout_e820[XEN_LAYOUT_MAX_E820] __initdata;
static struct xen_layout_area layout_reserved[XEN_LAYOUT_MAX_RESERVED] __initdata;
static struct xen_layout_input layout_in __initdata;
static struct xen_layout layout __initdata;
static struct xen_apply layout_apply __initdata;
static const struct xen_add_ranges *layout_add __ro_after_init;

/* --- the input -------------------------------------------------------------- */

/* What follows NAME in Xen's command line, "" for a bare NAME, or NULL */
static const char *__init layout_option(const char *name)
{
	const char *line = xen_start_info->cmd_line, *p;
	size_t len = strlen(name);

	for (p = strstr(line, name); p; p = strstr(p + len, name)) {
		bool starts = p == line || isspace(p[-1]);

		if (starts && p[len] == '=')
			return p + len + 1;
		if (starts && (!p[len] || isspace(p[len])))
			return p + len;
	}

	return NULL;
}

static bool __init layout_512gb_limit(void)
{
	const char *arg = layout_option("xen_512gb_limit");
	bool limit = IS_ENABLED(CONFIG_XEN_512GB);

	if (!arg)
		return limit;
	if (!*arg || isspace(*arg))
		return true;
	if (kstrtobool(arg, &limit))
		return IS_ENABLED(CONFIG_XEN_512GB);

	return limit;
}

static unsigned int __init layout_read_e820(void)
{
	struct xen_memory_map map = { .nr_entries = ARRAY_SIZE(layout_raw) };
	unsigned int i;
	int err;

	set_xen_guest_handle(map.buffer, layout_raw);
	err = HYPERVISOR_memory_op(xen_initial_domain() ?
				   XENMEM_machine_memory_map :
				   XENMEM_memory_map, &map);
	if (err) {
		/* A domU can do without. What dom0 lacks the planner says. */
		xen_raw_printk("Xen gave no E820 map (%d)\n", err);
		return 0;
	}
	for (i = 0; i < map.nr_entries; i++)
		layout_e820[i] = (struct xen_layout_entry) {
			.addr = layout_raw[i].addr,
			.size = layout_raw[i].size,
			.type = layout_raw[i].type,
		};

	return map.nr_entries;
}

static unsigned long __init layout_max_reservation(void)
{
	domid_t domid = DOMID_SELF;
	long ret;

	/* That of a domU is what it may have now; its map says the rest. */
	if (!xen_initial_domain())
		return 0;
	ret = HYPERVISOR_memory_op(XENMEM_maximum_reservation, &domid);

	return ret > 0 ? ret : 0;
}

static void __init layout_set_area(enum xen_layout_area_id id, u64 addr,
				   u64 size)
{
	layout_in.area[id].addr = addr;
	layout_in.area[id].size = size;
}

static void __init layout_read_areas(void)
{
	u64 addr, size;

	layout_set_area(XEN_LAYOUT_KERNEL, __pa_symbol(_text),
			__pa_symbol(_end) - __pa_symbol(_text));
	layout_set_area(XEN_LAYOUT_START_INFO, __pa(xen_start_info),
			sizeof(*xen_start_info));
	xen_pt_area(&addr, &size);
	layout_set_area(XEN_LAYOUT_PAGE_TABLES, addr, size);

	if (xen_start_info->mfn_list >= __START_KERNEL_map) {
		addr = __pa(xen_start_info->mfn_list);
		size = PFN_ALIGN(xen_start_info->nr_pages *
				 sizeof(unsigned long));
	} else {
		addr = PFN_PHYS(xen_start_info->first_p2m_pfn);
		size = PFN_PHYS(xen_start_info->nr_p2m_frames);
	}
	layout_set_area(XEN_LAYOUT_P2M_LIST, addr, size);
	memblock_reserve(addr, size);

	layout_set_area(XEN_LAYOUT_INITRD,
			(u64)boot_params.ext_ramdisk_image << 32 |
			boot_params.hdr.ramdisk_image,
			(u64)boot_params.ext_ramdisk_size << 32 |
			boot_params.hdr.ramdisk_size);
}

static void __init layout_read_reserved(void)
{
	phys_addr_t start, end;
	unsigned int nr = 0;
	u64 i;

	/* The planner refuses more than it was given room for. */
	for_each_reserved_mem_range(i, &start, &end) {
		if (nr < ARRAY_SIZE(layout_reserved))
			layout_reserved[nr] = (struct xen_layout_area) {
				.addr = start, .size = end - start,
			};
		nr++;
	}
	layout_in.reserved = layout_reserved;
	layout_in.nr_reserved = nr;
}

static void __init layout_read(void)
{
	layout_in = (struct xen_layout_input) {
		.domain = xen_initial_domain() ? XEN_LAYOUT_DOM0 :
						 XEN_LAYOUT_DOMU,
		.ibft = IS_ENABLED(CONFIG_ISCSI_IBFT_FIND),
		.limit_512gb = layout_512gb_limit(),
		.e820 = layout_e820,
		.nr_e820 = layout_read_e820(),
		.nr_pages = xen_start_info->nr_pages,
		.max_reservation = layout_max_reservation(),
		.max_pfns = PFN_DOWN(MAXMEM),
		.extra_ratio = EXTRA_MEM_RATIO,
		/*
		 * The kernel looks at these options later, when pages would be
		 * beyond the limit already. A line that is built in does not
		 * count: xen_arch_setup() has the one from Xen replace it.
		 */
		.mem_limit = xen_layout_mem_limit(xen_start_info->cmd_line),
		.max_entries = ARRAY_SIZE(e820_table->entries),
	};
	layout_read_areas();
	layout_read_reserved();
	if (xen_initial_domain())
		xen_find_m2p_hole(layout_raw, layout_in.nr_e820);
}

/* --- P2M list and initrd ------------------------------------------------------ */

/* Bytes copied at a time: half of what can be mapped, as they may start inside a page */
#define LAYOUT_COPY	(NR_FIX_BTMAPS / 2 * PAGE_SIZE)

/* To whole pages from any address; the two do not overlap. */
static void __init layout_copy(u64 to, u64 from, u64 bytes)
{
	while (bytes) {
		u64 offset = from & ~PAGE_MASK;
		u64 len = min(bytes, LAYOUT_COPY - offset);
		void *src = early_memremap(from, len);
		void *dst = early_memremap(to, len);

		memcpy(dst, src, len);
		early_memunmap(dst, len);
		early_memunmap(src, len);
		to += len;
		from += len;
		bytes -= len;
	}
}

static void __init layout_relocate_initrd(void)
{
	const struct xen_layout_relocation *move =
		&layout.relocation[XEN_LAYOUT_INITRD];
	u64 addr = layout_in.area[XEN_LAYOUT_INITRD].addr;
	u64 size = layout_in.area[XEN_LAYOUT_INITRD].size;
	u64 to = PFN_PHYS(move->start);

	if (!move->needed)
		return;
	memblock_reserve(to, PFN_PHYS(move->nr));
	layout_copy(to, addr, size);
	pr_info("initrd moved from [mem %#010llx-%#010llx] to [mem %#010llx-%#010llx]\n",
		addr, addr + size - 1, to, to + size - 1);
	memblock_phys_free(addr, size);
	boot_params.hdr.ramdisk_image = to;
	boot_params.ext_ramdisk_image = to >> 32;
}

static void __init layout_relocate_list(void)
{
	const struct xen_layout_relocation *move =
		&layout.relocation[XEN_LAYOUT_P2M_LIST];

	if (!move->needed)
		return;
	memblock_reserve(PFN_PHYS(move->start), PFN_PHYS(move->nr));
	/* Gives the old place back. */
	xen_relocate_p2m(PFN_PHYS(move->start));
	pr_info("P2M list moved to [mem %#010llx-%#010llx]\n",
		PFN_PHYS(move->start),
		PFN_PHYS(move->start + move->nr) - 1);
}

/* --- what the kernel is told -------------------------------------------------- */

static void __init layout_register(void)
{
	unsigned int i;

#if defined(CONFIG_MEMORY_HOTPLUG) && defined(CONFIG_XEN_BALLOON)
	xen_saved_max_mem_size = max_mem_size;
#endif
	for (i = 0; i < layout.e820.nr; i++) {
		const struct xen_layout_region *r = &layout.e820.region[i];

		e820__range_add(r->start, r->end - r->start, r->type);
	}
	e820__update_table(e820_table);
#ifdef CONFIG_MEMORY_HOTPLUG
	/*
	 * No memory that is not in the map may be added while the system boots.
	 * The balloon driver lifts that when it is up.
	 */
	max_mem_size = PFN_PHYS(layout.max_pfn);
#endif
	xen_pv_pci_possible = layout.pci_possible;

	for (i = 0; i < layout.nr_extra; i++)
		xen_add_extra_mem(layout.extra[i].start,
				  layout.extra[i].end - layout.extra[i].start);
	for (i = 0; i < layout.nr_moves; i++)
		memblock_reserve(PFN_PHYS(layout.moves[i].to),
				 PFN_PHYS(layout.moves[i].nr));
	xen_set_nonram(layout.nonram, layout.nr_nonram);
	xen_max_p2m_pfn = max(xen_max_p2m_pfn, layout.p2m_end);
}

static void __init layout_say(void)
{
	char line[XEN_LAYOUT_TEXT];
	enum xen_layout_warn i;

	for (i = 0; i < XEN_LAYOUT_WARNINGS; i++)
		if (xen_layout_describe_warning(&layout, i, line, sizeof(line)))
			pr_warn("xen/p2m: %s\n", line);
}

/* There is no console but Xen's yet. */
static void __init layout_fail(void)
{
	char line[XEN_LAYOUT_TEXT];
	unsigned int i;

	for (i = 0; xen_layout_describe_error(&layout_in, &layout, i, line,
					      sizeof(line)); i++) {
		xen_raw_console_write(line);
		xen_raw_console_write("\n");
	}
	panic("Xen: no memory layout for this machine, see above");
}

/**
 * xen_memory_setup() - lay out the memory of the domain
 *
 * Context: boot only, in place of asking the BIOS for its E820 map.
 * Return: the source of the map.
 */
char *__init xen_memory_setup(void)
{
	layout_read();
	if (xen_layout_plan(&layout_in, &layout))
		layout_fail();

	xen_p2m_early_plan(&layout);
	layout_say();
	layout_relocate_list();
	layout_relocate_initrd();
	layout_register();
	if (xen_apply_prepare(&layout_apply, &layout, &xen_pv_apply_ops))
		layout_fail();

	return "Xen";
}

/* --- what is missing in the P2M ------------------------------------------------ */

static void __init layout_set_missing(unsigned long pfn, unsigned long nr)
{
	if (set_phys_range(pfn, nr, XEN_P2M_MISSING))
		panic("Xen: no memory for the P2M of PFNs %#lx to %#lx", pfn,
		      pfn + nr);
}

/**
 * xen_inv_extra_mem() - set missing what has no pages, or none yet
 *
 * Context: boot only, when the tree is built and before anybody uses it.
 */
void __init xen_inv_extra_mem(void)
{
	unsigned int i;

	for (i = 0; i < layout.nr_extra; i++)
		layout_set_missing(layout.extra[i].start,
				   layout.extra[i].end - layout.extra[i].start);
	for (i = 0; i < layout.nr_moves; i++)
		layout_set_missing(layout.moves[i].to, layout.moves[i].nr);
}

/* --- pages to their new PFNs ---------------------------------------------------- */

/* Where memory may be added while the domain runs */
static void __init layout_plan_add(void)
{
	struct xen_p2m_tree *tree = xen_p2m_phys_tree();
	const struct xen_add_input in = {
		.map = layout.map.region,
		.nr_map = layout.map.nr,
		.used = layout.max_pfn,
		.section = PAGES_PER_SECTION,
		.limit = tree->limit,
	};

	layout_add = xen_add_memory_init(tree, &in, xen_initial_domain());
}

/**
 * xen_remap_memory() - give the pages that are out of the way their new PFNs
 *
 * Context: boot only, when the P2M is the tree and memory can be allocated.
 */
void __init xen_remap_memory(void)
{
	char line[XEN_LAYOUT_TEXT];
	unsigned int i;

	if (xen_apply_finish(&layout_apply))
		pr_err("xen/p2m: the list of pages to be moved is damaged: the remaining ones are lost. Please report it, with this log\n");
	WARN(layout_apply.chunks.misuse,
	     "temporary mapping misused %u times\n",
	     layout_apply.chunks.misuse);
	xen_pv_apply_done();
	for (i = 0; xen_apply_describe(&layout_apply, i, line, sizeof(line)); i++)
		pr_info("xen/p2m: %s\n", line);
	if (layout_apply.stale)
		pr_warn("xen/p2m: %lu pages are still mapped at their old PFNs: Xen cannot reclaim them. Please report it, with this log\n",
			layout_apply.stale);
	pr_info("Released %ld page(s)\n", xen_released_pages);
	pr_info("Remapped %lu page(s)\n", layout_apply.total.remapped);
	layout_plan_add();

	xen_do_remap_nonram();
}

/* --- the plan in debugfs ---------------------------------------------------------- */

static void __init layout_print(struct seq_buf *s)
{
	unsigned int i;

	seq_buf_printf(s, "pages: %lu handed over, %lu kept, %lu moved, ",
		       layout_in.nr_pages, layout.pages_kept,
		       layout_apply.total.remapped);
	seq_buf_printf(s, "%lu released, %lu lost; %lu extra, %lu unused\n",
		       layout_apply.total.released, layout_apply.total.lost,
		       layout.pages_extra + layout_apply.total.extra,
		       layout.pages_unused);
	for (i = 0; i < layout.e820.nr; i++)
		seq_buf_printf(s, "e820 %#llx-%#llx type %u\n",
			       layout.e820.region[i].start,
			       layout.e820.region[i].end,
			       layout.e820.region[i].type);
	for (i = 0; i < layout.nr_moves; i++)
		seq_buf_printf(s, "move %#lx to %#lx, %lu\n",
			       layout.moves[i].from, layout.moves[i].to,
			       layout.moves[i].nr);
	for (i = 0; i < layout.nr_releases; i++)
		seq_buf_printf(s, "release %#lx-%#lx\n",
			       layout.releases[i].start,
			       layout.releases[i].end);
	for (i = 0; i < layout.nr_extra; i++)
		seq_buf_printf(s, "extra %#lx-%#lx\n", layout.extra[i].start,
			       layout.extra[i].end);
	for (i = 0; i < layout.nr_identity; i++)
		seq_buf_printf(s, "identity %#lx-%#lx\n",
			       layout.identity[i].start,
			       layout.identity[i].end);
	for (i = 0; i < layout.nr_nonram; i++)
		seq_buf_printf(s, "nonram %#llx-%#llx to %#llx type %u\n",
			       layout.nonram[i].start, layout.nonram[i].end,
			       layout.nonram[i].to, layout.nonram[i].type);
	for (i = XEN_LAYOUT_P2M_LIST; i < XEN_LAYOUT_AREAS; i++)
		if (layout.relocation[i].needed)
			seq_buf_printf(s, "relocated %s to %#lx, %lu\n",
				       xen_layout_area_name(i),
				       layout.relocation[i].start,
				       layout.relocation[i].nr);
	for (i = 0; i < layout_add->ram.nr; i++)
		seq_buf_printf(s, "add %#lx-%#lx\n", layout_add->ram.range[i].start,
			       layout_add->ram.range[i].end);
	if (layout_add->above.start < layout_add->above.end)
		seq_buf_printf(s, "add above %#lx-%#lx\n",
			       layout_add->above.start, layout_add->above.end);
}

/* The plan itself goes with the rest of what is for the boot only. */
static int __init layout_debugfs(void)
{
	static struct debugfs_blob_wrapper blob;
	unsigned int lines;
	struct seq_buf s;
	size_t size;
	char *text;

	/* Nothing was planned where there is no PV domain. */
	if (!IS_ENABLED(CONFIG_XEN_P2M_DEBUG_FS) || !xen_pv_domain())
		return 0;

	lines = 4 + layout.e820.nr + layout.nr_moves + layout.nr_releases +
		layout.nr_extra + layout.nr_identity + layout.nr_nonram +
		layout_add->ram.nr;
	size = (lines + 1) * XEN_LAYOUT_TEXT;
	text = kvmalloc(size, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	seq_buf_init(&s, text, size);
	layout_print(&s);

	blob.size = seq_buf_used(&s);
	blob.data = kmemdup(text, blob.size, GFP_KERNEL);
	kvfree(text);
	if (!blob.data)
		return -ENOMEM;
	debugfs_create_blob("layout", 0400, xen_p2m_debugfs_dir("p2m"), &blob);

	return 0;
}
late_initcall(layout_debugfs);
