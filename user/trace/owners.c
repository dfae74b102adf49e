// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/owners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Processes that are remembered: as many as there can be containers. The oldest goes first. */
#define OWNERS_MAX VIOMMU_MAX_CONTAINERS

struct owners {
	struct owner_filter filter;
	struct owner *list;		/* OWNERS_MAX elements, a ring once it is full */
	size_t count;
	size_t next;			/* element that the next new process takes */
	struct owner *last;		/* found last: events of one process come in rows */
	bool matched;
	struct host_process process;	/* too large for the stack */
};

struct owners *owners_new(const struct owner_filter *filter)
{
	struct owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->filter = *filter;
	o->list = calloc(OWNERS_MAX, sizeof(*o->list));
	if (!o->list) {
		free(o);
		return NULL;
	}
	return o;
}

void owners_free(struct owners *o)
{
	if (!o)
		return;
	free(o->list);
	free(o);
}

static bool owner_is(const struct owner *owner, uint32_t tgid, uint64_t start_time)
{
	return owner->tgid == tgid && owner->start_time == start_time;
}

static struct owner *owners_lookup(struct owners *o, uint32_t tgid, uint64_t start_time)
{
	if (o->last && owner_is(o->last, tgid, start_time))
		return o->last;
	for (size_t i = 0; i < o->count; i++) {
		if (!owner_is(&o->list[i], tgid, start_time))
			continue;
		o->last = &o->list[i];
		return o->last;
	}
	return NULL;
}

static struct owner *owners_add(struct owners *o, uint32_t tgid, uint64_t start_time)
{
	struct owner *owner = &o->list[o->next];

	o->next = (o->next + 1) % OWNERS_MAX;
	if (o->count < OWNERS_MAX)
		o->count++;
	*owner = (struct owner){ .tgid = tgid, .start_time = start_time };
	o->last = owner;
	return owner;
}

static bool filter_wants(const struct owner_filter *f, const struct owner *owner)
{
	if (f->pid && f->pid == owner->tgid)
		return true;
	for (size_t i = 0; i < f->pattern_count; i++)
		if (host_vm_match(&owner->vm, f->patterns[i]))
			return true;
	return f->pattern_count == 0 && f->pid == 0;
}

/** Name the VM of o->process. */
static void owner_identify(struct owners *o, struct owner *owner)
{
	host_vm_identify(&owner->vm, &o->process, "");
	owner->wanted = filter_wants(&o->filter, owner);
	if (owner->wanted && (o->filter.pattern_count || o->filter.pid))
		o->matched = true;
}

const struct owner *owners_learn(struct owners *o, const struct viommu_rec_process *rec)
{
	struct owner *owner = owners_lookup(o, rec->h.tgid, rec->h.start_time);

	if (host_process_from_record(&o->process, rec))
		return owners_find(o, rec->h.tgid, rec->h.start_time, rec->h.comm);
	if (!owner)
		owner = owners_add(o, rec->h.tgid, rec->h.start_time);
	owner_identify(o, owner);
	return owner;
}

const struct owner *owners_find(struct owners *o, uint32_t tgid, uint64_t start_time,
				const char *comm)
{
	struct owner *owner = owners_lookup(o, tgid, start_time);

	if (owner)
		return owner;
	memset(&o->process, 0, sizeof(o->process));
	o->process.pid = tgid;
	o->process.start_time = start_time;
	if (host_process_read(&o->process, "")) {
		memset(&o->process, 0, sizeof(o->process));
		o->process.pid = tgid;
		o->process.start_time = start_time;
		snprintf(o->process.comm, sizeof(o->process.comm), "%.*s",
			 (int)sizeof(o->process.comm) - 1, comm);
	}
	owner = owners_add(o, tgid, start_time);
	owner_identify(o, owner);
	return owner;
}

/* The last of that pid that was added, of that process if its start is known. */
static struct owner *owners_latest(struct owners *o, const struct host_process *p)
{
	for (size_t i = 0; i < o->count; i++) {
		struct owner *owner = &o->list[(o->next + OWNERS_MAX - 1 - i) % OWNERS_MAX];
		const struct host_process known = { .pid = owner->tgid,
						    .start_time = owner->start_time };

		if (host_process_same(&known, p))
			return owner;
	}
	return NULL;
}

const struct owner *owners_find_pid(struct owners *o, uint32_t tgid, const char *comm,
				    const char *cgroup)
{
	struct host_process *p = &o->process;
	struct owner *owner;

	memset(p, 0, sizeof(*p));
	p->pid = tgid;
	snprintf(p->comm, sizeof(p->comm), "%.*s", (int)sizeof(p->comm) - 1, comm);
	snprintf(p->cgroup, sizeof(p->cgroup), "%.*s", (int)sizeof(p->cgroup) - 1, cgroup);
	/* If it is gone these names are what is left of it. */
	host_process_read(p, "");
	owner = owners_latest(o, p);
	if (owner)
		return owner;
	owner = owners_add(o, tgid, p->start_time);
	owner_identify(o, owner);
	return owner;
}

bool owners_matched(const struct owners *o)
{
	return o->matched;
}
