/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_JSON_H
#define _XEN_P2M_TOOL_JSON_H

#include <cjson/cJSON.h>

#include "machine.h"

/* Of what all commands print; counts up when something changes its meaning. */
#define JSON_FORMAT	2

cJSON *json_new(const char *command);
/* Frees; -1 without memory for it */
int json_print(cJSON *root);

/* An object at the end of a list */
cJSON *json_row(cJSON *list);
/* Addresses and PFNs are strings: they are too large for JSON's numbers. */
void json_hex(cJSON *object, const char *name, u64 value);
/* "start" and "end" in bytes */
void json_range(cJSON *object, u64 start, u64 end);
/* "pfn" and "nr" */
void json_pfns(cJSON *object, unsigned long start, unsigned long end);
/* A row of a memory map, and one of a P2M */
void json_entry(cJSON *list, u64 start, u64 end, u32 type);
cJSON *json_extent(cJSON *list, const struct extent *e, const char *type);
void json_notes(cJSON *object, const char *name, const struct notes *notes);
/* What is empty, or NULL, is null. */
void json_text(cJSON *object, const char *name, const char *text);

#endif /* _XEN_P2M_TOOL_JSON_H */
