// SPDX-License-Identifier: GPL-2.0
/*
 * Replay a firmware memory map on Xen.
 *
 * This is a multiboot (version 1) kernel whose first module is Xen. It edits
 * the memory map it was given as its command line says and starts Xen with
 * the result, the way a boot loader would. The words it understands, applied
 * from left to right:
 *
 *   carve=START-END:TYPE  override this range. Byte addresses, END is the
 *                         first one after the range. TYPE is ram, reserved,
 *                         acpi, nvs, unusable, a number, or hole to have no
 *                         entry there at all
 *   tables=ADDRESS        move the firmware's ACPI and SMBIOS tables there, into
 *                         what the map then has as no RAM
 *   fill=START-END        have each 32-bit word there be its own address, in what
 *                         the map then has as no RAM
 *   only                  start from an empty map
 *   unsorted              hand the map over in descending order
 *
 * Xen's command line is that of its module. It needs no-real-mode, or Xen
 * asks the BIOS for the map and never looks at this one.
 *
 * An error is printed to the first serial port and ends QEMU if that has
 * "-device isa-debug-exit,iobase=0xf4,iosize=4" (exit status 3).
 */
#include <stdarg.h>
#include <linux/elf.h>
#include "map.h"
#include "mem.h"
#include "tables.h"

#define __packed		__attribute__((packed))
#define __noreturn		__attribute__((noreturn))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))

#define MB_LOADED		0x2badb002

#define MBI_MEMLIMITS		(1 << 0)
#define MBI_CMDLINE		(1 << 2)
#define MBI_MODULES		(1 << 3)
#define MBI_MEMMAP		(1 << 6)
#define MBI_LOADERNAME		(1 << 9)

struct mb_info {
	u32 flags;
	u32 mem_lower;
	u32 mem_upper;
	u32 boot_device;
	u32 cmdline;
	u32 mods_count;
	u32 mods_addr;
	u32 syms[4];
	u32 mmap_length;
	u32 mmap_addr;
	u32 drives_length;
	u32 drives_addr;
	u32 config_table;
	u32 boot_loader_name;
	u32 apm_table;
};

struct mb_module {
	u32 start;
	u32 end;
	u32 string;
	u32 reserved;
};

struct mb_mmap {
	u32 size;		/* of what follows */
	u64 base;
	u64 length;
	u32 type;
} __packed;

#define MB_MMAP_MIN	(sizeof(struct mb_mmap) - sizeof(u32))

#define ELF_MAGIC	0x464c457f	/* ELFMAG, as a little endian number */

#define MAX_MODULES	16
#define MAX_SEGMENTS	16
#define MAX_STRINGS	0x8000

/* Low memory is the BIOS's and Xen's; modules have 32-bit addresses. */
#define MODULES_MIN	0x100000ULL
#define MODULES_MAX	0x100000000ULL

extern u8 image_start[], image_end[];

void __noreturn enter(u32 address, const struct mb_info *mbi);
void __noreturn trampoline_main(u32 magic, const struct mb_info *mbi);

/*
 * All that Xen is given lives in this image: nothing that is loaded is let
 * near it, and Xen copies it away before it leaves the multiboot environment.
 */
static struct mb_info xen_info;
static struct mb_module xen_modules[MAX_MODULES];
static struct mb_mmap xen_mmap[MAP_MAX];
static char strings[MAX_STRINGS];
static u32 strings_used;

static struct map machine_map;
static struct map final_map;

/* Where the firmware's tables go; 0 if they stay */
static u32 tables_at;

/* Xen itself is modules[0]. */
static struct mb_module modules[MAX_MODULES];
static u32 nr_modules;

static Elf32_Phdr segments[MAX_SEGMENTS];
static u32 nr_segments;

/* The image, where segments go, where modules are and where they go. */
static struct map_range busy[1 + MAX_SEGMENTS + 2 * MAX_MODULES];
static u32 nr_busy;

static void *pointer(u32 address)
{
	return (void *)address;
}

static u32 address(const void *p)
{
	return (u32)p;
}

static void outb(unsigned short port, u8 val)
{
	asm volatile("outb %0, %1" : : "a" (val), "Nd" (port));
}

static u8 inb(unsigned short port)
{
	u8 val;

	asm volatile("inb %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

static void outl(unsigned short port, u32 val)
{
	asm volatile("outl %0, %1" : : "a" (val), "Nd" (port));
}

static u32 inl(unsigned short port)
{
	u32 val;

	asm volatile("inl %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

/* --- serial output --- */

#define COM1		0x3f8
#define UART_DATA	(COM1 + 0)
#define UART_IER	(COM1 + 1)
#define UART_FCR	(COM1 + 2)
#define UART_LCR	(COM1 + 3)
#define UART_MCR	(COM1 + 4)
#define UART_LSR	(COM1 + 5)
#define UART_LSR_THRE	0x20

static void uart_init(void)
{
	outb(UART_IER, 0);
	outb(UART_LCR, 0x80);	/* divisor: 115200 */
	outb(UART_DATA, 1);
	outb(UART_IER, 0);
	outb(UART_LCR, 0x03);	/* 8n1 */
	outb(UART_FCR, 0x01);
	outb(UART_MCR, 0x03);
}

static void put_char(char c)
{
	unsigned int tries;

	/* Do not hang where there is no serial port. */
	for (tries = 0; tries < 100000; tries++)
		if (inb(UART_LSR) & UART_LSR_THRE)
			break;
	outb(UART_DATA, c);
}

static void put_text(const char *s, size_t len)
{
	while (len-- && *s)
		put_char(*s++);
}

static void put_hex(u64 val)
{
	int shift = 60;

	put_text("0x", 2);
	while (shift && !(val >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_char("0123456789abcdef"[(val >> shift) & 15]);
}

static void put_decimal(u32 val)
{
	if (val >= 10)
		put_decimal(val / 10);
	put_char('0' + val % 10);
}

/* Just what is used here: %s, %.*s, %u and %#llx. */
static void put_format(const char *fmt, va_list args)
{
	size_t len;

	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put_char(*fmt);
			continue;
		}
		switch (*++fmt) {
		case 's':
			put_text(va_arg(args, const char *), (size_t)-1);
			break;
		case '.':
			fmt += 2;
			len = va_arg(args, int);
			put_text(va_arg(args, const char *), len);
			break;
		case 'u':
			put_decimal(va_arg(args, u32));
			break;
		case '#':
			fmt += 3;
			put_hex(va_arg(args, u64));
			break;
		}
	}
}

static __printf(1, 2) void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_text("trampoline: ", (size_t)-1);
	put_format(fmt, args);
	put_text("\r\n", 2);
	va_end(args);
}

static void __noreturn stop(void)
{
	outb(0xf4, 1);
	for (;;)
		asm volatile("cli; hlt");
}

static __printf(1, 2) void __noreturn die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_text("trampoline: error: ", (size_t)-1);
	put_format(fmt, args);
	put_text("\r\n", 2);
	va_end(args);
	stop();
}

/* In the words of the command line, so that it can be pasted there. */
static void say_entry(const char *what, u64 first, u64 last, u32 type)
{
	const char *name = map_type_name(type);

	if (name)
		say("%s%#llx-%#llx:%s", what, first, last + 1, name);
	else
		say("%s%#llx-%#llx:%u", what, first, last + 1, type);
}

/* --- memory map --- */

static void read_machine_map(const struct mb_info *mbi)
{
	u64 pos = mbi->mmap_addr, end = pos + mbi->mmap_length;
	const struct mb_mmap *e;
	enum map_error err;

	if (!(mbi->flags & MBI_MEMMAP))
		die("no memory map was handed over");

	while (pos < end) {
		e = pointer(pos);
		if (end - pos < sizeof(*e) || e->size < MB_MMAP_MIN)
			die("the memory map handed over is malformed");
		err = map_add(&machine_map, e->base, e->length, e->type);
		if (err)
			die("memory map handed over: %s at %#llx",
			    map_strerror(err), e->base);
		pos += e->size + sizeof(e->size);
	}
}

/* QEMU puts the name of the kernel file before the arguments. */
static const char *own_arguments(const struct mb_info *mbi)
{
	const char *pos;
	size_t len;

	if (!(mbi->flags & MBI_CMDLINE))
		return "";
	pos = pointer(mbi->cmdline);
	map_next_word(&pos, &len);
	return pos;
}

static void parse_or_die(const char *word, size_t len, struct map_word *w)
{
	enum map_error err = map_parse_word(word, len, w);

	if (err)
		die("%.*s: %s", (int)len, word, map_strerror(err));
}

/* Does a word of that kind appear anywhere? Finds all errors on the way. */
static bool has_kind(const char *args, enum map_word_kind kind)
{
	struct map_word w;
	const char *word;
	bool found = false;
	size_t len;

	while ((word = map_next_word(&args, &len))) {
		parse_or_die(word, len, &w);
		if (w.kind == kind)
			found = true;
		if (w.kind == MAP_WORD_TABLES)
			tables_at = w.carve.first;
	}
	return found;
}

/* A carved map may claim this, but no machine survives believing it. */
static void check_ram(const struct map_word *w)
{
	u64 below;

	if (w->hole || w->carve.type != MAP_RAM)
		return;
	if (!map_is_ram(&machine_map, w->carve.first, w->carve.last, &below))
		say("warning: not all of %#llx-%#llx is RAM of the machine",
		    w->carve.first, w->carve.last + 1);
}

static void carve(const char *args)
{
	struct map_word w;
	enum map_error err;
	const char *word;
	size_t len;

	while ((word = map_next_word(&args, &len))) {
		parse_or_die(word, len, &w);
		if (w.kind != MAP_WORD_CARVE)
			continue;
		say("%.*s", (int)len, word);
		check_ram(&w);
		err = map_override(&final_map, &w.carve, w.hole);
		if (err)
			die("%.*s: %s", (int)len, word, map_strerror(err));
	}
}

static void build_map(const char *args)
{
	if (!has_kind(args, MAP_WORD_ONLY))
		final_map = machine_map;
	carve(args);
	if (final_map.merged)
		say("warning: neighbours of one type merged to fit %u entries",
		    MAP_MAX);
}

static void write_map(bool unsorted)
{
	const struct map_entry *e;
	u32 i, nr = final_map.nr;

	say("map: %u entries%s", nr, unsorted ? ", unsorted" : "");
	for (i = 0; i < nr; i++) {
		e = &final_map.entry[unsorted ? nr - 1 - i : i];
		say_entry("map: ", e->first, e->last, e->type);
		xen_mmap[i].size = MB_MMAP_MIN;
		xen_mmap[i].base = e->first;
		xen_mmap[i].length = e->last - e->first + 1;
		xen_mmap[i].type = e->type;
	}
	xen_info.flags |= MBI_MEMMAP;
	xen_info.mmap_addr = address(xen_mmap);
	xen_info.mmap_length = nr * sizeof(xen_mmap[0]);
}

/* The older way to tell the size of memory has to agree with the map. */
static void write_mem_limits(void)
{
	u64 low = map_ram_end(&final_map, 0, 0xa0000);
	u64 high = map_ram_end(&final_map, 0x100000, MODULES_MAX);

	xen_info.flags |= MBI_MEMLIMITS;
	xen_info.mem_lower = low >> 10;
	xen_info.mem_upper = (high - 0x100000) >> 10;
}

/* --- modules --- */

static void add_busy(u64 first, u64 last)
{
	busy[nr_busy].first = first;
	busy[nr_busy].last = last;
	nr_busy++;
}

static u32 save_string(u32 string)
{
	const char *s = string ? pointer(string) : "";
	u32 start = strings_used;

	do {
		if (strings_used == MAX_STRINGS)
			die("command lines longer than %u bytes", MAX_STRINGS);
		strings[strings_used++] = *s;
	} while (*s++);
	return address(strings + start);
}

static void read_modules(const struct mb_info *mbi)
{
	const struct mb_module *mod = pointer(mbi->mods_addr);
	u32 i;

	if (!(mbi->flags & MBI_MODULES) || !mbi->mods_count)
		die("no module: Xen has to be the first one");
	if (mbi->mods_count > MAX_MODULES)
		die("more than %u modules", MAX_MODULES);

	nr_modules = mbi->mods_count;
	for (i = 0; i < nr_modules; i++) {
		modules[i] = mod[i];
		modules[i].string = save_string(mod[i].string);
		if (mod[i].end <= mod[i].start)
			die("module %u is empty", i);
		say("module %u at %#llx-%#llx", i, (u64)mod[i].start,
		    (u64)mod[i].end);
		add_busy(mod[i].start, mod[i].end - 1);
	}
}

static bool overlaps_segment(u64 first, u64 last)
{
	struct map_range range;
	u32 i;

	for (i = 0; i < nr_segments; i++) {
		range.first = segments[i].p_paddr;
		range.last = range.first + segments[i].p_memsz - 1;
		if (map_overlaps(first, last, &range))
			return true;
	}
	return false;
}

/* The last byte of a module's last page: Xen deals in pages. */
static u64 page_last(const struct mb_module *mod)
{
	return (mod->end - 1) | (MAP_PAGE_SIZE - 1);
}

static bool can_stay(const struct mb_module *mod)
{
	u64 below, last = page_last(mod);

	return !(mod->start & (MAP_PAGE_SIZE - 1)) &&
	       map_is_ram(&final_map, mod->start, last, &below) &&
	       !overlaps_segment(mod->start, last);
}

/*
 * Xen's own module is only read from, but the others Xen has to find in RAM,
 * and the map may now have something else where they were put. The new place
 * never overlaps an old one, so their order does not matter.
 */
static void move_module(u32 i)
{
	struct mb_module *mod = &modules[i];
	u32 size = mod->end - mod->start;
	u64 to;

	if (can_stay(mod))
		return;

	to = map_find_place(&final_map, &machine_map, busy, nr_busy, size,
			    MODULES_MIN, MODULES_MAX);
	if (!to)
		die("no place for the %u bytes of module %u", size, i);
	memcpy(pointer(to), pointer(mod->start), size);
	mod->start = to;
	mod->end = to + size;
	add_busy(to, page_last(mod));
	say("module %u moved to %#llx-%#llx", i, to, to + size);
}

static void write_modules(void)
{
	u32 i;

	for (i = 1; i < nr_modules; i++) {
		move_module(i);
		xen_modules[i - 1] = modules[i];
	}
	xen_info.flags |= MBI_MODULES;
	xen_info.mods_count = nr_modules - 1;
	xen_info.mods_addr = address(xen_modules);
}

static bool has_word(const char *args, const char *wanted)
{
	const char *word;
	size_t i, len;

	while ((word = map_next_word(&args, &len))) {
		for (i = 0; i < len && wanted[i] == word[i]; i++)
			;
		if (i == len && !wanted[i])
			return true;
	}
	return false;
}

static void write_command_line(void)
{
	xen_info.flags |= MBI_CMDLINE | MBI_LOADERNAME;
	xen_info.cmdline = modules[0].string;
	xen_info.boot_loader_name = address("trampoline");
	if (!has_word(pointer(xen_info.cmdline), "no-real-mode"))
		say("warning: without no-real-mode Xen ignores this map");
}

/* --- Xen's image --- */

static const Elf32_Ehdr *elf_header(void)
{
	const Elf32_Ehdr *eh = pointer(modules[0].start);
	u32 size = modules[0].end - modules[0].start;

	if (size < sizeof(*eh) || *(const u32 *)eh->e_ident != ELF_MAGIC)
		die("module 0 is not an ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS32 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_type != ET_EXEC || eh->e_machine != EM_386)
		die("module 0 is not a 32-bit x86 executable");
	if (eh->e_phentsize != sizeof(Elf32_Phdr) ||
	    (u64)eh->e_phoff + (u64)eh->e_phnum * eh->e_phentsize > size)
		die("module 0 has no usable program headers");
	return eh;
}

static void check_segment(const Elf32_Phdr *ph)
{
	u32 size = modules[0].end - modules[0].start;
	u64 first = ph->p_paddr, last = first + ph->p_memsz - 1;
	u64 below;

	if (ph->p_filesz > ph->p_memsz || (u64)ph->p_offset + ph->p_filesz > size ||
	    last >> 32)
		die("malformed segment at %#llx", first);
	say("segment at %#llx-%#llx", first, last + 1);
	if (overlaps_segment(first, last))
		die("segment at %#llx overlaps another", first);
	/* By now busy has the image and the modules only. */
	if (map_overlaps(first, last, &busy[0]))
		die("segment at %#llx overlaps the trampoline", first);
	if (map_overlaps(first, last, &busy[1]))
		die("segment at %#llx overlaps the module it is in", first);
	if (!map_is_ram(&machine_map, first, last, &below))
		die("segment at %#llx is not in the machine's RAM", first);
	if (!map_is_ram(&final_map, first, last, &below))
		say("warning: segment at %#llx is not in RAM by the map",
		    first);
}

static void read_segments(void)
{
	const Elf32_Ehdr *eh = elf_header();
	const Elf32_Phdr *ph = (const void *)((const u8 *)eh + eh->e_phoff);
	u32 i;

	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (nr_segments == MAX_SEGMENTS)
			die("more than %u segments", MAX_SEGMENTS);
		check_segment(&ph[i]);
		segments[nr_segments++] = ph[i];
	}
	if (!nr_segments)
		die("module 0 has nothing to load");
	for (i = 0; i < nr_segments; i++)
		add_busy(segments[i].p_paddr,
			 (u64)segments[i].p_paddr + segments[i].p_memsz - 1);
}

/* The entry is a virtual address, but paging is off. */
static u32 physical_entry(void)
{
	u32 entry = elf_header()->e_entry;
	u32 i, offset;

	for (i = 0; i < nr_segments; i++) {
		offset = entry - segments[i].p_vaddr;
		if (entry >= segments[i].p_vaddr && offset < segments[i].p_memsz)
			return segments[i].p_paddr + offset;
	}
	die("the entry point %#llx is in no segment", (u64)entry);
}

/* From here on what was handed over may be overwritten: do not look at it. */
static void load_segments(void)
{
	const Elf32_Phdr *ph;
	u8 *to;

	for (ph = segments; ph < segments + nr_segments; ph++) {
		to = pointer(ph->p_paddr);
		memcpy(to, pointer(modules[0].start + ph->p_offset), ph->p_filesz);
		memset(to + ph->p_filesz, 0, ph->p_memsz - ph->p_filesz);
	}
}

/* --- the firmware's tables --- */

/*
 * The segment of the BIOS, where the tables' anchors are, is made read-only before
 * anything is booted. Its register is one of the host bridge's, of which QEMU has
 * two: that of q35, and that of pc.
 */
#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PAM0_Q35	0x90
#define PAM0_PC		0x59
#define PAM_READ_WRITE	0x30

static void unlock_bios(void)
{
	u32 reg, id;

	outl(PCI_ADDRESS, 1U << 31);
	id = inl(PCI_DATA);
	reg = id == 0x29c08086 ? PAM0_Q35 : PAM0_PC;
	if (reg == PAM0_PC && id != 0x12378086)
		die("the BIOS cannot be unlocked: host bridge %#llx is unknown",
		    (u64)id);
	outl(PCI_ADDRESS, 1U << 31 | (reg & ~3U));
	outb(PCI_DATA + (reg & 3), PAM_READ_WRITE);
}

/* Only where nothing is needed any more, and into one non-RAM region of the map. */
static void check_region(const char *what, u64 first, u64 last)
{
	const struct map_entry *e;

	if (map_overlaps(first, last, &busy[0]) ||
	    overlaps_segment(first, last))
		die("%s at %#llx: it is in the way", what, first);
	for (e = final_map.entry; e < final_map.entry + final_map.nr; e++)
		if (e->type != MAP_RAM && e->first <= first && e->last >= last)
			return;
	die("%s at %#llx-%#llx: no region of the map has room for it", what,
	    first, last + 1);
}

/* First only look whether there is room, then do it. */
static void move_tables(u32 start)
{
	struct tables t = { .next = start };

	if (!start)
		return;
	tables_move(&t);
	if (t.error)
		die("tables: %s", t.error);
	check_region("tables", start, t.next - 1);
	unlock_bios();
	t.next = start;
	t.write = true;
	tables_move(&t);
	say("%u tables moved to %#llx-%#llx", t.nr, (u64)start, (u64)t.next);
}

/* --- what the firmware would have in a region --- */

static void fill_regions(const char *args)
{
	struct map_word w;
	const char *word;
	size_t len;
	u64 pos;

	while ((word = map_next_word(&args, &len))) {
		parse_or_die(word, len, &w);
		if (w.kind != MAP_WORD_FILL)
			continue;
		check_region("pattern", w.carve.first, w.carve.last);
		for (pos = w.carve.first; pos + 3 <= w.carve.last; pos += 4)
			*(u32 *)pointer(pos) = pos;
		say("%.*s", (int)len, word);
	}
}

void trampoline_main(u32 magic, const struct mb_info *mbi)
{
	const char *args;
	bool unsorted;
	u32 entry;

	uart_init();
	say("start");
	if (magic != MB_LOADED)
		die("not started by a multiboot loader");

	/* It is wanted again when what was handed over is overwritten. */
	args = pointer(save_string(address(own_arguments(mbi))));
	unsorted = has_kind(args, MAP_WORD_UNSORTED);
	read_machine_map(mbi);
	build_map(args);

	add_busy(address(image_start), address(image_end) - 1);
	read_modules(mbi);
	read_segments();
	entry = physical_entry();

	write_map(unsorted);
	write_mem_limits();
	write_command_line();
	write_modules();
	load_segments();
	move_tables(tables_at);
	fill_regions(args);

	say("entering Xen at %#llx", (u64)entry);
	enter(entry, &xen_info);
}
