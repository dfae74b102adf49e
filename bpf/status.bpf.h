/* SPDX-License-Identifier: GPL-2.0 */
/* What a virtio-iommu's statuses mean as errors. */
#ifndef VIOMMU_STATUS_BPF_H
#define VIOMMU_STATUS_BPF_H

#include "arith.bpf.h"

/** VIRTIO_IOMMU_S_* as the driver translates them (viommu_get_req_errno()). */
static const s32 status_errno[VIOMMU_MAX_STATUS] = {
	0, -5 /* EIO */, -38 /* ENOSYS */, -5, -22 /* EINVAL */, -34 /* ERANGE */,
	-2 /* ENOENT */, -14 /* EFAULT */, -12 /* ENOMEM */, -5, -5, -5, -5, -5, -5, -5,
};

static __always_inline u32 status_index(u8 status)
{
	return bounded(status < VIOMMU_MAX_STATUS ? status : VIOMMU_MAX_STATUS - 1,
		       VIOMMU_MAX_STATUS);
}

#endif
