// SPDX-License-Identifier: GPL-2.0
/*
 * Reads memory maps as JSON: those of collections ("e820" is a list of
 * [start, end, type], with "windows" and "bars"), what "plan --json" prints, and
 * what "dmesg --json" does
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <linux/kernel.h>

#include "text.h"

struct json {
	struct machine *m;
	const char *file;
	struct place at;	/* of ranges: the file */
	const char *list;	/* the list which is read */
	unsigned int row;
	struct fault *fault;
};

static unsigned int line_of(const char *text, const char *at)
{
	unsigned int line = 1;

	for (; text < at; text++)
		line += *text == '\n';

	return line;
}

/* --- rows --------------------------------------------------------------------- */

static int bad_row(const struct json *j, const char *what)
{
	return fault_at(j->fault, j->file, 0, "%s[%u]: %s", j->list, j->row,
			what);
}

/* A hex string, as addresses are too large for the numbers of JSON */
static int number(const struct json *j, const cJSON *item, u64 *value)
{
	const char *text = cJSON_GetStringValue(item);

	if (!text || strncmp(text, "0x", 2) ||
	    !isxdigit((unsigned char)text[2]))
		return bad_row(j, "an address has to be a string like \"0x1000\"");
	if (!hex(&text, value) || *text)
		return bad_row(j, "not a hexadecimal number of 64 bits");

	return 0;
}

/* Member @index of a list, or @name of an object */
static const cJSON *member(const cJSON *row, int index, const char *name)
{
	if (cJSON_IsArray(row))
		return cJSON_GetArrayItem(row, index);

	return cJSON_GetObjectItemCaseSensitive(row, name);
}

static int read_range(const struct json *j, const cJSON *row, int first,
		      u64 *start, u64 *end)
{
	if (number(j, member(row, first, "start"), start) ||
	    number(j, member(row, first + 1, "end"), end))
		return -1;
	if (*start >= *end)
		return bad_row(j, "ends before it starts");

	return 0;
}

static int e820_row(struct json *j, const cJSON *row)
{
	const char *type = cJSON_GetStringValue(member(row, 2, "type"));
	struct place at = { .line = 0 };
	u64 start, end;
	u32 nr;

	if (read_range(j, row, 0, &start, &end))
		return -1;
	if (!type || !type_from_name(type, strlen(type), &nr))
		return bad_row(j, "unknown type");
	snprintf(at.file, sizeof(at.file), "%.40s: e820[%u]", j->file, j->row);

	return map_entry_add(j->m, SOURCE_JSON, start, end, nr, &at, j->fault);
}

static int window_row(struct json *j, const cJSON *row)
{
	u64 start, end;

	if (read_range(j, row, 0, &start, &end))
		return -1;

	return pci_add(&j->m->pci, PCI_APERTURE, "aperture", start, end, &j->at,
		       j->fault);
}

static int bar_row(struct json *j, const cJSON *row)
{
	const char *device = cJSON_GetStringValue(member(row, 0, "device"));
	const char *what = cJSON_GetStringValue(member(row, 3, "resource"));
	char name[64];
	u64 start, end;

	if (read_range(j, row, 1, &start, &end))
		return -1;
	if (!device)
		return bad_row(j, "no device");
	/* Our own output has both in one. */
	if (what)
		snprintf(name, sizeof(name), "%.20s %.40s", device, what);
	else
		snprintf(name, sizeof(name), "%.60s", device);

	return pci_add(&j->m->pci, PCI_BAR, name, start, end, &j->at, j->fault);
}

static int read_list(struct json *j, const cJSON *list,
		     int (*read_row)(struct json *j, const cJSON *row))
{
	const cJSON *row;

	j->row = 0;
	if (list && !cJSON_IsArray(list))
		return fault_at(j->fault, j->file, 0, "%s is no list", j->list);
	cJSON_ArrayForEach(row, list) {
		if (read_row(j, row))
			return -1;
		j->row++;
	}

	return 0;
}

/* {"dmesg": [{"msg": LINE}, ...]} */
static int read_dmesg(struct json *j, const cJSON *root)
{
	const cJSON *item;
	char *text = NULL;
	size_t size = 0;
	FILE *log = open_memstream(&text, &size);
	int err;

	if (!log)
		return fault_at(j->fault, j->file, 0, "out of memory");
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "dmesg")) {
		const char *line = cJSON_GetStringValue(member(item, -1, "msg"));

		fprintf(log, "%s\n", line ? line : "");
	}
	if (fclose(log))
		err = fault_at(j->fault, j->file, 0, "out of memory");
	else
		err = parse_text(j->m, j->file, text, size, j->fault);
	free(text);

	return err;
}

static int read_root(struct json *j, const cJSON *root)
{
	static const struct {
		const char *name;
		int (*read_row)(struct json *j, const cJSON *row);
	} lists[] = {
		{ "e820", e820_row }, { "windows", window_row }, { "bars", bar_row },
	};
	const cJSON *input;
	unsigned int i;
	int err = 0;

	if (cJSON_HasObjectItem(root, "dmesg"))
		return read_dmesg(j, root);
	/* Our own output: what was planned from, not what was planned */
	input = cJSON_GetObjectItemCaseSensitive(root, "input");
	if (!cJSON_IsObject(input))
		input = root;
	if (!cJSON_HasObjectItem(input, "e820"))
		return fault_at(j->fault, j->file, 0, "no list \"e820\" in it");
	for (i = 0; !err && i < ARRAY_SIZE(lists); i++) {
		j->list = lists[i].name;
		err = read_list(j, cJSON_GetObjectItemCaseSensitive(input, j->list),
				lists[i].read_row);
	}

	return err;
}

int parse_json(struct machine *m, const char *name, const char *text,
	       size_t size, struct fault *fault)
{
	struct json j = { .m = m, .file = name, .fault = fault };
	const char *stop = text;
	cJSON *root;
	int err;

	snprintf(j.at.file, sizeof(j.at.file), "%s", name);
	root = cJSON_ParseWithLengthOpts(text, size, &stop, false);
	if (!root) {
		if (stop < text || stop > text + size)
			stop = text + size;
		return fault_at(fault, name, line_of(text, stop),
				"not valid JSON here");
	}
	err = read_root(&j, root);
	if (!m->format)
		m->format = "json";
	cJSON_Delete(root);

	return err;
}
