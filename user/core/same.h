/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When two events say the same. */
#ifndef VIOMMU_CORE_SAME_H
#define VIOMMU_CORE_SAME_H

#include "event.h"

/** Same container, type, result, policy, reason, severity; both with an IOVA, or both without. */
bool same_reason(const struct viommu_event *a, const struct viommu_event *b);

/** Everything that is printed is equal, but time and count. */
bool same_printed(const struct viommu_event *a, const struct viommu_event *b);

/** Same container and the same request range. */
bool same_range(const struct viommu_event *a, const struct viommu_event *b);

#endif
