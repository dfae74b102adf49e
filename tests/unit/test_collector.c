// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the collector tells a server that comes after another one: what that one heard is left out,
 * what it was only sent is not; and what is wrong, for as long as it is. The tracer below it is not
 * there: what tells of it is tested by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/collector-containers.c"
#include "daemon/collector-host.c"
#include "daemon/collector-tell.c"
#include "ledger.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

void session_retell(struct session *s)
{
	(void)s;
}

void session_walk_programs(const struct session *s, tracer_program_fn fn, void *ctx)
{
	(void)s;
	fn(ctx, "type1_ioctl_exit", true);
}

static const struct collector_opts opts = { .fd = -1, .socket = "/none" };

struct setup {
	struct collector *c;
	struct owner owner;
	struct viommu_container container;
	int server;			/* -1: there is none */
	void *packet;
};

static int setup_make(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->c = calloc(1, sizeof(*s->c));
	s->packet = malloc(WIRE_MAX);
	s->c->opts = &opts;
	outbox_init(&s->c->out);
	s->c->processes = processes_new();
	s->owner = (struct owner){ .tgid = 10, .start_time = 1010, .vm = ledger_vm("g"),
				   .wanted = true };
	s->owner.vm.vmm = VIOMMU_VMM_OTHER;
	s->container = ledger_container_of(1, 10, 39);
	s->server = -1;
	*state = s;
	return s->c->processes ? 0 : -1;
}

static int setup_free(void **state)
{
	struct setup *s = *state;

	if (s->server >= 0)
		close(s->server);
	outbox_close(&s->c->out);
	processes_free(s->c->processes);
	collector_containers_free(s->c);
	free(s->c);
	free(s->packet);
	free(s);
	return 0;
}

/* The one that was there is gone, and the next one is found: as server_seek(). */
static void server_come(struct setup *s)
{
	int fds[2];

	if (s->server >= 0)
		close(s->server);
	outbox_close(&s->c->out);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	s->server = fds[0];
	collector_forget_unheard(s->c);
	outbox_open(&s->c->out, fds[1]);
	s->c->hello_due = true;
	collector_hello(s->c);
}

/* As tick(), with so many maps of the container until then. */
static void second(struct setup *s, uint64_t maps)
{
	s->container.maps = maps;
	collector_tell_before(s->c);
	collector_container(s->c, &s->owner, &s->container);
	collector_tell_after(s->c);
}

/* The server reads all, and says so. */
static void server_hear_all(struct setup *s, struct wire_taken *said)
{
	enum wire_type type;
	const void *data;

	while (!wire_receive(s->server, s->packet, WIRE_MAX, &type, &data))
		said->ticks += type == WIRE_TICK;
	assert_int_equal(wire_send(s->server, WIRE_TAKEN, said, sizeof(*said)), 0);
	while (!wire_receive(s->c->out.fd, s->packet, WIRE_MAX, &type, &data))
		outbox_taken(&s->c->out, data);
}

/* maps of the next container packet of that type; -1: there is none before the next tick. */
static int64_t maps_told(struct setup *s, enum wire_type wanted)
{
	enum wire_type type;
	const void *data;

	while (!wire_receive(s->server, s->packet, WIRE_MAX, &type, &data)) {
		if (type == wanted)
			return (int64_t)((const struct viommu_container *)data)->maps;
		if (type == WIRE_TICK)
			break;
	}
	return -1;
}

static void what_a_server_heard_is_left_out(void **state)
{
	struct setup *s = *state;
	struct wire_taken said = { 0 };

	server_come(s);
	second(s, 10);
	assert_int_equal(maps_told(s, WIRE_CONTAINER_BEFORE), -1);	/* reads up to the tick */
	said.ticks = 1;
	second(s, 11);
	server_hear_all(s, &said);
	second(s, 12);
	server_hear_all(s, &said);
	assert_int_equal(s->c->out.heard, 3);
	/* It hangs, then is killed: these were sent, and heard by nobody. */
	for (uint64_t maps = 13; maps < 20; maps++)
		second(s, maps);
	server_come(s);
	second(s, 21);
	assert_int_equal(maps_told(s, WIRE_CONTAINER_BEFORE), 12);
	assert_int_equal(maps_told(s, WIRE_CONTAINER), 21);
	/* Nor did this one say that it heard anything. */
	server_come(s);
	second(s, 22);
	assert_int_equal(maps_told(s, WIRE_CONTAINER_BEFORE), 12);
	assert_int_equal(maps_told(s, WIRE_CONTAINER), 22);
	/* Told between two ticks: it would have been heard with the next. */
	said.ticks = 0;
	server_hear_all(s, &said);
	assert_int_equal(s->c->out.heard, 1);
	s->container.maps = 23;
	collector_container(s->c, &s->owner, &s->container);
	server_come(s);
	second(s, 24);
	assert_int_equal(maps_told(s, WIRE_CONTAINER_BEFORE), 22);
	/* Another container in its place has nothing to leave out. */
	said.ticks = 0;
	server_hear_all(s, &said);
	s->container.id++;
	server_come(s);
	second(s, 1);
	assert_int_equal(maps_told(s, WIRE_CONTAINER_BEFORE), -1);
}

/* What a container did last is told until a server has heard it, whoever is there. */
static void the_last_state_is_told_until_it_is_heard(void **state)
{
	struct setup *s = *state;
	struct wire_taken said = { 0 };

	server_come(s);
	second(s, 10);
	server_hear_all(s, &said);
	/* The server hangs while the container ends, and is killed. */
	s->container.state = VIOMMU_CONTAINER_DEAD;
	second(s, 15);
	for (int i = 0; i < 5; i++) {
		collector_tell_before(s->c);
		collector_tell_after(s->c);
	}
	assert_int_equal(s->c->ended_count, 1);
	server_come(s);
	collector_tell_before(s->c);
	assert_int_equal(maps_told(s, WIRE_CONTAINER_BEFORE), 10);
	assert_int_equal(maps_told(s, WIRE_CONTAINER), 15);
	collector_tell_after(s->c);
	said.ticks = 0;
	server_hear_all(s, &said);
	collector_tell_before(s->c);
	assert_int_equal(s->c->ended_count, 0);
	for (int i = 0; i < END_TICKS; i++)
		collector_tell_after(s->c);
	assert_int_equal(processes_count(s->c->processes), 0);
	/* Another one lives and ends while nobody is there. */
	close(s->server);
	s->server = -1;
	outbox_close(&s->c->out);
	s->container.id++;
	second(s, 7);
	for (int i = 0; i < 5; i++)
		collector_tell_after(s->c);
	server_come(s);
	collector_tell_before(s->c);
	assert_int_equal(maps_told(s, WIRE_CONTAINER), 7);
}

static void last_states_are_bounded_and_counted(void **state)
{
	struct setup *s = *state;

	s->container.state = VIOMMU_CONTAINER_DEAD;
	for (unsigned int i = 0; i < COLLECTOR_MAX_ENDED + 3; i++) {
		s->container.id++;
		assert_int_equal(collector_container(s->c, &s->owner, &s->container), 0);
	}
	assert_int_equal(s->c->ended_count, COLLECTOR_MAX_ENDED);
	assert_int_equal(s->c->lost.between, 3);
}

/* .between of the next WIRE_LOST; -1: there is none. */
static int64_t lost_told(struct setup *s)
{
	enum wire_type type;
	const void *data;

	while (!wire_receive(s->server, s->packet, WIRE_MAX, &type, &data))
		if (type == WIRE_LOST)
			return (int64_t)((const struct wire_lost *)data)->between;
	return -1;
}

static void losses_are_told_until_they_are_heard(void **state)
{
	struct setup *s = *state;
	struct viommu_event event = ledger_failure("g", 1, VIOMMU_REASON_OVERLAP, 5);

	collector_event(s->c, &event);		/* to nobody */
	server_come(s);
	second(s, 1);
	server_come(s);				/* it read nothing */
	second(s, 1);
	assert_int_equal(lost_told(s), 5);
	second(s, 1);
	assert_int_equal(lost_told(s), -1);
	assert_int_equal(wire_send(s->server, WIRE_TAKEN, &(struct wire_taken){ .ticks = 2 },
				   sizeof(struct wire_taken)), 0);
	server_come(s);				/* it heard, said so, and is gone */
	second(s, 1);
	assert_int_equal(lost_told(s), -1);
	collector_event(s->c, &event);
	server_come(s);				/* an event that was sent, and not taken */
	second(s, 1);
	assert_int_equal(lost_told(s), 5);
}

/* The text of the next WIRE_PROBLEM; NULL: there is none. */
static const char *problem_told_now(struct setup *s)
{
	enum wire_type type;
	const void *data;

	while (!wire_receive(s->server, s->packet, WIRE_MAX, &type, &data))
		if (type == WIRE_PROBLEM)
			return ((const struct wire_problem *)data)->text;
	return NULL;
}

static void a_mistake_is_told_for_as_long_as_it_lasts(void **state)
{
	struct setup *s = *state;
	struct collector *c = s->c;

	server_come(s);
	second(s, 1);
	assert_string_equal(problem_told_now(s), "");
	/* The configuration has a mistake, the policies have none. */
	collector_try(c, COLLECTOR_CONFIG);
	collector_message(c, TRACER_ERROR, "f:1:1: unknown key");
	collector_message(c, TRACER_WARNING, "not this");
	collector_message(c, TRACER_ERROR, "not changed");
	collector_try(c, COLLECTOR_POLICIES);
	c->has_policies = true;
	second(s, 1);
	assert_string_equal(problem_told_now(s), "f:1:1: unknown key; not changed");
	second(s, 1);
	assert_null(problem_told_now(s));
	server_come(s);			/* the next server is told, too */
	second(s, 1);
	assert_string_equal(problem_told_now(s), "f:1:1: unknown key; not changed");
	collector_message(c, TRACER_ERROR, "policy.yaml:1:1: bad");
	collector_try(c, COLLECTOR_CONFIG);
	second(s, 1);
	assert_string_equal(problem_told_now(s), "policy.yaml:1:1: bad");
	/* The file with the mistake is gone, and there is no policy left. */
	collector_try(c, COLLECTOR_POLICIES);
	c->has_policies = false;
	second(s, 1);
	assert_string_equal(problem_told_now(s), "");
}

/* Whatever groups this machine has, it is not that one. */
static void a_group_that_is_gone_is_not_known(void **state)
{
	struct setup *s = *state;
	struct collector *c = s->c;
	const struct ledger_group *told = NULL;
	enum wire_type type;
	const void *data;

	c->groups = calloc(1, sizeof(*c->groups));
	c->group_count = 1;
	c->groups[0].now = (struct ledger_group){
		.id = 1000000, .max_bits = 39, .safe_bits = 32,
		.ranges = { .count = 1, .r = { { 0, 0x7fffffffff } } },
	};
	c->groups[0].told = true;
	collector_read_groups(c);
	server_come(s);
	second(s, 1);
	while (!told && !wire_receive(s->server, s->packet, WIRE_MAX, &type, &data))
		if (type == WIRE_GROUP && ((const struct ledger_group *)data)->id == 1000000)
			told = data;
	assert_non_null(told);
	assert_true(told->gone);
	assert_int_equal(told->max_bits + told->safe_bits + told->ranges.count, 0);
	free(c->groups);
}

/* A process that lives until it is killed. */
static pid_t child_start(void)
{
	const pid_t pid = fork();

	if (!pid) {
		alarm(20);		/* where a check fails */
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void without_descriptors_processes_live_on(void **state)
{
	struct setup *s = *state;
	struct processes *ps = s->c->processes;
	const pid_t first = child_start(), second_one = child_start();
	struct rlimit limit, none;

	s->owner.start_time = 0;	/* whatever it is */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	s->owner.tgid = (uint32_t)first;
	assert_false(processes_learn(ps, &s->owner, NULL)->ended);
	s->owner.tgid = (uint32_t)second_one;
	assert_false(processes_learn(ps, &s->owner, NULL)->ended);
	child_end(first);
	processes_poll(ps);
	assert_true(processes_find(ps, (uint32_t)first, 0)->ended);
	assert_false(processes_find(ps, (uint32_t)second_one, 0)->ended);
	assert_int_equal(processes_find(ps, (uint32_t)second_one, 0)->pidfd, -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	processes_poll(ps);
	assert_true(processes_find(ps, (uint32_t)second_one, 0)->pidfd >= 0);
	child_end(second_one);
	processes_poll(ps);
	assert_true(processes_find(ps, (uint32_t)second_one, 0)->ended);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup_make, setup_free)
	const struct CMUnitTest tests[] = {
		TEST(what_a_server_heard_is_left_out),
		TEST(the_last_state_is_told_until_it_is_heard),
		TEST(last_states_are_bounded_and_counted),
		TEST(losses_are_told_until_they_are_heard),
		TEST(a_group_that_is_gone_is_not_known),
		TEST(a_mistake_is_told_for_as_long_as_it_lasts),
		TEST(without_descriptors_processes_live_on),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
