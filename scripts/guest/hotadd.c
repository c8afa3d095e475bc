// SPDX-License-Identifier: GPL-2.0
/*
 * Let memory hot-add by xen_alloc_unpopulated_pages() fail at one allocation
 * after the other, and look whether all is as before: P2M and resources. Ends
 * with the first attempt that none is left to fail for.
 *   hotadd [STEP]    STEP allocations further with each attempt from the 40th
 *                    on, 61 unless told: there are hundreds of the same kind
 *
 * Needs a kernel with FAIL_PAGE_ALLOC and the module xen-p2m-audit. To map one
 * frame of another domain, privcmd needs a page without one first. That there
 * is no such domain comes up only after it was found.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#define ALL_SINGLY	40
#define PAGE		4096

struct state {
	char p2m[1 << 16];
	char iomem[1 << 16];
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void read_file(const char *name, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;
	int fd = open(name, O_RDONLY);

	if (fd < 0)
		die(name);
	while ((got = read(fd, text + length, size - 1 - length)) > 0)
		length += got;
	if (got < 0)
		die(name);
	text[length] = 0;
	close(fd);
}

static void read_state(struct state *state)
{
	read_file("/sys/kernel/debug/xen-p2m-audit/p2m", state->p2m,
		  sizeof(state->p2m));
	read_file("/proc/iomem", state->iomem, sizeof(state->iomem));
}

/* Only this task's allocations fail, the @nth from now on */
static int set_nth(unsigned long nth)
{
	static int fd = -1;
	char text[24];

	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fd < 0)
		die("/proc/thread-self/fail-nth");
	snprintf(text, sizeof(text), "%lu", nth);

	return pwrite(fd, text, strlen(text), 0) < 0 ? -1 : fd;
}

/* How many allocations were left to go? */
static unsigned long nth_left(int fd)
{
	char text[24] = { 0 };

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth");
	if (set_nth(0) < 0)
		die("fail-nth");

	return strtoul(text, NULL, 10);
}

/* Returns how many of @nth allocations there were not. */
static unsigned long attempt(int privcmd, void *where, unsigned long nth)
{
	xen_pfn_t frame = 0;
	int err = 0, fd;
	privcmd_mmapbatch_v2_t batch = {
		.num = 1,
		.dom = DOMID_FIRST_RESERVED - 1,
		.addr = (uintptr_t)where,
		.arr = &frame,
		.err = &err,
	};

	fd = set_nth(nth);
	if (fd < 0)
		die("fail-nth");
	ioctl(privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);

	return nth_left(fd);
}

static int differs(unsigned long nth, const char *what, const char *before,
		   const char *after)
{
	if (!strcmp(before, after))
		return 0;
	printf("allocation %lu: %s differs, before:\n%safter:\n%s", nth, what,
	       before, after);

	return 1;
}

int main(int argc, char **argv)
{
	unsigned long step = argc > 1 ? strtoul(argv[1], NULL, 0) : 61, nth;
	static struct state before, after;
	int failures = 0, bad = 0;

	read_state(&before);
	for (nth = 1; !bad; nth += nth < ALL_SINGLY ? 1 : step) {
		/* Anew each time: a mapping is made once. */
		int privcmd = open("/dev/xen/privcmd", O_RDWR);
		void *where;

		if (privcmd < 0)
			die("/dev/xen/privcmd");
		where = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, privcmd, 0);
		if (where == MAP_FAILED)
			die("mmap");
		if (attempt(privcmd, where, nth))
			break;
		munmap(where, PAGE);
		close(privcmd);
		failures++;
		read_state(&after);
		bad |= differs(nth, "the P2M", before.p2m, after.p2m);
		bad |= differs(nth, "/proc/iomem", before.iomem, after.iomem);
	}
	read_state(&after);
	if (!bad && !strcmp(before.p2m, after.p2m)) {
		printf("no memory was added in the end\n");
		bad = 1;
	}
	printf("%d attempts failed, the last at allocation %lu\n", failures,
	       nth - 1);

	return bad;
}
