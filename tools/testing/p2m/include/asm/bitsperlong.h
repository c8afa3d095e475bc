/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_ASM_BITSPERLONG_H
#define _STUB_ASM_BITSPERLONG_H

#define BITS_PER_LONG __LONG_WIDTH__

#endif
