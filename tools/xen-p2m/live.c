// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at the running system: dump and audit
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <linux/kernel.h>

#include "live.h"

#define SYSLOG_ACTION_READ_ALL		3
#define SYSLOG_ACTION_SIZE_BUFFER	10

/* --- what there is to read -------------------------------------------------- */

static const struct {
	const char *name;	/* in a report */
	const char *path;	/* NULL: put together or asked for */
} live_files[LIVE_FILES] = {
	[LIVE_P2M] = { "p2m", "/sys/kernel/debug/xen/mmu/p2m" },
	[LIVE_AUDITED] = { "p2m-audit", "/sys/kernel/debug/xen-p2m-audit/p2m" },
	[LIVE_IOMEM] = { "iomem", "/proc/iomem" },
	[LIVE_PCI] = { "pci", NULL },
	[LIVE_MEMORY] = { "memory", NULL },
	[LIVE_KERNEL] = { "kernel", "/proc/version" },
	[LIVE_DMESG] = { "dmesg", NULL },
	[LIVE_XL_DMESG] = { "xl-dmesg", NULL },
};

static char *read_path(const char *root, const char *path, size_t *size)
{
	struct fault fault;
	char name[512], *text;
	int fd;

	snprintf(name, sizeof(name), "%s%s", root, path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = read_fd(fd, name, size, &fault);
	close(fd);

	return text;
}

static void put_file(FILE *out, const char *root, const char *path,
		     const char *file, char end)
{
	char name[512], *text;
	size_t size, len;

	snprintf(name, sizeof(name), "%s/%s", path, file);
	text = read_path(root, name, &size);
	if (text) {
		for (len = size; len && text[len - 1] == '\n'; len--)
			;
		fwrite(text, 1, len, out);
	}
	fputc(end, out);
	free(text);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* A line a device, then its resource file */
static char *read_pci(const char *root, size_t *size)
{
	static const char devices[] = "/sys/bus/pci/devices";
	struct dirent **list;
	char path[512], *text = NULL;
	FILE *out;
	int nr, i;

	snprintf(path, sizeof(path), "%s%s", root, devices);
	nr = scandir(path, &list, not_hidden, alphasort);
	if (nr < 0)
		return NULL;
	out = open_memstream(&text, size);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", devices, list[i]->d_name);
		if (out) {
			fprintf(out, "%s ", list[i]->d_name);
			put_file(out, root, path, "vendor", ':');
			put_file(out, root, path, "device", ' ');
			put_file(out, root, path, "class", '\n');
			put_file(out, root, path, "resource", '\n');
		}
		free(list[i]);
	}
	free(list);
	if (out)
		fclose(out);

	return text;
}

static char *read_memory(const char *root, size_t *size)
{
	unsigned long pages;
	char *text = NULL;
	size_t bytes;
	char *kb;

	if (!*root && foreign_pages(0, &pages)) {
		*size = asprintf(&text, "xen_memory current_kb %lu\n",
				 pages * 4);
		return text;
	}
	kb = read_path(root, "/sys/devices/system/xen_memory/xen_memory0/info/current_kb",
		       &bytes);
	if (kb)
		*size = asprintf(&text, "xen_memory current_kb %lu\n",
				 strtoul(kb, NULL, 10));
	free(kb);

	return text;
}

static char *read_dmesg(const char *root, size_t *size)
{
	int nr = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);
	char *text;

	if (*root)
		return read_path(root, "/dmesg", size);
	text = nr > 0 ? malloc(nr) : NULL;
	if (!text)
		return NULL;
	nr = klogctl(SYSLOG_ACTION_READ_ALL, text, nr);
	if (nr < 0) {
		free(text);
		return NULL;
	}
	*size = nr;

	return text;
}

static char *read_one(const char *root, enum live_file id, size_t *size)
{
	switch (id) {
	case LIVE_PCI:
		return read_pci(root, size);
	case LIVE_MEMORY:
		return read_memory(root, size);
	case LIVE_DMESG:
		return read_dmesg(root, size);
	case LIVE_XL_DMESG:
		return *root ? read_path(root, "/xl-dmesg", size) :
			       foreign_log(size);
	default:
		return read_path(root, live_files[id].path, size);
	}
}

int live_read(struct live *live, const char *root, struct fault *fault)
{
	unsigned int i;

	for (i = 0; i < LIVE_FILES; i++) {
		struct text_file *file = &live->file[i];

		file->name = live_files[i].name;
		file->text = read_one(root, i, &file->size);
	}
	snprintf(live->memmap, sizeof(live->memmap), "%.200s/sys/firmware/memmap",
		 root);

	return 0;
}

void live_free(struct live *live)
{
	unsigned int i;

	for (i = 0; i < LIVE_FILES; i++)
		free(live->file[i].text);
}

/* The logs are for the report: what an audit looks at is how it is now. */
static struct machine *live_machine(const char *root, struct fault *fault)
{
	struct machine *m = machine_new();
	struct live live = { 0 };
	unsigned int i;
	int err;

	if (!m)
		return NULL;
	err = live_read(&live, root, fault);
	for (i = 0; !err && i < LIVE_DMESG; i++)
		if (live.file[i].text)
			err = parse_text(m, live.file[i].name,
					 live.file[i].text, live.file[i].size,
					 fault);
	live_free(&live);
	if (!err)
		err = machine_finish(m, fault);
	if (!err)
		return m;
	machine_free(m);

	return NULL;
}

/* --- dump ------------------------------------------------------------------- */

/* Xen's tools see no difference between missing and identity. */
static const char *dump_name(enum xen_p2m_type type, bool foreign)
{
	if (foreign && type == XEN_P2M_MISSING)
		return "invalid";

	return p2m_type_name(type);
}

static void print_dump(const struct dump *dump, bool foreign)
{
	const struct xen_p2m_extent *e = dump->extent;
	unsigned int i;

	for (i = 0; i < dump->nr; i++, e++)
		printf(" [0x%lx->0x%lx] %s\n", e->pfn, e->pfn + e->nr,
		       dump_name(e->type, foreign));
}

static void print_json(cJSON *root)
{
	char *text = cJSON_Print(root);

	cJSON_Delete(root);
	if (text)
		puts(text);
	free(text);
}

static void print_dump_json(const struct dump *dump, bool foreign)
{
	cJSON *root = cJSON_CreateObject(), *list, *row;
	const struct xen_p2m_extent *e = dump->extent;
	char text[24];
	unsigned int i;

	list = cJSON_AddArrayToObject(root, "extents");
	for (i = 0; i < dump->nr; i++, e++) {
		row = cJSON_CreateObject();
		cJSON_AddItemToArray(list, row);
		snprintf(text, sizeof(text), "0x%lx", e->pfn);
		cJSON_AddStringToObject(row, "pfn", text);
		cJSON_AddNumberToObject(row, "nr", e->nr);
		cJSON_AddStringToObject(row, "type",
					dump_name(e->type, foreign));
	}
	print_json(root);
}

static int show_dump(const struct options *options, const struct dump *dump,
		     bool foreign)
{
	if (options->json)
		print_dump_json(dump, foreign);
	else
		print_dump(dump, foreign);

	return EXIT_GOOD;
}

/* What lookups say, where there is something that asks them */
static const struct dump *best_dump(const struct machine *m)
{
	return m->audited.nr ? &m->audited : &m->p2m;
}

static const char no_p2m[] =
	"no P2M to look at: be root, mount debugfs on /sys/kernel/debug; on a stock kernel also: modprobe xen-p2m-audit";

static int dump_own(const struct options *options)
{
	struct fault fault = { .text = "out of memory" };
	struct machine *m = live_machine(options->root, &fault);
	int status = EXIT_UNKNOWN;

	if (!m)
		print_fault(&fault);
	else if (!best_dump(m)->nr)
		fprintf(stderr, "xen-p2m: %s\n", no_p2m);
	else
		status = show_dump(options, best_dump(m), false);
	machine_free(m);

	return status;
}

int command_dump(const struct options *options)
{
	struct dump dump = { 0 };
	struct fault fault;
	unsigned long pages;
	int status = EXIT_UNKNOWN;

	if (options->domain <= 0)
		return dump_own(options);
	if (foreign_dump(options->domain, &dump, &pages, &fault))
		print_fault(&fault);
	else
		status = show_dump(options, &dump, true);
	free(dump.extent);

	return status;
}

/* --- audit ------------------------------------------------------------------ */

struct audit {
	cJSON *findings;
	cJSON *unknown;
	const struct machine *m;
	struct plan_extent *extents;	/* the P2M */
	unsigned int nr;
	bool hides_identity;		/* identity may be shown as missing */
};

__printf(5, 6)
static void finding(cJSON *list, unsigned long start, unsigned long end,
		    const char *remedy, const char *fmt, ...)
{
	cJSON *row = cJSON_CreateObject();
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cJSON_AddItemToArray(list, row);
	cJSON_AddStringToObject(row, "what", text);
	snprintf(text, sizeof(text), "0x%lx", start);
	cJSON_AddStringToObject(row, "pfn", text);
	cJSON_AddNumberToObject(row, "nr", end - start);
	cJSON_AddStringToObject(row, "remedy", remedy);
}

static int take_extents(struct audit *a)
{
	const struct dump *dump = best_dump(a->m);
	unsigned int i;

	a->extents = calloc(dump->nr + 1, sizeof(*a->extents));
	if (!a->extents)
		return -1;
	for (i = 0; i < dump->nr; i++) {
		a->extents[i].start = dump->extent[i].pfn;
		a->extents[i].end = dump->extent[i].pfn + dump->extent[i].nr;
		a->extents[i].type = dump->extent[i].type;
	}
	a->nr = dump->nr;
	/* A kernel that shows identity as such ends its list with it. */
	a->hides_identity = dump == &a->m->p2m &&
			    dump->extent[dump->nr - 1].type == XEN_P2M_MISSING;

	return 0;
}

/* Should be identity all through, and is it? */
static void audit_identity(struct audit *a, unsigned long start,
			   unsigned long end, const char *name)
{
	enum verdict verdict = verdict_of(a->extents, a->nr, start, end);

	if (verdict == VERDICT_IDENTITY)
		return;
	if (a->hides_identity && verdict == VERDICT_MISSING)
		finding(a->unknown, start, end,
			"modprobe xen-p2m-audit, then run this again",
			"%s: this kernel shows 1:1 frames as missing", name);
	else
		finding(a->findings, start, end, verdict_remedy(verdict),
			"%s is not 1:1 but %s", name, verdict_names[verdict]);
}

static void audit_pci(struct audit *a, const struct pci *pci, bool bars)
{
	const struct pci_range *r = pci->range;
	unsigned int i;

	for (i = 0; i < pci->nr; i++, r++)
		if ((r->kind == PCI_BAR) == bars)
			audit_identity(a, r->start >> XEN_LAYOUT_PAGE_SHIFT,
				       ((r->end - 1) >> XEN_LAYOUT_PAGE_SHIFT) + 1,
				       r->name);
}

/* Whole pages of a map entry, as far as they are below @end */
static bool whole_pages(const struct map_entry *e, unsigned long *start,
			unsigned long *end)
{
	*start = (e->start >> XEN_LAYOUT_PAGE_SHIFT) + !!(e->start & 0xfff);
	*end = e->end >> XEN_LAYOUT_PAGE_SHIFT;

	return *start < *end;
}

/*
 * RAM is never 1:1. All else is, but for regions that were moved: these are
 * RAM to the P2M, with a frame that is none of the domain's, all through.
 */
static void audit_map(struct audit *a)
{
	const struct map *map = a->m->map[SOURCE_IOMEM];
	unsigned long start, end;
	enum verdict verdict;
	char name[48], what[80];
	unsigned int i, k;

	for (i = 0; map && i < map->nr; i++) {
		if (!whole_pages(&map->entry[i], &start, &end))
			continue;
		type_to_name(map->entry[i].type, name, sizeof(name));
		snprintf(what, sizeof(what), "memory map entry (%s)", name);
		verdict = verdict_of(a->extents, a->nr, start, end);
		if (map->entry[i].type != XEN_LAYOUT_RAM) {
			if (verdict != VERDICT_RAM)
				audit_identity(a, start, end, what);
			continue;
		}
		for (k = 0; k < a->nr; k++)
			if (a->extents[k].type == XEN_P2M_IDENTITY &&
			    a->extents[k].start < end &&
			    a->extents[k].end > start)
				finding(a->findings, start, end,
					"do not use this host: send the archive that xen-p2m report makes",
					"RAM is 1:1 from PFN %#lx on: the kernel would use memory that is not its own",
					a->extents[k].start);
	}
}

/*
 * Regions that were moved are in the P2M, but their frames are not dom0's. The
 * first page is RAM of dom0 which Linux reserves for itself.
 */
static unsigned long moved_pages(const struct audit *a)
{
	const struct map *map = a->m->map[SOURCE_IOMEM];
	unsigned long start, end, nr = 0;
	unsigned int i;

	for (i = 0; map && i < map->nr; i++)
		if (map->entry[i].type != XEN_LAYOUT_RAM && map->entry[i].start &&
		    whole_pages(&map->entry[i], &start, &end) &&
		    verdict_of(a->extents, a->nr, start, end) == VERDICT_RAM)
			nr += end - start;

	return nr;
}

static unsigned long mfn_pages(const struct dump *dump)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < dump->nr; i++)
		if (dump->extent[i].type == XEN_P2M_MFN)
			nr += dump->extent[i].nr;

	return nr;
}

/* Each page that the domain has is in its P2M once. */
static void audit_pages(struct audit *a)
{
	const struct dump *dump = best_dump(a->m);
	unsigned long nr = mfn_pages(dump) - moved_pages(a);

	if (!a->m->domain_pages)
		finding(a->unknown, 0, 0,
			"run this as root in dom0, with the balloon driver in the kernel",
			"how many pages the domain has");
	else if (nr != a->m->domain_pages)
		finding(a->findings, 0, 0,
			"run it again, as ballooning may be under way; if it stays so, send the archive that xen-p2m report makes",
			"the P2M has %lu pages of the domain, Xen counts %lu",
			nr, a->m->domain_pages);
}

static void audit_conflicts(struct audit *a)
{
	const struct map *map = a->m->map[SOURCE_IOMEM];
	const struct pci *pci = a->m->pci_sysfs.nr ? &a->m->pci_sysfs :
				&a->m->pci;
	const struct map_entry *e;
	unsigned int i, k;

	for (i = 0; map && i < map->nr; i++) {
		e = &map->entry[i];
		for (k = 0; e->type == XEN_LAYOUT_RAM && k < pci->nr; k++)
			if (pci->range[k].start < e->end &&
			    pci->range[k].end > e->start)
				finding(a->findings,
					pci->range[k].start >> XEN_LAYOUT_PAGE_SHIFT,
					((pci->range[k].end - 1) >> XEN_LAYOUT_PAGE_SHIFT) + 1,
					"boot with a maximum of memory that ends below it (dom0_mem=SIZE,max:SIZE), or update the firmware",
					"%s lies over RAM", pci->range[k].name);
	}
}

static void print_rows(const cJSON *list, const char *word)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, list) {
		double nr = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "nr"));

		printf("%s: %s", word,
		       cJSON_GetStringValue(cJSON_GetObjectItem(row, "what")));
		if (nr > 0)
			printf(" (%.0f pages from PFN %s on)", nr,
			       cJSON_GetStringValue(cJSON_GetObjectItem(row, "pfn")));
		printf("\n  what helps: %s\n",
		       cJSON_GetStringValue(cJSON_GetObjectItem(row, "remedy")));
	}
}

static int show_audit(const struct options *options, cJSON *root)
{
	cJSON *findings = cJSON_GetObjectItem(root, "findings");
	cJSON *unknown = cJSON_GetObjectItem(root, "unknown");
	int status = EXIT_GOOD;

	if (cJSON_GetArraySize(findings))
		status = EXIT_FINDINGS;
	else if (cJSON_GetArraySize(unknown))
		status = EXIT_UNKNOWN;
	if (options->json) {
		print_json(root);
		return status;
	}
	print_rows(findings, "finding");
	print_rows(unknown, "could not tell");
	if (status == EXIT_GOOD)
		puts("sound: apertures, BARs, memory map and pages agree with the P2M");
	cJSON_Delete(root);

	return status;
}

static int audit_machine(const struct options *options,
			 const struct machine *m)
{
	cJSON *root = cJSON_CreateObject();
	struct audit a = {
		.findings = cJSON_AddArrayToObject(root, "findings"),
		.unknown = cJSON_AddArrayToObject(root, "unknown"),
		.m = m,
	};
	const struct pci *bars = m->pci_sysfs.nr ? &m->pci_sysfs : &m->pci;

	if (!best_dump(m)->nr) {
		finding(a.unknown, 0, 0, no_p2m, "there is no P2M to look at");
		return show_audit(options, root);
	}
	if (take_extents(&a)) {
		cJSON_Delete(root);
		return EXIT_UNKNOWN;
	}
	if (!m->map[SOURCE_IOMEM])
		finding(a.unknown, 0, 0, "run this as root",
			"what the memory map is: no /proc/iomem");
	audit_pci(&a, &m->pci, false);
	audit_pci(&a, bars, true);
	audit_map(&a);
	audit_pages(&a);
	audit_conflicts(&a);
	free(a.extents);

	return show_audit(options, root);
}

/* Of a guest from outside: entries the toolstack knows, and all pages */
static int audit_guest(const struct options *options)
{
	cJSON *root, *findings;
	struct dump dump = { 0 };
	struct fault fault;
	unsigned long pages, nr;

	if (foreign_dump(options->domain, &dump, &pages, &fault)) {
		print_fault(&fault);
		free(dump.extent);
		return EXIT_UNKNOWN;
	}
	root = cJSON_CreateObject();
	findings = cJSON_AddArrayToObject(root, "findings");
	cJSON_AddArrayToObject(root, "unknown");
	nr = mfn_pages(&dump);
	/* It may own pages outside its P2M, but has none in it that it lacks. */
	if (nr > pages)
		finding(findings, 0, 0,
			"do not save or migrate it; send the archive that xen-p2m report makes",
			"its P2M has %lu pages, Xen counts %lu", nr, pages);
	free(dump.extent);

	return show_audit(options, root);
}

int command_audit(const struct options *options)
{
	struct fault fault = { .text = "out of memory" };
	struct machine *m;
	int status;

	if (options->domain > 0)
		return audit_guest(options);
	if (options->file)
		m = read_input(options);
	else
		m = live_machine(options->root, &fault);
	if (!m) {
		if (!options->file)
			print_fault(&fault);
		return EXIT_UNKNOWN;
	}
	status = audit_machine(options, m);
	machine_free(m);

	return status;
}
