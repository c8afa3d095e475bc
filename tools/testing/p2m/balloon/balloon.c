// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that a domain gets from Xen, when anything about it may fail
 *
 * The .inc files are pieces of a kernel tree, made when this is built. Of a page that
 * is in use the P2M, the M2P and the kernel's mapping have to have the same MFN; of
 * one that is not, none. And Xen has to count as many pages as the P2M does.
 */

#include <inttypes.h>
#include <time.h>

#include "stub.h"

#define NR_MFNS		(2 * NR_PFNS)
#define FIRST_MFN	0x12340UL
#define NO_PFN		(~0UL)
#define BUFFER_PAGES	16

struct page mem_map[NR_PFNS];
unsigned long warnings;

static unsigned long p2m[NR_PFNS], pte[NR_PFNS], m2p[NR_MFNS];
static bool leaf[NR_PFNS / P2M_PER_PAGE], owned[NR_MFNS];
static unsigned long reservation, limit, beside_balloon;
static const char *doing;

/* One in so many fails, at random; 0: none */
static struct {
	unsigned int leaf, store, populate;
} faults;
static unsigned long nr_failed[3];
static u64 seed, state;

static struct balloon_stats balloon_stats;
static LIST_HEAD(ballooned_pages);
static xen_pfn_t frame_list[PAGE_SIZE / sizeof(xen_pfn_t)];
static bool xen_scrub_pages = true, xen_hotplug_unpopulated = true;

#include "reservation-h.inc"
#include "reservation.inc"
#include "balloon.inc"
#include "grant-table.inc"

static void __noreturn bad(const char *what, unsigned long pfn)
{
	printf("not ok: %s: %s, PFN %#lx; seed=%#" PRIx64 "\n", doing, what, pfn, seed);
	exit(1);
}

void bug(const char *what)
{
	printf("not ok: %s: BUG_ON(%s); seed=%#" PRIx64 "\n", doing, what, seed);
	exit(1);
}

static unsigned long rnd(unsigned long below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;

	return state % below;
}

static bool fails(unsigned int one_in, unsigned int kind)
{
	bool failed = one_in && !rnd(one_in);

	nr_failed[kind] += failed;

	return failed;
}

/* --- P2M ------------------------------------------------------------------------- */

int xen_alloc_p2m_entry(unsigned long pfn)
{
	if (!leaf[pfn / P2M_PER_PAGE] && fails(faults.leaf, 0))
		return -ENOMEM;
	leaf[pfn / P2M_PER_PAGE] = true;

	return 0;
}

bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (!leaf[pfn / P2M_PER_PAGE])
		return mfn == INVALID_P2M_ENTRY;
	p2m[pfn] = mfn;

	return true;
}

bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (fails(faults.store, 1) || xen_alloc_p2m_entry(pfn))
		return false;

	return __set_phys_to_machine(pfn, mfn);
}

unsigned long xen_page_to_gfn(struct page *page)
{
	return p2m[page_to_pfn(page)];
}

/* --- Xen ------------------------------------------------------------------------- */

static bool domain_has(unsigned long mfn)
{
	return mfn >= FIRST_MFN && mfn - FIRST_MFN < NR_MFNS && owned[mfn - FIRST_MFN];
}

int HYPERVISOR_update_va_mapping(uintptr_t va, unsigned long value, unsigned long flags)
{
	if (va / PAGE_SIZE >= NR_PFNS || (value && !domain_has(value)))
		return -EINVAL;
	pte[va / PAGE_SIZE] = value;

	return 0;
}

static bool populate(unsigned long pfn, unsigned long *mfn)
{
	static unsigned long next;

	if (pfn >= NR_PFNS)
		bad("Xen was asked for memory of no PFN", pfn);
	if (reservation == limit)
		return false;
	while (owned[next])
		next = (next + 1) % NR_MFNS;
	owned[next] = true;
	m2p[next] = pfn;
	*mfn = FIRST_MFN + next;
	next = (next + rnd(7)) % NR_MFNS;
	reservation++;

	return true;
}

static bool decrease(unsigned long mfn)
{
	unsigned long pfn;

	if (!domain_has(mfn))
		return false;
	for (pfn = 0; pfn < NR_PFNS; pfn++)
		if (pte[pfn] == mfn)
			bad("a mapped page was given to Xen", pfn);
	owned[mfn - FIRST_MFN] = false;
	m2p[mfn - FIRST_MFN] = NO_PFN;
	reservation--;

	return true;
}

long HYPERVISOR_memory_op(unsigned int cmd, struct xen_memory_reservation *r)
{
	unsigned long i;

	for (i = 0; i < r->nr_extents; i++)
		if (cmd == XENMEM_decrease_reservation ?
		    !decrease(r->extent_start[i]) :
		    fails(faults.populate, 2) ||
		    !populate(r->extent_start[i], &r->extent_start[i]))
			break;

	return i;
}

/* --- kernel ---------------------------------------------------------------------- */

static void has_memory(struct page *page)
{
	unsigned long pfn = page_to_pfn(page), mfn = p2m[pfn];

	if (!domain_has(mfn))
		bad("a page in use has no memory by the P2M", pfn);
	if (pte[pfn] != mfn || m2p[mfn - FIRST_MFN] != pfn)
		bad("a page in use has other memory than the P2M has", pfn);
}

/* Only the balloon asks for pages. */
struct page *alloc_page(unsigned int gfp)
{
	unsigned long pfn;

	for (pfn = 0; pfn < NR_PFNS; pfn++) {
		if (mem_map[pfn].owner != USED)
			continue;
		mem_map[pfn].owner = BALLOON;
		return mem_map + pfn;
	}

	return NULL;
}

unsigned long si_mem_available(void)
{
	return balloon_stats.current_pages;
}

void free_reserved_page(struct page *page)
{
	page->owner = USED;
	has_memory(page);
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *bus,
			 unsigned int gfp)
{
	unsigned long start, i, nr = size / PAGE_SIZE;

	for (start = 0; start + nr <= NR_PFNS; start += nr) {
		for (i = 0; i < nr && mem_map[start + i].owner == USED; i++)
			;
		if (i == nr)
			break;
	}
	if (start + nr > NR_PFNS)
		return NULL;
	for (i = 0; i < nr; i++)
		mem_map[start + i].owner = BUFFER;
	*bus = start * PAGE_SIZE;

	return mem_map + start;
}

void dma_free_coherent(struct device *dev, size_t size, void *vaddr, dma_addr_t bus)
{
	struct page *page = vaddr;
	unsigned long i;

	for (i = 0; i < size / PAGE_SIZE; i++)
		free_reserved_page(page + i);
}

/* --- what has to hold, always ------------------------------------------------------ */

static void sound(void)
{
	unsigned long pfn, in_p2m = 0, in_balloon = 0;

	for (pfn = 0; pfn < NR_PFNS; pfn++) {
		if (mem_map[pfn].owner == USED || p2m[pfn] != INVALID_P2M_ENTRY)
			has_memory(mem_map + pfn);
		else if (pte[pfn])
			bad("a page without an entry is mapped", pfn);
		if (mem_map[pfn].owner == BALLOON && p2m[pfn] != INVALID_P2M_ENTRY)
			bad("a page of the balloon has memory", pfn);
		in_p2m += p2m[pfn] != INVALID_P2M_ENTRY;
		in_balloon += mem_map[pfn].owner == BALLOON;
	}
	if (in_p2m != reservation)
		bad("Xen counts other pages than the P2M", reservation);
	if (balloon_stats.balloon_low != in_balloon)
		bad("the balloon does not know how many pages it has", in_balloon);
	if (balloon_stats.current_pages != reservation + beside_balloon)
		bad("the balloon counts other pages than Xen", balloon_stats.current_pages);
}

/* All PFNs from @used on are the balloon's, those from @built on have no leaf. */
static void begin(unsigned long used, unsigned long built)
{
	unsigned long pfn;

	memset(owned, 0, sizeof(owned));
	memset(&faults, 0, sizeof(faults));
	memset(&balloon_stats, 0, sizeof(balloon_stats));
	ballooned_pages.next = &ballooned_pages;
	ballooned_pages.prev = &ballooned_pages;
	reservation = 0;
	beside_balloon = 0;
	warnings = 0;
	limit = NR_PFNS;
	for (pfn = 0; pfn < NR_PFNS; pfn++) {
		leaf[pfn / P2M_PER_PAGE] = pfn < built;
		p2m[pfn] = INVALID_P2M_ENTRY;
		pte[pfn] = 0;
		mem_map[pfn].owner = USED;
		if (pfn < used) {
			populate(pfn, &p2m[pfn]);
			pte[pfn] = p2m[pfn];
			continue;
		}
		mem_map[pfn].owner = BALLOON;
		balloon_append(mem_map + pfn);
	}
	balloon_stats.current_pages = used;
	sound();
}

/* As the balloon's thread does */
static void grow(unsigned long target)
{
	unsigned long before = balloon_stats.current_pages, pfn;
	enum bp_state bp = increase_reservation(target - before);

	/* What is not on the list any more was given to the page allocator. */
	for (pfn = 0; pfn < NR_PFNS; pfn++)
		if (mem_map[pfn].owner == BALLOON && !mem_map[pfn].lru.next)
			bad("a page is lost", pfn);
	sound();
	if (bp != BP_DONE && bp != BP_EAGAIN)
		bad("no state to go on from", bp);
	if (bp == BP_DONE && before == balloon_stats.current_pages)
		bad("nothing came, and that is called done", before);
}

/* It gets there when nothing fails any more. */
static void grows_to(unsigned long target)
{
	unsigned int tries;

	memset(&faults, 0, sizeof(faults));
	limit = NR_PFNS;
	for (tries = 0; balloon_stats.current_pages < target; tries++) {
		if (tries == 2 * NR_PFNS / ARRAY_SIZE(frame_list))
			bad("the balloon does not reach its target", target);
		grow(target);
	}
}

static void test_extra_memory(void)
{
	unsigned int i;

	doing = "leaves of extra memory cannot be allocated";
	begin(NR_PFNS / 4, NR_PFNS / 4);
	faults.leaf = 1;
	grow(NR_PFNS);
	if (balloon_stats.current_pages != NR_PFNS / 4)
		bad("memory came without a leaf", NR_PFNS / 4);
	/* So that a batch begins inside of a leaf */
	faults.leaf = 0;
	grow(NR_PFNS / 4 + 100);
	faults.leaf = 1;
	grow(NR_PFNS);
	if (balloon_stats.current_pages != NR_PFNS / 4 + P2M_PER_PAGE)
		bad("other memory came than that of the leaf", balloon_stats.current_pages);
	faults.leaf = 2;
	for (i = 0; i < 4; i++)
		if (balloon_stats.current_pages < NR_PFNS)
			grow(NR_PFNS);
	grows_to(NR_PFNS);
	if (warnings)
		bad("with its leaf an MFN was not stored", warnings);
}

static void test_store(void)
{
	unsigned int i;

	doing = "MFNs cannot be stored";
	begin(NR_PFNS / 2, NR_PFNS);
	for (i = 1; i < 2000; i *= 3) {
		faults.store = i;
		if (balloon_stats.current_pages < NR_PFNS)
			grow(NR_PFNS);
	}
	if (!warnings)
		bad("nobody said so", 0);
	grows_to(NR_PFNS);
}

static void test_short(void)
{
	doing = "Xen has less than the balloon wants";
	begin(NR_PFNS / 2, NR_PFNS);
	limit = NR_PFNS / 2 + 7;
	grow(NR_PFNS);
	if (reservation != limit)
		bad("not all that Xen has came", reservation);
	grow(NR_PFNS);
	grows_to(NR_PFNS);
}

static void test_random(void)
{
	unsigned int i;

	doing = "anything fails at random";
	begin(rnd(NR_PFNS), NR_PFNS);
	for (i = 0; i < NR_PFNS / P2M_PER_PAGE; i++)
		leaf[i] = i * P2M_PER_PAGE < balloon_stats.current_pages || rnd(2);
	for (i = 0; i < 20; i++) {
		faults.leaf = rnd(4);
		faults.store = rnd(1000);
		faults.populate = rnd(1000);
		limit = max(reservation, rnd(NR_PFNS + 1));
		if (balloon_stats.current_pages < NR_PFNS)
			grow(balloon_stats.current_pages + 1 +
			     rnd(NR_PFNS - balloon_stats.current_pages));
	}
	grows_to(NR_PFNS);
}

/* A DMA buffer is freed when Xen has @has pages, and one MFN in @store is not stored. */
static void test_buffer(unsigned long has, unsigned int store)
{
	struct page *pages[BUFFER_PAGES];
	xen_pfn_t frames[BUFFER_PAGES];
	struct gnttab_dma_alloc_args args = {
		.coherent = true, .nr_pages = BUFFER_PAGES,
		.pages = pages, .frames = frames,
	};
	unsigned long before = reservation, in_use = 0, i;
	int err;

	doing = "a DMA buffer is freed";
	if (gnttab_dma_alloc_pages(&args))
		bad("no buffer", 0);
	beside_balloon += BUFFER_PAGES;
	sound();
	if (reservation != before - BUFFER_PAGES)
		bad("its memory did not go to Xen", reservation);

	limit = reservation + has;
	faults.store = store;
	err = gnttab_dma_free_pages(&args);
	for (i = 0; i < BUFFER_PAGES; i++)
		in_use += pages[i]->owner == BUFFER;
	if (in_use != (err ? BUFFER_PAGES : 0))
		bad("what it returned is not what it did", in_use);
	beside_balloon -= reservation - (before - BUFFER_PAGES);
	sound();
	if (!err && reservation != before)
		bad("freed without its memory", reservation);
	if (!err && has < BUFFER_PAGES)
		bad("all came of less", has);
	if (err && has >= BUFFER_PAGES && !store)
		bad("lost without a cause", err);
	faults.store = 0;
	limit = NR_PFNS;
}

static void test_buffers(void)
{
	unsigned long has;

	begin(NR_PFNS, NR_PFNS);
	for (has = 0; has <= BUFFER_PAGES + 1; has++) {
		test_buffer(has, 0);
		test_buffer(has, 1);
		test_buffer(has, 4);
		test_buffer(has, 20);
	}
}

/* Of @used pages a domain gives some up, when the balloon has @kept and @target. */
static void test_give_up(unsigned long kept, unsigned long target,
			 unsigned long lowered_to)
{
	unsigned long used = NR_PFNS - kept, given_up = NO_PFN, i;
	struct page *pages[BUFFER_PAGES];

	doing = "pages are given up";
	begin(used, NR_PFNS);
	balloon_stats.target_pages = target;
	if (xen_give_up_pages(BUFFER_PAGES, pages, &given_up))
		bad("no pages", target);
	for (i = 0; i < BUFFER_PAGES; i++)
		pages[i]->owner = BUFFER;
	sound();
	if (given_up != used - reservation ||
	    given_up != (kept < BUFFER_PAGES ? BUFFER_PAGES - kept : 0))
		bad("other pages were given up than it says", given_up);
	if (balloon_stats.target_pages != lowered_to)
		bad("wrong target", balloon_stats.target_pages);
	if (balloon_stats.target_unpopulated != BUFFER_PAGES)
		bad("wrong number of pages that are not to be populated",
		    balloon_stats.target_unpopulated);

	for (i = 0; i < BUFFER_PAGES; i++)
		pages[i]->owner = BALLOON;
	xen_free_ballooned_pages(BUFFER_PAGES, pages);
	sound();
}

/* A shrinking balloon has that much less to do: its target is not to move twice. */
static void test_give_up_lowers_target(void)
{
	unsigned long half = BUFFER_PAGES / 2;

	test_give_up(0, NR_PFNS, NR_PFNS - BUFFER_PAGES);
	test_give_up(0, NR_PFNS + 100, NR_PFNS + 100 - BUFFER_PAGES);
	test_give_up(0, NR_PFNS - half, NR_PFNS - BUFFER_PAGES);
	test_give_up(0, NR_PFNS - BUFFER_PAGES, NR_PFNS - BUFFER_PAGES);
	test_give_up(0, NR_PFNS - 100, NR_PFNS - 100);
	test_give_up(half, NR_PFNS - half, NR_PFNS - BUFFER_PAGES);
	test_give_up(half, NR_PFNS, NR_PFNS - half);
	test_give_up(BUFFER_PAGES, NR_PFNS - BUFFER_PAGES, NR_PFNS - BUFFER_PAGES);
	test_give_up(100, NR_PFNS - 100, NR_PFNS - 100);
}

/* What was retrieved before a leaf failed goes back, and the target stays. */
static void test_give_up_fails(void)
{
	struct page *pages[BUFFER_PAGES];
	unsigned long given_up;

	doing = "pages cannot be given up";
	begin(NR_PFNS - P2M_PER_PAGE - 4, NR_PFNS - P2M_PER_PAGE);
	balloon_stats.target_pages = balloon_stats.current_pages;
	faults.leaf = 1;
	if (!xen_give_up_pages(BUFFER_PAGES, pages, &given_up))
		bad("pages without a leaf", 0);
	faults.leaf = 0;
	sound();
	if (balloon_stats.target_pages != balloon_stats.current_pages ||
	    balloon_stats.target_unpopulated)
		bad("the target moved", balloon_stats.target_pages);
}

int main(void)
{
	const char *given = getenv("seed"), *rounds = getenv("rounds");
	unsigned long i, nr = rounds ? strtoul(rounds, NULL, 0) : 20;

	seed = given ? strtoull(given, NULL, 0) : time(NULL) * 1000003ULL + 1;
	state = seed;
	printf("# seed=%#" PRIx64 "\n", seed);
	for (i = 0; i < nr; i++) {
		test_extra_memory();
		test_store();
		test_short();
		test_random();
		test_buffers();
		test_give_up_lowers_target();
		test_give_up_fails();
	}
	if (!nr_failed[0] || !nr_failed[1] || !nr_failed[2])
		bad("nothing failed", 0);
	printf("# %lu rounds; %lu leaves were not allocated, %lu MFNs not stored, %lu not given\n"
	       "ok\n", nr, nr_failed[0], nr_failed[1], nr_failed[2]);

	return 0;
}
