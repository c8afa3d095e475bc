/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_COMMAND_H
#define _XEN_P2M_TOOL_COMMAND_H

#include "plan.h"

/* Exit statuses, the same for all commands */
#define EXIT_GOOD	0
#define EXIT_FINDINGS	1	/* no plan, findings, other than expected */
#define EXIT_UNKNOWN	2	/* bad input or usage, could not tell */

struct options {
	struct plan_options plan;
	bool json;
	bool html;
	bool verbose;
	bool force;		/* write over a file that is there */
	const char *root;	/* where the running system is looked at */
	const char *output;	/* file, or NULL */
	long domain;		/* -1: none given */
	const char *file;	/* NULL: none given */
};

int command_plan(const struct options *options);
int command_draw(const struct options *options);
int command_dump(const struct options *options);
int command_audit(const struct options *options);
int command_report(const struct options *options);

void print_fault(const struct fault *fault);
void print_input_fault(const struct options *options, struct fault *fault);
/* File or standard input to what it says; NULL after a message */
struct machine *read_input(const struct options *options);

#endif /* _XEN_P2M_TOOL_COMMAND_H */
