// SPDX-License-Identifier: GPL-2.0
/*
 * PCI apertures and BARs are 1:1 in the P2M of a PV domain
 *
 * When what is claimed:
 *
 * * At the start, and each time devices came or went: all memory windows of all
 *   host bridges, then all memory resources of all devices. That waits for who
 *   is changing the bus, as its resources are not assigned before.
 * * When a device is announced: the windows of its host bridge alone. Its BARs
 *   have no addresses yet.
 * * Before a driver is bound: windows and BARs of this device, at once. And
 *   again when the driver has made itself at home, as it may have resized BARs.
 * * When a device is gone its claims are released.
 *
 * With "pci=nocrs" and below pcifront a root bus has no window but all of the
 * address space, which is none.
 */

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include <xen/xen.h>

#include "claims.h"

#define CREATE_TRACE_POINTS
#include <trace/events/xen_p2m.h>

static struct dentry *pci_file;

/* --- the module stays while it is needed --------------------------------------- */

static DEFINE_MUTEX(hold_mutex);
static bool holding;

/*
 * A driver may use a BAR for as long as there is a claim to it. So there is no
 * unloading while any frame is identity only for a claim.
 */
static void pci_hold(void)
{
	bool needed;

	mutex_lock(&hold_mutex);
	needed = xen_p2m_claims_frames();
	if (needed && !holding) {
		__module_get(THIS_MODULE);
		if (IS_MODULE(CONFIG_XEN_P2M_PCI))
			pr_info("xen-p2m-pci: %lu frames are identity for devices, see xen/p2m/pci; cannot be unloaded before these are unplugged\n",
				xen_p2m_claims_frames());
	} else if (!needed && holding) {
		module_put(THIS_MODULE);
	}
	holding = needed;
	mutex_unlock(&hold_mutex);
}

/* --- to claim ------------------------------------------------------------------ */

static void pci_refused(struct device *dev, const struct xen_p2m_request *req,
			const struct xen_p2m_verdict *v)
{
	char why[XEN_P2M_EXPLANATION];

	xen_p2m_claims_explain(v, why, sizeof(why));
	dev_warn(dev, "xen-p2m: %s [mem %#llx-%#llx] is not 1:1: %s\n",
		 req->what, req->first, req->last, why);
}

static void pci_claim(struct device *dev, unsigned int index, const char *what,
		      const struct resource *res, bool probe)
{
	struct xen_p2m_request req = {
		.owner = dev,
		.index = index,
		.first = res->start,
		.last = res->end,
		.probe = probe,
		.name = dev_name(dev),
		.what = what,
		.when = ktime_get_ns(),
	};
	struct xen_p2m_verdict v = xen_p2m_claim(&req);

	trace_xen_p2m_claim(&req, &v);
	if (v.news && v.decision == XEN_P2M_REFUSE)
		pci_refused(dev, &req, &v);
}

static void pci_claim_windows(struct pci_host_bridge *bridge)
{
	struct resource_entry *window;
	char what[XEN_P2M_WHAT];
	unsigned int i = 0;

	resource_list_for_each_entry(window, &bridge->windows) {
		const struct resource *res = window->res;

		i++;
		if (!(res->flags & IORESOURCE_MEM) || res == &iomem_resource)
			continue;
		snprintf(what, sizeof(what), "window %u", i - 1);
		pci_claim(&bridge->dev, i - 1, what, res, false);
	}
}

static void pci_resource_what(char what[XEN_P2M_WHAT], unsigned int i)
{
	if (i < PCI_ROM_RESOURCE)
		snprintf(what, XEN_P2M_WHAT, "BAR %u", i);
	else if (i == PCI_ROM_RESOURCE)
		snprintf(what, XEN_P2M_WHAT, "ROM");
	else if (i >= PCI_BRIDGE_RESOURCES)
		snprintf(what, XEN_P2M_WHAT, "window %u",
			 i - PCI_BRIDGE_RESOURCES);
	else
		snprintf(what, XEN_P2M_WHAT, "VF BAR %u",
			 i - PCI_ROM_RESOURCE - 1);
}

/* A resource with a size but without an address, or being sized. */
static bool pci_unassigned(const struct resource *res)
{
	return !res->start || (res->flags & IORESOURCE_STARTALIGN);
}

/*
 * A BAR which could not be claimed in the resource tree keeps its address: the
 * device is there, and cannot be used. Say what is in the way, mark nothing.
 */
static void pci_claim_bars(struct pci_dev *dev)
{
	static const struct resource none = { .start = 1, .end = 0 };
	const struct resource *res;
	char what[XEN_P2M_WHAT];
	unsigned int i;

	for (i = 0; i < PCI_NUM_RESOURCES; i++) {
		res = &dev->resource[i];
		if (!(res->flags & IORESOURCE_MEM) || pci_unassigned(res))
			res = &none;
		pci_resource_what(what, i);
		pci_claim(&dev->dev, i, what, res,
			  res->flags & IORESOURCE_UNSET);
	}
}

/* --- when ---------------------------------------------------------------------- */

/* All there is. What is not there any more is released. */
static void pci_sync(struct work_struct *work)
{
	struct pci_bus *bus = NULL;
	struct pci_dev *dev = NULL;

	pci_lock_rescan_remove();
	xen_p2m_claims_pass();
	while ((bus = pci_find_next_bus(bus)))
		pci_claim_windows(pci_find_host_bridge(bus));
	for_each_pci_dev(dev)
		pci_claim_bars(dev);
	xen_p2m_claims_sweep();
	pci_unlock_rescan_remove();
	pci_hold();
}

static DECLARE_WORK(pci_sync_work, pci_sync);

static int pci_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pci_dev *dev = to_pci_dev(data);

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		pci_claim_windows(pci_find_host_bridge(dev->bus));
		schedule_work(&pci_sync_work);
		break;
	case BUS_NOTIFY_BIND_DRIVER:
	case BUS_NOTIFY_BOUND_DRIVER:
		pci_claim_windows(pci_find_host_bridge(dev->bus));
		pci_claim_bars(dev);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		xen_p2m_claims_release(&dev->dev);
		trace_xen_p2m_release(pci_name(dev), xen_p2m_claims_frames());
		schedule_work(&pci_sync_work);
		break;
	default:
		return NOTIFY_DONE;
	}
	pci_hold();

	return NOTIFY_OK;
}

static struct notifier_block pci_notifier = {
	.notifier_call = pci_event,
};

/* --- debugfs, begin and end ----------------------------------------------------- */

static int pci_show(struct seq_file *m, void *v)
{
	xen_p2m_claims_show(m);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pci);

static struct dentry *pci_debugfs_dir(const char *name, struct dentry *parent)
{
	struct dentry *dir = debugfs_lookup(name, parent);

	/* An error if there is no debugfs, which debugfs_create_dir() takes. */
	if (IS_ERR_OR_NULL(dir))
		return debugfs_create_dir(name, parent);
	dput(dir);	/* It is never removed. */

	return dir;
}

static int __init xen_p2m_pci_init(void)
{
	struct dentry *dir;
	int err;

	if (!xen_pv_domain())
		return -ENODEV;

	err = bus_register_notifier(&pci_bus_type, &pci_notifier);
	if (err)
		return err;
	pci_sync(NULL);
	dir = pci_debugfs_dir("p2m", pci_debugfs_dir("xen", NULL));
	pci_file = debugfs_create_file("pci", 0400, dir, NULL, &pci_fops);

	return 0;
}

/* Host bridges are known and have resources, drivers are not bound yet. */
fs_initcall_sync(xen_p2m_pci_init);

static void __exit xen_p2m_pci_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &pci_notifier);
	cancel_work_sync(&pci_sync_work);
	debugfs_remove(pci_file);
	xen_p2m_claims_exit();
}
module_exit(xen_p2m_pci_exit);

MODULE_DESCRIPTION("PCI apertures and BARs 1:1 in the P2M of a Xen PV domain");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
