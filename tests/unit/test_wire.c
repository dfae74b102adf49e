// SPDX-License-Identifier: GPL-2.0-or-later
/* The wire: what is sent comes out, and what no collector of ours would send is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/outbox.h"
#include "daemon/wire.h"

struct wire {
	int in, out;
	void *packet;
};

static int wire_setup(void **state)
{
	struct wire *w = calloc(1, sizeof(*w));
	int fds[2];

	if (!w || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds))
		return -1;
	w->in = fds[0];
	w->out = fds[1];
	w->packet = malloc(WIRE_MAX);
	*state = w;
	return 0;
}

static int wire_teardown(void **state)
{
	struct wire *w = *state;

	close(w->in);
	close(w->out);
	free(w->packet);
	free(w);
	return 0;
}

/* What the receiver says of a packet. */
static int receive(struct wire *w, enum wire_type *type, const void **data)
{
	return wire_receive(w->in, w->packet, WIRE_MAX, type, data);
}

static int pass(struct wire *w, enum wire_type type, const void *data, const void **out)
{
	enum wire_type got;
	int err;

	assert_int_equal(wire_send(w->out, type, data, wire_size(type)), 0);
	err = receive(w, &got, out);
	if (!err)
		assert_int_equal(got, type);
	return err;
}

static void event_init(struct viommu_event *e)
{
	memset(e, 0, sizeof(*e));
	e->type = VIOMMU_EVENT_MAP;
	e->count = 3;
	e->result = -EINVAL;
	e->group = -1;
	strcpy(e->vm.name, "guest1");
	e->ev.ranges.r[0] = (struct viommu_range){ 0, 0xfff };
	e->ev.ranges.count = 1;
	e->diag.reason = VIOMMU_REASON_ABOVE_HOST_WIDTH;
	e->diag.remedy_count = 1;
	strcpy(e->diag.remedies[0].text, "set it");
}

static void test_round_trip(void **state)
{
	struct wire *w = *state;
	struct viommu_event *e = malloc(sizeof(*e));
	const struct viommu_event *got;
	const void *out;

	event_init(e);
	memset(&e->summary, 0xff, sizeof(e->summary));
	assert_int_equal(pass(w, WIRE_EVENT, e, &out), 0);
	got = out;
	assert_memory_equal(got, e, offsetof(struct viommu_event, summary));
	/* It is not sent, and is not what happened to lie there either. */
	assert_int_equal(got->summary.maps, 0);
	assert_int_equal(pass(w, WIRE_TICK, NULL, &out), 0);
	free(e);
}

static void test_nothing_and_end(void **state)
{
	struct wire *w = *state;
	enum wire_type type;
	const void *data;

	assert_int_equal(receive(w, &type, &data), -EAGAIN);
	shutdown(w->out, SHUT_WR);
	assert_int_equal(receive(w, &type, &data), -EPIPE);
	close(w->in);
	assert_int_not_equal(wire_send(w->out, WIRE_TICK, NULL, 0), 0);
	w->in = -1;
}

/* Heads that lie. */
static void test_heads(void **state)
{
	static const struct {
		struct wire_head head;
		size_t sent;	/* bytes of payload that really come */
	} cases[] = {
		{ { 0, 0 }, 0 },
		{ { WIRE_RELOAD + 1, 0 }, 0 },
		{ { UINT32_MAX, 0 }, 0 },
		{ { WIRE_TICK, 1 }, 1 },
		{ { WIRE_TICK, 0 }, 1 },
		{ { WIRE_LOST, sizeof(struct wire_lost) }, sizeof(struct wire_lost) - 1 },
		{ { WIRE_LOST, sizeof(struct wire_lost) }, sizeof(struct wire_lost) + 1 },
		{ { WIRE_LOST, sizeof(struct wire_lost) - 8 }, sizeof(struct wire_lost) - 8 },
		{ { WIRE_LOST, UINT32_MAX }, sizeof(struct wire_lost) },
		{ { WIRE_EVENT, sizeof(struct viommu_event) }, sizeof(struct viommu_event) },
		{ { WIRE_TICK, 0 }, WIRE_MAX },
	};
	struct wire *w = *state;
	char *packet = calloc(1, 2 * WIRE_MAX);
	enum wire_type type;
	const void *data;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(packet, &cases[i].head, sizeof(cases[i].head));
		assert_true(send(w->out, packet, sizeof(struct wire_head) + cases[i].sent, 0) > 0);
		assert_int_equal(receive(w, &type, &data), -EPROTO);
	}
	/* Shorter than a head. */
	assert_true(send(w->out, packet, 3, 0) == 3);
	assert_int_equal(receive(w, &type, &data), -EPROTO);
	free(packet);
}

/* A text without an end gets one. */
static void test_texts(void **state)
{
	struct wire *w = *state;
	struct viommu_event *e = malloc(sizeof(*e));
	struct wire_problem problem;
	const void *out;

	event_init(e);
	memset(e->vm.name, 'a', sizeof(e->vm.name));
	memset(e->diag.detail, 'b', sizeof(e->diag.detail));
	memset(e->diag.remedies[0].option, 'c', sizeof(e->diag.remedies[0].option));
	memset(e->comm, 'd', sizeof(e->comm));
	memset(&e->denier, 'f', sizeof(e->denier));
	e->device_count = 1;
	memset(e->devices[0], 'e', sizeof(e->devices[0]));
	assert_int_equal(pass(w, WIRE_EVENT, e, &out), 0);
	assert_int_equal(strlen(((const struct viommu_event *)out)->vm.name), VIOMMU_NAME_LEN - 1);
	assert_int_equal(strlen(((const struct viommu_event *)out)->diag.detail), 511);
	assert_int_equal(strlen(((const struct viommu_event *)out)->diag.remedies[0].option), 159);
	assert_int_equal(strlen(((const struct viommu_event *)out)->comm), 15);
	assert_int_equal(strlen(((const struct viommu_event *)out)->devices[0]), 19);
	assert_int_equal(strlen(((const struct viommu_event *)out)->denier.policy), 63);
	assert_int_equal(strlen(((const struct viommu_event *)out)->denier.file), 191);
	assert_int_equal(strlen(((const struct viommu_event *)out)->denier.message), 159);
	memset(problem.text, 'x', sizeof(problem.text));
	assert_int_equal(pass(w, WIRE_PROBLEM, &problem, &out), 0);
	assert_int_equal(strlen(((const struct wire_problem *)out)->text), 511);
	free(e);
}

/* Each member that is an index, a count, an enumeration or a bool, beyond its end. */
static void test_event_members(void **state)
{
#define MEMBER(m, v) { offsetof(struct viommu_event, m), sizeof(((struct viommu_event *)0)->m), v }
	static const struct {
		size_t offset, size;
		uint64_t value;
	} bad[] = {
		MEMBER(type, VIOMMU_NR_EVENTS), MEMBER(type, VIOMMU_EVENT_SUMMARY),
		MEMBER(type, UINT32_MAX), MEMBER(vm.source, VIOMMU_NR_VM_SOURCES),
		MEMBER(vm.vmm, 3),
		MEMBER(device_count, VIOMMU_MAX_DEVICES + 1), MEMBER(count, 0), MEMBER(result, 1),
		MEMBER(lost, VIOMMU_NR_LOST), MEMBER(request.source, 2),
		MEMBER(ev.ranges.count, VIOMMU_MAX_RANGES + 1), MEMBER(ev.ranges.count, UINT64_MAX),
		MEMBER(ev.ranges.r[0].first, 0x1000), MEMBER(ev.limit_from, 1000),
		MEMBER(ev.backing, VIOMMU_NR_BACKING), MEMBER(ev.path, 1000), MEMBER(ev.vmm, 3),
		MEMBER(ev.api, 3), MEMBER(ev.said, VIOMMU_NR_SAID), MEMBER(ev.has_range, 2),
		MEMBER(ev.cap_ipc_lock, 255), MEMBER(ev.retried, 2), MEMBER(ev.x86_host, 2),
		MEMBER(ev.denied, 2),
		MEMBER(diag.reason, VIOMMU_NR_REASONS), MEMBER(diag.severity, 1000),
		MEMBER(diag.remedy_count, VIOMMU_MAX_REMEDIES + 1),
		MEMBER(diag.remedies[0].who, VIOMMU_NR_FOR),
		MEMBER(diag.candidate_count, VIOMMU_MAX_CANDIDATES + 1),
		MEMBER(diag.need_count, VIOMMU_MAX_NEEDS + 1),
	};
#undef MEMBER
	struct wire *w = *state;
	struct viommu_event *e = malloc(sizeof(*e));
	const void *out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		event_init(e);
		assert_int_equal(pass(w, WIRE_EVENT, e, &out), 0);
		/* Little endian, as every machine of ours: the low bytes come first. */
		memcpy((char *)e + bad[i].offset, &bad[i].value, bad[i].size);
		if (pass(w, WIRE_EVENT, e, &out) != -EPROTO)
			fail_msg("member %zu is believed", i);
	}
	free(e);
}

static void test_other_members(void **state)
{
	struct wire *w = *state;
	struct viommu_container c = { .id = 1, .state = VIOMMU_CONTAINER_LIVE };
	struct ledger_process p = { .pid = 1 };
	struct ledger_group g = { .id = 1 };
	struct ledger_guard guard = { .up = true };
	struct wire_program program = { .name = "a" };
	const unsigned char two = 2;
	const void *out;

	assert_int_equal(pass(w, WIRE_CONTAINER, &c, &out), 0);
	assert_int_equal(pass(w, WIRE_CONTAINER_BEFORE, &c, &out), 0);
	c.slot = VIOMMU_MAX_CONTAINERS;
	assert_int_equal(pass(w, WIRE_CONTAINER, &c, &out), -EPROTO);
	c.slot = 0;
	c.group_count = VIOMMU_MAX_GROUPS + 1;
	assert_int_equal(pass(w, WIRE_CONTAINER, &c, &out), -EPROTO);
	c.group_count = 0;
	c.range_count = VIOMMU_MAX_RANGES + 1;
	assert_int_equal(pass(w, WIRE_CONTAINER, &c, &out), -EPROTO);
	c.range_count = 0;
	c.state = VIOMMU_CONTAINER_FREE;
	assert_int_equal(pass(w, WIRE_CONTAINER, &c, &out), -EPROTO);
	assert_int_equal(pass(w, WIRE_PROCESS, &p, &out), 0);
	p.viommu_bits = 65;
	assert_int_equal(pass(w, WIRE_PROCESS, &p, &out), -EPROTO);
	assert_int_equal(pass(w, WIRE_GROUP, &g, &out), 0);
	g.id = -1;
	assert_int_equal(pass(w, WIRE_GROUP, &g, &out), -EPROTO);
	g.id = 1;
	g.ranges.count = VIOMMU_MAX_RANGES + 1;
	assert_int_equal(pass(w, WIRE_GROUP, &g, &out), -EPROTO);
	g.ranges.count = 0;
	memcpy(&g.gone, &two, 1);
	assert_int_equal(pass(w, WIRE_GROUP, &g, &out), -EPROTO);
	assert_int_equal(pass(w, WIRE_GUARD, &guard, &out), 0);
	memcpy(&guard.armed, &two, 1);
	assert_int_equal(pass(w, WIRE_GUARD, &guard, &out), -EPROTO);
	assert_int_equal(pass(w, WIRE_PROGRAM, &program, &out), 0);
	program.attached = 2;
	assert_int_equal(pass(w, WIRE_PROGRAM, &program, &out), -EPROTO);
}

/* Any bytes at all, of the right length: what is taken can be looked at without harm. */
static void test_random(void **state)
{
	struct wire *w = *state;
	char *payload = malloc(WIRE_MAX);
	unsigned int seed = 1;
	const void *out;

	for (int i = 0; i < 20000; i++) {
		const enum wire_type type = 1 + (unsigned int)rand_r(&seed) % WIRE_RELOAD;

		const struct viommu_event *e;

		for (size_t k = 0; k < wire_size(type); k++)
			payload[k] = (char)(i % 3 ? rand_r(&seed) % 2 : rand_r(&seed));
		if (pass(w, type, payload, &out) || type != WIRE_EVENT)
			continue;
		e = out;
		assert_non_null(viommu_event_name(e->type));
	}
	free(payload);
}

/* Nobody reads: the outbox keeps its limit and counts the events that it cannot take. */
static void test_outbox(void **state)
{
	struct wire *w = *state;
	struct viommu_event *e = malloc(sizeof(*e));
	uint64_t taken = 0, refused = 0, received = 0;
	struct wire_taken said;
	struct outbox o;
	enum wire_type type;
	const void *data;

	event_init(e);
	outbox_init(&o);
	assert_int_equal(outbox_put(&o, WIRE_EVENT, e), -ENOTCONN);
	assert_int_equal(o.lost, 3);
	o.lost = 0;
	outbox_open(&o, w->out);
	for (int i = 0; i < 2000; i++) {
		const int err = outbox_put(&o, WIRE_EVENT, e);

		assert_true(!err || err == -EAGAIN);
		*(err ? &refused : &taken) += 3;
	}
	assert_true(refused && taken);
	assert_int_equal(o.lost, refused);
	assert_true(o.bytes <= OUTBOX_MAX);
	do {
		while (!receive(w, &type, &data))
			received += ((const struct viommu_event *)data)->count;
		assert_int_equal(outbox_flush(&o), 0);
	} while (outbox_pending(&o));
	while (!receive(w, &type, &data))
		received += ((const struct viommu_event *)data)->count;
	assert_int_equal(received, taken);
	said = (struct wire_taken){ received + 1, 1 };		/* more than there was */
	outbox_taken(&o, &said);
	assert_int_equal(o.taken, 0);
	assert_int_equal(o.heard, 0);
	said = (struct wire_taken){ received, 0 };
	outbox_taken(&o, &said);
	assert_int_equal(o.taken, received);
	/* The reader goes: what is kept then is lost, and counted, as is what it has not read. */
	taken = 0;
	do {
		assert_int_equal(outbox_put(&o, WIRE_EVENT, e), 0);
		taken += 3;
	} while (!outbox_pending(&o));
	close(w->in);
	w->in = -1;
	o.lost = 0;
	assert_int_equal(outbox_put(&o, WIRE_TICK, NULL), -ENOTCONN);
	assert_int_equal(o.lost, taken);
	w->out = -1;
	free(e);
}

/* A server that ends has said what it took, and is heard even when it is gone already. */
static void test_outbox_end(void **state)
{
	struct wire *w = *state;
	struct viommu_event *e = malloc(sizeof(*e));
	struct wire_taken said = { .events = 6, .ticks = 1 };
	struct outbox o;
	enum wire_type type;
	const void *data;

	event_init(e);
	outbox_init(&o);
	outbox_open(&o, w->out);
	w->out = -1;
	for (int i = 0; i < 5; i++)
		assert_int_equal(outbox_put(&o, WIRE_EVENT, e), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(outbox_put(&o, WIRE_TICK, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(receive(w, &type, &data), 0);
	/* Three events were read, but only two are in the history. */
	assert_int_equal(wire_send(w->in, WIRE_TAKEN, &said, sizeof(said)), 0);
	close(w->in);
	w->in = -1;
	assert_int_equal(outbox_put(&o, WIRE_TICK, NULL), -ENOTCONN);
	assert_int_equal(o.lost, 15 - 6);
	assert_int_equal(o.ticks, 2);
	assert_int_equal(o.heard, 1);
	free(e);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, wire_setup, wire_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_nothing_and_end), TEST(test_heads),
		TEST(test_texts), TEST(test_event_members), TEST(test_other_members),
		TEST(test_random), TEST(test_outbox), TEST(test_outbox_end),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
