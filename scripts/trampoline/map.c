// SPDX-License-Identifier: GPL-2.0
/*
 * Editing of a firmware memory map.
 *
 * Nothing in here touches the hardware or needs a library, so that the same
 * code runs in the trampoline and, with sanitizers, in a test program.
 */
#include "map.h"

static const struct {
	const char *name;
	u32 type;
} map_types[] = {
	{ "ram",	MAP_RAM },
	{ "reserved",	MAP_RESERVED },
	{ "acpi",	MAP_ACPI },
	{ "nvs",	MAP_NVS },
	{ "unusable",	MAP_UNUSABLE },
};

const char *map_strerror(enum map_error err)
{
	switch (err) {
	case MAP_OK:
		return "no error";
	case MAP_BAD_WORD:
		return "unknown word";
	case MAP_BAD_NUMBER:
		return "not a number";
	case MAP_BIG_NUMBER:
		return "number too big";
	case MAP_BAD_RANGE:
		return "empty or inverted range";
	case MAP_BAD_TYPE:
		return "unknown type";
	case MAP_WRAPS:
		return "range wraps around";
	case MAP_FULL:
		return "too many map entries";
	}
	return "unknown error";
}

/* NULL for a type without a name. */
const char *map_type_name(u32 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map_types); i++)
		if (map_types[i].type == type)
			return map_types[i].name;
	return NULL;
}

/* A stretch of text, not NUL-terminated. */
struct text {
	const char *s;
	size_t len;
};

static bool text_is(const struct text *t, const char *s)
{
	size_t i;

	for (i = 0; i < t->len; i++)
		if (!s[i] || s[i] != t->s[i])
			return false;
	return !s[i];
}

static bool text_skip(struct text *t, const char *prefix)
{
	size_t i;

	for (i = 0; prefix[i]; i++)
		if (i == t->len || t->s[i] != prefix[i])
			return false;
	t->s += i;
	t->len -= i;
	return true;
}

/* Move what is before the first sep to head; sep itself is dropped. */
static bool text_split(struct text *t, char sep, struct text *head)
{
	size_t i;

	for (i = 0; i < t->len; i++) {
		if (t->s[i] != sep)
			continue;
		head->s = t->s;
		head->len = i;
		t->s += i + 1;
		t->len -= i + 1;
		return true;
	}
	return false;
}

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* No division for the overflow check: there is no libgcc to do it. */
static bool push_digit(u64 *val, unsigned int base, unsigned int d)
{
	u64 high = (*val >> 32) * base;
	u64 low = (*val & 0xffffffff) * base + d;

	high += low >> 32;
	if (high >> 32)
		return false;
	*val = (high << 32) | (low & 0xffffffff);
	return true;
}

static enum map_error parse_number(struct text t, u64 *res)
{
	unsigned int base = 10;
	u64 val = 0;
	size_t i;

	if (text_skip(&t, "0x") || text_skip(&t, "0X"))
		base = 16;
	if (!t.len)
		return MAP_BAD_NUMBER;
	for (i = 0; i < t.len; i++)
		if (digit(t.s[i]) >= base)
			return MAP_BAD_NUMBER;
	for (i = 0; i < t.len; i++)
		if (!push_digit(&val, base, digit(t.s[i])))
			return MAP_BIG_NUMBER;
	*res = val;
	return MAP_OK;
}

static enum map_error parse_type(const struct text *t, struct map_word *res)
{
	enum map_error err;
	unsigned int i;
	u64 val;

	for (i = 0; i < ARRAY_SIZE(map_types); i++) {
		if (text_is(t, map_types[i].name)) {
			res->carve.type = map_types[i].type;
			return MAP_OK;
		}
	}
	if (text_is(t, "hole")) {
		res->hole = true;
		return MAP_OK;
	}
	err = parse_number(*t, &val);
	if (err == MAP_BAD_NUMBER)
		return MAP_BAD_TYPE;
	if (err)
		return err;
	if (val > 0xffffffff)
		return MAP_BIG_NUMBER;
	res->carve.type = val;
	return MAP_OK;
}

static enum map_error parse_range(struct text t, struct map_word *res)
{
	struct text start;
	enum map_error err;
	u64 after;

	if (!text_split(&t, '-', &start))
		return MAP_BAD_WORD;
	err = parse_number(start, &res->carve.first);
	if (err)
		return err;
	err = parse_number(t, &after);
	if (err)
		return err;
	if (after <= res->carve.first)
		return MAP_BAD_RANGE;
	res->carve.last = after - 1;
	return MAP_OK;
}

static enum map_error parse_carve(struct text t, struct map_word *res)
{
	enum map_error err;
	struct text range;

	if (!text_split(&t, ':', &range))
		return MAP_BAD_WORD;
	err = parse_range(range, res);
	return err ? err : parse_type(&t, res);
}

/* The trampoline writes with 32-bit addresses. */
static enum map_error parse_fill(struct text t, struct map_word *res)
{
	enum map_error err = parse_range(t, res);

	if (!err && res->carve.last >> 32)
		return MAP_BIG_NUMBER;
	return err;
}

/* The firmware's tables have 32-bit addresses. */
static enum map_error parse_address(struct text t, struct map_word *res)
{
	enum map_error err = parse_number(t, &res->carve.first);

	if (!err && res->carve.first >> 32)
		return MAP_BIG_NUMBER;
	return err;
}

/**
 * map_next_word - find the next word of a command line
 * @pos: where to look, is moved after the word
 * @len: length of the word
 *
 * Returns the word, which is not NUL-terminated, or NULL at the end.
 */
const char *map_next_word(const char **pos, size_t *len)
{
	const char *p = *pos, *word;

	while (*p == ' ' || *p == '\t')
		p++;
	word = p;
	while (*p && *p != ' ' && *p != '\t')
		p++;
	*pos = p;
	*len = p - word;
	return *len ? word : NULL;
}

enum map_error map_parse_word(const char *word, size_t len,
			      struct map_word *res)
{
	struct text t = { word, len };

	res->hole = false;
	res->carve = (struct map_entry){ 0 };

	if (text_is(&t, "only")) {
		res->kind = MAP_WORD_ONLY;
		return MAP_OK;
	}
	if (text_is(&t, "unsorted")) {
		res->kind = MAP_WORD_UNSORTED;
		return MAP_OK;
	}
	if (text_skip(&t, "tables=")) {
		res->kind = MAP_WORD_TABLES;
		return parse_address(t, res);
	}
	if (text_skip(&t, "fill=")) {
		res->kind = MAP_WORD_FILL;
		return parse_fill(t, res);
	}
	if (text_skip(&t, "carve=")) {
		res->kind = MAP_WORD_CARVE;
		return parse_carve(t, res);
	}
	return MAP_BAD_WORD;
}

static bool can_merge(const struct map_entry *a, const struct map_entry *b)
{
	if (a->type != b->type || a->last + 1 != b->first)
		return false;
	/* The size of all of the address space does not fit 64 bits. */
	return a->first || ~b->last;
}

/* Replace entries from..to-1 by nr new ones. */
static void splice(struct map *map, unsigned int from, unsigned int to,
		   const struct map_entry *new, unsigned int nr)
{
	unsigned int tail = map->nr - to;
	unsigned int i;

	if (from + nr > to) {
		for (i = tail; i-- > 0; )
			map->entry[from + nr + i] = map->entry[to + i];
	} else {
		for (i = 0; i < tail; i++)
			map->entry[from + nr + i] = map->entry[to + i];
	}
	for (i = 0; i < nr; i++)
		map->entry[from + i] = new[i];
	map->nr = from + nr + tail;
}

/*
 * How a map is fragmented is part of what is replayed, so entries are only
 * merged when they do not fit otherwise, and no more than needed.
 */
static void merge_to_fit(struct map *map)
{
	struct map_entry both;
	unsigned int i = 0;

	while (map->nr > MAP_MAX && i + 1 < map->nr) {
		if (!can_merge(&map->entry[i], &map->entry[i + 1])) {
			i++;
			continue;
		}
		both = map->entry[i];
		both.last = map->entry[i + 1].last;
		splice(map, i, i + 2, &both, 1);
		map->merged = true;
	}
}

/**
 * map_override - put an entry over whatever the map says there
 * @map: the map
 * @new: the new entry
 * @hole: only cut the range out of the map
 *
 * After MAP_FULL the map is not to be used any more.
 */
enum map_error map_override(struct map *map, const struct map_entry *new,
			    bool hole)
{
	struct map_entry *entry = map->entry;
	struct map_entry piece[1 + MAP_SLACK];
	unsigned int lo, hi, nr = 0;

	if (new->last < new->first)
		return MAP_BAD_RANGE;
	if (map->nr > MAP_MAX)
		return MAP_FULL;

	lo = 0;
	while (lo < map->nr && entry[lo].last < new->first)
		lo++;
	hi = lo;
	while (hi < map->nr && entry[hi].first <= new->last)
		hi++;

	if (lo < hi && entry[lo].first < new->first) {
		piece[nr] = entry[lo];
		piece[nr++].last = new->first - 1;
	}
	if (!hole)
		piece[nr++] = *new;
	if (lo < hi && entry[hi - 1].last > new->last) {
		piece[nr] = entry[hi - 1];
		piece[nr++].first = new->last + 1;
	}

	splice(map, lo, hi, piece, nr);
	merge_to_fit(map);
	return map->nr > MAP_MAX ? MAP_FULL : MAP_OK;
}

/* Add an entry as firmware describes it; an empty one is left out. */
enum map_error map_add(struct map *map, u64 base, u64 size, u32 type)
{
	struct map_entry new = { base, base + size - 1, type };

	if (!size)
		return MAP_OK;
	if (new.last < base)
		return MAP_WRAPS;
	return map_override(map, &new, false);
}

bool map_overlaps(u64 first, u64 last, const struct map_range *range)
{
	return first <= range->last && range->first <= last;
}

/**
 * map_is_ram - is a range RAM throughout?
 * @map: the map
 * @first: first byte of the range
 * @last: last byte of the range
 * @below: if it is not, the end of the RAM under the lowest gap in it (the
 *	   first byte that is no RAM), 0 if there is no RAM below
 *
 * RAM may be in any number of adjacent entries.
 */
bool map_is_ram(const struct map *map, u64 first, u64 last, u64 *below)
{
	const struct map_entry *e;
	u64 pos = first;

	*below = 0;
	for (e = map->entry; e < map->entry + map->nr; e++) {
		if (e->type != MAP_RAM)
			continue;
		if (e->first > pos)
			break;
		if (e->last >= last)
			return true;
		*below = e->last + 1;
		if (e->last >= pos)
			pos = e->last + 1;
	}
	return false;
}

/* Where the RAM starting at first ends, limit at most. */
u64 map_ram_end(const struct map *map, u64 first, u64 limit)
{
	u64 below;

	if (first >= limit || map_is_ram(map, first, limit - 1, &below))
		return limit;
	return below > first ? below : first;
}

static u64 obstacle(const struct map *final, const struct map *machine,
		    const struct map_range *busy, unsigned int nr_busy,
		    u64 first, u64 last)
{
	unsigned int i;
	u64 below;

	if (!map_is_ram(final, first, last, &below) ||
	    !map_is_ram(machine, first, last, &below))
		return below;
	for (i = 0; i < nr_busy; i++)
		if (map_overlaps(first, last, &busy[i]))
			return busy[i].first;
	return last + 1;
}

/**
 * map_find_place - find free pages
 * @final: the map they have to be RAM in
 * @machine: likewise: a carved map may claim RAM where there is none
 * @busy: ranges not to touch
 * @nr_busy: number of those
 * @size: how many bytes are wanted
 * @min: lowest address to use, not 0
 * @max: end of the addresses to use
 *
 * Returns the highest place, page aligned, or 0 if there is none.
 */
u64 map_find_place(const struct map *final, const struct map *machine,
		   const struct map_range *busy, unsigned int nr_busy,
		   u64 size, u64 min, u64 max)
{
	u64 top = max & ~(MAP_PAGE_SIZE - 1);
	u64 first, free;

	if (!size || size > top)
		return 0;
	size = (size + MAP_PAGE_SIZE - 1) & ~(MAP_PAGE_SIZE - 1);

	/* An obstacle is below top, so this comes to an end. */
	while (top >= size && top - size >= min) {
		first = top - size;
		free = obstacle(final, machine, busy, nr_busy, first, top - 1);
		if (free == top)
			return first;
		top = free & ~(MAP_PAGE_SIZE - 1);
	}
	return 0;
}
