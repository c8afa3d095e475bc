/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory layout once more, slow and plain, to compare plans with
 *
 * A small machine, a byte a PFN. The map is painted in cells of 512 bytes,
 * so entries have to begin and end at such. Each PFN is looked at in turn,
 * and each question is answered by looking at all PFNs again.
 */
#ifndef _XEN_P2M_KUNIT_LAYOUT_REFERENCE_H
#define _XEN_P2M_KUNIT_LAYOUT_REFERENCE_H

#define SLOW_PFNS	640UL
#define SLOW_CELLS	8UL		/* a PFN */
#define SLOW_CELL	512ULL		/* bytes */

/* What becomes of a PFN */
enum {
	SLOW_IDENTITY,
	SLOW_STAYS,
	SLOW_MOVED_TO,
	SLOW_EXTRA,
	SLOW_NONRAM,		/* the new place of a region */
};

struct slow {
	u32 cell[SLOW_PFNS * SLOW_CELLS];	/* type */
	u8 what[SLOW_PFNS];
	u8 nonram[SLOW_PFNS];			/* new place of a region */
	unsigned long goes_to[SLOW_PFNS];	/* 0: released, or stays */
	unsigned long released;
	unsigned long moved;
	unsigned long extra;
};

static void slow_paint(struct slow *s, u64 start, u64 end, u32 type)
{
	unsigned long i;

	for (i = start / SLOW_CELL; i < end / SLOW_CELL; i++)
		s->cell[i] = max(s->cell[i], type);
}

static void slow_map(struct slow *s, const struct xen_layout_input *in)
{
	unsigned int i;

	for (i = 0; i < in->nr_e820; i++) {
		const struct xen_layout_entry *e = &in->e820[i];
		u32 type = e->type ?: 2;

		if (type == 5 && in->domain == XEN_LAYOUT_DOM0)
			type = 1;
		slow_paint(s, e->addr, e->addr + e->size, type);
	}
	if (in->ibft && in->domain == XEN_LAYOUT_DOM0)
		slow_paint(s, 0x80000, 0x100000, 2);
}

/* Is a PFN RAM, all of it? */
static bool slow_ram(const struct slow *s, unsigned long pfn)
{
	unsigned long i;

	for (i = 0; i < SLOW_CELLS; i++)
		if (s->cell[pfn * SLOW_CELLS + i] != 1)
			return false;

	return true;
}

/* Does a region that is not RAM reach into a PFN? */
static bool slow_nonram(const struct slow *s, unsigned long pfn)
{
	unsigned long i;

	for (i = 0; i < SLOW_CELLS; i++)
		if (s->cell[pfn * SLOW_CELLS + i] > 1)
			return true;

	return false;
}

/* Does a region reach from a PFN into the next one? */
static bool slow_joined(const struct slow *s, unsigned long pfn)
{
	unsigned long next = (pfn + 1) * SLOW_CELLS;

	return next < SLOW_PFNS * SLOW_CELLS && s->cell[next] > 1 &&
	       s->cell[next] == s->cell[next - 1];
}

/* Is there an area on PFNs which share regions with @pfn? */
static bool slow_in_way(const struct slow *s, const struct xen_layout_input *in,
			unsigned long pfn)
{
	const struct xen_layout_area *area = in->area;
	unsigned long first = pfn, last = pfn;
	unsigned int i;

	while (first && slow_joined(s, first - 1))
		first--;
	while (slow_joined(s, last))
		last++;
	for (i = 0; i < XEN_LAYOUT_AREAS; i++, area++)
		if (area->size && (u64)first << 12 < area->addr + area->size &&
		    area->addr < (u64)(last + 1) << 12)
			return true;

	return false;
}

/*
 * Is there room for @nr pages before @end, and nothing like their first cell ends
 * there that may have to be moved, too?
 */
static bool slow_fits(const struct slow *s, const struct xen_layout_input *in,
		      unsigned long end, unsigned long run, unsigned long nr,
		      u32 type)
{
	unsigned long to = end - nr;

	if (run < nr)
		return false;

	return type <= 1 || s->cell[to * SLOW_CELLS - 1] != type ||
	       !slow_in_way(s, in, to - 1);
}

/*
 * The first free RAM behind the pages that has room for @nr pages, of which the first
 * cell is of @type; its end
 */
static unsigned long slow_room(const struct slow *s,
			       const struct xen_layout_input *in,
			       unsigned long limit, unsigned long nr, u32 type)
{
	unsigned long pfn, run = 0;

	for (pfn = in->nr_pages; pfn < limit; pfn++) {
		if (slow_ram(s, pfn)) {
			run++;
			continue;
		}
		if (slow_fits(s, in, pfn, run, nr, type))
			return pfn;
		run = 0;
	}

	return slow_fits(s, in, pfn, run, nr, type) ? pfn : 0;
}

/* Swap the pages of a region, and of all it shares pages with, with RAM. */
static enum xen_layout_code slow_swap(struct slow *s,
				      const struct xen_layout_input *in,
				      unsigned long pfn, unsigned long limit)
{
	unsigned long first = pfn, last = pfn, i, to;

	while (first && slow_joined(s, first - 1))
		first--;
	while (slow_joined(s, last))
		last++;
	for (i = first * SLOW_CELLS; i < (last + 1) * SLOW_CELLS; i++)
		if (s->cell[i] == 7 || s->cell[i] == 12 ||
		    s->cell[i] == 0xefffffff)
			return XEN_LAYOUT_E_FIXED;
	to = slow_room(s, in, limit, last - first + 1,
		       s->cell[first * SLOW_CELLS]);
	if (!to)
		return XEN_LAYOUT_E_NO_TARGET;
	to -= last - first + 1;
	for (i = first * SLOW_CELLS; i < (last + 1) * SLOW_CELLS; i++) {
		unsigned long there = to * SLOW_CELLS + i - first * SLOW_CELLS;

		/* RAM less than a page stays where it is; it has no use. */
		s->cell[there] = s->cell[i] > 1 ? s->cell[i] : 0;
		if (s->cell[there])
			s->nonram[there / SLOW_CELLS] = 1;
		s->cell[i] = 1;
	}

	return XEN_LAYOUT_OK;
}

/* Make RAM of all PFNs of what cannot be moved. */
static enum xen_layout_code slow_clear(struct slow *s,
				       const struct xen_layout_input *in,
				       const struct xen_layout_area *area,
				       unsigned long limit)
{
	enum xen_layout_code code = XEN_LAYOUT_OK;
	unsigned long pfn, i;
	bool any;

	for (pfn = 0; pfn < SLOW_PFNS && !code; pfn++) {
		if ((u64)pfn << 12 >= area->addr + area->size ||
		    (u64)(pfn + 1) << 12 <= area->addr || slow_ram(s, pfn))
			continue;
		if (slow_nonram(s, pfn)) {
			code = slow_swap(s, in, pfn, limit);
			continue;
		}
		any = false;
		for (i = 0; i < SLOW_CELLS; i++)
			any |= s->cell[pfn * SLOW_CELLS + i] == 1;
		if (!any)
			return XEN_LAYOUT_E_GAP;
		for (i = 0; i < SLOW_CELLS; i++)
			s->cell[pfn * SLOW_CELLS + i] = 1;
	}

	return code;
}

/* The first PFN from @pfn on that is RAM without a use; the end if none is */
static unsigned long slow_free(const struct slow *s, unsigned long pfn,
			       unsigned long end)
{
	while (pfn < end && (!slow_ram(s, pfn) || s->what[pfn]))
		pfn++;

	return pfn;
}

static void slow_pages(struct slow *s, unsigned long pages, unsigned long end)
{
	unsigned long pfn, to;

	for (pfn = 0; pfn < pages; pfn++) {
		if (pfn < end && slow_ram(s, pfn)) {
			s->what[pfn] = SLOW_STAYS;
			continue;
		}
		to = slow_free(s, pages, end);
		if (to >= end) {
			s->released++;
			continue;
		}
		s->goes_to[pfn] = to;
		s->what[to] = SLOW_MOVED_TO;
		s->moved++;
	}
}

static unsigned long slow_extra_max(const struct slow *s,
				    const struct xen_layout_input *in,
				    unsigned long limit)
{
	unsigned long may = limit, ratio = in->extra_ratio * in->nr_pages, pfns;

	if (in->domain == XEN_LAYOUT_DOM0 && in->max_reservation &&
	    in->max_reservation < may)
		may = in->max_reservation;
	/* PFNs without a page at first, those for moved pages among them */
	pfns = may + s->moved > in->nr_pages ?
		 may + s->moved - in->nr_pages : 0;
	if (pfns > ratio)
		pfns = ratio;

	return pfns > s->moved ? pfns - s->moved : 0;
}

/* The layout of a machine of which only the first PFNs are anything */
static enum xen_layout_code slow_plan(struct slow *s,
				      const struct xen_layout_input *in)
{
	unsigned long limit = min(in->max_pfns, SLOW_PFNS), end = limit;
	enum xen_layout_code code = XEN_LAYOUT_OK;
	unsigned long left, pfn;
	unsigned int i;

	memset(s, 0, sizeof(*s));
	slow_map(s, in);
	for (i = 0; i < XEN_LAYOUT_P2M_LIST && !code; i++)
		if (in->area[i].size)
			code = slow_clear(s, in, &in->area[i], limit);
	if (code)
		return code;
	if (in->mem_limit && in->mem_limit >> 12 < end)
		end = in->mem_limit >> 12;
	slow_pages(s, in->nr_pages, end);
	for (left = slow_extra_max(s, in, in->max_pfns); left; left--) {
		pfn = slow_free(s, in->nr_pages, end);
		if (pfn >= end)
			break;
		s->what[pfn] = SLOW_EXTRA;
		s->extra++;
	}
	for (pfn = 0; pfn < SLOW_PFNS; pfn++)
		if (s->nonram[pfn])
			s->what[pfn] = SLOW_NONRAM;

	return XEN_LAYOUT_OK;
}

#endif /* _XEN_P2M_KUNIT_LAYOUT_REFERENCE_H */
