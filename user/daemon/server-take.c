// SPDX-License-Identifier: GPL-2.0-or-later
/* What the collector says goes into ledger and history. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/say.h"
#include "daemon/server-parts.h"

/** Packets in one go, so that clients are not kept waiting. */
#define HEAR_MAX 512
/** A collector that says nothing for so long, ns, hangs. */
#define SILENCE 15000000000ULL

static uint64_t clock_get(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

uint64_t server_now(void)
{
	return clock_get(CLOCK_REALTIME);
}

uint64_t server_clock(void)
{
	return clock_get(CLOCK_MONOTONIC);
}

void server_message(void *ctx, bool warning, const char *text)
{
	(void)ctx;
	say_text(warning ? TRACER_WARNING : TRACER_INFO, text);
}

const char *server_unhealthy(void *ctx)
{
	struct server *s = ctx;
	const uint64_t silent = server_clock() - s->last_tick;

	if (s->collector_fd < 0)
		snprintf(s->unhealthy, sizeof(s->unhealthy), "no collector is connected: is "
			 "viommud.service running?");
	else if (silent > SILENCE)
		snprintf(s->unhealthy, sizeof(s->unhealthy), "the collector has said nothing for %"
			 PRIu64 " s", silent / UINT64_C(1000000000));
	else if (!s->ticked)
		snprintf(s->unhealthy, sizeof(s->unhealthy), "the collector is starting: nothing is "
			 "traced yet");
	else if (s->problem[0])
		snprintf(s->unhealthy, sizeof(s->unhealthy), "%s", s->problem);
	else if (s->told_problem[0])
		snprintf(s->unhealthy, sizeof(s->unhealthy), "%s", s->told_problem);
	else
		return NULL;
	return s->unhealthy;
}

/* ----------------------------------------------------------------------------------- collector */

/* A collector has to be root's, or ours: a test's. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (!peer.uid || peer.uid == geteuid());
}

void server_accept(struct server *s)
{
	const int fd = accept4(s->collector_listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!is_trusted(fd)) {
		say(TRACER_WARNING, "a process that is not root's wants to be the collector: refused");
		close(fd);
		return;
	}
	if (s->next_fd >= 0)
		close(s->next_fd);
	s->next_fd = fd;
}

void server_accept_next(struct server *s)
{
	char byte;
	const ssize_t n = recv(s->next_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		/* The lock of the collector sees to it that the older one is gone. */
		if (s->collector_fd >= 0)
			close(s->collector_fd);
		s->collector_fd = s->next_fd;
		s->taken = 0;
		s->kept = s->told = (struct wire_taken){ 0 };
		s->last_tick = server_clock();
		s->ticked = false;
	} else {
		close(s->next_fd);
	}
	s->next_fd = -1;
}

static int hello_answer(const struct server *s)
{
	struct wire_hello hello = {
		.version = WIRE_VERSION,
		.event_size = sizeof(struct viommu_event),
		.container_size = sizeof(struct viommu_container),
		.viommu_version = VIOMMU_VERSION,
	};

	snprintf(hello.host, sizeof(hello.host), "%s", s->host);
	return wire_send(s->collector_fd, WIRE_HELLO, &hello, sizeof(hello));
}

static int hello_take(struct server *s, const struct wire_hello *hello)
{
	const int err = hello_answer(s);

	if (hello->version != WIRE_VERSION || hello->event_size != sizeof(struct viommu_event) ||
	    hello->container_size != sizeof(struct viommu_container)) {
		say(TRACER_ERROR, "the collector (version %s) is of another build than this server: "
		    "restart both", hello->viommu_version);
		return -EPROTO;
	}
	ledger_restart(s->ledger, server_now());
	s->ticked = false;
	s->told_problem[0] = '\0';
	return err == -EAGAIN ? 0 : err;
}

/* The collector has put it on stderr; here it is for /healthz. */
static void problem_take(struct server *s, const struct wire_problem *p)
{
	snprintf(s->told_problem, sizeof(s->told_problem), "%s", p->text);
}

static void policies_take(struct server *s, const struct wire_policies *p)
{
	if (s->store &&
	    store_add_generation(s->store, server_now(), p->generation, p->policies))
		ledger_add_lost_history(s->ledger, 1);
}

static void event_take(struct server *s, const struct viommu_event *event)
{
	ledger_add_event(s->ledger, event);
	s->taken += event->count;
	s->dirty = true;
	/* It is taken nevertheless: the collector has no more room for it than we. */
	if (s->store && store_add_event(s->store, event))
		ledger_add_lost_history(s->ledger, event->count);
}

static void lost_take(struct server *s, const struct wire_lost *lost)
{
	ledger_set_lost(s->ledger, lost->lost);
	ledger_set_lost_between(s->ledger, lost->between);
}

static void program_take(struct server *s, const struct wire_program *program)
{
	ledger_set_program(s->ledger, program->name, program->attached);
}

/* How far we are, if that is more than before; else it is told the next time. */
static void taken_tell(struct server *s)
{
	if (s->collector_fd >= 0 && memcmp(&s->kept, &s->told, sizeof(s->kept)) != 0 &&
	    !wire_send(s->collector_fd, WIRE_TAKEN, &s->kept, sizeof(s->kept)))
		s->told = s->kept;
}

static void tick_take(struct server *s)
{
	s->last_tick = server_clock();
	s->ticked = true;
	s->kept.ticks++;
	taken_tell(s);
}

/* What there is no room for is counted by the ledger, and shown. */
static int packet_take(struct server *s, enum wire_type type, const void *data)
{
	const struct ledger_process *process = data;

	switch (type) {
	case WIRE_HELLO:
		return hello_take(s, data);
	case WIRE_PROCESS:
		ledger_add_process(s->ledger, process, server_now());
		break;
	case WIRE_PROCESS_END:
		ledger_end_process(s->ledger, process->pid, process->start_time, server_now());
		break;
	case WIRE_CONTAINER:
		ledger_set_container(s->ledger, data, server_now());
		s->dirty = true;
		break;
	case WIRE_CONTAINER_BEFORE:
		ledger_adopt_container(s->ledger, data, server_now());
		break;
	case WIRE_EVENT:
		event_take(s, data);
		break;
	case WIRE_LOST:
		lost_take(s, data);
		break;
	case WIRE_GROUP:
		ledger_set_group(s->ledger, data);
		break;
	case WIRE_GUARD:
		ledger_set_guard(s->ledger, data);
		break;
	case WIRE_POLICIES:
		policies_take(s, data);
		break;
	case WIRE_PROGRAM:
		program_take(s, data);
		break;
	case WIRE_PROBLEM:
		problem_take(s, data);
		break;
	case WIRE_TICK:
		tick_take(s);
		break;
	case WIRE_RELOAD:
		server_reload(s);
		break;
	case WIRE_TAKEN:
		return -EPROTO;
	}
	return 0;
}

void server_keep_taken(struct server *s)
{
	s->kept.events = s->taken;
	taken_tell(s);
}

int server_hear(struct server *s)
{
	int err = 0;

	for (int i = 0; i < HEAR_MAX && !err; i++) {
		enum wire_type type;
		const void *data;

		err = wire_receive(s->collector_fd, s->packet, WIRE_MAX, &type, &data);
		if (!err)
			err = packet_take(s, type, data);
	}
	return err == -EAGAIN ? 0 : err;
}
