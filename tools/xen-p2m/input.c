// SPDX-License-Identifier: GPL-2.0
/*
 * The file or standard input of a command, and what is wrong with it
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

void print_fault(const struct fault *fault)
{
	if (fault->at.line)
		fprintf(stderr, "xen-p2m: %s:%u: %s\n", fault->at.file,
			fault->at.line, fault->text);
	else
		fprintf(stderr, "xen-p2m: %s: %s\n", fault->at.file,
			fault->text);
}

static const char *input_name(const struct options *options)
{
	if (!options->file || !strcmp(options->file, "-"))
		return "<stdin>";

	return options->file;
}

/* A fault of the input as a whole is reported for the file that was given. */
void print_input_fault(const struct options *options, struct fault *fault)
{
	if (!strcmp(fault->at.file, "input"))
		snprintf(fault->at.file, sizeof(fault->at.file), "%s",
			 input_name(options));
	print_fault(fault);
}

struct machine *read_input(const struct options *options)
{
	const char *path = options->file ? options->file : "-";
	struct machine *m = machine_new();
	struct fault fault = { .text = "out of memory" };
	int err = -1;

	if (!strcmp(path, "-") && isatty(STDIN_FILENO))
		fputs("xen-p2m: reading standard input; Ctrl-D ends it\n",
		      stderr);
	if (m)
		err = machine_read(m, path, &fault);
	if (!err)
		err = machine_finish(m, &fault);
	if (!err)
		return m;
	print_input_fault(options, &fault);
	machine_free(m);

	return NULL;
}
