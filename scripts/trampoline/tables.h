/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving the firmware's ACPI and SMBIOS tables.
 */
#ifndef TRAMPOLINE_TABLES_H
#define TRAMPOLINE_TABLES_H

#include "map.h"

/**
 * struct tables - where the tables go
 * @next: where the next one goes; after the last one afterwards
 * @write: move them; else it is only said where they would end
 * @nr: how many there are
 * @error: what is missing, or NULL
 */
struct tables {
	u32 next;
	bool write;
	u32 nr;
	const char *error;
};

void tables_move(struct tables *t);

#endif /* TRAMPOLINE_TABLES_H */
