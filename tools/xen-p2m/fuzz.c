// SPDX-License-Identifier: GPL-2.0
/*
 * Untrusted text through parsers, planner, executor and tree: for libFuzzer, and
 * with -DFILES over files
 *
 * Whatever the text is, there is a message, or a reason why there is no plan,
 * or a plan that keeps its word: no page is lost, and the P2M holds what the
 * plan says. What is printed as JSON is read back.
 *
 * A plan takes its time: with FUZZ_READERS in the environment there is none, so
 * that the readers see many more inputs.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cjson/cJSON.h>

#include "plan.h"

/* Seldom so many: it is the ranges that matter, and a leaf takes its time. */
#define MAX_PAGES	(1UL << 18)
#define FEW_PAGES	(1UL << 13)

/* None that was ever seen takes one. */
#define MAX_CPU_SECONDS	60

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static void takes_too_long(int signal)
{
	must(false, "an input is done in a minute of CPU time");
}

/* CPU time, as the machine may be busy, or be stopped for a while. 0 is no limit. */
static void limit_cpu_time(time_t seconds)
{
	const struct itimerval limit = { .it_value.tv_sec = seconds };

	signal(SIGVTALRM, takes_too_long);
	must(!setitimer(ITIMER_VIRTUAL, &limit, NULL), "a timer");
}

/* FNV-1a: options that go with the input, without being a part of it */
static u64 hash(const u8 *data, size_t size)
{
	u64 h = 0xcbf29ce484222325ULL;

	while (size--)
		h = (h ^ *data++) * 0x100000001b3ULL;

	return h;
}

static void check_extents(const struct plan *plan)
{
	const struct xen_layout *l = &plan->layout;
	unsigned long next = 0, mfns = 0, nonram = 0;
	const char *differs;
	unsigned int i;

	for (i = 0; i < plan->p2m.nr; i++) {
		const struct extent *e = &plan->p2m.extent[i];

		must(e->start == next && e->end > e->start, "no gaps");
		next = e->end;
		if (e->type == XEN_P2M_MFN && e->known)
			nonram += e->end - e->start;
		else if (e->type == XEN_P2M_MFN)
			mfns += e->end - e->start;
	}
	must(next == plan->end, "ranges up to where all is identity");
	must(l->pages_kept + l->pages_moved + l->pages_released ==
	     plan->in.nr_pages, "no page is lost");
	must(mfns == l->pages_kept + l->pages_moved, "all pages are mapped");
	must(nonram || !l->nr_nonram, "moved regions are mapped");
	differs = plan_by_page(plan);
	must(!differs, differs);
}

/* What was printed leads to the same plan. */
static void check_json(const struct plan *plan)
{
	cJSON *root = plan_to_json(plan);
	char *text = cJSON_PrintUnformatted(root);
	struct machine *m = machine_new();
	struct fault fault = { .text = "" };

	must(text && m, "memory");
	must(!machine_parse(m, "again", text, strlen(text), &fault) &&
	     !machine_finish(m, &fault), "own JSON is read");
	must(m->map[SOURCE_JSON] || !plan->in.nr_e820, "own JSON has the map");
	must(!m->map[SOURCE_JSON] ||
	     m->map[SOURCE_JSON]->nr == plan->in.nr_e820, "all entries");
	machine_free(m);
	free(text);
	cJSON_Delete(root);
}

static void run(const struct machine *m, u64 options)
{
	struct plan_options o = {
		.domu = !(options & 3),
		.e820_host = !(options & 7),
		.nr_pages = 1 + (options >> 8) %
			    (options & 0xe0 ? FEW_PAGES : MAX_PAGES),
		.max_pages = options & 16 ? (options >> 32) % MAX_PAGES : 0,
	};
	struct plan *plan = plan_new();
	struct fault fault = { .text = "" };
	char text[XEN_LAYOUT_TEXT] = "";

	must(plan, "memory");
	if (plan_make(m, &o, plan, &fault)) {
		must(fault.text[0], "a message");
	} else if (plan->error) {
		must(xen_layout_describe_error(&plan->in, &plan->layout, 0,
					       text, sizeof(text)) && text[0],
		     "a cause");
		check_json(plan);
	} else {
		check_extents(plan);
		check_json(plan);
	}
	plan_free(plan);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct machine *m = machine_new();
	struct fault fault = { .text = "" };

	must(m, "memory");
	limit_cpu_time(MAX_CPU_SECONDS);
	if (machine_parse(m, "input", (const char *)data, size, &fault) ||
	    machine_finish(m, &fault))
		must(fault.text[0], "a message");
	else if (!getenv("FUZZ_READERS"))
		run(m, hash(data, size));
	limit_cpu_time(0);
	machine_free(m);

	return 0;
}

#ifdef FILES
/* Each file as the fuzzer would do it; the first broken promise aborts. */
int main(int argc, char **argv)
{
	struct fault fault;
	size_t size;
	char *text;
	int i;

	for (i = 1; i < argc; i++) {
		text = read_file(argv[i], &size, &fault);
		must(text, argv[i]);
		LLVMFuzzerTestOneInput((const u8 *)text, size);
		free(text);
	}
	printf("%d files\n", argc - 1);

	return 0;
}
#endif
