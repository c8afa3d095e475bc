/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Editing of a firmware memory map: shared by the trampoline and its test.
 */
#ifndef TRAMPOLINE_MAP_H
#define TRAMPOLINE_MAP_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned char		u8;
typedef unsigned int		u32;
typedef unsigned long long	u64;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define MAP_MAX		128
/* One override turns one entry into three at most. */
#define MAP_SLACK	2

#define MAP_PAGE_SIZE	0x1000ULL

enum map_type {
	MAP_RAM		= 1,
	MAP_RESERVED	= 2,
	MAP_ACPI	= 3,
	MAP_NVS		= 4,
	MAP_UNUSABLE	= 5,
};

enum map_error {
	MAP_OK,
	MAP_BAD_WORD,
	MAP_BAD_NUMBER,
	MAP_BIG_NUMBER,
	MAP_BAD_RANGE,
	MAP_BAD_TYPE,
	MAP_WRAPS,
	MAP_FULL,
};

/*
 * Ranges name their last byte, not the one after it: a range up to the very
 * end of the 64-bit address space is then nothing special.
 */
struct map_range {
	u64 first;
	u64 last;
};

struct map_entry {
	u64 first;
	u64 last;
	u32 type;
};

/* Always sorted by address and free of overlaps, not necessarily merged. */
struct map {
	unsigned int nr;
	bool merged;
	struct map_entry entry[MAP_MAX + MAP_SLACK];
};

enum map_word_kind {
	MAP_WORD_CARVE,
	MAP_WORD_ONLY,
	MAP_WORD_UNSORTED,
	MAP_WORD_TABLES,
	MAP_WORD_FILL,
};

/* Of tables= only the first byte of @carve is given. */
struct map_word {
	enum map_word_kind kind;
	bool hole;
	struct map_entry carve;
};

const char *map_strerror(enum map_error err);
const char *map_type_name(u32 type);

const char *map_next_word(const char **pos, size_t *len);
enum map_error map_parse_word(const char *word, size_t len,
			      struct map_word *res);

enum map_error map_add(struct map *map, u64 base, u64 size, u32 type);
enum map_error map_override(struct map *map, const struct map_entry *new,
			    bool hole);

bool map_overlaps(u64 first, u64 last, const struct map_range *range);
bool map_is_ram(const struct map *map, u64 first, u64 last, u64 *below);
u64 map_ram_end(const struct map *map, u64 first, u64 limit);
u64 map_find_place(const struct map *final, const struct map *machine,
		   const struct map_range *busy, unsigned int nr_busy,
		   u64 size, u64 min, u64 max);

#endif /* TRAMPOLINE_MAP_H */
