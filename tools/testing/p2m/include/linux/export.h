/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_EXPORT_H
#define _STUB_LINUX_EXPORT_H

#include <assert.h>

#define EXPORT_SYMBOL_GPL(s)	static_assert(sizeof(&s), "")

#endif
