// SPDX-License-Identifier: GPL-2.0
/*
 * xen-p2m: plan, look at, audit and draw the P2M of a Xen PV domain
 */

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "answer.h"
#include "command.h"
#include "json.h"

#ifndef VERSION
#define VERSION "0"
#endif

/* --- commands and options ---------------------------------------------------- */

enum command_id {
	PLAN	= 1,
	DRAW	= 2,
	DUMP	= 4,
	AUDIT	= 8,
	REPORT	= 16,
};

static const struct command {
	enum command_id id;
	const char *name;
	int (*run)(const struct options *options);
	bool takes_file;
	const char *what;
} commands[] = {
	{ PLAN, "plan", command_plan, true,
	  "Would Linux boot with the memory map of a machine under Xen, which stock\n"
	  "kernels would, and what becomes of the map? FILE or standard input is one\n"
	  "of: dmesg, xl dmesg, /proc/iomem, /sys/firmware/memmap (also as tar), JSON,\n"
	  "or what report made." },
	{ DRAW, "draw", command_draw, true,
	  "The same as a picture; with a P2M in FILE that one." },
	{ DUMP, "dump", command_dump, false,
	  "The P2M of this dom0, or with --domain of a PV guest, by ranges." },
	{ AUDIT, "audit", command_audit, true,
	  "Is this host (or that of the report FILE) right?" },
	{ REPORT, "report", command_report, false,
	  "What a maintainer needs to know of this host, as one archive, with nothing\n"
	  "private in it." },
};

/* --- values of options --------------------------------------------------------- */

static bool take_flag(const char *value, void *to)
{
	*(bool *)to = true;

	return true;
}

static bool take_text(const char *value, void *to)
{
	*(const char **)to = value;

	return true;
}

static bool take_pages(const char *value, void *to)
{
	u64 bytes;

	if (!parse_size(value, strlen(value), 1024, &bytes))
		return false;
	*(unsigned long *)to = bytes >> XEN_LAYOUT_PAGE_SHIFT;

	return true;
}

static bool take_count(const char *value, void *to)
{
	unsigned long *count = to;

	return parse_count(value, count) && *count;
}

static bool take_span(const char *value, void *to)
{
	return parse_span(value, to);
}

static bool take_domain(const char *value, void *to)
{
	unsigned long id;

	if (!parse_count(value, &id) || id >= 0x7ff0)
		return false;
	*(long *)to = id;

	return true;
}

#define AT(member)	offsetof(struct options, member)

static const struct option_row {
	const char *name;
	const char *value;	/* NULL: takes none */
	unsigned int commands;
	bool (*take)(const char *value, void *to);
	size_t at;
	const char *what;
	const char *refusal;	/* of a value that is none */
} option_rows[] = {
	{ "dom0-mem", "TEXT", PLAN | DRAW, take_text, AT(plan.dom0_mem),
	  "as Xen's dom0_mem=: 2G, 1G,max:2G, -512M, 50%" },
	{ "max-mem", "SIZE", PLAN | DRAW, take_pages, AT(plan.max_pages),
	  "memory that the domain may grow to (without unit: KiB)",
	  "not a size, as 2G" },
	{ "nr-pages", "N", PLAN | DRAW, take_count, AT(plan.nr_pages),
	  "pages that the domain is given", "not a number of pages" },
	{ "kernel", "START-END", PLAN | DRAW, take_span, AT(plan.kernel),
	  "where Xen puts the kernel, bytes", "not START-END, as 16M-48M" },
	{ "initrd", "START-END", PLAN | DRAW, take_span, AT(plan.initrd),
	  "where Xen puts the initrd, bytes", "not START-END, as 48M-64M" },
	{ "domu", NULL, PLAN | DRAW, take_flag, AT(plan.domu),
	  "a PV guest instead of dom0; the map is the guest's" },
	{ "e820-host", NULL, PLAN | DRAW, take_flag, AT(plan.e820_host),
	  "with --domu: the map is the host's (e820_host=1)" },
	{ "json", NULL, PLAN | DUMP | AUDIT, take_flag, AT(json),
	  "JSON instead of text" },
	{ "html", NULL, DRAW, take_flag, AT(html),
	  "a page with the picture and the plan in words" },
	{ "verbose", NULL, PLAN | AUDIT, take_flag, AT(verbose),
	  "also lines not understood (plan), what was looked at (audit)" },
	{ "domain", "ID", DUMP | AUDIT, take_domain, AT(domain),
	  "a PV guest instead of dom0",
	  "not the number of a domain, as in xl list" },
	{ "output", "FILE", DRAW | REPORT, take_text, AT(output),
	  "where to write to; - is standard output" },
	{ "force", NULL, REPORT, take_flag, AT(force),
	  "write over the file if it is there" },
	{ "root", "DIR", DUMP | AUDIT | REPORT, take_text, AT(root),
	  "look at the system below DIR instead of /" },
};

static const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];

	return NULL;
}

/* --- help -------------------------------------------------------------------- */

static const char exit_text[] =
"Exit status: 0 good; 1 there is no plan, or there are findings; 2 the input is\n"
"bad, or the result is unknown.\n";

static void print_usage(FILE *out)
{
	unsigned int i;

	fputs("Usage: xen-p2m COMMAND [OPTION]... [FILE]\n\nCommands\n", out);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-7s %-7s %.*s\n", commands[i].name,
			commands[i].takes_file ? "[FILE]" : "",
			(int)strcspn(commands[i].what, "\n"),
			commands[i].what);
	fputs("  help    COMMAND what a command does, and its options\n\n"
	      "  -h, --help      with a command: what it does, and its options\n"
	      "  -V, --version\n\n", out);
	fputs(exit_text, out);
}

static void print_command(const struct command *c)
{
	char name[32];
	unsigned int i;

	printf("Usage: xen-p2m %s [OPTION]...%s\n\n%s\n\nOptions\n", c->name,
	       c->takes_file ? " [FILE]" : "", c->what);
	for (i = 0; i < ARRAY_SIZE(option_rows); i++) {
		const struct option_row *o = &option_rows[i];

		if (!(o->commands & c->id))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", o->name,
			 o->value ? "=" : "", o->value ?: "");
		printf("  %-20s %s\n", name, o->what);
	}
	printf("  %-20s %s\n\n%s", "-h, --help", "this text", exit_text);
}

/* --- plan -------------------------------------------------- */

static void print_unread(const struct machine *m)
{
	const struct unread *u = &m->unread;
	unsigned int i;

	if (u->nr)
		printf("\nNot understood: %u lines that look like memory or PCI\n",
		       u->nr);
	for (i = 0; i < u->kept; i++)
		printf("  %s:%u: %s\n", u->line[i].at.file, u->line[i].at.line,
		       u->line[i].text);
}

/* A plan with its answer, or NULL and why not */
struct planned {
	const struct machine *m;
	struct plan *plan;
	struct answer *answer;
	struct fault fault;
};

static void planned_free(struct planned *p, unsigned int nr)
{
	for (; nr--; p++) {
		plan_free(p->plan);
		free(p->answer);
	}
}

static int plan_one(struct planned *p, const struct machine *m,
		    const struct plan_options *of)
{
	p->m = m;
	p->fault = (struct fault) { .text = "out of memory" };
	p->plan = plan_new();
	if (!p->plan || plan_make(m, of, p->plan, &p->fault))
		return EXIT_UNKNOWN;
	p->answer = answer_make(m, of, p->plan);
	if (!p->answer)
		return EXIT_UNKNOWN;

	return p->plan->error || p->plan->findings.nr ? EXIT_FINDINGS : EXIT_GOOD;
}

/*
 * A device that is passed through meets the maps of both. A guest that cannot be
 * planned takes nothing from the host's plan.
 */
static unsigned int plan_guests(struct planned *host, struct planned *guests,
				int *status)
{
	static const struct plan_options of = { .domu = true };
	const struct machine *m = host->m;
	unsigned int nr = 0;
	int one;

	for (; nr < MAX_GUESTS && (m = plan_next_guest(m)); nr++) {
		one = plan_one(&guests[nr], m, &of);
		if (one == EXIT_UNKNOWN)
			continue;
		answer_add_guest(host->answer, m, guests[nr].plan,
				 guests[nr].answer);
		*status = max(*status, one);
	}

	return nr;
}

static void print_plans(const struct planned *host,
			const struct planned *guests, unsigned int nr)
{
	plan_print_text(host->plan, host->answer);
	for (; nr--; guests++) {
		printf("\nGuest%s%s, by the log from line %u on\n\n",
		       guests->m->name[0] ? " " : "", guests->m->name,
		       guests->m->at.line);
		if (guests->answer)
			plan_print_text(guests->plan, guests->answer);
		else
			printf("No plan: %s\n", guests->fault.text);
	}
}

static cJSON *to_json(const struct planned *p)
{
	cJSON *root = plan_to_json(p->plan);

	answer_add_json(p->answer, root);

	return root;
}

static int print_json(const struct planned *host, const struct planned *guests,
		      unsigned int nr, bool list_guests)
{
	cJSON *root = to_json(host), *list = NULL, *row;

	if (list_guests)
		list = cJSON_AddArrayToObject(root, "guests");
	for (; nr--; guests++) {
		row = json_row(list);
		cJSON_AddStringToObject(row, "name", guests->m->name);
		cJSON_AddNumberToObject(row, "line", guests->m->at.line);
		if (guests->answer)
			cJSON_AddItemToObject(row, "plan", to_json(guests));
		else
			cJSON_AddStringToObject(row, "cause", guests->fault.text);
	}

	return json_print(root);
}

static int plan_all(const struct machine *m, const struct options *options)
{
	struct planned host = { 0 }, guests[MAX_GUESTS] = { 0 };
	bool with_guests = !options->plan.domu;
	int status = plan_one(&host, m, &options->plan);
	unsigned int nr = 0;

	if (status == EXIT_UNKNOWN) {
		print_input_fault(options, &host.fault);
	} else {
		if (with_guests)
			nr = plan_guests(&host, guests, &status);
		if (!options->json)
			print_plans(&host, guests, nr);
		else if (print_json(&host, guests, nr, with_guests))
			status = EXIT_UNKNOWN;
	}
	planned_free(&host, 1);
	planned_free(guests, nr);

	return status;
}

int command_plan(const struct options *options)
{
	struct machine *m = read_input(options);
	int status;

	if (!m)
		return EXIT_UNKNOWN;
	status = plan_all(m, options);
	if (options->verbose && status != EXIT_UNKNOWN)
		print_unread(m);
	machine_free(m);

	return status;
}

/* --- the command line ------------------------------------------------------------ */

/* Options that have no effect together */
static const char *useless(const struct command *c, const struct options *o)
{
	const struct plan_options *p = &o->plan;

	if (p->e820_host && !p->domu)
		return "--e820-host is about a guest: say --domu, too";
	if (p->dom0_mem && p->domu)
		return "--dom0-mem is about dom0; the memory of a guest is --nr-pages";
	if (p->dom0_mem && p->nr_pages)
		return "--nr-pages says it exactly: leave out --dom0-mem";
	if (p->max_pages && p->domu)
		return "--max-mem is about dom0; a guest's map says how far it may grow";
	if (o->domain >= 0 && *o->root)
		return "--domain is of the running Xen, --root is not";
	if (o->domain >= 0 && o->file)
		return "--domain is of the running Xen, not of a file";
	if (o->domain > 0 && o->verbose)
		return "--verbose has nothing to say of another domain";
	if (c->id == AUDIT && o->file && *o->root)
		return "a report, or a system below --root: not both";
	if (o->json && o->verbose && c->id == PLAN)
		return "--verbose is for text; JSON has all of it";
	if (o->force && o->output && !strcmp(o->output, "-"))
		return "--force is about a file, not about standard output";

	return NULL;
}

static int usage_error(const struct command *c, const char *fmt,
		       const char *what)
{
	fputs("xen-p2m: ", stderr);
	fprintf(stderr, fmt, what);
	fprintf(stderr, "; see xen-p2m help%s%s\n", c ? " " : "",
		c ? c->name : "");

	return EXIT_UNKNOWN;
}

static int take_file(const struct command *c, int argc, char **argv,
		     struct options *o)
{
	if (optind == argc)
		return EXIT_GOOD;
	if (!c->takes_file)
		return usage_error(c, c->id == DUMP ?
				   "dump takes no file, \"%s\": it looks at the running system; audit, plan and draw take reports" :
				   "report takes no file, \"%s\": it looks at the running system",
				   argv[optind]);
	if (optind + 1 < argc)
		return usage_error(c, "one file at most, not \"%s\" as well",
				   argv[optind + 1]);
	o->file = argv[optind];

	return EXIT_GOOD;
}

/* Above characters: the first row of options */
#define FIRST_OPTION	256

/* The options of the command alone: all others are not known to it. */
static void fill_long_options(const struct command *c, struct option *options)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(option_rows); i++) {
		const struct option_row *o = &option_rows[i];

		if (o->commands & c->id)
			*options++ = (struct option) {
				o->name, o->value ? required_argument :
				no_argument, NULL, FIRST_OPTION + i,
			};
	}
	*options++ = (struct option) { "help", no_argument, NULL, 'h' };
	*options = (struct option) { 0 };
}

static bool take_option(const struct option_row *o, const char *value,
			struct options *options)
{
	if (o->take(value, (char *)options + o->at))
		return true;
	fprintf(stderr, "xen-p2m: --%s=%s: %s\n", o->name, value, o->refusal);

	return false;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct option long_options[ARRAY_SIZE(option_rows) + 2];
	struct options options = { .domain = -1, .root = "" };
	const char *why;
	int id;

	fill_long_options(c, long_options);
	while ((id = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (id == 'h') {
			print_command(c);
			return EXIT_GOOD;
		}
		if (id == '?')
			return usage_error(c, "that is no option of %s", c->name);
		if (!take_option(&option_rows[id - FIRST_OPTION], optarg,
				 &options))
			return EXIT_UNKNOWN;
	}
	if (take_file(c, argc, argv, &options))
		return EXIT_UNKNOWN;
	why = useless(c, &options);
	if (why)
		return usage_error(c, "%s", why);

	return c->run(&options);
}

static int help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_usage(stdout);
		return EXIT_GOOD;
	}
	c = find_command(argv[1]);
	if (!c || argc > 2)
		return usage_error(NULL, "there is no command \"%s\"",
				   argv[argc - 1]);
	print_command(c);

	return EXIT_GOOD;
}

/* A reader of the start only, such as head, is no error. */
static int finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	perror("xen-p2m: standard output");

	return EXIT_UNKNOWN;
}

static bool is_one_of(const char *word, const char *one, const char *two)
{
	return !strcmp(word, one) || !strcmp(word, two);
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_UNKNOWN;
	}
	if (is_one_of(argv[1], "-V", "--version")) {
		puts("xen-p2m " VERSION);
		return finish(EXIT_GOOD);
	}
	if (is_one_of(argv[1], "-h", "--help") || !strcmp(argv[1], "help"))
		return finish(help(argc - 1, argv + 1));
	c = find_command(argv[1]);
	if (!c)
		return usage_error(NULL, argv[1][0] == '-' ?
				   "the command comes first, not \"%s\"" :
				   "there is no command \"%s\"", argv[1]);

	return finish(run(c, argc - 1, argv + 1));
}
