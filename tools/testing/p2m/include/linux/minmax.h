/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_MINMAX_H
#define _STUB_LINUX_MINMAX_H

/* The comparison of the pointers is for the warning about different types. */
#define min(x, y) ({					\
	typeof(x) _x = (x);				\
	typeof(y) _y = (y);				\
	(void)(&_x == &_y);				\
	_x < _y ? _x : _y; })

#define max(x, y) ({					\
	typeof(x) _x = (x);				\
	typeof(y) _y = (y);				\
	(void)(&_x == &_y);				\
	_x > _y ? _x : _y; })

#define min_t(type, x, y)	min((type)(x), (type)(y))

#define clamp(x, low, high)	min(max(x, low), high)

#endif
