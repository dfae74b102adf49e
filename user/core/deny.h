/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map that a policy of viommu_guard refused, or would have: what the guard and the tracer say. */
#ifndef VIOMMU_CORE_DENY_H
#define VIOMMU_CORE_DENY_H

#include "event.h"

/** What the guard says of it. */
struct deny {
	struct viommu_denier by;
	uint64_t limit;		/**< last IOVA allowed */
	uint32_t error;		/**< positive errno that the VMM was given; 0: audit, not refused */
};

/**
 * Make the event of a map that of its denial: type, result, usable ranges as the policy leaves
 * them, diagnosis. e is a MAP as decoded, with all that is known of its VM.
 */
void deny_judge(struct viommu_event *e, const struct deny *deny);

#endif
