// SPDX-License-Identifier: GPL-2.0
/*
 * The memory layout of a Xen PV domain: where mem= and memmap= end RAM
 */

#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "mem-limit.h"

/* As next_arg() sees it: a space in quotes does not end a word. */
static const char __init_or_kunit *word_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !isspace(*p)); p++)
		if (*p == '"')
			quoted = !quoted;

	return p;
}

/* The SIZE of mem=, U64_MAX if there is none; "2GB" and "2G@1M" are 2G. */
static u64 __init_or_kunit lowest_of_mem(const char *p)
{
	char *end;

	return memparse(p, &end) ?: U64_MAX;
}

/* An entry of memmap=, U64_MAX if it is SIZE@ADDRESS or the like */
static u64 __init_or_kunit size_at(const char *p)
{
	char *end;
	u64 size = memparse(p, &end);

	return size && (!*end || !strchr("@#$!%", *end)) ? size : U64_MAX;
}

/* The lowest of "SIZE,SIZE@ADDRESS,...", which goes up to @end */
static u64 __init_or_kunit lowest_of_list(const char *p, const char *end)
{
	u64 lowest = size_at(p);

	for (; p < end; p++)
		if (*p == ',')
			lowest = min(lowest, size_at(p + 1));

	return lowest;
}

/* A value may be in quotes. */
static const char __init_or_kunit *value_at(const char *p)
{
	return p + (*p == '"');
}

/**
 * xen_layout_mem_limit() - find out where the command line makes RAM end
 * @line: the kernel's command line
 *
 * The kernel takes away the RAM above each mem=SIZE and memmap=SIZE, so the lowest
 * counts. See parse_memopt() and parse_memmap_opt() in arch/x86/kernel/e820.c.
 *
 * Context: boot only.
 *
 * Return: first byte after RAM, 0 if there is no such option.
 */
u64 __init_or_kunit xen_layout_mem_limit(const char *line)
{
	u64 limit = U64_MAX;
	const char *end;

	for (; *line; line = end + !!*end) {
		bool quoted = *line == '"';

		end = word_end(line);
		line += quoted;
		if (!strncmp(line, "mem=", 4))
			limit = min(limit, lowest_of_mem(value_at(line + 4)));
		else if (!strncmp(line, "memmap=", 7))
			limit = min(limit, lowest_of_list(value_at(line + 7), end));
		else if (end - line == 2 + quoted && !strncmp(line, "--", 2))
			break;
	}

	return limit == U64_MAX ? 0 : limit;
}
EXPORT_SYMBOL_IF_KUNIT(xen_layout_mem_limit);
