// SPDX-License-Identifier: GPL-2.0
/*
 * Reads logs and /proc files line by line, and finds out whose line it is
 *
 * Each line is looked at for itself, whatever the file is: a log may hold several
 * of the things that are of interest, and a report holds all of them. It may hold
 * several boots, and what guests wrote, with a prefix or without. A line that
 * starts like one of these but does not go on like it is an error, for half a
 * memory map is worse than none.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "text.h"

#define MAX_LINE	4096

/* --- whose line it is ------------------------------------------------------- */

static struct machine *guest_named(struct text *t, const char *name)
{
	struct machine **link = &t->m->guest;
	unsigned int nr = 0;

	for (; *link; link = &(*link)->guest, nr++)
		if (!strcmp((*link)->name, name))
			return *link;
	if (nr == MAX_GUESTS)
		return NULL;
	*link = machine_new();
	if (*link) {
		snprintf((*link)->name, sizeof((*link)->name), "%s", name);
		(*link)->at = t->at;
	}

	return *link;
}

/* "d4" of "(d4) ", "HVM4" of "HVM4: "; @p then points after it */
static bool guest_prefix(const char **p, const char *start, const char *end,
			 char *name, size_t size)
{
	const char *q = *p;
	size_t digits, len;

	if (!skip(&q, start))
		return false;
	digits = strspn(q, "0123456789");
	len = digits + strlen(start) - (*start == '(');
	if (!digits || digits > 5 || len >= size)
		return false;
	snprintf(name, size, "%.*s", (int)len, *p + (*start == '('));
	q += digits;
	if (!skip(&q, end))
		return false;
	*p = skip_space(q);

	return true;
}

/* A console of a guest in Xen's log: (d4), or HVM4: after (XEN) */
static const char *guest_line(const char *line, char *name, size_t size)
{
	const char *p = line;

	for (p = strstr(line, "(d"); p; p = strstr(p + 1, "(d"))
		if ((p == line || p[-1] == ' ' || p[-1] == ']') &&
		    guest_prefix(&p, "(d", ")", name, size))
			return p;
	p = text_after(line, "(XEN) ");
	if (p)
		p = strstr(p, "HVM");
	if (p && p[-1] == ' ' && guest_prefix(&p, "HVM", ":", name, size))
		return p;

	return NULL;
}

/* --- lines ------------------------------------------------------------------ */

/* A mail in the form that breaks its lines, and writes = as =3D */
static bool quoted_printable(const char *line)
{
	size_t len = strlen(line);

	if (strstr(line, "dom0_mem=3D") || strstr(line, "mem=3D"))
		return true;

	return len && line[len - 1] == '=' &&
	       (strstr(line, "(XEN)") || strstr(line, "[mem ") ||
		strstr(line, "e820") || strstr(line, "Xen: "));
}

/* The line after an entry has only a piece of an address: an entry that was cut. */
static bool cut_entry(const struct text *t, const char *line)
{
	static const char *const prefixes[] = {
		"(XEN)", "Xen: ", " BIOS: ", "user: ",
	};
	const char *p = line, *q;
	unsigned int i;
	u64 value;

	if (!t->entry_line || t->entry_line + 1 != t->at.line)
		return false;
	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		q = text_after(line, prefixes[i]);
		if (q)
			p = q;
	}
	p = skip_space(p);
	if (!*p)
		return false;
	if (skip(&p, "[") && !isxdigit((unsigned char)*p))
		return !strncmp("mem 0x", p, strlen(p)) ||
		       !strncmp(p, "mem 0x", 6);

	return hex(&p, &value) >= 4 && !p[strspn(p, "0123456789abcdef -,")];
}

/*
 * Was something left out right after an entry, when the log was pasted? There is
 * "..." or "[snip]", or a line that was not printed by the same program.
 */
static bool left_out(const struct text *t, const char *line)
{
	static const char *const words[] = {
		"snip", "--More--", "8<", "truncated", "omitted",
	};
	const char *xen = text_after(line, "(XEN)"), *p = xen ? xen : line;
	unsigned int i;

	if (t->entry_line + 1 != t->at.line || !t->entry_line || !*line)
		return false;
	if (!xen && t->entry_by && *line != t->entry_by)
		return true;
	p += strspn(p, "[(<{ ");
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(p, words[i]))
			return true;

	return !strncmp(p, "...", 3) || !strncmp(p, "\xe2\x80\xa6", 3);
}

static int plain_line(struct text *t, const char *line)
{
	static int (*const readers[])(struct text *t, const char *line) = {
		iomem_line, p2m_line, memmap_line, resource_line, lspci_line,
		linux_line, xl_info_line,
	};
	int ret = READ_OTHER;
	unsigned int i;

	for (i = 0; ret == READ_OTHER && i < ARRAY_SIZE(readers); i++)
		ret = readers[i](t, line);

	return ret;
}

/* Lines of d0 are dom0's, not those of a guest. */
static bool is_dom0(const char *name)
{
	return !strcmp(name, "d0");
}

static int guest_said(struct text *t, const char *name, const char *line)
{
	struct machine *boot = t->now;
	int ret;

	t->now = guest_named(t, name);
	if (!t->now) {
		t->now = boot;
		return READ_DONE;
	}
	ret = linux_line(t, line);
	t->now = boot;

	/* No plan depends on what a guest's firmware writes there. */
	return ret == READ_OTHER ? READ_DONE : ret;
}

/* Quoted in a mail: "> " */
static const char *after_quotes(const char *line)
{
	while (*line == '>' || *line == '|')
		line += 1 + (line[1] == ' ');

	return line;
}

/* The other half of an entry, "usable"; or it has none */
static int broken_entry(struct text *t, const char *line)
{
	const struct broken b = t->broken;
	u32 type;

	line = skip_space(line);
	t->broken.line = 0;
	if (type_from_name(line, strlen(line), &type))
		return text_entry(t, b.source, b.start, b.end, line,
				  strlen(line));
	t->at.line = b.line;

	return bad(t, "memory map entry without a type");
}

static int one_line(struct text *t, const char *line)
{
	const char *p;
	char name[16];
	int ret;

	if (quoted_printable(line))
		return bad(t, "a mail as quoted-printable, with broken lines; decode it first: python3 -m quopri -d");
	line = after_quotes(line);
	if (t->broken.line)
		return broken_entry(t, line);
	p = guest_line(line, name, sizeof(name));
	if (p && !is_dom0(name))
		return guest_said(t, name, p);
	if (p)
		line = p;
	p = text_after(line, "(XEN)");
	ret = p ? xen_line(t, p) : plain_line(t, line);
	if (t->entry_line == t->at.line)
		t->entry_by = p ? 'X' : *line == '[' ? '[' : 0;
	if (ret != READ_OTHER)
		return ret;
	if (left_out(t, line))
		t->elided_line = t->at.line;
	if (cut_entry(t, line))
		return bad(t, "memory map entry that is cut off: give the whole log");
	if (looks_like_ours(line))
		unread_add(t->m, &t->at, line);

	return READ_DONE;
}

/* Without an end the last line is cut off, unless it is an entry as a whole. */
static int last_line(struct text *t, bool ended)
{
	if (t->broken.line)
		return broken_entry(t, "");
	if (ended || !t->entry_line || t->entry_line + 1 != t->at.line)
		return 0;

	return bad(t, "the input ends in the middle of a memory map: give the whole log");
}

/* A log goes on after its map; a copy of the map alone may have been cut. */
static void ends_with_map(struct text *t)
{
	if (t->log_entry_line && t->log_entry_line == t->last_line)
		note(&t->m->remarks,
		     "%s ends with an entry of the memory map, which may be incomplete",
		     t->at.file);
}

static int each_line(struct text *t, const char *text, const char *end)
{
	char line[MAX_LINE];
	const char *next;
	size_t len;
	int err = 0;

	for (; !err && text < end; text = next + 1) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		len = next - text;
		t->at.line++;
		if (len >= sizeof(line))
			len = sizeof(line) - 1;
		memcpy(line, text, len);
		while (len && isspace((unsigned char)line[len - 1]))
			len--;
		line[len] = '\0';
		if (len)
			t->last_line = t->at.line;
		err = one_line(t, line);
	}

	return err;
}

int parse_text(struct machine *m, const char *name, const char *text,
	       size_t size, struct fault *fault)
{
	struct text t = { .m = m, .fault = fault, .in_type = -1, .in_bus = -1 };
	char *plain = plain_text(text, size, &size);
	int err;

	snprintf(t.at.file, sizeof(t.at.file), "%s", name);
	t.boot = machine_new();
	t.now = t.boot;
	if (!plain || !t.boot)
		err = fault_at(fault, name, 0, "out of memory");
	else
		err = each_line(&t, plain, plain + size);
	if (!err)
		err = last_line(&t, !size || plain[size - 1] == '\n');
	if (!err) {
		ends_with_map(&t);
		xen_maps_compare(&t);
	}
	if (!err && t.memmap)
		err = memmap_finish(m, t.memmap, name, fault);
	if (t.memmap && !m->format)
		m->format = "memmap";
	if (!err && t.elided_line)
		note(&m->remarks,
		     "at line %u text is missing after the memory map, which may be incomplete",
		     t.elided_line);
	if (!err)
		err = boots_end(&t);
	machine_free(t.boot);
	free(t.memmap);
	free(t.xen_before);
	free(plain);

	return err;
}
