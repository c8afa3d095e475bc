// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out which format an input has, and has it read by the reader of that
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine.h"

/* The program that has compressed it, or NULL */
static const char *packer(const char *text, size_t size)
{
	if (size >= 2 && !memcmp(text, "\x1f\x8b", 2))
		return "gzip";
	if (size >= 6 && !memcmp(text, "\xfd" "7zXZ\0", 6))
		return "xz";
	if (size >= 4 && !memcmp(text, "\x28\xb5\x2f\xfd", 4))
		return "zstd";

	return NULL;
}

int machine_parse(struct machine *m, const char *name, const char *text,
		  size_t size, struct fault *fault)
{
	const char *by = packer(text, size);
	/* Behind a byte order mark */
	size_t i = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;

	if (by)
		return fault_at(fault, name, 0,
				"compressed; unpack it first: %s -dc %s | xen-p2m plan",
				by, name);
	if (is_tar(text, size))
		return parse_tar(m, name, text, size, fault);
	while (i < size && isspace((unsigned char)text[i]))
		i++;
	if (i < size && text[i] == '{')
		return parse_json(m, name, text + i, size - i, fault);

	return parse_text(m, name, text, size, fault);
}

int machine_read(struct machine *m, const char *path, struct fault *fault)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "<stdin>" : path;
	struct stat st;
	size_t size;
	char *text;
	int err = -1;

	if (!(is_stdin ? fstat(0, &st) : stat(path, &st)) && S_ISDIR(st.st_mode))
		return read_memmap(m, path, fault);
	text = is_stdin ? read_fd(0, name, &size, fault) :
			  read_file(path, &size, fault);
	if (text)
		err = machine_parse(m, name, text, size, fault);
	free(text);

	return err;
}
