// SPDX-License-Identifier: GPL-2.0
/*
 * Let the balloon grow in steps, and an allocation fail in each: it still has to
 * reach its target. The live suite checks that no page is lost.
 *   grow TID KIB		the balloon's thread, and where it is now
 *
 * The first bit is without a failure: it may take memory that has to be added.
 * Needs a kernel which fails allocations.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY	"/sys/devices/system/xen_memory/xen_memory0/"
#define BITS	9
#define BIT_KIB	4096	/* two leaves of the P2M */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static unsigned long read_number(int fd, const char *name)
{
	char text[24] = { 0 };

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die(name);

	return strtoul(text, NULL, 10);
}

static void write_number(int fd, const char *name, unsigned long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", number);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		die(name);
}

static int open_file(const char *name, int flags)
{
	int fd = open(name, flags);

	if (fd < 0)
		die(name);

	return fd;
}

int main(int argc, char **argv)
{
	unsigned long kib, bit, failed = 0;
	int target, current, nth, tries;
	char name[64];

	if (argc != 3)
		return 2;
	snprintf(name, sizeof(name), "/proc/%s/fail-nth", argv[1]);
	nth = open_file(name, O_RDWR);
	target = open_file(MEMORY "target_kb", O_WRONLY);
	current = open_file(MEMORY "info/current_kb", O_RDONLY);
	kib = strtoul(argv[2], NULL, 10);

	for (bit = 0; bit < BITS; bit++) {
		kib += BIT_KIB;
		write_number(nth, "fail-nth", bit ? 1 + bit % 2 : 0);
		write_number(target, "target_kb", kib);
		for (tries = 0; tries < 300; tries++) {
			if (read_number(current, "current_kb") >= kib)
				break;
			usleep(100000);
		}
		if (bit)
			failed += !read_number(nth, "fail-nth");
		write_number(nth, "fail-nth", 0);
		if (tries == 300) {
			printf("bit %lu: %lu KiB instead of %lu\n", bit,
			       read_number(current, "current_kb"), kib);
			return 1;
		}
	}
	printf("%lu allocations failed, and the memory grew by %u KiB\n", failed,
	       BITS * BIT_KIB);

	return !failed;
}
