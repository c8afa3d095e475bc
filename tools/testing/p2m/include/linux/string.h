/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc may include it, too. */
#include_next <linux/string.h>
#include <string.h>

#ifndef _STUB_LINUX_STRING_H
#define _STUB_LINUX_STRING_H

#include <stddef.h>
#include <stdlib.h>

static inline void strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (len >= size)
		len = size - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
}

static inline unsigned long long memparse(const char *p, char **end)
{
	static const char units[] = "kmgtpe";
	unsigned long long value;
	const char *unit;

	/* No number to the kernel: libc takes spaces and signs, too. */
	*end = (char *)p;
	if (*p < '0' || *p > '9')
		return 0;
	value = strtoull(p, end, 0);
	unit = **end ? strchr(units, **end | 0x20) : NULL;
	if (!unit)
		return value;
	++*end;

	return value << 10 * (unit - units + 1);
}

#endif
