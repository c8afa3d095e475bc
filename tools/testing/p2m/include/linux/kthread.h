/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_KTHREAD_H
#define _STUB_LINUX_KTHREAD_H

#include <pthread.h>
#include <stdlib.h>

#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/err.h>

struct task_struct;

struct stub_kthread {
	struct stub_kthread *next;
	pthread_t thread;
	int (*fn)(void *data);
	void *data;
};

/* Those that the running case has started: kunit.c joins them at its end. */
extern struct stub_kthread *stub_kthreads;

static inline void *stub_kthread(void *p)
{
	const struct stub_kthread *start = p;

	start->fn(start->data);

	return NULL;
}

#define kthread_run(fn, data, ...)	stub_kthread_run(fn, data)

static inline struct task_struct *stub_kthread_run(int (*fn)(void *data),
						   void *data)
{
	struct stub_kthread *start = malloc(sizeof(*start));

	if (!start)
		return ERR_PTR(-ENOMEM);
	start->fn = fn;
	start->data = data;
	if (pthread_create(&start->thread, NULL, stub_kthread, start)) {
		free(start);
		return ERR_PTR(-ENOMEM);
	}
	start->next = stub_kthreads;
	stub_kthreads = start;

	return NULL;
}

static inline void __noreturn kthread_complete_and_exit(struct completion *c,
							long code)
{
	complete(c);
	pthread_exit(NULL);
}

#endif
