/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_P2M_IDENTITY_NOTES_H
#define _XEN_P2M_IDENTITY_NOTES_H

#include <linux/types.h>

#include "seam.h"

/**
 * DOC: Identity by note
 *
 * Where the toolstack reads the leaves of a domain, a private leaf holds only
 * MFNs and INVALID_P2M_ENTRY, and a restore writes just that back. So in a domU a
 * sorted table of ranges says which PFNs of private leaves are identity: one
 * which reads INVALID_P2M_ENTRY is identity if it is noted, else missing. What
 * the table says of other PFNs means nothing and is dropped opportunistically.
 *
 * There are two copies of the table. A change is made to the spare one, under
 * the lock of the tree, and can be abandoned. Readers need no lock and never
 * wait for a writer, so they may interrupt one.
 */

/**
 * struct xen_p2m_note - identity PFNs
 * @start: first PFN
 * @end: first PFN after the range
 */
struct xen_p2m_note {
	unsigned long start;
	unsigned long end;
};

/**
 * struct xen_p2m_note_table - one copy of the notes
 * @nr: notes in use
 * @note: by start, neither touching nor overlapping each other
 */
struct xen_p2m_note_table {
	unsigned int nr;
	struct xen_p2m_note *note;
};

/**
 * struct xen_p2m_notes - all notes of a tree
 * @seq: changes so far; its last bit is the copy readers use
 * @max: room in each copy
 * @end: first PFN after all notes
 * @copy: the copies
 */
struct xen_p2m_notes {
	unsigned int seq;
	unsigned int max;
	unsigned long end;
	struct xen_p2m_note_table copy[2];
};

/**
 * xen_p2m_notes_nr() - count the notes
 * @notes: to count
 *
 * Context: lock of the tree held.
 * Return: their number.
 */
static inline unsigned int xen_p2m_notes_nr(const struct xen_p2m_notes *notes)
{
	return notes->copy[notes->seq & 1].nr;
}

XEN_P2M_SCOPE int xen_p2m_notes_init(struct xen_p2m_notes *notes,
				     struct xen_p2m_seam *s, unsigned int max);
XEN_P2M_SCOPE void xen_p2m_notes_exit(struct xen_p2m_notes *notes,
				      struct xen_p2m_seam *s);
XEN_P2M_SCOPE void xen_p2m_notes_edit(struct xen_p2m_notes *notes);
XEN_P2M_SCOPE bool xen_p2m_notes_add(struct xen_p2m_notes *notes,
				     unsigned long start, unsigned long end);
XEN_P2M_SCOPE bool xen_p2m_notes_del(struct xen_p2m_notes *notes,
				     unsigned long start, unsigned long end);
XEN_P2M_SCOPE void xen_p2m_notes_commit(struct xen_p2m_notes *notes);
XEN_P2M_SCOPE bool xen_p2m_notes_find(const struct xen_p2m_notes *notes,
				      unsigned long pfn);

#endif /* _XEN_P2M_IDENTITY_NOTES_H */
