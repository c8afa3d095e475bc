// SPDX-License-Identifier: GPL-2.0
/*
 * Have the kernel set PFNs aside for pages of other domains, and hold them.
 *   scratch MIB [AT-A-TIME]    prints "ready" when it has that many, and stays
 *
 * gntdev gets them as soon as it is told of grants, so nobody has to grant
 * anything.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/gntdev.h>

int main(int argc, char **argv)
{
	unsigned long grants = argc > 1 ? strtoul(argv[1], NULL, 0) << 8 : 0;
	unsigned long at_a_time = (argc > 2 ? strtoul(argv[2], NULL, 0) : 32) << 8;
	struct ioctl_gntdev_map_grant_ref *map;
	int gntdev = open("/dev/xen/gntdev", O_RDWR);
	unsigned long i;

	/* The first one is within the header. */
	map = calloc(1, sizeof(*map) + at_a_time * sizeof(map->refs[0]));
	if (!grants || !at_a_time || gntdev < 0 || !map) {
		fprintf(stderr, "usage: scratch MIB [AT-A-TIME], with /dev/xen/gntdev\n");
		return 2;
	}
	for (i = 0; i < grants; i += at_a_time) {
		map->count = at_a_time;
		if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, map)) {
			perror("scratch: IOCTL_GNTDEV_MAP_GRANT_REF");
			return 1;
		}
	}
	printf("ready\n");
	fflush(stdout);
	pause();

	return 0;
}
