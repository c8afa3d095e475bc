// SPDX-License-Identifier: GPL-2.0
/*
 * The MFNs that a PV domain has.
 *   mfns DOMID COUNT    prints the first COUNT of its P2M, a line each
 * Of the Xen that dom0 runs on, by its own library.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <xenctrl.h>
#include <xenguest.h>

#define NO_MFN	(~0UL >> 2)

int main(int argc, char **argv)
{
	unsigned long nr = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;
	struct xc_domain_meminfo info = {};
	xc_interface *xc;

	if (!nr)
		errx(2, "usage: mfns DOMID COUNT");
	xc = xc_interface_open(NULL, NULL, 0);
	if (!xc || xc_map_domain_meminfo(xc, strtoul(argv[1], NULL, 0), &info))
		err(1, "domain %s", argv[1]);
	for (unsigned long pfn = 0; nr && pfn < info.p2m_size; pfn++) {
		/* Neither missing nor identity */
		if (info.p2m_table[pfn] > NO_MFN)
			continue;
		printf("%lu\n", info.p2m_table[pfn]);
		nr--;
	}

	return nr ? 1 : 0;
}
