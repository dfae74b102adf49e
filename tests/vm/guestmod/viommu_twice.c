// SPDX-License-Identifier: GPL-2.0
/*
 * Takes QEMU's edu device and maps each of `count` IOVAs twice, which the IOMMU core and the
 * virtio-iommu driver let pass and the device refuses the second time. Then it attaches the domain
 * anew, which makes the driver send the mappings again and look at the answers. Says in the kernel
 * log what it did and what it was told; probing it is all it does.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

static unsigned int count = 20;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "IOVAs to map twice");

static unsigned long base = 0x10000000;
module_param(base, ulong, 0444);
MODULE_PARM_DESC(base, "first of them; the others follow 64 KiB apart");

#define DISTANCE 0x10000
#define PROT (IOMMU_READ | IOMMU_WRITE)

static void map_twice(struct pci_dev *pdev, struct iommu_domain *domain, struct page *page)
{
	for (unsigned int i = 0; i < count; i++) {
		unsigned long iova = base + i * DISTANCE;
		int first = iommu_map(domain, iova, page_to_phys(page), PAGE_SIZE, PROT,
				      GFP_KERNEL);
		int second = iommu_map(domain, iova, page_to_phys(page), PAGE_SIZE, PROT,
				       GFP_KERNEL);

		pci_info(pdev, "mapped %#lx %#lx twice: %d %d\n", iova, PAGE_SIZE, first, second);
	}
}

static int use_domain(struct pci_dev *pdev, struct iommu_domain *domain, struct page *page)
{
	int err = iommu_attach_device(domain, &pdev->dev);

	if (err)
		return err;
	map_twice(pdev, domain, page);
	iommu_detach_device(domain, &pdev->dev);
	err = iommu_attach_device(domain, &pdev->dev);
	pci_info(pdev, "attached again: %d\n", err);
	if (!err)
		iommu_detach_device(domain, &pdev->dev);
	return 0;
}

static int twice_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct iommu_domain *domain;
	int err;

	if (!page)
		return -ENOMEM;
	domain = iommu_paging_domain_alloc(&pdev->dev);
	if (IS_ERR(domain)) {
		__free_page(page);
		return PTR_ERR(domain);
	}
	err = use_domain(pdev, domain, page);
	iommu_domain_free(domain);
	__free_page(page);
	return err;
}

static const struct pci_device_id twice_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};

static struct pci_driver twice_driver = {
	.name = "viommu_twice",
	.id_table = twice_ids,
	.probe = twice_probe,
	.driver_managed_dma = true,
};
module_pci_driver(twice_driver);

MODULE_DESCRIPTION("Map IOVAs twice: a test of viommu-trace");
MODULE_LICENSE("GPL");
