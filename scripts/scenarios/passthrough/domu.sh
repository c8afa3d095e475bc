# SPDX-License-Identifier: GPL-2.0
# The device is used in the domU

job_pci()
{
	kunit_module xen-p2m-live-test live-domu
	kunit_module xen-p2m-edu-test edu-domu
	report_sections domu
}
