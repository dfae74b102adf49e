/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folding of repeats. The first event of a kind passes at once; equal ones that follow within
 * the window are held and come out as one event with count = how many. Nothing is lost: the sum
 * of count over what comes out equals that of what went in.
 *
 * Only MAP, UNMAP and REQUEST that failed are folded. Successful MAP and UNMAP pass at once. Any
 * other type passes after the repeats that are held, so that it comes behind all that is older;
 * only a MAP that waits for its retry (EBUSY) may come behind it, unless the type is SUMMARY.
 *
 * Order: what passes at once comes in order of ts. What was held comes later than its ts says by
 * at most the window (if fold_expire() is called in time), and in order of ts among itself each
 * time that something is let out.
 */
#ifndef VIOMMU_CORE_FOLD_H
#define VIOMMU_CORE_FOLD_H

#include "event.h"

/** Kinds that can be held at once; the oldest is let out early when one more comes. */
#define FOLD_MAX_KINDS 64

/** MAPs that can wait for their retry at once; the oldest is let out early when one more comes. */
#define FOLD_MAX_BUSY 16

enum fold_rule {
	FOLD_EXACT,	/**< equal in everything that is printed, but time: JSON */
	FOLD_REASON,	/**< same container, type, result, reason and severity, whatever the
			 *  IOVA: table. iova_lowest and iova_highest say where they were.
			 */
};

/**
 * Called with each event that comes out; event is valid until it returns. A failed MAP or UNMAP
 * has iova_lowest and iova_highest set. A negative return is given back to the caller; the event
 * counts as having come out, and what else was due still comes.
 */
typedef int (*fold_emit_fn)(void *ctx, const struct viommu_event *event);

struct fold;

/** window in ns. NULL if out of memory. The only allocation. */
struct fold *fold_new(enum fold_rule rule, uint64_t window, fold_emit_fn emit, void *ctx);

/** Forgets what is held; call fold_flush() before. NULL is allowed. */
void fold_free(struct fold *fold);

/**
 * Give one event in; first lets out what is due at its ts, which should not decrease (after a step
 * back things come out later, but all the same). A MAP that failed with EBUSY is held for the
 * window: a success of the same range in the same container (ev.retried) turns it into a benign
 * busy_retry, which comes out before the success does.
 * 0, or the first negative return of emit.
 */
int fold_add(struct fold *fold, const struct viommu_event *event);

/** Let out whatever has been held for the window at time now (same clock as ts). */
int fold_expire(struct fold *fold, uint64_t now);

/** Let everything out; the next event of any kind is a first one again. */
int fold_flush(struct fold *fold);

/** Earliest time at which fold_expire() has something to do; UINT64_MAX if nothing is held. */
uint64_t fold_deadline(const struct fold *fold);

#endif
