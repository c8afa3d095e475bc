// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the planner of the memory layout
 *
 * The same tests run under UML, in a kernel of any kind and in userland
 * (tools/testing/p2m).
 *
 * check_plan() looks at a plan in the most simple-minded way: PFN by PFN,
 * with the entries as given, what may be there and what the plan says. Where
 * the address space is large, a PFN stands for all up to the next one at
 * which anything starts or ends. check_error() does the same for a refusal: it
 * has to be true.
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

#include "layout.h"
#include "mem-limit.h"
#include "nonram.h"

#include "layout-input.h"
#include "layout-reference.h"
#include "seed.h"
#include "thin.h"

/* No region ends above it. */
#define ADDR_END	(0ULL - XEN_LAYOUT_PAGE_SIZE)

static unsigned long pages_up(u64 bytes)
{
	return PAGES(bytes + XEN_LAYOUT_PAGE_SIZE - 1);
}

/* Neighbours of these types are devices of their own. */
static bool stays_apart(u32 type)
{
	return type == XEN_LAYOUT_PRAM || type == XEN_LAYOUT_SOFT_RESERVED;
}

/* Drivers go by the address. */
static bool stays_there(u32 type)
{
	return type == XEN_LAYOUT_PMEM || stays_apart(type);
}

static unsigned long maps = 20000;
module_param(maps, ulong, 0444);
MODULE_PARM_DESC(maps, "Random maps of each kind");

/* --- input, plan and what is known of each PFN ------------------------------ */

#define MAX_POINTS	16384

/* What is at a PFN, by the entries as given ... */
#define AT_RAM		0x01	/* whole page of RAM */
/* ... and by the plan */
#define AT_CLEARED	0x02	/* made RAM, for something that lies there */
#define AT_MOVED	0x04	/* new place of a region */
#define AT_FROM		0x08	/* its page goes */
#define AT_TO		0x10	/* a page comes */
#define AT_EXTRA	0x20
#define AT_IDENTITY	0x40
#define AT_USED		0x80	/* areas and other memory in use */

struct model {
	unsigned int nr;
	unsigned long at[MAX_POINTS + 1];
	u8 what[MAX_POINTS];
};

struct counts {
	unsigned long kept;
	unsigned long moved;
	unsigned long released;
	unsigned long extra;
	unsigned long free;	/* could still be extra memory */
	unsigned long unused;	/* RAM without a use, this included */
};

#define MAX_ENTRIES	(XEN_LAYOUT_MAX_E820 + 1)

struct fixture {
	struct xen_layout_input in;
	struct xen_layout_entry e820[MAX_ENTRIES];
	struct xen_layout_area reserved[8];
	struct xen_layout plan;
	struct xen_layout again;
	struct model model;
	unsigned long each;	/* look at each PFN below this one */
	struct rnd rnd;
};

static struct fixture *setup(struct kunit *test)
{
	struct fixture *f = kvzalloc(sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->in.domain = XEN_LAYOUT_DOM0;
	f->in.e820 = f->e820;
	f->in.reserved = f->reserved;
	f->in.max_pfns = MAX_PFNS;
	f->in.extra_ratio = 10;

	return f;
}

static void teardown(struct kunit *test)
{
	kvfree(test->priv);
}

static void add(struct fixture *f, u64 start, u64 end, u32 type)
{
	struct xen_layout_entry *entry = &f->e820[f->in.nr_e820++];

	entry->addr = start;
	entry->size = end - start;
	entry->type = type;
}

static void load(struct fixture *f, const struct e820_map *map)
{
	memcpy(f->e820, e820_entries + map->first,
	       map->nr * sizeof(*f->e820));
	f->in.nr_e820 = map->nr;
}

/* --- the reference: what the entries say -------------------------------------- */

/* Entry @i with its last byte; false if it says nothing */
static bool ref_entry(const struct xen_layout_input *in, unsigned int i,
		      u64 *first, u64 *last, u32 *type)
{
	const struct xen_layout_entry *entry = &in->e820[i];

	if (i >= in->nr_e820) {
		*first = KIB(512);
		*last = MIB(1) - 1;
		*type = RESERVED;
		return in->ibft && in->domain == XEN_LAYOUT_DOM0;
	}
	if (!entry->size)
		return false;
	*first = entry->addr;
	*last = entry->addr + entry->size - 1;
	*type = entry->type ?: RESERVED;
	if (*type == UNUSABLE && in->domain == XEN_LAYOUT_DOM0)
		*type = RAM;
	if (*last < *first)
		*last = ~0ULL;

	return *type != RAM || *last < ADDR_END - 1;
}

/* Type at a byte; 0 in a gap */
static u32 ref_type(const struct xen_layout_input *in, u64 addr)
{
	u32 type, highest = 0;
	u64 first, last;
	unsigned int i;

	for (i = 0; i <= in->nr_e820; i++)
		if (ref_entry(in, i, &first, &last, &type) && first <= addr &&
		    addr <= last)
			highest = max(highest, type);

	return highest;
}

/* Does any entry, of RAM or of another type, reach into a PFN? */
static bool ref_reaches(const struct xen_layout_input *in, unsigned long pfn,
			bool ram)
{
	u64 start = (u64)pfn << 12, end = start | 0xfff, first, last;
	unsigned int i;
	bool is_ram;
	u32 type;

	for (i = 0; i <= in->nr_e820; i++) {
		if (!ref_entry(in, i, &first, &last, &type))
			continue;
		is_ram = type == RAM;
		if (is_ram == ram && first <= end && start <= last)
			return true;
	}

	return false;
}

static bool ref_ram_at(const struct xen_layout_input *in, u64 addr, u64 *until)
{
	u64 first, last;
	unsigned int i;
	u32 type;

	for (i = 0; i <= in->nr_e820; i++) {
		if (ref_entry(in, i, &first, &last, &type) && type == RAM &&
		    first <= addr && addr <= last) {
			*until = last + 1;
			return true;
		}
	}

	return false;
}

/* All of the page is RAM, be it from several entries, and nothing else. */
static bool ref_ram(const struct xen_layout_input *in, unsigned long pfn)
{
	u64 addr = (u64)pfn << 12, end = addr + 0x1000;

	if (pfn == XEN_LAYOUT_PFNS_END - 1)
		return false;
	if (!in->nr_e820)
		return pfn < in->nr_pages + PAGES(MIB(8));
	if (ref_reaches(in, pfn, false))
		return false;
	while (addr < end)
		if (!ref_ram_at(in, addr, &addr))
			return false;

	return true;
}

static unsigned long ref_limit(const struct xen_layout_input *in)
{
	unsigned long limit = min(in->max_pfns, XEN_LAYOUT_MAX_PFNS);

	if (in->limit_512gb && in->domain == XEN_LAYOUT_DOMU)
		limit = min(limit, PAGES(GIB(512)));

	return limit;
}

static unsigned long ref_ram_end(const struct xen_layout_input *in)
{
	unsigned long limit = ref_limit(in);

	return in->mem_limit ? min(limit, PAGES(in->mem_limit)) : limit;
}

/* --- points: PFNs at which something starts or ends --------------------------- */

static void point(struct model *m, unsigned long pfn)
{
	if (pfn < XEN_LAYOUT_PFNS_END && m->nr < MAX_POINTS)
		m->at[m->nr++] = pfn;
}

static void points(struct model *m, unsigned long start, unsigned long end)
{
	point(m, start);
	point(m, end);
}

/* Both ends, rounded both ways */
static void points_of_bytes(struct model *m, u64 first, u64 last)
{
	points(m, first >> 12, (first >> 12) + 1);
	points(m, last >> 12, (last >> 12) + 1);
}

static void points_of_input(struct fixture *f)
{
	const struct xen_layout_input *in = &f->in;
	struct model *m = &f->model;
	u64 first, last;
	unsigned int i;
	u32 type;

	points(m, 0, 256);
	points(m, 160, in->nr_pages);
	points(m, ref_limit(in), ref_ram_end(in));
	if (!in->nr_e820)
		point(m, in->nr_pages + PAGES(MIB(8)));
	for (i = 0; i <= in->nr_e820; i++)
		if (ref_entry(in, i, &first, &last, &type))
			points_of_bytes(m, first, last);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		points_of_bytes(m, in->area[i].addr,
				in->area[i].addr + in->area[i].size - 1);
	for (i = 0; i < in->nr_reserved; i++)
		points_of_bytes(m, in->reserved[i].addr,
				in->reserved[i].addr + in->reserved[i].size - 1);
}

static void points_of_plan(struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	struct model *m = &f->model;
	unsigned int i;

	for (i = 0; i < p->nr_identity; i++)
		points(m, p->identity[i].start, p->identity[i].end);
	for (i = 0; i < p->nr_moves; i++) {
		points(m, p->moves[i].from, p->moves[i].from + p->moves[i].nr);
		points(m, p->moves[i].to, p->moves[i].to + p->moves[i].nr);
	}
	for (i = 0; i < p->nr_releases; i++)
		points(m, p->releases[i].start, p->releases[i].end);
	for (i = 0; i < p->nr_extra; i++)
		points(m, p->extra[i].start, p->extra[i].end);
	for (i = 0; i < p->nr_nonram; i++)
		points_of_bytes(m, p->nonram[i].to, p->nonram[i].to +
				p->nonram[i].end - p->nonram[i].start - 1);
	for (i = 0; i < p->e820.nr; i++)
		points_of_bytes(m, p->e820.region[i].start,
				p->e820.region[i].end - 1);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		points(m, p->relocation[i].start,
		       p->relocation[i].start + p->relocation[i].nr);
}

/* Sorted, each once */
static void points_sort(struct model *m)
{
	unsigned int gap, i, k, nr = 0;

	for (gap = m->nr / 2; gap; gap /= 2) {
		for (i = gap; i < m->nr; i++) {
			unsigned long pfn = m->at[i];

			for (k = i; k >= gap && m->at[k - gap] > pfn; k -= gap)
				m->at[k] = m->at[k - gap];
			m->at[k] = pfn;
		}
	}
	for (i = 0; i < m->nr; i++)
		if (!nr || m->at[i] != m->at[nr - 1])
			m->at[nr++] = m->at[i];
	m->nr = nr;
	m->at[nr] = XEN_LAYOUT_PFNS_END;
}

static unsigned int point_find(const struct model *m, unsigned long pfn)
{
	unsigned int low = 0, high = m->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (m->at[mid] < pfn)
			low = mid + 1;
		else
			high = mid;
	}

	return low;
}

/* False if something is there already that must not be there */
static bool mark(struct model *m, unsigned long start, unsigned long end,
		 u8 what, u8 not)
{
	unsigned int i;
	bool ok = start < end && end <= XEN_LAYOUT_PFNS_END;

	for (i = point_find(m, start); i < m->nr && m->at[i] < end; i++) {
		ok &= !(m->what[i] & not);
		m->what[i] |= what;
	}

	return ok;
}

/* Are all of these PFNs like that? */
static bool marked(const struct model *m, unsigned long start,
		   unsigned long end, u8 what, u8 not)
{
	unsigned int i;

	for (i = point_find(m, start); i < m->nr && m->at[i] < end; i++)
		if ((m->what[i] & (what | not)) != what)
			return false;

	return true;
}

/* --- the model of a plan -------------------------------------------------------- */

static struct xen_layout_range pfns(const struct xen_layout_area *area)
{
	struct xen_layout_range range = { .start = area->addr >> 12 };

	range.end = area->size ? ((area->addr + area->size - 1) >> 12) + 1 :
		    range.start;

	return range;
}

/*
 * PFNs that are neither RAM nor a place of a region that moved, but in use:
 * a part of them has to be RAM, and nothing else be there.
 */
static unsigned long model_slivers(struct fixture *f)
{
	struct model *m = &f->model;
	unsigned long nr = 0;
	unsigned int i, k;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		struct xen_layout_range area = pfns(&f->in.area[i]);

		if (f->plan.relocation[i].needed)
			continue;
		for (k = point_find(m, area.start); m->at[k] < area.end; k++) {
			if ((m->what[k] & (AT_RAM | AT_CLEARED)) ||
			    ref_reaches(&f->in, m->at[k], false) ||
			    !ref_reaches(&f->in, m->at[k], true))
				continue;
			m->what[k] |= AT_CLEARED;
			nr += m->at[k + 1] - m->at[k];
		}
	}

	return nr;
}

static bool model_nonram(struct kunit *test, struct fixture *f)
{
	const struct xen_layout_nonram *n = f->plan.nonram;
	struct model *m = &f->model;
	unsigned int i;
	bool ok = true;

	for (i = 0; i < f->plan.nr_nonram; i++, n++) {
		u64 to_last = n->to + (n->end - n->start) - 1;

		ok &= n->start < n->end && to_last >= n->to;
		ok &= (n->start & 0xfff) == (n->to & 0xfff);
		ok &= n->to >> 12 >= f->in.nr_pages;
		ok &= to_last >> 12 < ref_limit(&f->in);
		ok &= n->type != RAM && ref_type(&f->in, n->start) == n->type &&
		      ref_type(&f->in, n->end - 1) == n->type;
		mark(m, n->start >> 12, ((n->end - 1) >> 12) + 1, AT_CLEARED,
		     0);
		mark(m, n->to >> 12, (to_last >> 12) + 1, AT_MOVED, 0);
		if (!ok) {
			KUNIT_FAIL(test, "region %#llx-%#llx to %#llx",
				   (unsigned long long)n->start,
				   (unsigned long long)n->end,
				   (unsigned long long)n->to);
			return false;
		}
	}

	return true;
}

/* What the entries say, and where regions went; true unless that is wrong */
static bool model_init(struct kunit *test, struct fixture *f)
{
	struct model *m = &f->model;
	unsigned long pfn;
	unsigned int i;

	m->nr = 0;
	for (pfn = 0; pfn < f->each; pfn++)
		point(m, pfn);
	points_of_input(f);
	points_of_plan(f);
	if (m->nr == MAX_POINTS) {
		KUNIT_FAIL(test, "too many points");
		return false;
	}
	points_sort(m);
	for (i = 0; i < m->nr; i++)
		m->what[i] = ref_ram(&f->in, m->at[i]) ? AT_RAM : 0;

	return model_nonram(test, f);
}

/* RAM as it is after regions got out of the way */
static bool model_ram(const struct model *m, unsigned int i)
{
	return (m->what[i] & (AT_RAM | AT_CLEARED)) && !(m->what[i] & AT_MOVED);
}

static bool model_plan(struct kunit *test, struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	struct model *m = &f->model;
	unsigned int i;
	bool ok = true;

	for (i = 0; i < p->nr_moves; i++) {
		ok &= mark(m, p->moves[i].from,
			   p->moves[i].from + p->moves[i].nr, AT_FROM, AT_FROM);
		ok &= mark(m, p->moves[i].to, p->moves[i].to + p->moves[i].nr,
			   AT_TO, AT_TO);
	}
	for (i = 0; i < p->nr_releases; i++)
		ok &= mark(m, p->releases[i].start, p->releases[i].end,
			   AT_FROM, AT_FROM);
	for (i = 0; i < p->nr_extra; i++)
		ok &= mark(m, p->extra[i].start, p->extra[i].end, AT_EXTRA,
			   AT_EXTRA);
	for (i = 0; i < p->nr_identity; i++)
		ok &= mark(m, p->identity[i].start, p->identity[i].end,
			   AT_IDENTITY, AT_IDENTITY);
	if (!ok)
		KUNIT_FAIL(test, "ranges are empty or overlap");

	return ok;
}

/* --- is the plan right? --------------------------------------------------------- */

static u32 plan_type(const struct xen_layout *p, u64 addr)
{
	unsigned int i;

	for (i = 0; i < p->e820.nr; i++)
		if (p->e820.region[i].start <= addr &&
		    addr < p->e820.region[i].end)
			return p->e820.region[i].type;

	return 0;
}

/* A PFN, and all up to the next point: exactly one thing, and the right one */
static bool check_pfn(struct fixture *f, unsigned int i, struct counts *c)
{
	unsigned long pfn = f->model.at[i], nr = f->model.at[i + 1] - pfn;
	bool usable = model_ram(&f->model, i) && pfn < ref_ram_end(&f->in);
	bool backed = pfn < f->in.nr_pages;
	u8 what = f->model.what[i];
	bool stays = backed && !(what & AT_FROM);
	bool isa = pfn >= 160 && pfn < 256;
	bool used = stays || (what & (AT_TO | AT_EXTRA));
	bool ok = true;

	ok &= stays + !!(what & AT_TO) + !!(what & AT_EXTRA) +
	      !!(what & AT_IDENTITY) + !!(what & AT_MOVED) == 1;
	ok &= stays == (backed && usable);
	ok &= !(what & AT_FROM) || backed;
	ok &= !(what & (AT_TO | AT_EXTRA)) || (usable && !backed);
	ok &= !(what & AT_MOVED) || (what & (AT_RAM | AT_CLEARED));
	/* The lowest RAM first: for pages, then for extra memory */
	ok &= !(what & AT_TO) || !(c->extra || c->free);
	ok &= !(what & AT_EXTRA) || !c->free;
	if (pfn < XEN_LAYOUT_PFNS_END - 1)
		ok &= (plan_type(&f->plan, (u64)pfn << 12) == RAM) ==
		      (used && !isa);

	c->kept += stays ? nr : 0;
	c->moved += what & AT_TO ? nr : 0;
	c->extra += what & AT_EXTRA ? nr : 0;
	c->free += usable && !used ? nr : 0;
	c->unused += model_ram(&f->model, i) && !used ? nr : 0;

	return ok;
}

static unsigned long ref_extra_max(const struct xen_layout_input *in,
				   const struct counts *c)
{
	unsigned long max_pages = ref_limit(in), held, more;

	if (in->domain == XEN_LAYOUT_DOM0 && in->max_reservation)
		max_pages = min(max_pages, in->max_reservation);
	/* What it holds and what it may get stays below the reservation. */
	held = in->nr_pages - c->released;
	more = max_pages > held ? max_pages - held : 0;
	/* PFNs without a page at the start, so those of moved pages, too */
	held = in->extra_ratio * min(in->nr_pages, ref_limit(in));
	held = held > c->moved ? held - c->moved : 0;

	return min(more, held);
}

static bool check_counts(struct kunit *test, struct fixture *f,
			 struct counts *c)
{
	const struct xen_layout *p = &f->plan;
	unsigned long max_extra;
	bool ok;

	c->released = f->in.nr_pages - c->kept - c->moved;
	max_extra = ref_extra_max(&f->in, c);
	ok = c->kept == p->pages_kept && c->moved == p->pages_moved &&
	     c->released == p->pages_released && c->extra == p->pages_extra &&
	     c->unused == p->pages_unused &&
	     p->warning[XEN_LAYOUT_W_RELEASED].count == c->released;
	/* Pages are released only, and RAM left unused only, if it has to be. */
	ok &= !c->released || !(c->free || c->extra);
	max_extra = min(max_extra, c->extra + c->free);
	ok &= p->warning[XEN_LAYOUT_W_EXTRA].count == max_extra - c->extra;
	if (!ok)
		KUNIT_FAIL(test,
			   "%lu kept, %lu moved, %lu released, %lu extra (%lu), %lu free, %lu unused",
			   c->kept, c->moved, c->released, c->extra, max_extra,
			   c->free, c->unused);

	return ok;
}

static bool check_pfns(struct kunit *test, struct fixture *f)
{
	struct counts c = { };
	unsigned int i;

	for (i = 0; i < f->model.nr; i++) {
		if (check_pfn(f, i, &c))
			continue;
		KUNIT_FAIL(test, "PFNs %#lx to %#lx: %#x", f->model.at[i],
			   f->model.at[i + 1], f->model.what[i]);
		return false;
	}

	return check_counts(test, f, &c);
}

/* Pages keep their order; the lowest ones are moved, the others released. */
static bool check_order(struct kunit *test, const struct xen_layout *p)
{
	unsigned long from = 0, to = 0, identity = 0;
	unsigned int i;
	bool ok = true;

	for (i = 0; i < p->nr_moves; i++) {
		ok &= p->moves[i].from >= from && p->moves[i].to >= to;
		from = p->moves[i].from + p->moves[i].nr;
		to = p->moves[i].to + p->moves[i].nr;
	}
	for (i = 0; i < p->nr_releases; i++) {
		ok &= p->releases[i].start >= from;
		from = p->releases[i].end;
	}
	for (i = 0; i < p->nr_identity; i++) {
		ok &= !i || p->identity[i].start > identity;
		identity = p->identity[i].end;
	}
	ok &= identity == XEN_LAYOUT_PFNS_END;
	ok &= p->identity[p->nr_identity - 1].start == p->p2m_end;
	if (!ok)
		KUNIT_FAIL(test, "order of moves, releases or identity");

	return ok;
}

static bool check_e820_order(struct kunit *test, const struct xen_layout *p)
{
	const struct xen_layout_region *r = p->e820.region;
	unsigned long max_pfn = 0;
	unsigned int i;

	for (i = 0; i < p->e820.nr; i++, r++) {
		bool ok = r->start < r->end && r->type;

		if (r->type == RAM) {
			ok &= !((r->start | r->end) & 0xfff);
			max_pfn = r->end >> 12;
		}
		if (i && r[-1].end >= r->start)
			ok &= r[-1].end == r->start && (r[-1].type != r->type ||
			      stays_apart(r->type));
		if (ok)
			continue;
		KUNIT_FAIL(test, "region %u: %#llx-%#llx type %u", i,
			   (unsigned long long)r->start,
			   (unsigned long long)r->end, r->type);
		return false;
	}
	KUNIT_EXPECT_EQ(test, max_pfn, p->max_pfn);

	return max_pfn == p->max_pfn;
}

/* Where a byte of the machine is found, which may be where it was */
static u64 moved_to(const struct xen_layout *p, u64 addr)
{
	unsigned int i;

	for (i = 0; i < p->nr_nonram; i++)
		if (p->nonram[i].start <= addr && addr < p->nonram[i].end)
			return p->nonram[i].to + (addr - p->nonram[i].start);

	return addr;
}

static u64 moved_from(const struct xen_layout *p, u64 addr)
{
	unsigned int i;

	for (i = 0; i < p->nr_nonram; i++) {
		const struct xen_layout_nonram *n = &p->nonram[i];

		if (n->to <= addr && addr - n->to < n->end - n->start)
			return n->start + (addr - n->to);
	}

	return addr;
}

static bool check_e820_byte(struct kunit *test, struct fixture *f, u64 addr)
{
	u64 there = moved_to(&f->plan, addr);
	u32 want = ref_type(&f->in, addr), got;

	if (addr >= ADDR_END || want == RAM || !want)
		return true;
	if (there == addr && addr >= KIB(640) && addr < MIB(1))
		want = max(want, RESERVED);
	got = plan_type(&f->plan, there);
	if (got == want)
		return true;
	KUNIT_FAIL(test, "type %u instead of %u for %#llx at %#llx", got, want,
		   (unsigned long long)addr, (unsigned long long)there);

	return false;
}

/* Nothing that is not RAM got lost, and nothing was made up */
static bool check_e820(struct kunit *test, struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	u64 first, last;
	unsigned int i;
	u32 type;

	if (!check_e820_order(test, p))
		return false;
	for (i = 0; i <= f->in.nr_e820; i++) {
		if (!ref_entry(&f->in, i, &first, &last, &type))
			continue;
		if (!check_e820_byte(test, f, first) ||
		    !check_e820_byte(test, f, last))
			return false;
	}
	for (i = 0; i < p->e820.nr; i++) {
		const struct xen_layout_region *r = &p->e820.region[i];

		if (r->type == RAM ||
		    (r->start < MIB(1) && r->end > KIB(640)) ||
		    (ref_type(&f->in, moved_from(p, r->start)) == r->type &&
		     ref_type(&f->in, moved_from(p, r->end - 1)) == r->type))
			continue;
		KUNIT_FAIL(test, "type %u at %#llx", r->type,
			   (unsigned long long)r->start);
		return false;
	}

	return true;
}

/* In place or copied to where nothing else is: on RAM, with pages that stay */
static bool check_area(struct fixture *f, unsigned int id)
{
	const struct xen_layout_relocation *r = &f->plan.relocation[id];
	struct xen_layout_range area = pfns(&f->in.area[id]);
	struct model *m = &f->model;
	unsigned long nr;

	if (!f->in.area[id].size)
		return !r->needed;
	if (!r->needed)
		return marked(m, area.start, area.end, 0,
			      AT_FROM | AT_IDENTITY | AT_MOVED);
	nr = id == XEN_LAYOUT_INITRD ? pages_up(f->in.area[id].size) :
	     xen_layout_p2m_pages(f->in.nr_pages);

	return id >= XEN_LAYOUT_P2M_LIST && r->nr == nr && r->start >= 256 &&
	       r->start + nr <= f->in.nr_pages &&
	       marked(m, r->start, r->start + nr, 0, AT_FROM | AT_IDENTITY) &&
	       mark(m, r->start, r->start + nr, AT_USED, AT_USED);
}

static void model_used(struct fixture *f)
{
	struct xen_layout_range range;
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		range = pfns(&f->in.area[i]);
		mark(&f->model, range.start, range.end, AT_USED, 0);
	}
	for (i = 0; i < f->in.nr_reserved; i++) {
		range = pfns(&f->in.reserved[i]);
		mark(&f->model, range.start, range.end, AT_USED, 0);
	}
}

static bool check_areas_of(struct kunit *test, struct fixture *f)
{
	unsigned int i;

	model_used(f);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		if (check_area(f, i))
			continue;
		KUNIT_FAIL(test, "%s", xen_layout_area_name(i));
		return false;
	}

	return true;
}

static bool check_plan(struct kunit *test, struct fixture *f)
{
	const struct xen_layout *p = &f->plan;

	if (!model_init(test, f))
		return false;
	if (model_slivers(f) != p->warning[XEN_LAYOUT_W_SLIVER].count) {
		KUNIT_FAIL(test, "parts of pages that became RAM");
		return false;
	}

	return model_plan(test, f) && check_pfns(test, f) &&
	       check_order(test, p) && check_e820(test, f) &&
	       check_areas_of(test, f);
}

/* --- is the refusal right? ------------------------------------------------------ */

/* PFNs of the longest free run between two PFNs */
static unsigned long longest_run(struct fixture *f, unsigned long start,
				 unsigned long end, u8 not)
{
	struct model *m = &f->model;
	unsigned long run = 0, longest = 0;
	unsigned int i;

	for (i = point_find(m, start); i < m->nr && m->at[i] < end; i++) {
		if (!model_ram(m, i) || (m->what[i] & not))
			run = 0;
		else
			run += min(m->at[i + 1], end) - m->at[i];
		longest = max(longest, run);
	}

	return longest;
}

static unsigned long area_room(struct fixture *f)
{
	unsigned int i;

	model_used(f);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		mark(&f->model, f->plan.relocation[i].start,
		     f->plan.relocation[i].start + f->plan.relocation[i].nr,
		     AT_USED, 0);

	return longest_run(f, 256, min(f->in.nr_pages, ref_ram_end(&f->in)),
			   AT_USED);
}

static unsigned long area_need(const struct xen_layout_input *in,
			       unsigned int id)
{
	return id == XEN_LAYOUT_INITRD ? pages_up(in->area[id].size) :
	       xen_layout_p2m_pages(in->nr_pages);
}

/* Does a region of the type that is at @start end at @to? */
static bool ends_alike(const struct xen_layout_input *in, u64 start, u64 to)
{
	u32 type = ref_type(in, start);

	return type != RAM && ref_type(in, to - 1) == type;
}

/* Is there free RAM to move @nr pages from @pfn on to? See test_moved_once. */
static bool has_target(struct fixture *f, unsigned long pfn, unsigned long nr)
{
	unsigned long at, run = 0, end = ref_limit(&f->in);
	struct model *m = &f->model;
	unsigned int i;

	for (i = point_find(m, f->in.nr_pages); i < m->nr && m->at[i] < end; i++) {
		if (!model_ram(m, i)) {
			run = 0;
			continue;
		}
		at = m->at[i] - run;
		run += min(m->at[i + 1], end) - m->at[i];
		if (run > nr ||
		    (run == nr && !ends_alike(&f->in, (u64)pfn << 12, (u64)at << 12)))
			return true;
	}

	return false;
}

static bool refusal_is_right(struct fixture *f)
{
	const struct xen_layout_error *e = &f->plan.error;
	const struct xen_layout_area *area = &f->in.area[e->area];
	const struct xen_layout_input *in = &f->in;
	unsigned long pfn = e->start >> 12;
	bool movable = e->area >= XEN_LAYOUT_P2M_LIST;

	switch (e->code) {
	case XEN_LAYOUT_E_INPUT:
		return in->nr_e820 > 1024 || in->nr_reserved > 1024;
	case XEN_LAYOUT_E_EMPTY:
		return !in->nr_e820 && in->domain == XEN_LAYOUT_DOM0;
	case XEN_LAYOUT_E_PAGES:
		return in->nr_pages <= 256 || ref_limit(in) <= 256 ||
		       in->nr_pages > XEN_LAYOUT_MAX_PFNS;
	case XEN_LAYOUT_E_OUTSIDE:
		return area->addr + area->size < area->addr ||
		       pfns(area).end > in->nr_pages;
	case XEN_LAYOUT_E_CUT:
		return !movable && pfns(area).end > ref_ram_end(in);
	case XEN_LAYOUT_E_GAP:
		return !ref_reaches(in, pfn, true) &&
		       !ref_reaches(in, pfn, false) &&
		       (!movable || area_room(f) < area_need(in, e->area));
	case XEN_LAYOUT_E_FIXED:
		return ref_type(in, e->start) == e->type &&
		       stays_there(e->type) &&
		       (!movable || area_room(f) < area_need(in, e->area));
	case XEN_LAYOUT_E_NO_TARGET:
		return !has_target(f, pfn, pages_up(e->end) - pfn) &&
		       (!movable || area_room(f) < area_need(in, e->area));
	case XEN_LAYOUT_E_NO_AREA:
		return movable && area_room(f) < area_need(in, e->area);
	default:
		return false;
	}
}

static bool check_error(struct kunit *test, struct fixture *f)
{
	char text[XEN_LAYOUT_TEXT];

	if (!model_init(test, f))
		return false;
	model_slivers(f);
	if (refusal_is_right(f))
		return true;
	xen_layout_describe_error(&f->in, &f->plan, 0, text, sizeof(text));
	KUNIT_FAIL(test, "refused: %s", text);

	return false;
}

/* The same entries in another order make the same plan, to the byte. */
static bool check_again(struct kunit *test, struct fixture *f, int ret)
{
	struct xen_layout_entry entry;
	unsigned int i, k;

	for (i = f->in.nr_e820; i > 1; i--) {
		k = rnd_below(&f->rnd, i);
		entry = f->e820[k];
		f->e820[k] = f->e820[i - 1];
		f->e820[i - 1] = entry;
	}
	memset(&f->again, 0x5a, sizeof(f->again));
	if (xen_layout_plan(&f->in, &f->again) == ret &&
	    !memcmp(&f->plan, &f->again, offsetof(struct xen_layout, map)))
		return true;
	KUNIT_FAIL(test, "another plan with other order of entries");

	return false;
}

static void dump(struct kunit *test, const struct fixture *f)
{
	const struct xen_layout_input *in = &f->in;
	unsigned int i;

	kunit_info(test, "dom %u, %lu pages, max %lu, mem=%#llx, %lu PFNs",
		   in->domain, in->nr_pages, in->max_reservation,
		   (unsigned long long)in->mem_limit, in->max_pfns);
	for (i = 0; i < in->nr_e820; i++)
		kunit_info(test, "%#llx + %#llx type %u",
			   (unsigned long long)in->e820[i].addr,
			   (unsigned long long)in->e820[i].size,
			   in->e820[i].type);
	for (i = 0; i < in->nr_reserved; i++)
		kunit_info(test, "in use: %#llx + %#llx",
			   (unsigned long long)in->reserved[i].addr,
			   (unsigned long long)in->reserved[i].size);
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		kunit_info(test, "%s: %#llx + %#llx", xen_layout_area_name(i),
			   (unsigned long long)in->area[i].addr,
			   (unsigned long long)in->area[i].size);
}

/* Plan, and see that the plan or the refusal is right. Return: what it was. */
static int plan_checked(struct kunit *test, struct fixture *f)
{
	int ret;

	memset(&f->plan, 0xa5, sizeof(f->plan));
	ret = xen_layout_plan(&f->in, &f->plan);
	if (!ret != !f->plan.error.code)
		KUNIT_FAIL(test, "%d and code %u", ret, f->plan.error.code);
	if ((ret ? check_error(test, f) : check_plan(test, f)) &&
	    check_again(test, f, ret))
		return ret;
	dump(test, f);
	KUNIT_ASSERT_TRUE(test, false);

	return ret;
}

static void plan_ok(struct kunit *test, struct fixture *f)
{
	KUNIT_ASSERT_EQ(test, plan_checked(test, f), 0);
}

/* A refusal, whose words name the range, the area or table, and the remedy */
static void plan_refused(struct kunit *test, struct fixture *f,
			 enum xen_layout_code code, const char *cause,
			 const char *help)
{
	char text[XEN_LAYOUT_TEXT];
	bool ok;

	KUNIT_ASSERT_NE(test, plan_checked(test, f), 0);
	KUNIT_EXPECT_EQ(test, f->plan.error.code, code);
	KUNIT_ASSERT_TRUE(test, xen_layout_describe_error(&f->in, &f->plan, 0,
							  text, sizeof(text)));
	ok = strstr(text, cause);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "no \"%s\": %s", cause, text);
	KUNIT_ASSERT_TRUE(test, xen_layout_describe_error(&f->in, &f->plan, 1,
							  text, sizeof(text)));
	ok = strstr(text, help);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "no \"%s\": %s", help, text);
}

static void expect_warning(struct kunit *test, struct fixture *f,
			   enum xen_layout_warn warn, unsigned long count,
			   const char *words)
{
	char text[XEN_LAYOUT_TEXT] = "";
	bool ok;

	KUNIT_EXPECT_EQ(test, f->plan.warning[warn].count, count);
	ok = xen_layout_describe_warning(&f->plan, warn, text, sizeof(text));
	KUNIT_EXPECT_EQ(test, ok, count > 0);
	ok = strstr(text, words);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "no \"%s\": %s", words, text);
}

/* --- real maps ------------------------------------------------------------------ */

static void setting_desc(const struct setting *set, char *desc)
{
	strscpy(desc, set->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(setting, settings, setting_desc);

/* The first thing that is not RAM and not where the ISA range is */
static u64 first_nonram(const struct fixture *f)
{
	u64 lowest = ~0ULL;
	unsigned int i;

	for (i = 0; i < f->in.nr_e820; i++)
		if (f->e820[i].type != RAM && f->e820[i].addr >= MIB(8))
			lowest = min(lowest, f->e820[i].addr);

	return lowest;
}

/* Plans and refusals, by code */
struct tally {
	unsigned int nr[XEN_LAYOUT_CODES];
};

static void plan_tallied(struct kunit *test, struct fixture *f,
			 struct tally *tally)
{
	plan_checked(test, f);
	tally->nr[f->plan.error.code]++;
	cond_resched();
}

static void tally_print(struct kunit *test, const struct tally *tally)
{
	kunit_info(test,
		   "%u plans; refused: %u cut, %u gap, %u fixed, %u no target, %u no area, %u full, %u other",
		   tally->nr[XEN_LAYOUT_OK], tally->nr[XEN_LAYOUT_E_CUT],
		   tally->nr[XEN_LAYOUT_E_GAP], tally->nr[XEN_LAYOUT_E_FIXED],
		   tally->nr[XEN_LAYOUT_E_NO_TARGET],
		   tally->nr[XEN_LAYOUT_E_NO_AREA],
		   tally->nr[XEN_LAYOUT_E_FULL],
		   tally->nr[XEN_LAYOUT_E_OUTSIDE] +
		   tally->nr[XEN_LAYOUT_E_PAGES] +
		   tally->nr[XEN_LAYOUT_E_EMPTY]);
	KUNIT_EXPECT_GT(test, tally->nr[XEN_LAYOUT_OK], 0U);
}

static void plan_at(struct kunit *test, struct fixture *f, u64 addr,
		    struct tally *tally)
{
	place(&f->in, addr);
	if (pfns(&f->in.area[XEN_LAYOUT_PAGE_TABLES]).end <= f->in.nr_pages)
		plan_tallied(test, f, tally);
}

static void test_real(struct kunit *test)
{
	static const u64 places[] = { MIB(1), MIB(16), MIB(64) };
	struct fixture *f = setup(test);
	struct tally tally = { };
	unsigned int i, k;
	u64 nonram;

	rnd_start(test, &f->rnd);
	for (i = 0; i < ARRAY_SIZE(e820_maps); i += thin_step()) {
		load(f, &e820_maps[i]);
		apply_setting(&f->in, test->param_value);
		for (k = 0; k < ARRAY_SIZE(places); k++)
			plan_at(test, f, places[k], &tally);
		nonram = first_nonram(f) & ~0xfffULL;
		if (nonram >= GIB(1024))
			continue;
		/* The kernel, and the initrd, over what is not RAM */
		plan_at(test, f, nonram - MIB(3), &tally);
		plan_at(test, f, nonram - MIB(45), &tally);
	}
	tally_print(test, &tally);
}

/*
 * Xen's map of a domU has RAM in the ISA range. The log shows the map as
 * registered, which has not.
 */
static void undo_isa(struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < f->in.nr_e820; i++)
		if (f->e820[i].addr == KIB(640) && f->e820[i].type == RESERVED)
			f->e820[i].type = RAM;
}

static void host(struct kunit *test, struct fixture *f,
		 const struct e820_map *map)
{
	load(f, map);
	f->in.domain = XEN_LAYOUT_DOM0;
	if (strstr(map->name, "domU")) {
		f->in.domain = XEN_LAYOUT_DOMU;
		undo_isa(f);
	}
	f->in.nr_pages = ram_of(&f->in);
	plan_ok(test, f);
	kunit_info(test, "%s: %lu moved, log: %ld", map->name,
		   f->plan.pages_moved, map->remapped);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, map->remapped);
	KUNIT_EXPECT_EQ(test, f->plan.pages_released, map->released);
}

/* What real hosts and domains printed that had all memory */
static void test_hosts(struct kunit *test)
{
	struct fixture *f = setup(test);
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(e820_maps); i++) {
		/* 001 had a dom0_mem= which is not known. */
		if (!e820_maps[i].last_pfn || e820_maps[i].remapped < 0 ||
		    !strncmp(e820_maps[i].name, "001", 3))
			continue;
		host(test, f, &e820_maps[i]);
		nr++;
	}
	KUNIT_EXPECT_EQ(test, nr, 2U);
}

static const struct e820_map *load_named(struct kunit *test, struct fixture *f,
					 const char *name)
{
	const struct e820_map *map = find_map(name);

	KUNIT_ASSERT_NOT_NULL(test, (void *)map);
	load(f, map);

	return map;
}

/* Pages moved or released from a hole; ~0UL if it does not end there */
static unsigned long pages_from(const struct xen_layout *p,
				unsigned long start, unsigned long end)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < p->nr_moves; i++)
		if (p->moves[i].from >= start && p->moves[i].from < end)
			nr += p->moves[i].nr;
	for (i = 0; i < p->nr_releases; i++)
		if (p->releases[i].start >= start && p->releases[i].start < end)
			nr += p->releases[i].end - p->releases[i].start;

	return nr;
}

/* The 8 GiB machine, whose numbers were published with the first remapping */
static void test_machine_8g(struct kunit *test)
{
	static const struct xen_layout_range holes[] = {
		{ 0x9e, 0x100 }, { 0x20000, 0x20200 }, { 0x40000, 0x40200 },
		{ 0xbad80, 0xbadf4 }, { 0xbadf6, 0xbae7f },
		{ 0xbb000, 0x100000 },
	};
	static const unsigned long want[] = { 98, 512, 512, 116, 137, 282624 };
	struct fixture *f = setup(test);
	unsigned int i;

	load_named(test, f, "004");
	f->in.nr_pages = ram_of(&f->in);
	f->in.max_reservation = f->in.nr_pages;
	plan_ok(test, f);
	for (i = 0; i < ARRAY_SIZE(holes); i++)
		KUNIT_EXPECT_EQ(test, pages_from(&f->plan, holes[i].start,
						 holes[i].end), want[i]);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 283999UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_released, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.nr_moves, 6U);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, 0x23fe00UL);
	KUNIT_EXPECT_TRUE(test, f->plan.pci_possible);

	/* Where the iSCSI table may be, 30 pages more have to go. */
	f->in.ibft = true;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, pages_from(&f->plan, 0, 0x100), 128UL);
}

/* --- non-RAM in the way ----------------------------------------------------------- */

/* 4 GiB with a PCI hole at 3 GiB; dom0 gets 1 GiB, and the kernel is at 16 MiB */
static struct fixture *setup_4g(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(639), RAM);
	add(f, KIB(639), KIB(640), RESERVED);
	add(f, MIB(1), GIB(3), RAM);
	add(f, 0xfec00000, 0xfec01000, RESERVED);
	add(f, GIB(4), GIB(5), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	f->in.max_reservation = PAGES(GIB(1));
	place(&f->in, MIB(16));

	return f;
}

static void expect_nonram(struct kunit *test, struct fixture *f,
			  unsigned int i, u64 start, u64 end, u64 to, u32 type)
{
	const struct xen_layout_nonram *n = &f->plan.nonram[i];

	KUNIT_ASSERT_GT(test, f->plan.nr_nonram, i);
	KUNIT_EXPECT_EQ(test, n->start, start);
	KUNIT_EXPECT_EQ(test, n->end, end);
	KUNIT_EXPECT_EQ(test, n->to, to);
	KUNIT_EXPECT_EQ(test, n->type, type);
}

/* Stock skips the second one, as the table has changed meanwhile. */
static void test_two_nvs(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, 0x1900000, 0x1901000, NVS);
	add(f, 0x1a00000, 0x1a01000, NVS);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 2U);
	expect_nonram(test, f, 0, 0x1900000, 0x1901000, GIB(3) - 0x1000, NVS);
	expect_nonram(test, f, 1, 0x1a00000, 0x1a01000, GIB(3) - 0x2000, NVS);
	expect_warning(test, f, XEN_LAYOUT_W_NONRAM, 0, "");
	/* Only the end of low memory has to be moved. */
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 97UL);
}

static void test_three_nvs(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, 0x1900000, 0x1901000, NVS);
	add(f, 0x1901000, 0x1902000, RAM);
	add(f, 0x1902000, 0x1903000, NVS);
	add(f, 0x1a00000, 0x1a01000, NVS);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 3U);
}

/* Stock knows how to move NVS only. */
static void test_reserved_in_kernel(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, 0x1a80000, 0x1a81000, RESERVED);
	plan_ok(test, f);
	expect_nonram(test, f, 0, 0x1a80000, 0x1a81000, GIB(3) - 0x1000,
		      RESERVED);
	expect_warning(test, f, XEN_LAYOUT_W_NONRAM, 1, "not ACPI NVS");
}

/* Stock has room for four. */
static void test_five_mixed(struct kunit *test)
{
	static const u32 types[] = { NVS, RESERVED, ACPI, 20, NVS };
	struct fixture *f = setup_4g(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		add(f, 0x1900000 + MIB(i), 0x1900000 + MIB(i) + 0x3000,
		    types[i]);
	/* These are for P2M list, start info and page tables. */
	add(f, f->in.area[XEN_LAYOUT_P2M_LIST].addr,
	    f->in.area[XEN_LAYOUT_P2M_LIST].addr + 0x1000, NVS);
	add(f, f->in.area[XEN_LAYOUT_START_INFO].addr + 0x20,
	    f->in.area[XEN_LAYOUT_START_INFO].addr + 0x40, ACPI);
	add(f, f->in.area[XEN_LAYOUT_PAGE_TABLES].addr + 0x4000,
	    f->in.area[XEN_LAYOUT_PAGE_TABLES].addr + 0x6000, NVS);
	add(f, f->in.area[XEN_LAYOUT_INITRD].addr + 0x4000,
	    f->in.area[XEN_LAYOUT_INITRD].addr + 0x6000, RESERVED);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 7U);
	KUNIT_EXPECT_TRUE(test,
			  f->plan.relocation[XEN_LAYOUT_P2M_LIST].needed);
	KUNIT_EXPECT_TRUE(test, f->plan.relocation[XEN_LAYOUT_INITRD].needed);
}

/* A machine on which dom0 kernels died: NVS at 64 MiB */
static void test_nvs_at_64m(struct kunit *test)
{
	struct fixture *f = setup(test);

	load_named(test, f, "013");
	f->in.nr_pages = PAGES(GIB(4));
	f->in.max_reservation = PAGES(GIB(4));
	place(&f->in, MIB(48));
	plan_ok(test, f);
	expect_nonram(test, f, 0, MIB(64), MIB(64) + 0x12000,
		      0x104f200000 - 0x12000, NVS);
}

/* Offsets in the page are kept, and RAM that ends inside a page is no target. */
static void test_unaligned_region(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, GIB(3) - 0x1800, GIB(3), RESERVED);
	add(f, 0x1900123, 0x1901456, NVS);
	plan_ok(test, f);
	expect_nonram(test, f, 0, 0x1900123, 0x1901456, GIB(3) - 0x4000 + 0x123,
		      NVS);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 1U);
}

/*
 * A region that fills the RAM behind another one of its type would be moved once more,
 * with the other one, and the first place be used twice.
 */
static void test_moved_once(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(128), RAM);
	add(f, MIB(16), MIB(18), NVS);
	add(f, MIB(24), MIB(40), NVS);
	add(f, MIB(42), MIB(43), RESERVED);
	f->in.nr_pages = PAGES(MIB(32));
	f->in.max_reservation = f->in.nr_pages;
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(1));
	put(&f->in, XEN_LAYOUT_START_INFO, MIB(25), KIB(4));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 2U);
	expect_nonram(test, f, 0, MIB(16), MIB(18), MIB(126), NVS);
	expect_nonram(test, f, 1, MIB(24), MIB(40), MIB(110), NVS);

	/* The other one stays: the room is taken, and both are one then. */
	put(&f->in, XEN_LAYOUT_START_INFO, MIB(20), KIB(4));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 1U);
	expect_nonram(test, f, 0, MIB(16), MIB(18), MIB(40), NVS);
}

/* The same with one that has to be moved as the initrd can neither stay nor be copied */
static void test_moved_once_for_initrd(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(128), RAM);
	add(f, MIB(16), MIB(18), NVS);
	add(f, MIB(24), MIB(40), NVS);
	add(f, MIB(42), MIB(43), RESERVED);
	f->in.nr_pages = PAGES(MIB(32));
	f->in.max_reservation = f->in.nr_pages;
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(8), MIB(9));
	put(&f->in, XEN_LAYOUT_INITRD, MIB(22), MIB(9));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 2U);
	expect_nonram(test, f, 0, MIB(16), MIB(18), MIB(126), NVS);
	expect_nonram(test, f, 1, MIB(24), MIB(40), MIB(110), NVS);
}

/* Regions that share pages go together, and keep their distance. */
static void test_shared_pages(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	u64 to = GIB(3) - 0x3000;

	add(f, 0x1900800, 0x1900c00, NVS);
	add(f, 0x1900e00, 0x1901400, ACPI);
	add(f, 0x1901800, 0x1902010, RESERVED);
	/* It only touches. */
	add(f, 0x1903000, 0x1904000, NVS);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 4U);
	expect_nonram(test, f, 0, 0x1900800, 0x1900c00, to + 0x800, NVS);
	expect_nonram(test, f, 1, 0x1900e00, 0x1901400, to + 0xe00, ACPI);
	expect_nonram(test, f, 2, 0x1901800, 0x1902010, to + 0x1800, RESERVED);
	expect_nonram(test, f, 3, 0x1903000, 0x1904000, to - 0x1000, NVS);
}

/* A region goes as a whole, but what only touches it stays where it is. */
static void test_neighbours_stay(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	u64 start = f->in.area[XEN_LAYOUT_KERNEL].addr;

	add(f, start - 0x3000, start - 0x2000, NVS);
	add(f, start - 0x2000, start + 0x1000, ACPI);
	/* The end of the kernel, in the middle of a page */
	start = f->in.area[XEN_LAYOUT_KERNEL].addr + MIB(40);
	add(f, start, start + 0x1000, ACPI);
	add(f, start + 0x1000, start + 0x2000, NVS);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 2U);
	expect_nonram(test, f, 0, MIB(16) - 0x2000, MIB(16) + 0x1000,
		      GIB(3) - 0x3000, ACPI);
	expect_nonram(test, f, 1, start, start + 0x1000, GIB(3) - 0x4000, ACPI);
}

/* A region goes as a whole, also where it leads out of the domain's pages. */
static void test_region_over_end(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, GIB(1) - 0x2000, GIB(1) + 0x5000, NVS);
	put(&f->in, XEN_LAYOUT_PAGE_TABLES, GIB(1) - 0x8000, 0x8000);
	plan_ok(test, f);
	expect_nonram(test, f, 0, GIB(1) - 0x2000, GIB(1) + 0x5000,
		      GIB(3) - 0x7000, NVS);
	/* Its old place is RAM now, and the first to take pages. */
	KUNIT_EXPECT_EQ(test, f->plan.moves[0].to, PAGES(GIB(1)));
}

/* Between RAM and a region that moves, and between two pieces of RAM */
static void test_slivers(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(640), RAM);
	add(f, MIB(1), 0x1900400, RAM);
	add(f, 0x1900800, 0x1a00000, RAM);
	add(f, 0x1a00800, 0x1a00c00, NVS);
	add(f, 0x1a01000, GIB(3), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(32));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 1U);
	expect_warning(test, f, XEN_LAYOUT_W_SLIVER, 1, "0x0000000001900000");
}

static void test_gap_in_kernel(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(640), RAM);
	add(f, MIB(1), MIB(24), RAM);
	add(f, MIB(25), GIB(3), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(32));
	plan_refused(test, f, XEN_LAYOUT_E_GAP,
		     "kernel at [mem 0x0000000001800000-0x00000000018fffff]",
		     "CONFIG_PHYSICAL_START");
	KUNIT_EXPECT_EQ(test, f->plan.error.area, XEN_LAYOUT_KERNEL);
}

/* A gap ends where the next region starts, whatever that is. */
static void test_gap_before_region(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(640), RAM);
	add(f, MIB(1), MIB(24), RAM);
	add(f, MIB(24) + KIB(512), MIB(25), NVS);
	add(f, MIB(25), GIB(3), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(32));
	plan_refused(test, f, XEN_LAYOUT_E_GAP,
		     "kernel at [mem 0x0000000001800000-0x000000000187ffff]",
		     "CONFIG_PHYSICAL_START");
}

static void test_fixed_types(struct kunit *test)
{
	static const u32 types[] = { 7, 12, 0xefffffff };
	struct fixture *f = setup_4g(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		f->in.nr_e820 = 0;
		add(f, 0, GIB(3), RAM);
		add(f, 0x1900800, 0x1901000, NVS);
		/* It shares a page with what could be moved without it. */
		add(f, 0x1901000, 0x1901800, NVS);
		add(f, 0x1901800, 0x1904000, types[i]);
		plan_refused(test, f, XEN_LAYOUT_E_FIXED,
			     "kernel over [mem 0x0000000001901800-0x0000000001903fff]",
			     "CONFIG_PHYSICAL_START");
		KUNIT_EXPECT_EQ(test, f->plan.error.type, types[i]);
	}
}

static void test_no_target(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(128), RAM);
	add(f, 0x1900000, 0x1901000, NVS);
	f->in.nr_pages = PAGES(MIB(128));
	put(&f->in, XEN_LAYOUT_START_INFO, 0x1900000, 0x400);
	plan_refused(test, f, XEN_LAYOUT_E_NO_TARGET,
		     "start info over [mem 0x0000000001900000-0x0000000001900fff] ACPI NVS",
		     "less memory (dom0_mem=");
	/* A page of RAM in another place will do. */
	add(f, GIB(4), GIB(4) + 0x1fff, RAM);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nonram[0].to, GIB(4));
	KUNIT_EXPECT_EQ(test, f->plan.p2m_end, PAGES(GIB(4)) + 1);
}

static struct kunit_case nonram_cases[] = {
	KUNIT_CASE(test_two_nvs),
	KUNIT_CASE(test_three_nvs),
	KUNIT_CASE(test_reserved_in_kernel),
	KUNIT_CASE(test_five_mixed),
	KUNIT_CASE(test_nvs_at_64m),
	KUNIT_CASE(test_unaligned_region),
	KUNIT_CASE(test_moved_once),
	KUNIT_CASE(test_moved_once_for_initrd),
	KUNIT_CASE(test_shared_pages),
	KUNIT_CASE(test_neighbours_stay),
	KUNIT_CASE(test_region_over_end),
	KUNIT_CASE(test_slivers),
	KUNIT_CASE(test_gap_in_kernel),
	KUNIT_CASE(test_gap_before_region),
	KUNIT_CASE(test_fixed_types),
	KUNIT_CASE(test_no_target),
	{ }
};

static struct kunit_suite nonram_suite = {
	.name = "xen-p2m-layout-nonram",
	.exit = teardown,
	.test_cases = nonram_cases,
};

/* --- P2M list and initrd ------------------------------------------------------------ */

/* 1 GiB of RAM with a hole of 1 MiB somewhere, and all pages handed over */
static struct fixture *setup_hole(struct kunit *test, u64 hole)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(640), RAM);
	add(f, MIB(1), hole, RAM);
	add(f, hole + MIB(1), GIB(1) + MIB(2), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(16));

	return f;
}

static void test_initrd_in_hole(struct kunit *test)
{
	struct fixture *f = setup_hole(test, MIB(64));

	/* One byte of it; gaps are no problem where it is copied. */
	put(&f->in, XEN_LAYOUT_INITRD, MIB(40) + 5, MIB(24) - 4);
	plan_ok(test, f);
	KUNIT_EXPECT_TRUE(test, f->plan.relocation[XEN_LAYOUT_INITRD].needed);
	/* What the kernel leaves free below 16 MiB is too small. */
	KUNIT_EXPECT_EQ(test, f->plan.relocation[XEN_LAYOUT_INITRD].start,
			PAGES(MIB(65)));
	KUNIT_EXPECT_EQ(test, f->plan.relocation[XEN_LAYOUT_INITRD].nr,
			PAGES(MIB(24)));
	KUNIT_EXPECT_FALSE(test, f->plan.relocation[XEN_LAYOUT_KERNEL].needed);

	put(&f->in, XEN_LAYOUT_INITRD, MIB(40) + 5, MIB(24) - 5);
	plan_ok(test, f);
	KUNIT_EXPECT_FALSE(test, f->plan.relocation[XEN_LAYOUT_INITRD].needed);
}

/* Neither over itself, nor one over the other, nor over what is in use */
static void test_relocated_apart(struct kunit *test)
{
	struct fixture *f = setup_hole(test, MIB(64));
	const struct xen_layout_relocation *list, *initrd;

	f->reserved[0].addr = MIB(1) + 0x234;
	f->reserved[0].size = MIB(3);
	f->reserved[1].addr = MIB(6);
	f->reserved[1].size = 1;
	f->reserved[2].addr = MIB(7);
	f->in.nr_reserved = 3;
	put(&f->in, XEN_LAYOUT_P2M_LIST, MIB(63), MIB(2));
	put(&f->in, XEN_LAYOUT_INITRD, MIB(62), MIB(2) + 1);
	plan_ok(test, f);
	list = &f->plan.relocation[XEN_LAYOUT_P2M_LIST];
	initrd = &f->plan.relocation[XEN_LAYOUT_INITRD];
	KUNIT_EXPECT_TRUE(test, list->needed && initrd->needed);
	/* 512 pages of list, one page table on each of three levels */
	KUNIT_EXPECT_EQ(test, list->nr, 515UL);
	KUNIT_EXPECT_EQ(test, list->start, PAGES(MIB(6)) + 1);
	KUNIT_EXPECT_EQ(test, initrd->start, list->start + list->nr);
}

static void test_p2m_pages(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xen_layout_p2m_pages(1), 4UL);
	KUNIT_EXPECT_EQ(test, xen_layout_p2m_pages(512), 4UL);
	KUNIT_EXPECT_EQ(test, xen_layout_p2m_pages(513), 5UL);
	KUNIT_EXPECT_EQ(test, xen_layout_p2m_pages(512 * 512), 512 + 3UL);
	KUNIT_EXPECT_EQ(test, xen_layout_p2m_pages(512 * 512 + 1), 513 + 4UL);
	/* 512 GiB: one page table page on the highest level does for it. */
	KUNIT_EXPECT_EQ(test, xen_layout_p2m_pages(1UL << 27),
			(1UL << 18) + (1UL << 9) + 1 + 1);
}

/* No room to copy it, so what is in the way has to go. */
static void test_initrd_too_large(struct kunit *test)
{
	struct fixture *f = setup_hole(test, MIB(512));

	put(&f->in, XEN_LAYOUT_INITRD, MIB(40), MIB(800));
	plan_refused(test, f, XEN_LAYOUT_E_GAP,
		     "initrd at [mem 0x0000000020000000-0x00000000200fffff]",
		     "initrd smaller");
	add(f, MIB(512), MIB(513), RESERVED);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 1U);
	KUNIT_EXPECT_FALSE(test, f->plan.relocation[XEN_LAYOUT_INITRD].needed);

	/* Not so beyond mem=: RAM it will not be. */
	f->in.mem_limit = MIB(600);
	plan_refused(test, f, XEN_LAYOUT_E_NO_AREA,
		     "initrd at [mem 0x0000000002800000-0x00000000347fffff]",
		     "mem=");
	f->in.mem_limit = GIB(1);
	f->reserved[0].addr = MIB(850);
	f->reserved[0].size = ~0ULL;
	f->in.nr_reserved = 1;
	plan_ok(test, f);
}

static void test_areas_outside(struct kunit *test)
{
	struct fixture *f = setup_hole(test, MIB(512));
	unsigned int i;

	for (i = 0; i < XEN_LAYOUT_AREAS; i++) {
		put(&f->in, i, GIB(1) - 0x1000, 0x1000);
		plan_ok(test, f);
		put(&f->in, i, GIB(1) - 0x1000, 0x1001);
		plan_refused(test, f, XEN_LAYOUT_E_OUTSIDE,
			     xen_layout_area_name(i), "boot log");
		put(&f->in, i, GIB(1) + 1, 1);
		plan_refused(test, f, XEN_LAYOUT_E_OUTSIDE,
			     "[mem 0x0000000040000001-0x0000000040000001]",
			     "boot log");
		put(&f->in, i, MIB(2), ~0ULL - 3);
		plan_refused(test, f, XEN_LAYOUT_E_OUTSIDE,
			     xen_layout_area_name(i), "boot log");
		put(&f->in, i, 0, 0);
	}
}

static struct kunit_case area_cases[] = {
	KUNIT_CASE(test_initrd_in_hole),
	KUNIT_CASE(test_relocated_apart),
	KUNIT_CASE(test_p2m_pages),
	KUNIT_CASE(test_initrd_too_large),
	KUNIT_CASE(test_areas_outside),
	{ }
};

static struct kunit_suite area_suite = {
	.name = "xen-p2m-layout-area",
	.exit = teardown,
	.test_cases = area_cases,
};

/* --- how much, and up to where ------------------------------------------------------- */

/*
 * Stock dies in xen_del_extra_mem(): a part of a page at the end of the pages
 * is counted as one, so the extra memory is a page short.
 */
static void test_partial_pages_at_end(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	f->in.nr_e820 = 0;
	add(f, 0, KIB(639), RAM);
	add(f, MIB(1), GIB(1) + 1, RAM);
	add(f, GIB(1) + 1, GIB(1) + 0x1050, ACPI);
	add(f, GIB(1) + 0x1050, GIB(3), RAM);
	add(f, GIB(4), GIB(5), RAM);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 97UL);
	KUNIT_EXPECT_EQ(test, f->plan.nr_moves, 1U);
	KUNIT_EXPECT_EQ(test, f->plan.moves[0].to, PAGES(GIB(1)) + 2);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(1)) + 2 + 97);
}

/*
 * Stock makes all behind the map identity, and the page that the map ends in with
 * it, before it releases pages: that one is lost.
 */
static void test_map_ends_inside_a_page(struct kunit *test)
{
	struct fixture *f = setup(test);

	f->in.domain = XEN_LAYOUT_DOMU;
	add(f, 0, MIB(512), RAM);
	add(f, MIB(768), MIB(769) + 0x3fa, NVS);
	f->in.nr_pages = PAGES(MIB(769)) + 1;
	plan_ok(test, f);
	KUNIT_ASSERT_EQ(test, f->plan.nr_releases, 1U);
	KUNIT_EXPECT_EQ(test, f->plan.releases[0].start, PAGES(MIB(512)));
	KUNIT_EXPECT_EQ(test, f->plan.releases[0].end, f->in.nr_pages);
	KUNIT_EXPECT_EQ(test, f->plan.pages_kept + f->plan.pages_released,
			f->in.nr_pages);
}

/*
 * Stock takes RAM without a whole page for the end of all RAM, and releases
 * what it was to find a place for.
 */
static void test_ram_without_a_page(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(640), RAM);
	add(f, MIB(1), GIB(1), RAM);
	add(f, GIB(2) + 0x547, GIB(2) + 0x1547, RAM);
	add(f, GIB(4), GIB(5), RAM);
	f->in.nr_pages = PAGES(GIB(1)) + 1000;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_released, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 1096UL);
	KUNIT_EXPECT_EQ(test, f->plan.moves[0].to, PAGES(GIB(4)));
}

/* Stock dies: it moves pages to where mem= has cut RAM off. */
static void test_mem_2g(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	f->in.nr_pages = PAGES(GIB(4));
	f->in.mem_limit = GIB(2);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_kept, PAGES(GIB(2)) - 97);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_released, PAGES(GIB(2)) + 97);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(2)));
	expect_warning(test, f, XEN_LAYOUT_W_CUT, PAGES(GIB(2)),
		       "[mem 0x0000000080000000-0x00000000bfffffff]");
	expect_warning(test, f, XEN_LAYOUT_W_RELEASED, PAGES(GIB(2)) + 97,
		       "released to Xen, from [mem 0x000000000009f000-");

	/* Room below the limit is used, and a region may lie beyond it. */
	f->in.nr_pages = PAGES(GIB(1));
	f->in.max_reservation = PAGES(GIB(4));
	add(f, 0x1900000, 0x1901000, NVS);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 97UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, PAGES(GIB(1)) - 97);
	KUNIT_EXPECT_EQ(test, f->plan.nonram[0].to, GIB(3) - 0x1000);
	KUNIT_EXPECT_EQ(test, f->plan.p2m_end, PAGES(GIB(3)));
}

/* Memory Xen needs stays where it is; the rest can be copied below the limit. */
static void test_mem_cuts_areas(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	f->in.nr_pages = PAGES(GIB(3));
	put(&f->in, XEN_LAYOUT_INITRD, GIB(2) + 0x1000, MIB(2));
	put(&f->in, XEN_LAYOUT_P2M_LIST, GIB(2) - 0x1000, MIB(6));
	f->in.mem_limit = GIB(2) + 0x123;
	plan_ok(test, f);
	KUNIT_EXPECT_TRUE(test, f->plan.relocation[XEN_LAYOUT_INITRD].needed);
	KUNIT_EXPECT_TRUE(test,
			  f->plan.relocation[XEN_LAYOUT_P2M_LIST].needed);
	f->in.mem_limit = MIB(20);
	plan_refused(test, f, XEN_LAYOUT_E_CUT,
		     "kernel at [mem 0x0000000001000000-0x0000000003800122]",
		     "mem=");
}

static const struct mem_line {
	const char *line;
	u64 limit;
} mem_lines[] = {
	{ "", 0 },
	{ "root=/dev/xvda ro quiet", 0 },
	{ "mem=2G", GIB(2) },
	{ "ro mem=2048M quiet", GIB(2) },
	{ "mem=2097152k", GIB(2) },
	{ "mem=0x80000000", GIB(2) },
	{ "mem=2GB", GIB(2) },
	{ "mem=2G\n", GIB(2) },
	{ "ro\tmem=2G", GIB(2) },
	{ "  mem=2G  ", GIB(2) },
	{ "mem=\"2G\"", GIB(2) },
	{ "\"mem=2G\" ro", GIB(2) },
	/* The lowest counts. */
	{ "mem=2G mem=1G mem=3G", GIB(1) },
	{ "mem=3G memmap=2G", GIB(2) },
	{ "memmap=2G mem=1G", GIB(1) },
	{ "memmap=3G,2G,4G", GIB(2) },
	{ "memmap=64M$3G,2G", GIB(2) },
	{ "memmap=2G,64M$3G mem=4G", GIB(2) },
	{ "memmap=\"3G,2G\"", GIB(2) },
	/* What is not the end of RAM */
	{ "mem=nopentium", 0 },
	{ "mem=nopentium mem=2G", GIB(2) },
	{ "mem=", 0 },
	{ "mem=0", 0 },
	{ "mem", 0 },
	{ "memmap=exactmap", 0 },
	{ "memmap=1G@16M,1G#2G,1G$3G,1G!4G,1G%5G-1+2", 0 },
	{ "memx=2G xmem=2G x.mem=2G dom0_mem=2G", 0 },
	{ "x=mem=2G", 0 },
	{ "MEM=2G", 0 },
	{ "x=\"y mem=2G\" mem=3G", GIB(3) },
	{ "x=\"y mem=2G", 0 },
	{ "mem=3G -- mem=2G", GIB(3) },
	{ "--x mem=2G", GIB(2) },
	{ "x=1 mem=2G,1G", GIB(2) },
	/* mem= ignores what follows the size. */
	{ "mem=2G@1M", GIB(2) },
	{ "mem=2G$1M mem=3G", GIB(2) },
	{ "mem=2G#", GIB(2) },
	/* Quotes inside of a list are no part of a number, nor are signs and spaces. */
	{ "memmap=2G,\"1G\"", GIB(2) },
	{ "mem=\"\"2G", 0 },
	{ "mem=\" 2G\" mem=+2G mem=-2G", 0 },
	{ "mem=3G \"--\" mem=2G", GIB(3) },
	{ "mem=3G \"-- \" mem=2G", GIB(2) },
};

static void test_mem_limit(struct kunit *test)
{
	const struct mem_line *c;

	for (c = mem_lines; c < mem_lines + ARRAY_SIZE(mem_lines); c++)
		KUNIT_EXPECT_EQ_MSG(test, xen_layout_mem_limit(c->line), c->limit,
				    "%s", c->line);
}

/* Extra memory goes up to the reservation, also for what was moved, no more. */
static void test_extra(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 97UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_unused, PAGES(GIB(3)) - 97 - 97 -
			f->in.nr_pages + PAGES(GIB(1)) + 97);

	f->in.max_reservation += 1000;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_extra, 1U);
	KUNIT_EXPECT_EQ(test, f->plan.extra[0].start, PAGES(GIB(1)) + 97);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 1000UL);
	KUNIT_EXPECT_EQ(test, f->plan.p2m_end, PAGES(GIB(1)) + 97 + 1000);

	/* All there is, in two regions */
	f->in.max_reservation = PAGES(GIB(64));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_extra, 2U);
	KUNIT_EXPECT_EQ(test, f->plan.pages_unused, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(5)));

	/* Less than it has: no extra memory, but moved pages have their place. */
	f->in.max_reservation = 1000;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 97UL);
}

static void test_extra_ratio(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	f->in.max_reservation = 0;
	f->in.extra_ratio = 2;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 2 * PAGES(GIB(1)) - 97);
	expect_warning(test, f, XEN_LAYOUT_W_RATIO, PAGES(GIB(1)),
		       "too many for the domain's initial pages");
	f->in.extra_ratio = 3;
	plan_ok(test, f);
	expect_warning(test, f, XEN_LAYOUT_W_RATIO, 0, "");
	f->in.extra_ratio = 0;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);
	/* It does not wrap. */
	f->in.extra_ratio = 1UL << 46;
	KUNIT_EXPECT_EQ(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_EXPECT_EQ(test, f->plan.pages_unused, 0UL);
}

/* In a domU its own map says how far it may grow. */
static void test_domu(struct kunit *test)
{
	struct fixture *f = setup(test);

	f->in.domain = XEN_LAYOUT_DOMU;
	f->in.max_reservation = 1;
	add(f, 0, GIB(2), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_kept, PAGES(GIB(1)));
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, PAGES(GIB(1)));
	KUNIT_EXPECT_FALSE(test, f->plan.pci_possible);
	/* The ISA range is not to be used, but keeps its pages. */
	KUNIT_EXPECT_EQ(test, f->plan.e820.nr, 3U);
	KUNIT_EXPECT_EQ(test, f->plan.e820.region[1].type, RESERVED);
	KUNIT_EXPECT_EQ(test, f->plan.e820.region[1].start, KIB(640));
	KUNIT_EXPECT_EQ(test, f->plan.e820.region[1].end, MIB(1));
	KUNIT_EXPECT_EQ(test, f->plan.nr_identity, 1U);
	KUNIT_EXPECT_EQ(test, f->plan.identity[0].start, PAGES(GIB(2)));
}

static void test_domu_without_map(struct kunit *test)
{
	struct fixture *f = setup(test);

	f->in.domain = XEN_LAYOUT_DOMU;
	f->in.nr_pages = PAGES(MIB(512));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, PAGES(MIB(8)));
	f->in.domain = XEN_LAYOUT_DOM0;
	plan_refused(test, f, XEN_LAYOUT_E_EMPTY, "no E820 map", "xl dmesg");
}

static void test_512gb_limit(struct kunit *test)
{
	struct fixture *f = setup(test);

	f->in.domain = XEN_LAYOUT_DOMU;
	f->in.limit_512gb = true;
	add(f, 0, GIB(2), RAM);
	add(f, GIB(4), GIB(1024), RAM);
	f->in.nr_pages = PAGES(GIB(510));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(512)));
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, PAGES(GIB(2)));
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 0UL);

	/* Nothing is lost: what cannot be used goes back. */
	f->in.nr_pages = PAGES(GIB(513));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_released, PAGES(GIB(3)));
	expect_warning(test, f, XEN_LAYOUT_W_PAGES, PAGES(GIB(1)),
		       "beyond the limit: not used, from [mem 0x0000008000000000");
	expect_warning(test, f, XEN_LAYOUT_W_CUT, PAGES(GIB(512)), "limit");

	/* It is not for dom0. */
	f->in.domain = XEN_LAYOUT_DOM0;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_released, 0UL);
}

static void test_pages_out_of_range(struct kunit *test)
{
	static const unsigned long bad[] = { 0, 256, (1UL << 40) + 1, ~0UL };
	struct fixture *f = setup_4g(test);
	unsigned int i;

	memset(f->in.area, 0, sizeof(f->in.area));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		f->in.nr_pages = bad[i];
		plan_refused(test, f, XEN_LAYOUT_E_PAGES, "pages", "dom0_mem=");
	}
	f->in.nr_pages = 257;
	plan_ok(test, f);
	f->in.nr_pages = 1UL << 40;
	f->in.max_pfns = ~0UL;
	plan_ok(test, f);
	f->in.max_pfns = 256;
	plan_refused(test, f, XEN_LAYOUT_E_PAGES, "256", "dom0_mem=");
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(test_partial_pages_at_end),
	KUNIT_CASE(test_map_ends_inside_a_page),
	KUNIT_CASE(test_ram_without_a_page),
	KUNIT_CASE(test_mem_2g),
	KUNIT_CASE(test_mem_cuts_areas),
	KUNIT_CASE(test_mem_limit),
	KUNIT_CASE(test_extra),
	KUNIT_CASE(test_extra_ratio),
	KUNIT_CASE(test_domu),
	KUNIT_CASE(test_domu_without_map),
	KUNIT_CASE(test_512gb_limit),
	KUNIT_CASE(test_pages_out_of_range),
	{ }
};

static struct kunit_suite limit_suite = {
	.name = "xen-p2m-layout-limit",
	.exit = teardown,
	.test_cases = limit_cases,
};

/* --- what may be in a map ------------------------------------------------------------ */

static void test_overlaps(struct kunit *test)
{
	struct fixture *f = setup(test);
	const struct xen_layout_region *r = f->plan.e820.region;

	/* Unsorted, nested, overlapping on both sides, twice the same */
	add(f, GIB(2), GIB(3), RAM);
	add(f, MIB(512), MIB(514), NVS);
	add(f, 0, GIB(2), RAM);
	add(f, MIB(511), MIB(513), RESERVED);
	add(f, MIB(512) + KIB(4), MIB(512) + KIB(8), RAM);
	add(f, MIB(511), MIB(513), RESERVED);
	add(f, GIB(2) - KIB(4), GIB(2) + KIB(4), ACPI);
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	/* RAM, ISA, RAM, reserved, NVS, RAM, ACPI, RAM */
	KUNIT_EXPECT_EQ(test, f->plan.e820.nr, 8U);
	KUNIT_EXPECT_EQ(test, r[3].start, MIB(511));
	KUNIT_EXPECT_EQ(test, r[3].end, MIB(512));
	KUNIT_EXPECT_EQ(test, r[4].end, MIB(514));
	KUNIT_EXPECT_EQ(test, r[4].type, NVS);
	KUNIT_EXPECT_EQ(test, r[6].start, GIB(2) - KIB(4));
	KUNIT_EXPECT_EQ(test, r[6].end, GIB(2) + KIB(4));
}

static void test_wrap_around(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, GIB(2), RAM);
	/* Empty ones say nothing, whatever they say. */
	add(f, MIB(100), MIB(100), RESERVED);
	add(f, ~0ULL, ~0ULL, NVS);
	f->e820[f->in.nr_e820].addr = ~0ULL - 0x1fff;
	f->e820[f->in.nr_e820].size = ~0ULL;
	f->e820[f->in.nr_e820++].type = RAM;
	f->e820[f->in.nr_e820].addr = ~0ULL - 0x2fff;
	f->e820[f->in.nr_e820].size = 0x3000;
	f->e820[f->in.nr_e820++].type = RESERVED;
	f->e820[f->in.nr_e820].addr = ~0ULL;
	f->e820[f->in.nr_e820].size = 5;
	f->e820[f->in.nr_e820++].type = RESERVED;
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(2)));
	KUNIT_EXPECT_EQ(test, f->plan.pages_unused, 0UL);
	expect_warning(test, f, XEN_LAYOUT_W_WRAP, 3, "beyond the address space");
	KUNIT_EXPECT_EQ(test, f->plan.e820.nr, 4U);
}

static void test_type_0(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, GIB(2), RAM);
	add(f, MIB(100), MIB(101), 0);
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, 256UL);
	expect_warning(test, f, XEN_LAYOUT_W_TYPE, 1, "type 0");
	/* Of ranges that start at the same place the longest is named. */
	add(f, MIB(100), MIB(102), 0);
	add(f, MIB(100), MIB(101), 0);
	plan_ok(test, f);
	expect_warning(test, f, XEN_LAYOUT_W_TYPE, 3,
		       "[mem 0x0000000006400000-0x00000000065fffff]");
}

/* UNUSABLE is RAM in dom0, but not where something else is. */
static void test_unusable(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, GIB(1), RAM);
	add(f, GIB(1), GIB(1) + MIB(2), UNUSABLE);
	add(f, GIB(1) + MIB(1), GIB(1) + MIB(3), RESERVED);
	add(f, GIB(1) + MIB(3), GIB(3), RAM);
	f->in.nr_pages = PAGES(GIB(2));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, PAGES(MIB(2)));
	f->in.domain = XEN_LAYOUT_DOMU;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_moved, PAGES(MIB(3)));
}

/* Persistent and special purpose memory: each entry is a device of its own. */
static void test_no_merge(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, GIB(2), RAM);
	add(f, GIB(4), GIB(5), 12);
	add(f, GIB(5), GIB(6), 12);
	add(f, GIB(6), GIB(7), 0xefffffff);
	add(f, GIB(7), GIB(8), 0xefffffff);
	add(f, GIB(8), GIB(9), 7);
	add(f, GIB(9), GIB(10), 7);
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.e820.nr, 3U + 4 + 1);
}

/* A full table, all entries apart, and one more for iSCSI */
static void test_full_map(struct kunit *test)
{
	struct fixture *f = setup(test);
	char text[XEN_LAYOUT_TEXT];
	unsigned int i;
	bool ok;

	for (i = 0; i < XEN_LAYOUT_MAX_E820; i++)
		add(f, MIB(2) * i, MIB(2) * i + MIB(1) + 5,
		    i % 8 ? RAM : RESERVED);
	f->in.nr_pages = PAGES(MIB(64));
	f->in.max_reservation = PAGES(MIB(164));
	f->in.ibft = true;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, PAGES(MIB(100)));

	f->in.nr_e820++;
	plan_refused(test, f, XEN_LAYOUT_E_INPUT, "1025 E820 entries", "xl dmesg");
	ok = xen_layout_describe_error(&f->in, &f->plan, 1025, text,
				       sizeof(text));
	KUNIT_EXPECT_TRUE(test, ok);
	ok = xen_layout_describe_error(&f->in, &f->plan, 1026, text,
				       sizeof(text));
	KUNIT_EXPECT_FALSE(test, ok);
	f->in.nr_e820 = 1;
	f->in.nr_reserved = 1025;
	KUNIT_EXPECT_NE(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_EXPECT_EQ(test, f->plan.error.code, XEN_LAYOUT_E_INPUT);
}

static void test_whole_map_is_printed(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	char text[XEN_LAYOUT_TEXT];
	unsigned int line;
	bool ok;

	plan_ok(test, f);
	ok = xen_layout_describe_error(&f->in, &f->plan, 0, text, sizeof(text));
	KUNIT_EXPECT_FALSE(test, ok);
	ok = xen_layout_describe_warning(&f->plan, XEN_LAYOUT_WARNINGS, text,
					 sizeof(text));
	KUNIT_EXPECT_FALSE(test, ok);
	f->in.nr_pages = 0;
	KUNIT_EXPECT_NE(test, xen_layout_plan(&f->in, &f->plan), 0);
	for (line = 0; xen_layout_describe_error(&f->in, &f->plan, line, text,
						 sizeof(text)); line++) {
		KUNIT_EXPECT_GT(test, strlen(text), 8UL);
		KUNIT_EXPECT_LT(test, strlen(text), sizeof(text) - 1);
		if (line >= 2)
			KUNIT_EXPECT_TRUE(test, !!strstr(text, "type "));
	}
	KUNIT_EXPECT_EQ(test, line, 2 + f->in.nr_e820);
}

/* Each type by its name */
static void test_type_names(struct kunit *test)
{
	static const struct {
		u32 type;
		const char *name;
	} types[] = {
		{ 1, ": RAM (" }, { 2, "reserved" }, { 3, "ACPI data" },
		{ 4, "ACPI NVS" }, { 5, "unusable" }, { 7, "persistent" },
		{ 12, "persistent" }, { 0xefffffff, "soft reserved" },
		{ 20, "unknown type (type 20)" },
	};
	struct fixture *f = setup(test);
	char text[XEN_LAYOUT_TEXT];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		add(f, GIB(i), GIB(i + 1), types[i].type);
	KUNIT_EXPECT_NE(test, xen_layout_plan(&f->in, &f->plan), 0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		xen_layout_describe_error(&f->in, &f->plan, 2 + i, text,
					  sizeof(text));
		KUNIT_EXPECT_TRUE(test, !!strstr(text, types[i].name));
	}
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(test_overlaps),
	KUNIT_CASE(test_wrap_around),
	KUNIT_CASE(test_type_0),
	KUNIT_CASE(test_unusable),
	KUNIT_CASE(test_no_merge),
	KUNIT_CASE(test_full_map),
	KUNIT_CASE(test_whole_map_is_printed),
	KUNIT_CASE(test_type_names),
	{ }
};

static struct kunit_suite map_suite = {
	.name = "xen-p2m-layout-map",
	.exit = teardown,
	.test_cases = map_cases,
};

/* --- where moved regions are found -------------------------------------------------------- */

/* Two that went as one block, one that starts inside of a page, two apart */
static const struct xen_layout_nonram nonram_regions[] = {
	{ .start = 0x1900000, .end = 0x1901400, .to = 0x7f000000, .type = ACPI },
	{ .start = 0x1901400, .end = 0x1903000, .to = 0x7f001400, .type = NVS },
	{ .start = 0x1a00800, .end = 0x1a01800, .to = 0x7e000800, .type = NVS },
	{ .start = 0x2000000, .end = 0x2001000, .to = 0x7d002000, .type = NVS },
	{ .start = 0x2001000, .end = 0x2002000, .to = 0x7d000000, .type = NVS },
};

struct found {
	const char *name;
	u64 addr;
	u64 size;
	u64 to;			/* 0: refused */
};

static const struct found found_table[] = {
	{ "below all", 0x1000, 0x1000, 0x1000 },
	{ "between", 0x1903000, 0x1000, 0x1903000 },
	{ "above all", GIB(8), GIB(8), GIB(8) },
	{ "end of the address space", ~0ULL, 1, ~0ULL },
	{ "beyond it", ~0ULL, ~0ULL, ~0ULL },
	{ "first byte", 0x1900000, 1, 0x7f000000 },
	{ "table at an offset", 0x1900123, 0x24, 0x7f000123 },
	{ "last byte", 0x1902fff, 1, 0x7f002fff },
	{ "all of a block", 0x1900000, 0x3000, 0x7f000000 },
	{ "across two regions of a block", 0x1901300, 0x200, 0x7f001300 },
	{ "second region of a block", 0x1902010, 0x24, 0x7f002010 },
	{ "page that a region starts in", 0x1a00000, 0x1000, 0x7e000000 },
	{ "page that a region ends in", 0x1a01fff, 1, 0x7e001fff },
	{ "begins before a region", 0x18ff000, 0x2000, 0 },
	{ "begins in the page before", 0x18fffff, 2, 0 },
	{ "ends behind a region", 0x1902fff, 2, 0 },
	{ "around a region", 0x1a00000, 0x3000, 0 },
	{ "two regions apart", 0x2000fff, 2, 0 },
	{ "from one region to another", 0x1900000, 0x102000, 0 },
	{ "from a region to the end of all", 0x2001000, ~0ULL, 0 },
	{ "all there is", 0, ~0ULL, 0 },
};

static void found_desc(const struct found *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(found, found_table, found_desc);

/* The same in any order of the regions */
static void test_nonram_find(struct kunit *test)
{
	struct xen_layout_nonram turned[ARRAY_SIZE(nonram_regions)];
	const struct found *c = test->param_value;
	unsigned int i, k, nr = ARRAY_SIZE(nonram_regions);
	u64 addr;
	bool ok;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < nr; k++)
			turned[k] = nonram_regions[(i + k) % nr];
		addr = c->addr;
		ok = xen_nonram_find(turned, nr, &addr, c->size);
		KUNIT_EXPECT_EQ(test, ok, !!c->to);
		KUNIT_EXPECT_EQ(test, addr, ok ? c->to : c->addr);
	}
	addr = c->addr;
	KUNIT_EXPECT_TRUE(test, xen_nonram_find(turned, 0, &addr, c->size));
	KUNIT_EXPECT_EQ(test, addr, c->addr);
}

/* What the planner moves is found, page by page, and its neighbours are not. */
static void test_nonram_of_plan(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	const struct xen_layout_nonram *r;
	u64 addr;

	add(f, 0x1900800, 0x1901400, ACPI);
	add(f, 0x1901400, 0x1904001, RESERVED);
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(32));
	plan_ok(test, f);
	KUNIT_ASSERT_EQ(test, f->plan.nr_nonram, 2U);
	r = f->plan.nonram;
	addr = 0x1900800;
	KUNIT_EXPECT_TRUE(test, xen_nonram_find(r, 2, &addr, 0x3801));
	KUNIT_EXPECT_EQ(test, addr, r->to);
	addr = 0x1900000;
	KUNIT_EXPECT_FALSE(test, xen_nonram_find(r, 2, &addr, 0x5001));
}

static struct kunit_case found_cases[] = {
	KUNIT_CASE_PARAM(test_nonram_find, found_gen_params),
	KUNIT_CASE(test_nonram_of_plan),
	{ }
};

static struct kunit_suite found_suite = {
	.name = "xen-p2m-layout-found",
	.exit = teardown,
	.test_cases = found_cases,
};

/* --- tables that get full -------------------------------------------------------------- */

static void refused_full(struct kunit *test, struct fixture *f,
			 enum xen_layout_table table, const char *words)
{
	char text[XEN_LAYOUT_TEXT];
	bool ok;

	KUNIT_EXPECT_EQ(test, xen_layout_plan(&f->in, &f->plan), -ENOSPC);
	KUNIT_EXPECT_EQ(test, f->plan.error.code, XEN_LAYOUT_E_FULL);
	KUNIT_EXPECT_EQ(test, f->plan.error.table, table);
	xen_layout_describe_error(&f->in, &f->plan, 0, text, sizeof(text));
	ok = strstr(text, words);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "no \"%s\": %s", words, text);
}

/* @nr pieces of RAM of 1 MiB with 1 MiB between them, from 2 MiB on */
static void add_pieces(struct fixture *f, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i <= nr; i++)
		add(f, MIB(2) * i, MIB(2) * i + MIB(1), RAM);
}

static void test_full_moves(struct kunit *test)
{
	struct fixture *f = setup(test);

	add_pieces(f, XEN_LAYOUT_MAX_MOVES);
	add(f, GIB(4), GIB(8), RAM);
	f->in.nr_pages = PAGES(MIB(2)) * (XEN_LAYOUT_MAX_MOVES + 1) -
			 PAGES(MIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_moves, XEN_LAYOUT_MAX_MOVES);
	f->in.nr_pages += PAGES(MIB(1)) + 1;
	refused_full(test, f, XEN_LAYOUT_T_MOVES,
		     "moves of pages: no room for [mem 0x0000000060100000-");
}

static void test_full_releases(struct kunit *test)
{
	struct fixture *f = setup(test);

	add_pieces(f, XEN_LAYOUT_MAX_RELEASES + 1);
	f->in.nr_pages = PAGES(MIB(2)) * (XEN_LAYOUT_MAX_RELEASES + 1) -
			 PAGES(MIB(1));
	f->in.mem_limit = MIB(2) * (XEN_LAYOUT_MAX_RELEASES + 1);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_releases, XEN_LAYOUT_MAX_RELEASES);
	f->in.nr_pages += PAGES(MIB(1)) + 1;
	refused_full(test, f, XEN_LAYOUT_T_RELEASES,
		     "released ranges: no room for [mem 0x0000000060100000-");
}

static void test_full_nonram(struct kunit *test)
{
	struct fixture *f = setup(test);
	unsigned int i;

	add(f, 0, GIB(4), RAM);
	for (i = 0; i <= XEN_LAYOUT_MAX_NONRAM; i++)
		add(f, MIB(16) + KIB(64) * i, MIB(16) + KIB(64) * i + 9, NVS);
	f->in.nr_pages = PAGES(GIB(1));
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), KIB(64) * XEN_LAYOUT_MAX_NONRAM);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, XEN_LAYOUT_MAX_NONRAM);
	f->in.area[XEN_LAYOUT_KERNEL].size++;
	refused_full(test, f, XEN_LAYOUT_T_NONRAM,
		     "regions to move: no room for [mem 0x0000000001800000-");
}

/* More extra memory than there is room for is no reason to die. */
static void test_full_extra(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(2), RAM);
	add_pieces(f, XEN_LAYOUT_MAX_EXTRA + 2);
	f->in.nr_pages = PAGES(MIB(2));
	f->in.extra_ratio = 1000;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_extra, XEN_LAYOUT_MAX_EXTRA);
	/* The first piece touches the domain's pages. */
	expect_warning(test, f, XEN_LAYOUT_W_EXTRA,
		       PAGES(MIB(2)), "too many regions");
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn,
			PAGES(MIB(2)) * XEN_LAYOUT_MAX_EXTRA + PAGES(MIB(1)));
}

static void test_full_e820(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	unsigned int i;

	/* RAM, ISA, RAM up to what dom0 uses, reserved */
	f->in.max_entries = 4;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.e820.nr, 4U);
	f->in.max_entries = 3;
	refused_full(test, f, XEN_LAYOUT_T_E820,
		     "E820 entries: no room for [mem 0x00000000fec00000-");

	/* One large entry, cut to pieces by small ones of higher types */
	memset(f->in.area, 0, sizeof(f->in.area));
	f->in.nr_e820 = 0;
	f->in.max_entries = 0;
	add(f, 0, GIB(4), RAM);
	for (i = 1; i < XEN_LAYOUT_MAX_E820; i++)
		add(f, MIB(2) * i, MIB(2) * i + MIB(1), 2 + i % 3);
	refused_full(test, f, XEN_LAYOUT_T_E820, "E820 entries");

	/* The same for a domain that needs next to nothing of it */
	f->in.nr_pages = PAGES(MIB(2));
	f->in.max_reservation = PAGES(MIB(2));
	refused_full(test, f, XEN_LAYOUT_T_E820, "E820 entries");
}

static struct kunit_case full_cases[] = {
	KUNIT_CASE(test_full_moves),
	KUNIT_CASE(test_full_releases),
	KUNIT_CASE(test_full_nonram),
	KUNIT_CASE(test_full_extra),
	KUNIT_CASE(test_full_e820),
	{ }
};

static struct kunit_suite full_suite = {
	.name = "xen-p2m-layout-full",
	.exit = teardown,
	.test_cases = full_cases,
};

/* --- the last byte, page and entry that are right ---------------------------------------- */

static void expect_error_at(struct kunit *test, struct fixture *f,
			    enum xen_layout_code code, u64 start, u64 end)
{
	KUNIT_EXPECT_NE(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_EXPECT_EQ(test, f->plan.error.code, code);
	KUNIT_EXPECT_EQ(test, f->plan.error.start, start);
	KUNIT_EXPECT_EQ(test, f->plan.error.end, end);
}

static void test_refusals_say_where(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	unsigned int nr = f->in.nr_e820;

	f->in.nr_e820 = XEN_LAYOUT_MAX_E820 + 1;
	expect_error_at(test, f, XEN_LAYOUT_E_INPUT, 0, 0);
	f->in.nr_e820 = 0;
	expect_error_at(test, f, XEN_LAYOUT_E_EMPTY, 0, 0);
	f->in.nr_e820 = nr;
	f->in.nr_pages = ~0UL;
	expect_error_at(test, f, XEN_LAYOUT_E_PAGES, 0,
			(XEN_LAYOUT_PFNS_END - 1) << XEN_LAYOUT_PAGE_SHIFT);
	f->in.nr_pages = PAGES(GIB(1));
	put(&f->in, XEN_LAYOUT_KERNEL, GIB(64), ~(u64)0);
	expect_error_at(test, f, XEN_LAYOUT_E_OUTSIDE, GIB(64), ~(u64)0);
}

/* A gap ends where the first region of the map begins, too. */
static void test_gap_before_map(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, KIB(512), MIB(1), RESERVED);
	add(f, MIB(1), MIB(64), RAM);
	f->in.nr_pages = PAGES(MIB(64));
	put(&f->in, XEN_LAYOUT_KERNEL, KIB(4), MIB(2));
	expect_error_at(test, f, XEN_LAYOUT_E_GAP, KIB(4), KIB(512));
}

static void test_entry_up_to_end(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, GIB(64), ~(u64)0 - 4095, RESERVED);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.warning[XEN_LAYOUT_W_WRAP].count, 0UL);
}

/* An area that is not there may be anywhere; one may end where mem= cuts. */
static void test_areas(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	memset(f->in.area, 0, sizeof(f->in.area));
	put(&f->in, XEN_LAYOUT_INITRD, GIB(64), 0);
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(16));
	f->in.mem_limit = MIB(32);
	plan_ok(test, f);
	f->in.mem_limit = MIB(32) - KIB(4);
	expect_error_at(test, f, XEN_LAYOUT_E_CUT, MIB(16), MIB(32));
	f->in.mem_limit = 0;
	f->in.nr_reserved = XEN_LAYOUT_MAX_RESERVED;
	memset(f->reserved, 0, sizeof(f->reserved));
	plan_ok(test, f);
}

/* A list in a hole, and all RAM but that below 1 MiB is the kernel's */
static struct fixture *setup_no_room(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(64), RAM);
	add(f, KIB(896), KIB(960), RESERVED);
	f->in.nr_pages = 512;
	put(&f->in, XEN_LAYOUT_P2M_LIST, KIB(896), KIB(4));

	return f;
}

/* There is room, but no pages were handed over for it. */
static void test_no_pages_for_list(struct kunit *test)
{
	struct fixture *f = setup_no_room(test);

	put(&f->in, XEN_LAYOUT_KERNEL, MIB(1), MIB(1) - KIB(8));
	plan_ok(test, f);
	KUNIT_EXPECT_FALSE(test, f->plan.relocation[XEN_LAYOUT_P2M_LIST].needed);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 1U);
}

/* The hole is the last of what mem= leaves: it is cleared. */
static void test_list_at_mem_limit(struct kunit *test)
{
	struct fixture *f = setup_no_room(test);

	f->in.mem_limit = KIB(900);
	plan_ok(test, f);
	KUNIT_EXPECT_FALSE(test, f->plan.relocation[XEN_LAYOUT_P2M_LIST].needed);
	f->in.area[XEN_LAYOUT_P2M_LIST].size = KIB(8);
	expect_error_at(test, f, XEN_LAYOUT_E_NO_AREA, KIB(896), KIB(904));
}

/* As much as the ratio allows is all that the domain may have. */
static void test_ratio_is_reservation(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, GIB(1), RAM);
	f->in.nr_pages = PAGES(MIB(64));
	f->in.extra_ratio = 3;
	f->in.max_reservation = PAGES(MIB(256));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.warning[XEN_LAYOUT_W_RATIO].count, 0UL);
	f->in.max_reservation++;
	plan_ok(test, f);
	KUNIT_EXPECT_GT(test, f->plan.warning[XEN_LAYOUT_W_RATIO].count, 0UL);
}

/*
 * The area lies on the second of two regions that share a page, with some bytes of
 * RAM between them, and the first one is where the map begins: both move.
 */
static void test_block_from_map_start(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, 0x11300, RESERVED);
	add(f, 0x11300, 0x11500, RAM);
	add(f, 0x11500, 0x14000, NVS);
	add(f, 0x14000, MIB(64), RAM);
	f->in.nr_pages = PAGES(MIB(32));
	put(&f->in, XEN_LAYOUT_KERNEL, 0x12000, KIB(4));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 2U);
	KUNIT_EXPECT_EQ(test, f->plan.nonram[0].start, 0ULL);
}

/* RAM up to @ram, and non-RAM of other types without end: as many regions as fit */
static void fill_map(struct fixture *f, u64 ram, unsigned int nr)
{
	unsigned int i;

	add(f, GIB(1), GIB(8), RESERVED);
	for (i = 1; i < nr / 2; i++)
		add(f, GIB(1) + MIB(2) * i, GIB(1) + MIB(2) * i + MIB(1),
		    NVS);
	add(f, GIB(16), GIB(17), NVS);
	f->in.nr_pages = PAGES(ram / 2);
	f->in.max_reservation = f->in.nr_pages;
}

/* The map fits, but not with the ISA range cut out of it. */
static void test_no_room_for_isa(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(64), RAM);
	fill_map(f, MIB(64), XEN_LAYOUT_MAX_MAP - 1);
	refused_full(test, f, XEN_LAYOUT_T_E820, "E820 entries");
}

/* The map fits, but not with the page that is filled up in it. */
static void test_no_room_for_sliver(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(16) + 8, RAM);
	add(f, MIB(16) + KIB(4), MIB(64), RAM);
	fill_map(f, MIB(64), XEN_LAYOUT_MAX_MAP - 2);
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), MIB(1));
	refused_full(test, f, XEN_LAYOUT_T_E820, "E820 entries");
	KUNIT_EXPECT_EQ(test, f->plan.warning[XEN_LAYOUT_W_SLIVER].start,
			MIB(16));
	KUNIT_EXPECT_EQ(test, f->plan.warning[XEN_LAYOUT_W_SLIVER].end,
			MIB(16) + KIB(4));
}

static struct kunit_case edge_cases[] = {
	KUNIT_CASE(test_refusals_say_where),
	KUNIT_CASE(test_gap_before_map),
	KUNIT_CASE(test_entry_up_to_end),
	KUNIT_CASE(test_areas),
	KUNIT_CASE(test_no_pages_for_list),
	KUNIT_CASE(test_list_at_mem_limit),
	KUNIT_CASE(test_ratio_is_reservation),
	KUNIT_CASE(test_block_from_map_start),
	KUNIT_CASE(test_no_room_for_isa),
	KUNIT_CASE(test_no_room_for_sliver),
	{ }
};

static struct kunit_suite edge_suite = {
	.name = "xen-p2m-layout-edge",
	.exit = teardown,
	.test_cases = edge_cases,
};

/* --- bugs that stock had, by the year of their fix --------------------------------------- */

/* Extra memory made up in the hole below 4 GiB: only RAM of the map will do. */
static void test_2011_extra_memory_in_hole(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	unsigned int i;

	f->in.max_reservation = PAGES(GIB(64));
	plan_ok(test, f);
	for (i = 0; i < f->plan.nr_extra; i++)
		KUNIT_EXPECT_TRUE(test,
				  f->plan.extra[i].end <= PAGES(GIB(3)) ||
				  f->plan.extra[i].start >= PAGES(GIB(4)));
	KUNIT_EXPECT_EQ(test, f->plan.extra[1].start, PAGES(GIB(4)));
}

/* The last PFN of extra memory was not set up. */
static void test_2012_last_extra_pfn(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	f->in.max_reservation = f->in.nr_pages + 1;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_extra, 1UL);
	KUNIT_EXPECT_EQ(test, f->plan.p2m_end, f->plan.extra[0].end);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, f->plan.extra[0].end);
}

/* UNUSABLE below the end of the pages was made identity, which Xen refuses. */
static void test_2013_unusable_identity(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(512), RAM);
	add(f, MIB(512), MIB(514), UNUSABLE);
	add(f, MIB(514), GIB(3), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.pages_kept, PAGES(GIB(1)));
	KUNIT_EXPECT_EQ(test, f->plan.nr_identity, 1U);
}

/* RAM that ends where the search starts was taken, with no page of it. */
static void test_2014_search_starts_at_end_of_ram(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, KIB(640), RAM);
	add(f, MIB(1), GIB(1), RAM);
	add(f, GIB(4), GIB(5), RAM);
	f->in.nr_pages = PAGES(GIB(1));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_moves, 1U);
	KUNIT_EXPECT_EQ(test, f->plan.moves[0].to, PAGES(GIB(4)));
	KUNIT_EXPECT_EQ(test, f->plan.moves[0].nr, 96UL);
}

/*
 * The map did not fit while it was sanitized, and RAM at its end was lost. The
 * entries of a full map are in reverse, each one twice.
 */
static void test_2015_map_clipped_ram_at_end_lost(struct kunit *test)
{
	struct fixture *f = setup(test);
	unsigned int i;

	for (i = XEN_LAYOUT_MAX_E820 / 2; i-- > 0;) {
		add(f, MIB(4) * i, MIB(4) * i + MIB(3), RAM);
		add(f, MIB(4) * i + MIB(2), MIB(4) * i + MIB(3), RESERVED);
	}
	f->in.nr_pages = PAGES(MIB(64));
	f->in.extra_ratio = 1000;
	plan_ok(test, f);
	KUNIT_EXPECT_GT(test, f->plan.warning[XEN_LAYOUT_W_EXTRA].count, 0UL);
	KUNIT_EXPECT_EQ(test, f->plan.pages_kept + f->plan.pages_moved,
			f->in.nr_pages);
	KUNIT_EXPECT_EQ(test, f->plan.pages_kept + f->plan.pages_moved +
			f->plan.pages_extra + f->plan.pages_unused,
			PAGES(MIB(2)) * XEN_LAYOUT_MAX_E820 / 2);

	/* Nor is it clipped where the kernel's table is smaller. */
	f->in.max_entries = XEN_LAYOUT_MAX_E820 / 2;
	refused_full(test, f, XEN_LAYOUT_T_E820, "E820 entries");
}

/* More memory than the reservation allows was added. */
static void test_2015_2019_memory_above_reservation(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	unsigned long more;

	for (more = 0; more < 3; more++) {
		f->in.max_reservation = f->in.nr_pages + more;
		plan_ok(test, f);
		KUNIT_EXPECT_EQ(test, f->plan.pages_kept + f->plan.pages_moved +
				f->plan.pages_extra, f->in.max_reservation);
	}
}

/* List or initrd went to where a part of it was still to be read from. */
static void test_2016_relocated_onto_itself(struct kunit *test)
{
	static const enum xen_layout_area_id ids[] = {
		XEN_LAYOUT_P2M_LIST, XEN_LAYOUT_INITRD,
	};
	struct fixture *f = setup_hole(test, MIB(64));
	struct xen_layout_range old, new;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		memset(f->in.area, 0, sizeof(f->in.area));
		/* The lowest RAM, and so what is looked at first */
		put(&f->in, ids[i], MIB(1), MIB(64));
		plan_ok(test, f);
		KUNIT_ASSERT_TRUE(test, f->plan.relocation[ids[i]].needed);
		old = pfns(&f->in.area[ids[i]]);
		new.start = f->plan.relocation[ids[i]].start;
		new.end = new.start + f->plan.relocation[ids[i]].nr;
		KUNIT_EXPECT_TRUE(test, old.end <= new.start ||
				  new.end <= old.start);
	}
}

/* The end of RAM was reported one PFN too high, or too low. */
static void test_2021_max_pfn_off_by_one(struct kunit *test)
{
	struct fixture *f = setup(test);

	f->in.domain = XEN_LAYOUT_DOMU;
	add(f, 0, GIB(1), RAM);
	f->in.nr_pages = PAGES(GIB(1)) - 1;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(1)));
	KUNIT_EXPECT_EQ(test, f->plan.p2m_end, PAGES(GIB(1)));
	f->in.extra_ratio = 0;
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(1)) - 1);
	KUNIT_EXPECT_EQ(test, f->plan.p2m_end, PAGES(GIB(1)) - 1);
	/* A part of a page after it is no PFN. */
	f->in.nr_pages = PAGES(GIB(1));
	add(f, GIB(1), GIB(1) + 0xfff, RAM);
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.max_pfn, PAGES(GIB(1)));
}

/* What only brk reaches was not looked at. The kernel ends behind it. */
static void test_2024_kernel_end_without_brk(struct kunit *test)
{
	struct fixture *f = setup_4g(test);
	u64 bss_end = MIB(32), brk_end = bss_end + MIB(1);

	add(f, brk_end - 0x1000, brk_end, NVS);
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), bss_end - MIB(16));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 0U);
	put(&f->in, XEN_LAYOUT_KERNEL, MIB(16), brk_end - MIB(16));
	plan_ok(test, f);
	KUNIT_EXPECT_EQ(test, f->plan.nr_nonram, 1U);
	expect_nonram(test, f, 0, brk_end - 0x1000, brk_end, GIB(3) - 0x1000,
		      NVS);
}

/*
 * An entry that begins and ends inside of pages was swapped with too little
 * RAM: two pages for what lies on two, though it is less than one.
 */
static void test_2026_swap_unaligned_entry(struct kunit *test)
{
	struct fixture *f = setup_4g(test);

	add(f, 0x1900f00, 0x1901100, NVS);
	plan_ok(test, f);
	expect_nonram(test, f, 0, 0x1900f00, 0x1901100, GIB(3) - 0x2000 + 0xf00,
		      NVS);
	KUNIT_EXPECT_EQ(test, plan_type(&f->plan, 0x1900000), RAM);
	KUNIT_EXPECT_EQ(test, plan_type(&f->plan, 0x1901fff), RAM);
}

static struct kunit_case bug_cases[] = {
	KUNIT_CASE(test_2011_extra_memory_in_hole),
	KUNIT_CASE(test_2012_last_extra_pfn),
	KUNIT_CASE(test_2013_unusable_identity),
	KUNIT_CASE(test_2014_search_starts_at_end_of_ram),
	KUNIT_CASE(test_2015_map_clipped_ram_at_end_lost),
	KUNIT_CASE(test_2015_2019_memory_above_reservation),
	KUNIT_CASE(test_2016_relocated_onto_itself),
	KUNIT_CASE(test_2021_max_pfn_off_by_one),
	KUNIT_CASE(test_2024_kernel_end_without_brk),
	KUNIT_CASE(test_2026_swap_unaligned_entry),
	{ }
};

static struct kunit_suite bug_suite = {
	.name = "xen-p2m-layout-bugs",
	.exit = teardown,
	.test_cases = bug_cases,
};

/* --- random maps ------------------------------------------------------------------------- */

/* PFNs of the small address space: each one is looked at */
#define SMALL	1024UL

static u32 random_type(struct rnd *r)
{
	static const u32 types[] = {
		0, RAM, RAM, RAM, RESERVED, RESERVED, ACPI, NVS, NVS, UNUSABLE,
		7, 12, 20, 0xefffffff,
	};

	return types[rnd_below(r, rnd_one_in(r, 4) ? ARRAY_SIZE(types) : 9)];
}

/* A byte, on the border of a page mostly */
static u64 random_addr(struct rnd *r, unsigned long pfns)
{
	u64 addr = (u64)rnd_below(r, pfns) << 12;

	return rnd_one_in(r, 4) ? addr + rnd_below(r, 0x1000) : addr;
}

static void random_map(struct fixture *f)
{
	struct rnd *r = &f->rnd;
	unsigned int nr = 1 + rnd_below(r, 24);
	u64 addr, size;

	f->in.nr_e820 = 0;
	if (!rnd_one_in(r, 4))
		add(f, 0, (u64)SMALL << 12, RAM);
	while (f->in.nr_e820 < nr) {
		addr = random_addr(r, SMALL);
		size = random_addr(r, rnd_one_in(r, 3) ? SMALL : 8);
		size = min(size, ((u64)SMALL << 12) - addr);
		add(f, addr, addr + size, random_type(r));
	}
}

static void random_areas(struct fixture *f)
{
	struct rnd *r = &f->rnd;
	unsigned int i;

	memset(f->in.area, 0, sizeof(f->in.area));
	for (i = 0; i < XEN_LAYOUT_AREAS; i++)
		if (rnd_one_in(r, 3))
			put(&f->in, i, random_addr(r, f->in.nr_pages),
			    random_addr(r, rnd_one_in(r, 3) ? 60 : 6));
	f->in.nr_reserved = rnd_below(r, ARRAY_SIZE(f->reserved));
	for (i = 0; i < f->in.nr_reserved; i++) {
		f->reserved[i].addr = random_addr(r, SMALL);
		f->reserved[i].size = random_addr(r, 90);
	}
}

static void random_input(struct fixture *f)
{
	struct rnd *r = &f->rnd;

	f->in.domain = rnd_one_in(r, 3) ? XEN_LAYOUT_DOMU : XEN_LAYOUT_DOM0;
	f->in.ibft = rnd_one_in(r, 4);
	f->in.limit_512gb = rnd_one_in(r, 2);
	f->in.nr_pages = 250 + rnd_below(r, SMALL - 250);
	f->in.max_pfns = rnd_one_in(r, 4) ? 250 + rnd_below(r, SMALL) :
			   MAX_PFNS;
	f->in.max_reservation = rnd_one_in(r, 3) ? 0 : rnd_below(r, 2 * SMALL);
	f->in.extra_ratio = rnd_below(r, 4);
	f->in.mem_limit = rnd_one_in(r, 4) ? random_addr(r, SMALL) : 0;
}

static void test_random(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct tally tally = { };
	unsigned long i;

	rnd_start(test, &f->rnd);
	f->each = SMALL;
	for (i = 0; i < thinned(maps); i++) {
		random_input(f);
		random_map(f);
		random_areas(f);
		plan_tallied(test, f, &tally);
	}
	tally_print(test, &tally);
}

/* --- random maps, against the slow reference ---------------------------------------------- */

/* A byte, on the border of a cell */
static u64 random_cell(struct rnd *r, unsigned long pfns)
{
	u64 addr = (u64)rnd_below(r, pfns) << 12;

	return rnd_one_in(r, 4) ? addr + SLOW_CELL * rnd_below(r, SLOW_CELLS) :
	       addr;
}

static void slow_input(struct fixture *f)
{
	struct rnd *r = &f->rnd;
	unsigned int nr = 1 + rnd_below(r, 12);
	u64 addr, size;

	random_input(f);
	f->in.nr_pages = 257 + rnd_below(r, SLOW_PFNS - 257);
	f->in.nr_reserved = 0;
	if (f->in.max_pfns != MAX_PFNS)
		f->in.max_pfns = 257 + rnd_below(r, SLOW_PFNS);
	f->in.mem_limit = rnd_one_in(r, 4) ?
			  MIB(1) + random_cell(r, SLOW_PFNS) : 0;
	f->in.nr_e820 = 0;
	if (!rnd_one_in(r, 4))
		add(f, 0, (u64)SLOW_PFNS << 12, RAM);
	while (f->in.nr_e820 < nr) {
		addr = random_cell(r, SLOW_PFNS);
		size = random_cell(r, rnd_one_in(r, 3) ? SLOW_PFNS : 8);
		size = min(size, ((u64)SLOW_PFNS << 12) - addr);
		add(f, addr, addr + size, random_type(r));
	}
	memset(f->in.area, 0, sizeof(f->in.area));
	if (rnd_one_in(r, 2))
		put(&f->in, XEN_LAYOUT_KERNEL, random_cell(r, 240),
		    random_cell(r, 16));
	if (rnd_one_in(r, 4))
		put(&f->in, XEN_LAYOUT_START_INFO, random_cell(r, 250), 0x480);
}

static void unslow(u8 *what, unsigned long start, unsigned long end, u8 value)
{
	for (; start < end && start < SLOW_PFNS; start++)
		what[start] = value;
}

/* What the plan says of each PFN, painted in the reference's colours */
static bool slow_same(const struct xen_layout *p, const struct slow *s,
		      const struct xen_layout_input *in)
{
	u8 what[SLOW_PFNS];
	unsigned long i, k;

	unslow(what, 0, in->nr_pages, SLOW_STAYS);
	unslow(what, in->nr_pages, SLOW_PFNS, 0xff);
	for (i = 0; i < p->nr_identity; i++)
		unslow(what, p->identity[i].start, p->identity[i].end,
		       SLOW_IDENTITY);
	for (i = 0; i < p->nr_nonram; i++)
		unslow(what, p->nonram[i].to >> 12,
		       ((p->nonram[i].to + p->nonram[i].end -
			 p->nonram[i].start - 1) >> 12) + 1, SLOW_NONRAM);
	for (i = 0; i < p->nr_extra; i++)
		unslow(what, p->extra[i].start, p->extra[i].end, SLOW_EXTRA);
	for (i = 0; i < p->nr_moves; i++) {
		unslow(what, p->moves[i].to, p->moves[i].to + p->moves[i].nr,
		       SLOW_MOVED_TO);
		for (k = 0; k < p->moves[i].nr; k++)
			if (s->goes_to[p->moves[i].from + k] !=
			    p->moves[i].to + k)
				return false;
	}

	return p->pages_moved == s->moved && p->pages_released == s->released &&
	       p->pages_extra == s->extra && !memcmp(what, s->what, sizeof(what));
}

static void test_slow_reference(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct slow *slow = kunit_kzalloc(test, sizeof(*slow), GFP_KERNEL);
	enum xen_layout_code code;
	struct tally tally = { };
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, slow);
	rnd_start(test, &f->rnd);
	for (i = 0; i < thinned(maps); i++) {
		slow_input(f);
		xen_layout_plan(&f->in, &f->plan);
		code = slow_plan(slow, &f->in);
		tally.nr[f->plan.error.code]++;
		/* Beyond mem=: it is not looked at twice, see test_mem_2g. */
		if (f->plan.error.code == XEN_LAYOUT_E_CUT ||
		    f->plan.error.code == XEN_LAYOUT_E_EMPTY)
			continue;
		if (f->plan.error.code != code ||
		    (!code && !slow_same(&f->plan, slow, &f->in))) {
			KUNIT_FAIL(test, "map %lu: code %u, want %u", i,
				   f->plan.error.code, code);
			dump(test, f);
			return;
		}
		cond_resched();
	}
	tally_print(test, &tally);
}

/* Real maps, with pieces of anything strewn in, and everything anywhere */
static void test_random_real(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct tally tally = { };
	unsigned long i, k;
	struct rnd *r = &f->rnd;

	rnd_start(test, &f->rnd);
	for (i = 0; i < thinned(maps) / 4; i++) {
		load(f, &e820_maps[rnd_below(r, ARRAY_SIZE(e820_maps))]);
		random_input(f);
		f->in.nr_pages = PAGES(MIB(128)) +
				 rnd_below(r, ram_of(&f->in) + 1000);
		f->in.max_reservation = rnd_one_in(r, 2) ? 0 :
					rnd_below(r, 2 * f->in.nr_pages);
		f->in.max_pfns = MAX_PFNS;
		f->in.mem_limit = rnd_one_in(r, 4) ? random_addr(r, ram_of(&f->in)) +
				  MIB(120) : 0;
		f->in.nr_reserved = 0;
		place(&f->in, MIB(16));
		f->in.area[XEN_LAYOUT_P2M_LIST].size = MIB(1);
		put(&f->in, XEN_LAYOUT_START_INFO, MIB(100), 1000);
		put(&f->in, XEN_LAYOUT_PAGE_TABLES, MIB(101), MIB(1));
		for (k = rnd_below(r, 6); k; k--) {
			u64 addr = MIB(10) + random_addr(r, PAGES(MIB(100)));

			add(f, addr, addr + random_addr(r, 16),
			    random_type(r));
		}
		plan_tallied(test, f, &tally);
	}
	tally_print(test, &tally);
}

static u64 hostile(struct rnd *r)
{
	switch (rnd_below(r, 6)) {
	case 0:
		return rnd_u64(r);
	case 1:
		return ~(rnd_u64(r) >> (32 + rnd_below(r, 32)));
	case 2:
		return rnd_below(r, 0x3000);
	case 3:
		return 1ULL << rnd_below(r, 64);
	case 4:
		return (1ULL << rnd_below(r, 64)) - 1;
	default:
		return random_addr(r, 1UL << 20);
	}
}

/* Nothing is true. It has to end, and what comes out has to be right. */
static void test_hostile(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct tally tally = { };
	struct rnd *r = &f->rnd;
	unsigned long i;
	unsigned int k;

	rnd_start(test, &f->rnd);
	for (i = 0; i < thinned(maps); i++) {
		random_input(f);
		f->in.nr_pages = hostile(r);
		f->in.max_pfns = rnd_one_in(r, 2) ? hostile(r) : ~0UL;
		f->in.max_reservation = hostile(r);
		/* Larger ones are a test of their own; here the sums hold. */
		f->in.extra_ratio = rnd_below(r, 1000);
		f->in.mem_limit = rnd_one_in(r, 2) ? hostile(r) : 0;
		f->in.nr_e820 = rnd_below(r, 24);
		for (k = 0; k < f->in.nr_e820; k++) {
			f->e820[k].addr = hostile(r);
			f->e820[k].size = hostile(r);
			f->e820[k].type = rnd_one_in(r, 4) ? hostile(r) :
					  random_type(r);
		}
		for (k = 0; k < XEN_LAYOUT_AREAS; k++)
			put(&f->in, k, 0, 0);
		if (rnd_one_in(r, 2))
			put(&f->in, rnd_below(r, XEN_LAYOUT_AREAS), hostile(r),
			    hostile(r));
		f->in.nr_reserved = rnd_below(r, 4);
		for (k = 0; k < f->in.nr_reserved; k++) {
			f->reserved[k].addr = hostile(r);
			f->reserved[k].size = hostile(r) >> 20;
		}
		plan_tallied(test, f, &tally);
	}
	tally_print(test, &tally);
}

/*
 * The largest tables, with more entries to move than there is room for half of
 * the time: an end within reason, too
 */
static void test_hostile_large(struct kunit *test)
{
	static const u32 types[] = { RAM, RESERVED, NVS };
	struct fixture *f = setup(test);
	unsigned int i, k, plans = 0;
	struct rnd *r = &f->rnd;

	rnd_start(test, &f->rnd);
	for (i = 0; i < 2 + thinned(maps) / 1000; i++) {
		random_input(f);
		f->in.nr_pages = PAGES(MIB(128));
		f->in.max_pfns = MAX_PFNS;
		f->in.mem_limit = 0;
		put(&f->in, XEN_LAYOUT_KERNEL, MIB(2), MIB(i & 1 ? 2 : 60));
		f->in.nr_e820 = 0;
		add(f, 0, GIB(4), RAM);
		for (k = 1 + rnd_below(r, XEN_LAYOUT_MAX_E820 - 1); k; k--) {
			u64 addr = random_addr(r, PAGES(MIB(256)));

			add(f, addr, addr + random_addr(r, 1 + (i & 7)),
			    types[rnd_below(r, 3)]);
		}
		if (xen_layout_plan(&f->in, &f->plan)) {
			KUNIT_EXPECT_EQ(test, f->plan.error.code,
					XEN_LAYOUT_E_FULL);
			continue;
		}
		KUNIT_EXPECT_TRUE(test, check_plan(test, f));
		plans++;
		cond_resched();
	}
	kunit_info(test, "%u plans of %u", plans, i);
	KUNIT_EXPECT_GT(test, plans, 0U);
}

static struct kunit_case random_cases[] = {
	KUNIT_CASE(test_random),
	KUNIT_CASE(test_slow_reference),
	KUNIT_CASE(test_random_real),
	KUNIT_CASE(test_hostile),
	KUNIT_CASE(test_hostile_large),
	{ }
};

static struct kunit_suite random_suite = {
	.name = "xen-p2m-layout-random",
	.exit = teardown,
	.test_cases = random_cases,
};

static struct kunit_case real_cases[] = {
	KUNIT_CASE_PARAM(test_real, setting_gen_params),
	KUNIT_CASE(test_hosts),
	KUNIT_CASE(test_machine_8g),
	{ }
};

static struct kunit_suite real_suite = {
	.name = "xen-p2m-layout-real",
	.exit = teardown,
	.test_cases = real_cases,
};

kunit_test_suites(&real_suite, &nonram_suite, &area_suite, &limit_suite,
		  &map_suite, &found_suite, &full_suite, &edge_suite, &bug_suite,
		  &random_suite);

MODULE_DESCRIPTION("KUnit tests of the memory layout of Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
/* For EXPORT_SYMBOL_IF_KUNIT() */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
