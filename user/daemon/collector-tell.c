// SPDX-License-Identifier: GPL-2.0-or-later
/* State is told when it changes, and again when it did not go through; events are told once. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/collector-parts.h"
#include "daemon/groups.h"
#include "daemon/say.h"
#include "host/iommu.h"

/** Ids of containers begin anew with each load of the module: so many bits they have below that. */
#define EPOCH_SHIFT 48
/** Ticks for which a process that ended is kept, as its last events are folded. */
#define END_TICKS 3

/** A server is there and has been greeted. */
static bool is_open(const struct collector *c)
{
	return c->out.fd >= 0 && !c->hello_due;
}

static int put(struct collector *c, enum wire_type type, const void *data)
{
	return is_open(c) ? outbox_put(&c->out, type, data) : -ENOTCONN;
}

/* ------------------------------------------------------------------------------------- messages */

void collector_message(void *ctx, enum tracer_level level, const char *text)
{
	struct collector *c = ctx;
	struct wire_problem *p = &c->problems[c->topic];
	const size_t len = strlen(p->text);

	say_text(level, text);
	if (level != TRACER_ERROR)
		return;
	/* The first is the cause; what follows says what came of it. */
	snprintf(p->text + len, sizeof(p->text) - len, "%s%s", len ? "; " : "", text);
	c->problem_told = false;
}

void collector_try(struct collector *c, enum collector_topic topic)
{
	c->topic = topic;
	memset(&c->problems[topic], 0, sizeof(c->problems[topic]));
	c->problem_told = false;
}

static void problem_tell(struct collector *c)
{
	const struct wire_problem *p = c->problems;

	while (!p->text[0] && p < &c->problems[COLLECTOR_NR_TOPICS - 1])
		p++;
	if (!c->problem_told)
		c->problem_told = !put(c, WIRE_PROBLEM, p);
}

/* ----------------------------------------------------------------------- processes, containers */

static int process_tell(struct collector *c, struct process_known *k)
{
	if (k->told)
		return 0;
	k->told = !put(c, WIRE_PROCESS, &k->p);
	return k->told ? 0 : -EAGAIN;
}

void collector_process(void *ctx, const struct owner *owner, const struct viommu_rec_process *rec)
{
	struct collector *c = ctx;
	struct process_known *k = processes_learn(c->processes, owner, rec);

	if (k)
		process_tell(c, k);
}

/* Whose the container in a slot is, from now on; pid 0: nobody's. */
static void slot_set(struct collector *c, uint32_t slot, uint32_t pid, uint64_t start_time)
{
	struct process_known *k;

	if (c->slots[slot].pid == pid && c->slots[slot].start_time == start_time)
		return;
	k = c->slots[slot].pid ? processes_find(c->processes, c->slots[slot].pid,
						c->slots[slot].start_time) : NULL;
	if (k)
		k->containers--;
	k = pid ? processes_find(c->processes, pid, start_time) : NULL;
	if (k)
		k->containers++;
	c->slots[slot].pid = k ? pid : 0;
	c->slots[slot].start_time = start_time;
}

static void told_free(struct collector_told *t)
{
	free(t->heard);
	free(t->put);
	*t = (struct collector_told){ 0 };
}

/* What was put after so many ticks: the next one was heard, and so was this. */
static bool was_heard(const struct collector *c, uint64_t put_at)
{
	return c->out.heard > put_at;
}

static void told_settle(const struct collector *c, struct collector_told *t)
{
	if (!t->put || !was_heard(c, t->put_at))
		return;
	free(t->heard);
	t->heard = t->put;
	t->put = NULL;
}

/*
 * What an earlier server counted is in the history, and Prometheus has seen it: the next one gets
 * to know what to leave out. What an earlier one was sent but did not hear is not left out.
 */
static int container_put(struct collector *c, struct collector_told *t,
			 const struct viommu_container *now)
{
	int err = 0;

	if (t->adopt && t->heard && t->heard->id == now->id)
		err = put(c, WIRE_CONTAINER_BEFORE, t->heard);
	if (err)
		return err;
	t->adopt = false;
	err = put(c, WIRE_CONTAINER, now);
	if (err || !c->opts->socket)
		return err;
	told_settle(c, t);
	if (!t->put)
		t->put = malloc(sizeof(*t->put));
	if (t->put)
		*t->put = *now;
	t->put_at = c->out.ticks;
	return 0;
}

static bool is_last(const struct viommu_container *c)
{
	return c && c->state == VIOMMU_CONTAINER_DEAD;
}

/* true: a server has heard the last state, as far as we can find out. */
static bool ended_tell_one(struct collector *c, struct collector_ended *e)
{
	struct process_known *k = processes_find(c->processes, e->last.tgid, e->last.start_time);

	told_settle(c, &e->told);
	if (is_last(e->told.heard) || !k)
		return true;
	if (is_last(e->told.put))
		return false;
	/* Without memory for what was put, that it was put has to do. */
	return !process_tell(c, k) && !container_put(c, &e->told, &e->last) &&
	       !is_last(e->told.put);
}

static void ended_drop(struct collector *c, struct collector_ended **at)
{
	struct collector_ended *e = *at;
	struct process_known *k = processes_find(c->processes, e->last.tgid, e->last.start_time);

	if (k)
		k->containers--;
	*at = e->next;
	c->ended_count--;
	told_free(&e->told);
	free(e);
}

static void ended_tell(struct collector *c)
{
	struct collector_ended **at = &c->ended;

	while (*at) {
		if (ended_tell_one(c, *at))
			ended_drop(c, at);
		else
			at = &(*at)->next;
	}
}

/* c->container is gone, and that was its last: it cannot be asked for again. */
static void ended_add(struct collector *c, struct process_known *k)
{
	const uint32_t slot = c->container.slot;
	struct collector_ended *e = NULL;

	if (c->ended_count < COLLECTOR_MAX_ENDED)
		e = calloc(1, sizeof(*e));
	if (!e) {
		c->lost.between++;
		container_put(c, &c->slots[slot].told, &c->container);
		told_free(&c->slots[slot].told);
	} else {
		e->last = c->container;
		e->told = c->slots[slot].told;
		e->next = c->ended;
		c->ended = e;
		c->ended_count++;
		k->containers++;
		c->slots[slot].told = (struct collector_told){ 0 };
		if (ended_tell_one(c, e))
			ended_drop(c, &c->ended);
	}
	slot_set(c, slot, 0, 0);
}

void collector_containers_free(struct collector *c)
{
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		told_free(&c->slots[slot].told);
	while (c->ended) {
		struct collector_ended *e = c->ended;

		c->ended = e->next;
		told_free(&e->told);
		free(e);
	}
}

int collector_container(void *ctx, const struct owner *owner, const struct viommu_container *now)
{
	struct collector *c = ctx;
	const bool dead = now->state == VIOMMU_CONTAINER_DEAD;
	struct process_known *k = processes_learn(c->processes, owner, NULL);
	int err;

	if (!k) {
		c->lost.between += dead;
		return 0;
	}
	c->container = *now;
	c->container.id += c->epoch << EPOCH_SHIFT;
	if (dead) {
		ended_add(c, k);
		return 0;
	}
	err = process_tell(c, k);
	if (!err)
		err = container_put(c, &c->slots[now->slot].told, &c->container);
	if (!err)
		slot_set(c, now->slot, now->tgid, now->start_time);
	return err;
}

void collector_detached(void *ctx)
{
	struct collector *c = ctx;

	c->epoch++;
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		if (c->slots[slot].pid)
			/* Its end did not go through, and cannot be told again. */
			c->hello_due = true;
}

static void processes_tell(struct collector *c)
{
	for (size_t i = 0; i < processes_count(c->processes); i++)
		if (process_tell(c, processes_at(c->processes, i)))
			return;
}

/* Those that ended, once their containers' last has been told. */
static void ends_tell(struct collector *c)
{
	for (size_t i = 0; i < processes_count(c->processes);) {
		struct process_known *k = processes_at(c->processes, i);

		if (!k->ended || k->containers || ++k->ticks < END_TICKS ||
		    (is_open(c) && k->told && put(c, WIRE_PROCESS_END, &k->p)))
			i++;
		else
			processes_remove(c->processes, i);
	}
}

/* --------------------------------------------------------------------------------------- events */

void collector_event(void *ctx, const struct viommu_event *event)
{
	struct collector *c = ctx;

	if (event->type == VIOMMU_EVENT_LOST) {
		c->lost.lost[event->lost] += event->count;
		return;
	}
	if (event->type == VIOMMU_EVENT_SUMMARY)
		return;
	if (!is_open(c)) {
		c->out.lost += event->count;
		return;
	}
	c->event = *event;
	if (event->container_id)
		c->event.container_id += c->epoch << EPOCH_SHIFT;
	outbox_put(&c->out, WIRE_EVENT, &c->event);
}

static void losses_tell(struct collector *c)
{
	c->lost.between += c->out.lost;
	c->out.lost = 0;
	if (was_heard(c, c->lost_told_at))
		c->lost_heard = c->lost_told;
	if (!memcmp(&c->lost, &c->lost_told, sizeof(c->lost)) || put(c, WIRE_LOST, &c->lost))
		return;
	c->lost_told = c->lost;
	c->lost_told_at = c->out.ticks;
}

/* ---------------------------------------------------------------------- groups, programs, guard */

static struct collector_group *group_find(struct collector *c, int id)
{
	struct collector_group *more;

	for (size_t i = 0; i < c->group_count; i++)
		if (c->groups[i].now.id == id)
			return &c->groups[i];
	if (c->group_count == LEDGER_MAX_GROUPS)
		return NULL;
	more = realloc(c->groups, (c->group_count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	c->groups = more;
	more = &c->groups[c->group_count++];
	memset(more, 0, sizeof(*more));
	return more;
}

static void group_set(struct collector_group *g, const struct ledger_group *now)
{
	g->seen = true;
	if (!memcmp(&g->now, now, sizeof(*now)))
		return;
	memcpy(&g->now, now, sizeof(*now));
	g->told = false;
}

/* Groups of virtual functions come and go with them. */
static void groups_forget(struct collector *c)
{
	struct ledger_group gone;

	memset(&gone, 0, sizeof(gone));	/* what lies between members is compared, too */
	for (size_t i = 0; i < c->group_count; i++) {
		gone.id = c->groups[i].now.id;
		gone.gone = true;
		if (!c->groups[i].seen)
			group_set(&c->groups[i], &gone);
	}
}

void collector_read_groups(struct collector *c)
{
	struct ledger_group described;
	struct machine m;

	machine_init(&m);
	if (!machine_read(&m, "")) {
		for (size_t i = 0; i < c->group_count; i++)
			c->groups[i].seen = false;
		for (size_t i = 0; i < m.group_count; i++) {
			struct collector_group *g = group_find(c, m.groups[i].id);

			group_describe(&described, &m, &m.groups[i]);
			if (g)
				group_set(g, &described);
		}
		groups_forget(c);
	}
	machine_fini(&m);
	/* The kernel's log may have been large, and is not read again for a minute. */
	malloc_trim(0);
}

static void groups_tell(struct collector *c)
{
	for (size_t i = 0; i < c->group_count; i++)
		if (!c->groups[i].told && !put(c, WIRE_GROUP, &c->groups[i].now))
			c->groups[i].told = true;
}

static void program_take(void *ctx, const char *name, bool attached)
{
	struct collector *c = ctx;
	struct collector_program *p = NULL;

	for (size_t i = 0; i < c->program_count && !p; i++)
		if (!strncmp(c->programs[i].now.name, name, sizeof(c->programs[i].now.name) - 1))
			p = &c->programs[i];
	if (!p && c->program_count == COLLECTOR_MAX_PROGRAMS)
		return;
	if (!p) {
		p = &c->programs[c->program_count++];
		memset(p, 0, sizeof(*p));
		snprintf(p->now.name, sizeof(p->now.name), "%s", name);
	}
	p->told &= p->now.attached == attached;
	p->now.attached = attached;
	p->seen = true;
}

/* A program that is not walked any more went with its module. */
static void programs_tell(struct collector *c)
{
	for (size_t i = 0; i < c->program_count; i++)
		c->programs[i].seen = false;
	session_walk_programs(c->session, program_take, c);
	for (size_t i = 0; i < c->program_count; i++) {
		struct collector_program *p = &c->programs[i];

		if (!p->seen) {
			p->told &= !p->now.attached;
			p->now.attached = 0;
		}
		if (!p->told)
			p->told = !put(c, WIRE_PROGRAM, &p->now);
	}
}

static void guard_tell(struct collector *c)
{
	if (c->has_policies && !c->policies_told)
		c->policies_told = !put(c, WIRE_POLICIES, &c->policies);
	if (memcmp(&c->guard_now, &c->guard_told, sizeof(c->guard_now)) != 0 &&
	    !put(c, WIRE_GUARD, &c->guard_now))
		c->guard_told = c->guard_now;
}

/* ---------------------------------------------------------------------------------------- greet */

static void told_forget(const struct collector *c, struct collector_told *t)
{
	told_settle(c, t);
	free(t->put);
	t->put = NULL;
}

void collector_forget_unheard(struct collector *c)
{
	if (!was_heard(c, c->lost_told_at))
		c->lost_told = c->lost_heard;
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		told_forget(c, &c->slots[slot].told);
	for (struct collector_ended *e = c->ended; e; e = e->next)
		told_forget(c, &e->told);
}

/* Totals go on from what the last server was told; state is told from the start. */
static void all_forget(struct collector *c)
{
	for (size_t i = 0; i < VIOMMU_NR_LOST; i++)
		c->lost.lost[i] -= c->lost_told.lost[i];
	c->lost.between -= c->lost_told.between;
	memset(&c->lost_told, 0, sizeof(c->lost_told));
	memset(&c->lost_heard, 0, sizeof(c->lost_heard));
	memset(&c->guard_told, 0, sizeof(c->guard_told));
	c->policies_told = c->problem_told = false;
	for (size_t i = 0; i < c->program_count; i++)
		c->programs[i].told = false;
	for (size_t i = 0; i < c->group_count; i++)
		c->groups[i].told = false;
	for (size_t i = 0; i < processes_count(c->processes); i++) {
		processes_at(c->processes, i)->told = false;
		processes_at(c->processes, i)->containers = 0;
	}
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++) {
		c->slots[slot].pid = 0;
		c->slots[slot].told.adopt = true;
	}
	for (struct collector_ended *e = c->ended; e; e = e->next) {
		struct process_known *k = processes_find(c->processes, e->last.tgid,
							 e->last.start_time);

		e->told.adopt = true;
		if (k)
			k->containers++;
	}
	if (c->session)
		session_retell(c->session);
}

void collector_hello(struct collector *c)
{
	struct wire_hello hello = {
		.version = WIRE_VERSION,
		.event_size = sizeof(struct viommu_event),
		.container_size = sizeof(struct viommu_container),
		.viommu_version = VIOMMU_VERSION,
	};

	if (gethostname(hello.host, sizeof(hello.host) - 1))
		snprintf(hello.host, sizeof(hello.host), "unknown");
	if (outbox_put(&c->out, WIRE_HELLO, &hello))
		return;
	c->hello_due = false;
	all_forget(c);
}

void collector_tell_before(struct collector *c)
{
	if (c->out.fd >= 0 && c->hello_due)
		collector_hello(c);
	processes_tell(c);
	ended_tell(c);
}

void collector_tell_after(struct collector *c)
{
	ends_tell(c);
	groups_tell(c);
	programs_tell(c);
	guard_tell(c);
	problem_tell(c);
	losses_tell(c);
	put(c, WIRE_TICK, NULL);
}
