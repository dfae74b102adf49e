// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/decode.h"
#include "trace/session-parts.h"

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

/* --------------------------------------------------------------------------------------- events */

/** A call that succeeded: told of under --all, else only to say that EBUSY was tried again. */
static bool event_is_success(const struct viommu_event *event)
{
	return !event->result &&
	       (event->type == VIOMMU_EVENT_MAP || event->type == VIOMMU_EVENT_UNMAP);
}

/** What comes out of folding: counted and printed. */
static int event_out(void *ctx, const struct viommu_event *event)
{
	struct session *s = ctx;

	session_summary_check(s, summary_add_event(s->summary, event));
	if (s->all || !event_is_success(event))
		s->sink.event(s->sink.ctx, event);
	return 0;
}

static void event_name_container(struct session *s, struct viommu_event *e,
				 const struct viommu_container *c)
{
	const struct container_info *info = container_info_get(s->infos, c);
	int name = c->first_group >= 0 ? c->first_group : e->group;

	if (name >= 0)
		snprintf(e->container, sizeof(e->container), "%u-%d", c->tgid, name);
	if (e->group >= 0) {	/* attach or detach: the devices of that group only */
		int n = host_group_devices(e->group, "", e->devices, VIOMMU_MAX_DEVICES);

		e->device_count = n > 0 ? (size_t)n : 0;
		return;
	}
	e->group = c->first_group;
	memcpy(e->devices, info->devices, sizeof(e->devices));
	e->device_count = info->device_count;
}

/** What a guest asked for, seen in QEMU; its failed host maps came before it. */
static void event_of_request(struct session *s, const struct viommu_rec *rec,
			     const struct owner *owner)
{
	struct viommu_event *e = &s->event;

	event_decode(e, rec, s->boot_offset);
	e->vm = owner->vm;
	e->ev.vmm = owner->vm.vmm;
	request_judge(e, &s->pieces);
	fold_add(s->fold, e);
}

/** Seen in the driver of this machine, which is the guest. */
static void event_of_self(struct session *s, const struct viommu_rec *rec)
{
	struct viommu_event *e = &s->event;

	if (!s->self.wanted)
		return;
	event_decode(e, rec, s->boot_offset);
	self_event(&s->self, e, s->tracer, rec);
	request_judge(e, &s->pieces);
	fold_add(s->fold, e);
}

static bool is_of_self(const struct viommu_rec *rec)
{
	return rec->type == VIOMMU_REC_FAULT ||
	       (rec->type == VIOMMU_REC_REQUEST &&
		((const struct viommu_rec_request *)rec)->source == VIOMMU_SOURCE_GUEST);
}

static void event_record(struct session *s, const struct viommu_rec *rec)
{
	const struct viommu_container *c = tracer_container(s->tracer, rec->slot, rec->container);
	const struct owner *owner = owners_find(s->owners, rec->tgid, rec->start_time, rec->comm);
	struct viommu_event *e = &s->event;

	if (!owner->wanted)
		return;
	if (rec->type == VIOMMU_REC_REQUEST) {
		event_of_request(s, rec, owner);
		return;
	}
	event_decode(e, rec, s->boot_offset);
	e->vm = owner->vm;
	e->ev.vmm = owner->vm.vmm;
	if (c)
		event_name_container(s, e, c);
	if (e->result == -ENOMEM)
		e->ev.containers = session_containers_of(s, rec->tgid);
	if (e->result)
		viommu_diagnose(&e->ev, &e->diag);
	if (e->result && e->request.parent)
		request_pieces_add(&s->pieces, e);
	fold_add(s->fold, e);
}

static void record_take(void *ctx, const struct viommu_rec *rec, size_t size)
{
	struct session *s = ctx;
	struct viommu_container *c;
	const struct owner *owner;

	(void)size;
	if (rec->type != VIOMMU_REC_PROCESS) {
		if (is_of_self(rec))
			event_of_self(s, rec);
		else
			event_record(s, rec);
		return;
	}
	owner = owners_learn(s->owners, (const struct viommu_rec_process *)rec);
	c = tracer_container(s->tracer, rec->slot, rec->container);
	session_owner_known(s, c, owner);
}

static void message_take(void *ctx, enum tracer_level level, const char *text)
{
	const struct session *s = ctx;

	s->sink.message(s->sink.ctx, level, text);
}

/* --------------------------------------------------------------------------------- now and then */

/** Tell what was lost since the last time. */
static void losses_report(struct session *s, bool at_end)
{
	uint64_t lost[VIOMMU_NR_LOST];

	tracer_losses(s->tracer, at_end, lost);
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
	session_containers_tick(s);
	losses_report(s, false);
	fold_expire(s->fold, session_now(s));
}

int session_poll(struct session *s, int timeout_ms)
{
	int err = tracer_poll(s->tracer, timeout_ms);

	s->behind = err > 0;
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

	losses_report(s, true);
	session_containers_account(s);
	memset(s->infos, 0, sizeof(s->infos));
	memset(s->lost, 0, sizeof(s->lost));
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
	s->fold = fold_new(opts->fold_rule, opts->fold_window, event_out, s);
	if (!s->owners || !s->summary || !s->fold)
		goto fail;
	self_init(&s->self, &filter);
	err = tracer_new(&s->tracer, &opts->tracer, &tracer_sink);
	if (err)
		goto fail;
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
	losses_report(s, true);
	fold_flush(s->fold);
	session_containers_account(s);
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

int session_fd(const struct session *s)
{
	return tracer_fd(s->tracer);
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
