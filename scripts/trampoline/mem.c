// SPDX-License-Identifier: GPL-2.0

#include "mem.h"

/* The compiler may call these two by itself. */
void *memcpy(void *dst, const void *src, size_t len)
{
	size_t words = len / 4;
	void *to = dst;

	len %= 4;
	asm volatile("rep movsl"
		     : "+D" (to), "+S" (src), "+c" (words) : : "memory");
	asm volatile("rep movsb"
		     : "+D" (to), "+S" (src), "+c" (len) : : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t len)
{
	void *to = dst;

	asm volatile("rep stosb" : "+D" (to), "+c" (len) : "a" (c) : "memory");
	return dst;
}
