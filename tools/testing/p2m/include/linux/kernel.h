/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc includes it, too. */
#include_next <linux/kernel.h>

#ifndef _STUB_LINUX_KERNEL_H
#define _STUB_LINUX_KERNEL_H

#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What was written, not what there was to write */
#define scnprintf(buf, size, ...) ({					\
	size_t _size = (size);						\
	int _nr = snprintf(buf, _size, __VA_ARGS__);			\
									\
	!_size ? 0 : _nr < (int)_size ? _nr : (int)_size - 1; })

#endif
