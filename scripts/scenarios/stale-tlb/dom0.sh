# SPDX-License-Identifier: GPL-2.0
# TLBs after a change of the P2M's structure

step_stale_tlb()
{
	kunit_module xen-p2m-flush-test stale-tlb
}
