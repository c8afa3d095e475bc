// SPDX-License-Identifier: GPL-2.0
/*
 * Let memory hot-add by xen_alloc_unpopulated_pages() fail at one allocation
 * after the other, and look whether all is as before: P2M and resources. Ends
 * with the first attempt in which memory was added.
 *
 * Needs a kernel with FAIL_PAGE_ALLOC and the module xen-p2m-audit. gntdev gets
 * the page for a grant when it is told of it; that there is no such grant would
 * come up when it is mapped.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/gntdev.h>

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
static unsigned long attempt(int gntdev, unsigned long nth)
{
	struct ioctl_gntdev_map_grant_ref map = { .count = 1 };
	int fd = set_nth(nth);

	if (fd < 0)
		die("fail-nth");
	ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map);

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

int main(void)
{
	static struct state before, after;
	unsigned long nth;
	int bad = 0;

	read_state(&before);
	for (nth = 1; !bad; nth++) {
		/* Closing it gives back what was got. */
		int gntdev = open("/dev/xen/gntdev", O_RDWR);
		unsigned long left;

		if (gntdev < 0)
			die("/dev/xen/gntdev");
		left = attempt(gntdev, nth);
		close(gntdev);
		read_state(&after);
		/* What fails behind that is no matter of hot-add. */
		if (left || strstr(after.iomem, "Xen scratch"))
			break;
		bad |= differs(nth, "the P2M", before.p2m, after.p2m);
		bad |= differs(nth, "/proc/iomem", before.iomem, after.iomem);
	}
	read_state(&after);
	if (!bad && !strcmp(before.p2m, after.p2m)) {
		printf("no memory was added in the end\n");
		bad = 1;
	}
	printf("%lu attempts failed before memory was added\n", nth - 1);

	return bad;
}
