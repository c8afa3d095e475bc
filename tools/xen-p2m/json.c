// SPDX-License-Identifier: GPL-2.0
/*
 * What the commands print as JSON is made of
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"

cJSON *json_new(const char *command)
{
	cJSON *root = cJSON_CreateObject();

	cJSON_AddStringToObject(root, "command", command);
	cJSON_AddNumberToObject(root, "format_version", JSON_FORMAT);

	return root;
}

int json_print(cJSON *root)
{
	char *text = cJSON_Print(root);

	cJSON_Delete(root);
	if (!text)
		return -1;
	puts(text);
	free(text);

	return 0;
}

cJSON *json_row(cJSON *list)
{
	cJSON *row = cJSON_CreateObject();

	cJSON_AddItemToArray(list, row);

	return row;
}

void json_hex(cJSON *object, const char *name, u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%lx", value);
	cJSON_AddStringToObject(object, name, text);
}

void json_range(cJSON *object, u64 start, u64 end)
{
	json_hex(object, "start", start);
	json_hex(object, "end", end);
}

void json_pfns(cJSON *object, unsigned long start, unsigned long end)
{
	json_hex(object, "pfn", start);
	cJSON_AddNumberToObject(object, "nr", end - start);
}

void json_entry(cJSON *list, u64 start, u64 end, u32 type)
{
	cJSON *row = json_row(list);

	json_range(row, start, end);
	cJSON_AddStringToObject(row, "type", type_name(type));
}

cJSON *json_extent(cJSON *list, const struct extent *e, const char *type)
{
	cJSON *row = json_row(list);

	json_pfns(row, e->start, e->end);
	cJSON_AddStringToObject(row, "type", type);

	return row;
}

void json_notes(cJSON *object, const char *name, const struct notes *notes)
{
	cJSON *list = cJSON_AddArrayToObject(object, name);
	unsigned int i;

	for (i = 0; i < notes->nr; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(notes->text[i]));
}

void json_text(cJSON *object, const char *name, const char *text)
{
	if (text && *text)
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
}
