/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_SCHED_H
#define _STUB_LINUX_SCHED_H

#define cond_resched()	((void)0)

#endif
