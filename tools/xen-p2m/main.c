// SPDX-License-Identifier: GPL-2.0
/*
 * xen-p2m: plan, look at, audit and draw the P2M of a Xen PV domain
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "command.h"

#ifndef VERSION
#define VERSION "0"
#endif

static const char usage_text[] =
"Usage: xen-p2m COMMAND [OPTION]... [FILE]\n"
"\n"
"Commands\n"
"  plan [FILE]    what Linux does with the memory map of a machine under Xen:\n"
"                 reads dmesg, xl dmesg, /proc/iomem, /sys/firmware/memmap (also\n"
"                 as tar), JSON, or a report; without FILE standard input\n"
"  draw [FILE]    the same as a picture, SVG; with a P2M in FILE that one\n"
"  dump           the P2M of this dom0, or with --domain of a PV guest, by ranges\n"
"  audit [FILE]   is this host (or that of the report FILE) right?\n"
"  report         what a maintainer needs to know of this host, as one archive\n"
"\n"
"Options of plan and draw\n"
"  --dom0-mem=TEXT        as Xen's dom0_mem=: 2G, 1G,max:2G, -512M, 50%\n"
"  --max-mem=SIZE         memory that the domain may grow to (without unit: KiB)\n"
"  --nr-pages=N           pages that the domain is given\n"
"  --kernel=START-END     where Xen puts the kernel, bytes\n"
"  --initrd=START-END     where Xen puts the initrd, bytes\n"
"  --domu                 a PV guest instead of dom0; the map is the guest's\n"
"  --e820-host            with --domu: the map is the host's (e820_host=1)\n"
"\n"
"Other options\n"
"  --json                 JSON instead of text (plan, dump, audit)\n"
"  --verbose              also what was looked at (audit)\n"
"  --domain=ID            a PV guest instead of dom0 (dump, audit)\n"
"  --output=FILE          where draw and report write to\n"
"  --root=DIR             look at the system below DIR instead of / (dump, audit,\n"
"                         report)\n"
"  --help, --version\n"
"\n"
"Exit status: 0 good; 1 there is no plan, or there are findings; 2 the input is\n"
"bad, or it could not be told.\n";

enum option_id {
	OPT_DOM0_MEM = 256,
	OPT_MAX_MEM,
	OPT_NR_PAGES,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_DOMU,
	OPT_E820_HOST,
	OPT_JSON,
	OPT_VERBOSE,
	OPT_DOMAIN,
	OPT_OUTPUT,
	OPT_ROOT,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{ "dom0-mem", required_argument, NULL, OPT_DOM0_MEM },
	{ "max-mem", required_argument, NULL, OPT_MAX_MEM },
	{ "nr-pages", required_argument, NULL, OPT_NR_PAGES },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "domu", no_argument, NULL, OPT_DOMU },
	{ "e820-host", no_argument, NULL, OPT_E820_HOST },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *name;
	int (*run)(const struct options *options);
} commands[] = {
	{ "plan", command_plan },
	{ "draw", command_draw },
	{ "dump", command_dump },
	{ "audit", command_audit },
	{ "report", command_report },
};

void print_fault(const struct fault *fault)
{
	if (fault->at.line)
		fprintf(stderr, "xen-p2m: %s:%u: %s\n", fault->at.file,
			fault->at.line, fault->text);
	else
		fprintf(stderr, "xen-p2m: %s: %s\n", fault->at.file,
			fault->text);
}

struct machine *read_input(const struct options *options)
{
	const char *path = options->file ? options->file : "-";
	struct machine *m = machine_new();
	struct fault fault = { .text = "out of memory" };
	int err = -1;

	if (m)
		err = machine_read(m, path, &fault);
	if (!err)
		err = machine_finish(m, &fault);
	if (!err)
		return m;
	print_fault(&fault);
	machine_free(m);

	return NULL;
}

int command_plan(const struct options *options)
{
	struct machine *m = read_input(options);
	struct plan *plan = m ? plan_new() : NULL;
	struct fault fault = { .text = "out of memory" };
	int status = EXIT_UNKNOWN;

	if (plan && !plan_make(m, &options->plan, plan, &fault)) {
		status = plan->error ? EXIT_FINDINGS : EXIT_GOOD;
		if (!options->json)
			plan_print_text(plan);
		else if (plan_print_json(plan))
			status = EXIT_UNKNOWN;
	} else if (m) {
		print_fault(&fault);
	}
	plan_free(plan);
	machine_free(m);

	return status;
}

static bool bad_value(const char *option, const char *value, const char *want)
{
	fprintf(stderr, "xen-p2m: --%s=%s: %s\n", option, value, want);

	return false;
}

static bool take_pages(const char *name, const char *value,
		       unsigned long *pages)
{
	u64 bytes;

	if (!parse_size(value, strlen(value), 1024, &bytes))
		return bad_value(name, value, "not a size, as 2G");
	*pages = bytes >> XEN_LAYOUT_PAGE_SHIFT;

	return true;
}

static bool take_domain(const char *value, long *domain)
{
	unsigned long id;

	if (!parse_count(value, &id) || id >= 0x7ff0)
		return bad_value("domain", value,
				 "not the number of a domain, as in xl list");
	*domain = id;

	return true;
}

static bool take_option(int id, const char *value, struct options *o)
{
	switch (id) {
	case OPT_DOM0_MEM:
		o->plan.dom0_mem = value;
		return true;
	case OPT_MAX_MEM:
		return take_pages("max-mem", value, &o->plan.max_pages);
	case OPT_NR_PAGES:
		return parse_count(value, &o->plan.nr_pages) ||
		       bad_value("nr-pages", value, "not a number of pages");
	case OPT_KERNEL:
		return parse_span(value, &o->plan.kernel) ||
		       bad_value("kernel", value, "not START-END, as 16M-48M");
	case OPT_INITRD:
		return parse_span(value, &o->plan.initrd) ||
		       bad_value("initrd", value, "not START-END, as 48M-64M");
	case OPT_DOMU:
		o->plan.domu = true;
		return true;
	case OPT_E820_HOST:
		o->plan.e820_host = true;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_VERBOSE:
		o->verbose = true;
		return true;
	case OPT_DOMAIN:
		return take_domain(value, &o->domain);
	case OPT_OUTPUT:
		o->output = value;
		return true;
	case OPT_ROOT:
		o->root = value;
		return true;
	}
	fprintf(stderr, "Try xen-p2m --help\n");

	return false;
}

static int run(const char *name, const struct options *options)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].run(options);
	fprintf(stderr, "xen-p2m: there is no command \"%s\"; try xen-p2m --help\n",
		name);

	return EXIT_UNKNOWN;
}

/* Who reads only the start of the output, as head does, has what he wants. */
static int finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	perror("xen-p2m: standard output");

	return EXIT_UNKNOWN;
}

int main(int argc, char **argv)
{
	struct options options = { .domain = -1, .root = "" };
	int id;

	while ((id = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (id == OPT_HELP || id == 'h') {
			fputs(usage_text, stdout);
			return finish(EXIT_GOOD);
		}
		if (id == OPT_VERSION) {
			puts("xen-p2m " VERSION);
			return finish(EXIT_GOOD);
		}
		if (!take_option(id, optarg, &options))
			return EXIT_UNKNOWN;
	}
	if (optind == argc) {
		fputs(usage_text, stderr);
		return EXIT_UNKNOWN;
	}
	if (optind + 2 < argc) {
		fprintf(stderr, "xen-p2m: one file at most, not \"%s\" as well\n",
			argv[optind + 2]);
		return EXIT_UNKNOWN;
	}
	options.file = optind + 1 < argc ? argv[optind + 1] : NULL;

	return finish(run(argv[optind], &options));
}
