// SPDX-License-Identifier: GPL-2.0
/*
 * Hold memory with a pattern in it, and look whether it is still there.
 *   pattern MIB    fills, prints "ready", then checks once for each line read
 *                  from standard input and prints "intact" or the first word
 *                  that changed
 * Each word depends on its place, so pages that were swapped are seen, too.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static uint64_t word_at(size_t i)
{
	return (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static int look(const volatile uint64_t *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (words[i] == word_at(i))
			continue;
		printf("changed: word %zu is %#llx, was %#llx\n", i,
		       (unsigned long long)words[i],
		       (unsigned long long)word_at(i));
		return 1;
	}
	printf("intact\n");

	return 0;
}

int main(int argc, char **argv)
{
	size_t mib = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	size_t nr = (mib << 20) / sizeof(uint64_t);
	uint64_t *words;
	char line[16];
	int bad = 0;

	if (!mib) {
		fprintf(stderr, "usage: pattern MIB\n");
		return 2;
	}
	words = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (words == MAP_FAILED) {
		perror("pattern: mmap");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < nr; i++)
		words[i] = word_at(i);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin))
		bad |= look(words, nr);

	return bad;
}
