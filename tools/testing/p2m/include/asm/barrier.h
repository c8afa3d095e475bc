/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_ASM_BARRIER_H
#define _STUB_ASM_BARRIER_H

/* Stronger than needed, each for the one of its name */
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
/* Likewise */
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
/* Likewise */
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* Likewise */
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
