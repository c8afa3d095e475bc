// SPDX-License-Identifier: GPL-2.0
/*
 * Would a stock kernel boot here, why not, and does this series help?
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "answer.h"
#include "json.h"

/* --- stock kernels ------------------------------------------------------------ */

/* Why stock dies of the range (%s: which area), and the remedy */
static const struct {
	const char *where;
	const char *todo;
} deaths[STOCK_DEATHS] = {
	[STOCK_CONFLICT] = {
		"where Xen puts the %s",
		"use this series, or a kernel built with another CONFIG_PHYSICAL_START",
	},
	[STOCK_NO_ROOM] = {
		"where Xen puts the %s: no RAM above the domain's to move it to",
		"give the domain less memory, so that the map has RAM to spare",
	},
	[STOCK_TOO_MANY] = {
		"where Xen puts the %s: the fifth region to move",
		"use this series, or a kernel built with another CONFIG_PHYSICAL_START",
	},
	[STOCK_RAM_END] = {
		"RAM to move a region to, which ends inside a page",
		"use this series, or give the domain another amount of memory",
	},
	[STOCK_NO_P2M] = {
		"the P2M list is not in RAM, and there is no room for a copy",
		"give the domain another amount of memory",
	},
	[STOCK_NO_INITRD] = {
		"the initrd is not in RAM, and there is no room for a copy",
		"use this series, or a smaller initrd",
	},
	[STOCK_EXTRA] = {
		"pages move there, but extra memory was counted in bytes",
		"use this series, or give the domain another amount of memory",
	},
	[STOCK_SLIVER] = {
		"RAM without a border of pages inside",
		"use this series, or firmware without that entry",
	},
	[STOCK_INITRD_SHIFTED] = {
		"the initrd is copied there, but to the start of the page",
		"use this series, or a smaller initrd",
	},
	[STOCK_MEM] = {
		"pages move there, but mem= cuts it off",
		"limit dom0's memory with dom0_mem= of Xen, not with mem= of Linux",
	},
};

static void say_death(struct side *side, const struct stock_fate *fate)
{
	const char *type = "";
	int nr;

	if (fate->type)
		type = type_name(fate->type);
	else if (fate->death == STOCK_CONFLICT)
		type = "a gap in the map";
	snprintf(side->why, sizeof(side->why), "%s", stock_last_words(fate));
	nr = snprintf(side->where, sizeof(side->where),
		      "[mem %#018lx-%#018lx] %s%s", fate->start, fate->end - 1,
		      type, *type ? ", " : "");
	snprintf(side->where + nr, sizeof(side->where) - nr,
		 deaths[fate->death].where, xen_layout_area_name(fate->area));
	side->todo = deaths[fate->death].todo;
}

/*
 * In a hole of the map: where a kernel that looks for free PFNs finds some. In dom0
 * devices are there before memory is added; in a domU they come later.
 */
static bool bar_in_hole(const struct plan *plan, const struct pci_range *r)
{
	return r->kind == PCI_BAR && !map_has(plan, r, 0);
}

static void stock_dangers(struct side *side, const struct plan *plan)
{
	unsigned int i, nr = 0, first = 0;

	for (i = plan->pci.nr; i--; ) {
		if (!bar_in_hole(plan, plan->pci.row[i].range))
			continue;
		first = i;
		nr++;
	}
	if (!nr || plan->in.domain == XEN_LAYOUT_DOM0)
		return;
	note(&side->loses,
	     "memory added later (balloon, pages of other domains) may take PFNs of a hole before the device is there: %s%s",
	     plan->pci.row[first].range->name, nr > 1 ? " and others" : "");
	side->todo = "use this series; without it set maxmem= to memory=, and pass the device from the start";
}

static void released(struct side *side, unsigned long pages)
{
	if (!pages)
		return;
	note(&side->loses,
	     "%lu pages: no RAM to move them to, they go back to Xen", pages);
	side->todo = "give the domain less memory";
}

static void stock_losses(struct side *side, const struct stock_fate *fate,
			 const struct plan *plan)
{
	if (fate->lost)
		note(&side->loses, "%lu pages leaked", fate->lost);
	released(side, fate->released);
	if (fate->tail)
		note(&side->loses,
		     "%lu PFNs after the domain's memory, up to 0x%lx, are missing: a BAR there is not 1:1",
		     fate->tail, (plan->in.nr_pages + 511) & ~511UL);
	if (fate->lost)
		side->todo = "give the domain less memory";
	stock_dangers(side, plan);
}

/* --- this series ----------------------------------------------------------------- */

static void this_series(struct side *side, const struct plan *plan)
{
	snprintf(side->name, sizeof(side->name), "this series");
	side->dies = plan->error;
	if (plan->error) {
		xen_layout_describe_error(&plan->in, &plan->layout, 0, side->why,
					  sizeof(side->why));
		side->todo = "see below";
		return;
	}
	released(side, plan->layout.pages_released);
}

/* --- the log against the plan ------------------------------------------------------- */

static unsigned long ram_of(const struct xen_layout_map *map)
{
	const struct xen_layout_region *r = map->region;
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < map->nr; i++, r++)
		if (r->type == XEN_LAYOUT_RAM)
			pages += (r->end - r->start) >> XEN_LAYOUT_PAGE_SHIFT;

	return pages;
}

/* The next RAM from region @i on, in words; false if there is none */
static bool next_ram(const struct xen_layout_map *map, unsigned int *i,
		     char *buf, size_t size)
{
	const struct xen_layout_region *r;

	while (*i < map->nr) {
		r = &map->region[(*i)++];
		if (r->type != XEN_LAYOUT_RAM)
			continue;
		snprintf(buf, size, "RAM at 0x%lx-0x%lx", r->start, r->end);
		return true;
	}
	snprintf(buf, size, "no more RAM");

	return false;
}

/* Of RAM: Xen gives dom0 some regions more than its log has. */
static void first_difference(struct answer *answer,
			     const struct xen_layout_map *log,
			     const struct xen_layout_map *planned)
{
	char logged[64], plan[64];
	unsigned int i = 0, k = 0;
	bool more;

	do {
		more = next_ram(log, &i, logged, sizeof(logged));
		more |= next_ram(planned, &k, plan, sizeof(plan));
	} while (more && !strcmp(logged, plan));
	if (more)
		snprintf(answer->differs, sizeof(answer->differs),
			 "the log has %s, planned is %s", logged, plan);
}

static void compare_maps(struct answer *answer, const struct map *log,
			 const struct xen_layout_map *planned)
{
	static struct xen_layout_map logged;
	const struct map_entry *e = log->entry;

	for (logged.nr = 0; logged.nr < log->nr; e++)
		logged.region[logged.nr++] = (struct xen_layout_region) {
			e->start, e->end, e->type,
		};
	answer->told[TOLD_RAM].log = ram_of(&logged);
	first_difference(answer, &logged, planned);
}

/* Is the plan for what the log is of? */
static bool is_the_logs(const struct plan_options *o)
{
	return !o->dom0_mem && !o->max_pages && !o->nr_pages && !o->kernel.end &&
	       !o->initrd.end && !o->e820_host;
}

static void compare_log(struct answer *answer, const struct machine *m,
			const struct plan *plan, const struct stock_fate *fate)
{
	const struct map *log = m->map[SOURCE_DOMAIN];
	struct told *told = answer->told;

	told[TOLD_MOVED] = (struct told) {
		"pages moved", m->remapped, plan->layout.pages_moved,
		fate ? fate->moved : UNKNOWN_PAGES,
	};
	told[TOLD_RELEASED] = (struct told) {
		"pages released", m->released, plan->layout.pages_released,
		fate ? fate->released : UNKNOWN_PAGES,
	};
	told[TOLD_RAM] = (struct told) {
		"pages of RAM in the map", UNKNOWN_PAGES,
		ram_of(&plan->layout.e820), UNKNOWN_PAGES,
	};
	/* A plan that was made from the result cannot be compared with it. */
	if (log && strcmp(plan->source, source_names[SOURCE_DOMAIN]))
		compare_maps(answer, log, &plan->layout.e820);
}

/* --- all of it -------------------------------------------------------------------------- */

/* "stock 6.1 and 6.12" */
static void list_stocks(const struct answer *a, bool dies, char *buf, size_t size)
{
	unsigned int i, nr = 0, left = 0;
	int at;

	for (i = 0; i < STOCKS; i++)
		left += a->side[i].dies == dies;
	at = snprintf(buf, size, "stock");
	for (i = 0; i < STOCKS; i++) {
		if (a->side[i].dies != dies)
			continue;
		left--;
		at += snprintf(buf + at, size - at, "%s %s",
			       !nr++ ? "" : left ? "," : " and", stock_names[i]);
	}
}

static unsigned int nr_dying(const struct answer *a)
{
	unsigned int i, nr = 0;

	for (i = 0; i < STOCKS; i++)
		nr += a->side[i].dies;

	return nr;
}

static bool stock_loses(const struct answer *a)
{
	unsigned int i;

	for (i = 0; i < STOCKS; i++)
		if (a->side[i].loses.nr > a->side[THIS_SERIES].loses.nr)
			return true;

	return false;
}

__printf(2, 3)
static void say(struct answer *a, const char *fmt, ...)
{
	size_t at = strlen(a->verdict);
	va_list args;

	va_start(args, fmt);
	vsnprintf(a->verdict + at, sizeof(a->verdict) - at, fmt, args);
	va_end(args);
}

static void say_findings(struct answer *a, const struct plan *plan)
{
	say(a, "%u finding%s on PCI", plan->findings.nr,
	    plan->findings.nr > 1 ? "s" : "");
}

static void say_verdict(struct answer *a, const struct plan *plan)
{
	unsigned int dying = nr_dying(a);
	char bad[64], good[64];

	list_stocks(a, true, bad, sizeof(bad));
	list_stocks(a, false, good, sizeof(good));
	if (a->side[THIS_SERIES].dies)
		say(a, "this series does not boot here%s",
		    dying == STOCKS ? ", nor does stock" : "");
	else if (!dying)
		say(a, "stock boots here, so does this series%s",
		    stock_loses(a) ?
		    "; stock loses what this series does not" : "");
	else
		say(a, "%s die%s here; %s%sthis series boots", bad,
		    dying == 1 ? "s" : "", dying < STOCKS ? good : "",
		    dying == STOCKS ? "" :
		    dying == STOCKS - 1 ? " boots, " : " boot, ");
	if (plan->findings.nr) {
		say(a, "; ");
		say_findings(a, plan);
	}
}

void answer_add_guest(struct answer *host, const struct machine *m,
		      const struct plan *plan, const struct answer *guest)
{
	bool dies = nr_dying(guest) || plan->error;

	if (!dies && !plan->findings.nr)
		return;
	say(host, "; guest%s%s (line %u): ", m->name[0] ? " " : "", m->name,
	    m->at.line);
	if (dies)
		say(host, "%s", guest->verdict);
	else
		say_findings(host, plan);
}

static void name_side(struct side *side, unsigned int i,
		      const struct plan *plan)
{
	bool of_log = stock_of_release(plan->release) == i;

	snprintf(side->name, sizeof(side->name), "stock %s%s%.20s%s",
		 stock_names[i], of_log ? " (as the log's " : "",
		 of_log ? plan->release : "", of_log ? ")" : "");
}

struct answer *answer_make(const struct machine *m,
			   const struct plan_options *options,
			   const struct plan *plan)
{
	enum stock_kernel logs = stock_of_release(plan->release);
	struct answer *a = calloc(1, sizeof(*a));
	struct stock_fate fate[STOCKS];
	unsigned int i;

	m = plan_machine(m, options);
	for (i = 0; a && i < STOCKS; i++) {
		struct side *side = &a->side[i];

		if (!stock_judge(i, &plan->in, &fate[i])) {
			free(a);
			return NULL;
		}
		name_side(side, i, plan);
		side->dies = fate[i].death != STOCK_LIVES;
		if (side->dies)
			say_death(side, &fate[i]);
		else
			stock_losses(side, &fate[i], plan);
	}
	if (!a)
		return NULL;
	this_series(&a->side[THIS_SERIES], plan);
	a->comparable = is_the_logs(options) && !plan->error;
	if (a->comparable)
		compare_log(a, m, plan, logs < STOCKS && !a->side[logs].dies ?
			    &fate[logs] : NULL);
	say_verdict(a, plan);

	return a;
}

/* --- text -------------------------------------------------------------------------------- */

static void print_side(const struct side *side, int width)
{
	const char *first = side->dies ? "dies" : "boots";
	unsigned int i;

	printf("  %-*s  %-6s", width, side->name, first);
	if (side->dies)
		printf("%s\n", side->why);
	else if (!side->loses.nr)
		printf("loses nothing\n");
	if (*side->where)
		printf("  %-*s  %s\n", width + 6, "", side->where);
	for (i = 0; i < side->loses.nr; i++)
		printf("%*s%s\n", i ? width + 10 : 0, "", side->loses.text[i]);
	if (side->todo)
		printf("  %-*s  Hint: %s\n", width + 6, "", side->todo);
}

static void print_told(const struct told *t)
{
	if (t->log == UNKNOWN_PAGES)
		return;
	printf("  %-24s %12lu, planned %lu: ", t->what, t->log, t->planned);
	if (t->log == t->planned)
		printf("agrees\n");
	else if (t->log == t->stock)
		printf("differs by %+ld, as stock does\n",
		       (long)(t->log - t->planned));
	else
		printf("differs by %+ld\n", (long)(t->log - t->planned));
}

static bool log_says(const struct answer *a)
{
	unsigned int i;

	for (i = 0; i < TOLD; i++)
		if (a->comparable && a->told[i].log != UNKNOWN_PAGES)
			return true;

	return false;
}

void answer_print_text(const struct answer *a)
{
	int width = 0;
	unsigned int i;

	for (i = 0; i < SIDES; i++)
		width = max(width, (int)strlen(a->side[i].name));
	printf("\nKernels side by side\n");
	for (i = 0; i < SIDES; i++)
		print_side(&a->side[i], width);
	if (!log_says(a))
		return;
	printf("\nWhat the log says, and the plan\n");
	for (i = 0; i < TOLD; i++)
		print_told(&a->told[i]);
	if (*a->differs)
		printf("  %s\n", a->differs);
	else if (a->told[TOLD_RAM].log != UNKNOWN_PAGES)
		printf("  RAM of the maps is the same\n");
}

/* --- JSON ---------------------------------------------------------------------------------- */

static void add_side(cJSON *list, const struct side *side)
{
	cJSON *row = json_row(list);

	cJSON_AddStringToObject(row, "kernel", side->name);
	cJSON_AddBoolToObject(row, "boots", !side->dies);
	json_text(row, "message", side->why);
	json_text(row, "where", side->where);
	json_notes(row, "loses", &side->loses);
	json_text(row, "todo", side->todo);
}

static void add_told(cJSON *list, const struct told *t)
{
	cJSON *row;

	if (t->log == UNKNOWN_PAGES)
		return;
	row = json_row(list);
	cJSON_AddStringToObject(row, "what", t->what);
	cJSON_AddNumberToObject(row, "log", t->log);
	cJSON_AddNumberToObject(row, "planned", t->planned);
}

void answer_add_json(const struct answer *a, struct cJSON *root)
{
	cJSON *list, *log;
	unsigned int i;

	cJSON_AddStringToObject(root, "verdict", a->verdict);
	list = cJSON_AddArrayToObject(root, "kernels");
	for (i = 0; i < SIDES; i++)
		add_side(list, &a->side[i]);
	log = cJSON_AddObjectToObject(root, "log");
	list = cJSON_AddArrayToObject(log, "numbers");
	for (i = 0; a->comparable && i < TOLD; i++)
		add_told(list, &a->told[i]);
	json_text(log, "map_differs", a->differs);
}
