// SPDX-License-Identifier: GPL-2.0
/*
 * Hold a page of memory and one of a PCI BAR, and say where they are.
 *   hold FILE    FILE is the BAR in sysfs
 * Prints "process PID", a line "NAME VIRTUAL PHYSICAL" for each, and "ready".
 * Each word of the page of memory is PATTERN plus its offset.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	4096UL
#define PATTERN	0x5eed000000000000UL
#define FRAME	((1UL << 55) - 1)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t physical_of(const void *address)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (fd < 0 || pread(fd, &entry, sizeof(entry),
			    (uintptr_t)address / PAGE * sizeof(entry)) != sizeof(entry))
		die("hold: pagemap");
	close(fd);

	return (entry & FRAME) * PAGE;
}

/* The first address in a line of the file "resource" beside that of the BAR. */
static uint64_t start_of(const char *bar)
{
	char name[256];
	uint64_t start;
	FILE *file;

	snprintf(name, sizeof(name), "%.*s/resource", (int)(strrchr(bar, '/') - bar), bar);
	file = fopen(name, "r");
	if (!file || fscanf(file, "%" SCNx64, &start) != 1)
		die("hold: resource");
	fclose(file);

	return start;
}

int main(int argc, char **argv)
{
	volatile uint32_t *device;
	uint64_t *page;
	int fd;

	if (argc != 2 || !strchr(argv[1], '/')) {
		fprintf(stderr, "usage: hold FILE\n");
		return 2;
	}
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (page == MAP_FAILED)
		die("hold: memory");
	for (uint64_t i = 0; i < PAGE / sizeof(*page); i++)
		page[i] = PATTERN + i * sizeof(*page);
	fd = open(argv[1], O_RDWR | O_SYNC);
	device = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (device == MAP_FAILED)
		die("hold: BAR");

	printf("process %d\n", getpid());
	printf("memory %p %#" PRIx64 "\n", (void *)page, physical_of(page));
	printf("device %p %#" PRIx64 " %#x\n", (void *)device, start_of(argv[1]), *device);
	printf("ready\n");
	fflush(stdout);
	pause();

	return 0;
}
