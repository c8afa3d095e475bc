/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages and memory of the suite's own, in place of the kernel's
 *
 * To be included right before what is to use them, after all of the rest.
 */
#ifndef _XEN_P2M_KUNIT_FAKE_KERNEL_H
#define _XEN_P2M_KUNIT_FAKE_KERNEL_H

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

/* --- messages: what was said since a test emptied it, each time ----------------- */

static char fake_said[512];

#define fake_say(fmt, ...) do {						\
	size_t _len = strlen(fake_said);				\
									\
	snprintf(fake_said + _len, sizeof(fake_said) - _len, fmt,	\
		 ##__VA_ARGS__);					\
} while (0)

#undef pr_info_once
#define pr_info_once	fake_say
#undef pr_warn_once
#define pr_warn_once	fake_say

/* --- memory: may fail, and is counted -------------------------------------------- */

static bool fake_no_memory;
static int fake_allocated;

static void *fake_alloc(size_t size)
{
	void *p = fake_no_memory ? NULL : kzalloc(size, GFP_KERNEL);

	fake_allocated += !!p;

	return p;
}

static void fake_free(const void *p)
{
	fake_allocated -= !!p;
	kfree(p);
}

#undef kzalloc
#define kzalloc(size, gfp)	((void)(gfp), fake_alloc(size))
#undef kfree
#define kfree			fake_free

#endif /* _XEN_P2M_KUNIT_FAKE_KERNEL_H */
