// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits that are valid, and with which VMs do not start all the same. */
#include "iova.h"
#include "policy-parts.h"

/** The narrowest aw-bits that QEMU's vIOMMUs take (vtd_decide_config(), virtio_iommu_init()). */
#define INTEL_BITS_MIN 39
#define VIRTIO_BITS_MIN 32

void policy_limit_warn(struct policy_reader *r, const struct policy *p)
{
	const unsigned int bits = iova_bits(p->max_iova);

	if (p->max_iova < IOVA_X86_MSI_FIRST)
		policy_warning(r, p->limit_at, "the limit 0x%llx is below the interrupt window "
			       "0x%llx-0x%llx: x86 VMs have memory or firmware above it and do not "
			       "start", (unsigned long long)p->max_iova, IOVA_X86_MSI_FIRST,
			       IOVA_X86_MSI_LAST);
	else if (p->max_iova <= IOVA_X86_MSI_LAST)
		policy_warning(r, p->limit_at, "the limit 0x%llx is inside the interrupt window "
			       "0x%llx-0x%llx, in which nothing can be mapped anyway",
			       (unsigned long long)p->max_iova, IOVA_X86_MSI_FIRST,
			       IOVA_X86_MSI_LAST);
	if (bits < VIRTIO_BITS_MIN)
		policy_warning(r, p->limit_at, "with a limit below 32 bits no guest with a virtual "
			       "IOMMU starts: virtio-iommu takes aw-bits from 32 on, intel-iommu 39 "
			       "or 48");
	else if (bits < INTEL_BITS_MIN)
		policy_warning(r, p->limit_at, "with a limit below 39 bits no guest with intel-iommu "
			       "starts: it takes aw-bits 39 or 48; virtio-iommu takes 32 to 64");
}
