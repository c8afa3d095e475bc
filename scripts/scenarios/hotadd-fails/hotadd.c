// SPDX-License-Identifier: GPL-2.0
/*
 * Let memory hot-add fail at one allocation after the other, and look whether
 * all is as before: P2M and resources. Ends with the first attempt in which
 * memory was added.
 *   hotadd gntdev		for pages of other domains, by
 *				xen_alloc_unpopulated_pages(): gntdev gets them
 *				when it is told of a grant
 *   hotadd balloon TID NOW MORE
 *				by the balloon's thread, when its target goes
 *				from NOW KiB to MORE
 *
 * Needs a kernel which fails allocations, and the module xen-p2m-audit.
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

/* Let the @nth allocation from now on fail, of the task of this file. */
static void set_nth(int fd, unsigned long nth)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", nth);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		die("fail-nth");
}

/* How many allocations are left to go? */
static unsigned long get_nth(int fd)
{
	char text[24] = { 0 };

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth");

	return strtoul(text, NULL, 10);
}

static int open_nth(const char *task)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%s/fail-nth", task);
	fd = open(name, O_RDWR);
	if (fd < 0)
		die(name);

	return fd;
}

static void attempt_gntdev(int nth_fd, unsigned long nth)
{
	struct ioctl_gntdev_map_grant_ref map = { .count = 1 };
	/* Closing it gives back what was got. */
	int gntdev = open("/dev/xen/gntdev", O_RDWR);

	if (gntdev < 0)
		die("/dev/xen/gntdev");
	set_nth(nth_fd, nth);
	ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map);
	set_nth(nth_fd, 0);
	close(gntdev);
}

static void set_target(const char *kib)
{
	static const char name[] =
		"/sys/devices/system/xen_memory/xen_memory0/target_kb";
	int fd = open(name, O_WRONLY);

	if (fd < 0 || write(fd, kib, strlen(kib)) < 0)
		die(name);
	close(fd);
}

/*
 * The thread works on its own; an attempt is a matter of milliseconds. Having
 * failed it waits for another target.
 */
static void attempt_balloon(int nth_fd, unsigned long nth, const char *now,
			    const char *more)
{
	int tries;

	set_target(now);
	usleep(100000);
	set_nth(nth_fd, nth);
	set_target(more);
	for (tries = 0; tries < 20 && get_nth(nth_fd); tries++)
		usleep(100000);
	usleep(200000);
	set_nth(nth_fd, 0);
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
	static struct state before, after;
	int balloon = argc == 5 && !strcmp(argv[1], "balloon");
	unsigned long nth;
	int bad = 0, fd;

	fd = open_nth(balloon ? argv[2] : "thread-self");
	read_state(&before);
	for (nth = 1; !bad; nth++) {
		if (balloon)
			attempt_balloon(fd, nth, argv[3], argv[4]);
		else
			attempt_gntdev(fd, nth);
		read_state(&after);
		/* Added as a whole? What fails after that does not matter. */
		if (strstr(after.p2m, "missing") &&
		    strcmp(before.iomem, after.iomem))
			break;
		bad |= differs(nth, "the P2M", before.p2m, after.p2m);
		bad |= differs(nth, "/proc/iomem", before.iomem, after.iomem);
		if (nth > 1000) {
			printf("no memory was added in the end\n");
			bad = 1;
		}
	}
	if (nth < 3) {
		printf("nothing failed\n");
		bad = 1;
	}
	printf("%lu attempts failed before memory was added\n", nth - 1);

	return bad;
}
