// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of known forms, with nothing private in them
 */

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "allow.h"

/* --- patterns ----------------------------------------------------------------- */

#define HEX	"0x[0-9a-f]{1,16}"
#define PLAIN	"[0-9a-f]{16}"
#define NUMBER	"(0|[1-9][0-9]{0,11})"
#define BUS	"[0-9a-f]{4}:[0-9a-f]{2}"
#define BDF	BUS ":[0-9a-f]{2}\\.[0-7]"
#define MEM	"\\[(mem|gap) " HEX "-" HEX "( (64bit|pref|window|disabled))*\\]"
#define OLD_MEM	"\\[" HEX "-" HEX "\\]"
#define UNSET	"\\[mem size " HEX "( (64bit|pref))*\\]"
#define TYPE	"(usable|reserved|System RAM|device reserved|ACPI data|ACPI NVS|" \
		"unusable|soft reserved|persistent( RAM)? \\(type [0-9]{1,2}\\)|" \
		"type [0-9]{1,10})"
#define MAP_OF	"(BIOS-(e820|e801|88)|BIOS|Xen|user|modified|extended)"
#define TALLY	": requested " NUMBER ", remapped " NUMBER ", released " NUMBER \
		", extra " NUMBER ", lost " NUMBER
#define BAR	"(reg (0x)?[0-9a-f]{1,3}:|(VF )?BAR [0-9]{1,2}:?|ROM:?|" \
		"bridge window)"
#define RESOURCE "(System RAM|RAM buffer|Reserved|Unusable memory|ACPI Tables|" \
		"ACPI Non-volatile Storage|Persistent Memory( \\(legacy\\))?|" \
		"Soft Reserved|Unknown E820 type|Xen scratch|" \
		"(Kernel|Video|System|Adapter|Extension) " \
		"(code|rodata|data|bss|ROM|RAM area)|" \
		"PCI (Bus|ECAM|MMCONFIG) " BUS "( \\[bus [0-9a-f]{2}-[0-9a-f]{2}\\])?|" \
		"GART|Local APIC|IOAPIC [0-9]{1,2}|HPET [0-9]{1,2}|" BDF ")"

#define ENTRY	"(pfn|mfn|identity|missing|foreign|invalid)"

static const char *const patterns_p2m[] = {
	" ?\\[" HEX "->" HEX "\\] " ENTRY,
	" ?" HEX "-" HEX " " ENTRY,
	NULL
};

static const char *const patterns_pci[] = {
	BDF " " HEX ":" HEX " " HEX,
	HEX " " HEX " " HEX,
	NULL
};

static const char *const patterns_memory[] = {
	"xen_memory current_kb " NUMBER,
	NULL
};

static const char *const patterns_memmap[] = {
	HEX,
	RESOURCE, TYPE,
	NULL
};

static const char *const patterns_iomem[] = {
	" *[0-9a-f]{8,16}-[0-9a-f]{8,16} : " RESOURCE,
	NULL
};

static const char *const patterns_dmesg[] = {
	"(BIOS-provided|user-defined|modified|extended|Xen-provided) physical RAM map:",
	"Xen-provided machine memory map:",
	"(e820: )?" MAP_OF ": " MEM "( +([0-9.]+ *[KMGT]?B)? *" TYPE ")?",
	" ?" MAP_OF ": " PLAIN " - " PLAIN " \\(" TYPE "\\)",
	"e820: (update|remove|reserve RAM buffer) " MEM "( " TYPE ")?( ==> " TYPE ")?",
	"(e820: )?last_pfn = " HEX " max_arch_pfn = " HEX,
	"(e820: )?" MEM " available for PCI devices",
	"(xen: )?(Remapped|Released) " NUMBER " (non-RAM )?page\\(s\\)",
	"xen/p2m: " MEM "( to " HEX ")?" TALLY,
	"xen/p2m: All ranges" TALLY,
	"(initrd moved|RAMDISK:)( from)? " MEM "( to " MEM ")?",
	"pci_bus " BUS ": (root bus )?resource ([0-9]{1,3} )?" MEM,
	"pci_bus " BUS ": (root bus )?resource ([0-9]{1,3} )?mem: " OLD_MEM,
	"pci " BDF ": (reg [0-9a-f]{2} )?(32|64)bit mmio( pref)?: " OLD_MEM,
	"[a-z0-9_-]{1,24} " BDF ": *" BAR " *(assigned |releasing )?(" MEM "|" UNSET ")"
		"(: (assigned|releasing|failed to assign|"
		"can't assign; no space|can't claim; no compatible bridge window|"
		"contains BAR [0-9] for [0-9]{1,3} VFs|"
		"can't claim; address conflict with " RESOURCE " " MEM "))?",
	"pci " BDF ": VF\\(n\\) BAR[0-9] space: " MEM " \\(contains BAR[0-9] for [0-9]{1,3} VFs\\)",
	"(pci_root|acpi) PNP0A0[38]:[0-9a-f]{2}: (ignoring )?host bridge window " MEM "( \\(ignored\\))?",
	"Memory: " NUMBER "K/" NUMBER "K available \\((" NUMBER "K (kernel code|rwdata|"
		"rodata|init|bss|reserved|cma-reserved|absent)(, )?)*\\)",
	"Zone ranges:",
	" *(DMA|DMA32|Normal|Movable zone) +(" MEM "|empty)",
	"PM: hibernation: Registered nosave memory: " MEM,
	"Hypervisor detected: Xen (PV|HVM)",
	"Booting paravirtualized kernel on Xen( PVH)?",
	"Xen: using vcpuop timer interface",
	NULL
};

static const char *const patterns_xen[] = {
	"(Initial )?((Xen|PVH|Multiboot)-e8[0-9]{1,2}|EFI) RAM map:",
	" *\\[" PLAIN ", " PLAIN "\\] \\(" TYPE "\\)",
	" *" PLAIN " - " PLAIN " \\(" TYPE "\\)",
	"System RAM: " NUMBER "MB \\(" NUMBER "kB\\)",
	"\\*\\*\\* Building a PVH? Dom0 \\*\\*\\*",
	"\\*\\*\\* LOADING DOMAIN 0 \\*\\*\\*",
	" *(Xen|Dom0) +kernel: (64|32)-bit,( PAE,)? [lm]sb(, (compat32|paddr " HEX " -> " HEX "))*",
	"(PHYSICAL|VIRTUAL) MEMORY ARRANGEMENT:",
	" *(Dom0 alloc\\.|Loaded kernel|Init\\. ramdisk|Phys-Mach map|Start info|"
		"Page tables|Boot stack|TOTAL): +" PLAIN "->" PLAIN
		"( \\(" NUMBER " pages to be allocated\\))?",
	"Dom0 memory map:",
	"Dom0 has maximum [0-9]{1,5} (VCPUs|PIRQs)",
	NULL
};

static const char *const *const patterns[ALLOW_KINDS] = {
	[ALLOW_P2M] = patterns_p2m,
	[ALLOW_IOMEM] = patterns_iomem,
	[ALLOW_PCI] = patterns_pci,
	[ALLOW_MEMORY] = patterns_memory,
	[ALLOW_MEMMAP] = patterns_memmap,
	[ALLOW_DMESG] = patterns_dmesg,
	[ALLOW_XEN] = patterns_xen,
};

/* --- versions -------------------------------------------------------------------- */

static const char *const version_words[] = {
	"rc", "pre", "unstable", "deb", "bpo", "amd", "x", "el", "fc", "qubes",
	"generic", "default", "cloud", "rt", "xen", "pvops", "lts", "mainline",
};

/* One of the words, optionally followed by a number */
static bool version_word(const char *part, size_t len)
{
	size_t digits = len;
	unsigned int i;

	while (digits && isdigit((unsigned char)part[digits - 1]))
		digits--;
	if (len - digits > 3)
		return false;
	for (i = 0; i < ARRAY_SIZE(version_words); i++)
		if (strlen(version_words[i]) == digits &&
		    !memcmp(version_words[i], part, digits))
			return true;

	return false;
}

/* "6.12.117-1", "6.8.12-4": three numbers, and one of the distribution's */
static size_t version_numbers(const char *version, size_t len)
{
	unsigned int i;
	size_t at = 0, part;

	for (i = 0; i < 4 && at < len; i++) {
		part = strspn(version + at + !!i, "0123456789");
		if (!part || part > 5 || at + !!i + part > len ||
		    (i && version[at] != (i < 3 ? '.' : '-')))
			break;
		at += !!i + part;
	}

	return at;
}

char *allow_version(const char *version, size_t len)
{
	size_t at = version_numbers(version, len), part;

	while (at < len) {
		part = strcspn(version + at + 1, ".-+~_ ");
		if (!strchr(".-+~_", version[at]) || at + 1 + part > len ||
		    !version_word(version + at + 1, part))
			break;
		at += 1 + part;
	}

	return strndup(version, at);
}

/* "Linux version 6.12.1 (builder@host) ...": the version alone */
static bool put_version(FILE *out, const char *xen, const char *line)
{
	static const char *const starts[] = { "Linux version ", "Xen version " };
	unsigned int i;
	char *version;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		len = strlen(starts[i]);
		if (strncmp(line, starts[i], len))
			continue;
		version = allow_version(line + len, strcspn(line + len, " "));
		fprintf(out, "%s%s%s\n", xen, starts[i], version ?: "");
		free(version);
		return true;
	}

	return false;
}

/* --- command lines ------------------------------------------------------------------ */

#define SIZE	"-?(0x[0-9a-f]{1,10}|[1-9][0-9]{0,7})[kKmMgGtT%]?(\\+[0-9]{1,3}%)?"
#define SIZES	"((min|max):)?" SIZE "(,((min|max):)?" SIZE ")*"
#define WORDS	"(on|off|no|yes|force|verbose|strict|relaxed|passthrough|none|" \
		"nocrs|use_crs|realloc|noaer|nomsi|nommconf|biosirq|assign-busses|" \
		"igfx_off|sp_off|intremap|no-intremap|all|debug|info|warning|error|" \
		"guest|com[1-4]|vga|hvc[0-9]|tty[0-9]|ttyS[0-9]|xen|pv|pvh|pvshim|" \
		"force-pv|shadow|max_vcpus)"

static const char *const options_allowed[] = {
	"(dom0_mem|mem|memmap|maxmem|availmem|highmem)=" SIZES "([$@#!]" SIZE ")?",
	"(dom0|dom0-iommu|iommu|intel_iommu|amd_iommu|pci|xen|efi|loglvl|guest_loglvl|"
		"console|earlyprintk|xen_512gb_limit|swiotlb|e820-mtrr-clip|"
		"e820-verbose|mbi|xen\\.balloon_boot_timeout)(=" WORDS
		"([,/]" WORDS ")*)?",
	"swiotlb=[0-9]{1,7}(,[0-9]{1,3})?", "xen_512gb_limit=[01]",
	"com[12]=(115200|57600|38400|19200|9600)(,8n1)?",
	"xen-pciback\\.(hide|permissive)=(\\(([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]\\))+",
	"no-real-mode",
	NULL
};

struct matcher {
	unsigned int nr;
	regex_t regex[ARRAY_SIZE(patterns_dmesg)];
};

static void matcher_free(struct matcher *m)
{
	while (m->nr)
		regfree(&m->regex[--m->nr]);
}

static bool matcher_init(struct matcher *m, const char *const *list)
{
	char whole[2048];

	for (m->nr = 0; *list; list++, m->nr++) {
		snprintf(whole, sizeof(whole), "^(%s)$", *list);
		if (m->nr == ARRAY_SIZE(m->regex) ||
		    regcomp(&m->regex[m->nr], whole, REG_EXTENDED | REG_NOSUB)) {
			matcher_free(m);
			return false;
		}
	}

	return true;
}

static bool matches(const struct matcher *m, const char *line)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		if (!regexec(&m->regex[i], line, 0, NULL, 0))
			return true;

	return false;
}

static void put_options(FILE *out, const struct matcher *options, char *text)
{
	char *word, *save;

	for (word = strtok_r(text, " \"'", &save); word;
	     word = strtok_r(NULL, " \"'", &save))
		if (matches(options, word))
			fprintf(out, "%s ", word);
	fputc('\n', out);
}

/* --- lines --------------------------------------------------------------------------- */

/* "[    0.000000] ", "[2024-01-01 10:00:00] " */
static const char *skip_stamp(const char *line)
{
	size_t len = line[0] == '[' ? strspn(line + 1, "0123456789 .:T-") : 0;

	if (!len || strncmp(line + 1 + len, "] ", 2))
		return line;

	return line + len + 3;
}

static const char *skip_start(const char *line)
{
	if (line[0] == '<' && isdigit((unsigned char)line[1]) && line[2] == '>')
		line += 3;
	if (!strncmp(line, "(XEN) ", 6))
		line += 6;

	return skip_stamp(line);
}

struct filter {
	enum allow_kind kind;
	struct matcher lines;
	struct matcher options;
};

static void put_line(FILE *out, const struct filter *f, char *line)
{
	static const char word[] = "ommand line: ";
	bool log = f->kind == ALLOW_DMESG || f->kind == ALLOW_XEN;
	const char *text = log ? skip_start(line) : line;
	const char *xen = f->kind == ALLOW_XEN ? "(XEN) " : "";
	char *p = log ? strstr(text, word) : NULL;

	/* The kernel shows the addresses to root only. */
	if (f->kind == ALLOW_IOMEM && strstr(line, "00000000-00000000 :"))
		return;
	/* "Command line: ", "Kernel command line: ", "Built-in command line: " */
	if (p && p - text < 16) {
		fprintf(out, "%s%s", xen, strncmp(text, "Built", 5) ?
			"Command line: " : "Built-in command line: ");
		put_options(out, &f->options, p + strlen(word));
		return;
	}
	if (!(log && put_version(out, xen, text)) && matches(&f->lines, text))
		fprintf(out, "%s%s\n", xen, text);
}

static void put_lines(FILE *out, const struct filter *f, char *text)
{
	char *line, *save;

	for (line = strtok_r(text, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save))
		put_line(out, f, line);
}

char *allow_text(enum allow_kind kind, const char *text, size_t *size)
{
	struct filter f = { .kind = kind };
	char *copy, *allowed = NULL;
	FILE *out;

	copy = strndup(text, *size);
	if (!copy)
		return NULL;
	if (matcher_init(&f.lines, patterns[kind])) {
		if (matcher_init(&f.options, options_allowed)) {
			out = open_memstream(&allowed, size);
			if (out) {
				put_lines(out, &f, copy);
				fclose(out);
			}
			matcher_free(&f.options);
		}
		matcher_free(&f.lines);
	}
	free(copy);

	return allowed;
}
