// SPDX-License-Identifier: GPL-2.0
/*
 * Reads tar archives of plain files, and /sys/firmware/memmap, packed or not
 *
 * By hand: libarchive would save some twenty lines, for one more library in each
 * build and package.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define BLOCK		512

/* --- /sys/firmware/memmap --------------------------------------------------- */

const char *const memmap_files[MEMMAP_FILES] = { "start", "end", "type" };

static struct memmap_row *memmap_row(struct memmap *memmap,
				     unsigned long number)
{
	unsigned int i;

	for (i = 0; i < memmap->nr; i++)
		if (memmap->row[i].number == number)
			return &memmap->row[i];
	if (memmap->nr == XEN_LAYOUT_MAX_E820)
		return NULL;
	memmap->row[memmap->nr].number = number;

	return &memmap->row[memmap->nr++];
}

static bool hex_file(const char *text, size_t size, u64 *value)
{
	char word[32];
	const char *p = word;

	if (size >= sizeof(word))
		return false;
	memcpy(word, text, size);
	word[size] = '\0';

	return !strncmp(p, "0x", 2) && hex(&p, value) &&
	       (!*p || !strcmp(p, "\n"));
}

/* One of the files of an entry; others are none of ours. */
int memmap_file(struct memmap *memmap, unsigned long number, const char *file,
		const char *path, const char *text, size_t size,
		struct fault *fault)
{
	struct memmap_row *row;
	unsigned int i = 0;
	bool good;

	while (i < MEMMAP_FILES && strcmp(file, memmap_files[i]))
		i++;
	if (i == MEMMAP_FILES)
		return 0;
	row = memmap_row(memmap, number);
	if (!row)
		return fault_at(fault, path, 0,
				"more than %u memory map entries",
				XEN_LAYOUT_MAX_E820);
	row->seen |= BIT(i);
	if (i < 2) {
		good = hex_file(text, size, i ? &row->last : &row->start);
	} else {
		while (size && isspace((unsigned char)text[size - 1]))
			size--;
		good = type_from_name(text, size, &row->type);
	}
	if (!good)
		return fault_at(fault, path, 1, "not the %s of a memory map entry",
				file);

	return 0;
}

int memmap_finish(struct machine *m, const struct memmap *memmap,
		  const char *path, struct fault *fault)
{
	const struct memmap_row *row = memmap->row;
	struct place at = { .line = 0 };
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < memmap->nr; i++, row++) {
		snprintf(at.file, sizeof(at.file), "%.40s/%lu", path,
			 row->number);
		if (row->seen != BIT(MEMMAP_FILES) - 1)
			return fault_at(fault, at.file, 0,
					"start, end or type is not there");
		if (row->last == ~(u64)0)
			return fault_at(fault, at.file, 0,
					"reaches the end of the address space");
		err = map_entry_add(m, SOURCE_MEMMAP, row->start,
				    row->last + 1, row->type, &at, fault);
	}

	return err;
}

static int read_entry(struct memmap *memmap, const char *path,
		      unsigned long number, struct fault *fault)
{
	char name[512], *text;
	unsigned int i;
	size_t size;
	int err;

	for (i = 0; i < MEMMAP_FILES; i++) {
		snprintf(name, sizeof(name), "%s/%lu/%s", path, number,
			 memmap_files[i]);
		text = read_file(name, &size, fault);
		if (!text)
			return -1;
		err = memmap_file(memmap, number, memmap_files[i], name, text,
				  size, fault);
		free(text);
		if (err)
			return err;
	}

	return 0;
}

int read_memmap(struct machine *m, const char *path, struct fault *fault)
{
	struct memmap *memmap = calloc(1, sizeof(*memmap));
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;
	char *end;

	if (!dir)
		err = fault_at(fault, path, 0, "%s", strerror(errno));
	if (!memmap)
		err = fault_at(fault, path, 0, "out of memory");
	while (!err && (entry = readdir(dir))) {
		unsigned long number = strtoul(entry->d_name, &end, 10);

		if (isdigit((unsigned char)entry->d_name[0]) && !*end)
			err = read_entry(memmap, path, number, fault);
	}
	if (!err)
		err = memmap_finish(m, memmap, path, fault);
	if (!err && !memmap->nr)
		err = fault_at(fault, path, 0,
			       "a directory, but not one like /sys/firmware/memmap");
	if (dir)
		closedir(dir);
	free(memmap);
	m->format = "memmap";

	return err;
}

/* --- archives --------------------------------------------------------------- */

bool is_tar(const char *text, size_t size)
{
	return size >= BLOCK && !memcmp(text + 257, "ustar", 5);
}

/* Octal digits, with spaces or NUL behind them */
static bool octal(const char *field, size_t len, size_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*value = *value * 8 + (field[i] - '0');

	return i && (i == len || !field[i] || field[i] == ' ');
}

/* NUMBER/FILE at the end of a path, behind "memmap/" or alone */
static bool memmap_path(const char *path, unsigned long *number,
			const char **file)
{
	const char *p = strrchr(path, '/'), *digits = p;

	if (!p || p == path)
		return false;
	while (digits > path && isdigit((unsigned char)digits[-1]))
		digits--;
	if (digits == p || (digits > path && digits[-1] != '/'))
		return false;
	*number = strtoul(digits, NULL, 10);
	*file = p + 1;

	return true;
}

/* What a report has for people only */
static bool not_for_us(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;

	return !strcmp(base, "README") || !strcmp(base, "versions");
}

static int tar_file(struct machine *m, struct memmap *memmap, const char *path,
		    const char *text, size_t size, struct fault *fault)
{
	unsigned long number;
	const char *file;

	/* tar pads files of sysfs, which are shorter than sysfs says. */
	while (size && !text[size - 1])
		size--;
	if (memmap_path(path, &number, &file))
		return memmap_file(memmap, number, file, path, text, size,
				   fault);
	/* An archive in the archive would be one without end. */
	if (!size || is_tar(text, size) || not_for_us(path))
		return 0;

	return parse_text(m, path, text, size, fault);
}

static int tar_walk(struct machine *m, struct memmap *memmap, const char *name,
		    const char *text, size_t size, struct fault *fault)
{
	size_t at = 0, bytes;
	char path[101];
	int err = 0;

	while (!err && size - at >= BLOCK && text[at]) {
		const char *header = text + at;

		if (memcmp(header + 257, "ustar", 5) ||
		    !octal(header + 124, 12, &bytes))
			return fault_at(fault, name, 0,
					"broken archive: no file starts at byte %zu",
					at);
		at += BLOCK;
		if (bytes > size - at)
			return fault_at(fault, name, 0,
					"archive ends in the middle of a file");
		memcpy(path, header, 100);
		path[100] = '\0';
		if (header[156] == '0' || !header[156])
			err = tar_file(m, memmap, path, text + at, bytes, fault);
		/* Not above size - at + 511, of which size is far away */
		bytes = (bytes + BLOCK - 1) / BLOCK * BLOCK;
		at = bytes > size - at ? size : at + bytes;
	}

	return err;
}

int parse_tar(struct machine *m, const char *name, const char *text,
	      size_t size, struct fault *fault)
{
	struct memmap *memmap = calloc(1, sizeof(*memmap));
	int err;

	if (!memmap)
		return fault_at(fault, name, 0, "out of memory");
	err = tar_walk(m, memmap, name, text, size, fault);
	if (!err)
		err = memmap_finish(m, memmap, name, fault);
	free(memmap);
	m->format = "archive";

	return err;
}
