/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc includes it, too. */
#include_next <linux/kernel.h>

#ifndef _STUB_LINUX_KERNEL_H
#define _STUB_LINUX_KERNEL_H

#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
