// SPDX-License-Identifier: GPL-2.0-or-later
/* Which aw-bits a vIOMMU can have so that nothing it hands out is refused by the host. */
#include "diagnose.h"
#include "text.h"

/* virtio-iommu-pci refuses others: "aw-bits must be within [32,64]" (QEMU 9.0). */
#define VIRTIO_MIN_BITS 32

unsigned int viommu_recommend_bits(const struct iova_ranges *ranges)
{
	const unsigned int bits = iova_ranges_safe_bits(ranges);

	return bits >= VIRTIO_MIN_BITS ? bits : 0;
}

void viommu_recommend_option(unsigned int bits, char *buf, size_t size)
{
	struct text t;

	if (!size)
		return;
	text_init(&t, buf, size);
	if (bits)
		text_add(&t, "-device virtio-iommu-pci,aw-bits=%u", bits);
}
