/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: libc includes it, too, and more than once. */
#include_next <linux/errno.h>
