/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The folders in debugfs that files of the P2M are in
 */
#ifndef _XEN_P2M_DEBUGFS_DIR_H
#define _XEN_P2M_DEBUGFS_DIR_H

#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/err.h>

/* Created by the first user, never removed */
static inline struct dentry *p2m_debugfs_dir(const char *name,
					     struct dentry *parent)
{
	struct dentry *dir = debugfs_lookup(name, parent);

	/* An error if there is no debugfs, which debugfs_create_dir() takes. */
	if (IS_ERR_OR_NULL(dir))
		return debugfs_create_dir(name, parent);
	dput(dir);

	return dir;
}

/* A folder in "xen" */
static inline struct dentry *xen_p2m_debugfs_dir(const char *name)
{
	return p2m_debugfs_dir(name, p2m_debugfs_dir("xen", NULL));
}

#endif /* _XEN_P2M_DEBUGFS_DIR_H */
