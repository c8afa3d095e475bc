// SPDX-License-Identifier: GPL-2.0
/*
 * PCI apertures and BARs are 1:1 in the P2M of a PV domain
 *
 * They claim their PFNs, see identity.h: the memory windows of host bridges and
 * the memory resources of devices when this starts, and those of a device again
 * before a driver is bound to it. A device that is plugged in has no addresses
 * when it is announced, but has them before a driver is bound.
 *
 * With "pci=nocrs" and below pcifront a root bus has no window but all of the
 * address space, which is none.
 */

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/seq_file.h>

#include <xen/xen.h>

#include "add-memory.h"
#include "debugfs-dir.h"

#define PCI_WHAT	16	/* bytes of a resource's name, with the NUL */

/**
 * typedef pci_visit_fn - called for a resource that has an address
 * @dev: device or host bridge
 * @what: name of the resource
 * @res: the resource
 * @data: as given by the caller
 */
typedef void (*pci_visit_fn)(struct device *dev, const char *what,
			     const struct resource *res, void *data);

/* --- which resources there are --------------------------------------------------- */

static void pci_visit_windows(struct pci_host_bridge *bridge,
			      pci_visit_fn visit, void *data)
{
	struct resource_entry *window;
	char what[PCI_WHAT];
	unsigned int i = 0;

	resource_list_for_each_entry(window, &bridge->windows) {
		const struct resource *res = window->res;

		snprintf(what, sizeof(what), "window %u", i++);
		if ((res->flags & IORESOURCE_MEM) && res != &iomem_resource)
			visit(&bridge->dev, what, res, data);
	}
}

static void pci_resource_what(char what[PCI_WHAT], unsigned int i)
{
	if (i < PCI_ROM_RESOURCE)
		snprintf(what, PCI_WHAT, "BAR %u", i);
	else if (i == PCI_ROM_RESOURCE)
		snprintf(what, PCI_WHAT, "ROM");
	else if (i >= PCI_BRIDGE_RESOURCES)
		snprintf(what, PCI_WHAT, "window %u", i - PCI_BRIDGE_RESOURCES);
	else
		snprintf(what, PCI_WHAT, "VF BAR %u", i - PCI_ROM_RESOURCE - 1);
}

static void pci_visit_bars(struct pci_dev *dev, pci_visit_fn visit, void *data)
{
	const struct resource *res;
	char what[PCI_WHAT];
	unsigned int i;

	for (i = 0; i < PCI_NUM_RESOURCES; i++) {
		res = &dev->resource[i];
		/* With IORESOURCE_STARTALIGN the start is an alignment. */
		if (!(res->flags & IORESOURCE_MEM) || !res->start ||
		    res->flags & IORESOURCE_STARTALIGN)
			continue;
		pci_resource_what(what, i);
		visit(&dev->dev, what, res, data);
	}
}

static void pci_visit_all(pci_visit_fn visit, void *data)
{
	struct pci_bus *bus = NULL;
	struct pci_dev *dev = NULL;

	pci_lock_rescan_remove();
	while ((bus = pci_find_next_bus(bus)))
		pci_visit_windows(pci_find_host_bridge(bus), visit, data);
	for_each_pci_dev(dev)
		pci_visit_bars(dev, visit, data);
	pci_unlock_rescan_remove();
}

/* --- to claim --------------------------------------------------------------------- */

/* The PFNs of a resource. That of no size ends where it starts. */
static unsigned long pci_first(const struct resource *res)
{
	return PFN_DOWN(res->start);
}

static unsigned long pci_end(const struct resource *res)
{
	return res->end == res->start - 1 ? pci_first(res) :
					    PFN_DOWN(res->end) + 1;
}

/*
 * A BAR that the kernel could not enter into the resource tree keeps its
 * address. It cannot be used: say what is in the way, change nothing.
 */
static void pci_claim(struct device *dev, const char *what,
		      const struct resource *res, void *data)
{
	struct xen_p2m_verdict v;
	char why[XEN_P2M_EXPLANATION];

	if (res->flags & IORESOURCE_UNSET)
		v = xen_p2m_check(pci_first(res), pci_end(res));
	else
		v = xen_p2m_claim(pci_first(res), pci_end(res));
	if (v.reason != XEN_P2M_FREE) {
		xen_p2m_explain(&v, why, sizeof(why));
		dev_warn(dev, "xen-p2m: %s [mem %#llx-%#llx] is not 1:1: %s\n",
			 what, (u64)res->start, (u64)res->end, why);
	} else if (v.missing && !(res->flags & IORESOURCE_UNSET)) {
		dev_info(dev, "xen-p2m: %s [mem %#llx-%#llx] is 1:1 now: %lu PFNs were missing\n",
			 what, (u64)res->start, (u64)res->end, v.missing);
	}
}

static int pci_event(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event != BUS_NOTIFY_BIND_DRIVER)
		return NOTIFY_DONE;
	pci_visit_bars(to_pci_dev(data), pci_claim, NULL);

	return NOTIFY_OK;
}

static struct notifier_block pci_notifier = {
	.notifier_call = pci_event,
};

/* --- debugfs, begin and end ------------------------------------------------------- */

static void pci_show_one(struct device *dev, const char *what,
			 const struct resource *res, void *data)
{
	struct xen_p2m_verdict v = xen_p2m_check(pci_first(res), pci_end(res));
	struct seq_file *m = data;
	char why[XEN_P2M_EXPLANATION];

	seq_printf(m, "%s %s [mem %#llx-%#llx] ", dev_name(dev), what,
		   (u64)res->start, (u64)res->end);
	if (v.reason != XEN_P2M_FREE) {
		xen_p2m_explain(&v, why, sizeof(why));
		seq_printf(m, "refused: %s\n", why);
	} else if (v.missing) {
		seq_printf(m, "missing: %lu PFNs\n", v.missing);
	} else {
		seq_puts(m, "identity\n");
	}
}

static int pci_show(struct seq_file *m, void *v)
{
	pci_visit_all(pci_show_one, m);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pci);

static struct dentry *pci_file;

static int __init xen_p2m_pci_init(void)
{
	int err;

	if (!xen_pv_domain())
		return -ENODEV;

	err = bus_register_notifier(&pci_bus_type, &pci_notifier);
	if (err)
		return err;
	pci_visit_all(pci_claim, NULL);
	pci_file = debugfs_create_file("pci", 0400, xen_p2m_debugfs_dir("p2m"),
				       NULL, &pci_fops);

	return 0;
}

/* Built in: host bridges have their resources, and no driver is bound yet. */
fs_initcall_sync(xen_p2m_pci_init);

static void __exit xen_p2m_pci_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &pci_notifier);
	debugfs_remove(pci_file);
}
module_exit(xen_p2m_pci_exit);

MODULE_DESCRIPTION("PCI apertures and BARs 1:1 in the P2M of a Xen PV domain");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
