// SPDX-License-Identifier: GPL-2.0
/*
 * Break an entry of the running dom0's P2M, as long as the module is loaded
 *
 * For tests of what looks for broken entries. It uses what a kernel without any
 * of our changes exports. An entry is only changed in a leaf that some RAM is
 * in: such a leaf is nobody else's.
 */

#define pr_fmt(fmt) "xen-p2m-break: " fmt

#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include <xen/page.h>
#include <xen/xen.h>

static unsigned long pfn;
module_param(pfn, ulong, 0400);
MODULE_PARM_DESC(pfn, "PFN whose entry is broken; 0: that of a page which is allocated for it");

static char *entry = "missing";
module_param(entry, charp, 0400);
MODULE_PARM_DESC(entry, "what it becomes: missing, identity, foreign, or ram");

/* Only its PFN is used, so its content may be inaccessible for a while. */
static struct page *page;
static unsigned long old, broken;

static bool is_ram(unsigned long value)
{
	return value < IDENTITY_FRAME_BIT && value != INVALID_P2M_ENTRY;
}

/* Shared leaves have one type all through, and it is not that of RAM. */
static bool leaf_is_private(void)
{
	unsigned long first = round_down(pfn, P2M_PER_PAGE), i;

	for (i = first; i < first + P2M_PER_PAGE; i++)
		if (is_ram(READ_ONCE(xen_p2m_addr[i])))
			return true;

	return false;
}

static int value_of_entry(void)
{
	if (!strcmp(entry, "missing"))
		broken = INVALID_P2M_ENTRY;
	else if (!strcmp(entry, "identity"))
		broken = IDENTITY_FRAME(pfn);
	else if (!strcmp(entry, "foreign"))
		broken = FOREIGN_FRAME(pfn_to_mfn(page_to_pfn(page)));
	else if (!strcmp(entry, "ram"))
		broken = pfn_to_mfn(page_to_pfn(page));
	else
		return -EINVAL;

	return 0;
}

static int break_entry(void)
{
	int err;

	if (pfn >= xen_p2m_size) {
		pr_err("PFN %#lx is beyond the P2M, which ends at %#lx; use one below\n",
		       pfn, xen_p2m_size);
		return -ERANGE;
	}
	if (!leaf_is_private()) {
		pr_err("PFN %#lx has a leaf without RAM, which may be that of other PFNs, too; use one in the same %lu PFNs as RAM\n",
		       pfn, (unsigned long)P2M_PER_PAGE);
		return -EBUSY;
	}
	err = value_of_entry();
	if (err) {
		pr_err("entry=%s: not missing, identity, foreign or ram\n",
		       entry);
		return err;
	}
	old = READ_ONCE(xen_p2m_addr[pfn]);

	return xen_safe_write_ulong(xen_p2m_addr + pfn, broken);
}

static int __init xen_p2m_break_init(void)
{
	int err;

	if (!xen_pv_domain() || !xen_initial_domain())
		return -ENODEV;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	if (!pfn)
		pfn = page_to_pfn(page);
	err = break_entry();
	if (err) {
		__free_page(page);
		return err;
	}
	pr_warn("the entry of PFN %#lx is %s now, until this module is unloaded\n",
		pfn, entry);

	return 0;
}
module_init(xen_p2m_break_init);

static void __exit xen_p2m_break_exit(void)
{
	if (READ_ONCE(xen_p2m_addr[pfn]) != broken) {
		/* The page may be in use elsewhere by that entry: it is not freed. */
		pr_err("the entry of PFN %#lx was changed by others: left as it is\n",
		       pfn);
		return;
	}
	xen_safe_write_ulong(xen_p2m_addr + pfn, old);
	__free_page(page);
}
module_exit(xen_p2m_break_exit);

MODULE_DESCRIPTION("Break an entry of the Xen P2M, for tests");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
