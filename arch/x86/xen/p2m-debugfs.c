// SPDX-License-Identifier: GPL-2.0
/*
 * The P2M as ranges of one type, in debugfs: xen/mmu/p2m.
 *
 * One look at the slot of a shared leaf settles the whole leaf, or 1 GiB where
 * the mid page is shared, too. The PFNs of private leaves are looked up one by
 * one, as it may take more than the entry to tell what they are.
 */

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>

#include <asm/xen/page.h>

#include <xen/xen.h>

#include "xen-ops.h"

enum p2m_type {
	P2M_MISSING,
	P2M_IDENTITY,
	P2M_PFN,
	P2M_FOREIGN,
};

/* PFNs [start, end), all of one type */
struct p2m_extent {
	unsigned long start;
	unsigned long end;
	enum p2m_type type;
};

static enum p2m_type p2m_entry_type(unsigned long entry)
{
	/* INVALID_P2M_ENTRY has all bits set, so it comes first. */
	if (entry == INVALID_P2M_ENTRY)
		return P2M_MISSING;
	if (entry & FOREIGN_FRAME_BIT)
		return P2M_FOREIGN;
	if (entry & IDENTITY_FRAME_BIT)
		return P2M_IDENTITY;

	return P2M_PFN;
}

/* Read on in a private leaf which ends at @end, as long as the type holds. */
static unsigned long p2m_same_in_leaf(unsigned long pfn, unsigned long end,
				      enum p2m_type type)
{
	while (pfn < end && p2m_entry_type(__pfn_to_mfn(pfn)) == type)
		pfn++;

	return pfn;
}

/*
 * What the slot of @pfn says of the PFNs from there on: at most to the end of
 * the area it stands for, at least of @pfn. Nothing overflows: pfn is below
 * xen_p2m_size, a count of 8-byte entries in the virtual address space.
 */
static struct p2m_extent p2m_look(unsigned long pfn)
{
	struct p2m_extent ext = { .start = pfn };

	switch (xen_p2m_slot(pfn, &ext.end)) {
	case XEN_P2M_SLOT_MISSING:
		ext.type = P2M_MISSING;
		break;
	case XEN_P2M_SLOT_IDENTITY:
		ext.type = P2M_IDENTITY;
		break;
	case XEN_P2M_SLOT_LEAF:
		ext.type = p2m_entry_type(__pfn_to_mfn(pfn));
		ext.end = p2m_same_in_leaf(pfn + 1, ext.end, ext.type);
		break;
	}
	ext.end = min(ext.end, xen_p2m_size);

	return ext;
}

static struct p2m_extent p2m_extent_at(unsigned long pfn)
{
	struct p2m_extent ext = p2m_look(pfn);

	while (ext.end < xen_p2m_size) {
		struct p2m_extent next = p2m_look(ext.end);

		if (next.type != ext.type)
			break;
		ext.end = next.end;
	}

	return ext;
}

/* The position in the file is the PFN at which its next line starts. */
static void *p2m_dump_start(struct seq_file *m, loff_t *pos)
{
	struct p2m_extent *ext = m->private;

	if (*pos >= xen_p2m_size)
		return NULL;
	*ext = p2m_extent_at(*pos);

	return ext;
}

static void *p2m_dump_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct p2m_extent *ext = v;

	*pos = ext->end;

	return p2m_dump_start(m, pos);
}

static void p2m_dump_stop(struct seq_file *m, void *v)
{
}

static int p2m_dump_show(struct seq_file *m, void *v)
{
	static const char * const type_name[] = {
		[P2M_MISSING]	= "missing",
		[P2M_IDENTITY]	= "identity",
		[P2M_PFN]	= "pfn",
		[P2M_FOREIGN]	= "foreign",
	};
	const struct p2m_extent *ext = v;

	seq_printf(m, " [0x%lx->0x%lx] %s\n", ext->start, ext->end,
		   type_name[ext->type]);

	return 0;
}

static const struct seq_operations p2m_dump_sops = {
	.start	= p2m_dump_start,
	.next	= p2m_dump_next,
	.stop	= p2m_dump_stop,
	.show	= p2m_dump_show,
};

static int p2m_dump_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &p2m_dump_sops,
				sizeof(struct p2m_extent));
}

static const struct file_operations p2m_dump_fops = {
	.owner		= THIS_MODULE,
	.open		= p2m_dump_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

static int __init xen_p2m_debugfs(void)
{
	struct dentry *dir;

	if (!xen_pv_domain())
		return 0;

	dir = debugfs_create_dir("mmu", xen_init_debugfs());
	debugfs_create_file("p2m", 0600, dir, NULL, &p2m_dump_fops);

	return 0;
}
fs_initcall(xen_p2m_debugfs);
