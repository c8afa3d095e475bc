// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes, numbers and ranges, as they stand on command lines
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

bool parse_size(const char *text, size_t len, u64 unit, u64 *bytes)
{
	static const char letters[] = "bkmgt";
	const char *letter;
	u64 value = 0;
	size_t i = 0;

	if (len > 2 && text[0] == '0' && tolower((unsigned char)text[1]) == 'x') {
		for (i = 2; i < len && isxdigit((unsigned char)text[i]); i++) {
			int c = tolower((unsigned char)text[i]);

			if (value >> 60)
				return false;
			value = value << 4 | (isdigit(c) ? c - '0' : c - 'a' + 10);
		}
		if (i == 2)
			return false;
	} else {
		for (; i < len && isdigit((unsigned char)text[i]); i++)
			if (__builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, text[i] - '0', &value))
				return false;
		if (!i)
			return false;
	}
	if (i < len) {
		letter = strchr(letters, tolower((unsigned char)text[i]));
		if (!letter || !*letter || i + 1 != len)
			return false;
		unit = (u64)1 << (10 * (letter - letters));
	}

	return !__builtin_mul_overflow(value, unit, bytes);
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
