/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_JIFFIES_H
#define _STUB_LINUX_JIFFIES_H

#include <time.h>

#define HZ	1000UL
#define jiffies	stub_jiffies()

static inline unsigned long stub_jiffies(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * HZ + now.tv_nsec / (1000000000L / (long)HZ);
}

#define time_after(a, b)	((long)((b) - (a)) < 0)

#endif
