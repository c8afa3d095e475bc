// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of carrying out the memory layout
 *
 * Planner, executor and P2M tree work together here, over a hypervisor of the
 * test's own (fake-xen.h). After each run every MFN of the machine and every
 * PFN is looked at: who has it, and do M2P, P2M and kernel mapping agree?
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include <kunit/test.h>

/* Not all that a tree can do is needed here. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define XEN_P2M_PRIVATE_COPY
#include "tree-sources.h"

#include "apply.h"

#include "fake-xen.h"

#include "layout-input.h"
#include "seed.h"
#include "thin.h"

/* PFNs that the tests have memory for: 9 GiB of the domain's */
#define MOST_PFNS	(9UL << 18)

struct fixture {
	struct xen_layout_input in;
	struct xen_layout_entry e820[XEN_LAYOUT_MAX_E820];
	struct xen_layout plan;
	struct xen_apply apply;
	struct fake_xen xen;
	struct xen_p2m_tree tree;
	unsigned long limit;	/* of tree and kernel mapping */
	unsigned long *want;	/* MFN of each PFN by the plan */
	unsigned long tree_fails;
	unsigned long allocs;	/* of the tree in finishing */
	bool injected;		/* something was made to fail */
	struct rnd rnd;
};

static struct fixture *setup(struct kunit *test)
{
	struct fixture *f = kvzalloc(sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->in.domain = XEN_LAYOUT_DOM0;
	f->in.e820 = f->e820;
	f->in.max_pfns = MAX_PFNS;
	f->in.extra_ratio = 10;

	return f;
}

static void close_xen(struct fixture *f)
{
	if (f->tree.limit)
		xen_p2m_tree_exit(&f->tree);
	memset(&f->tree, 0, sizeof(f->tree));
	fake_exit(&f->xen);
	kvfree(f->want);
	f->want = NULL;
}

static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	close_xen(f);
	kvfree(f);
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
	memcpy(f->e820, e820_entries + map->first, map->nr * sizeof(*f->e820));
	f->in.nr_e820 = map->nr;
}

/* --- a machine, and what has to be in it ------------------------------------- */

static void want_plan(struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	unsigned long pfn;
	unsigned int i;

	for (pfn = 0; pfn < f->limit; pfn++)
		f->want[pfn] = pfn < f->in.nr_pages ?
			       fake_first_mfn(&f->xen, pfn) : INVALID_P2M_ENTRY;
	for (i = 0; i < p->nr_moves; i++)
		for (pfn = 0; pfn < p->moves[i].nr; pfn++)
			f->want[p->moves[i].to + pfn] =
				fake_first_mfn(&f->xen, p->moves[i].from + pfn);
	for (i = 0; i < p->nr_identity; i++)
		for (pfn = p->identity[i].start;
		     pfn < min(p->identity[i].end, f->limit); pfn++)
			f->want[pfn] = IDENTITY_FRAME(pfn);
}

/* What there is after a plan was made; false if it takes too much memory */
static bool open_xen(struct kunit *test, struct fixture *f)
{
	f->limit = max(f->plan.max_pfn, f->in.nr_pages);
	f->limit = (f->limit | (XEN_APPLY_PTES - 1)) + 1;
	if (f->limit > MOST_PFNS)
		return false;
	close_xen(f);
	f->want = kvcalloc(f->limit, sizeof(*f->want), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->want);
	/* As Xen maps it at the start: not all of what it handed over */
	KUNIT_ASSERT_EQ(test, fake_init(&f->xen, f->in.nr_pages,
					f->in.nr_pages - f->in.nr_pages / 8,
					f->limit), 0);
	want_plan(f);

	return true;
}

/* MFNs of Xen's list, as runs between PFNs of other kinds */
static int load_list(struct fixture *f)
{
	unsigned long *list = f->xen.list, pfn, end;
	int err = 0;

	for (pfn = 0; pfn < f->in.nr_pages && !err; pfn = end + 1) {
		for (end = pfn; end < f->in.nr_pages; end++)
			if (xen_p2m_entry_type(list[end]) != XEN_P2M_MFN)
				break;
		err = xen_p2m_load(&f->tree, pfn, end, list + pfn);
	}

	return err;
}

/* As the kernel makes its P2M from Xen's list */
static void make_tree(struct kunit *test, struct fixture *f)
{
	unsigned int i;
	int err;

	KUNIT_ASSERT_EQ(test, xen_p2m_tree_init(&f->tree, f->limit, 9, 0), 0);
	err = load_list(f);
	for (i = 0; i < f->plan.nr_identity && !err; i++)
		err = xen_p2m_set_range(&f->tree, f->plan.identity[i].start,
					f->plan.identity[i].end,
					XEN_P2M_IDENTITY, 0);
	KUNIT_ASSERT_EQ(test, err, 0);
	f->xen.tree = &f->tree;
}

/* --- is everything where it belongs? ------------------------------------------- */

struct seen {
	unsigned long owned;	/* MFNs of the domain */
	unsigned long mapped;	/* of these, in the P2M */
	unsigned long missing;	/* PFNs which should have an MFN and do not */
	unsigned long kept;	/* which have one that could not be mapped */
	unsigned long stale;	/* still mapped where there is no page any more */
};

/* A PFN with its MFN: do M2P and the kernel's mapping agree? */
static const char *check_backed(struct fixture *f, unsigned long pfn)
{
	unsigned long mfn = f->want[pfn], i = fake_index(&f->xen, mfn);
	u64 pte = f->xen.pte[pfn];

	if (!f->xen.owned[i])
		return "P2M has an MFN which is Xen's";
	if (f->xen.m2p[i] != pfn)
		return "M2P differs";
	if (pte ? pte != fake_pte_value(mfn) : pfn >= f->in.nr_pages)
		return "kernel mapping differs";

	return NULL;
}

static const char *check_target(struct fixture *f, unsigned long pfn,
				unsigned long got, struct seen *seen)
{
	if (f->xen.ready[pfn] && f->xen.extra[pfn])
		return "ready, and extra memory";
	if (f->xen.ready[pfn]) {
		seen->mapped++;
		return got == f->want[pfn] ? check_backed(f, pfn) :
					     "ready without a page";
	}
	if (f->xen.pte[pfn])
		return "mapped, and not ready";
	if (got == f->want[pfn] && f->xen.missing_fails) {
		seen->kept++;
		return f->xen.extra[pfn] ? "extra memory with a page" : NULL;
	}
	if (got != INVALID_P2M_ENTRY)
		return "P2M differs";
	seen->missing++;

	return f->xen.extra[pfn] ? NULL : "neither ready nor extra memory";
}

static const char *check_pfn(struct fixture *f, unsigned long pfn,
			     struct seen *seen)
{
	unsigned long got = xen_p2m_lookup(&f->tree, pfn);
	bool backed = xen_p2m_entry_type(f->want[pfn]) == XEN_P2M_MFN;

	if (backed && pfn >= f->in.nr_pages)
		return check_target(f, pfn, got, seen);
	if (f->xen.ready[pfn] || f->xen.extra[pfn])
		return "ready or extra memory, and no target";
	if (got != f->want[pfn])
		return "P2M differs";
	if (backed) {
		seen->mapped++;
		return check_backed(f, pfn);
	}
	seen->stale += !!f->xen.pte[pfn];

	return NULL;
}

static bool check_mfns(struct kunit *test, struct fixture *f,
		       struct seen *seen)
{
	unsigned long i, pfn;
	const char *what;

	for (i = 0; i < f->xen.nr_mfns; i++)
		seen->owned += f->xen.owned[i];
	for (pfn = 0; pfn < f->limit; pfn++) {
		what = check_pfn(f, pfn, seen);
		if (!what)
			continue;
		KUNIT_FAIL(test, "pfn %#lx: %s", pfn, what);
		return false;
	}

	return true;
}

static bool check_tally(struct kunit *test, const struct xen_apply_tally *t,
			unsigned long nr)
{
	if (t->requested == nr && t->remapped + t->released + t->lost == nr)
		return true;
	KUNIT_FAIL(test, "%lu pages: %lu, %lu remapped, %lu released, %lu lost",
		   nr, t->requested, t->remapped, t->released, t->lost);

	return false;
}

static bool check_tallies(struct kunit *test, struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	unsigned int i;

	for (i = 0; i < p->nr_moves; i++)
		if (!check_tally(test, &f->apply.moves[i], p->moves[i].nr))
			return false;
	for (i = 0; i < p->nr_releases; i++)
		if (!check_tally(test, &f->apply.releases[i],
				 p->releases[i].end - p->releases[i].start))
			return false;

	return check_tally(test, &f->apply.total,
			   p->pages_moved + p->pages_released);
}

/* Each page is somewhere, and all counts say the same. */
static bool check_all(struct kunit *test, struct fixture *f)
{
	const struct xen_apply_tally *t = &f->apply.total;
	struct seen seen = { };

	if (!check_tallies(test, f) || !check_mfns(test, f, &seen))
		return false;
	if (seen.owned == f->xen.reservation &&
	    seen.owned == f->in.nr_pages - t->released &&
	    seen.mapped == f->plan.pages_kept + t->remapped &&
	    seen.owned == seen.mapped + t->lost && seen.kept <= t->lost &&
	    seen.owned == f->in.nr_pages - f->xen.reported &&
	    seen.missing == t->extra && seen.stale <= f->apply.stale &&
	    !f->xen.misuse && !f->apply.chunks.misuse &&
	    f->xen.dangling <= f->apply.stale)
		return true;
	KUNIT_FAIL(test,
		   "%lu MFNs, reservation %lu, %lu in the P2M, %lu kept, %lu missing, %lu stale; %lu reported, %lu misuses, %u of the temporary mapping, %lu dangling",
		   seen.owned, f->xen.reservation, seen.mapped, seen.kept,
		   seen.missing, seen.stale, f->xen.reported, f->xen.misuse,
		   f->apply.chunks.misuse, f->xen.dangling);

	return false;
}

/* Is Xen's list identity where the plan has it, and as it was elsewhere? */
static bool check_list(struct kunit *test, struct fixture *f)
{
	unsigned long pfn, want;

	for (pfn = 0; pfn < f->in.nr_pages; pfn++) {
		want = f->want[pfn];
		if (f->xen.list[pfn] == want)
			continue;
		KUNIT_FAIL(test, "pfn %#lx: %#lx in the list, not %#lx", pfn,
			   f->xen.list[pfn], want);
		return false;
	}
	KUNIT_EXPECT_EQ(test, f->xen.list_end, XEN_LAYOUT_PFNS_END);

	return f->xen.list_end == XEN_LAYOUT_PFNS_END;
}

static bool run(struct kunit *test, struct fixture *f)
{
	int err = xen_apply_prepare(&f->apply, &f->plan, &fake_ops);

	KUNIT_ASSERT_EQ(test, err, 0);
	if (!check_list(test, f))
		return false;
	make_tree(test, f);
	f->allocs = f->tree.seam.allocs;
	f->tree.seam.fail_at = f->tree_fails;
	f->xen.failed_maps = 0;
	f->xen.failed_twice = false;
	err = xen_apply_finish(&f->apply);
	f->tree.seam.fail_at = 0;
	f->allocs = f->tree.seam.allocs - f->allocs;
	KUNIT_EXPECT_TRUE(test, !err || f->injected);
	/* What is mapped on second try is not lost. */
	KUNIT_EXPECT_EQ(test, err, f->xen.failed_twice ? -EIO : 0);

	return check_all(test, f);
}

/* Pages of PTEs that are filled by one move */
static unsigned long whole_tables(const struct xen_layout *p)
{
	unsigned long nr = 0, first, end;
	unsigned int i;

	for (i = 0; i < p->nr_moves; i++) {
		first = DIV_ROUND_UP(p->moves[i].to, XEN_APPLY_PTES);
		end = (p->moves[i].to + p->moves[i].nr) / XEN_APPLY_PTES;
		nr += end > first ? end - first : 0;
	}

	return nr;
}

/* Nothing fails, so nothing may be lost, and it may not cost more than this. */
static void check_clean(struct kunit *test, struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	unsigned long most;

	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 0UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.extra, 0UL);
	KUNIT_EXPECT_EQ(test, f->apply.stale, 0UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.remapped, p->pages_moved);
	KUNIT_EXPECT_EQ(test, f->apply.total.released, p->pages_released);
	KUNIT_EXPECT_EQ(test, f->xen.tables, whole_tables(p));
	/* 1/50 of a moved page and 1/200 of a released one, and for each range */
	most = p->pages_moved / 50 + p->pages_released / 200 +
	       16 * p->nr_moves + 4 * p->nr_releases;
	KUNIT_EXPECT_LE(test, f->xen.calls, most);
}

/* --- real maps -------------------------------------------------------------------- */

/* False if there is no plan, or no memory for it */
static bool carry_out(struct kunit *test, struct fixture *f)
{
	if (xen_layout_plan(&f->in, &f->plan) || !open_xen(test, f))
		return false;
	if (run(test, f))
		check_clean(test, f);
	else
		KUNIT_ASSERT_TRUE(test, false);
	cond_resched();

	return true;
}

static void test_real(struct kunit *test)
{
	struct fixture *f = setup(test);
	unsigned long moved = 0, released = 0;
	unsigned int i, runs = 0;

	for (i = 0; i < ARRAY_SIZE(e820_maps); i += thin_step()) {
		load(f, &e820_maps[i]);
		apply_setting(&f->in, &settings[i % ARRAY_SIZE(settings)]);
		if (f->in.nr_pages > MOST_PFNS)
			f->in.nr_pages = 0xdfff3;
		place(&f->in, MIB(16));
		if (!carry_out(test, f))
			continue;
		runs++;
		moved += f->plan.pages_moved;
		released += f->plan.pages_released;
	}
	kunit_info(test, "%u of %u maps, %lu pages moved, %lu released", runs,
		   i / thin_step(), moved, released);
	KUNIT_EXPECT_GT(test, moved, 0UL);
	KUNIT_EXPECT_GT(test, released, 0UL);
}

/* The ranges whose numbers of pages are published, and the bars */
static const char all_of_512[] =
	"requested 512, remapped 512, released 0, extra 0, lost 0";

static void test_machine_8g(struct kunit *test)
{
	struct fixture *f = setup(test);
	char text[XEN_LAYOUT_TEXT];

	load(f, find_map("004"));
	f->in.nr_pages = ram_of(&f->in);
	f->in.max_reservation = f->in.nr_pages;
	KUNIT_ASSERT_EQ(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_ASSERT_TRUE(test, open_xen(test, f));
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.total.remapped, 283999UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 0UL);
	KUNIT_EXPECT_LE(test, f->xen.calls * 50, f->plan.pages_moved);
	KUNIT_EXPECT_GT(test, f->xen.tables, 500UL);
	kunit_info(test, "%lu hypercalls for %lu pages", f->xen.calls,
		   f->plan.pages_moved);
	KUNIT_ASSERT_TRUE(test, xen_apply_describe(&f->apply, 1, text,
						   sizeof(text)));
	KUNIT_EXPECT_TRUE_MSG(test, !!strstr(text, all_of_512), "%s", text);
	KUNIT_EXPECT_TRUE(test, xen_apply_describe(&f->apply, 6, text,
						   sizeof(text)));
	KUNIT_EXPECT_TRUE_MSG(test, !!strstr(text, "All ranges: requested 283999"),
			      "%s", text);
	KUNIT_EXPECT_FALSE(test, xen_apply_describe(&f->apply, 7, text,
						    sizeof(text)));
}

/* All that is above the limit goes back, for 1/200 of a hypercall a page. */
static void test_release_bar(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, GIB(2), RAM);
	f->in.nr_pages = PAGES(GIB(2));
	f->in.mem_limit = GIB(1);
	KUNIT_ASSERT_TRUE(test, carry_out(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.total.released, PAGES(GIB(1)));
	KUNIT_EXPECT_LE(test, f->xen.calls * 200, f->plan.pages_released);
	kunit_info(test, "%lu hypercalls for %lu pages", f->xen.calls,
		   f->plan.pages_released);
}

/* Does a line start and end like this? */
static bool line_is(const char *line, const char *start, const char *end)
{
	size_t len = strlen(line), tail = strlen(end);

	return !strncmp(line, start, strlen(start)) && len >= tail &&
	       !strcmp(line + len - tail, end);
}

/* A line for each range, and one for all of them */
static void check_lines(struct kunit *test, struct fixture *f)
{
	const struct xen_layout *p = &f->plan;
	unsigned int line, lines = p->nr_moves + p->nr_releases + 1;
	char text[XEN_LAYOUT_TEXT], start[64], end[96];
	const struct xen_apply_tally *t;
	unsigned long pfn, to;

	for (line = 0; xen_apply_describe(&f->apply, line, text, sizeof(text));
	     line++) {
		if (line < p->nr_moves) {
			t = &f->apply.moves[line];
			pfn = p->moves[line].from;
			to = p->moves[line].to;
			snprintf(start, sizeof(start),
				 "[mem 0x%016lx-0x%016lx] to 0x%lx:", pfn << 12,
				 ((pfn + p->moves[line].nr) << 12) - 1,
				 to << 12);
		} else if (line + 1 < lines) {
			t = &f->apply.releases[line - p->nr_moves];
			pfn = p->releases[line - p->nr_moves].start;
			to = p->releases[line - p->nr_moves].end;
			snprintf(start, sizeof(start),
				 "[mem 0x%016lx-0x%016lx]:", pfn << 12,
				 (to << 12) - 1);
		} else {
			t = &f->apply.total;
			strscpy(start, "All ranges:", sizeof(start));
		}
		snprintf(end, sizeof(end),
			 ": requested %lu, remapped %lu, released %lu, extra %lu, lost %lu",
			 t->requested, t->remapped, t->released, t->extra,
			 t->lost);
		KUNIT_EXPECT_TRUE_MSG(test, line_is(text, start, end),
				      "line %u: %s", line, text);
	}
	KUNIT_EXPECT_EQ(test, line, lines);
}

/* Pages of RAM with a page between them that is none, as many as given */
static void add_holes(struct fixture *f, unsigned int nr)
{
	u64 addr = MIB(2);

	add(f, 0, addr, RAM);
	for (; nr--; addr += KIB(8))
		add(f, addr + KIB(4), addr + KIB(8), RAM);
	f->in.nr_pages = PAGES(addr);
}

static void test_most_moves(struct kunit *test)
{
	struct fixture *f = setup(test);

	add_holes(f, XEN_LAYOUT_MAX_MOVES);
	add(f, MIB(64), MIB(72), RAM);
	KUNIT_ASSERT_TRUE(test, carry_out(test, f));
	KUNIT_EXPECT_EQ(test, f->plan.nr_moves, XEN_LAYOUT_MAX_MOVES);
	check_lines(test, f);
}

static void test_most_releases(struct kunit *test)
{
	struct fixture *f = setup(test);

	add_holes(f, XEN_LAYOUT_MAX_RELEASES);
	KUNIT_ASSERT_TRUE(test, carry_out(test, f));
	KUNIT_EXPECT_EQ(test, f->plan.nr_releases, XEN_LAYOUT_MAX_RELEASES);
	check_lines(test, f);
}

static struct kunit_case real_cases[] = {
	KUNIT_CASE(test_real),
	KUNIT_CASE(test_machine_8g),
	KUNIT_CASE(test_release_bar),
	KUNIT_CASE(test_most_moves),
	KUNIT_CASE(test_most_releases),
	{ }
};

static struct kunit_suite real_suite = {
	.name = "xen-p2m-apply-real",
	.exit = teardown,
	.test_cases = real_cases,
};

/* --- failures ----------------------------------------------------------------------- */

/*
 * 16 MiB with holes: a move of several chunks across pages of PTEs, a small one,
 * and pages without room
 */
static void small_machine(struct kunit *test, struct fixture *f)
{
	add(f, 0, MIB(2), RAM);
	add(f, MIB(8), MIB(12), RAM);
	add(f, MIB(12) + KIB(12), MIB(15), RAM);
	add(f, MIB(32) + KIB(20), MIB(37), RAM);
	add(f, MIB(40), MIB(40) + KIB(900), RAM);
	f->in.nr_pages = PAGES(MIB(16));
	KUNIT_ASSERT_EQ(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_ASSERT_GT(test, f->plan.nr_moves, 1U);
	KUNIT_ASSERT_GT(test, f->plan.pages_released, 0UL);
	KUNIT_ASSERT_TRUE(test, open_xen(test, f));
}

static void reopen(struct kunit *test, struct fixture *f)
{
	KUNIT_ASSERT_TRUE(test, open_xen(test, f));
	f->injected = true;
}

static void test_small(struct kunit *test)
{
	struct fixture *f = setup(test);

	small_machine(test, f);
	KUNIT_ASSERT_TRUE(test, run(test, f));
	check_clean(test, f);
	check_lines(test, f);
}

struct failure {
	const char *name;
	unsigned long nr;	/* one, and so many more */
	bool half;
	bool first;		/* one of it is done */
	long refusal;
};

static const struct failure failures[] = {
	{ .name = "one" },
	{ .name = "one by half", .half = true },
	{ .name = "one but for its first", .first = true },
	{ .name = "two", .nr = 1 },
	{ .name = "one, refused", .refusal = -EPERM },
	{ .name = "all, refused", .nr = ~0UL >> 1, .refusal = -EPERM },
	{ .name = "two by half", .nr = 1, .half = true },
	{ .name = "three", .nr = 2 },
	{ .name = "all", .nr = ~0UL >> 1 },
	{ .name = "all by half", .nr = ~0UL >> 1, .half = true },
};

static void failure_desc(const struct failure *failure, char *desc)
{
	strscpy(desc, failure->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(failure, failures, failure_desc);

/* At every hypercall there is */
static void test_failing_calls(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct fixture *f = setup(test);
	unsigned long at, lost = 0, released = 0, calls;

	small_machine(test, f);
	KUNIT_ASSERT_TRUE(test, run(test, f));
	calls = f->xen.calls;
	KUNIT_ASSERT_GT(test, calls, 10UL);
	for (at = 1; at <= calls; at++) {
		reopen(test, f);
		f->xen.fail_at = at;
		f->xen.fail_nr = failure->nr;
		f->xen.half = failure->half;
		f->xen.one = failure->first;
		f->xen.refusal = failure->refusal;
		if (!run(test, f)) {
			KUNIT_FAIL(test, "hypercall %lu of %lu", at, calls);
			break;
		}
		lost += f->apply.total.lost;
		released += f->apply.total.extra;
	}
	kunit_info(test, "%lu hypercalls, %lu pages lost, %lu PFNs without",
		   calls, lost, released);
	/* Half of it, and then the other: nothing is lost for good. */
	if (failure->half && !failure->nr)
		KUNIT_EXPECT_LE(test, lost, calls);
	/* Only Xen's refusal to take a page costs one. */
	if (failure->first) {
		KUNIT_EXPECT_EQ(test, released, 0UL);
		KUNIT_EXPECT_LE(test, lost, f->xen.of[FAKE_DECREASE]);
	}
}

/* An MFN that Xen refuses in each hypercall, in each place it can be in */
static void test_bad_mfn(struct kunit *test)
{
	struct fixture *f = setup(test);
	unsigned long pfn, lost = 0;
	unsigned int bad;

	small_machine(test, f);
	for (pfn = 0; pfn < f->in.nr_pages; pfn += 61 * thin_step()) {
		for (bad = 1; bad < BIT(FAKE_CALLS); bad++) {
			reopen(test, f);
			f->xen.bad = fake_first_mfn(&f->xen, pfn);
			f->xen.bad_calls = bad;
			if (!run(test, f)) {
				KUNIT_FAIL(test, "pfn %#lx, calls %#x", pfn,
					   bad);
				return;
			}
			lost += f->apply.total.lost;
			if (!(bad & BIT(FAKE_DECREASE)))
				KUNIT_EXPECT_EQ(test, f->apply.total.lost, 0UL);
			KUNIT_EXPECT_LE(test, f->apply.total.lost, 1UL);
		}
	}
	KUNIT_EXPECT_GT(test, lost, 0UL);
}

/* The tree gets no memory: the pages go back. */
static void test_tree_fails(struct kunit *test)
{
	struct fixture *f = setup(test);
	unsigned long at, allocs, extra = 0;

	small_machine(test, f);
	KUNIT_ASSERT_TRUE(test, run(test, f));
	allocs = f->allocs;
	KUNIT_ASSERT_GT(test, allocs, 0UL);
	for (at = 1; at <= allocs; at++) {
		reopen(test, f);
		f->tree_fails = at;
		KUNIT_EXPECT_TRUE(test, run(test, f));
		KUNIT_EXPECT_EQ(test, f->apply.total.lost, 0UL);
		extra += f->apply.total.extra;
	}
	KUNIT_EXPECT_GT(test, extra, 0UL);
}

/* Of the second move the second page gets no PTE. */
static const struct xen_layout_move *update_fails(struct kunit *test,
						  struct fixture *f)
{
	const struct xen_layout_move *move = &f->plan.moves[1];

	small_machine(test, f);
	f->injected = true;
	f->xen.bad = fake_first_mfn(&f->xen, move->from + 1);
	f->xen.bad_calls = BIT(FAKE_UPDATE);

	return move;
}

/*
 * PTEs that cannot be set as the move is finished: the page goes back to Xen. The
 * balloon driver has to know that the domain has less than the plan says, and may
 * fill the PFN.
 */
static void test_finish_fails(struct kunit *test)
{
	struct fixture *f = setup(test);
	const struct xen_layout_move *move;

	move = update_fails(test, f);
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->xen.reported, f->plan.pages_released + 1);
	KUNIT_EXPECT_EQ(test, f->xen.reservation,
			f->in.nr_pages - f->xen.reported);
	KUNIT_EXPECT_TRUE(test, f->xen.extra[move->to + 1]);
	KUNIT_EXPECT_EQ(test, f->apply.moves[1].extra, 1UL);
	check_lines(test, f);
}

/* The same, and the P2M keeps the page: it is lost, and its PFN not to be filled. */
static void test_page_stays_in_tree(struct kunit *test)
{
	struct fixture *f = setup(test);
	const struct xen_layout_move *move;

	move = update_fails(test, f);
	f->xen.missing_fails = true;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->xen.reported, f->plan.pages_released);
	KUNIT_EXPECT_EQ(test, f->apply.moves[1].lost, 1UL);
	KUNIT_EXPECT_EQ(test, f->apply.moves[1].extra, 0UL);
	KUNIT_EXPECT_FALSE(test, f->xen.extra[move->to + 1]);
	check_lines(test, f);
}

/* Of the PFNs before such a page those without one are to be filled. */
static void test_page_stays_behind_gap(struct kunit *test)
{
	struct fixture *f = setup(test);
	const struct xen_layout_move *move;

	move = update_fails(test, f);
	f->xen.missing_fails = true;
	f->xen.list[move->from] = INVALID_P2M_ENTRY;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.moves[1].lost, 2UL);
	KUNIT_EXPECT_EQ(test, f->apply.moves[1].extra, 1UL);
	KUNIT_EXPECT_TRUE(test, f->xen.extra[move->to]);
	KUNIT_EXPECT_FALSE(test, f->xen.extra[move->to + 1]);
}

/* Xen refuses to take anything: it ends, and all that is to be released is lost. */
static void test_nothing_is_taken(struct kunit *test)
{
	struct fixture *f = setup(test);

	small_machine(test, f);
	f->injected = true;
	f->xen.refusal = -EPERM;
	f->xen.refuses = true;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, f->plan.pages_released);
	KUNIT_EXPECT_EQ(test, f->apply.total.remapped, f->plan.pages_moved);
	KUNIT_EXPECT_EQ(test, f->xen.reported, 0UL);
	KUNIT_EXPECT_EQ(test, f->xen.of[FAKE_DECREASE],
			f->plan.pages_released);
}

/* PTEs that cannot be taken away are counted, whoever had the page. */
static void test_mapping_stays(struct kunit *test)
{
	struct fixture *f = setup(test);

	small_machine(test, f);
	f->injected = true;
	f->xen.zap_fails = f->plan.moves[0].from + 1;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.stale, 1UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 0UL);
	reopen(test, f);
	f->xen.zap_fails = f->plan.releases[0].start;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.stale, 1UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 1UL);
}

/* PFNs which the kernel has no PTEs for */
static void test_no_ptes(struct kunit *test)
{
	struct fixture *f = setup(test);

	small_machine(test, f);
	f->injected = true;
	f->xen.no_ptes = f->plan.moves[1].to;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 0UL);
	KUNIT_EXPECT_GT(test, f->apply.total.extra, 0UL);
	KUNIT_EXPECT_LE(test, f->apply.total.extra, XEN_APPLY_PTES);
}

/* A list with holes in it: nothing goes where there is no page. */
static void test_list_with_holes(struct kunit *test)
{
	struct fixture *f = setup(test);
	const struct xen_layout_move *move;

	small_machine(test, f);
	move = &f->plan.moves[0];
	f->xen.list[move->from] = INVALID_P2M_ENTRY;
	f->xen.list[move->from + 7] = IDENTITY_FRAME(move->from + 7);
	f->xen.list[move->from + 9] = XEN_LAYOUT_PFNS_END;
	f->xen.list[move->from + move->nr - 1] = INVALID_P2M_ENTRY;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.moves[0].lost, 4UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 4UL);
}

/* What is lost so far is known before there is a tree. */
static void test_prepare_tells(struct kunit *test)
{
	struct fixture *f = setup(test);

	small_machine(test, f);
	f->xen.list[f->plan.moves[0].from] = INVALID_P2M_ENTRY;
	KUNIT_ASSERT_EQ(test, xen_apply_prepare(&f->apply, &f->plan, &fake_ops), 0);
	KUNIT_EXPECT_EQ(test, f->apply.moves[0].lost, 1UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.lost, 1UL);
	KUNIT_EXPECT_EQ(test, f->apply.total.released, f->plan.pages_released);
}

/* What Xen has not mapped, and the kernel has no PTEs for, can go nevertheless. */
static void test_release_without_ptes(struct kunit *test)
{
	struct fixture *f = setup(test);

	add(f, 0, MIB(2), RAM);
	f->in.nr_pages = PAGES(MIB(32));
	KUNIT_ASSERT_EQ(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_ASSERT_TRUE(test, open_xen(test, f));
	f->xen.no_ptes = f->in.nr_pages - 1;
	KUNIT_ASSERT_TRUE(test, run(test, f));
	KUNIT_EXPECT_EQ(test, f->apply.total.released, f->plan.pages_released);
}

/* Chunks that somebody else wrote to: what they lead to is lost, no more. */
static void test_chunk_overwritten(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_apply_chunk *chunk;
	unsigned int i;

	small_machine(test, f);
	for (i = 0; i < 5; i++) {
		reopen(test, f);
		KUNIT_ASSERT_EQ(test, xen_apply_prepare(&f->apply, &f->plan, &fake_ops),
				0);
		chunk = f->xen.content[fake_index(&f->xen, f->apply.first)];
		chunk = f->xen.content[fake_index(&f->xen, chunk->next)];
		switch (i) {
		case 0:
			chunk->nr = XEN_APPLY_CHUNK + 1;
			break;
		case 1:
			chunk->nr = 0;
			break;
		case 2:
			chunk->target = f->in.nr_pages - 1;
			break;
		case 3:
			chunk->target = ~0UL;
			break;
		case 4:
			chunk->mfn[0] = 0;
			break;
		}
		make_tree(test, f);
		KUNIT_EXPECT_EQ(test, xen_apply_finish(&f->apply), -EIO);
		KUNIT_EXPECT_TRUE(test, check_all(test, f));
		KUNIT_EXPECT_GT(test, f->apply.total.lost, 0UL);
		KUNIT_EXPECT_GT(test, f->apply.total.remapped, 0UL);
	}
}

static void test_no_plan(struct kunit *test)
{
	struct fixture *f = setup(test);

	KUNIT_EXPECT_NE(test, xen_layout_plan(&f->in, &f->plan), 0);
	KUNIT_EXPECT_EQ(test, xen_apply_prepare(&f->apply, &f->plan, &fake_ops), -EINVAL);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE(test_small),
	KUNIT_CASE_PARAM(test_failing_calls, failure_gen_params),
	KUNIT_CASE(test_bad_mfn),
	KUNIT_CASE(test_tree_fails),
	KUNIT_CASE(test_finish_fails),
	KUNIT_CASE(test_page_stays_in_tree),
	KUNIT_CASE(test_page_stays_behind_gap),
	KUNIT_CASE(test_nothing_is_taken),
	KUNIT_CASE(test_mapping_stays),
	KUNIT_CASE(test_no_ptes),
	KUNIT_CASE(test_list_with_holes),
	KUNIT_CASE(test_prepare_tells),
	KUNIT_CASE(test_release_without_ptes),
	KUNIT_CASE(test_chunk_overwritten),
	KUNIT_CASE(test_no_plan),
	{ }
};

static struct kunit_suite fail_suite = {
	.name = "xen-p2m-apply-fail",
	.exit = teardown,
	.test_cases = fail_cases,
};

/* --- the temporary mapping ------------------------------------------------------------- */

static struct xen_temp_map *setup_map(struct kunit *test, struct fixture *f)
{
	KUNIT_ASSERT_EQ(test, fake_init(&f->xen, 16, 16, 16), 0);

	f->apply.chunks.ops = &fake_ops.temp_map;

	return &f->apply.chunks;
}

static void test_map(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_temp_map *w = setup_map(test, f);
	unsigned long *a;

	a = xen_temp_map(w, FAKE_BASE);
	KUNIT_ASSERT_NOT_NULL(test, a);
	*a = 42;
	xen_temp_unmap(w, a);
	a = xen_temp_map(w, FAKE_BASE + 1);
	*a = 43;
	xen_temp_unmap(w, a);
	a = xen_temp_map(w, FAKE_BASE);
	KUNIT_EXPECT_EQ(test, *a, 42UL);
	xen_temp_unmap(w, a);
	KUNIT_EXPECT_TRUE(test, xen_temp_map_idle(w));
	KUNIT_EXPECT_EQ(test, f->xen.misuse, 0UL);
}

static void test_use_after_unmap(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_temp_map *w = setup_map(test, f);
	unsigned long *a = xen_temp_map(w, FAKE_BASE);

	KUNIT_ASSERT_NOT_NULL(test, a);
	*a = 42;
	xen_temp_unmap(w, a);
	KUNIT_EXPECT_NE(test, READ_ONCE(*a), 42UL);
	WRITE_ONCE(*a, 43);
	a = xen_temp_map(w, FAKE_BASE + 1);
	KUNIT_EXPECT_EQ(test, f->xen.misuse, 1UL);
	xen_temp_unmap(w, a);
}

static void test_nested_map(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_temp_map *w = setup_map(test, f);
	unsigned long *a = xen_temp_map(w, FAKE_BASE);

	KUNIT_EXPECT_NULL(test, xen_temp_map(w, FAKE_BASE + 1));
	KUNIT_EXPECT_EQ(test, w->misuse, 1U);
	xen_temp_unmap(w, a);
	xen_temp_unmap(w, a);
	KUNIT_EXPECT_EQ(test, w->misuse, 2U);
	KUNIT_EXPECT_FALSE(test, xen_temp_map_idle(w));
}

/* It stays mapped for who has it. */
static void test_unmap_of_another(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_temp_map *w = setup_map(test, f);
	unsigned long *a = xen_temp_map(w, FAKE_BASE);

	KUNIT_ASSERT_NOT_NULL(test, a);
	xen_temp_unmap(w, a + 1);
	KUNIT_EXPECT_EQ(test, w->misuse, 1U);
	KUNIT_EXPECT_TRUE(test, f->xen.slot_used);
	xen_temp_unmap(w, NULL);
	KUNIT_EXPECT_EQ(test, w->misuse, 2U);
	KUNIT_EXPECT_TRUE(test, f->xen.slot_used);
	xen_temp_unmap(w, a);
	KUNIT_EXPECT_EQ(test, w->misuse, 2U);
	KUNIT_EXPECT_FALSE(test, f->xen.slot_used);
}

static void test_leak(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_temp_map *w = setup_map(test, f);

	KUNIT_EXPECT_TRUE(test, xen_temp_map_idle(w));
	KUNIT_ASSERT_NOT_NULL(test, xen_temp_map(w, FAKE_BASE));
	KUNIT_EXPECT_FALSE(test, xen_temp_map_idle(w));
	KUNIT_EXPECT_FALSE(test, f->xen.slot_used);
}

/* After it was idle, or put right, it goes on. */
static void test_map_again(struct kunit *test)
{
	struct fixture *f = setup(test);
	struct xen_temp_map *w = setup_map(test, f);
	void *a = xen_temp_map(w, FAKE_BASE);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_FALSE(test, xen_temp_map_idle(w));
	a = xen_temp_map(w, FAKE_BASE + 1);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, w->misuse, 1U);
	xen_temp_unmap(w, a);
	KUNIT_EXPECT_EQ(test, w->misuse, 1U);
	KUNIT_EXPECT_EQ(test, f->xen.misuse, 0UL);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(test_map),
	KUNIT_CASE(test_use_after_unmap),
	KUNIT_CASE(test_nested_map),
	KUNIT_CASE(test_unmap_of_another),
	KUNIT_CASE(test_leak),
	KUNIT_CASE(test_map_again),
	{ }
};

static struct kunit_suite map_suite = {
	.name = "xen-p2m-apply-temp-map",
	.exit = teardown,
	.test_cases = map_cases,
};

/* --- random maps -------------------------------------------------------------------------- */

/* Up to 64 MiB, with failures strewn in half of the time */
static void test_random(struct kunit *test)
{
	static const u32 types[] = { RAM, RAM, RAM, RESERVED, NVS, ACPI };
	struct fixture *f = setup(test);
	unsigned int i, k, runs = 0, nr = 2000 / thin_step() + 10;
	struct rnd *r = &f->rnd;

	rnd_start(test, &f->rnd);
	for (i = 0; i < nr; i++) {
		f->in.nr_e820 = 0;
		add(f, 0, MIB(1), RAM);
		for (k = 1 + rnd_below(r, 20); k; k--) {
			u64 addr = (u64)rnd_below(r, PAGES(MIB(64))) << 12;

			add(f, addr, addr + 1 + rnd_below(r, MIB(8)),
			    types[rnd_below(r, ARRAY_SIZE(types))]);
		}
		f->in.nr_pages = PAGES(MIB(1)) + rnd_below(r, PAGES(MIB(40)));
		f->in.mem_limit = rnd_one_in(r, 4) ?
				  MIB(1) + rnd_below(r, MIB(64)) : 0;
		if (xen_layout_plan(&f->in, &f->plan) || !open_xen(test, f))
			continue;
		f->injected = rnd_one_in(r, 2);
		f->tree_fails = 0;
		if (f->injected) {
			f->xen.fail_at = 1 + rnd_below(r, 40);
			f->xen.missing_fails = rnd_one_in(r, 4);
			f->xen.fail_nr = rnd_below(r, 4);
			f->xen.half = rnd_one_in(r, 2);
			f->tree_fails = rnd_below(r, 8);
		}
		KUNIT_ASSERT_TRUE(test, run(test, f));
		if (!f->injected)
			check_clean(test, f);
		runs++;
		cond_resched();
	}
	kunit_info(test, "%u runs", runs);
	KUNIT_EXPECT_GT(test, runs, nr / 4);
}

static struct kunit_case random_cases[] = {
	KUNIT_CASE(test_random),
	{ }
};

static struct kunit_suite random_suite = {
	.name = "xen-p2m-apply-random",
	.exit = teardown,
	.test_cases = random_cases,
};

kunit_test_suites(&real_suite, &fail_suite, &map_suite, &random_suite);

MODULE_DESCRIPTION("KUnit tests of carrying out the memory layout of Xen PV domains");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
/* For EXPORT_SYMBOL_IF_KUNIT() */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
