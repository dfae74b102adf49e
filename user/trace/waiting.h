/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that wait, in order of coming: failed maps for a word of viommu_guard, and requests. */
#ifndef VIOMMU_TRACE_WAITING_H
#define VIOMMU_TRACE_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <viommu/record.h>

/** So many at a time. */
#define WAITING_MAX 4096

struct waiting;

/** NULL: no memory. */
struct waiting *waiting_new(void);
void waiting_free(struct waiting *w);

/** Keep a copy of a MAP that failed or of a REQUEST. False: there is no room, or it is another. */
bool waiting_add(struct waiting *w, const struct viommu_rec *rec);
/** The oldest; NULL: none waits. Valid until waiting_drop(). */
const struct viommu_rec *waiting_first(const struct waiting *w);
void waiting_drop(struct waiting *w);
/** Does a record of that thread wait? */
bool waiting_has(const struct waiting *w, uint32_t tid);

#endif
