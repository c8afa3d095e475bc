// SPDX-License-Identifier: GPL-2.0
/* What is said of a refused claim: see identity.h */

#include "identity.h"

/**
 * xen_p2m_reason_text() - say what is in the way
 * @reason: of a verdict
 *
 * Context: any.
 * Return: words that go after "is" or "are".
 */
XEN_P2M_SCOPE const char *xen_p2m_reason_text(enum xen_p2m_reason reason)
{
	switch (reason) {
	case XEN_P2M_FREE:
		return "free";
	case XEN_P2M_IS_RAM:
		return "RAM of this domain";
	case XEN_P2M_IS_FOREIGN:
		return "pages of another domain";
	case XEN_P2M_IS_BALLOON:
		return "reserved for the balloon";
	case XEN_P2M_IS_SCRATCH:
		return "set aside for pages of other domains";
	case XEN_P2M_NO_RANGE:
		return "no range";
	case XEN_P2M_NO_MEMORY:
		return "free, but there is no memory for the P2M";
	}

	return "unknown";
}

/**
 * xen_p2m_remedy() - say what the admin can do
 * @reason: of a verdict
 * @dom0: the domain sees the memory map of the machine
 *
 * Context: any.
 * Return: a sentence in the imperative.
 */
XEN_P2M_SCOPE const char *xen_p2m_remedy(enum xen_p2m_reason reason, bool dom0)
{
	switch (reason) {
	case XEN_P2M_FREE:
		break;
	case XEN_P2M_IS_RAM:
	case XEN_P2M_IS_BALLOON:
		return dom0 ?
			"limit dom0_mem=, or move the device in the firmware's setup" :
			"set e820_host=1 for this domain";
	case XEN_P2M_IS_FOREIGN:
	case XEN_P2M_IS_SCRATCH:
		return "plug the device in again after a reboot, before domains start";
	case XEN_P2M_NO_RANGE:
		return "update the firmware";
	case XEN_P2M_NO_MEMORY:
		return "free some memory, remove the device and rescan the bus";
	}

	return "nothing to do";
}
