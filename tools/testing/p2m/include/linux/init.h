/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _STUB_LINUX_INIT_H
#define _STUB_LINUX_INIT_H

/* No options here */
#define IS_ENABLED(option)	0

#define __init

#endif
