/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_MATH_H
#define _STUB_LINUX_MATH_H

#define DIV_ROUND_UP(n, d) ({				\
	typeof(d) _d = (d);				\
	((n) + _d - 1) / _d; })

#endif
