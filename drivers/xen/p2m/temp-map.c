// SPDX-License-Identifier: GPL-2.0
/*
 * The temporary mapping: one MFN at a time
 */

#include <linux/export.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "temp-map.h"

/**
 * xen_temp_map() - map an MFN
 * @t: the temporary mapping
 * @mfn: an MFN of this domain
 *
 * Context: boot, on one CPU
 * Return: where it is, or NULL if it cannot be mapped or another one is.
 */
void __init_or_kunit *xen_temp_map(struct xen_temp_map *t, unsigned long mfn)
{
	if (t->addr) {
		t->misuse++;
		return NULL;
	}
	t->addr = t->ops->map(mfn);
	t->mfn = mfn;

	return t->addr;
}
EXPORT_SYMBOL_IF_KUNIT(xen_temp_map);

/**
 * xen_temp_unmap() - an MFN is not needed any more
 * @t: the temporary mapping
 * @addr: what xen_temp_map() returned
 *
 * Context: as xen_temp_map().
 */
void __init_or_kunit xen_temp_unmap(struct xen_temp_map *t, const void *addr)
{
	if (!addr || addr != t->addr) {
		t->misuse++;
		return;
	}
	t->ops->unmap();
	t->addr = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(xen_temp_unmap);

/**
 * xen_temp_map_idle() - was everything unmapped that was mapped?
 * @t: the temporary mapping
 *
 * An MFN that is still mapped is unmapped: it may go to somebody else.
 *
 * Context: as xen_temp_map().
 * Return: false if there was any misuse so far.
 */
bool __init_or_kunit xen_temp_map_idle(struct xen_temp_map *t)
{
	if (t->addr) {
		t->misuse++;
		t->ops->unmap();
		t->addr = NULL;
	}

	return !t->misuse;
}
EXPORT_SYMBOL_IF_KUNIT(xen_temp_map_idle);
