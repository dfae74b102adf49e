// SPDX-License-Identifier: GPL-2.0-or-later
/* State is told when it changes, and again when it did not go through; events are told once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/collector-parts.h"
#include "daemon/say.h"

bool collector_is_open(const struct collector *c)
{
	return c->out.fd >= 0 && !c->hello_due;
}

int collector_put(struct collector *c, enum wire_type type, const void *data)
{
	return collector_is_open(c) ? outbox_put(&c->out, type, data) : -ENOTCONN;
}

bool collector_was_heard(const struct collector *c, uint64_t put_at)
{
	return c->out.heard > put_at;
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
		c->problem_told = !collector_put(c, WIRE_PROBLEM, p);
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
	if (!collector_is_open(c)) {
		c->out.lost += event->count;
		return;
	}
	c->event = *event;
	if (event->container_id)
		c->event.container_id += c->epoch << COLLECTOR_EPOCH_SHIFT;
	outbox_put(&c->out, WIRE_EVENT, &c->event);
}

static void losses_tell(struct collector *c)
{
	c->lost.between += c->out.lost;
	c->out.lost = 0;
	if (collector_was_heard(c, c->lost_told_at))
		c->lost_heard = c->lost_told;
	if (!memcmp(&c->lost, &c->lost_told, sizeof(c->lost)) ||
	    collector_put(c, WIRE_LOST, &c->lost))
		return;
	c->lost_told = c->lost;
	c->lost_told_at = c->out.ticks;
}

/* ---------------------------------------------------------------------------------------- greet */

void collector_forget_unheard(struct collector *c)
{
	if (!collector_was_heard(c, c->lost_told_at))
		c->lost_told = c->lost_heard;
	collector_containers_unheard(c);
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
	collector_containers_adopt(c);
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
	collector_processes_tell(c);
	collector_ended_tell(c);
}

void collector_tell_after(struct collector *c)
{
	collector_ends_tell(c);
	collector_groups_tell(c);
	collector_programs_tell(c);
	collector_guard_tell(c);
	problem_tell(c);
	losses_tell(c);
	collector_put(c, WIRE_TICK, NULL);
}
