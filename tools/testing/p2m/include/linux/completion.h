/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_COMPLETION_H
#define _STUB_LINUX_COMPLETION_H

#include <pthread.h>
#include <stdbool.h>

struct completion {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
};

static inline void init_completion(struct completion *c)
{
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->cond, NULL);
	c->done = false;
}

static inline void complete(struct completion *c)
{
	pthread_mutex_lock(&c->lock);
	c->done = true;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->lock);
}

static inline bool try_wait_for_completion(struct completion *c)
{
	bool done;

	pthread_mutex_lock(&c->lock);
	done = c->done;
	c->done = false;
	pthread_mutex_unlock(&c->lock);

	return done;
}

static inline void wait_for_completion(struct completion *c)
{
	pthread_mutex_lock(&c->lock);
	while (!c->done)
		pthread_cond_wait(&c->cond, &c->lock);
	c->done = false;
	pthread_mutex_unlock(&c->lock);
}

#endif
