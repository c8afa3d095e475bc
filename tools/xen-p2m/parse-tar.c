// SPDX-License-Identifier: GPL-2.0
/*
 * Reads tar archives of plain files, of which some may be of /sys/firmware/memmap
 *
 * By hand: libarchive would save some twenty lines, for one more library in each
 * build and package.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define BLOCK		512

bool is_tar(const char *text, size_t size)
{
	return size >= BLOCK && !memcmp(text + 257, "ustar", 5);
}

/* Octal digits, followed by spaces or NUL */
static bool octal(const char *field, size_t len, size_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*value = *value * 8 + (field[i] - '0');

	return i && (i == len || !field[i] || field[i] == ' ');
}

/* NUMBER/FILE at the end of a path, after "memmap/" or alone */
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
	/* Archives in the archive are not read: they could nest without end. */
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
