// SPDX-License-Identifier: GPL-2.0
/*
 * Runs KUnit suites in userland and reports in KTAP
 *
 * Usage: PROGRAM [-l] [SUITE[.CASE] pattern]...
 *
 * A case that needs more CPU time than limit= in the environment, in seconds,
 * is ended by SIGPROF, and one that sleeps for ten times that by SIGALRM. The
 * parameters that the pattern without= matches are left out.
 *
 * Exit status: 0 if no case has failed, 1 if one has, 2 if there was nothing
 * to run.
 */

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <kunit/test.h>

#include <linux/kthread.h>
#include <linux/rcupdate.h>

struct kunit_alloc {
	struct kunit_alloc *next;
	unsigned long long data[];
};

/* Prefers writers, which readers one after the other would keep waiting. */
pthread_rwlock_t stub_rcu = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
struct stub_kthread *stub_kthreads;

void *kunit_kzalloc(struct kunit *test, size_t size, unsigned int gfp)
{
	struct kunit_alloc *alloc = calloc(1, sizeof(*alloc) + size);

	if (!alloc)
		return NULL;
	alloc->next = test->allocs;
	test->allocs = alloc;

	return alloc->data;
}

static void free_allocs(struct kunit *test)
{
	while (test->allocs) {
		struct kunit_alloc *alloc = test->allocs;

		test->allocs = alloc->next;
		free(alloc);
	}
}

void kunit_info(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	printf("    # ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void kunit_mark_skipped(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	test->skipped = true;
	va_start(args, fmt);
	vsnprintf(test->reason, sizeof(test->reason), fmt, args);
	va_end(args);
}

void kunit_abort(struct kunit *test)
{
	longjmp(test->abort, 1);
}

void kunit_fail(struct kunit *test, const char *file, int line,
		const char *what, const char *fmt, ...)
{
	va_list args;

	test->failed = true;
	printf("    # %s:%d: %s ", file, line, what);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void kunit_fail_values(struct kunit *test, const char *file, int line,
		       const char *what, unsigned long long left,
		       unsigned long long right)
{
	kunit_fail(test, file, line, what, "(%#llx, %#llx)", left, right);
}

/* A thread that still runs must not use what the case had allocated. */
static void join_kthreads(void)
{
	while (stub_kthreads) {
		struct stub_kthread *start = stub_kthreads;

		stub_kthreads = start->next;
		pthread_join(start->thread, NULL);
		free(start);
	}
}

static void limit_time(void)
{
	double limit = atof(getenv("limit") ?: "0");
	struct itimerval timer = {
		.it_value = { limit, (limit - (long)limit) * 1e6 },
	};

	setitimer(ITIMER_PROF, &timer, NULL);
	alarm(10 * limit);
}

/* Also what comes after an assertion failed: the exit of the suite. */
static void run_once(struct kunit *test, struct kunit_suite *suite,
		     struct kunit_case *c)
{
	limit_time();
	if (!setjmp(test->abort)) {
		if (suite->init && suite->init(test)) {
			KUNIT_FAIL(test, "init of the suite");
		} else {
			test->ready = true;
			c->run_case(test);
		}
	}
	if (test->ready && suite->exit && !setjmp(test->abort))
		suite->exit(test);
	join_kthreads();
	free_allocs(test);
}

static bool report(const struct kunit *test, const char *indent, int nr,
		   const char *name)
{
	printf("%s%s %d %s", indent, test->failed ? "not ok" : "ok", nr, name);
	if (test->skipped && !test->failed)
		printf(" # SKIP %s", test->reason);
	printf("\n");
	fflush(stdout);

	return !test->failed;
}

static bool run_params(struct kunit_suite *suite, struct kunit_case *c)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const char *without = getenv("without");
	const void *param = NULL;
	bool ok = true;
	int nr = 0;

	printf("        KTAP version 1\n        # Subtest: %s\n", c->name);
	while ((param = c->generate_params(param, desc))) {
		struct kunit test = { .param_value = param };

		if (without && !fnmatch(without, desc, 0))
			continue;
		run_once(&test, suite, c);
		ok &= report(&test, "        ", ++nr, desc);
	}
	printf("        1..%d\n", nr);

	return ok;
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *c, int nr)
{
	struct kunit test = { };

	if (c->generate_params)
		test.failed = !run_params(suite, c);
	else
		run_once(&test, suite, c);

	return report(&test, "    ", nr, c->name);
}

static bool selected(const struct kunit_suite *suite,
		     const struct kunit_case *c, char **patterns)
{
	char name[256];

	if (!*patterns)
		return true;
	snprintf(name, sizeof(name), "%s.%s", suite->name, c->name);
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0) ||
		    !fnmatch(*patterns, suite->name, 0))
			return true;

	return false;
}

static int count_selected(const struct kunit_suite *suite, char **patterns)
{
	const struct kunit_case *c;
	int nr = 0;

	for (c = suite->test_cases; c->run_case; c++)
		nr += selected(suite, c, patterns);

	return nr;
}

static bool run_suite(struct kunit_suite *suite, char **patterns, int suite_nr)
{
	struct kunit test = { };
	struct kunit_case *c;
	int nr = 0;

	printf("    KTAP version 1\n    # Subtest: %s\n    1..%d\n", suite->name,
	       count_selected(suite, patterns));
	for (c = suite->test_cases; c->run_case; c++)
		if (selected(suite, c, patterns))
			test.failed |= !run_case(suite, c, ++nr);

	return report(&test, "", suite_nr, suite->name);
}

static void list_suite(const struct kunit_suite *suite, char **patterns)
{
	const struct kunit_case *c;

	for (c = suite->test_cases; c->run_case; c++)
		if (selected(suite, c, patterns))
			printf("%s.%s\n", suite->name, c->name);
}

int main(int argc, char **argv)
{
	bool list = argc > 1 && !strcmp(argv[1], "-l"), ok = true;
	char **patterns = argv + 1 + list;
	struct kunit_suite **suite;
	int suites = 0, nr = 0;

	for (suite = kunit_suites; *suite; suite++)
		suites += count_selected(*suite, patterns) > 0;
	if (!suites) {
		fprintf(stderr, "nothing to run\n");
		return 2;
	}
	if (!list)
		printf("KTAP version 1\n1..%d\n", suites);
	for (suite = kunit_suites; *suite; suite++) {
		if (!count_selected(*suite, patterns))
			continue;
		if (list)
			list_suite(*suite, patterns);
		else
			ok &= run_suite(*suite, patterns, ++nr);
	}

	return ok ? 0 : 1;
}
