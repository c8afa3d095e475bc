/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages, memory and host bridges of the suite's own, in place of the kernel's
 *
 * To be included right before what is to use them, behind all of the rest.
 */
#ifndef _XEN_P2M_KUNIT_FAKE_KERNEL_H
#define _XEN_P2M_KUNIT_FAKE_KERNEL_H

#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

/* --- messages: what was said since a test emptied it, each time ----------------- */

static char fake_said[512];

#define fake_say(fmt, ...) do {						\
	size_t _len = strlen(fake_said);				\
									\
	snprintf(fake_said + _len, sizeof(fake_said) - _len, fmt,	\
		 ##__VA_ARGS__);					\
} while (0)

#undef pr_info_once
#define pr_info_once	fake_say
#undef pr_warn_once
#define pr_warn_once	fake_say

/* --- memory: may fail, and is counted -------------------------------------------- */

static bool fake_no_memory;
static int fake_allocated;

static void *fake_alloc(size_t size)
{
	void *p = fake_no_memory ? NULL : kzalloc(size, GFP_KERNEL);

	fake_allocated += !!p;

	return p;
}

static void fake_free(const void *p)
{
	fake_allocated -= !!p;
	kfree(p);
}

#undef kzalloc
#define kzalloc(size, gfp)	((void)(gfp), fake_alloc(size))
#undef kfree
#define kfree			fake_free

/* --- host bridges: two, with the windows that a test gives them ------------------ */

struct fake_bridge {
	struct resource_entry windows[4];	/* up to the first without resource */
};

static struct fake_bridge fake_bridges[2];
static bool fake_rescan_locked;
static unsigned int fake_rescan_misuse;

static void fake_lock_rescan(void)
{
	fake_rescan_misuse += fake_rescan_locked;
	fake_rescan_locked = true;
}

static void fake_unlock_rescan(void)
{
	fake_rescan_misuse += !fake_rescan_locked;
	fake_rescan_locked = false;
}

/* A bus is only passed on: it is the bridge. */
static struct fake_bridge *fake_find_bridge(struct pci_bus *bus)
{
	return (struct fake_bridge *)bus;
}

static struct pci_bus *fake_next_bus(struct pci_bus *from)
{
	struct fake_bridge *next = from ? fake_find_bridge(from) + 1 :
					  fake_bridges;

	fake_rescan_misuse += !fake_rescan_locked;

	return next < fake_bridges + ARRAY_SIZE(fake_bridges) ?
	       (struct pci_bus *)next : NULL;
}

/* Where a walk through windows is */
static struct resource_entry *fake_window;

static struct resource_entry *fake_next_window(void)
{
	return fake_window->res ? fake_window++ : NULL;
}

#undef CONFIG_PCI
#define CONFIG_PCI		1
#define pci_lock_rescan_remove	fake_lock_rescan
#define pci_unlock_rescan_remove fake_unlock_rescan
#define pci_find_next_bus	fake_next_bus
#define pci_find_host_bridge	fake_find_bridge
#undef resource_list_for_each_entry
#define resource_list_for_each_entry(entry, windows)			\
	for (fake_window = *(windows); ((entry) = fake_next_window()); )

#endif /* _XEN_P2M_KUNIT_FAKE_KERNEL_H */
