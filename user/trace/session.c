// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/session-parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/fold.h"

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static uint64_t session_now(const struct session *s)
{
	return (uint64_t)(clock_ns(CLOCK_BOOTTIME) + s->boot_offset);
}

static void record_take(void *ctx, const struct viommu_rec *rec, size_t size)
{
	(void)size;
	session_record(ctx, rec);
}

static void message_take(void *ctx, enum tracer_level level, const char *text)
{
	const struct session *s = ctx;

	s->sink.message(s->sink.ctx, level, text);
}

/** Tell what was lost since the last time. */
static void losses_report(struct session *s, bool at_end)
{
	uint64_t lost[VIOMMU_NR_LOST];

	tracer_losses(s->tracer, at_end, lost);
	lost[VIOMMU_LOST_DENIAL] = s->guard.lost;
	for (int i = 0; i < VIOMMU_NR_LOST; i++) {
		struct viommu_event *e = &s->event;

		if (lost[i] <= s->lost[i])
			continue;
		memset(e, 0, sizeof(*e));
		e->type = VIOMMU_EVENT_LOST;
		e->ts = e->ts_last = session_now(s);
		e->group = -1;
		e->lost = (enum viommu_lost)i;
		e->count = lost[i] - s->lost[i];
		s->lost[i] = lost[i];
		fold_add(s->fold, e);
	}
}

void session_tick(struct session *s)
{
	s->boot_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	tracer_tick(s->tracer);
	session_guard_tick(s);
	session_containers_tick(s);
	losses_report(s, false);
	fold_expire(s->fold, session_now(s));
}

int session_poll(struct session *s, int timeout_ms)
{
	int err = tracer_poll(s->tracer, timeout_ms);

	s->behind = err > 0;
	session_guard_read(s);
	if (!s->was_attached && tracer_attached(s->tracer)) {
		s->was_attached = true;
		session_containers_tick(s);
	}
	return err;
}

/** The table goes with the module: every container counts now, the next ones are new. */
static void detaching_take(void *ctx)
{
	struct session *s = ctx;

	session_guard_finish(s);
	losses_report(s, true);
	session_containers_end(s, true);
	if (s->sink.detached)
		s->sink.detached(s->sink.ctx);
	memset(s->infos, 0, sizeof(s->infos));
	memset(s->told, 0, sizeof(s->told));
	memset(s->lost, 0, sizeof(s->lost));
	s->lost[VIOMMU_LOST_DENIAL] = s->guard.lost;
	s->was_attached = false;
}

/* ---------------------------------------------------------------------------- beginning and end */

int session_new(struct session **out, const struct session_opts *opts,
		const struct session_sink *sink)
{
	const struct owner_filter filter = {
		.patterns = opts->vm_patterns,
		.pattern_count = opts->vm_pattern_count,
		.pid = opts->pid,
	};
	struct session *s = calloc(1, sizeof(*s));
	struct tracer_sink tracer_sink = {
		.ctx = s,
		.record = record_take,
		.detaching = detaching_take,
		.message = message_take,
	};
	int err = -ENOMEM;

	if (!s)
		return err;
	s->sink = *sink;
	s->all = opts->tracer.all;
	s->boot_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	s->owners = owners_new(&filter);
	s->summary = summary_new();
	s->fold = fold_new(opts->fold_rule, opts->fold_window, session_event_out, s);
	s->denials = denials_new();
	s->waiting = waiting_new();
	if (!s->owners || !s->summary || !s->fold || !s->denials || !s->waiting)
		goto fail;
	self_init(&s->self, &filter);
	err = tracer_new(&s->tracer, &opts->tracer, &tracer_sink);
	if (err)
		goto fail;
	session_guard_tick(s);
	session_poll(s, 0);
	*out = s;
	return 0;
fail:
	session_free(s);
	return err;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	tracer_free(s->tracer);
	guard_link_fini(&s->guard);
	waiting_free(s->waiting);
	denials_free(s->denials);
	fold_free(s->fold);
	summary_free(s->summary);
	owners_free(s->owners);
	free(s);
}

static void summary_report(struct session *s, const struct viommu_vm *vm,
			   const struct viommu_summary *summary)
{
	struct viommu_event *e = &s->event;

	memset(e, 0, sizeof(*e));
	e->type = VIOMMU_EVENT_SUMMARY;
	e->ts = e->ts_last = session_now(s);
	e->group = -1;
	e->count = 1;
	e->vm = *vm;
	e->summary = *summary;
	s->sink.event(s->sink.ctx, e);
}

void session_finish(struct session *s)
{
	tracer_finish(s->tracer);
	session_guard_finish(s);
	losses_report(s, true);
	fold_flush(s->fold);
	session_containers_end(s, false);
	summary_close(s->summary);
	for (size_t i = 0; i < summary_count(s->summary); i++) {
		const struct viommu_vm *vm;
		const struct viommu_summary *summary = summary_at(s->summary, i, &vm);

		summary_report(s, vm, summary);
	}
	for (uint32_t slot = 0; slot < VIOMMU_MAX_ENDPOINTS; slot++)
		if (s->self.wanted && self_summary(&s->self, s->tracer, slot, &s->event)) {
			s->event.ts = s->event.ts_last = session_now(s);
			s->sink.event(s->sink.ctx, &s->event);
		}
}

void session_retell(struct session *s)
{
	memset(s->told, 0, sizeof(s->told));
}

void session_walk_programs(const struct session *s, tracer_program_fn fn, void *ctx)
{
	tracer_walk_programs(s->tracer, fn, ctx);
}

int session_fd(const struct session *s)
{
	return tracer_fd(s->tracer);
}

int session_guard_fd(const struct session *s)
{
	return guard_link_fd(&s->guard);
}

bool session_attached(const struct session *s)
{
	return tracer_attached(s->tracer);
}

const char *session_hooks_name(const struct session *s)
{
	return tracer_hooks_name(s->tracer);
}

bool session_matched(const struct session *s)
{
	return owners_matched(s->owners);
}
