/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folding of repeats. The first event of a kind passes at once; equal ones that follow within
 * the window are held and come out as one event with count = how many. Nothing is lost: the sum
 * of count over what comes out equals the number of events that went in.
 */
#ifndef VIOMMU_CORE_FOLD_H
#define VIOMMU_CORE_FOLD_H

#include "event.h"

/** Kinds that can be held at once; the oldest is let out early when one more comes. */
#define FOLD_MAX_KINDS 64

enum fold_rule {
	FOLD_EXACT,	/**< equal in everything but time: JSON */
	FOLD_REASON,	/**< same container, type, result and reason, whatever the IOVA: table */
};

/** Called with each event that comes out. A negative return is given back to the caller. */
typedef int (*fold_emit_fn)(void *ctx, const struct viommu_event *event);

struct fold;

/** window in ns. NULL if out of memory. The only allocation. */
struct fold *fold_new(enum fold_rule rule, uint64_t window, fold_emit_fn emit, void *ctx);

/** Forgets what is held; call fold_flush() before. NULL is allowed. */
void fold_free(struct fold *fold);

/**
 * Give one event in, event->ts not decreasing. A MAP that failed with EBUSY is held for the
 * window: a success of the same range (ev.retried) turns it into a benign busy_retry.
 */
int fold_add(struct fold *fold, const struct viommu_event *event);

/** Let out whatever has been held for the window at time now (same clock as ts). */
int fold_expire(struct fold *fold, uint64_t now);

/** Let everything out. */
int fold_flush(struct fold *fold);

/** Earliest time at which fold_expire() has something to do; UINT64_MAX if nothing is held. */
uint64_t fold_deadline(const struct fold *fold);

#endif
