/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_TEXT_H
#define _XEN_P2M_TOOL_TEXT_H

#include "machine.h"

/*
 * Between the readers of lines: parse-text.c finds out whose line it is and asks
 * the reader of each format in turn. These return READ_OTHER for what is none of
 * theirs.
 */

#define READ_BAD	(-1)	/* a fault has been set */
#define READ_DONE	0
#define READ_OTHER	1

/* Lines of /sys/bus/pci/devices/N/resource, and flags in them */
#define RES_ROM		6U
#define RES_VF		7U
#define RES_WINDOW	13U
#define RES_MEM		0x200U
#define RES_UNSET	0x20000000U

/* What a log says of the kernel that wrote it */
#define HINT_PV		BIT(0)
#define HINT_PVH	BIT(1)
#define HINT_HVM	BIT(2)
#define HINT_BARE	BIT(3)
#define HINT_OTHER	BIT(4)
#define HINT_DOM0	BIT(5)
#define HINT_DOMU	BIT(6)

/**
 * struct text - a text, read up to some line
 * @m: what becomes of it
 * @now: whose line it is: a boot, or a guest whose console is in Xen's log
 * @boot: the boot that lines without a prefix are of; older ones after it,
 *        through their member guest
 * @fault: the first thing that is wrong
 * @at: the line
 * @last_line: the last one that is not empty
 * @entry_line: last line that was an entry of a memory map
 * @log_entry_line: the same, of a log
 * @broken: an entry whose type is on the next line, as mails break them
 * @claimed: a BAR that could not be claimed; why is on the next line
 * @entry_source: of the last entry in a log
 * @entry_by: who printed it: 'X' Xen, '[' a kernel with time stamps, else 0
 * @elided_line: there something between entries was left out by hand; 0: no
 * @xen_before: Xen's map of the boot before, or of another host; NULL: none
 * @initial_map: Xen has not looked over its map yet
 * @other_map: of Xen's maps this is not the machine's
 * @virtual: below VIRTUAL MEMORY ARRANGEMENT
 * @map_header: Xen's map was announced, so that it starts with its first entry
 * @memmap: entries of /sys/firmware/memmap; NULL: none yet
 * @in_type: depth in /proc/iomem of the entry with a type, -1: not inside one
 * @in_bus: the same of a PCI bus
 * @device: whose resources come, of lspci or of sysfs; "" for none
 * @lspci: @device is of lspci
 * @bridge: @device is a bridge
 * @index: lines of its resource file so far, or its BARs in lspci
 */
struct text {
	struct machine *m;
	struct machine *now;
	struct machine *boot;
	struct fault *fault;
	struct place at;
	unsigned int last_line;
	unsigned int entry_line;
	unsigned int log_entry_line;
	struct broken {
		unsigned int line;	/* 0: none */
		enum source source;
		u64 start;
		u64 end;
	} broken;
	struct conflict claimed;
	enum source entry_source;
	char entry_by;
	unsigned int elided_line;
	struct map *xen_before;
	bool initial_map;
	bool other_map;
	bool virtual;
	bool map_header;
	struct memmap *memmap;
	int in_type;
	int in_bus;
	char device[16];
	bool lspci;
	bool bridge;
	unsigned int index;
};

__printf(2, 3) int bad(struct text *t, const char *fmt, ...);

/* Words; the pointer moves past what was there */
bool skip(const char **p, const char *word);
const char *skip_space(const char *p);
const char *text_after(const char *text, const char *word);
/* Digits of a hexadecimal number, with 0x or without; 0: none or too many */
unsigned int hex(const char **p, u64 *value);
bool hex_pair(const char **p, const char *separator, u64 *a, u64 *b);
int inclusive(struct text *t, u64 last, u64 *end);
/* Values of all "OPTION=VALUE" in a command line, with spaces between */
void copy_option(const char *line, const char *option, char *buf, size_t size);
void copy_word(const char *p, const char *stop, char *buf, size_t size);

/* Memory maps */
int text_entry(struct text *t, enum source source, u64 start, u64 end,
	       const char *type, size_t len);
/* The type is in brackets: " (usable)" */
int text_entry_in_brackets(struct text *t, enum source source, u64 start,
			   u64 end, const char *p);
/* Another one follows. */
void xen_map_drop(struct text *t);
void xen_maps_compare(struct text *t);

/* Boots */
int boot_begins(struct text *t);
int boots_end(struct text *t);

/* Readers of lines, of which each has its file */
int xen_line(struct text *t, const char *p);
int xl_info_line(struct text *t, const char *line);
int linux_line(struct text *t, const char *line);
int iomem_line(struct text *t, const char *line);
int p2m_line(struct text *t, const char *line);
int memmap_line(struct text *t, const char *line);
int pci_log_line(struct text *t, const char *line);
int lspci_line(struct text *t, const char *line);
int resource_line(struct text *t, const char *line);

bool pci_device(const char **p, char *buf, size_t size);

/* Is it of memory or PCI, though no reader took it? */
bool looks_like_ours(const char *line);

/* UTF-16, escapes of terminals and of HTML, odd spaces, and ends of lines */
char *plain_text(const char *text, size_t size, size_t *plain_size);

#endif /* _XEN_P2M_TOOL_TEXT_H */
