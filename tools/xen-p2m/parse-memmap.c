// SPDX-License-Identifier: GPL-2.0
/*
 * Reads /sys/firmware/memmap: the folder, its files one by one, or as grep prints it
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

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

/* One of the three files of an entry; others are ignored. */
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

/* "/sys/firmware/memmap/0/start:0x0" */
int memmap_line(struct text *t, const char *line)
{
	const char *p = text_after(line, "memmap/"), *value;
	unsigned long number;
	char file[8];

	if (!p || !isdigit((unsigned char)*p))
		return READ_OTHER;
	number = strtoul(p, (char **)&p, 10);
	value = strchr(p, ':');
	if (*p != '/' || !value || value - p >= sizeof(file))
		return READ_OTHER;
	snprintf(file, sizeof(file), "%.*s", (int)(value - p - 1), p + 1);
	value = skip_space(value + 1);
	if (!t->memmap)
		t->memmap = calloc(1, sizeof(*t->memmap));
	if (!t->memmap)
		return bad(t, "out of memory");

	return memmap_file(t->memmap, number, file, t->at.file, value,
			   strlen(value), t->fault);
}
