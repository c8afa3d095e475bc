/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_BUILD_BUG_H
#define _STUB_LINUX_BUILD_BUG_H

#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)

#endif
