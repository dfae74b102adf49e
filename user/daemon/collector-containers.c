// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes and their containers, as servers come to know them: a state is told until a server has
 * heard it, the last one of a container too, which cannot be asked for again.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/collector-parts.h"

/** Ticks for which a process that ended is kept, as its last events are folded. */
#define END_TICKS 3

static int process_tell(struct collector *c, struct process_known *k)
{
	if (k->told)
		return 0;
	k->told = !collector_put(c, WIRE_PROCESS, &k->p);
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

static void told_settle(const struct collector *c, struct collector_told *t)
{
	if (!t->put || !collector_was_heard(c, t->put_at))
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
		err = collector_put(c, WIRE_CONTAINER_BEFORE, t->heard);
	if (err)
		return err;
	t->adopt = false;
	err = collector_put(c, WIRE_CONTAINER, now);
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

void collector_ended_tell(struct collector *c)
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
	c->container.id += c->epoch << COLLECTOR_EPOCH_SHIFT;
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

void collector_processes_tell(struct collector *c)
{
	for (size_t i = 0; i < processes_count(c->processes); i++)
		if (process_tell(c, processes_at(c->processes, i)))
			return;
}

void collector_ends_tell(struct collector *c)
{
	for (size_t i = 0; i < processes_count(c->processes);) {
		struct process_known *k = processes_at(c->processes, i);

		if (!k->ended || k->containers || ++k->ticks < END_TICKS ||
		    (collector_is_open(c) && k->told && collector_put(c, WIRE_PROCESS_END, &k->p)))
			i++;
		else
			processes_remove(c->processes, i);
	}
}

static void told_forget(const struct collector *c, struct collector_told *t)
{
	told_settle(c, t);
	free(t->put);
	t->put = NULL;
}

void collector_containers_unheard(struct collector *c)
{
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++)
		told_forget(c, &c->slots[slot].told);
	for (struct collector_ended *e = c->ended; e; e = e->next)
		told_forget(c, &e->told);
}

void collector_containers_adopt(struct collector *c)
{
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
}
