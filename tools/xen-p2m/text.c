// SPDX-License-Identifier: GPL-2.0
/*
 * Words of a line, and what a line may look like
 */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

int bad(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfault_in(t->fault, &t->at, fmt, args);
	va_end(args);

	return READ_BAD;
}

bool skip(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len))
		return false;
	*p += len;

	return true;
}

const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;

	return p;
}

const char *text_after(const char *text, const char *word)
{
	const char *p = strstr(text, word);

	return p ? p + strlen(word) : NULL;
}

unsigned int hex(const char **p, u64 *value)
{
	unsigned int nr = 0, significant = 0;
	const char *q = *p;

	if (q[0] == '0' && q[1] == 'x')
		q += 2;
	for (*value = 0; isxdigit((unsigned char)*q); q++, nr++) {
		int digit = isdigit((unsigned char)*q) ? *q - '0' :
			    tolower((unsigned char)*q) - 'a' + 10;

		*value = *value << 4 | digit;
		if (significant || digit)
			significant++;
	}
	if (significant > 16)
		return 0;
	*p = q;

	return nr;
}

bool hex_pair(const char **p, const char *separator, u64 *a, u64 *b)
{
	return hex(p, a) && skip(p, separator) && hex(p, b);
}

int inclusive(struct text *t, u64 last, u64 *end)
{
	*end = last + 1;
	if (!*end)
		return bad(t, "range reaches the end of the address space");

	return 0;
}

void copy_word(const char *p, const char *stop, char *buf, size_t size)
{
	size_t len = strcspn(p, stop);

	if (len >= size)
		len = size - 1;
	memcpy(buf, p, len);
	buf[len] = '\0';
}

void copy_option(const char *line, const char *option, char *buf, size_t size)
{
	const char *start = line, *p;
	size_t len, nr;

	/* Behind a space: not the end of another option's name */
	for (; (start = strstr(start, option)); start = p) {
		p = start + strlen(option);
		if (start > line && start[-1] != ' ')
			continue;
		len = strcspn(p, " ");
		nr = strlen(buf);
		if (nr + len + 1 >= size)
			continue;
		snprintf(buf + nr, size - nr, "%s%.*s", nr ? " " : "",
			 (int)len, p);
	}
}

/* --- what a line may look like ---------------------------------------------- */

/* Two numbers of 5 digits and more with no more than a dash or comma between */
static const char *after_range(const char *line)
{
	const char *p = line, *q;
	u64 value;

	while (*p) {
		if (!isxdigit((unsigned char)*p)) {
			p++;
			continue;
		}
		if (hex(&p, &value) < 5) {
			p += strspn(p, "0123456789abcdefABCDEF");
			continue;
		}
		q = skip_space(p);
		if (*q != '-' && *q != ',')
			continue;
		q = skip_space(q + 1);
		if (hex(&q, &value) >= 5)
			return q;
	}

	return NULL;
}

/* "] usable", " (reserved)", " : System RAM" */
static bool has_type(const char *p)
{
	size_t len;
	u32 type;

	p += strspn(p, " ]:(\t");
	len = strlen(p);
	if (len && p[len - 1] == ')' && !memchr(p, '(', len))
		len--;

	return len && type_from_name(p, len, &type);
}

/*
 * An entry of a memory map, a BAR or an aperture. Not the changes that a kernel
 * makes to its own map, which the planner makes itself.
 */
bool looks_like_ours(const char *line)
{
	const char *p = after_range(line), *at;
	u64 value;

	if (strstr(line, "e820: remove ") || strstr(line, "setup_data: ") ||
	    strstr(line, "modified: "))
		return false;
	if (p && has_type(p))
		return true;
	at = text_after(line, "Memory at ");
	if (at && hex(&at, &value) >= 5)
		return true;

	return p && (strstr(line, " BAR ") || strstr(line, ": reg ") ||
		     strstr(line, "bus resource") || strstr(line, " BAR") ||
		     strstr(line, "host bridge window"));
}
