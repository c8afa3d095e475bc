/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All of the P2M tree in one translation unit, for users with a private copy:
 * see XEN_P2M_PRIVATE_COPY in seam.h
 */
#include "change.c"
#include "init.c"
#include "lookup.c"
#include "frame-list.c"
#include "identity-notes.c"
#include "prealloc.c"
#include "window.c"
