// SPDX-License-Identifier: GPL-2.0
/*
 * Moving the firmware's ACPI and SMBIOS tables.
 *
 * The anchors stay where everybody looks for them, and name the new places. What
 * was at the old ones is wiped, so that nobody finds it there. Tables are read at
 * their old places until then, also where nothing is written yet.
 */
#include "mem.h"
#include "tables.h"

#define BIOS_START	0xe0000U
#define BIOS_END	0x100000U

/* Offsets in the tables, as ACPI and SMBIOS have them */
#define SDT_LENGTH	4
#define SDT_CHECKSUM	9
#define SDT_ENTRIES	36
#define RSDP_CHECKSUM	8
#define RSDP_REVISION	15
#define RSDP_RSDT	16
#define RSDP_SIZE	20
#define FADT_FACS	36
#define FADT_DSDT	40
#define FADT_X_FACS	132
#define FADT_X_DSDT	140
#define FADT_X_END	148
#define SMBIOS_CHECKSUM	4
#define SMBIOS_SIZE	31
#define SMBIOS_DMI	16
#define SMBIOS_DMI_SUM	21
#define SMBIOS_LENGTH	22
#define SMBIOS_TABLE	24

static u8 *at(u32 address)
{
	return (u8 *)address;
}

static u32 get32(u32 address)
{
	u32 val;

	memcpy(&val, at(address), sizeof(val));
	return val;
}

static void set32(u32 address, u32 val)
{
	memcpy(at(address), &val, sizeof(val));
}

static u32 get16(u32 address)
{
	return at(address)[0] | at(address)[1] << 8;
}

static bool starts_with(u32 address, const char *signature)
{
	u32 i;

	for (i = 0; signature[i]; i++)
		if (at(address)[i] != signature[i])
			return false;
	return true;
}

static u8 sum(u32 address, u32 len)
{
	u8 res = 0;

	while (len--)
		res += at(address++)[0];
	return res;
}

static void set_sum(u32 start, u32 len, u32 offset)
{
	at(start + offset)[0] -= sum(start, len);
}

static u32 find_anchor(const char *signature, u32 size)
{
	u32 pos;

	for (pos = BIOS_START; pos < BIOS_END; pos += 16)
		if (starts_with(pos, signature) && !sum(pos, size))
			return pos;
	return 0;
}

static u32 place(struct tables *t, u32 old, u32 len)
{
	u32 new = t->next;

	if (t->write)
		memcpy(at(new), at(old), len);
	/* As the FACS wants it */
	t->next = (new + len + 63) & ~63U;
	t->nr++;
	return new;
}

static void wipe(const struct tables *t, u32 old, u32 len)
{
	if (t->write)
		memset(at(old), 0, len);
}

static u32 move_table(struct tables *t, u32 old)
{
	u32 len, new;

	if (!old)
		return 0;
	len = get32(old + SDT_LENGTH);
	new = place(t, old, len);
	wipe(t, old, len);
	return new;
}

static u32 move_fadt(struct tables *t, u32 old)
{
	u32 len = get32(old + SDT_LENGTH), new = place(t, old, len);
	u32 facs = move_table(t, get32(old + FADT_FACS));
	u32 dsdt = move_table(t, get32(old + FADT_DSDT));

	wipe(t, old, len);
	if (!t->write)
		return new;
	set32(new + FADT_FACS, facs);
	set32(new + FADT_DSDT, dsdt);
	if (len >= FADT_X_END && get32(new + FADT_X_FACS))
		set32(new + FADT_X_FACS, facs);
	if (len >= FADT_X_END && get32(new + FADT_X_DSDT))
		set32(new + FADT_X_DSDT, dsdt);
	set_sum(new, len, SDT_CHECKSUM);
	return new;
}

static void move_acpi(struct tables *t)
{
	u32 rsdp = find_anchor("RSD PTR ", RSDP_SIZE), old, new, len, i, entry;

	if (!rsdp || at(rsdp)[RSDP_REVISION]) {
		t->error = "no RSDP of ACPI 1.0 in the BIOS";
		return;
	}
	old = get32(rsdp + RSDP_RSDT);
	len = get32(old + SDT_LENGTH);
	new = place(t, old, len);
	for (i = SDT_ENTRIES; i < len; i += sizeof(u32)) {
		entry = get32(old + i);
		entry = starts_with(entry, "FACP") ? move_fadt(t, entry) :
						     move_table(t, entry);
		if (t->write)
			set32(new + i, entry);
	}
	wipe(t, old, len);
	if (!t->write)
		return;
	set_sum(new, len, SDT_CHECKSUM);
	set32(rsdp + RSDP_RSDT, new);
	set_sum(rsdp, RSDP_SIZE, RSDP_CHECKSUM);
}

static void move_smbios(struct tables *t)
{
	u32 anchor = find_anchor("_SM_", SMBIOS_SIZE), old, new, len;

	if (!anchor) {
		t->error = "no entry point of SMBIOS 2 in the BIOS";
		return;
	}
	old = get32(anchor + SMBIOS_TABLE);
	len = get16(anchor + SMBIOS_LENGTH);
	new = place(t, old, len);
	wipe(t, old, len);
	if (!t->write)
		return;
	set32(anchor + SMBIOS_TABLE, new);
	set_sum(anchor + SMBIOS_DMI, SMBIOS_SIZE - SMBIOS_DMI,
		SMBIOS_DMI_SUM - SMBIOS_DMI);
	set_sum(anchor, SMBIOS_SIZE, SMBIOS_CHECKSUM);
}

void tables_move(struct tables *t)
{
	t->nr = 0;
	move_acpi(t);
	if (!t->error)
		move_smbios(t);
}
