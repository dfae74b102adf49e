// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/session-parts.h"

/** Tell BPF whether anybody asked for the owner of the container. */
static void verdict_set(struct viommu_container *c, const struct owner *owner)
{
	uint32_t verdict = owner->wanted ? VIOMMU_WANTED : VIOMMU_UNWANTED;

	if (c->tgid == owner->tgid && c->start_time == owner->start_time)
		__atomic_store_n(&c->verdict, verdict, __ATOMIC_RELAXED);
}

void session_owner_known(struct session *s, struct viommu_container *c, const struct owner *owner)
{
	/* Its guest may ask its vIOMMU for what the host then refuses. */
	if (owner->wanted && owner->vm.vmm == VIOMMU_VMM_QEMU)
		tracer_follow(s->tracer, owner->tgid);
	if (c)
		verdict_set(c, owner);
}

unsigned int session_containers_of(struct session *s, uint32_t tgid)
{
	unsigned int n = 0;

	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		if (tracer_container_snapshot(s->tracer, slot, &s->snapshot) &&
		    s->snapshot.state == VIOMMU_CONTAINER_LIVE && s->snapshot.tgid == tgid)
			n++;
	return n;
}

void session_summary_check(struct session *s, int err)
{
	if (!err || s->summary_full)
		return;
	s->summary_full = true;
	s->sink.message(s->sink.ctx, TRACER_WARNING,
			"too many VMs for one summary: the totals of the newest are missing");
}

/** The counters of a container go into the totals of its VM. */
static void container_account(struct session *s, uint32_t slot)
{
	const struct owner *owner;

	if (!tracer_container_snapshot(s->tracer, slot, &s->snapshot))
		return;
	owner = owners_find(s->owners, s->snapshot.tgid, s->snapshot.start_time,
			    s->snapshot.comm);
	if (owner->wanted)
		session_summary_check(s, summary_add_container(s->summary, &owner->vm,
							       &s->snapshot));
}

/**
 * A container that was dead in the last tick has no record in the ring any more: count it and let
 * BPF have its element. One that we meet for the first time gets its owner's verdict.
 */
static void container_tick(struct session *s, uint32_t slot)
{
	struct container_info *info = &s->infos[slot];
	const struct owner *owner;
	struct viommu_container *c;

	if (!tracer_container_snapshot(s->tracer, slot, &s->snapshot))
		return;
	if (s->snapshot.state == VIOMMU_CONTAINER_DEAD) {
		if (info->dead && (s->behind || waiting_first(s->waiting)))
			return;
		if (info->dead) {
			container_account(s, slot);
			*info = (struct container_info){ 0 };
			tracer_container_recycle(s->tracer, slot);
		} else {
			info->dead = true;
		}
		return;
	}
	c = tracer_container(s->tracer, slot, s->snapshot.id);
	if (!c || c->verdict != VIOMMU_UNKNOWN)
		return;
	owner = owners_find(s->owners, c->tgid, c->start_time, c->comm);
	session_owner_known(s, c, owner);
}

void session_containers_tick(struct session *s)
{
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		container_tick(s, slot);
}

void session_containers_account(struct session *s)
{
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		container_account(s, slot);
}
