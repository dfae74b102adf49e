// SPDX-License-Identifier: GPL-2.0-or-later
/* Folding of repeats, and the wait for a retry after EBUSY. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "same.h"

/* One kind of event: its window runs from the last time that one came out. */
struct kind {
	bool used;
	uint64_t opened;		/* when the window began */
	bool held;			/* event waits, and stands for event.count */
	struct viommu_event event;	/* if not held, the one that came out */
};

/* A MAP that failed with EBUSY and may yet be tried again. */
struct busy {
	bool used;
	struct viommu_event event;
};

struct fold {
	bool (*same)(const struct viommu_event *a, const struct viommu_event *b);
	uint64_t window;
	fold_emit_fn emit;
	void *ctx;
	struct kind kinds[FOLD_MAX_KINDS];
	struct busy busy[FOLD_MAX_BUSY];
};

struct fold *fold_new(enum fold_rule rule, uint64_t window, fold_emit_fn emit, void *ctx)
{
	struct fold *fold = calloc(1, sizeof(*fold));

	if (!fold)
		return NULL;
	fold->same = rule == FOLD_EXACT ? same_printed : same_reason;
	fold->window = window;
	fold->emit = emit;
	fold->ctx = ctx;
	return fold;
}

void fold_free(struct fold *fold)
{
	free(fold);
}

static int first_error(int a, int b)
{
	return a < 0 ? a : b < 0 ? b : 0;
}

static uint64_t end_of_window(const struct fold *fold, uint64_t start)
{
	return fold->window > UINT64_MAX - start ? UINT64_MAX : start + fold->window;
}

static bool is_foldable(const struct viommu_event *event)
{
	if (event->type == VIOMMU_EVENT_DENY)
		return true;
	return event->result < 0 &&
	       (event->type == VIOMMU_EVENT_MAP || event->type == VIOMMU_EVENT_UNMAP ||
		event->type == VIOMMU_EVENT_REQUEST);
}

static bool is_busy(const struct viommu_event *event)
{
	return event->type == VIOMMU_EVENT_MAP && event->result == -EBUSY && !event->ev.retried;
}

/* What an event that stands for one call leaves to be worked out. */
static void normalise(struct viommu_event *event)
{
	const struct viommu_evidence *ev = &event->ev;

	if (event->count > 1)
		return;
	event->count = 1;
	event->ts_last = event->ts;
	if (!ev->has_range)
		return;
	event->iova_lowest = ev->iova;
	if (!iova_last(ev->iova, ev->size, &event->iova_highest))
		event->iova_highest = ev->size ? UINT64_MAX : ev->iova;
}

static void merge(struct viommu_event *into, const struct viommu_event *event)
{
	into->count += event->count;
	if (event->ts < into->ts)
		into->ts = event->ts;
	if (event->ts_last > into->ts_last)
		into->ts_last = event->ts_last;
	if (!event->ev.has_range)
		return;
	if (event->iova_lowest < into->iova_lowest)
		into->iova_lowest = event->iova_lowest;
	if (event->iova_highest > into->iova_highest)
		into->iova_highest = event->iova_highest;
}

/* Let out what a kind holds; its window begins anew. */
static int kind_release(struct fold *fold, struct kind *kind, uint64_t now)
{
	kind->opened = now;
	if (!kind->held)
		return 0;
	kind->held = false;
	return fold->emit(fold->ctx, &kind->event);
}

/* The kind whose held events are the oldest among those due by now, or of all. */
static struct kind *kind_due(struct fold *fold, uint64_t now, bool all)
{
	struct kind *oldest = NULL;

	for (size_t i = 0; i < FOLD_MAX_KINDS; i++) {
		struct kind *kind = &fold->kinds[i];

		if (!kind->used || !kind->held ||
		    (!all && end_of_window(fold, kind->opened) > now))
			continue;
		if (!oldest || kind->event.ts < oldest->event.ts)
			oldest = kind;
	}
	return oldest;
}

/* A window that went by without a repeat is over: the next event is a first one again. */
static void kinds_forget(struct fold *fold, uint64_t now)
{
	for (size_t i = 0; i < FOLD_MAX_KINDS; i++) {
		struct kind *kind = &fold->kinds[i];

		if (kind->used && !kind->held && end_of_window(fold, kind->opened) <= now)
			kind->used = false;
	}
}

/* A place for a new kind: a free one, else that of the kind whose window began first. */
static struct kind *kind_claim(struct fold *fold, uint64_t now, int *err)
{
	struct kind *oldest = &fold->kinds[0];

	*err = 0;
	for (size_t i = 0; i < FOLD_MAX_KINDS; i++) {
		if (!fold->kinds[i].used)
			return &fold->kinds[i];
		if (fold->kinds[i].opened < oldest->opened)
			oldest = &fold->kinds[i];
	}
	*err = kind_release(fold, oldest, now);
	return oldest;
}

static struct kind *kind_find(struct fold *fold, const struct viommu_event *event)
{
	for (size_t i = 0; i < FOLD_MAX_KINDS; i++)
		if (fold->kinds[i].used && fold->same(&fold->kinds[i].event, event))
			return &fold->kinds[i];
	return NULL;
}

/* event is normalised. */
static int fold_failure(struct fold *fold, const struct viommu_event *event, uint64_t now)
{
	struct kind *kind = kind_find(fold, event);
	int err;

	if (!kind) {
		kind = kind_claim(fold, now, &err);
		kind->used = true;
		kind->opened = now;
		kind->held = false;
		kind->event = *event;
		return first_error(err, fold->emit(fold->ctx, &kind->event));
	}
	if (!kind->held)
		kind->event = *event;
	else
		merge(&kind->event, event);
	kind->held = true;
	return 0;
}

/* The wait is over: it goes the way of any other failure. */
static int busy_release(struct fold *fold, struct busy *busy, uint64_t now)
{
	busy->used = false;
	return fold_failure(fold, &busy->event, now);
}

/* The oldest that waits, of the range of like if that is given. */
static struct busy *busy_oldest(struct fold *fold, const struct viommu_event *like)
{
	struct busy *oldest = NULL;

	for (size_t i = 0; i < FOLD_MAX_BUSY; i++) {
		struct busy *busy = &fold->busy[i];

		if (!busy->used || (like && !same_range(&busy->event, like)))
			continue;
		if (!oldest || busy->event.ts < oldest->event.ts)
			oldest = busy;
	}
	return oldest;
}

static struct busy *busy_due(struct fold *fold, uint64_t now, bool all)
{
	struct busy *busy = busy_oldest(fold, NULL);

	return busy && (all || end_of_window(fold, busy->event.ts) <= now) ? busy : NULL;
}

/* Let out, oldest first, what is due by now, or everything of a sort. */
static int release(struct fold *fold, uint64_t now, bool all_kinds, bool all_busy)
{
	int err = 0;

	for (;;) {
		struct kind *kind = kind_due(fold, now, all_kinds);
		struct busy *busy = busy_due(fold, now, all_busy);

		if (busy && (!kind || busy->event.ts <= kind->event.ts))
			err = first_error(err, busy_release(fold, busy, now));
		else if (kind)
			err = first_error(err, kind_release(fold, kind, now));
		else
			return err;
	}
}

static int busy_hold(struct fold *fold, const struct viommu_event *event)
{
	struct busy *place = NULL;
	int err = 0;

	for (size_t i = 0; i < FOLD_MAX_BUSY && !place; i++)
		if (!fold->busy[i].used)
			place = &fold->busy[i];
	if (!place) {
		place = busy_oldest(fold, NULL);
		err = busy_release(fold, place, event->ts);
	}
	place->used = true;
	place->event = *event;
	normalise(&place->event);
	return err;
}

/* The range was mapped after all: whoever was refused before asked again. */
static int busy_resolve(struct fold *fold, const struct viommu_event *success)
{
	struct busy *busy;
	int err = 0;

	while ((busy = busy_oldest(fold, success))) {
		busy->event.ev.retried = true;
		viommu_diagnose(&busy->event.ev, &busy->event.diag);
		err = first_error(err, busy_release(fold, busy, success->ts));
	}
	return err;
}

static int fold_pass(struct fold *fold, const struct viommu_event *event)
{
	int err = 0;

	if (event->type == VIOMMU_EVENT_MAP && event->ev.retried)
		err = busy_resolve(fold, event);
	else if (event->type != VIOMMU_EVENT_MAP && event->type != VIOMMU_EVENT_UNMAP)
		err = release(fold, event->ts, true, event->type == VIOMMU_EVENT_SUMMARY);
	return first_error(err, fold->emit(fold->ctx, event));
}

int fold_add(struct fold *fold, const struct viommu_event *event)
{
	int err = fold_expire(fold, event->ts);

	if (is_busy(event))
		return first_error(err, busy_hold(fold, event));
	if (is_foldable(event)) {
		struct viommu_event copy = *event;

		normalise(&copy);
		return first_error(err, fold_failure(fold, &copy, event->ts));
	}
	return first_error(err, fold_pass(fold, event));
}

int fold_expire(struct fold *fold, uint64_t now)
{
	int err = release(fold, now, false, false);

	kinds_forget(fold, now);
	return err;
}

int fold_flush(struct fold *fold)
{
	int err = release(fold, 0, true, true);

	for (size_t i = 0; i < FOLD_MAX_KINDS; i++)
		fold->kinds[i].used = false;
	return err;
}

uint64_t fold_deadline(const struct fold *fold)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < FOLD_MAX_KINDS; i++) {
		const struct kind *kind = &fold->kinds[i];

		if (kind->used && kind->held && end_of_window(fold, kind->opened) < first)
			first = end_of_window(fold, kind->opened);
	}
	for (size_t i = 0; i < FOLD_MAX_BUSY; i++) {
		const struct busy *busy = &fold->busy[i];

		if (busy->used && end_of_window(fold, busy->event.ts) < first)
			first = end_of_window(fold, busy->event.ts);
	}
	return first;
}
