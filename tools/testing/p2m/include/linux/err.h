/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_ERR_H
#define _STUB_LINUX_ERR_H

#include <stdbool.h>

#include <linux/errno.h>

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline bool IS_ERR(const void *p)
{
	return (unsigned long)p >= (unsigned long)-4095L;
}

#endif
