// SPDX-License-Identifier: GPL-2.0
/*
 * What reading a file once costs.
 *   ticks FILE    prints FILE, the ticks of the TSC that it took, and its bytes
 * A program of its own, because a shell and its pipes cost more than a short
 * file does.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

static char buffer[1 << 16];

int main(int argc, char **argv)
{
	unsigned long long start, end;
	size_t bytes = 0;
	ssize_t got;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "ticks: wants one file\n");
		return 2;
	}

	start = __rdtsc();
	fd = open(argv[1], O_RDONLY);
	if (fd < 0) {
		fprintf(stderr, "ticks: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		bytes += got;
	end = __rdtsc();

	if (got < 0) {
		fprintf(stderr, "ticks: read %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	printf("%s %llu %zu\n", argv[1], end - start, bytes);

	return 0;
}
