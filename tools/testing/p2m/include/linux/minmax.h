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
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define clamp_t(type, x, low, high)	\
	min_t(type, max_t(type, x, low), high)

#endif
