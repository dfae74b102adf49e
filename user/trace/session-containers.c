// SPDX-License-Identifier: GPL-2.0-or-later
/* The tracer's table of containers: owners, totals, what the sink is told of it. */
#include "trace/session-parts.h"

#include <string.h>

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

/** Changes with anything that is known of a container (FNV-1a by words). */
static uint64_t container_sum(const struct viommu_container *c)
{
	uint64_t words[sizeof(*c) / sizeof(uint64_t)];
	uint64_t sum = 0xcbf29ce484222325ULL;

	memcpy(words, c, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum = (sum ^ words[i]) * 0x100000001b3ULL;
	return sum;
}

/** Tell the sink of s->snapshot, if it is not as it was told last. 0; other: not now. */
static int container_tell(struct session *s)
{
	const struct viommu_container *c = &s->snapshot;
	struct told *told = &s->told[c->slot % VIOMMU_MAX_CONTAINERS];
	const struct owner *owner;
	uint64_t sum;
	int err;

	if (!s->sink.container)
		return 0;
	sum = container_sum(c);
	if (told->id == c->id && told->sum == sum)
		return 0;
	owner = owners_find(s->owners, c->tgid, c->start_time, c->comm);
	err = owner->wanted ? s->sink.container(s->sink.ctx, owner, c) : 0;
	if (!err)
		*told = (struct told){ c->id, sum };
	return err;
}

void session_container_first(struct session *s, const struct viommu_container *c)
{
	const uint32_t slot = c->slot % VIOMMU_MAX_CONTAINERS;

	/* Cheap for each failure but the first. */
	if (!s->sink.container || s->sink_busy || s->told[slot].id == c->id ||
	    !tracer_container_snapshot(s->tracer, slot, &s->snapshot))
		return;
	/* Its last state is told once all of its records have come. */
	s->snapshot.state = VIOMMU_CONTAINER_LIVE;
	s->sink_busy = container_tell(s);
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
		if (info->dead && container_tell(s))
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
	if (c && c->verdict == VIOMMU_UNKNOWN) {
		owner = owners_find(s->owners, c->tgid, c->start_time, c->comm);
		session_owner_known(s, c, owner);
	}
	container_tell(s);
}

void session_containers_tick(struct session *s)
{
	s->sink_busy = false;
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		container_tick(s, slot);
}

void session_containers_end(struct session *s, bool gone)
{
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++) {
		container_account(s, slot);
		if (!tracer_container_snapshot(s->tracer, slot, &s->snapshot))
			continue;
		if (gone)
			s->snapshot.state = VIOMMU_CONTAINER_DEAD;
		container_tell(s);
	}
}
