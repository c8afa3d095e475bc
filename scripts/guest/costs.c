// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs a process of dom0 to map and unmap what is not its own, and to
 * move the balloon.
 *   costs bar FILE MIB              the first MIB of a PCI BAR
 *   costs foreign DOMID < MFNS      MFNs of a domain by privcmd, an MFN a line
 *   costs grants DOMID REF...       pages that a domain grants, by gntdev
 *   costs balloon MIB               dom0 gives so much back, and takes it again
 * print a line each, "NAME TICKS ticks", of the TSC, the least of the rounds.
 *   costs offer DOMID COUNT         grants pages, prints the references, holds them
 */

#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <xen/xen.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#define PAGE		4096UL
#define ROUNDS		2
#define MAX_MFNS	262144
#define INFO		"/sys/devices/system/xen_memory/xen_memory0/"

/* The two halves of an operation: there, and back again */
struct cost {
	unsigned long long there, back;
};

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 0);
}

static int open_file(const char *file, int flags)
{
	int fd = open(file, flags);

	if (fd < 0)
		err(1, "%s", file);

	return fd;
}

static void *map(int fd, size_t bytes, int prot, off_t offset)
{
	void *where = mmap(NULL, bytes, prot, MAP_SHARED, fd, offset);

	if (where == MAP_FAILED)
		err(1, "mmap");

	return where;
}

/* An operation there and back, of what it is told */
typedef struct cost (*operation_t)(int fd, void *what);

/* The others built what is there from then on, or were interrupted. */
static struct cost least(operation_t operation, int fd, void *what)
{
	struct cost best = operation(fd, what), cost;

	for (int i = 1; i < ROUNDS; i++) {
		cost = operation(fd, what);
		if (cost.there < best.there)
			best.there = cost.there;
		if (cost.back < best.back)
			best.back = cost.back;
	}

	return best;
}

static void show(const char *what, const char *there, const char *back, struct cost cost)
{
	printf("%s-%s %llu.0 ticks\n", what, there, cost.there);
	printf("%s-%s %llu.0 ticks\n", what, back, cost.back);
}

static struct cost map_bar(int fd, void *what)
{
	unsigned long long start, mapped, end;
	size_t bytes = *(size_t *)what;
	void *where;

	start = __rdtsc();
	where = map(fd, bytes, PROT_READ | PROT_WRITE, 0);
	mapped = __rdtsc();
	munmap(where, bytes);
	end = __rdtsc();

	return (struct cost){ mapped - start, end - mapped };
}

static void measure_bar(const char *file, size_t bytes)
{
	show("bar", "map", "unmap", least(map_bar, open_file(file, O_RDWR | O_SYNC), &bytes));
}

static struct cost map_foreign(int fd, void *what)
{
	struct privcmd_mmapbatch_v2 *batch = what;
	unsigned long long start, mapped, end;
	size_t bytes = batch->num * PAGE;
	void *where;

	start = __rdtsc();
	where = map(fd, bytes, PROT_READ, 0);
	batch->addr = (unsigned long)where;
	if (ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, batch))
		err(1, "privcmd");
	mapped = __rdtsc();
	munmap(where, bytes);
	end = __rdtsc();

	for (unsigned int i = 0; i < batch->num; i++)
		if (batch->err[i])
			errx(1, "MFN %#lx: error %d", batch->arr[i], batch->err[i]);

	return (struct cost){ mapped - start, end - mapped };
}

static void measure_foreign(unsigned int domain)
{
	static xen_pfn_t mfns[MAX_MFNS];
	static int errors[MAX_MFNS];
	struct privcmd_mmapbatch_v2 batch = { .dom = domain, .arr = mfns, .err = errors };
	int fd = open_file("/dev/xen/privcmd", O_RDWR);

	while (batch.num < MAX_MFNS && scanf("%lu", mfns + batch.num) == 1)
		batch.num++;
	if (!batch.num)
		errx(1, "no MFNs");
	show("foreign", "map", "unmap", least(map_foreign, fd, &batch));
}

static struct cost map_grants(int fd, void *what)
{
	struct ioctl_gntdev_map_grant_ref *grants = what;
	struct ioctl_gntdev_unmap_grant_ref done = { .count = grants->count };
	unsigned long long start, mapped, end;
	size_t bytes = grants->count * PAGE;
	void *where;

	start = __rdtsc();
	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, grants))
		err(1, "gntdev: map");
	where = map(fd, bytes, PROT_READ | PROT_WRITE, grants->index);
	mapped = __rdtsc();
	munmap(where, bytes);
	done.index = grants->index;
	if (ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &done))
		err(1, "gntdev: unmap");
	end = __rdtsc();

	return (struct cost){ mapped - start, end - mapped };
}

static void measure_grants(unsigned int domain, unsigned int nr, char **refs)
{
	static const unsigned int counts[] = { 1, 32, 256 };
	struct ioctl_gntdev_map_grant_ref *grants;
	int fd = open_file("/dev/xen/gntdev", O_RDWR);
	char name[20];

	grants = calloc(1, sizeof(*grants) + nr * sizeof(grants->refs[0]));
	if (!grants)
		err(1, "grants");
	for (unsigned int i = 0; i < nr; i++)
		grants->refs[i] = (struct ioctl_gntdev_grant_ref){ domain, number(refs[i]) };

	for (unsigned int i = 0; i < 3 && counts[i] <= nr; i++) {
		grants->count = counts[i];
		snprintf(name, sizeof(name), "grants-%u", grants->count);
		show(name, "map", "unmap", least(map_grants, fd, grants));
	}
}

static void offer_grants(unsigned int domain, unsigned int nr)
{
	struct ioctl_gntalloc_alloc_gref *grants;
	int fd = open_file("/dev/xen/gntalloc", O_RDWR);

	grants = calloc(1, sizeof(*grants) + nr * sizeof(grants->gref_ids[0]));
	if (!grants)
		err(1, "grants");
	grants->domid = domain;
	grants->flags = GNTALLOC_FLAG_WRITABLE;
	grants->count = nr;
	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, grants))
		err(1, "gntalloc");
	for (unsigned int i = 0; i < nr; i++)
		printf("%u%c", grants->gref_ids[i], i + 1 < nr ? ' ' : '\n');
	fflush(stdout);
	pause();
}

static unsigned long current_kb(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		err(1, "current_kb");

	return number(text);
}

/* Looks each millisecond: the balloon is a thread of its own. */
static unsigned long long balloon_to(int info, unsigned long kb)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int target = open_file(INFO "target_kb", O_WRONLY);
	unsigned long long start = __rdtsc();

	if (dprintf(target, "%lu", kb) < 0)
		err(1, "target_kb");
	while (current_kb(info) != kb)
		nanosleep(&ms, NULL);
	start = __rdtsc() - start;
	close(target);

	return start;
}

static struct cost move_balloon(int info, void *what)
{
	unsigned long full = current_kb(info), less = *(unsigned long *)what * 1024;
	struct cost cost;

	cost.there = balloon_to(info, full - less);
	cost.back = balloon_to(info, full);

	return cost;
}

static void measure_balloon(unsigned long mib)
{
	int info = open_file(INFO "info/current_kb", O_RDONLY);

	show("balloon", "down", "up", least(move_balloon, info, &mib));
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (!strcmp(verb, "bar") && argc == 4)
		measure_bar(argv[2], number(argv[3]) << 20);
	else if (!strcmp(verb, "foreign") && argc == 3)
		measure_foreign(number(argv[2]));
	else if (!strcmp(verb, "grants") && argc > 3)
		measure_grants(number(argv[2]), argc - 3, argv + 3);
	else if (!strcmp(verb, "offer") && argc == 4)
		offer_grants(number(argv[2]), number(argv[3]));
	else if (!strcmp(verb, "balloon") && argc == 3)
		measure_balloon(number(argv[2]));
	else
		errx(2, "usage: costs bar|foreign|grants|offer|balloon ARGUMENT...");

	return 0;
}
