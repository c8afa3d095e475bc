// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes, numbers and ranges, as they stand on command lines
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan.h"

int unit_shift(char letter)
{
	static const char letters[] = "bkmgt";
	const char *at = strchr(letters, tolower((unsigned char)letter));

	return letter && at ? 10 * (at - letters) : -1;
}

bool parse_size(const char *text, size_t len, u64 unit, u64 *bytes)
{
	int base = strncasecmp(text, "0x", 2) ? 10 : 16;
	char word[32], *end;
	u64 value;

	if (len >= sizeof(word) || !isdigit((unsigned char)text[0]))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	errno = 0;
	value = strtoull(word, &end, base);
	if (errno)
		return false;
	if (unit_shift(*end) >= 0)
		unit = (u64)1 << unit_shift(*end++);

	return !*end && !__builtin_mul_overflow(value, unit, bytes);
}

bool parse_count(const char *text, unsigned long *count)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*count = strtoul(text, &end, 0);

	return !errno && !*end;
}

bool parse_span(const char *text, struct span *span)
{
	const char *dash = strchr(text, '-');

	if (!dash || !parse_size(text, dash - text, 1, &span->start) ||
	    !parse_size(dash + 1, strlen(dash + 1), 1, &span->end))
		return false;

	return span->start < span->end;
}
