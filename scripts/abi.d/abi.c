// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers of list.h, as lines in the assembler output
 *
 * Compiled twice by scripts/abi, as a part of the kernel and with Xen's public
 * headers. Nothing of it runs.
 */
#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <asm/xen/interface.h>

/* What the executor and its fake hypervisor have of it */
#include "apply.h"
#include "fake-xen.h"

#define SIDE(ours, xens)	ours
#else
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/memory.h>

#define SIDE(ours, xens)	xens
#endif

#define EMIT(what, value)						\
	asm volatile("\n.ascii \"ABI " what "=%c0\"" : : "i" ((long)(value)));

#define NUMBER(ours, xens)						\
	EMIT(#ours, SIDE(ours, xens))
#define SIZE(ours, xens)						\
	EMIT("size of " #ours, sizeof(SIDE(ours, xens)))
#define MEMBER(ours, our_member, xens, xen_member)			\
	EMIT("offset of " #ours "." #our_member,			\
	     offsetof(SIDE(ours, xens), SIDE(our_member, xen_member)))	\
	EMIT("size of " #ours "." #our_member,				\
	     sizeof(((SIDE(ours, xens) *)0)->SIDE(our_member, xen_member)))

void xen_abi(void);
void xen_abi(void)
{
#include "list.h"
}
