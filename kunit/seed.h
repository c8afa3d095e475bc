/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the random numbers of a case start: it prints that, and takes it back
 */
#ifndef _XEN_P2M_KUNIT_SEED_H
#define _XEN_P2M_KUNIT_SEED_H

#include <linux/moduleparam.h>
#include <linux/random.h>

#include <kunit/test.h>

#include "random.h"

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "Seed of the random tests (0: take a new one)");

static inline void rnd_start(struct kunit *test, struct rnd *r)
{
	r->state = seed ?: get_random_u64();
	kunit_info(test, "seed=%#lx", (unsigned long)r->state);
}

#endif /* _XEN_P2M_KUNIT_SEED_H */
