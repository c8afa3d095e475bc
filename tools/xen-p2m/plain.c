// SPDX-License-Identifier: GPL-2.0
/*
 * Takes off a text what terminals, browsers and editors have put around it
 */

#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "text.h"

/* What stands for a character; in UTF-8, but for the entities of HTML */
static const struct {
	const char *odd;
	const char *plain;
} odd_ones[] = {
	{ "\xef\xbb\xbf", "" },			/* byte order mark */
	{ "\xc2\xa0", " " },			/* no-break space */
	{ "\xe2\x80\xaf", " " },		/* narrow no-break space */
	{ "\xe2\x80\x8b", "" },			/* zero width space */
	{ "\xe2\x80\x90", "-" },		/* hyphen */
	{ "\xe2\x80\x91", "-" },		/* no-break hyphen */
	{ "\xe2\x80\x93", "-" },		/* en dash */
	{ "\xe2\x88\x92", "-" },		/* minus */
	{ "&nbsp;", " " },
	{ "&#160;", " " },
	{ "&gt;", ">" },
	{ "&lt;", "<" },
	{ "&quot;", "\"" },
	{ "&#39;", "'" },
	{ "&amp;", "&" },
	{ "\r\n", "\n" },
	{ "\r", "\n" },
};

/* Length of an escape sequence of a terminal at @p: ESC [ ... letter; or 0 */
static size_t escape_length(const char *p, size_t left)
{
	size_t i;

	if (left < 2 || p[0] != '\x1b' || p[1] != '[')
		return 0;
	for (i = 2; i < left && i < 16; i++)
		if (p[i] >= '@' && p[i] <= '~')
			return i + 1;

	return 0;
}

/* The odd one at @p, or -1 */
static int odd_at(const char *p, size_t left)
{
	unsigned int i;

	if (!strchr("\xef\xc2\xe2&\r", *p) || !*p)
		return -1;
	for (i = 0; i < ARRAY_SIZE(odd_ones); i++)
		if (strlen(odd_ones[i].odd) <= left &&
		    !memcmp(p, odd_ones[i].odd, strlen(odd_ones[i].odd)))
			return i;

	return -1;
}

/* Of UTF-16 the characters of ASCII, and a question mark for any other */
static size_t from_utf16(char *text, size_t size)
{
	size_t high = (unsigned char)text[0] == 0xff, i, nr = 0;

	for (i = 2; i + 1 < size; i += 2)
		text[nr++] = text[i + high] ? '?' : text[i + !high];

	return nr;
}

static bool is_utf16(const char *text, size_t size)
{
	return size >= 2 && (!memcmp(text, "\xff\xfe", 2) ||
			     !memcmp(text, "\xfe\xff", 2));
}

/* Never longer than @text, so that it is done in place; NULL: out of memory */
char *plain_text(const char *text, size_t size, size_t *plain_size)
{
	char *plain = malloc(size + 1);
	size_t from, to = 0, len;
	int odd;

	if (!plain)
		return NULL;
	memcpy(plain, text, size);
	if (is_utf16(text, size))
		size = from_utf16(plain, size);
	for (from = 0; from < size; from += len) {
		len = escape_length(plain + from, size - from);
		if (len)
			continue;
		odd = odd_at(plain + from, size - from);
		if (odd < 0) {
			len = 1;
			plain[to++] = plain[from];
			continue;
		}
		len = strlen(odd_ones[odd].odd);
		memcpy(plain + to, odd_ones[odd].plain,
		       strlen(odd_ones[odd].plain));
		to += strlen(odd_ones[odd].plain);
	}
	plain[to] = '\0';
	*plain_size = to;

	return plain;
}
