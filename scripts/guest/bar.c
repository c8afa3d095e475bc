// SPDX-License-Identifier: GPL-2.0
/*
 * Reach into a PCI BAR through sysfs, as a user of the device would.
 *   bar FILE write OFFSET VALUE   stores a 64-bit word and reads it back
 *   bar FILE read OFFSET          prints it
 *   bar FILE set32 OFFSET VALUE   stores a 32-bit register, as some devices want it
 *   bar FILE get32 OFFSET         prints it
 * One page is mapped at a time, so a BAR of any size can be reached.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096UL

static volatile uint64_t *map_word(const char *file, uint64_t offset)
{
	int fd = open(file, O_RDWR | O_SYNC);
	char *page;

	if (fd < 0) {
		fprintf(stderr, "bar: %s: %s\n", file, strerror(errno));
		exit(2);
	}
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    offset & ~(PAGE - 1));
	if (page == MAP_FAILED) {
		fprintf(stderr, "bar: map %s at %#" PRIx64 ": %s\n", file,
			offset, strerror(errno));
		exit(1);
	}

	return (volatile uint64_t *)(page + (offset & (PAGE - 1)));
}

int main(int argc, char **argv)
{
	volatile uint64_t *word;
	uint64_t value;

	if (argc < 4 || (argc == 5) != (!strcmp(argv[2], "write") || !strcmp(argv[2], "set32"))) {
		fprintf(stderr, "usage: bar FILE read|get32 OFFSET | bar FILE write|set32 OFFSET VALUE\n");
		return 2;
	}
	word = map_word(argv[1], strtoull(argv[3], NULL, 0));
	if (strstr(argv[2], "32")) {
		if (argc == 5)
			*(volatile uint32_t *)word = strtoul(argv[4], NULL, 0);
		else
			printf("%#x\n", *(volatile uint32_t *)word);
		return 0;
	}
	if (argc == 5) {
		value = strtoull(argv[4], NULL, 0);
		*word = value;
		if (*word != value) {
			fprintf(stderr, "bar: wrote %#" PRIx64 ", read %#" PRIx64 "\n",
				value, (uint64_t)*word);
			return 1;
		}
	}
	printf("%#" PRIx64 "\n", (uint64_t)*word);

	return 0;
}
