/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers of the suites: the same ones again from the seed they print
 */
#ifndef _XEN_P2M_KUNIT_RANDOM_H
#define _XEN_P2M_KUNIT_RANDOM_H

#include <linux/types.h>

struct rnd {
	u64 state;
};

/* splitmix64 */
static inline u64 rnd_u64(struct rnd *r)
{
	u64 z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

	return z ^ (z >> 31);
}

/*
 * Numbers are small, so the upper half modulo one of them is fair enough. There
 * is none below 0: 0 then.
 */
static inline unsigned long rnd_below(struct rnd *r, unsigned long below)
{
	return below ? (u32)(rnd_u64(r) >> 32) % (u32)below : 0;
}

static inline bool rnd_one_in(struct rnd *r, unsigned long n)
{
	return !rnd_below(r, n);
}

#endif /* _XEN_P2M_KUNIT_RANDOM_H */
