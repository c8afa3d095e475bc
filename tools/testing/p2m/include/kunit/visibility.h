/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_KUNIT_VISIBILITY_H
#define _STUB_KUNIT_VISIBILITY_H

#include <assert.h>

#define EXPORT_SYMBOL_IF_KUNIT(s)	static_assert(sizeof(&s), "")

#endif
