// SPDX-License-Identifier: GPL-2.0
/*
 * Boots in one text: where each begins, and which are of the host, which of guests
 */

#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "text.h"

#define ISA_START	0xa0000U
#define ISA_END		0x100000U

/* --- where each begins ------------------------------------------------------- */

/* All that one boot's log can say, to be thrown away */
static void boot_clear(struct machine *m)
{
	struct machine empty = { .guest = m->guest, .at = m->at };

	memcpy(empty.name, m->name, sizeof(empty.name));
	m->guest = NULL;
	machine_clear(m);
	*m = empty;
	m->remapped = UNKNOWN_PAGES;
	m->released = UNKNOWN_PAGES;
}

/*
 * An older boot with the same maps is of the same machine: what it said, and this
 * one did not, counts, too.
 */
static int boots_join_same(struct text *t)
{
	struct machine *now = t->boot, **link = &now->guest, *older;
	int err;

	while ((older = *link) && !machine_same_maps(now, older))
		link = &older->guest;
	if (!older)
		return 0;
	*link = older->guest;
	older->guest = now->guest;
	older->at = now->at;
	err = machine_take(older, now, t->fault);
	now->guest = NULL;
	machine_free(now);
	t->boot = older;
	if (t->now == now)
		t->now = older;

	return err;
}

static unsigned int boots_count(const struct text *t)
{
	const struct machine *m;
	unsigned int nr = 0;

	for (m = t->boot; m; m = m->guest)
		nr++;

	return nr;
}

/* A guest's console tells of its last boot; without a prefix all are kept. */
int boot_begins(struct text *t)
{
	struct machine *next;

	if (t->now != t->boot) {
		boot_clear(t->now);
		return 0;
	}
	if (boots_join_same(t))
		return READ_BAD;
	next = boots_count(t) < MAX_GUESTS ? machine_new() : NULL;
	if (!next) {
		note(&t->m->remarks,
		     "more than %u boots with different memory maps: the one before line %u is left out",
		     MAX_GUESTS, t->at.line);
		boot_clear(t->boot);
		return 0;
	}
	next->at = t->at;
	next->guest = t->boot;
	t->boot = next;
	t->now = next;

	return 0;
}

/* --- whose it is ------------------------------------------------------------- */

/*
 * A guest's map has RAM alone, but for what its kernel reserves below 1 MiB;
 * firmware always has more.
 */
static bool map_is_flat(const struct map *map)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++)
		if (map->entry[i].type != XEN_LAYOUT_RAM &&
		    map->entry[i].end > ISA_END)
			return false;

	return true;
}

/* Dom0 or domU, of a kernel which is PV */
static enum kernel_kind kind_of_pv(const struct machine *m)
{
	if (m->hints & HINT_DOM0)
		return KERNEL_PV_DOM0;
	if (m->hints & HINT_DOMU)
		return KERNEL_PV_DOMU;
	if (map_seen(m, SOURCE_FIRMWARE))
		return KERNEL_PV_DOM0;
	if (map_seen(m, SOURCE_DOMAIN) && map_is_flat(m->map[SOURCE_DOMAIN]))
		return KERNEL_PV_DOMU;

	return KERNEL_UNKNOWN;
}

/* RAM only, but for what its kernel reserves; no PCI bus and no firmware map */
static bool iomem_is_domus(const struct machine *m)
{
	const struct map *map = m->map[SOURCE_IOMEM];
	unsigned int i;

	if (!map || m->pci.nr || map_seen(m, SOURCE_FIRMWARE) ||
	    !map_is_flat(map))
		return false;
	for (i = 0; i < map->nr; i++)
		if (map->entry[i].start == ISA_START &&
		    map->entry[i].end == ISA_END)
			return true;

	return false;
}

static enum kernel_kind kind_of(struct machine *m)
{
	m->sure = m->hints & (HINT_DOM0 | HINT_DOMU | HINT_HVM | HINT_PVH);
	/* A PVH guest has ACPI tables, as a host, but no DMI. */
	if (m->hints & HINT_PVH)
		return m->hints & HINT_DOM0 && !(m->hints & HINT_DOMU) ?
		       KERNEL_PVH_DOM0 : KERNEL_PVH_DOMU;
	if (map_seen(m, SOURCE_DOMAIN) || m->hints & HINT_PV || m->xenlinux)
		return kind_of_pv(m);
	if (m->hints & HINT_HVM)
		return KERNEL_HVM_DOMU;
	if (m->hints & HINT_OTHER)
		return KERNEL_OTHER_GUEST;
	if (m->hints & HINT_BARE)
		return KERNEL_BARE;

	return iomem_is_domus(m) ? KERNEL_PV_DOMU : KERNEL_UNKNOWN;
}

/* Of a host with nothing but RAM, dom0's map is flat as well. */
static enum kernel_kind kind_beside(const struct machine *host,
				    struct machine *m)
{
	enum kernel_kind kind = kind_of(m);

	if (kind == KERNEL_PV_DOMU && !m->sure && map_seen(host, SOURCE_XEN) &&
	    map_is_flat(host->map[SOURCE_XEN]))
		return KERNEL_UNKNOWN;

	return kind;
}

bool kernel_is_guest(enum kernel_kind kind)
{
	return kind == KERNEL_PV_DOMU || kind == KERNEL_PVH_DOMU ||
	       kind == KERNEL_HVM_DOMU;
}

static bool has_log_map(const struct machine *m)
{
	return map_seen(m, SOURCE_FIRMWARE) || map_seen(m, SOURCE_DOMAIN) ||
	       map_seen(m, SOURCE_USER) || map_seen(m, SOURCE_IOMEM);
}

/* Is there a host, so that a guest's log is beside it and not all there is? */
static bool host_seen(const struct text *t)
{
	const struct machine *m;

	if (map_seen(t->m, SOURCE_XEN))
		return true;
	for (m = t->boot; m; m = m->guest)
		if (!kernel_is_guest(m->kind) && has_log_map(m))
			return true;

	return false;
}

/* Two maps of unknown domains: dom0's from two boots, or dom0's and a guest's? */
static int two_domains(struct text *t)
{
	const struct machine *m, *other = NULL;

	for (m = t->boot; m; m = m->guest) {
		if (m->kind != KERNEL_UNKNOWN || !map_seen(m, SOURCE_DOMAIN))
			continue;
		if (other) {
			t->at = m->map[SOURCE_DOMAIN]->entry[0].at;
			return bad(t, "memory maps of two domains, here and from line %u on, and nothing says whose they are; leave one",
				   other->map[SOURCE_DOMAIN]->entry[0].at.line);
		}
		other = m;
	}

	return 0;
}

/* A map that ends below last_pfn, which the kernel printed, has lost its end. */
static int end_lost(struct text *t, const struct machine *m)
{
	static const enum source sources[] = { SOURCE_FIRMWARE, SOURCE_DOMAIN };
	const struct map *map;
	unsigned int i, k;
	u64 end;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		map = m->map[sources[i]];
		if (!map || !map->nr)
			continue;
		for (end = 0, k = 0; k < map->nr; k++)
			if (map->entry[k].end > end)
				end = map->entry[k].end;
		if (end >= m->ram_end)
			continue;
		t->at = map->entry[map->nr - 1].at;
		return bad(t, "the end of the memory map is lost: the kernel has memory up to %#lx",
			   m->ram_end);
	}

	return 0;
}

static void guest_append(struct machine *m, struct machine *guest)
{
	struct machine **link = &m->guest;

	while (*link)
		link = &(*link)->guest;
	guest->guest = NULL;
	*link = guest;
}

/* Oldest first, so that what was said last counts */
static void boots_reverse(struct text *t)
{
	struct machine *m = t->boot, *next, *done = NULL;

	for (; m; m = next) {
		next = m->guest;
		m->guest = done;
		done = m;
	}
	t->boot = done;
}

/* Firmware and bootloaders write to a guest's console, too. */
static void guests_end(struct machine *m)
{
	for (m = m->guest; m; m = m->guest) {
		if (m->kind == KERNEL_UNKNOWN)
			m->kind = kind_of(m);
		/* A PV guest has no firmware to give it a map. */
		if (m->kind == KERNEL_UNKNOWN &&
		    (m->name[0] == 'H' || map_seen(m, SOURCE_FIRMWARE)))
			m->kind = KERNEL_HVM_DOMU;
	}
}

int boots_end(struct text *t)
{
	struct machine *m, *next;
	bool host;
	int err = boots_join_same(t);

	if (err)
		return err;
	for (m = t->boot; m; m = m->guest)
		m->kind = kind_beside(t->m, m);
	err = two_domains(t);
	for (m = t->boot; !err && m; m = m->guest)
		err = end_lost(t, m);
	if (err)
		return err;
	host = host_seen(t);
	guests_end(t->m);
	boots_reverse(t);
	while (!err && (m = t->boot)) {
		next = m->guest;
		t->boot = next;
		m->guest = NULL;
		if (kernel_is_guest(m->kind) && (host || next)) {
			guest_append(t->m, m);
			continue;
		}
		err = machine_take(t->m, m, t->fault);
		machine_free(m);
	}
	if (!t->m->format && (map_seen(t->m, SOURCE_FIRMWARE) ||
			      map_seen(t->m, SOURCE_DOMAIN) ||
			      map_seen(t->m, SOURCE_USER)))
		t->m->format = "dmesg";

	return err;
}
