// SPDX-License-Identifier: GPL-2.0
/*
 * What Xen does when it builds a PV dom0: how much memory it gets, and what lies
 * where in it
 *
 * Rules of xen/arch/x86/dom0_build.c (dom0_mem=) and xen/arch/x86/pv/dom0_build.c
 * (places), which are the same in Xen 4.17 and 4.20.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <linux/align.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "dom0-build.h"
#include "machine.h"

#define PAGE		XEN_LAYOUT_PAGE_SIZE
/* Entries of a page table; one of each level maps 2 MiB, 1 GiB, 512 GiB */
#define L2_SHIFT	21
#define L3_SHIFT	30
#define L4_SHIFT	39

/* struct start_info, and that with struct dom0_vga_console_info after it */
#define START_INFO_SIZE	1168U
#define VGA_INFO_SIZE	40U
/* Xen maps the kernel up to such a border, with so much unused at the end */
#define MAP_ALIGN	((u64)4 << 20)
#define MAP_SPARE	((u64)512 << 10)

/* --- dom0_mem= -------------------------------------------------------------- */

/* "2G", or without a letter KiB; but a number as it is in front of a '%' */
static bool size_and_unit(const char **p, u64 *value)
{
	char *end;
	int shift;

	*value = strtoull(*p, &end, 0);
	shift = unit_shift(*end);
	if (shift >= 0)
		end++;
	else
		shift = *end == '%' ? 0 : 10;
	*p = end;
	if (*value > ~(u64)0 >> shift)
		return false;
	*value <<= shift;

	return true;
}

/* "[-]SIZE", "[-]N%" or "[-]SIZE+N%", up to a comma or the end */
static bool one_amount(const char **p, struct dom0_amount *amount)
{
	struct dom0_amount got = { 0 };
	bool first = true, more;
	u64 value;

	if (**p == '-') {
		got.minus = true;
		(*p)++;
	}
	do {
		if (!isdigit((unsigned char)**p) || !size_and_unit(p, &value))
			return false;
		if (**p == '%') {
			(*p)++;
			if (value >= 100)
				return false;
			got.percent = value;
			break;
		}
		if (!first)
			return false;
		got.pages = value >> XEN_LAYOUT_PAGE_SHIFT;
		first = false;
		more = **p == '+';
		*p += more;
	} while (more);
	if (**p && **p != ',')
		return false;
	*amount = got;

	return true;
}

bool dom0_mem_parse(const char *text, struct dom0_mem *mem)
{
	struct dom0_amount *amount;
	bool good;

	do {
		amount = &mem->size;
		if (!strncmp(text, "min:", 4))
			amount = &mem->min;
		else if (!strncmp(text, "max:", 4))
			amount = &mem->max;
		if (amount != &mem->size)
			text += 4;
		good = one_amount(&text, amount);
	} while (good && *text == ',' && *++text != '\0');

	return good && !*text && text[-1] != ',';
}

/* Wraps around as it does in Xen, where the limits catch that */
static unsigned long amount_pages(const struct dom0_amount *amount,
				  unsigned long avail)
{
	unsigned long pages = amount->pages + avail / 100 * amount->percent +
			      avail % 100 * amount->percent / 100;

	return amount->minus ? avail - pages : pages;
}

static bool amount_given(const struct dom0_amount *amount)
{
	return amount->pages || amount->percent || amount->minus;
}

unsigned long dom0_mem_pages(const struct dom0_mem *mem, unsigned long avail)
{
	unsigned long pages = amount_pages(&mem->size, avail);

	if (!pages)
		pages = avail - min(avail / 16,
				    128UL << (20 - XEN_LAYOUT_PAGE_SHIFT));
	pages = max(pages, amount_pages(&mem->min, avail));
	if (amount_given(&mem->max))
		pages = min(pages, amount_pages(&mem->max, avail));

	return min(pages, avail);
}

unsigned long dom0_mem_max(const struct dom0_mem *mem, unsigned long avail)
{
	return amount_given(&mem->max) ? amount_pages(&mem->max, avail) : 0;
}

bool dom0_mem_given(const struct dom0_mem *mem)
{
	return amount_given(&mem->size) || amount_given(&mem->min) ||
	       amount_given(&mem->max);
}

bool dom0_mem_exact(const struct dom0_mem *mem)
{
	return mem->size.pages && !mem->size.percent && !mem->size.minus;
}

/* --- places ----------------------------------------------------------------- */

static u64 tables_of(u64 end, unsigned int shift)
{
	return DIV_ROUND_UP(end, (u64)1 << shift);
}

/*
 * Page tables that map all from address 0 to @end, which they are a part of: one
 * of the top level, and those of the levels below
 */
static u64 mapped_end(u64 tables_at, u64 *nr)
{
	u64 end, after;

	for (*nr = 2; ; (*nr)++) {
		/* A page of stack after them */
		after = tables_at + (*nr + 1) * PAGE;
		end = ALIGN(after, MAP_ALIGN);
		if (end - after < MAP_SPARE)
			end += MAP_ALIGN;
		if (1 + tables_of(end, L4_SHIFT) + tables_of(end, L3_SHIFT) +
		    tables_of(end, L2_SHIFT) <= *nr)
			return end;
	}
}

static u64 power_of_two(u64 size)
{
	u64 power = PAGE;

	while (power < size)
		power <<= 1;

	return power;
}

/* The list in 2 MiB pages and a rest, and the page tables that map it */
static u64 list_frames(u64 bytes)
{
	u64 rest = bytes & (((u64)1 << L2_SHIFT) - 1);

	return (bytes + PAGE - 1) / PAGE + !!rest + tables_of(bytes, L3_SHIFT) +
	       tables_of(bytes, L4_SHIFT);
}

static void put(struct xen_layout_area *area, u64 addr, u64 size)
{
	area->addr = addr;
	area->size = size;
}

u64 dom0_place(const struct dom0_image *image, unsigned long nr_pages,
	       struct xen_layout_area area[XEN_LAYOUT_AREAS])
{
	u64 list = (u64)nr_pages * sizeof(u64), initrd, tables, nr, end, mapped;
	u64 pos = ALIGN(image->kernel_end, PAGE);

	initrd = ALIGN(image->initrd_size, PAGE);
	if (image->initrd_mapped && initrd) {
		put(&area[XEN_LAYOUT_INITRD], pos, image->initrd_size);
		pos += initrd;
	}
	if (image->list_mapped) {
		put(&area[XEN_LAYOUT_P2M_LIST], pos, list);
		pos = ALIGN(pos + list, PAGE);
	}
	put(&area[XEN_LAYOUT_START_INFO], pos, START_INFO_SIZE + VGA_INFO_SIZE);
	tables = ALIGN(pos + START_INFO_SIZE, PAGE);
	mapped = mapped_end(tables, &nr);
	put(&area[XEN_LAYOUT_PAGE_TABLES], tables, nr * PAGE);
	if (image->initrd_mapped)
		mapped -= initrd;
	/* What is mapped comes from one allocation, all of which is used first. */
	end = image->alloc_size ? image->alloc_size : power_of_two(mapped);
	if (!image->initrd_mapped && initrd)
		put(&area[XEN_LAYOUT_INITRD], end, image->initrd_size);
	end += initrd;
	if (!image->list_mapped) {
		nr = list_frames(list);
		put(&area[XEN_LAYOUT_P2M_LIST], end, nr * PAGE);
		end += nr * PAGE;
	}

	return end;
}
