// SPDX-License-Identifier: GPL-2.0
/*
 * Reads memory maps as JSON: those of collections ("e820" is a list of
 * [start, end, type], with "windows" and "bars") and what "plan --json" prints
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "machine.h"

struct json {
	struct machine *m;
	const char *file;
	const char *text;
	const char *end;
	const char *list;	/* the list which is read */
	bool in_input;		/* the lists are in the member "input" */
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

/* --- where a value is, which the library does not keep ------------------------ */

/*
 * The text is known to be JSON, so this need not find out. What it cannot follow
 * all the same, as a name in escapes, costs the line number.
 */
static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ')
		p++;

	return p;
}

/* @p is at the opening quote. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;

	return p < end ? p + 1 : end;
}

static const char *skip_value(const char *p, const char *end)
{
	unsigned int depth = 0;

	while (p < end) {
		if (!depth && strchr(",]}", *p))
			break;
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		depth += *p == '[' || *p == '{';
		depth -= *p == ']' || *p == '}';
		p++;
	}

	return p;
}

/* The value of a member of the object at @p; NULL: there is none */
static const char *find_member(const char *p, const char *end, const char *name)
{
	size_t len = strlen(name);
	const char *key;
	bool found;

	if (p == end || *p != '{')
		return NULL;
	for (p++; p < end && *p != '}'; p += p < end && *p == ',') {
		p = key = skip_space(p, end);
		if (p == end || *p != '"')
			return NULL;
		p = skip_string(p, end);
		found = p - key == len + 2 && !memcmp(key + 1, name, len);
		p = skip_space(p, end);
		p = skip_space(p + (p < end), end);
		if (found)
			return p;
		p = skip_space(skip_value(p, end), end);
	}

	return NULL;
}

/* Row @row of the list at @p */
static const char *find_row(const char *p, const char *end, unsigned int row)
{
	if (p == end || *p != '[')
		return NULL;
	for (p++; row && p < end; row--) {
		p = skip_value(p, end);
		p += p < end;
	}

	return skip_space(p, end);
}

/* Line of the row which is read; 0: not known */
static unsigned int line_of_row(const struct json *j)
{
	const char *p = skip_space(j->text, j->end);

	if (j->in_input)
		p = find_member(p, j->end, "input");
	if (p)
		p = find_member(p, j->end, j->list);
	if (p)
		p = find_row(p, j->end, j->row);

	return p ? line_of(j->text, p) : 0;
}

/* --- rows --------------------------------------------------------------------- */

static int bad_row(const struct json *j, const char *what)
{
	return fault_at(j->fault, j->file, line_of_row(j), "%s[%u]: %s",
			j->list, j->row, what);
}

/* A hex string, as addresses are too large for the numbers of JSON */
static int number(const struct json *j, const cJSON *item, u64 *value)
{
	const char *text = cJSON_GetStringValue(item);
	char *end;

	if (!text || strncmp(text, "0x", 2) ||
	    !isxdigit((unsigned char)text[2]))
		return bad_row(j, "an address has to be a string like \"0x1000\"");
	errno = 0;
	*value = strtoull(text + 2, &end, 16);
	if (errno || *end)
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
	struct place at = { .line = line_of_row(j) };
	u64 start, end;
	u32 nr;

	if (read_range(j, row, 0, &start, &end))
		return -1;
	if (!type || !type_from_name(type, strlen(type), &nr))
		return bad_row(j, "unknown type");
	snprintf(at.file, sizeof(at.file), "%s", j->file);

	return map_entry_add(j->m, SOURCE_JSON, start, end, nr, &at, j->fault);
}

static int window_row(struct json *j, const cJSON *row)
{
	struct place at = { .line = line_of_row(j) };
	u64 start, end;

	if (read_range(j, row, 0, &start, &end))
		return -1;
	snprintf(at.file, sizeof(at.file), "%s", j->file);

	return pci_add(&j->m->pci, PCI_APERTURE, "aperture", start, end, &at,
		       j->fault);
}

static int bar_row(struct json *j, const cJSON *row)
{
	const char *device = cJSON_GetStringValue(member(row, 0, "device"));
	const char *what = cJSON_GetStringValue(member(row, 3, "resource"));
	struct place at = { .line = line_of_row(j) };
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
	snprintf(at.file, sizeof(at.file), "%s", j->file);

	return pci_add(&j->m->pci, PCI_BAR, name, start, end, &at, j->fault);
}

static int each_row(struct json *j, const cJSON *list, const char *name,
		    int (*row)(struct json *j, const cJSON *row))
{
	const cJSON *item;
	int err = 0;

	j->list = name;
	j->row = 0;
	if (!list)
		return 0;
	if (!cJSON_IsArray(list))
		return fault_at(j->fault, j->file, 0, "%s is no list", name);
	cJSON_ArrayForEach(item, list) {
		err = row(j, item);
		if (err)
			break;
		j->row++;
	}

	return err;
}

static int read_root(struct json *j, const cJSON *root)
{
	const cJSON *from = root, *input;
	int err;

	/* Our own output: what was planned from, not what was planned */
	input = cJSON_GetObjectItemCaseSensitive(root, "input");
	j->in_input = cJSON_IsObject(input);
	if (j->in_input)
		from = input;
	if (!cJSON_HasObjectItem(from, "e820"))
		return fault_at(j->fault, j->file, 0, "no list \"e820\" in it");
	err = each_row(j, cJSON_GetObjectItemCaseSensitive(from, "e820"),
		       "e820", e820_row);
	if (!err)
		err = each_row(j, cJSON_GetObjectItemCaseSensitive(from, "windows"),
			       "windows", window_row);
	if (!err)
		err = each_row(j, cJSON_GetObjectItemCaseSensitive(from, "bars"),
			       "bars", bar_row);

	return err;
}

int parse_json(struct machine *m, const char *name, const char *text,
	       size_t size, struct fault *fault)
{
	struct json j = { .m = m, .file = name, .text = text,
			  .end = text + size, .fault = fault };
	const char *stop = text;
	cJSON *root;
	int err;

	root = cJSON_ParseWithLengthOpts(text, size, &stop, false);
	if (!root) {
		if (stop < text || stop > text + size)
			stop = text + size;
		return fault_at(fault, name, line_of(text, stop),
				"not valid JSON here");
	}
	m->format = "json";
	err = read_root(&j, root);
	cJSON_Delete(root);

	return err;
}
