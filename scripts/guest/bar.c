// SPDX-License-Identifier: GPL-2.0
/*
 * Reach into a PCI BAR through sysfs, as a user of the device would.
 *   bar FILE write OFFSET VALUE   stores a 64-bit word and reads it back
 *   bar FILE read OFFSET          prints it
 *   bar FILE set32 OFFSET VALUE   stores a 32-bit register, as some devices want it
 *   bar FILE get32 OFFSET         prints it
 *   bar FILE store <INPUT         copies the input to its start
 *   bar FILE load >OUTPUT         prints all of it
 * For a word one page is mapped, so a BAR of any size can be reached.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096UL

/* All of it from there on, where bytes is 0. */
static char *map(const char *file, uint64_t offset, size_t *bytes)
{
	int fd = open(file, O_RDWR | O_SYNC);
	struct stat status;
	char *start;

	if (fd < 0 || fstat(fd, &status)) {
		fprintf(stderr, "bar: %s: %s\n", file, strerror(errno));
		exit(2);
	}
	if (!*bytes)
		*bytes = status.st_size - offset;
	start = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (start == MAP_FAILED) {
		fprintf(stderr, "bar: map %s at %#" PRIx64 ": %s\n", file,
			offset, strerror(errno));
		exit(1);
	}

	return start;
}

static volatile uint64_t *map_word(const char *file, uint64_t offset)
{
	size_t bytes = PAGE;

	return (volatile uint64_t *)(map(file, offset & ~(PAGE - 1), &bytes) +
				     (offset & (PAGE - 1)));
}

static int store(const char *file)
{
	size_t bytes = 0, done = 0;
	char *bar = map(file, 0, &bytes);
	static char chunk[1 << 16];
	ssize_t got;

	while ((got = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0) {
		if ((size_t)got > bytes - done) {
			fprintf(stderr, "bar: the input is larger than the %zu bytes of %s\n",
				bytes, file);
			return 1;
		}
		memcpy(bar + done, chunk, got);
		done += got;
	}
	if (got < 0)
		perror("bar: input");

	return got < 0;
}

static int load(const char *file)
{
	size_t bytes = 0;
	char *bar = map(file, 0, &bytes);

	return fwrite(bar, 1, bytes, stdout) != bytes;
}

int main(int argc, char **argv)
{
	volatile uint64_t *word;
	uint64_t value;

	if (argc == 3 && !strcmp(argv[2], "store"))
		return store(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "load"))
		return load(argv[1]);
	if (argc < 4 || (argc == 5) != (!strcmp(argv[2], "write") || !strcmp(argv[2], "set32"))) {
		fprintf(stderr, "usage: bar FILE read|get32 OFFSET | bar FILE write|set32 OFFSET VALUE | bar FILE store|load\n");
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
