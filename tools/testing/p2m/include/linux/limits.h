/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc includes it, too. */
#include_next <linux/limits.h>

#ifndef U64_MAX
#define U64_MAX	(~0ULL)
#endif
