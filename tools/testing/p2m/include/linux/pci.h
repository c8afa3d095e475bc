/* SPDX-License-Identifier: GPL-2.0 */
/* Without CONFIG_PCI nothing of it is used, but what a suite brings itself. */
#ifndef _STUB_LINUX_PCI_H
#define _STUB_LINUX_PCI_H

struct pci_bus;
struct resource;

struct resource_entry {
	struct resource *res;
};

#endif
