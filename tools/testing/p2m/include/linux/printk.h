/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_PRINTK_H
#define _STUB_LINUX_PRINTK_H

#include <stdio.h>

/* Once, as in the kernel. "#" begins what KTAP leaves alone. */
#define printk_stub_once(fmt, ...) do {			\
	static bool _said;				\
							\
	if (!_said)					\
		printf("# " fmt, ##__VA_ARGS__);	\
	_said = true;					\
} while (0)

#define pr_info_once(fmt, ...)	printk_stub_once(fmt, ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)	printk_stub_once(fmt, ##__VA_ARGS__)

#endif
