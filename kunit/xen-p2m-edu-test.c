// SPDX-License-Identifier: GPL-2.0
/*
 * Driver-level access to a passed-through device: QEMU's "edu" (1234:11e8).
 *
 * A driver reaches a BAR through ioremap(), whose PTEs take their MFN from the
 * P2M. Unless the BAR's PFNs are identity there, the registers of another
 * MFN, or none, answer. The edu device answers in a way that memory or an
 * empty bus cannot: it inverts what was written, and computes factorials.
 *
 * Registers: docs/specs/edu.rst of QEMU.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#define EDU_VENDOR		0x1234
#define EDU_DEVICE		0x11e8
#define EDU_BAR			0

#define EDU_REG_ID		0x00
#define EDU_REG_LIVENESS	0x04
#define EDU_REG_FACTORIAL	0x08
#define EDU_REG_STATUS		0x20
#define EDU_STATUS_COMPUTING	BIT(0)

/* 0xRRrr00ed, RR and rr the major and minor version */
#define EDU_ID_MASK		0xffff
#define EDU_ID			0x00ed

struct edu {
	struct pci_dev *pdev;
	bool enabled;
	bool requested;
	void __iomem *regs;
};

static int edu_init(struct kunit *test)
{
	struct edu *edu = kunit_kzalloc(test, sizeof(*edu), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, edu);
	test->priv = edu;
	edu->pdev = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
	if (!edu->pdev)
		kunit_skip(test, "no edu device on the bus");

	edu->enabled = !pci_enable_device(edu->pdev);
	KUNIT_ASSERT_TRUE(test, edu->enabled);
	edu->requested = !pci_request_region(edu->pdev, EDU_BAR, "xen-p2m-edu");
	KUNIT_ASSERT_TRUE(test, edu->requested);
	edu->regs = pci_iomap(edu->pdev, EDU_BAR, 0);
	KUNIT_ASSERT_TRUE(test, edu->regs);
	kunit_info(test, "%s: %pR\n", pci_name(edu->pdev),
		   &edu->pdev->resource[EDU_BAR]);

	return 0;
}

static void edu_exit(struct kunit *test)
{
	struct edu *edu = test->priv;

	if (!edu || !edu->pdev)
		return;
	if (edu->regs)
		pci_iounmap(edu->pdev, edu->regs);
	if (edu->requested)
		pci_release_region(edu->pdev, EDU_BAR);
	if (edu->enabled)
		pci_disable_device(edu->pdev);
	pci_dev_put(edu->pdev);
}

static void edu_identifies_itself(struct kunit *test)
{
	struct edu *edu = test->priv;

	KUNIT_EXPECT_EQ(test, ioread32(edu->regs + EDU_REG_ID) & EDU_ID_MASK,
			EDU_ID);
}

static void edu_inverts_what_is_written(struct kunit *test)
{
	static const u32 values[] = { 0, ~0u, 0x12345678, 0xa5a5a5a5 };
	struct edu *edu = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		iowrite32(values[i], edu->regs + EDU_REG_LIVENESS);
		KUNIT_EXPECT_EQ(test, ioread32(edu->regs + EDU_REG_LIVENESS),
				~values[i]);
	}
}

static void edu_computes_a_factorial(struct kunit *test)
{
	struct edu *edu = test->priv;
	int left = 1000;

	iowrite32(10, edu->regs + EDU_REG_FACTORIAL);
	while ((ioread32(edu->regs + EDU_REG_STATUS) & EDU_STATUS_COMPUTING) &&
	       --left)
		msleep(20);

	KUNIT_EXPECT_GT(test, left, 0);
	KUNIT_EXPECT_EQ(test, ioread32(edu->regs + EDU_REG_FACTORIAL), 3628800);
}

static struct kunit_case edu_cases[] = {
	KUNIT_CASE(edu_identifies_itself),
	KUNIT_CASE(edu_inverts_what_is_written),
	KUNIT_CASE(edu_computes_a_factorial),
	{}
};

static struct kunit_suite edu_suite = {
	.name		= "xen-p2m-edu",
	.init		= edu_init,
	.exit		= edu_exit,
	.test_cases	= edu_cases,
};

kunit_test_suite(edu_suite);

MODULE_DESCRIPTION("KUnit: registers of a passed-through PCI device answer");
MODULE_AUTHOR("Seed 6b260d8d maintainers <maintainers@users.noreply.h-seed-6b260d8d.example>");
MODULE_LICENSE("GPL");
