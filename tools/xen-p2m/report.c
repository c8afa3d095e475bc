// SPDX-License-Identifier: GPL-2.0
/*
 * One archive with what a maintainer needs to know of a host
 *
 * A tar that plan, draw and audit read back. What may be in it is in allow.c.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "allow.h"
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

/* --- the command ------------------------------------------------------------ */

static char *versions(size_t *size)
{
	char *text = NULL, *release;
	struct utsname u;
	FILE *out = open_memstream(&text, size);

	if (!out)
		return NULL;
	/* Not the name of the host, and not who built the kernel */
	release = uname(&u) ? NULL : allow_version(u.release, strlen(u.release));
	if (release)
		fprintf(out, "Linux %s\n", release);
	free(release);
	fprintf(out, "xen-p2m %s\n", VERSION);
	fclose(out);

	return text;
}

static const enum allow_kind allowed[LIVE_FILES] = {
	[LIVE_P2M] = ALLOW_P2M,
	[LIVE_AUDITED] = ALLOW_P2M,
	[LIVE_IOMEM] = ALLOW_IOMEM,
	[LIVE_PCI] = ALLOW_PCI,
	[LIVE_MEMORY] = ALLOW_MEMORY,
	[LIVE_KERNEL] = ALLOW_DMESG,
	[LIVE_DMESG] = ALLOW_DMESG,
	[LIVE_XL_DMESG] = ALLOW_XEN,
};

/* A file of which no line may be told counts as missing. */
static int allow_files(struct live *live)
{
	unsigned int i;

	for (i = 0; i < LIVE_FILES; i++) {
		struct text_file *file = &live->file[i];
		char *text;

		if (!file->text)
			continue;
		text = allow_text(allowed[i], file->text, &file->size);
		free(file->text);
		file->text = text;
		if (!text)
			return -1;
		if (file->size)
			continue;
		free(text);
		file->text = NULL;
	}

	return 0;
}

/* An entry of the firmware's map */
static int add_memmap_entry(FILE *out, const char *path, const char *number)
{
	char name[512], *text, *good;
	struct fault fault;
	unsigned int i;
	size_t size;
	int err = 0;

	for (i = 0; !err && i < MEMMAP_FILES; i++) {
		snprintf(name, sizeof(name), "%.256s/%.20s/%s", path, number,
			 memmap_files[i]);
		text = read_file(name, &size, &fault);
		if (!text)
			return 0;
		good = allow_text(ALLOW_MEMMAP, text, &size);
		free(text);
		snprintf(name, sizeof(name), "memmap/%.20s/%s", number,
			 memmap_files[i]);
		err = good ? tar_add(out, name, good, size) : -1;
		free(good);
	}

	return err;
}

static bool is_number(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

static int add_memmap(FILE *out, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir)))
		if (is_number(entry->d_name))
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
		if (live->file[i].text)
			err = tar_add(out, live->file[i].name,
				      live->file[i].text, live->file[i].size);
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

/* Is anything there that says something of memory under Xen? */
static bool worth_it(const struct live *live)
{
	return live->file[LIVE_P2M].text || live->file[LIVE_AUDITED].text ||
	       live->file[LIVE_IOMEM].text || live->file[LIVE_XL_DMESG].text;
}

/* What others of this host may not read either, and what is there stays. */
static FILE *open_report(const char *path, bool force)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, fd;
	FILE *out;

	fd = open(path, flags | (force ? O_TRUNC : O_EXCL), 0600);
	if (fd >= 0)
		fchmod(fd, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		fprintf(stderr, "xen-p2m: %s: %s%s\n", path, strerror(errno),
			errno == EEXIST ? "; --force writes over it" :
			errno == ELOOP ? "; a symbolic link is not followed" : "");

	return out;
}

static int put_report(const struct options *options, const struct live *live)
{
	const char *path = options->output ? options->output :
			   "xen-p2m-report.tar";
	bool to_stdout = !strcmp(path, "-");
	FILE *out = to_stdout ? stdout : open_report(path, options->force);
	int err;

	if (!out)
		return EXIT_UNKNOWN;
	err = write_report(out, live);
	if (!to_stdout && fclose(out))
		err = -1;
	if (err) {
		fprintf(stderr, "xen-p2m: %s: %s\n", path, strerror(errno));
		return EXIT_UNKNOWN;
	}
	say_missing(live);
	if (!to_stdout)
		printf("%s\n", path);

	return EXIT_GOOD;
}

int command_report(const struct options *options)
{
	struct live live = { 0 };
	int status = EXIT_UNKNOWN;

	live_read(&live, options->root);
	if (allow_files(&live)) {
		perror("xen-p2m");
	} else if (!worth_it(&live)) {
		fprintf(stderr, "xen-p2m: nothing to report: %s\n",
			live_why_not(options->root));
	} else {
		status = put_report(options, &live);
	}
	live_free(&live);

	return status;
}
