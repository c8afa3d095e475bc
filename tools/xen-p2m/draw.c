// SPDX-License-Identifier: GPL-2.0
/*
 * A plan, or a P2M, as a picture: SVG
 *
 * One axis of addresses for all columns. It is cut at each border of a range in
 * any column; each piece gets a height by the logarithm of its size, so that a
 * page can be seen beside a terabyte. Pieces in which no column has RAM, a
 * region or a BAR are folded.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/minmax.h>

#include "answer.h"
#include "command.h"

#define AXIS_X		104.0
#define COLUMN_W	150.0
#define COLUMN_GAP	56.0
#define TOP_Y		64.0
#define FOLDED_H	14.0
#define LABEL_H		11.0
#define MAX_ARROWS	24U
/* The axis is at most so high, so that all of a picture is seen at once. */
#define MAX_AXIS	700.0
/* A character, and what is left free at both sides of a label */
#define CHAR_W		6.3
#define LABEL_PAD	8.0

/* Of the memory that the log is of, if another amount is asked for; of that */
enum column_id {
	COLUMN_E820,
	COLUMN_LOG_BEFORE,
	COLUMN_LOG_AFTER,
	COLUMN_BEFORE,
	COLUMN_AFTER,
	COLUMN_PCI,
	COLUMNS,
};

/* A block in a column, in PFNs */
struct block {
	enum column_id column;
	unsigned long start;
	unsigned long end;
	const char *class;
	char label[72];
	bool solid;		/* keeps the axis from being folded */
	bool half;		/* a BAR inside its aperture */
};

struct picture {
	FILE *out;
	char column_title[COLUMNS][48];
	unsigned int nr_blocks;
	unsigned int max_blocks;
	struct block *block;
	unsigned int nr;	/* cuts of the axis */
	unsigned long *cut;
	double *y;		/* of each cut */
	const struct plan *plan;
};

/* --- what there is to draw -------------------------------------------------- */

static void no_memory(void)
{
	perror("xen-p2m");
	exit(EXIT_UNKNOWN);
}

#define for_each_block(p, b) \
	for (b = (p)->block; b < (p)->block + (p)->nr_blocks; b++)

static struct block *block_add(struct picture *p, enum column_id id,
			       unsigned long start, unsigned long end,
			       const char *class)
{
	struct block *b;

	if (!make_room(&p->block, p->nr_blocks, &p->max_blocks, sizeof(*b)))
		no_memory();
	b = &p->block[p->nr_blocks++];
	*b = (struct block) {
		.column = id, .start = start, .end = end, .class = class,
		.solid = true,
	};

	return b;
}

/* NULL: there is nothing in that column */
static struct block *last_block(const struct picture *p, enum column_id id)
{
	unsigned int i;

	for (i = p->nr_blocks; i--; )
		if (p->block[i].column == id)
			return &p->block[i];

	return NULL;
}

static const char *e820_class(u32 type)
{
	switch (type) {
	case XEN_LAYOUT_RAM:
		return "ram";
	case XEN_LAYOUT_RESERVED:
		return "res";
	case XEN_LAYOUT_ACPI:
	case XEN_LAYOUT_NVS:
		return "acpi";
	default:
		return "odd";
	}
}

static void size_label(char *buf, size_t size, const char *name,
		       unsigned long pages)
{
	const char *unit;
	double value = in_unit(pages, &unit);
	int digits = value < 10 && value != (int)value;

	snprintf(buf, size, "%s, %.*f %s", name, digits, value, unit);
}

static void region_add(struct picture *p, u64 start, u64 end, u32 type)
{
	struct block *b = block_add(p, COLUMN_E820, PFN_DOWN(start),
				    PFN_DOWN(end - 1) + 1, e820_class(type));

	size_label(b->label, sizeof(b->label), type_name(type),
		   b->end - b->start);
}

static void extent_block(struct picture *p, enum column_id id,
			 unsigned long start, unsigned long end,
			 enum xen_p2m_type type, const char *class,
			 const char *name)
{
	struct block *b;

	b = block_add(p, id, start, end, class ? class : p2m_type_name(type));
	size_label(b->label, sizeof(b->label), name ? name :
		   type == XEN_P2M_MFN ? "RAM" : p2m_type_name(type),
		   end - start);
	b->solid = type == XEN_P2M_MFN || type == XEN_P2M_FOREIGN;
}

/* Is this RAM with a page from elsewhere? Then up to where */
static bool moved_to(const struct plan *plan, unsigned long pfn,
		     unsigned long *until)
{
	const struct xen_layout_move *m = plan->layout.moves;
	unsigned int i;

	for (i = 0; i < plan->layout.nr_moves; i++, m++) {
		if (m->to > pfn) {
			*until = min(*until, m->to);
			return false;
		}
		if (pfn < m->to + m->nr) {
			*until = min(*until, m->to + m->nr);
			return true;
		}
	}

	return false;
}

static void after_extent(struct picture *p, enum column_id id,
			 const struct plan *plan, const struct extent *e)
{
	unsigned long pfn = e->start, end;
	bool moved;

	if (e->type != XEN_P2M_MFN || e->known) {
		extent_block(p, id, e->start, e->end, e->type,
			     e->type == XEN_P2M_MFN ? "nonram" : NULL,
			     e->type == XEN_P2M_MFN ? "moved region" : NULL);
		return;
	}
	for (; pfn < e->end; pfn = end) {
		end = e->end;
		moved = moved_to(plan, pfn, &end);
		/* Moves that follow each other make one block. */
		while (moved && end < e->end) {
			unsigned long more = e->end;

			if (!moved_to(plan, end, &more))
				break;
			end = more;
		}
		extent_block(p, id, pfn, end, XEN_P2M_MFN,
			     moved ? "moved" : NULL, moved ? "moved" : NULL);
	}
}

/* P2M before and after, in the column @before and the one after it */
static void take_p2m(struct picture *p, enum column_id before,
		     const struct plan *plan)
{
	unsigned int i;

	extent_block(p, before, 0, plan->in.nr_pages, XEN_P2M_MFN, NULL, NULL);
	for (i = 0; i < plan->p2m.nr; i++)
		after_extent(p, before + 1, plan, &plan->p2m.extent[i]);
}

static void take_plan(struct picture *p, const struct plan *plan)
{
	const struct xen_layout_entry *e = plan->e820;
	unsigned int i;

	p->plan = plan;
	for (i = 0; i < plan->in.nr_e820; i++)
		region_add(p, e[i].addr, e[i].addr + e[i].size, e[i].type);
}

/* Behind a P2M all is identity; what Xen made has no end of its own. */
static void extend(struct picture *p, enum column_id id)
{
	bool before = id == COLUMN_BEFORE || id == COLUMN_LOG_BEFORE;
	struct block *last = last_block(p, id), *b;
	unsigned long end = 0;

	for_each_block(p, b)
		end = max(end, b->end);
	if (!last || last->end == end)
		return;
	if (before || strcmp(last->class, "identity")) {
		extent_block(p, id, last->end, end,
			     before ? XEN_P2M_MISSING : XEN_P2M_IDENTITY, NULL,
			     NULL);
		return;
	}
	size_label(last->label, sizeof(last->label), "identity",
		   end - last->start);
	last->end = end;
}

static void take_dump(struct picture *p, const struct dump *dump)
{
	const struct extent *e = dump->extent;
	unsigned int i;

	for (i = 0; i < dump->nr; i++, e++)
		extent_block(p, COLUMN_AFTER, e->start, e->end, e->type, NULL,
			     NULL);
}

static void pci_blocks(struct picture *p, const struct pci *pci, bool bars)
{
	const struct pci_range *r = pci->range;
	unsigned int i;
	struct block *b;

	for (i = 0; i < pci->nr; i++, r++) {
		if ((r->kind == PCI_BAR) != bars)
			continue;
		b = block_add(p, COLUMN_PCI, PFN_DOWN(r->start),
			      PFN_DOWN(r->end - 1) + 1,
			      bars ? "bar" : "aperture");
		b->half = bars;
		b->solid = bars;
		if (bars)
			snprintf(b->label, sizeof(b->label), "%s", r->name);
		else
			size_label(b->label, sizeof(b->label), "aperture",
				   b->end - b->start);
	}
}

/* Of 1:1 */
static bool is_in_the_way(const struct picture *p, const struct block *pci)
{
	const struct block *b;

	for_each_block(p, b)
		if (b->column == COLUMN_AFTER && strcmp(b->class, "identity") &&
		    overlap(b, pci))
			return true;

	return false;
}

static void mark_conflicts(struct picture *p)
{
	struct block *b;

	for_each_block(p, b)
		if (b->column == COLUMN_PCI && is_in_the_way(p, b))
			b->class = "conflict";
}

/* --- the axis --------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static void cut_axis(struct picture *p)
{
	unsigned int i, all = 1 + 2 * p->nr_blocks, nr = 1;
	const struct block *b;

	p->cut = calloc(all, sizeof(*p->cut));
	p->y = calloc(all, sizeof(*p->y));
	if (!p->cut || !p->y)
		no_memory();
	for_each_block(p, b) {
		p->cut[nr++] = b->start;
		p->cut[nr++] = b->end;
	}
	qsort(p->cut, nr, sizeof(*p->cut), by_number);
	for (i = 0; i < nr; i++)
		if (!p->nr || p->cut[p->nr - 1] != p->cut[i])
			p->cut[p->nr++] = p->cut[i];
}

/* Is anything between two cuts that has to be seen? */
static bool piece_solid(const struct picture *p, unsigned int i)
{
	const struct span piece = { p->cut[i], p->cut[i + 1] };
	const struct block *b;

	for_each_block(p, b)
		if (b->solid && overlap(b, &piece))
			return true;

	return false;
}

static double piece_height(const struct picture *p, unsigned int i)
{
	unsigned long pages = p->cut[i + 1] - p->cut[i];
	double bits = 0;

	if (!piece_solid(p, i))
		return FOLDED_H;
	for (; pages > 1; pages >>= 1)
		bits++;

	return 5 + 3 * bits;
}

/* Where there is too much of it for a screen all of it gets smaller. */
static void place_cuts(struct picture *p)
{
	double y = TOP_Y, height = 0, part;
	unsigned int i;

	for (i = 0; i + 1 < p->nr; i++)
		height += piece_height(p, i);
	part = height > MAX_AXIS ? MAX_AXIS / height : 1;
	for (i = 0; i < p->nr; i++) {
		p->y[i] = y;
		if (i + 1 < p->nr)
			y += part * piece_height(p, i);
	}
}

static double y_of(const struct picture *p, unsigned long pfn)
{
	unsigned int i = 0;
	double part;

	while (i + 1 < p->nr && p->cut[i + 1] <= pfn)
		i++;
	if (i + 1 == p->nr)
		return p->y[i];
	part = (double)(pfn - p->cut[i]) / (p->cut[i + 1] - p->cut[i]);

	return p->y[i] + part * (p->y[i + 1] - p->y[i]);
}

/* --- SVG -------------------------------------------------------------------- */

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			fputc('?', out);
		else
			fputc(*text, out);
	}
}

/* No variables: not every viewer knows them. Dark mode says all colours again. */
static const char style[] =
"<style>\n"
"svg{font:11px system-ui,sans-serif}.num{font:10px ui-monospace,monospace;text-anchor:end}\n"
".title{font-weight:600;text-anchor:middle}.head{font-size:14px;font-weight:600}\n"
"rect.b{stroke-width:.8}.cut{stroke-width:.6}.fold{stroke-width:.8;fill:none;stroke-dasharray:2 3}\n"
".arrow{stroke-width:1;fill:none;opacity:.75}\n"
".bg{fill:#fff}text{fill:#1f2328}.num{fill:#59636e}\n"
"rect.b{stroke:#fff}.cut{stroke:#d1d9e0}.fold{stroke:#59636e}.arrow{stroke:#4f8edc}\n"
".ram,.mfn{fill:#9ec5f4}.moved{fill:#4f8edc}.nonram{fill:#c79bf2}.identity{fill:#a6dfb5}\n"
".missing{fill:#eef1f4}.foreign{fill:#f7c481}.res{fill:#c8ced6}.acpi{fill:#d9bdf5}\n"
".odd{fill:#f3b4ae}.aperture{fill:#d5f0dc}.bar{fill:#5fb87a}.conflict{fill:#e5534b}\n"
"@media (prefers-color-scheme:dark){\n"
".bg{fill:#0d1117}text{fill:#e6edf3}.num{fill:#9198a1}\n"
"rect.b{stroke:#0d1117}.cut{stroke:#3d444d}.fold{stroke:#9198a1}.arrow{stroke:#3b7fd9}\n"
".ram,.mfn{fill:#1f4f8f}.moved{fill:#3b7fd9}.nonram{fill:#6e3fa8}.identity{fill:#1d5c33}\n"
".missing{fill:#1b212a}.foreign{fill:#8a5a14}.res{fill:#3a424d}.acpi{fill:#553180}\n"
".odd{fill:#8c2f28}.aperture{fill:#12351f}.bar{fill:#2f9150}.conflict{fill:#da3633}\n"
"}</style>\n";

/* Empty columns take no space. */
static unsigned int column_place(const struct picture *p, enum column_id id)
{
	unsigned int i, place = 0;

	for (i = 0; i < id; i++)
		place += !!last_block(p, i);

	return place;
}

static double column_x(const struct picture *p, enum column_id id)
{
	return AXIS_X + column_place(p, id) * (COLUMN_W + COLUMN_GAP);
}

/* A BAR at the start of an aperture leaves no room for the aperture's label. */
static bool label_hidden(const struct picture *p, const struct block *b,
			 double y)
{
	const struct block *bar;

	if (strcmp(b->class, "aperture"))
		return false;
	for_each_block(p, bar)
		if (bar->half && overlap(bar, b) &&
		    y_of(p, bar->start) < y + LABEL_H + 2)
			return true;

	return false;
}

/* No more of a label than the block is wide */
static void put_label(FILE *out, const char *label, double width)
{
	size_t max = (width - LABEL_PAD) / CHAR_W;
	char text[72];

	snprintf(text, sizeof(text), "%s", label);
	if (strlen(text) > max)
		snprintf(text + max - 2, 3, "..");
	put_text(out, text);
}

static void draw_block(const struct picture *p, double x,
		       const struct block *b)
{
	double y = y_of(p, b->start), h = y_of(p, b->end) - y;
	double width = COLUMN_W;

	if (b->half) {
		x += 12;
		width -= 12;
	}
	fprintf(p->out,
		"<rect class=\"b %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
		b->class, x, y, width, h);
	put_text(p->out, b->label);
	fprintf(p->out, ": 0x%lx-0x%lx</title></rect>\n", b->start, b->end);
	if (h < LABEL_H || label_hidden(p, b, y))
		return;
	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\">", x + 5,
		b->half || strcmp(b->class, "aperture") ? y + h / 2 + 4 :
		y + LABEL_H);
	put_label(p->out, b->label, width);
	fprintf(p->out, "</text>\n");
}

static void draw_column(const struct picture *p, enum column_id id)
{
	double x = column_x(p, id);
	const struct block *b;

	if (!last_block(p, id))
		return;
	fprintf(p->out, "<text class=\"title\" x=\"%.1f\" y=\"%.1f\">",
		x + COLUMN_W / 2, TOP_Y - 10);
	put_label(p->out, p->column_title[id], COLUMN_W + COLUMN_GAP);
	fprintf(p->out, "</text>\n");
	for_each_block(p, b)
		if (b->column == id)
			draw_block(p, x, b);
}

static void draw_axis(const struct picture *p, double width)
{
	double last = -LABEL_H;
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		fprintf(p->out,
			"<line class=\"cut\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
			AXIS_X - 6, width - 16, p->y[i], p->y[i]);
		if (p->y[i] - last < LABEL_H)
			continue;
		last = p->y[i];
		fprintf(p->out,
			"<text class=\"num\" x=\"%.1f\" y=\"%.1f\">0x%lx</text>\n",
			AXIS_X - 10, p->y[i] + 3.5,
			(u64)p->cut[i] << XEN_LAYOUT_PAGE_SHIFT);
	}
	for (i = 0; i + 1 < p->nr; i++)
		if (!piece_solid(p, i))
			fprintf(p->out,
				"<path class=\"fold\" d=\"M%.1f %.1fV%.1f\"/>\n",
				AXIS_X - 6, p->y[i] + 1, p->y[i + 1] - 1);
}

/* From the old PFNs of pages to the new ones */
static void draw_arrows(const struct picture *p)
{
	const struct xen_layout *l = &p->plan->layout;
	double x1 = column_x(p, COLUMN_BEFORE) + COLUMN_W;
	double x2 = column_x(p, COLUMN_AFTER), y1, y2;
	unsigned int i;

	for (i = 0; i < l->nr_moves && i < MAX_ARROWS; i++) {
		const struct xen_layout_move *m = &l->moves[i];

		y1 = (y_of(p, m->from) + y_of(p, m->from + m->nr)) / 2;
		y2 = (y_of(p, m->to) + y_of(p, m->to + m->nr)) / 2;
		fprintf(p->out,
			"<path class=\"arrow\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fl-5 -3m5 3l-5 3\"/>\n",
			x1, y1, x1 + 26, y1, x2 - 26, y2, x2, y2);
	}
}

#define LEGEND_W	175
#define LEGEND_ROWS	4

/* What is drawn in a way of its own */
static void draw_notes(const struct picture *p, double y)
{
	fprintf(p->out,
		"<path class=\"fold\" d=\"M%.1f %.1fv12\"/><text x=\"%.1f\" y=\"%.1f\">folded: no RAM, no region, no BAR there</text>\n"
		"<text x=\"%.1f\" y=\"%.1f\">Not to scale: heights go by the logarithm of sizes.</text>\n",
		AXIS_X + 6, y, AXIS_X + 18, y + 10, AXIS_X + 2 * LEGEND_W,
		y + 10);
}

static void draw_legend(const struct picture *p, double y)
{
	static const struct {
		const char *class;
		const char *label;
	} items[] = {
		{ "ram", "RAM" }, { "moved", "RAM, page moved here" },
		{ "nonram", "moved region" }, { "identity", "identity (1:1)" },
		{ "missing", "missing" }, { "foreign", "of another domain" },
		{ "res", "reserved" }, { "acpi", "ACPI" },
		{ "odd", "other type" }, { "aperture", "PCI aperture" },
		{ "bar", "BAR" }, { "conflict", "not 1:1, but has to be" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(items); i++) {
		double x = AXIS_X + (i % 4) * LEGEND_W, top = y + (i / 4) * 18;

		fprintf(p->out,
			"<rect class=\"b %s\" x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\"/><text x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			items[i].class, x, top, x + 18, top + 10,
			items[i].label);
	}
	draw_notes(p, y + (LEGEND_ROWS - 1) * 18);
}

static void draw_all(struct picture *p, const char *title)
{
	unsigned int places = column_place(p, COLUMNS), i;
	double width, height, y;

	cut_axis(p);
	place_cuts(p);
	width = AXIS_X + places * (COLUMN_W + COLUMN_GAP) - COLUMN_GAP + 24;
	width = max(width, AXIS_X + 4.0 * LEGEND_W);
	y = p->y[p->nr - 1] + 24;
	height = y + LEGEND_ROWS * 18 + 8;
	fprintf(p->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<title>",
		width, height, width, height);
	put_text(p->out, title);
	fprintf(p->out, "</title>\n%s<rect class=\"bg\" width=\"100%%\" height=\"100%%\"/>\n<text class=\"head\" x=\"16\" y=\"26\">",
		style);
	put_text(p->out, title);
	fprintf(p->out, "</text>\n");
	draw_axis(p, width);
	for (i = 0; i < COLUMNS; i++)
		draw_column(p, i);
	if (last_block(p, COLUMN_BEFORE))
		draw_arrows(p);
	draw_legend(p, y);
	fprintf(p->out, "</svg>\n");
}

/* --- the command ------------------------------------------------------------ */

static void picture_title(const struct plan *plan, char *buf, size_t size)
{
	char pages[48];

	if (!plan) {
		snprintf(buf, size, "The P2M as it is");
		return;
	}
	size_label(pages, sizeof(pages),
		   plan->in.domain == XEN_LAYOUT_DOM0 ? "dom0" : "domU",
		   plan->in.nr_pages);
	snprintf(buf, size, "Memory of %s: %lu pages moved, %lu released",
		 pages, plan->layout.pages_moved, plan->layout.pages_released);
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputc('\n', out);
		else
			put_text(out, (char []) { *text, '\0' });
}

/* What plan prints, below the picture */
static int put_plan(FILE *out, const struct answer *answer,
		    const struct plan *plan)
{
	FILE *saved = stdout, *memory;
	char *text = NULL;
	size_t size;

	memory = open_memstream(&text, &size);
	if (!memory)
		return -1;
	stdout = memory;
	plan_print_text(plan, answer);
	stdout = saved;
	fclose(memory);
	fputs("<pre>\n", out);
	put_escaped(out, text);
	fputs("</pre>\n", out);
	free(text);

	return 0;
}

static int draw_page(struct picture *p, const char *title,
		     const struct answer *answer)
{
	fputs("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>", p->out);
	put_text(p->out, title);
	fputs("</title>\n", p->out);
	draw_all(p, title);

	return answer ? put_plan(p->out, answer, p->plan) : 0;
}

static int draw_to(const struct options *options, struct picture *p,
		   const char *title, const struct answer *answer)
{
	int err = 0;

	p->out = stdout;
	if (options->output && strcmp(options->output, "-"))
		p->out = fopen(options->output, "w");
	if (!p->out) {
		fprintf(stderr, "xen-p2m: %s: %s\n", options->output,
			strerror(errno));
		return EXIT_UNKNOWN;
	}
	if (options->html)
		err = draw_page(p, title, answer);
	else
		draw_all(p, title);
	if (p->out != stdout && fclose(p->out))
		err = -1;
	if (!err)
		return EXIT_GOOD;
	perror("xen-p2m");

	return EXIT_UNKNOWN;
}

static void name_column(struct picture *p, enum column_id id, const char *name,
			const struct plan *plan)
{
	size_label(p->column_title[id], sizeof(p->column_title[id]), name,
		   plan->in.nr_pages);
}

/* The memory that the log is of, beside the one that is asked for */
static void take_log(struct picture *p, const struct plan *log,
		     const struct plan *plan)
{
	if (!log || log->in.nr_pages == plan->in.nr_pages)
		return;
	take_p2m(p, COLUMN_LOG_BEFORE, log);
	name_column(p, COLUMN_LOG_BEFORE, "log: Xen's P2M", log);
	name_column(p, COLUMN_LOG_AFTER, "log: P2M of Linux", log);
	name_column(p, COLUMN_BEFORE, "Xen's P2M", plan);
	name_column(p, COLUMN_AFTER, "P2M of Linux", plan);
}

static void picture_free(struct picture *p)
{
	free(p->block);
	free(p->cut);
	free(p->y);
}

static int draw_machine(const struct options *options,
			const struct machine *m, const struct plan *plan,
			const struct plan *log)
{
	struct picture p = {
		.column_title = {
			[COLUMN_E820] = "memory map (E820)",
			[COLUMN_BEFORE] = "P2M as Xen makes it",
			[COLUMN_AFTER] = "P2M of Linux",
			[COLUMN_PCI] = "PCI",
		},
	};
	const struct dump *dump = best_dump(m);
	struct answer *answer = plan ? answer_make(m, &options->plan, plan) : NULL;
	enum column_id id;
	char title[128];
	int status;

	if (plan)
		take_plan(&p, plan);
	/* The P2M as it is says more than a plan. */
	if (dump->nr) {
		take_dump(&p, dump);
	} else if (plan) {
		take_p2m(&p, COLUMN_BEFORE, plan);
		take_log(&p, log, plan);
	}
	pci_blocks(&p, &m->pci, false);
	pci_blocks(&p, m->pci_sysfs.nr ? &m->pci_sysfs : &m->pci, true);
	for (id = COLUMN_LOG_BEFORE; id <= COLUMN_AFTER; id++)
		extend(&p, id);
	mark_conflicts(&p);
	picture_title(dump->nr ? NULL : plan, title, sizeof(title));
	status = draw_to(options, &p, title, answer);
	picture_free(&p);
	free(answer);

	return status;
}

/* A plan for the memory that the log is of; NULL if that is what is asked for */
static struct plan *plan_of_log(const struct options *options,
				const struct machine *m)
{
	struct plan_options o = options->plan;
	struct plan *plan;
	struct fault fault;

	if ((!o.dom0_mem && !o.nr_pages) || (!m->nr_pages && !m->dom0_mem[0]))
		return NULL;
	o.dom0_mem = NULL;
	o.nr_pages = 0;
	o.max_pages = 0;
	plan = plan_new();
	if (plan && !plan_make(m, &o, plan, &fault) && !plan->error)
		return plan;
	plan_free(plan);

	return NULL;
}

/* A P2M in the input is drawn instead of a plan, which options would be about. */
static bool options_in_vain(const struct options *options,
			    const struct machine *m)
{
	const struct plan_options *p = &options->plan;

	if (!best_dump(m)->nr)
		return false;

	return p->dom0_mem || p->max_pages || p->nr_pages || p->kernel.end ||
	       p->initrd.end || p->domu || p->e820_host;
}

int command_draw(const struct options *options)
{
	struct machine *m = read_input(options);
	struct plan *plan = NULL, *log = NULL;
	struct fault fault = { .text = "out of memory" };
	int status = EXIT_UNKNOWN, err = 0;

	if (!m)
		return EXIT_UNKNOWN;
	if (options_in_vain(options, m)) {
		fault_at(&fault, "input", 0,
			 "has a P2M, which is drawn: options for a plan do nothing");
		err = -1;
	} else if (best_source(m) != SOURCES || !best_dump(m)->nr) {
		plan = plan_new();
		err = plan ? plan_make(m, &options->plan, plan, &fault) : -1;
	}
	if (err) {
		print_input_fault(options, &fault);
	} else if (plan && plan->error) {
		plan_print_error(plan, stderr, "xen-p2m: ");
		status = EXIT_FINDINGS;
	} else {
		log = plan_of_log(options, m);
		status = draw_machine(options, m, plan, log);
	}
	plan_free(log);
	plan_free(plan);
	machine_free(m);

	return status;
}
