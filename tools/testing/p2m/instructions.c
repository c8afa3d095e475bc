// SPDX-License-Identifier: GPL-2.0
/*
 * Plans for each real map, one call of plan_once() each, to be counted
 *
 * dom0 gets all memory. First the kernel is at 16 MiB, then it is over the
 * first thing that is not RAM, which has to be moved. Prints a line a call, in
 * the order of the calls: see "make instructions".
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <stdio.h>

#include "layout.h"

#include "real-maps.h"

static struct xen_layout plan;

int plan_once(const struct xen_layout_input *in);

noinline int plan_once(const struct xen_layout_input *in)
{
	return xen_layout_plan(in, &plan);
}

static void plan_at(const struct e820_map *map, u64 kernel)
{
	struct xen_layout_input in = {
		.e820 = e820_entries + map->first,
		.nr_e820 = map->nr,
		.max_pfns = BIT(34),
		.extra_ratio = 10,
		.ibft = true,
		.area[XEN_LAYOUT_KERNEL] = { kernel, 20 << 20 },
	};
	const struct xen_layout_entry *e = in.e820;
	unsigned int i;
	int ret;

	for (i = 0; i < map->nr; i++, e++)
		if (e->type == XEN_LAYOUT_RAM)
			in.nr_pages += e->size >> XEN_LAYOUT_PAGE_SHIFT;
	/* So that there is room for what has to be moved */
	in.nr_pages -= in.nr_pages / 16;
	ret = plan_once(&in);
	printf("%s %u %s %d\n", map->name, map->nr,
	       kernel == 16 << 20 ? "16M" : "over", ret);
}

int main(void)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(e820_maps); i++) {
		const struct e820_map *map = &e820_maps[i];
		u64 nonram = 16 << 20;

		plan_at(map, nonram);
		for (k = 0; k < map->nr; k++) {
			const struct xen_layout_entry *e =
				&e820_entries[map->first + k];

			if (e->type != XEN_LAYOUT_RAM && e->addr > 16 << 20) {
				nonram = e->addr & ~0xfffULL;
				break;
			}
		}
		plan_at(map, nonram - (2 << 20));
	}

	return 0;
}
