/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_ALIGN_H
#define _STUB_LINUX_ALIGN_H

#define ALIGN(x, a)		(((x) + ((a) - 1)) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))

#endif
