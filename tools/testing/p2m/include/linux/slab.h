/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_SLAB_H
#define _STUB_LINUX_SLAB_H

#include <stdlib.h>

#include <linux/types.h>

static inline void *kmalloc_array(size_t n, size_t size,
				  unsigned int gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : malloc(bytes);
}

static inline void *kzalloc(size_t size, unsigned int gfp)
{
	return calloc(1, size);
}

static inline void *kvcalloc(size_t n, size_t size, unsigned int gfp)
{
	return calloc(n, size);
}

static inline void *kvzalloc(size_t size, unsigned int gfp)
{
	return calloc(1, size);
}

static inline void kfree(const void *p)
{
	free((void *)p);
}

static inline void kvfree(const void *p)
{
	free((void *)p);
}

#endif
