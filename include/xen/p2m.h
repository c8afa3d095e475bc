/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an entry of the P2M can say
 *
 * The P2M of a PV domain has the MFN of each of its PFNs. This header is for
 * everybody who reads entries, the inline lookup of the architecture included,
 * so it needs nothing of the P2M itself.
 */
#ifndef _XEN_P2M_H
#define _XEN_P2M_H

#include <linux/bits.h>
#include <linux/types.h>

#include <asm/bitsperlong.h>

#ifndef INVALID_P2M_ENTRY
#define INVALID_P2M_ENTRY	(~0UL)
#define FOREIGN_FRAME_BIT	(1UL << (BITS_PER_LONG - 1))
#define IDENTITY_FRAME_BIT	(1UL << (BITS_PER_LONG - 2))
#define FOREIGN_FRAME(m)	((m) | FOREIGN_FRAME_BIT)
#define IDENTITY_FRAME(m)	((m) | IDENTITY_FRAME_BIT)
#endif

/*
 * No MFN above may be stored: with a type bit set it could not be told apart
 * from INVALID_P2M_ENTRY and the mark.
 */
#define XEN_P2M_MAX_MFN	((IDENTITY_FRAME_BIT >> 1) - 1)

/*
 * What the shared identity leaf is filled with where no toolstack reads it. A
 * lookup never returns it; it turns it into the answer for its PFN. It is next
 * to INVALID_P2M_ENTRY, so that one comparison finds both.
 */
#define XEN_P2M_IDENTITY_MARK	(INVALID_P2M_ENTRY - 1)

/**
 * enum xen_p2m_type - what a PFN stands for
 * @XEN_P2M_MISSING: nothing
 * @XEN_P2M_IDENTITY: the MFN of the same number
 * @XEN_P2M_MFN: an MFN of this domain
 * @XEN_P2M_FOREIGN: an MFN of another domain
 */
enum xen_p2m_type {
	XEN_P2M_MISSING,
	XEN_P2M_IDENTITY,
	XEN_P2M_MFN,
	XEN_P2M_FOREIGN,
};

/**
 * xen_p2m_entry_is_rare() - does an entry as stored need a closer look?
 * @entry: as read from a leaf
 *
 * It is INVALID_P2M_ENTRY or the mark. This is all that a lookup of RAM or of
 * an identity entry has to add to its load.
 *
 * Return: false if @entry is the answer as it stands.
 */
static inline bool xen_p2m_entry_is_rare(unsigned long entry)
{
	return entry >= XEN_P2M_IDENTITY_MARK;
}

/**
 * xen_p2m_entry_type() - decode an entry
 * @entry: as returned by a lookup, or as stored in a private leaf
 *
 * Return: its type.
 */
static inline enum xen_p2m_type xen_p2m_entry_type(unsigned long entry)
{
	/* All bits are set in it, so it comes first. */
	if (entry == INVALID_P2M_ENTRY)
		return XEN_P2M_MISSING;
	if (entry & FOREIGN_FRAME_BIT)
		return XEN_P2M_FOREIGN;
	if (entry & IDENTITY_FRAME_BIT)
		return XEN_P2M_IDENTITY;

	return XEN_P2M_MFN;
}

/**
 * xen_p2m_entry_valid() - may an entry be stored for a PFN?
 * @pfn: PFN to store it for
 * @entry: what to store
 *
 * Return: false for an MFN out of range, and for an identity entry of another
 * PFN.
 */
static inline bool xen_p2m_entry_valid(unsigned long pfn, unsigned long entry)
{
	switch (xen_p2m_entry_type(entry)) {
	case XEN_P2M_MISSING:
		return true;
	case XEN_P2M_IDENTITY:
		return entry == IDENTITY_FRAME(pfn) && pfn <= XEN_P2M_MAX_MFN;
	case XEN_P2M_MFN:
	case XEN_P2M_FOREIGN:
		return (entry & ~FOREIGN_FRAME_BIT) <= XEN_P2M_MAX_MFN;
	}

	return false;
}

#endif /* _XEN_P2M_H */
