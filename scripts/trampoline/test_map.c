// SPDX-License-Identifier: GPL-2.0
/*
 * Test of the map editing, to be built with sanitizers.
 */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

#define U64_LAST	0xffffffffffffffffULL
#define GIB		0x40000000ULL

static enum map_error parse(const char *text, struct map_word *w)
{
	/* An exact copy, for the address sanitizer to see any overrun. */
	size_t len = strlen(text);
	char *copy = malloc(len);
	enum map_error err;

	assert(copy || !len);
	memcpy(copy, text, len);
	err = map_parse_word(copy, len, w);
	free(copy);
	return err;
}

static enum map_error apply(struct map *map, const char *text)
{
	struct map_word w;
	enum map_error err = parse(text, &w);

	if (err)
		return err;
	assert(w.kind == MAP_WORD_CARVE);
	return map_override(map, &w.carve, w.hole);
}

static void check_sane(const struct map *map)
{
	unsigned int i;

	assert(map->nr <= MAP_MAX);
	for (i = 0; i < map->nr; i++) {
		assert(map->entry[i].first <= map->entry[i].last);
		if (i)
			assert(map->entry[i - 1].last < map->entry[i].first);
	}
}

static void expect(const struct map *map, const char *wanted)
{
	char text[1024] = "";
	unsigned int i;
	size_t len = 0;

	check_sane(map);
	for (i = 0; i < map->nr; i++) {
		len += snprintf(text + len, sizeof(text) - len,
				"%s%llx-%llx:%u", i ? " " : "",
				map->entry[i].first, map->entry[i].last,
				map->entry[i].type);
		assert(len < sizeof(text));
	}
	if (strcmp(text, wanted)) {
		printf("got      '%s'\nexpected '%s'\n", text, wanted);
		abort();
	}
}

static void expect_carve(const char *text, u64 first, u64 last, u32 type,
			 bool hole)
{
	struct map_word w;

	assert(parse(text, &w) == MAP_OK);
	assert(w.kind == MAP_WORD_CARVE);
	assert(w.carve.first == first && w.carve.last == last);
	assert(w.carve.type == type && w.hole == hole);
}

static void test_words(void)
{
	struct map_word w;

	expect_carve("carve=0x1900000-0x1901000:nvs", 0x1900000, 0x1900fff,
		     MAP_NVS, false);
	expect_carve("carve=0-1:ram", 0, 0, MAP_RAM, false);
	expect_carve("carve=10-20:reserved", 10, 19, MAP_RESERVED, false);
	expect_carve("carve=0XaB-0xCd:acpi", 0xab, 0xcc, MAP_ACPI, false);
	expect_carve("carve=1-2:unusable", 1, 1, MAP_UNUSABLE, false);
	expect_carve("carve=1-2:hole", 1, 1, 0, true);
	expect_carve("carve=1-2:7", 1, 1, 7, false);
	expect_carve("carve=1-2:0", 1, 1, 0, false);
	expect_carve("carve=1-2:0xffffffff", 1, 1, 0xffffffff, false);
	expect_carve("carve=0-0xffffffffffffffff:ram", 0, U64_LAST - 1,
		     MAP_RAM, false);
	expect_carve("carve=18446744073709551614-18446744073709551615:ram",
		     U64_LAST - 1, U64_LAST - 1, MAP_RAM, false);
	expect_carve("carve=0x00000000000000000001-2:ram", 1, 1, MAP_RAM,
		     false);

	assert(parse("only", &w) == MAP_OK && w.kind == MAP_WORD_ONLY);
	assert(parse("unsorted", &w) == MAP_OK && w.kind == MAP_WORD_UNSORTED);
	assert(parse("tables=0x1a00010", &w) == MAP_OK &&
	       w.kind == MAP_WORD_TABLES && w.carve.first == 0x1a00010);
	assert(parse("fill=0x1a00000-0x100000000", &w) == MAP_OK &&
	       w.kind == MAP_WORD_FILL && w.carve.first == 0x1a00000 &&
	       w.carve.last == 0xffffffff);
}

static void test_bad_words(void)
{
	static const struct {
		const char *text;
		enum map_error err;
	} bad[] = {
		{ "", MAP_BAD_WORD },
		{ "tables=", MAP_BAD_NUMBER },
		{ "tables=0x100000000", MAP_BIG_NUMBER },
		{ "fill=1", MAP_BAD_WORD },
		{ "fill=1-2:nvs", MAP_BAD_NUMBER },
		{ "fill=2-2", MAP_BAD_RANGE },
		{ "fill=1-0x100000001", MAP_BIG_NUMBER },
		{ "onl", MAP_BAD_WORD },
		{ "only1", MAP_BAD_WORD },
		{ "Unsorted", MAP_BAD_WORD },
		{ "carve", MAP_BAD_WORD },
		{ "carve=", MAP_BAD_WORD },
		{ "carve=1", MAP_BAD_WORD },
		{ "carve=1:ram", MAP_BAD_WORD },
		{ "carve=1-2", MAP_BAD_WORD },
		{ "carve=1-2:", MAP_BAD_TYPE },
		{ "carve=1-2:ra", MAP_BAD_TYPE },
		{ "carve=1-2:rams", MAP_BAD_TYPE },
		{ "carve=1-2:RAM", MAP_BAD_TYPE },
		{ "carve=1-2:ram:ram", MAP_BAD_TYPE },
		{ "carve=1-2:-1", MAP_BAD_TYPE },
		{ "carve=1-2:0x", MAP_BAD_TYPE },
		{ "carve=1-2:4294967296", MAP_BIG_NUMBER },
		{ "carve=1-2:99999999999999999999", MAP_BIG_NUMBER },
		{ "carve=-2:ram", MAP_BAD_NUMBER },
		{ "carve=1-:ram", MAP_BAD_NUMBER },
		{ "carve=0x-2:ram", MAP_BAD_NUMBER },
		{ "carve=1-2-3:ram", MAP_BAD_NUMBER },
		{ "carve=1a-2:ram", MAP_BAD_NUMBER },
		{ "carve=0x1g-2:ram", MAP_BAD_NUMBER },
		{ "carve=1-2M:ram", MAP_BAD_NUMBER },
		{ "carve=+1-2:ram", MAP_BAD_NUMBER },
		{ "carve=1--2:ram", MAP_BAD_NUMBER },
		{ "carve=99999999999999999999z-1:ram", MAP_BAD_NUMBER },
		{ "carve=0-0x10000000000000000:ram", MAP_BIG_NUMBER },
		{ "carve=0-18446744073709551616:ram", MAP_BIG_NUMBER },
		{ "carve=0xfffffffffffffffff-1:ram", MAP_BIG_NUMBER },
		{ "carve=2-1:ram", MAP_BAD_RANGE },
		{ "carve=1-1:ram", MAP_BAD_RANGE },
		{ "carve=0-0:hole", MAP_BAD_RANGE },
		{ "carve=0xffffffffffffffff-0:ram", MAP_BAD_RANGE },
	};
	struct map_word w;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i].text, &w) == bad[i].err)
			continue;
		printf("'%s': '%s', expected '%s'\n", bad[i].text,
		       map_strerror(parse(bad[i].text, &w)),
		       map_strerror(bad[i].err));
		abort();
	}
}

static void test_next_word(void)
{
	const char *pos = " \ta  bc\td ";
	const char *word;
	size_t len;

	word = map_next_word(&pos, &len);
	assert(word && len == 1 && *word == 'a');
	word = map_next_word(&pos, &len);
	assert(word && len == 2 && !strncmp(word, "bc", 2));
	word = map_next_word(&pos, &len);
	assert(word && len == 1 && *word == 'd');
	assert(!map_next_word(&pos, &len));
	assert(!map_next_word(&pos, &len));
	pos = "";
	assert(!map_next_word(&pos, &len));
}

static void test_names(void)
{
	assert(!strcmp(map_type_name(MAP_RAM), "ram"));
	assert(!strcmp(map_type_name(MAP_NVS), "nvs"));
	assert(!map_type_name(0));
	assert(!map_type_name(7));
}

static void test_split(void)
{
	struct map m = { 0 };

	assert(apply(&m, "carve=0x1000-0x9000:ram") == MAP_OK);
	expect(&m, "1000-8fff:1");
	assert(apply(&m, "carve=0x3000-0x4000:nvs") == MAP_OK);
	expect(&m, "1000-2fff:1 3000-3fff:4 4000-8fff:1");
	/* at the edges */
	assert(apply(&m, "carve=0x1000-0x2000:acpi") == MAP_OK);
	assert(apply(&m, "carve=0x8000-0x9000:reserved") == MAP_OK);
	expect(&m,
	       "1000-1fff:3 2000-2fff:1 3000-3fff:4 4000-7fff:1 8000-8fff:2");
	/* exactly one entry */
	assert(apply(&m, "carve=0x3000-0x4000:7") == MAP_OK);
	expect(&m,
	       "1000-1fff:3 2000-2fff:1 3000-3fff:7 4000-7fff:1 8000-8fff:2");
	/* nothing is merged, in contact or overridden with the same type */
	assert(apply(&m, "carve=0x3000-0x4000:ram") == MAP_OK);
	assert(apply(&m, "carve=0x5000-0x6000:ram") == MAP_OK);
	expect(&m, "1000-1fff:3 2000-2fff:1 3000-3fff:1 4000-4fff:1 "
		   "5000-5fff:1 6000-7fff:1 8000-8fff:2");
	assert(!m.merged);
}

static void test_overlap(void)
{
	struct map m = { 0 };

	/* in any order, before, after and between */
	assert(apply(&m, "carve=0x5000-0x6000:ram") == MAP_OK);
	assert(apply(&m, "carve=0x1000-0x2000:ram") == MAP_OK);
	assert(apply(&m, "carve=0x9000-0xa000:ram") == MAP_OK);
	assert(apply(&m, "carve=0x3000-0x4000:nvs") == MAP_OK);
	expect(&m, "1000-1fff:1 3000-3fff:4 5000-5fff:1 9000-9fff:1");
	/* over gaps and parts of two entries */
	assert(apply(&m, "carve=0x1800-0x5800:reserved") == MAP_OK);
	expect(&m, "1000-17ff:1 1800-57ff:2 5800-5fff:1 9000-9fff:1");
	/* over everything */
	assert(apply(&m, "carve=0-0x10000:unusable") == MAP_OK);
	expect(&m, "0-ffff:5");
}

static void test_hole(void)
{
	struct map m = { 0 };

	assert(apply(&m, "carve=0-0x1000:hole") == MAP_OK);
	expect(&m, "");
	assert(apply(&m, "carve=0x1000-0x5000:ram") == MAP_OK);
	assert(apply(&m, "carve=0x2000-0x3000:hole") == MAP_OK);
	expect(&m, "1000-1fff:1 3000-4fff:1");
	assert(apply(&m, "carve=0x2000-0x3000:hole") == MAP_OK);
	expect(&m, "1000-1fff:1 3000-4fff:1");
	assert(apply(&m, "carve=0x1800-0x3800:hole") == MAP_OK);
	expect(&m, "1000-17ff:1 3800-4fff:1");
	assert(apply(&m, "carve=0-0xffffffffffffffff:hole") == MAP_OK);
	expect(&m, "");
}

static void test_unaligned(void)
{
	struct map m = { 0 };

	assert(map_add(&m, 0x1000, 0x4000, MAP_RAM) == MAP_OK);
	assert(apply(&m, "carve=0x1fff-0x2001:nvs") == MAP_OK);
	assert(apply(&m, "carve=0x3123-0x3124:acpi") == MAP_OK);
	expect(&m, "1000-1ffe:1 1fff-2000:4 2001-3122:1 3123-3123:3 "
		   "3124-4fff:1");
}

static void test_ends_of_space(void)
{
	struct map_entry entry = { 2, 1, MAP_RAM };
	struct map m = { 0 };

	assert(map_override(&m, &entry, false) == MAP_BAD_RANGE);
	assert(map_add(&m, 1, 0, MAP_RAM) == MAP_OK);
	assert(map_add(&m, 0, 0, MAP_RAM) == MAP_OK);
	assert(map_add(&m, U64_LAST, 2, MAP_RAM) == MAP_WRAPS);
	assert(map_add(&m, 2, U64_LAST, MAP_RAM) == MAP_WRAPS);
	expect(&m, "");
	assert(map_add(&m, U64_LAST, 1, MAP_RESERVED) == MAP_OK);
	expect(&m, "ffffffffffffffff-ffffffffffffffff:2");
	assert(map_add(&m, 1, U64_LAST, MAP_RAM) == MAP_OK);
	expect(&m, "1-ffffffffffffffff:1");
	assert(apply(&m, "carve=0-0xffffffffffffffff:nvs") == MAP_OK);
	expect(&m, "0-fffffffffffffffe:4 ffffffffffffffff-ffffffffffffffff:1");
	assert(apply(&m, "carve=0-1:hole") == MAP_OK);
	assert(apply(&m, "carve=0xfffffffffffffffe-0xffffffffffffffff:ram") ==
	       MAP_OK);
	expect(&m, "1-fffffffffffffffd:4 fffffffffffffffe-fffffffffffffffe:1 "
		   "ffffffffffffffff-ffffffffffffffff:1");
}

/* Every other page, so that nothing can be merged. */
static void fill(struct map *m, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		assert(map_add(m, (2 * i + 1) * 0x1000ULL, 0x1000, MAP_RAM) ==
		       MAP_OK);
	check_sane(m);
	assert(m->nr == nr);
}

static void test_full(void)
{
	struct map m = { 0 };

	fill(&m, MAP_MAX);
	/* what needs no entry more still works */
	assert(apply(&m, "carve=0x1000-0x2000:nvs") == MAP_OK);
	assert(apply(&m, "carve=0x800-0x2000:nvs") == MAP_OK);
	assert(!m.merged);
	/* one too many */
	assert(apply(&m, "carve=0x100-0x200:acpi") == MAP_FULL);
	assert(apply(&m, "carve=0x100-0x200:hole") == MAP_FULL);

	/* two too many */
	m = (struct map){ 0 };
	fill(&m, MAP_MAX);
	assert(apply(&m, "carve=0x1400-0x1800:nvs") == MAP_FULL);
	assert(!m.merged);

	/* exactly full */
	m = (struct map){ 0 };
	fill(&m, MAP_MAX - 2);
	assert(apply(&m, "carve=0x1400-0x1800:nvs") == MAP_OK);
	check_sane(&m);
	assert(m.nr == MAP_MAX && !m.merged);
	assert(apply(&m, "carve=0-0x10000000:ram") == MAP_OK);
	expect(&m, "0-fffffff:1");
}

static void test_merge(void)
{
	struct map m = { 0 };
	unsigned int i;

	/* fragments of one type stay as they are while there is space */
	for (i = 0; i < MAP_MAX; i++)
		assert(map_add(&m, i * 0x1000ULL, 0x1000, MAP_RAM) == MAP_OK);
	assert(m.nr == MAP_MAX && !m.merged);
	/* and no more than needed are merged */
	assert(map_add(&m, 0x10000000, 0x1000, MAP_NVS) == MAP_OK);
	check_sane(&m);
	assert(m.nr == MAP_MAX && m.merged);
	assert(m.entry[0].last == 0x1fff);
	assert(m.entry[1].last == 0x2fff);
	/* the new entry itself may be what is merged */
	m = (struct map){ 0 };
	fill(&m, MAP_MAX);
	assert(apply(&m, "carve=0x1400-0x1800:ram") == MAP_OK);
	check_sane(&m);
	assert(m.nr == MAP_MAX && m.merged);
	assert(m.entry[0].first == 0x1000 && m.entry[0].last == 0x1fff);
}

/* All of the address space in one entry would have a size of 0. */
static void test_merge_all(void)
{
	struct map m = { 0 };
	unsigned int i;

	assert(map_add(&m, 0x1000, 0x1000, MAP_NVS) == MAP_OK);
	assert(map_add(&m, 0, U64_LAST, MAP_RAM) == MAP_OK);
	assert(map_add(&m, U64_LAST, 1, MAP_RAM) == MAP_OK);
	for (i = 0; i < 2 * MAP_MAX; i++)
		assert(map_add(&m, (i + 1) * 0x1000ULL, 0x1000, MAP_RAM) ==
		       MAP_OK);
	check_sane(&m);
	assert(m.nr == MAP_MAX && m.merged);
	assert(m.entry[0].first == 0);
	assert(m.entry[m.nr - 1].last == U64_LAST);
}

static void test_is_ram(void)
{
	struct map m = { 0 };
	u64 below;

	assert(!map_is_ram(&m, 0, 0, &below) && below == 0);
	assert(map_add(&m, 0x1000, 0x1000, MAP_RAM) == MAP_OK);
	assert(map_add(&m, 0x2000, 0x1000, MAP_RAM) == MAP_OK);
	assert(map_add(&m, 0x3000, 0x1000, MAP_NVS) == MAP_OK);
	assert(map_add(&m, 0x5000, 0x1000, MAP_RAM) == MAP_OK);

	assert(map_is_ram(&m, 0x1000, 0x2fff, &below));
	assert(map_is_ram(&m, 0x1fff, 0x2000, &below));
	assert(!map_is_ram(&m, 0xfff, 0x1000, &below) && below == 0);
	assert(!map_is_ram(&m, 0x1800, 0x3000, &below) && below == 0x3000);
	assert(!map_is_ram(&m, 0x3000, 0x3000, &below) && below == 0x3000);
	assert(!map_is_ram(&m, 0x4800, 0x5800, &below) && below == 0x3000);
	assert(!map_is_ram(&m, 0x5000, 0x6000, &below) && below == 0x6000);
	assert(!map_is_ram(&m, 0x9000, 0x9000, &below) && below == 0x6000);

	assert(map_ram_end(&m, 0x1000, 0xa0000) == 0x3000);
	assert(map_ram_end(&m, 0x1800, 0x2800) == 0x2800);
	assert(map_ram_end(&m, 0, 0xa0000) == 0);
	assert(map_ram_end(&m, 0x4000, 0xa0000) == 0x4000);
	assert(map_ram_end(&m, 0x4000, 0x1000) == 0x1000);

	m = (struct map){ 0 };
	assert(map_add(&m, 1, U64_LAST, MAP_RAM) == MAP_OK);
	assert(map_is_ram(&m, 1, U64_LAST, &below));
	assert(!map_is_ram(&m, 0, U64_LAST, &below) && below == 0);
}

static u64 place(const struct map *final, const struct map *machine,
		 const struct map_range *busy, unsigned int nr_busy, u64 size)
{
	return map_find_place(final, machine, busy, nr_busy, size, 0x100000,
			      4 * GIB);
}

static void test_find_place(void)
{
	struct map_range busy[2] = {
		{ 0x70000000, 0x7fffefff },
		{ 0x1000000, 0x1000000 },
	};
	struct map machine = { 0 }, m;

	assert(!place(&machine, &machine, NULL, 0, 1));
	assert(map_add(&machine, 0, 2 * GIB, MAP_RAM) == MAP_OK);
	assert(map_add(&machine, 4 * GIB, GIB, MAP_RAM) == MAP_OK);
	m = machine;

	/* not above 4 GiB, not below 1 MiB */
	assert(place(&m, &machine, NULL, 0, 1) == 2 * GIB - 0x1000);
	assert(place(&m, &machine, NULL, 0, 0x1001) == 2 * GIB - 0x2000);
	assert(place(&m, &machine, NULL, 0, 2 * GIB - 0x100000) == 0x100000);
	assert(!place(&m, &machine, NULL, 0, 2 * GIB - 0xfffff));
	assert(!place(&m, &machine, NULL, 0, 0));
	assert(!place(&m, &machine, NULL, 0, 4 * GIB + 1));
	assert(!place(&m, &machine, NULL, 0, U64_LAST));

	/* around what is busy */
	assert(place(&m, &machine, busy, 2, 0x1000) == 2 * GIB - 0x1000);
	assert(place(&m, &machine, busy, 2, 0x1001) == 0x70000000 - 0x2000);
	assert(place(&m, &machine, busy, 2, 0x6f000000) == 0);
	assert(place(&m, &machine, busy, 2, 0x6efff000) == 0x1001000);

	/* around what is carved, through fragments of RAM */
	assert(apply(&m, "carve=0x7fffe800-0x7ffff001:nvs") == MAP_OK);
	assert(apply(&m, "carve=0x7fff0000-0x7fffc000:ram") == MAP_OK);
	assert(place(&m, &machine, NULL, 0, 0x1000) == 0x7fffd000);
	assert(place(&m, &machine, NULL, 0, 0x20000) == 0x7ffde000);

	/* what the map claims is no good where the machine has nothing */
	assert(apply(&m, "carve=0x80000000-0xc0000000:ram") == MAP_OK);
	assert(place(&m, &machine, NULL, 0, 0x2000) == 0x7fffc000);

	/* a single page left */
	assert(apply(&m, "carve=0-0xffffffff:hole") == MAP_OK);
	assert(apply(&m, "carve=0x234567-0x236000:ram") == MAP_OK);
	assert(place(&m, &machine, NULL, 0, 1) == 0x235000);
	assert(!place(&m, &machine, NULL, 0, 0x1001));
}

enum { BYTES = 64, ROUNDS = 20000 };

static void draw(const struct map *m, int *byte)
{
	unsigned int i;
	u64 pos;

	for (i = 0; i < BYTES; i++)
		byte[i] = -1;
	for (i = 0; i < m->nr; i++)
		for (pos = m->entry[i].first; pos <= m->entry[i].last; pos++)
			byte[pos] = m->entry[i].type;
}

/* The same edits on a map with one type per byte are hard to get wrong. */
static void test_random(void)
{
	struct map m = { 0 };
	struct map_entry new;
	int byte[BYTES], got[BYTES];
	unsigned int a, b, round;
	bool hole;

	draw(&m, byte);
	srand(1);
	for (round = 0; round < ROUNDS; round++) {
		a = rand() % BYTES;
		b = rand() % BYTES;
		new.first = a < b ? a : b;
		new.last = a < b ? b : a;
		new.type = rand() % 5;
		hole = !(rand() % 4);

		assert(map_override(&m, &new, hole) == MAP_OK);
		check_sane(&m);
		for (a = new.first; a <= new.last; a++)
			byte[a] = hole ? -1 : (int)new.type;
		draw(&m, got);
		assert(!memcmp(byte, got, sizeof(got)));
	}
}

int main(void)
{
	test_words();
	test_bad_words();
	test_next_word();
	test_names();
	test_split();
	test_overlap();
	test_hole();
	test_unaligned();
	test_ends_of_space();
	test_full();
	test_merge();
	test_merge_all();
	test_is_ram();
	test_find_place();
	test_random();
	printf("test_map: all passed\n");
	return 0;
}
