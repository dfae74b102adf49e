// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes of the ledger: alive in their domain, then remembered for a while. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-parts.h"

static size_t process_bucket(uint32_t pid, uint64_t start_time)
{
	return ((start_time ^ pid) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % LEDGER_PROCESS_BUCKETS;
}

struct process *process_find(const struct ledger *l, uint32_t pid, uint64_t start_time)
{
	struct process *p = l->processes[process_bucket(pid, start_time)];

	while (p && (p->known.pid != pid || p->known.start_time != start_time))
		p = p->bucket_next;
	return p;
}

/* Put it where at points to: the head of a domain's list, or the end of those that ended. */
static void process_link(struct process **at, struct process *p)
{
	p->next = *at;
	p->link = at;
	if (p->next)
		p->next->link = &p->next;
	*at = p;
}

static void process_unlink(struct ledger *l, struct process *p)
{
	if (l->ended_end == &p->next)
		l->ended_end = p->link;
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	if (p->domain)
		p->domain->stale = true;
	p->domain = NULL;
}

static void process_free(struct ledger *l, struct process *p)
{
	struct process **at = &l->processes[process_bucket(p->known.pid, p->known.start_time)];

	while (*at != p)
		at = &(*at)->bucket_next;
	*at = p->bucket_next;
	process_unlink(l, p);
	l->process_count--;
	free(p);
}

/* Forget one that ended, with what is left of its containers. */
static void process_forget(struct ledger *l, struct process *p, uint64_t now)
{
	struct domain *d = domain_find(l, p->known.vm.name);

	if (d)
		container_end_all(l, d, p, now);
	process_free(l, p);
}

/* A process in its bucket, in no list. Who ended longest ago makes room. */
static struct process *process_new(struct ledger *l, const struct ledger_process *known,
				   uint64_t now, int *err)
{
	struct process **bucket = &l->processes[process_bucket(known->pid, known->start_time)];
	struct process *p;

	if (l->process_count == LEDGER_MAX_PROCESSES && l->ended)
		process_forget(l, l->ended, now);
	*err = -ENOSPC;
	if (l->process_count == LEDGER_MAX_PROCESSES)
		return NULL;
	*err = -ENOMEM;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->bucket_next = *bucket;
	*bucket = p;
	l->process_count++;
	return p;
}

int ledger_add_process(struct ledger *l, const struct ledger_process *known, uint64_t now)
{
	struct process *p;
	struct domain *d;
	int err;

	if (!known->vm.name[0] || !memchr(known->vm.name, '\0', sizeof(known->vm.name)))
		return -EINVAL;
	d = domain_get(l, &known->vm, now, &err);
	if (!d)
		return err;
	d->shown.seen = now;
	p = process_find(l, known->pid, known->start_time);
	if (p) {
		process_unlink(l, p);
	} else {
		p = process_new(l, known, now, &err);
		if (!p)
			return ledger_drop(l, err);
	}
	p->known = *known;
	p->domain = d;
	process_link(&d->processes, p);
	d->stale = true;
	return 0;
}

void ledger_end_process(struct ledger *l, uint32_t pid, uint64_t start_time, uint64_t now)
{
	struct process *p = process_find(l, pid, start_time);

	if (!p || !p->domain)
		return;
	domain_refresh(p->domain);	/* it may be the last that names the domain */
	p->domain->shown.seen = now;
	process_unlink(l, p);
	p->ended_at = now;
	if (!l->ended)
		l->ended_end = &l->ended;
	process_link(l->ended_end, p);
	l->ended_end = &p->next;
}

void process_expire(struct ledger *l, uint64_t now)
{
	while (l->ended) {
		struct process *p = l->ended;

		if (p->ended_at > now)	/* the clock was set back */
			p->ended_at = now;
		if (now - p->ended_at < LEDGER_GRACE_PROCESS)
			return;
		process_forget(l, p, now);
	}
}

void process_clear(struct ledger *l)
{
	for (size_t i = 0; i < LEDGER_PROCESS_BUCKETS; i++)
		while (l->processes[i])
			process_free(l, l->processes[i]);
}
