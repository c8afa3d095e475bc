/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc includes it, too. */
#include_next <linux/stddef.h>
#include <stddef.h>
