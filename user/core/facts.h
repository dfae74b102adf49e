/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from the evidence of a failure by arithmetic alone. Computed once, then asked by
 * the rules, the sentences and the remedies.
 */
#ifndef VIOMMU_CORE_FACTS_H
#define VIOMMU_CORE_FACTS_H

#include "diagnose.h"

/** Where the request lies; UNKNOWN if it, or the usable ranges, are not known. */
enum facts_place {
	FACTS_PLACE_UNKNOWN,
	FACTS_PLACE_INSIDE,	/**< in one usable range: the kernel's range check passed */
	FACTS_PLACE_ABOVE,	/**< ends above the last usable IOVA */
	FACTS_PLACE_HOLE,	/**< below the top, but meets a hole */
};

struct facts {
	const struct viommu_evidence *ev;
	bool sized;		/**< the request is known, not empty and does not wrap */
	bool wraps;		/**< iova + size or vaddr + size goes beyond 2^64 */
	bool misaligned;	/**< something is no multiple of granule */
	uint64_t last;		/**< last IOVA of the request; valid if sized */
	uint64_t granule;	/**< bytes; the smallest any host has if not known */

	enum facts_place place;
	uint64_t top;		/**< last usable IOVA; 0 unknown */
	unsigned int host_bits;	/**< bits wholly below the top; 0 unknown */
	unsigned int safe_bits;	/**< what viommu_recommend_bits() says; 0 unknown */
	enum iova_hole hole_kind;	/**< valid if place is HOLE */
	struct viommu_range hole;	/**< valid if place is HOLE */

	uint64_t memlock_need;	/**< bytes that must be allowed for the request, saturated */
	bool memlock_binds;	/**< the limit is known, counts, and is below memlock_need */
};

void facts_init(struct facts *f, const struct viommu_evidence *ev);

/** The request meets [first, last]; false if the request is not known. */
bool facts_meets(const struct facts *f, uint64_t first, uint64_t last);

#endif
