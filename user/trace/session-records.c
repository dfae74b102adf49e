// SPDX-License-Identifier: GPL-2.0-or-later
/* From one record, or one denial, to an event: who, what, why. */
#include "trace/session-parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/deny.h"
#include "core/fold.h"
#include "trace/decode.h"

/** A call that succeeded: told of under --all, else only to say that EBUSY was tried again. */
static bool event_is_success(const struct viommu_event *event)
{
	return !event->result &&
	       (event->type == VIOMMU_EVENT_MAP || event->type == VIOMMU_EVENT_UNMAP);
}

int session_event_out(void *ctx, const struct viommu_event *event)
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

/** What the guard says of the map. */
static void event_deny(struct viommu_event *e, const struct guard_denial *denial)
{
	struct deny deny = { .limit = denial->limit, .error = denial->error };

	snprintf(deny.by.policy, sizeof(deny.by.policy), "%s", denial->policy);
	snprintf(deny.by.file, sizeof(deny.by.file), "%s", denial->file);
	snprintf(deny.by.message, sizeof(deny.by.message), "%s", denial->message);
	deny_judge(e, &deny);
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

void session_record_judged(struct session *s, const struct viommu_rec *rec,
			   const struct guard_denial *denial)
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
	if (c && e->result)
		session_container_first(s, c);
	if (e->result == -ENOMEM)
		e->ev.containers = session_containers_of(s, rec->tgid);
	if (denial)
		event_deny(e, denial);
	else if (e->result)
		viommu_diagnose(&e->ev, &e->diag);
	if (e->result && e->request.parent)
		request_pieces_add(&s->pieces, e);
	fold_add(s->fold, e);
}

void session_denial(struct session *s, const struct guard_denial *denial)
{
	const struct owner *owner = owners_find_pid(s->owners, denial->pid, denial->comm,
						    denial->cgroup);
	struct viommu_event *e = &s->event;
	int devices;

	if (!owner->wanted)
		return;
	memset(e, 0, sizeof(*e));
	e->ts = e->ts_last = denial->time + (uint64_t)s->boot_offset;
	e->vm = owner->vm;
	e->pid = denial->pid;
	e->tid = denial->tid;
	snprintf(e->comm, sizeof(e->comm), "%s", denial->comm);
	e->group = denial->group;
	e->count = 1;
	e->ev.op = VIOMMU_OP_MAP;
	e->ev.has_range = true;
	e->ev.flags_unknown = true;
	e->ev.iova = denial->iova;
	e->ev.size = denial->size;
	e->ev.vmm = owner->vm.vmm;
	if (e->group >= 0) {
		snprintf(e->container, sizeof(e->container), "%u-%d", e->pid, e->group);
		devices = host_group_devices(e->group, "", e->devices, VIOMMU_MAX_DEVICES);
		e->device_count = devices > 0 ? (size_t)devices : 0;
	}
	event_deny(e, denial);
	fold_add(s->fold, e);
}

void session_record(struct session *s, const struct viommu_rec *rec)
{
	const struct owner *owner;
	struct viommu_container *c;

	if (rec->type != VIOMMU_REC_PROCESS) {
		if (is_of_self(rec))
			event_of_self(s, rec);
		else
			session_guard_record(s, rec);
		return;
	}
	owner = owners_learn(s->owners, (const struct viommu_rec_process *)rec);
	if (s->sink.process && owner->wanted)
		s->sink.process(s->sink.ctx, owner, (const struct viommu_rec_process *)rec);
	c = tracer_container(s->tracer, rec->slot, rec->container);
	session_owner_known(s, c, owner);
}
