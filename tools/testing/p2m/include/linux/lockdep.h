/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_LOCKDEP_H
#define _STUB_LINUX_LOCKDEP_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <linux/mutex.h>

/* By whom it is held is not known here. */
#define lockdep_assert_held(m) do {					\
	if (pthread_mutex_trylock(&(m)->mutex) != EBUSY)		\
		abort();						\
} while (0)

#endif
