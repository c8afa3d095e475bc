// SPDX-License-Identifier: GPL-2.0
/*
 * Plans against what stock does, for real maps and random ones
 *
 * Usage: compare [-v]; seed= and maps= in the environment
 *
 * What differs has to be one of the rules of Documentation/layout.rst which
 * say so: each is a function that tells from the input alone whether the rule
 * has a say, and the parts of the result that it has a say in.
 *
 * What the tool says of stock (tools/xen-p2m/stock-rules.c) has no such rules: it
 * has to be what stock does, death for death and page for page.
 *
 * Exit status: 0 if all differences have a rule, 1 otherwise.
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "stock.h"
#include "stock-rules.h"
#include "layout.c"

#include "real-maps.h"
#include "random.h"

#define MIB(n)		((u64)(n) << 20)
#define GIB(n)		((u64)(n) << 30)
#define PAGES(bytes)	((unsigned long)((bytes) >> XEN_LAYOUT_PAGE_SHIFT))

static bool verbose;

/* --- sets of PFNs ----------------------------------------------------------------- */

struct set {
	unsigned int nr;
	struct xen_layout_range range[3 * STOCK_MAX];
};

static void set_add(struct set *set, unsigned long start, unsigned long end)
{
	if (start >= end)
		return;
	if (set->nr == ARRAY_SIZE(set->range))
		abort();
	set->range[set->nr].start = start;
	set->range[set->nr++].end = end;
}

static void set_of(struct set *set, const struct xen_layout_range *r,
		   unsigned int nr)
{
	for (set->nr = 0; nr--; r++)
		set_add(set, r->start, r->end);
}

static int range_cmp(const void *a, const void *b)
{
	const struct xen_layout_range *ra = a, *rb = b;

	return (ra->start > rb->start) - (ra->start < rb->start);
}

/* Sorted, and in as few ranges as can be */
static void set_tidy(struct set *set)
{
	unsigned int i, nr = 0;

	qsort(set->range, set->nr, sizeof(*set->range), range_cmp);
	for (i = 0; i < set->nr; i++) {
		struct xen_layout_range *r = &set->range[i];

		if (nr && r->start <= set->range[nr - 1].end)
			set->range[nr - 1].end = max(set->range[nr - 1].end,
						     r->end);
		else
			set->range[nr++] = *r;
	}
	set->nr = nr;
}

static bool set_same(struct set *a, struct set *b)
{
	set_tidy(a);
	set_tidy(b);

	return a->nr == b->nr &&
	       !memcmp(a->range, b->range, a->nr * sizeof(*a->range));
}

static struct set set_a, set_b, set_c;

/* --- what differs -------------------------------------------------------------------- */

enum {
	DIED	 = 0x01,	/* stock died, and there is a plan */
	REFUSED	 = 0x02,	/* there is none, and stock lived */
	E820	 = 0x04,
	IDENTITY = 0x08,
	MOVES	 = 0x10,
	RELEASES = 0x20,
	EXTRA	 = 0x40,
	NONRAM	 = 0x80,
	COPIES	 = 0x100,
};

static const char *const parts[] = {
	"stock died", "refused", "E820", "identity", "moves", "releases",
	"extra", "regions", "copies",
};

struct run {
	const char *map;
	struct xen_layout_input in;
	struct xen_layout_entry e820[XEN_LAYOUT_MAX_E820];
	struct xen_layout plan;
	struct stock stock;
	struct xen_layout_map sane;	/* the map, sanitized */
	unsigned int differs;
};

static bool same_e820(const struct run *run)
{
	const struct xen_layout_map *ours = &run->plan.e820;

	return ours->nr == run->stock.nr_e820 &&
	       !memcmp(ours->region, run->stock.e820,
		       ours->nr * sizeof(*ours->region));
}

static int move_cmp(const void *a, const void *b)
{
	const struct xen_layout_move *ma = a, *mb = b;

	return (ma->from > mb->from) - (ma->from < mb->from);
}

static unsigned int moves_tidy(struct xen_layout_move *moves, unsigned int nr)
{
	unsigned int i, k = 0;

	qsort(moves, nr, sizeof(*moves), move_cmp);
	for (i = 0; i < nr; i++) {
		if (k && moves[k - 1].from + moves[k - 1].nr == moves[i].from &&
		    moves[k - 1].to + moves[k - 1].nr == moves[i].to)
			moves[k - 1].nr += moves[i].nr;
		else
			moves[k++] = moves[i];
	}

	return k;
}

static bool same_moves(struct run *run)
{
	struct stock *stock = &run->stock;
	struct xen_layout *plan = &run->plan;

	stock->nr_moves = moves_tidy(stock->moves, stock->nr_moves);
	plan->nr_moves = moves_tidy(plan->moves, plan->nr_moves);

	return stock->nr_moves == plan->nr_moves &&
	       !memcmp(stock->moves, plan->moves,
		       plan->nr_moves * sizeof(*plan->moves));
}

static bool same_ranges(const struct xen_layout_range *ours, unsigned int nr,
			const struct stock_ranges *theirs)
{
	set_of(&set_a, ours, nr);
	set_of(&set_b, theirs->range, theirs->nr);

	return set_same(&set_a, &set_b);
}

/*
 * PFNs above the pages handed over are identity from the start, but for extra
 * memory, for what pages are moved to, and for regions at their new place: see
 * xen_chk_extra_mem().
 */
static void stock_identity(const struct run *run, struct set *set)
{
	const struct stock *s = &run->stock;
	unsigned long pfn = run->in.nr_pages;
	unsigned int i;

	set_of(&set_c, s->extra.range, s->extra.nr);
	for (i = 0; i < s->nr_moves; i++)
		set_add(&set_c, s->moves[i].to, s->moves[i].to +
			s->moves[i].nr);
	for (i = 0; i < s->nr_nonram; i++)
		set_add(&set_c, s->nonram[i].to >> 12, (s->nonram[i].to +
			s->nonram[i].end - s->nonram[i].start + 0xfff) >> 12);
	set_tidy(&set_c);

	set->nr = 0;
	for (i = 0; i < s->identity.nr; i++)
		set_add(set, s->identity.range[i].start,
			min(s->identity.range[i].end, run->in.nr_pages));
	for (i = 0; i < set_c.nr; i++) {
		set_add(set, pfn, set_c.range[i].start);
		pfn = max(pfn, set_c.range[i].end);
	}
	set_add(set, pfn, XEN_LAYOUT_PFNS_END);
}

static bool same_identity(const struct run *run)
{
	stock_identity(run, &set_a);
	set_of(&set_b, run->plan.identity, run->plan.nr_identity);

	return set_same(&set_a, &set_b);
}

/* Where regions are, or move to; in whole pages */
static void set_of_regions(struct set *set, const struct xen_layout_nonram *n,
			   unsigned int nr, bool moved)
{
	for (set->nr = 0; nr--; n++) {
		u64 start = moved ? n->to : n->start;

		set_add(set, start >> 12,
			(start + n->end - n->start + 0xfff) >> 12);
	}
}

/* Which MFNs got out of the way, and where to */
static bool same_nonram(const struct run *run)
{
	bool same = true;
	int moved;

	for (moved = 0; moved < 2; moved++) {
		set_of_regions(&set_a, run->plan.nonram, run->plan.nr_nonram,
			       moved);
		set_of_regions(&set_b, run->stock.nonram, run->stock.nr_nonram,
			       moved);
		same &= set_same(&set_a, &set_b);
	}

	return same;
}

static bool same_copies(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		if (run->stock.relocated[i] != run->plan.relocation[i].needed)
			return false;

	return true;
}

static unsigned int differences(struct run *run)
{
	const struct xen_layout *plan = &run->plan;
	unsigned int differs = 0;

	if (run->stock.death || plan->error.code)
		return run->stock.death && plan->error.code ? 0 :
		       run->stock.death ? DIED : REFUSED;
	differs |= same_moves(run) ? 0 : MOVES;
	differs |= same_e820(run) ? 0 : E820;
	differs |= same_identity(run) ? 0 : IDENTITY;
	differs |= same_ranges(plan->releases, plan->nr_releases,
			       &run->stock.released) ? 0 : RELEASES;
	differs |= same_ranges(plan->extra, plan->nr_extra,
			       &run->stock.extra) ? 0 : EXTRA;
	differs |= same_nonram(run) ? 0 : NONRAM;
	differs |= same_copies(run) ? 0 : COPIES;

	return differs;
}

#include "rules.h"

/* --- runs ---------------------------------------------------------------------------- */

static unsigned long nr_runs, nr_same, nr_both, nr_named, nr_unnamed;

static void describe_ranges(const char *what, const struct xen_layout_range *r,
			    unsigned int nr)
{
	for (; nr--; r++)
		printf("#   %s %#lx - %#lx\n", what, r->start, r->end);
}

static void describe_moves(const char *whose, const struct xen_layout_move *m,
			   unsigned int nr)
{
	for (; nr--; m++)
		printf("#   %s %#lx -> %#lx %lu\n", whose, m->from, m->to, m->nr);
}

static void describe_nonram(const char *whose, const struct xen_layout_nonram *n,
			    unsigned int nr)
{
	for (; nr--; n++)
		printf("#   %s %#" PRIx64 "-%#" PRIx64 " -> %#" PRIx64 "\n",
		       whose, n->start, n->end, n->to);
}

static void describe_map(const char *whose, const struct xen_layout_region *r,
			 unsigned int nr)
{
	for (; nr--; r++)
		printf("#   %s e820 %#" PRIx64 " - %#" PRIx64 " %u\n", whose,
		       r->start, r->end, r->type);
}

static void describe_input(const struct xen_layout_input *in)
{
	unsigned int i;

	for (i = 0; i < in->nr_e820; i++)
		printf("#   %#" PRIx64 " + %#" PRIx64 " type %u\n",
		       in->e820[i].addr, in->e820[i].size, in->e820[i].type);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		printf("#   area %#" PRIx64 " + %#" PRIx64 "\n",
		       in->area[i].addr, in->area[i].size);
}

static void describe(const struct run *run)
{
	const struct xen_layout_input *in = &run->in;
	const struct stock *stock = &run->stock;
	const struct xen_layout *plan = &run->plan;
	unsigned int i;

	printf("# %s: %s, %lu pages, max %lu, mem=%#" PRIx64 ", %lu PFNs, kernel at %#" PRIx64 " + %#" PRIx64 ", differs:",
	       run->map, in->domain == XEN_LAYOUT_DOM0 ? "dom0" : "domU",
	       in->nr_pages, in->max_reservation, in->mem_limit, in->max_pfns,
	       in->area[0].addr, in->area[0].size);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (run->differs & 1U << i)
			printf(" %s", parts[i]);
	if (stock->death)
		printf("; stock: %s", stock->death);
	printf("; plan: error %u\n", plan->error.code);
	if (!verbose)
		return;
	describe_input(in);
	describe_moves("ours", plan->moves, plan->nr_moves);
	describe_moves("stock", stock->moves, stock->nr_moves);
	describe_nonram("ours", plan->nonram, plan->nr_nonram);
	describe_nonram("stock", stock->nonram, stock->nr_nonram);
	describe_ranges("ours extra", plan->extra, plan->nr_extra);
	describe_ranges("stock extra", stock->extra.range, stock->extra.nr);
	describe_ranges("ours releases", plan->releases, plan->nr_releases);
	describe_ranges("stock releases", stock->released.range,
			stock->released.nr);
	describe_ranges("ours identity", plan->identity, plan->nr_identity);
	describe_ranges("stock identity", stock->identity.range,
			stock->identity.nr);
	describe_map("ours", plan->e820.region, plan->e820.nr);
	describe_map("stock", stock->e820, stock->nr_e820);
}

/* --- what the tool says of stock ----------------------------------------------------- */

static unsigned long nr_deaths[STOCK_DEATHS], nr_misjudged;

static const char *const last_words[STOCK_DEATHS] = {
	[STOCK_CONFLICT] = "conflicts with E820 map",
	[STOCK_NO_ROOM] = "No suitable area",
	[STOCK_TOO_MANY] = "remapping actions exceed maximum",
	[STOCK_RAM_END] = "BUG_ON((maddr",
	[STOCK_NO_P2M] = "no room for the P2M list",
	[STOCK_NO_INITRD] = "new memory area for initrd",
	[STOCK_EXTRA] = "BUG_ON(",
};

static enum stock_kernel this_stock(void)
{
	if (stock_is_6_1)
		return STOCK_6_1;

	return stock_looks_again ? STOCK_7_3 : STOCK_6_12;
}

static unsigned long range_pages(const struct stock_ranges *ranges)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < ranges->nr; i++)
		nr += ranges->range[i].end - ranges->range[i].start;

	return nr;
}

/* Pages at PFNs that became identity, but for those that went elsewhere */
static unsigned long stock_lost(const struct run *run, unsigned long moved,
				unsigned long released)
{
	unsigned long nr = 0, below = run->in.nr_pages;
	unsigned int i;

	stock_identity(run, &set_a);
	set_tidy(&set_a);
	for (i = 0; i < set_a.nr; i++)
		nr += min(set_a.range[i].end, below) -
		      min(set_a.range[i].start, below);

	return nr - moved - released;
}

static bool same_pages(const struct run *run, const struct stock_fate *fate)
{
	unsigned long moved = 0, released = range_pages(&run->stock.released);
	unsigned int i;

	for (i = 0; i < run->stock.nr_moves; i++)
		moved += run->stock.moves[i].nr;
	if (moved != fate->moved || released != fate->released)
		return false;

	return run->in.nr_pages > run->in.max_pfns ||
	       stock_lost(run, moved, released) == fate->lost;
}

static bool initrd_shifted(const struct run *run)
{
	return (run->stock.initrd ^ run->in.area[XEN_LAYOUT_INITRD].addr) &
	       0xfff;
}

static bool judged_right(const struct run *run, const struct stock_fate *fate)
{
	const char *death = run->stock.death;

	if (fate->death == STOCK_SLIVER)
		return run->stock.backwards;
	/* What it copies, and to where, is seen; what comes of it is not. */
	if (fate->death == STOCK_INITRD_SHIFTED)
		return !death && initrd_shifted(run);
	if (!death != !fate->death)
		return false;
	if (death)
		return strstr(death, last_words[fate->death]);

	return !run->stock.backwards && !initrd_shifted(run) &&
	       same_pages(run, fate);
}

/* mem= is looked at elsewhere, so it is nothing that can be seen here. */
static void judge(struct run *run)
{
	struct xen_layout_input in = run->in;
	struct stock_fate fate;

	in.mem_limit = 0;
	if (!stock_judge(this_stock(), &in, &fate))
		abort();
	nr_deaths[fate.death]++;
	if (judged_right(run, &fate))
		return;
	if (nr_misjudged++ >= 10)
		return;
	printf("# misjudged: %s, stock: %s, %lu released%s; the tool: %u, %lu moved, %lu released, %lu lost\n",
	       run->map, run->stock.death ?: "lives",
	       range_pages(&run->stock.released),
	       run->stock.backwards ? ", backwards" : "", fate.death,
	       fate.moved, fate.released, fate.lost);
	describe(run);
}

static void judged_print(void)
{
	unsigned int i;

	for (i = 0; i < STOCK_DEATHS; i++) {
		struct stock_fate fate = { .death = i };

		printf("# %8lu judged: %s\n", nr_deaths[i],
		       i ? stock_last_words(&fate) : "boots");
	}
	printf("# %8lu judged wrongly\n", nr_misjudged);
}

static void compare(struct run *run)
{
	unsigned int left;

	nr_runs++;
	xen_layout_plan(&run->in, &run->plan);
	stock_run(&run->in, &run->stock);
	judge(run);
	run->differs = differences(run);
	if (!run->differs) {
		nr_both += !!run->stock.death;
		nr_same += !run->stock.death;
		return;
	}
	sanitize(run);
	left = rules_apply(run);
	if (!left) {
		nr_named++;
		return;
	}
	run->differs = left;
	if (nr_unnamed++ < 10)
		describe(run);
}

/* --- real maps -------------------------------------------------------------------------- */

static const struct {
	enum xen_layout_domain domain;
	unsigned long pages;		/* 0: all */
	unsigned int less;		/* than all, in 1/256 of all */
	long more;			/* than all, in pages */
	unsigned long max;		/* 0: not known; ~0: all */
	u64 mem;
	bool ibft;
} settings[] = {
	{ .max = 0 },
	{ .max = ~0UL },
	{ .less = 16, .max = ~0UL, .ibft = true },
	{ .more = 1000 },
	{ .mem = GIB(2) },
	{ .pages = 0x40000, .max = 0x40000 },
	{ .pages = 0x40000, .max = ~0UL },
	{ .pages = 0x18000, .max = 0x100000 },
	{ .pages = 0xdfff3, .max = 0xe0001 },
	{ .pages = 0x4000, .max = ~0UL },
	{ .domain = XEN_LAYOUT_DOMU, .pages = 0x40000 },
	{ .domain = XEN_LAYOUT_DOMU, .less = 128 },
};

static unsigned long ram_of(const struct xen_layout_input *in)
{
	unsigned long nr = 0;
	unsigned int i;
	u64 start, end;

	for (i = 0; i < in->nr_e820; i++) {
		start = in->e820[i].addr + 0xfff;
		end = in->e820[i].addr + in->e820[i].size;
		if (in->e820[i].type == XEN_LAYOUT_RAM && start >> 12 < end >> 12)
			nr += PAGES(end) - PAGES(start);
	}

	return nr;
}

static void put(struct run *run, enum xen_layout_area_id id, u64 addr, u64 size)
{
	run->in.area[id].addr = addr;
	run->in.area[id].size = size;
}

/* As Xen does it. False if the pages do not reach that far. */
static bool place(struct run *run, u64 addr)
{
	u64 list = (run->in.nr_pages * 8 + 0xfff) & ~0xfffULL;

	put(run, XEN_LAYOUT_KERNEL, addr, MIB(20) + 0x123);
	put(run, XEN_LAYOUT_INITRD, addr + MIB(21), MIB(8) + 1);
	put(run, XEN_LAYOUT_P2M_LIST, addr + MIB(30), list);
	put(run, XEN_LAYOUT_START_INFO, addr + MIB(30) + list,
	    STOCK_START_INFO);
	put(run, XEN_LAYOUT_PAGE_TABLES, addr + MIB(30) + list + 0x2000,
	    300 << 10);

	return PAGES(addr + MIB(31) + list) < run->in.nr_pages;
}

static u64 first_nonram(const struct run *run)
{
	u64 lowest = ~0ULL;
	unsigned int i;

	for (i = 0; i < run->in.nr_e820; i++)
		if (run->e820[i].type != XEN_LAYOUT_RAM &&
		    run->e820[i].addr >= MIB(8))
			lowest = min(lowest, run->e820[i].addr);

	return lowest;
}

static void run_init(struct run *run)
{
	memset(&run->in, 0, sizeof(run->in));
	run->in.e820 = run->e820;
	run->in.max_pfns = BIT(34);
	run->in.extra_ratio = 10;
}

static void real(struct run *run, const struct e820_map *map, unsigned int i)
{
	unsigned long all;
	u64 nonram;

	run_init(run);
	run->map = map->name;
	memcpy(run->e820, e820_entries + map->first,
	       map->nr * sizeof(*run->e820));
	run->in.nr_e820 = map->nr;
	all = ram_of(&run->in);
	run->in.domain = settings[i].domain;
	run->in.nr_pages = settings[i].pages ? min(settings[i].pages, all) :
			   all - all / 256 * settings[i].less +
			   settings[i].more;
	run->in.max_reservation = settings[i].max == ~0UL ? all :
				  settings[i].max;
	run->in.mem_limit = settings[i].mem;
	run->in.ibft = settings[i].ibft && !stock_is_6_1;

	if (place(run, MIB(16)))
		compare(run);
	nonram = first_nonram(run) & ~0xfffULL;
	if (nonram < GIB(1024) && place(run, nonram - MIB(3)))
		compare(run);
	if (nonram < GIB(1024) && nonram > MIB(32) &&
	    place(run, nonram - MIB(25)))
		compare(run);
}

/* --- random maps -------------------------------------------------------------------------- */

#define SMALL	4096UL

static u64 random_addr(struct rnd *r, unsigned long frames, bool whole)
{
	u64 addr = (u64)rnd_below(r, frames) << 12;

	return !whole && rnd_one_in(r, 4) ? addr + rnd_below(r, 0x1000) : addr;
}

static void random_map(struct run *run, struct rnd *r, bool whole)
{
	static const u32 types[] = {
		1, 1, 1, 2, 2, 3, 4, 4, 5, 7, 12, 20,
	};
	unsigned int nr = 2 + rnd_below(r, 24);
	struct xen_layout_entry *e;

	run->in.nr_e820 = 0;
	while (run->in.nr_e820 < nr) {
		e = &run->e820[run->in.nr_e820++];
		e->addr = random_addr(r, SMALL, whole);
		e->size = random_addr(r, rnd_one_in(r, 3) ? SMALL / 2 : 40,
				      whole);
		e->type = types[rnd_below(r, rnd_one_in(r, 8) ?
					  ARRAY_SIZE(types) : 9)];
	}
	run->e820[0].addr = 0;
	run->e820[0].size = (u64)(SMALL / 2) << 12;
	run->e820[0].type = XEN_LAYOUT_RAM;
}

/* Half of them in whole pages, so that less rules can be the reason */
static void random_run(struct run *run, struct rnd *r)
{
	bool whole = rnd_one_in(r, 2);

	run_init(run);
	run->map = "random";
	random_map(run, r, whole);
	run->in.domain = rnd_one_in(r, 3) ? XEN_LAYOUT_DOMU : XEN_LAYOUT_DOM0;
	run->in.ibft = rnd_one_in(r, 2) && !stock_is_6_1;
	run->in.nr_pages = 300 + rnd_below(r, SMALL - 300);
	run->in.max_reservation = rnd_one_in(r, 3) ? 0 :
				  1 + rnd_below(r, 2 * SMALL);
	run->in.extra_ratio = rnd_below(r, 4);
	if (rnd_one_in(r, 8))
		run->in.mem_limit = MIB(1) + random_addr(r, SMALL, whole);
	if (rnd_one_in(r, 8))
		run->in.max_pfns = 300 + rnd_below(r, SMALL);
	if (rnd_one_in(r, 16))
		run->e820[1].type = 0;
	put(run, XEN_LAYOUT_START_INFO, MIB(1), STOCK_START_INFO);
	put(run, XEN_LAYOUT_P2M_LIST, MIB(1) + 0x4000,
	    (run->in.nr_pages * 8 + 0xfff) & ~0xfffULL);
	if (rnd_one_in(r, 2))
		put(run, XEN_LAYOUT_KERNEL,
		    random_addr(r, run->in.nr_pages - 64, whole), 0x40000);
	else
		put(run, XEN_LAYOUT_KERNEL, MIB(1) + 0x10000, 0x4000);
	put(run, XEN_LAYOUT_PAGE_TABLES, MIB(1) + 0x1000, 0x2000);
	put(run, XEN_LAYOUT_INITRD,
	    random_addr(r, run->in.nr_pages - 8, whole), 0x7001);
	compare(run);
}

static u64 env(const char *name, u64 otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	unsigned long i, k, maps = env("maps", 100000);
	struct timespec now;
	struct rnd rnd;

	if (!run)
		return 2;
	verbose = argc > 1 && !strcmp(argv[1], "-v");
	clock_gettime(CLOCK_REALTIME, &now);
	rnd.state = env("seed", now.tv_sec * 1000000007ULL + now.tv_nsec);
	printf("# seed=%#" PRIx64 " maps=%lu\n", rnd.state, maps);
	for (i = 0; i < ARRAY_SIZE(e820_maps); i++)
		for (k = 0; k < ARRAY_SIZE(settings); k++)
			real(run, &e820_maps[i], k);
	printf("# %lu runs with real maps: %lu the same, %lu refused where stock dies, %lu differ by a rule\n",
	       nr_runs, nr_same, nr_both, nr_named);
	for (i = 0; i < maps; i++)
		random_run(run, &rnd);
	printf("# %lu runs in all: %lu the same, %lu refused where stock dies, %lu differ by a rule, %lu without one\n",
	       nr_runs, nr_same, nr_both, nr_named, nr_unnamed);
	rules_print();
	judged_print();
	free(run);
	if (nr_misjudged) {
		printf("not ok: the tool says of stock what it does not do\n");
		return 1;
	}
	if (nr_unnamed || !nr_same) {
		printf("not ok: plans differ from stock's, and no rule says why\n");
		return 1;
	}
	printf("ok\n");

	return 0;
}
