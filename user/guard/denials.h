/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the module says of refused maps, kept for the tracer's own records of them. The two come by
 * different ways, in any order, the module's later as a rule, since a worker sends it. A denial
 * whose record never comes (the tracer lost it) stands for itself after a while.
 */
#ifndef VIOMMU_GUARD_DENIALS_H
#define VIOMMU_GUARD_DENIALS_H

#include "guard/message.h"

/** So long, ns, a denial and its record wait for each other. */
#define DENIALS_WAIT 1000000000ULL
/** So many wait at a time: as the module's own ring, and some. Of more the oldest is alone. */
#define DENIALS_MAX 1024

/** What both know of a map. */
struct denial_key {
	uint32_t tid;
	uint64_t iova;
	uint64_t size;
	uint64_t time;		/**< CLOCK_BOOTTIME ns, when the map was refused */
};

struct denials;

/** NULL: no memory. */
struct denials *denials_new(void);
void denials_free(struct denials *d);

/** Could a map with that result be a denial: ERANGE, EPERM or EINVAL? */
bool denials_may_be(int result);

/**
 * A denial has come, and waits. True: for want of room the oldest does not any more; it is in *out,
 * and stands for itself.
 */
bool denials_add(struct denials *d, const struct guard_denial *denial, struct guard_denial *out);

/** A record has come. True: this is its denial, which is let go; false: none is here (yet). */
bool denials_take(struct denials *d, const struct denial_key *key, struct guard_denial *denial);

/** A denial that has waited long enough, whose record never came. False: none (any more). */
bool denials_alone(struct denials *d, uint64_t now, struct guard_denial *denial);

/** One of the two has waited long enough. */
bool denials_is_due(uint64_t since, uint64_t now);

#endif
