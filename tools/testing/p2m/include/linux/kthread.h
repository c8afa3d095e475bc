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
	int (*fn)(void *data);
	void *data;
};

static inline void *stub_kthread(void *p)
{
	struct stub_kthread start = *(struct stub_kthread *)p;

	free(p);
	start.fn(start.data);

	return NULL;
}

/* The threads of the suites are not waited for but through a completion. */
#define kthread_run(fn, data, ...)	stub_kthread_run(fn, data)

static inline struct task_struct *stub_kthread_run(int (*fn)(void *data),
						   void *data)
{
	struct stub_kthread *start = malloc(sizeof(*start));
	pthread_t thread;

	if (!start)
		return ERR_PTR(-ENOMEM);
	start->fn = fn;
	start->data = data;
	if (pthread_create(&thread, NULL, stub_kthread, start)) {
		free(start);
		return ERR_PTR(-ENOMEM);
	}
	pthread_detach(thread);

	return NULL;
}

static inline void __noreturn kthread_complete_and_exit(struct completion *c,
							long code)
{
	complete(c);
	pthread_exit(NULL);
}

#endif
