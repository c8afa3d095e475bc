/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_ANSWER_H
#define _XEN_P2M_TOOL_ANSWER_H

#include "plan.h"
#include "stock-rules.h"

/* Stock's generations, and this series */
#define SIDES		(STOCKS + 1)
#define THIS_SERIES	STOCKS

/**
 * struct side - what becomes of one kernel here
 * @name: as it is printed
 * @dies: it does not boot
 * @why: its last words if it dies; else ""
 * @where: the range that it dies of; "" if none
 * @loses: what it loses, or does wrong, although it boots
 * @todo: the remedy; NULL if nothing has to be done
 */
struct side {
	char name[72];
	bool dies;
	char why[NOTE_TEXT];
	char where[NOTE_TEXT];
	struct notes loses;
	const char *todo;
};

/* A number that the log says, and that of the plan; UNKNOWN_PAGES: not known */
struct told {
	const char *what;
	unsigned long log;
	unsigned long planned;
	unsigned long stock;	/* what stock of the log's generation would say */
};

#define TOLD_MOVED	0
#define TOLD_RELEASED	1
#define TOLD_RAM	2
#define TOLD		3

/**
 * struct answer - what the reporter wants to know
 * @verdict: in a sentence, with what is wrong with guests beside it
 * @side: kernels side by side
 * @told: what the log says of itself, and the plan
 * @comparable: the plan is for what the log is of
 * @differs: where the log's map and the planned one differ first; "" if nowhere
 */
struct answer {
	char verdict[2048];
	struct side side[SIDES];
	struct told told[TOLD];
	bool comparable;
	char differs[NOTE_TEXT];
};

/* NULL without memory for it */
struct answer *answer_make(const struct machine *m,
			   const struct plan_options *options,
			   const struct plan *plan);

/* What is wrong with a guest belongs to the verdict of its host. */
void answer_add_guest(struct answer *host, const struct machine *m,
		      const struct plan *plan, const struct answer *guest);

void answer_print_text(const struct answer *answer);
void answer_add_json(const struct answer *answer, struct cJSON *root);

#endif /* _XEN_P2M_TOOL_ANSWER_H */
