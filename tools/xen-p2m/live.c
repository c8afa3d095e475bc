// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at the running system: what there is to read, and dump
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/klog.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "json.h"
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
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);

	return read_file(name, size, &fault);
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

void live_read(struct live *live, const char *root)
{
	unsigned int i;

	for (i = 0; i < LIVE_FILES; i++) {
		struct text_file *file = &live->file[i];

		file->name = live_files[i].name;
		file->text = read_one(root, i, &file->size);
	}
	snprintf(live->memmap, sizeof(live->memmap), "%.200s/sys/firmware/memmap",
		 root);
}

void live_free(struct live *live)
{
	unsigned int i;

	for (i = 0; i < LIVE_FILES; i++)
		free(live->file[i].text);
}

struct machine *live_machine(const char *root, bool logs, struct fault *fault)
{
	unsigned int i, end = logs ? LIVE_FILES : LIVE_DMESG;
	struct machine *m = machine_new();
	struct live live = { 0 };
	int err = 0;

	if (!m)
		return NULL;
	live_read(&live, root);
	for (i = 0; !err && i < end; i++)
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

/* Xen's toolstack sees no difference between missing and identity. */
static const char *dump_name(enum xen_p2m_type type, bool foreign)
{
	if (foreign && type == XEN_P2M_MISSING)
		return "invalid";

	return p2m_type_name(type);
}

static void print_dump(const struct dump *dump, bool foreign)
{
	const struct extent *e = dump->extent;
	unsigned int i;

	for (i = 0; i < dump->nr; i++, e++)
		printf(" [0x%lx->0x%lx] %s\n", e->start, e->end,
		       dump_name(e->type, foreign));
}

static void print_dump_json(const struct dump *dump, bool foreign)
{
	const struct extent *e = dump->extent;
	cJSON *root = json_new("dump");
	cJSON *list = cJSON_AddArrayToObject(root, "extents");
	unsigned int i;

	for (i = 0; i < dump->nr; i++, e++)
		json_extent(list, e, dump_name(e->type, foreign));
	json_print(root);
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

/* --- why there is nothing to look at ------------------------------------------ */

static bool file_is(const char *root, const char *path, const char *want)
{
	size_t size, len = strlen(want);
	char *text = read_path(root, path, &size);
	bool same = text && size >= len && !strncasecmp(text, want, len) &&
		    (size == len || text[len] == '\n');

	free(text);

	return same;
}

static bool is_there(const char *root, const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%.256s%s", root, path);

	return !access(name, F_OK);
}

/* Entries of a folder; -1 with errno where it cannot be read */
static int nr_entries(const char *root, const char *path)
{
	struct dirent **list;
	char name[512];
	int nr, i;

	snprintf(name, sizeof(name), "%.256s%s", root, path);
	nr = scandir(name, &list, not_hidden, alphasort);
	for (i = 0; i < nr; i++)
		free(list[i]);
	if (nr >= 0)
		free(list);

	return nr;
}

const char *live_why_not(const char *root)
{
	static const char debug[] = "/sys/kernel/debug";
	static const char guest_type[] = "/sys/hypervisor/guest_type";
	int nr;

	if (!file_is(root, "/sys/hypervisor/type", "xen") &&
	    !is_there(root, "/proc/xen"))
		return "this is no domain of Xen, by /sys/hypervisor: a P2M is there in PV domains only";
	if (file_is(root, guest_type, "PVH"))
		return "this is a PVH domain: it has no P2M, Xen does that for it";
	if (file_is(root, guest_type, "HVM"))
		return "this is an HVM domain: it has no P2M, Xen does that for it";
	nr = nr_entries(root, debug);
	if (nr < 0 && errno == EACCES)
		return "only root may look at the P2M: run this as root";
	if (nr <= 0)
		return "no debugfs: mount -t debugfs none /sys/kernel/debug";
	if (is_there(root, live_files[LIVE_P2M].path) ||
	    is_there(root, live_files[LIVE_AUDITED].path))
		return "the P2M in debugfs cannot be read, or is empty: see dmesg";

	return "this kernel does not show its P2M (CONFIG_XEN_P2M_DEBUG_FS is off): modprobe xen-p2m-audit";
}

/* --- dump, of this domain or another -------------------------------------------- */

static int dump_own(const struct options *options)
{
	struct fault fault = { .text = "out of memory" };
	struct machine *m = live_machine(options->root, false, &fault);
	int status = EXIT_UNKNOWN;

	if (!m)
		print_fault(&fault);
	else if (!best_dump(m)->nr)
		fprintf(stderr, "xen-p2m: %s\n",
			live_why_not(options->root));
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
