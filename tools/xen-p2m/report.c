// SPDX-License-Identifier: GPL-2.0
/*
 * One archive with what a maintainer needs to know of a host
 *
 * A tar that plan, draw and audit read back. Nothing private: of the logs only
 * lines about memory, Xen and PCI, of command lines only such options.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "live.h"

#define BLOCK		512
#define FOLDER		"xen-p2m-report/"

/* --- tar -------------------------------------------------------------------- */

static int tar_add(FILE *out, const char *name, const char *text, size_t size)
{
	static const char zero[BLOCK];
	unsigned char header[BLOCK] = { 0 };
	unsigned int sum = 0, i;

	snprintf((char *)header, 100, FOLDER "%s", name);
	snprintf((char *)header + 100, 8, "0000644");
	snprintf((char *)header + 108, 8, "0000000");
	snprintf((char *)header + 116, 8, "0000000");
	snprintf((char *)header + 124, 12, "%011zo", size);
	snprintf((char *)header + 136, 12, "%011lo", (long)time(NULL));
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (i = 0; i < BLOCK; i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum);
	fwrite(header, 1, BLOCK, out);
	fwrite(text, 1, size, out);
	if (size % BLOCK)
		fwrite(zero, 1, BLOCK - size % BLOCK, out);

	return ferror(out) ? -1 : 0;
}

static int tar_end(FILE *out)
{
	static const char zero[2 * BLOCK];

	fwrite(zero, 1, sizeof(zero), out);

	return fflush(out) || ferror(out) ? -1 : 0;
}

/* --- what is nobody's business ---------------------------------------------- */

/* Options of Xen and Linux that say something of memory or PCI */
static const char *const options_kept[] = {
	"dom0_mem=", "dom0=", "dom0-iommu=", "mem=", "memmap=", "pci=", "xen",
	"iommu=", "intel_iommu=", "e820", "no-real-mode", "mbi=", "efi=",
	"maxmem=", "availmem=", "console=", "loglvl=", "guest_loglvl=",
	"swiotlb=", "pciback", "earlyprintk=",
};

static bool option_kept(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options_kept); i++) {
		size_t want = strlen(options_kept[i]);

		if (len >= want && !strncmp(word, options_kept[i], want))
			return true;
	}

	return false;
}

static void put_options(FILE *out, const char *p, const char *end)
{
	while (p < end) {
		size_t len = 0;

		while (p + len < end && p[len] != ' ')
			len++;
		if (option_kept(p, len))
			fprintf(out, "%.*s ", (int)len, p);
		p += len + 1;
	}
	fputc('\n', out);
}

/* Of the kernel's log: about memory, Xen and PCI */
static const char *const words_kept[] = {
	"e820", "Xen: ", "xen:", "Xen:", "xen/", "xen_", "root bus resource",
	"host bridge window", "BAR ", "reg 0x", ": reg ", "Remapped", "Released",
	"Linux version", "last_pfn", "Memory:", "RAM map", "PM: hibernation",
	"Zone ranges", "  DMA", "  Normal", "memory conflicts", "What helps",
	"[mem 0x",
};

static bool line_kept(const char *line, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words_kept); i++)
		if (memmem(line, len, words_kept[i], strlen(words_kept[i])))
			return true;

	return false;
}

static void put_line(FILE *out, const char *line, size_t len, bool all)
{
	static const char word[] = "ommand line: ";
	const char *p = memmem(line, len, word, strlen(word));

	if (p) {
		p += strlen(word);
		fwrite(line, 1, p - line, out);
		put_options(out, p, line + len);
	} else if (all || line_kept(line, len)) {
		fwrite(line, 1, len, out);
		fputc('\n', out);
	}
}

/* A log without what is private; @all: but for the command line */
static char *strip_log(const char *text, size_t *size, bool all)
{
	const char *end = text + *size, *next;
	char *stripped = NULL;
	FILE *out = open_memstream(&stripped, size);

	for (; out && text < end; text = next + 1) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		put_line(out, text, next - text, all);
	}
	if (out)
		fclose(out);

	return stripped;
}

/* --- the command ------------------------------------------------------------ */

static char *versions(size_t *size)
{
	char *text = NULL;
	struct utsname u;
	FILE *out = open_memstream(&text, size);

	if (!out)
		return NULL;
	/* Not the name of the host */
	if (!uname(&u))
		fprintf(out, "Linux %s %s %s\n", u.release, u.version,
			u.machine);
	fprintf(out, "xen-p2m %s\n", VERSION);
	fclose(out);

	return text;
}

static int add_file(FILE *out, const struct text_file *file,
		    enum live_file id)
{
	char *stripped = NULL;
	size_t size = file->size;
	int err;

	if (!file->text)
		return 0;
	if (id == LIVE_DMESG || id == LIVE_XL_DMESG) {
		stripped = strip_log(file->text, &size, id == LIVE_XL_DMESG);
		if (!stripped)
			return -1;
	}
	err = tar_add(out, file->name, stripped ? stripped : file->text, size);
	free(stripped);

	return err;
}

/* An entry of the firmware's map: as it is */
static int add_memmap_entry(FILE *out, const char *path, const char *number)
{
	static const char *const files[] = { "start", "end", "type" };
	char name[512], text[64];
	unsigned int i;
	size_t size;
	FILE *in;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(files); i++) {
		snprintf(name, sizeof(name), "%.256s/%.20s/%s", path,
			 number, files[i]);
		in = fopen(name, "r");
		if (!in)
			return 0;
		size = fread(text, 1, sizeof(text), in);
		fclose(in);
		snprintf(name, sizeof(name), "memmap/%.20s/%s", number,
			 files[i]);
		err = tar_add(out, name, text, size);
	}

	return err;
}

static int add_memmap(FILE *out, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			err = add_memmap_entry(out, path, entry->d_name);
	closedir(dir);

	return err;
}

static int write_report(FILE *out, const struct live *live)
{
	size_t size = 0;
	char *text = versions(&size);
	unsigned int i;
	int err;

	err = text ? tar_add(out, "versions", text, size) : -1;
	free(text);
	for (i = 0; !err && i < LIVE_FILES; i++)
		err = add_file(out, &live->file[i], i);
	if (!err)
		err = add_memmap(out, live->memmap);

	return err ? err : tar_end(out);
}

static void say_missing(const struct live *live)
{
	unsigned int i;

	for (i = 0; i < LIVE_FILES; i++)
		if (!live->file[i].text && i != LIVE_AUDITED)
			fprintf(stderr, "xen-p2m: the report has no %s: be root in dom0, with debugfs mounted\n",
				live->file[i].name);
}

int command_report(const struct options *options)
{
	const char *path = options->output ? options->output :
			   "xen-p2m-report.tar";
	bool to_stdout = !strcmp(path, "-");
	FILE *out = to_stdout ? stdout : fopen(path, "w");
	struct live live = { 0 };
	struct fault fault;
	int err;

	if (!out) {
		fprintf(stderr, "xen-p2m: %s: %s\n", path, strerror(errno));
		return EXIT_UNKNOWN;
	}
	err = live_read(&live, options->root, &fault);
	if (!err)
		err = write_report(out, &live);
	if (!to_stdout && fclose(out))
		err = -1;
	if (err)
		fprintf(stderr, "xen-p2m: %s: %s\n", path, strerror(errno));
	else
		say_missing(&live);
	live_free(&live);
	if (err)
		return EXIT_UNKNOWN;
	if (!to_stdout)
		printf("%s\n", path);

	return EXIT_GOOD;
}
