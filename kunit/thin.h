/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All suites take seconds, but minutes where each instruction is emulated. There one
 * map, range or failure in so many will do, and as few random operations.
 */
#ifndef _XEN_P2M_KUNIT_THIN_H
#define _XEN_P2M_KUNIT_THIN_H

#include <linux/minmax.h>
#include <linux/moduleparam.h>

static unsigned int thin = 1;
module_param(thin, uint, 0444);
MODULE_PARM_DESC(thin, "Test one map, range, failure and random operation in so many");

/* How far to go on in a loop over all */
static inline unsigned int thin_step(void)
{
	return max(thin, 1U);
}

static inline unsigned long thinned(unsigned long nr)
{
	return nr / thin_step();
}

#endif /* _XEN_P2M_KUNIT_THIN_H */
