/* SPDX-License-Identifier: GPL-2.0 */
/* A parameter is taken from the environment variable of its name. */
#ifndef _STUB_LINUX_MODULEPARAM_H
#define _STUB_LINUX_MODULEPARAM_H

#include <assert.h>
#include <stdlib.h>

#define ulong	unsigned long

#define MODULE_PARM_DESC(name, s) \
	static_assert(sizeof(name) && sizeof(s), "")

#define module_param(name, type, perm)					\
	static void __attribute__((__constructor__)) stub_param_##name(void) \
	{								\
		const char *value = getenv(#name);			\
									\
		if (value)						\
			name = strtoul(value, NULL, 0);			\
	}								\
	static_assert(sizeof(type) && (perm) >= 0, "")

#endif
