/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where plans differ from stock on purpose: the rules of Documentation/layout.rst
 *
 * Part of compare.c. A rule looks at what went in, and at the map as both
 * sanitize it; @parts is all that it may be the reason for.
 */

static unsigned long up(u64 addr)
{
	return (addr + 0xfff) >> 12;
}

#define for_each_region(run, r) \
	for (r = (run)->sane.region; r < (run)->sane.region + (run)->sane.nr; r++)

static bool whole_ram(const struct run *run, unsigned long pfn)
{
	const struct xen_layout_region *r;

	for_each_region(run, r)
		if (r->type == XEN_LAYOUT_RAM && up(r->start) <= pfn &&
		    pfn < r->end >> 12)
			return true;

	return false;
}

static void sanitize(struct run *run)
{
	static struct xen_layout scratch;

	memset(&scratch, 0, sizeof(scratch));
	load_map(&run->in, &scratch);
	run->sane = scratch.map;
}

/* Is a region in the pages of this area? */
static bool region_over(const struct run *run, unsigned int id)
{
	const struct xen_layout_area *a = &run->in.area[id];
	const struct xen_layout_region *r;

	for_each_region(run, r)
		if (r->type != XEN_LAYOUT_RAM &&
		    up(r->end) > a->addr >> 12 &&
		    r->start >> 12 < up(a->addr + a->size))
			return true;

	return false;
}

/* Is one in the pages of what cannot be moved? */
static bool region_in_the_way(const struct run *run)
{
	unsigned int id;

	for (id = 0; id < XEN_LAYOUT_P2M_LIST; id++)
		if (region_over(run, id))
			return true;

	return false;
}

static bool rule_start_info(const struct run *run)
{
	return stock_is_6_1 && region_over(run, XEN_LAYOUT_START_INFO);
}

static bool rule_ram_in_page(const struct run *run)
{
	const struct xen_layout_region *r;

	if (!region_in_the_way(run))
		return false;
	for_each_region(run, r)
		if (r->type == XEN_LAYOUT_RAM && (r->end & 0xfff) &&
		    r->end >> 12 >= run->in.nr_pages)
			return true;

	return false;
}

/* NVS that stock can move, but its neighbours in the same pages it cannot */
static bool rule_shared_page(const struct run *run)
{
	const struct xen_layout_region *r;

	if (!region_in_the_way(run))
		return false;
	for_each_region(run, r)
		if ((r->start | r->end) & 0xfff)
			return true;

	return false;
}

/* RAM, and something else that is none */
static bool partly_ram(const struct run *run, unsigned long pfn)
{
	const struct xen_layout_region *r;

	if (whole_ram(run, pfn))
		return false;
	for_each_region(run, r)
		if (r->type == XEN_LAYOUT_RAM && r->start >> 12 <= pfn &&
		    up(r->end) > pfn)
			return true;

	return false;
}

/* A page of what cannot be moved is RAM in part only. */
static bool rule_part_in_use(const struct run *run)
{
	const struct xen_layout_area *a = run->in.area;
	unsigned int id;
	unsigned long pfn;

	for (id = XEN_LAYOUT_KERNEL; id <= XEN_LAYOUT_PAGE_TABLES; id++)
		for (pfn = a[id].addr >> 12; pfn < up(a[id].addr + a[id].size); pfn++)
			if (partly_ram(run, pfn))
				return true;

	return false;
}

static bool not_in_ram(const struct run *run, unsigned int id)
{
	const struct xen_layout_area *a = &run->in.area[id];
	unsigned long pfn;

	for (pfn = a->addr >> 12; pfn < up(a->addr + a->size); pfn++)
		if (!whole_ram(run, pfn))
			return true;

	return false;
}

static bool rule_copy(const struct run *run)
{
	return not_in_ram(run, XEN_LAYOUT_P2M_LIST) ||
	       not_in_ram(run, XEN_LAYOUT_INITRD);
}

static bool in_an_area(const struct run *run, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		if (pfn >= run->in.area[i].addr >> 12 &&
		    pfn < up(run->in.area[i].addr + run->in.area[i].size))
			return true;

	return false;
}

/*
 * Stock copies to below 1 MiB then, or to RAM without pages, or dies; regions
 * give way in a plan.
 */
static bool rule_no_room(const struct run *run)
{
	unsigned long pfn, nr = 0, need = 0;

	if (not_in_ram(run, XEN_LAYOUT_P2M_LIST))
		need += xen_layout_p2m_pages(run->in.nr_pages);
	if (not_in_ram(run, XEN_LAYOUT_INITRD))
		need += up(run->in.area[XEN_LAYOUT_INITRD].size) + 1;
	if (!need)
		return false;
	for (pfn = MIB(1) >> 12; pfn < run->in.nr_pages; pfn++) {
		nr = whole_ram(run, pfn) && !in_an_area(run, pfn) ? nr + 1 : 0;
		if (nr >= need)
			return false;
	}

	return true;
}

static bool ram_beyond(const struct run *run, unsigned long pfn)
{
	const struct xen_layout_region *r;

	if (run->in.nr_pages > pfn)
		return true;
	for_each_region(run, r)
		if (r->type == XEN_LAYOUT_RAM && r->end >> 12 > pfn)
			return true;

	return false;
}

static bool rule_mem(const struct run *run)
{
	return run->in.mem_limit && ram_beyond(run, PAGES(run->in.mem_limit));
}

static bool rule_limit(const struct run *run)
{
	return ram_beyond(run, run->in.max_pfns);
}

static bool rule_beyond_map(const struct run *run)
{
	const struct xen_layout_region *last = &run->sane.region[run->sane.nr - 1];

	return run->in.nr_pages > up(last->end);
}

/*
 * Stock makes all from the end of the map on identity, rounded down, before it
 * releases: the page that the map ends in is no longer found, and is lost.
 */
static bool rule_ends_in_page(const struct run *run)
{
	const struct xen_layout_region *last = &run->sane.region[run->sane.nr - 1];

	return (last->end & 0xfff) && run->in.nr_pages > last->end >> 12;
}

static bool rule_no_whole_page(const struct run *run)
{
	const struct xen_layout_region *r;

	for_each_region(run, r)
		if (r->type == XEN_LAYOUT_RAM && up(r->start) >= r->end >> 12 &&
		    r->end >> 12 > run->in.nr_pages)
			return true;

	return false;
}

/* Bytes of RAM that stock counts, or goes through twice, and that are no pages */
static bool rule_partial(const struct run *run)
{
	const struct xen_layout_region *r;

	for_each_region(run, r) {
		if (r->type != XEN_LAYOUT_RAM || !((r->start | r->end) & 0xfff))
			continue;
		if (up(r->start) >= r->end >> 12 ||
		    up(r->end) >= run->in.nr_pages)
			return true;
	}

	return false;
}

static bool rule_type_0(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->in.nr_e820; i++)
		if (!run->e820[i].type && run->e820[i].size)
			return true;

	return false;
}

/* PFNs that pages are moved to, and which no limit of extra memory allows */
static bool rule_extra(const struct run *run)
{
	unsigned long reservation = run->in.max_pfns, holes = 0, pfn = 0;
	const struct xen_layout_region *r;

	for_each_region(run, r) {
		if (r->type != XEN_LAYOUT_RAM)
			continue;
		if (up(r->start) > pfn)
			holes += min(up(r->start), run->in.nr_pages) -
				 min(pfn, run->in.nr_pages);
		pfn = max(pfn, (unsigned long)(r->end >> 12));
	}
	if (run->in.domain == XEN_LAYOUT_DOM0 && run->in.max_reservation)
		reservation = min(reservation, run->in.max_reservation);

	return holes && (reservation < run->in.nr_pages ||
			 run->in.extra_ratio * run->in.nr_pages < holes);
}

/* Stock does not count the last hole if no page is in it up to the end. */
#define RESULTS	(E820 | IDENTITY | MOVES | RELEASES | EXTRA)
#define ANY	(DIED | REFUSED | RESULTS | NONRAM | COPIES)

static struct {
	const char *name;
	bool (*applies)(const struct run *run);
	unsigned int parts;
	const char *last_words;		/* if it may be what stock dies of */
	const char *or_these;
	unsigned long nr;
} rules[] = {
	{ "region in the way", region_in_the_way, DIED, "conflicts with E820 map",
	  "remapping actions exceed maximum" },
	{ "region in the way: RAM that ends inside a page is no problem",
	  rule_ram_in_page, DIED, "BUG_ON((maddr" },
	{ "regions that share a page go together", rule_shared_page,
	  REFUSED | NONRAM | RESULTS },
	{ "region over the start info, of which 6.1 knows nothing",
	  rule_start_info, REFUSED | NONRAM | RESULTS },
	{ "part of a page in use", rule_part_in_use,
	  DIED | REFUSED | NONRAM | RESULTS, "conflicts with E820 map",
	  "No suitable area found" },
	{ "P2M list or initrd not in RAM", rule_copy,
	  DIED | REFUSED | COPIES | NONRAM, "new memory area for initrd",
	  "no room for the P2M list" },
	{ "no room to copy P2M list or initrd to", rule_no_room, RESULTS },
	{ "mem=", rule_mem, ANY & ~DIED },
	{ "address width", rule_limit, ANY, "BUG", "conflicts" },
	{ "pages above the end of the map", rule_beyond_map, RESULTS },
	{ "map that ends inside a page", rule_ends_in_page, RELEASES },
	{ "RAM without a whole page is not the end of RAM", rule_no_whole_page,
	  RESULTS },
	{ "partial pages", rule_partial, DIED | RESULTS,
	  "BUG_ON(n_pfns > size_r)", "BUG_ON(start_pfn + n_pfns" },
	{ "type 0", rule_type_0, ANY, "BUG", "" },
	{ "extra memory: moved pages do not count", rule_extra,
	  DIED | E820 | IDENTITY | EXTRA, "BUG_ON(n_pfns > size_r)",
	  "BUG_ON(start_pfn + n_pfns" },
};

/* What a rule may be the reason for here; a death has to be of its kind. */
static unsigned int rule_parts(const struct run *run, unsigned int i)
{
	const char *death = run->stock.death;

	if (!death || (rules[i].last_words && strstr(death, rules[i].last_words)) ||
	    (rules[i].or_these && strstr(death, rules[i].or_these)))
		return rules[i].parts;

	return rules[i].parts & ~DIED;
}

/* Return: what no rule is the reason for */
static unsigned int rules_apply(struct run *run)
{
	unsigned int i, left = run->differs;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		unsigned int parts = rule_parts(run, i);

		if (!(run->differs & parts) || !rules[i].applies(run))
			continue;
		rules[i].nr++;
		left &= ~parts;
	}

	return left;
}

static void rules_print(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		printf("# %8lu differ where this rule has a say: %s\n",
		       rules[i].nr, rules[i].name);
}
