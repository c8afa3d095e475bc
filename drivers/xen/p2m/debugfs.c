// SPDX-License-Identifier: GPL-2.0
/*
 * The P2M as ranges of one type, in debugfs: xen/mmu/p2m.
 */

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>

#include <xen/page.h>
#include <xen/xen.h>

#include "debugfs-dir.h"
#include "tree.h"

/* The position in the file is the PFN at which its next line starts. */
static void *p2m_start(struct seq_file *m, loff_t *pos)
{
	struct xen_p2m_extent *ext = m->private;

	*ext = (struct xen_p2m_extent){ .pfn = *pos };
	if (!xen_p2m_next_extent(xen_p2m_phys_tree(), ext, xen_p2m_size))
		return NULL;

	return ext;
}

static void *p2m_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct xen_p2m_extent *ext = v;

	*pos = ext->pfn + ext->nr;

	return p2m_start(m, pos);
}

static void p2m_stop(struct seq_file *m, void *v)
{
}

static int p2m_show(struct seq_file *m, void *v)
{
	static const char * const type_name[] = {
		[XEN_P2M_MISSING]	= "missing",
		[XEN_P2M_IDENTITY]	= "identity",
		[XEN_P2M_MFN]		= "pfn",
		[XEN_P2M_FOREIGN]	= "foreign",
	};
	const struct xen_p2m_extent *ext = v;

	seq_printf(m, " [0x%lx->0x%lx] %s\n", ext->pfn, ext->pfn + ext->nr,
		   type_name[ext->type]);

	return 0;
}

static const struct seq_operations p2m_sops = {
	.start	= p2m_start,
	.next	= p2m_next,
	.stop	= p2m_stop,
	.show	= p2m_show,
};

static int p2m_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &p2m_sops, sizeof(struct xen_p2m_extent));
}

static const struct file_operations p2m_fops = {
	.owner		= THIS_MODULE,
	.open		= p2m_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

static int __init xen_p2m_debugfs(void)
{
	if (!xen_pv_domain())
		return 0;
	debugfs_create_file("p2m", 0600, xen_p2m_debugfs_dir("mmu"), NULL,
			    &p2m_fops);

	return 0;
}
fs_initcall(xen_p2m_debugfs);
