/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc may include it, too. */
#include_next <linux/random.h>

#ifndef _STUB_LINUX_RANDOM_H
#define _STUB_LINUX_RANDOM_H

#include <stdlib.h>
#include <sys/random.h>

#include <linux/types.h>

static inline u64 get_random_u64(void)
{
	u64 value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		abort();

	return value;
}

#endif
