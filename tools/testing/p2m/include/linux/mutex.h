/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_MUTEX_H
#define _STUB_LINUX_MUTEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct mutex {
	pthread_mutex_t mutex;
};

#define DEFINE_MUTEX(m) \
	struct mutex m = { PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP }

static inline void mutex_init(struct mutex *m)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static inline void mutex_destroy(struct mutex *m)
{
	pthread_mutex_destroy(&m->mutex);
}

static inline void mutex_lock(struct mutex *m)
{
	if (pthread_mutex_lock(&m->mutex))
		abort();
}

static inline void mutex_unlock(struct mutex *m)
{
	if (pthread_mutex_unlock(&m->mutex))
		abort();
}

static inline bool mutex_is_locked(struct mutex *m)
{
	if (pthread_mutex_trylock(&m->mutex))
		return true;
	pthread_mutex_unlock(&m->mutex);

	return false;
}

#endif
