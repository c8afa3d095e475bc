/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One lock for all readers: who takes it for writing has waited for them. It
 * orders more than RCU does, but only where a writer waits.
 */
#ifndef _STUB_LINUX_RCUPDATE_H
#define _STUB_LINUX_RCUPDATE_H

#include <pthread.h>

extern pthread_rwlock_t stub_rcu;

static inline void rcu_read_lock(void)
{
	pthread_rwlock_rdlock(&stub_rcu);
}

static inline void rcu_read_unlock(void)
{
	pthread_rwlock_unlock(&stub_rcu);
}

static inline void synchronize_rcu(void)
{
	pthread_rwlock_wrlock(&stub_rcu);
	pthread_rwlock_unlock(&stub_rcu);
}

#endif
