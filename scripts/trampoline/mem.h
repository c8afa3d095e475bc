/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TRAMPOLINE_MEM_H
#define TRAMPOLINE_MEM_H

#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t len);
void *memset(void *dst, int c, size_t len);

#endif /* TRAMPOLINE_MEM_H */
