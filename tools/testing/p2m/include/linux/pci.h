/* SPDX-License-Identifier: GPL-2.0 */
/* Without CONFIG_PCI nothing of it is used. */
