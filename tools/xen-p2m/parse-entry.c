// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of memory maps in a text, in all known formats
 */

#include <stdlib.h>
#include <string.h>

#include "text.h"

/*
 * Maps are printed in ascending order, so that the first entry seen again starts
 * another one: of the same boot, or of the next if there is no header.
 */
static int map_again(struct text *t, enum source source, u64 start)
{
	struct map *map = t->now->map[source];

	if (!map || !map->nr || start != map->entry[0].start)
		return 0;
	if (source != SOURCE_USER)
		return boot_begins(t);
	map->nr = 0;

	return 0;
}

void xen_map_drop(struct text *t)
{
	struct map *map = t->m->map[SOURCE_XEN];

	if (!map || !map->nr)
		return;
	if (t->initial_map) {
		map->nr = 0;
		return;
	}
	free(t->xen_before);
	t->xen_before = map;
	t->m->map[SOURCE_XEN] = NULL;
}

/* One that has lost its first entries cannot be compared. */
void xen_maps_compare(struct text *t)
{
	const struct map *old = t->xen_before;

	if (old && map_seen(t->m, SOURCE_XEN) &&
	    old->entry[0].start == t->m->map[SOURCE_XEN]->entry[0].start)
		map_differs(t->m, old, t->m->map[SOURCE_XEN]);
}

/*
 * Linux takes whole pages of RAM only. Of RAM that has none, within a page or over
 * the end of one, its rounding leaves an entry that ends where it starts, or a page
 * before that.
 */
static bool is_rounded_away(enum source source, u64 start, u64 end, u32 type)
{
	return source == SOURCE_DOMAIN && type == XEN_LAYOUT_RAM &&
	       start >= end && start - end <= XEN_LAYOUT_PAGE_SIZE &&
	       !((start | end) & (XEN_LAYOUT_PAGE_SIZE - 1));
}

int text_entry(struct text *t, enum source source, u64 start, u64 end,
	       const char *type, size_t len)
{
	struct machine *m = t->m;
	u32 number;

	if (t->elided_line && t->at.line == t->elided_line + 1 &&
	    source == t->entry_source)
		return bad(t, "entries of the memory map are left out before this one: give the log as it was printed");
	if (!type_from_name(type, len, &number))
		return bad(t, "unknown type of memory \"%.40s\"", type);
	t->entry_source = source;
	if (source != SOURCE_IOMEM)
		t->log_entry_line = t->at.line;
	if (source != SOURCE_XEN) {
		if (map_again(t, source, start))
			return READ_BAD;
		m = t->now;
		if (!m->at.line)
			m->at = t->at;
	} else if (map_seen(m, source) && !t->map_header &&
		   start == m->map[source]->entry[0].start) {
		xen_map_drop(t);
	}

	if (is_rounded_away(source, start, end, number)) {
		note(&t->m->remarks,
		     "line %u: RAM without a whole page, of which Linux made nothing, is left out",
		     t->at.line);
		return READ_DONE;
	}

	return map_entry_add(m, source, start, end, number, &t->at, t->fault);
}

int text_entry_in_brackets(struct text *t, enum source source, u64 start,
			   u64 end, const char *p)
{
	/* The type may have brackets, too. */
	const char *last = strrchr(p, ')');

	if (!skip(&p, " (") || !last || last[1])
		return bad(t, "memory map entry without a type");

	return text_entry(t, source, start, end, p, last - p);
}
