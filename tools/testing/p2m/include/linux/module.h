/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_MODULE_H
#define _STUB_LINUX_MODULE_H

#include <assert.h>

#define MODULE_DESCRIPTION(s)	static_assert(sizeof(s), "")
#define MODULE_AUTHOR(s)	static_assert(sizeof(s), "")
#define MODULE_LICENSE(s)	static_assert(sizeof(s), "")
#define MODULE_INFO(tag, s)	static_assert(sizeof(s), "")

#endif
