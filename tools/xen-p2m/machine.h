/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_TOOL_MACHINE_H
#define _XEN_P2M_TOOL_MACHINE_H

#include <stdarg.h>

#include <linux/types.h>

#include "layout.h"
#include "tree.h"

/*
 * What is known of a machine, from logs, files or the running system. All of
 * it is untrusted text. All ranges are half-open. As all of Xen's dom0s are, the
 * tool is for 64 bits: an unsigned long holds each PFN, and prints as a u64 does.
 */

#define UNKNOWN_PAGES	(~0UL)
#define MAX_PCI		4096U
#define MAX_EXTENTS	(1U << 20)
#define INPUT_BYTES	(64UL << 20)

/* Where a memory map is from, the best description of the machine first */
enum source {
	SOURCE_JSON,
	SOURCE_XEN,		/* Xen's own log */
	SOURCE_FIRMWARE,	/* BIOS-e820 lines */
	SOURCE_MEMMAP,		/* /sys/firmware/memmap */
	SOURCE_DOMAIN,		/* "Xen:" lines: the map of a PV domain */
	SOURCE_USER,		/* "user:" lines: the firmware's after mem= or memmap= */
	SOURCE_IOMEM,		/* /proc/iomem */
	SOURCES,
};

struct place {
	char file[64];
	unsigned int line;
};

/* Why something could not be read; line 0: the file as a whole */
struct fault {
	struct place at;
	char text[256];
};

struct map_entry {
	u64 start;
	u64 end;
	u32 type;
	struct place at;
};

struct map {
	unsigned int nr;
	struct map_entry entry[XEN_LAYOUT_MAX_E820];
};

/**
 * enum kernel_kind - what kind of kernel wrote a log
 * @KERNEL_UNKNOWN: the input does not say
 * @KERNEL_BARE: on bare metal: the map is the machine's
 * @KERNEL_PV_DOM0: a PV dom0: what all plans are for
 * @KERNEL_PVH_DOM0: a PVH dom0: it has no P2M
 * @KERNEL_PV_DOMU: a PV guest
 * @KERNEL_PVH_DOMU: a PVH guest: no P2M
 * @KERNEL_HVM_DOMU: an HVM guest: no P2M
 * @KERNEL_OTHER_GUEST: a guest of another hypervisor, which is a machine to Xen
 * @KERNEL_KINDS: number of them
 */
enum kernel_kind {
	KERNEL_UNKNOWN,
	KERNEL_BARE,
	KERNEL_PV_DOM0,
	KERNEL_PVH_DOM0,
	KERNEL_PV_DOMU,
	KERNEL_PVH_DOMU,
	KERNEL_HVM_DOMU,
	KERNEL_OTHER_GUEST,
	KERNEL_KINDS,
};

enum pci_kind {
	PCI_APERTURE,
	PCI_BAR,
};

struct pci_range {
	enum pci_kind kind;
	char name[64];
	u64 start;
	u64 end;
};

struct pci {
	unsigned int nr;
	unsigned int max;
	struct pci_range *range;
};

/* PFNs of one type, those of type MFN with ascending MFNs where these are known */
struct extent {
	unsigned long start;
	unsigned long end;
	enum xen_p2m_type type;
	bool known;
	unsigned long mfn;		/* of @start, if known */
};

/* A P2M by ranges, in ascending order */
struct dump {
	unsigned int nr;
	unsigned int max;
	struct extent *extent;
};

/**
 * struct conflict - a BAR that the kernel could not claim where it is
 * @name: device and BAR
 * @start: first byte of the BAR
 * @end: first byte after it
 * @with: what lies there, as the kernel calls it
 * @at: the line
 */
struct conflict {
	char name[64];
	u64 start;
	u64 end;
	char with[64];
	struct place at;
};

struct conflicts {
	unsigned int nr;
	unsigned int max;
	struct conflict *conflict;
};

/**
 * struct added - memory that a running kernel has added where its map has none
 * @name: as /proc/iomem calls it: "Xen scratch", "System RAM"
 * @start: first byte
 * @end: first byte after the range
 */
struct added {
	char name[32];
	u64 start;
	u64 end;
};

#define MAX_ADDED	64U
#define MAX_NOTES	64U
#define MAX_UNREAD	1024U
#define MAX_GUESTS	16U
#define NOTE_TEXT	XEN_LAYOUT_TEXT

/* What to know, each a sentence */
struct notes {
	unsigned int nr;
	char text[MAX_NOTES][NOTE_TEXT];
};

/* Lines that looked like memory or PCI and were not understood */
struct unread {
	unsigned int nr;		/* all of them */
	unsigned int kept;		/* those in @line */
	unsigned int max;
	struct unread_line {
		struct place at;
		char text[120];
	} *line;
};

/**
 * struct machine - what is known of a machine, or of a guest
 * @guest: guests in the same input, a list through this member. They have maps,
 *         PCI and what their kernels say, but never what Xen says of dom0.
 * @name: of a guest, as the input calls it: "d4", "HVM4"; "" if it has none
 * @kind: what kind of kernel wrote its log
 * @sure: the kernel says so; else it is concluded from the map
 * @at: first line of its log
 * @unread: lines not understood; those of all guests are in the host's
 */
struct machine {
	struct machine *guest;
	char name[16];
	enum kernel_kind kind;
	bool sure;
	bool xenlinux;			/* a kernel of the xenlinux line */
	bool bits32;			/* a 32-bit kernel */
	struct place at;
	struct map *map[SOURCES];	/* NULL: none seen */
	struct pci pci;
	struct pci pci_sysfs;		/* from resource files: supersedes @pci */
	struct dump p2m;		/* xen/mmu/p2m, as the kernel printed it */
	struct dump audited;		/* xen-p2m-audit/p2m */
	const char *format;		/* of the input */
	struct conflicts conflicts;	/* "can't claim" */
	unsigned long hints;		/* for the readers: HINT_* */
	unsigned int nr_added;
	struct added added[MAX_ADDED];
	struct notes remarks;		/* on how the input was read */
	struct unread unread;

	/* What Xen has put where, and its options; as far as logs say it */
	struct xen_layout_area area[XEN_LAYOUT_AREAS];
	unsigned long nr_pages;		/* handed over to dom0 */
	char dom0_mem[128];		/* values of dom0_mem=, a space between */
	u64 alloc_size;			/* Xen's first allocation for dom0, bytes */
	u64 initrd_size;		/* bytes; 0: none, or not known */
	bool command_line;		/* the kernel's was seen */
	u64 mem_limit;			/* mem= in it; 0: none */
	u64 ram_kb;			/* that Xen counts in its map; 0: not said */
	u64 ram_end;			/* Linux's last_pfn, as an address; or 0 */
	unsigned long domain_pages;	/* that Xen counts for the domain now */
	unsigned long remapped;		/* at boot, by the kernel's log */
	unsigned long released;
	char kernel[128];		/* "Linux version ..." */
	char release[64];		/* the version alone; "" if not known */
	char xen_version[32];		/* "4.17.3-pre"; "" if not known */
};

extern const char *const source_names[SOURCES];
extern const char *const kernel_kind_names[KERNEL_KINDS];

struct machine *machine_new(void);
void machine_free(struct machine *m);
/* Frees what @m points to */
void machine_clear(struct machine *m);
/* Adds a remark if @new, which replaces @old, is not the same. */
bool map_differs(struct machine *m, const struct map *old,
		 const struct map *new);
bool map_seen(const struct machine *m, enum source source);
/* Of the map that says most of the machine; SOURCES: there is none */
enum source best_source(const struct machine *m);
bool machine_same_maps(const struct machine *a, const struct machine *b);
/* What the boot @from of the same machine says becomes a part of @m. */
int machine_take(struct machine *m, struct machine *from, struct fault *fault);
bool kernel_is_guest(enum kernel_kind kind);

int machine_read(struct machine *m, const char *path, struct fault *fault);
int machine_parse(struct machine *m, const char *name, const char *text,
		  size_t size, struct fault *fault);
int machine_finish(struct machine *m, struct fault *fault);

bool type_from_name(const char *name, size_t len, u32 *type);
/* As Linux prints it; valid until the next call */
const char *type_name(u32 type);
const char *p2m_type_name(enum xen_p2m_type type);

__printf(4, 5)
int fault_at(struct fault *fault, const char *file, unsigned int line,
	     const char *fmt, ...);
__printf(3, 4)
int fault_in(struct fault *fault, const struct place *at, const char *fmt, ...);
int vfault_in(struct fault *fault, const struct place *at, const char *fmt,
	      va_list args);

/* Makes room for one more after @nr rows of @size bytes; false without memory */
bool make_room(void *array, unsigned int nr, unsigned int *max, size_t size);

/* For the readers */
int map_entry_add(struct machine *m, enum source source, u64 start, u64 end,
		  u32 type, const struct place *at, struct fault *fault);
int pci_add(struct pci *pci, enum pci_kind kind, const char *name, u64 start,
	    u64 end, const struct place *at, struct fault *fault);
/* The BAR @name, or with @start the BARs of device @name that begin there */
void pci_forget(struct pci *pci, const char *name, u64 start);
int conflict_add(struct machine *m, const struct conflict *conflict,
		 struct fault *fault);
/* The BAR was assigned another address since. */
void conflict_forget(struct machine *m, const char *name);
void added_add(struct machine *m, const char *name, u64 start, u64 end);
void unread_add(struct machine *m, const struct place *at, const char *line);
__printf(2, 3) void note(struct notes *notes, const char *fmt, ...);
int dump_add(struct dump *dump, unsigned long start, unsigned long end,
	     enum xen_p2m_type type, const struct place *at,
	     struct fault *fault);
/* Without checks; false without memory for it */
bool extent_add(struct dump *dump, const struct extent *extent);
/* What lookups say, where there is something that asks them */
const struct dump *best_dump(const struct machine *m);
char *read_fd(int fd, const char *name, size_t *size, struct fault *fault);

/* Of the letter of a unit, as in "4k": by how much to shift; or -1 */
int unit_shift(char letter);
/* A file as a whole; NULL with a fault. To be freed. */
char *read_file(const char *path, size_t *size, struct fault *fault);

/* Readers of one format each */
int parse_text(struct machine *m, const char *name, const char *text,
	       size_t size, struct fault *fault);
int parse_json(struct machine *m, const char *name, const char *text,
	       size_t size, struct fault *fault);
bool is_tar(const char *text, size_t size);
int parse_tar(struct machine *m, const char *name, const char *text,
	      size_t size, struct fault *fault);
int read_memmap(struct machine *m, const char *path, struct fault *fault);

/* Entries of /sys/firmware/memmap/N/, whose three files come one by one */
#define MEMMAP_FILES	3U
extern const char *const memmap_files[MEMMAP_FILES];

struct memmap {
	unsigned int nr;
	struct memmap_row {
		unsigned long number;
		u64 start;
		u64 last;
		u32 type;
		unsigned int seen;	/* bits of memmap_files */
	} row[XEN_LAYOUT_MAX_E820];
};

int memmap_file(struct memmap *memmap, unsigned long number, const char *file,
		const char *path, const char *text, size_t size,
		struct fault *fault);
int memmap_finish(struct machine *m, const struct memmap *memmap,
		  const char *path, struct fault *fault);

#endif /* _XEN_P2M_TOOL_MACHINE_H */
