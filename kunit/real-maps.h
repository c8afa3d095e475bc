/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory maps of real machines and domains, from public boot logs
 */
#ifndef _XEN_P2M_KUNIT_REAL_MAPS_H
#define _XEN_P2M_KUNIT_REAL_MAPS_H

#include "layout.h"

/**
 * struct e820_map - a memory map of a real machine or domain
 * @name: number and kind
 * @first: index of its first entry
 * @nr: number of entries
 * @last_pfn: first PFN after its RAM as the log has it; 0 if it has not
 * @remapped: pages remapped as the log of a Xen domain has it, else -1
 * @released: likewise, pages released
 */
struct e820_map {
	const char *name;
	unsigned int first;
	unsigned int nr;
	unsigned long last_pfn;
	long remapped;
	long released;
};

/* The build makes it of e820-maps.json: e820_entries[], e820_maps[] */
#include "e820-maps.h"

#endif /* _XEN_P2M_KUNIT_REAL_MAPS_H */
