// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A map that viommu_guard refused is told twice: by our own program, with the answer of VFIO's
 * function, and by the guard, with what the VMM was given. They become one event. Without the
 * module nothing waits.
 */
#include "trace/session-parts.h"

#include <poll.h>
#include <time.h>

/** Pause between two looks while the last denials are waited for. */
#define PAUSE_MS 20

static uint64_t boot_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static bool may_be_denied(const struct viommu_rec *rec)
{
	return rec->type == VIOMMU_REC_MAP && denials_may_be(rec->result);
}

static bool denial_find(struct session *s, const struct viommu_rec *rec,
			struct guard_denial *denial)
{
	const struct viommu_rec_dma *map = (const void *)rec;
	const struct denial_key key = { rec->tid, map->iova, map->size, rec->ts };

	return denials_take(s->denials, &key, denial);
}

/* Let go of what needs not wait at this time, in order. */
static void waiting_release(struct session *s, uint64_t now)
{
	const struct viommu_rec *rec;

	while ((rec = waiting_first(s->waiting))) {
		struct guard_denial denial;
		bool denied = may_be_denied(rec) && denial_find(s, rec, &denial);

		if (may_be_denied(rec) && !denied && !denials_is_due(rec->ts, now))
			return;
		session_record_judged(s, rec, denied ? &denial : NULL);
		waiting_drop(s->waiting);
	}
}

/* A request waits for its maps, which its thread asked for just before. */
static bool has_to_wait(const struct session *s, const struct viommu_rec *rec)
{
	if (rec->type == VIOMMU_REC_REQUEST)
		return waiting_has(s->waiting, rec->tid);
	return guard_link_connected(&s->guard) && may_be_denied(rec);
}

void session_guard_record(struct session *s, const struct viommu_rec *rec)
{
	if (!has_to_wait(s, rec)) {
		session_record_judged(s, rec, NULL);
		return;
	}
	if (!waiting_add(s->waiting, rec)) {
		/* They came faster than the guard can tell of them: the oldest are let go. */
		waiting_release(s, waiting_first(s->waiting)->ts + 2 * DENIALS_WAIT);
		waiting_add(s->waiting, rec);
	}
	waiting_release(s, boot_now());
}

static void denial_take(void *ctx, const struct guard_denial *denial)
{
	struct session *s = ctx;
	struct guard_denial oldest;

	/* A map that was let through has no record that failed. */
	if (!denial->error)
		session_denial(s, denial);
	else if (denials_add(s->denials, denial, &oldest))
		session_denial(s, &oldest);
}

void session_guard_read(struct session *s)
{
	guard_link_read(&s->guard, denial_take, s);
	waiting_release(s, boot_now());
}

/* Those whose records would have been here by now. */
static void denials_release(struct session *s, uint64_t now)
{
	struct guard_denial denial;

	while (denials_alone(s->denials, now, &denial))
		session_denial(s, &denial);
}

void session_guard_tick(struct session *s)
{
	const struct tracer_sink sink = { .ctx = s->sink.ctx, .message = s->sink.message };

	guard_link_tick(&s->guard, &sink);
	guard_link_count(&s->guard);
	session_guard_read(s);
	/* A record that waits for as long as it may is let go before its denial is. */
	if (!s->behind)
		denials_release(s, boot_now() - DENIALS_WAIT);
}

void session_guard_finish(struct session *s)
{
	struct pollfd fd = { .fd = guard_link_fd(&s->guard), .events = POLLIN };

	session_guard_read(s);
	/* Each waits for no longer than it would have anyway. */
	while (waiting_first(s->waiting) && fd.fd >= 0) {
		poll(&fd, 1, PAUSE_MS);
		session_guard_read(s);
	}
	waiting_release(s, UINT64_MAX);
	denials_release(s, UINT64_MAX);
	guard_link_count(&s->guard);
}
