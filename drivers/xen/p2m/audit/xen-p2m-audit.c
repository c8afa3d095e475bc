// SPDX-License-Identifier: GPL-2.0
/*
 * What lookups in the P2M of the running dom0 say
 *
 * debugfs has it as xen-p2m-audit/p2m, a line for PFNs of one type:
 * "0xSTART-0xEND TYPE", END exclusive. It uses what a kernel without any of our
 * changes exports, and its lookups, so the same source shows both kernels alike.
 * It reads, and changes nothing.
 */

#define pr_fmt(fmt) "xen-p2m-audit: " fmt

#include <linux/compiler.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include <xen/page.h>
#include <xen/xen.h>

enum audit_type {
	AUDIT_MISSING,
	AUDIT_IDENTITY,
	AUDIT_MFN,
	AUDIT_FOREIGN,
};

/* PFNs [start, end) of one type */
struct audit_extent {
	unsigned long start;
	unsigned long end;
	enum audit_type type;
};

static struct dentry *dir;

static enum audit_type audit_type(unsigned long pfn)
{
	unsigned long entry = __pfn_to_mfn(pfn);

	if (entry == INVALID_P2M_ENTRY)
		return AUDIT_MISSING;
	if (entry & FOREIGN_FRAME_BIT)
		return AUDIT_FOREIGN;

	return entry & IDENTITY_FRAME_BIT ? AUDIT_IDENTITY : AUDIT_MFN;
}

/*
 * Do all entries of the leaf at @pfn read the same without a lookup? In dom0 an
 * entry which many PFNs have in common says the same of all of them, and there
 * are 134 million to look at: a lookup of each would take minutes.
 */
static bool audit_leaf_alike(unsigned long pfn)
{
	unsigned long first = READ_ONCE(xen_p2m_addr[pfn]), i;

	for (i = 1; i < P2M_PER_PAGE; i++)
		if (READ_ONCE(xen_p2m_addr[pfn + i]) != first)
			return false;

	return true;
}

static void audit_show_extent(struct seq_file *m, const struct audit_extent *ext)
{
	static const char * const name[] = {
		[AUDIT_MISSING]		= "missing",
		[AUDIT_IDENTITY]	= "identity",
		[AUDIT_MFN]		= "mfn",
		[AUDIT_FOREIGN]		= "foreign",
	};

	if (ext->start < ext->end)
		seq_printf(m, "0x%lx-0x%lx %s\n", ext->start, ext->end,
			   name[ext->type]);
}

/* The PFNs from @ext->end to @end are of @type: more of the same, or a line. */
static void audit_add(struct seq_file *m, struct audit_extent *ext,
		      unsigned long end, enum audit_type type)
{
	if (ext->type != type) {
		audit_show_extent(m, ext);
		ext->start = ext->end;
		ext->type = type;
	}
	ext->end = end;
}

/* From the end of the P2M on everything is identity, and not shown. */
static int p2m_show(struct seq_file *m, void *v)
{
	struct audit_extent ext = { };
	unsigned long pfn, i;

	for (pfn = 0; pfn < xen_p2m_size; pfn += P2M_PER_PAGE) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (audit_leaf_alike(pfn)) {
			audit_add(m, &ext, pfn + P2M_PER_PAGE, audit_type(pfn));
			continue;
		}
		for (i = pfn; i < pfn + P2M_PER_PAGE; i++)
			audit_add(m, &ext, i + 1, audit_type(i));
	}
	if (ext.type != AUDIT_IDENTITY)
		audit_show_extent(m, &ext);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2m);

static int __init xen_p2m_audit_init(void)
{
	/* In a domU an entry alone does not say what its PFN is. */
	if (!xen_pv_domain() || !xen_initial_domain())
		return -ENODEV;

	dir = debugfs_create_dir("xen-p2m-audit", NULL);
	debugfs_create_file("p2m", 0400, dir, NULL, &p2m_fops);

	return 0;
}
module_init(xen_p2m_audit_init);

static void __exit xen_p2m_audit_exit(void)
{
	debugfs_remove(dir);
}
module_exit(xen_p2m_audit_exit);

MODULE_DESCRIPTION("What lookups in the Xen P2M say");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
