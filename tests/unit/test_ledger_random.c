// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger against a model: random VMs that start, map, fail, hand containers on and end, under
 * collectors that die. The model knows every call; what the ledger has been told it adds up anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger.h"

#define NAMES 5
#define PROCESSES 12
#define CONTAINERS 24
#define QUEUE 64
#define STEPS 20000
#define REASONS 3

static const enum viommu_reason reasons[REASONS] = {
	VIOMMU_REASON_OVERLAP, VIOMMU_REASON_MEMLOCK, VIOMMU_REASON_ABOVE_HOST_WIDTH,
};

struct totals {
	uint64_t maps, unmaps, map_bytes, unmap_bytes, latency, failures[REASONS], unknown;
};

struct model_container {
	bool used;
	size_t process;			/* index; its owner */
	struct viommu_container now;	/* what the kernel's table says */
	struct viommu_container told;
	uint64_t explained;		/* failures that events were made of, and told */
};

struct model {
	struct ledger *l;
	uint64_t now;
	uint64_t last_id;
	uint32_t last_pid;
	unsigned int seed;
	struct totals totals[NAMES];
	uint64_t highest[NAMES];
	bool least[NAMES];		/* there may have been a higher one */
	struct { bool used; size_t name; struct ledger_process p; } processes[PROCESSES];
	struct model_container containers[CONTAINERS];
	struct { uint64_t container, count; size_t name, reason; } queue[QUEUE];
	size_t queued;
};

static size_t pick(struct model *m, size_t n)
{
	m->seed = m->seed * 1103515245 + 12345;
	return (m->seed >> 8) % n;
}

static const char *name_of(size_t name)
{
	static const char *const names[NAMES] = { "delta", "alpha", "echo", "charlie", "bravo" };

	return names[name];
}

static struct totals *totals_of(struct model *m, const struct model_container *c)
{
	return &m->totals[m->processes[c->process].name];
}

/* A highest that may be too low counts until nothing of that time is alive. */
static void highest_tell(struct model *m, const struct model_container *c)
{
	const size_t name = m->processes[c->process].name;
	bool alone = true;

	for (size_t j = 0; j < CONTAINERS; j++)
		alone = alone && !(m->containers[j].used && m->containers[j].told.id &&
				   m->processes[m->containers[j].process].name == name);
	if (alone && m->least[name] && c->now.dma_limit) {
		m->least[name] = false;
		m->highest[name] = 0;
	}
	m->least[name] = m->least[name] || !c->now.dma_limit;
	if (c->now.maps && c->now.highest_mapped > m->highest[name])
		m->highest[name] = c->now.highest_mapped;
}

static void container_tell(struct model *m, struct model_container *c)
{
	struct totals *t = totals_of(m, c);

	t->maps += c->now.maps - c->told.maps;
	t->unmaps += c->now.unmaps - c->told.unmaps;
	t->map_bytes += c->now.map_bytes - c->told.map_bytes;
	t->unmap_bytes += c->now.unmap_bytes - c->told.unmap_bytes;
	t->latency += c->now.latency[5] - c->told.latency[5];
	highest_tell(m, c);
	c->told = c->now;
	assert_int_equal(ledger_set_container(m->l, &c->now, m->now), 0);
}

/*
 * Events come later than their calls, also after their container's end. Not before its first state
 * here: until it ends they would stand in for what another one of the VM owes.
 */
static void queue_flush(struct model *m)
{
	for (size_t j = 0; j < CONTAINERS; j++)
		if (m->containers[j].used && !m->containers[j].told.id)
			container_tell(m, &m->containers[j]);
	for (size_t i = 0; i < m->queued; i++) {
		const struct viommu_event e = ledger_failure(name_of(m->queue[i].name),
			m->queue[i].container, reasons[m->queue[i].reason], m->queue[i].count);

		assert_int_equal(ledger_add_event(m->l, &e), 0);
		m->totals[m->queue[i].name].failures[m->queue[i].reason] += m->queue[i].count;
	}
	m->queued = 0;
}

static void container_end(struct model *m, struct model_container *c)
{
	c->now.state = VIOMMU_CONTAINER_DEAD;
	container_tell(m, c);
	totals_of(m, c)->unknown += c->now.map_failures[EINVAL] - c->explained;
	c->used = false;
}

static void step_process(struct model *m)
{
	const size_t i = pick(m, PROCESSES);
	const bool ends_first = pick(m, 2);

	if (!m->processes[i].used) {
		m->processes[i].used = true;
		m->processes[i].name = pick(m, NAMES);
		m->processes[i].p = ledger_process_of(name_of(m->processes[i].name), ++m->last_pid);
		m->processes[i].p.viommu_bits = 32 + (unsigned int)pick(m, 33);
		assert_int_equal(ledger_add_process(m->l, &m->processes[i].p, m->now), 0);
		return;
	}
	if (ends_first)
		ledger_end_process(m->l, m->processes[i].p.pid, m->processes[i].p.start_time,
				   m->now);
	for (size_t j = 0; j < CONTAINERS; j++)
		if (m->containers[j].used && m->containers[j].process == i)
			container_end(m, &m->containers[j]);
	ledger_end_process(m->l, m->processes[i].p.pid, m->processes[i].p.start_time, m->now);
	m->processes[i].used = false;
}

static void container_begin(struct model *m, struct model_container *c, bool older)
{
	c->now = ledger_container_of(++m->last_id, m->processes[c->process].p.pid,
				     32 + (unsigned int)pick(m, 32));
	if (older)
		c->now.dma_limit = 0;
	memset(&c->told, 0, sizeof(c->told));
	c->explained = 0;
	c->used = true;
}

static void container_calls(struct model *m, struct model_container *c)
{
	const uint64_t failed = pick(m, 4), maps = pick(m, 100);
	const size_t name = m->processes[c->process].name;

	c->now.maps += maps;
	c->now.map_bytes += maps * 8192;
	c->now.unmaps += maps / 2;
	c->now.unmap_bytes += maps / 2 * 8192;
	c->now.latency[5] += maps + failed;
	c->now.highest_mapped += maps;
	c->now.dma_avail = 65535 - (uint32_t)pick(m, 65535);
	c->now.map_failures[EINVAL] += failed;
	if (!failed || !pick(m, 3))	/* nobody tells of it */
		return;
	if (m->queued == QUEUE)
		queue_flush(m);
	m->queue[m->queued].container = c->now.id;
	m->queue[m->queued].name = name;
	m->queue[m->queued].reason = pick(m, REASONS);
	m->queue[m->queued++].count = failed;
	c->explained += failed;
}

static void step_container(struct model *m)
{
	struct model_container *c = &m->containers[pick(m, CONTAINERS)];
	const size_t process = pick(m, PROCESSES);

	if (!c->used) {
		c->process = process;
		if (m->processes[process].used)
			container_begin(m, c, !pick(m, 10));
		return;
	}
	switch (pick(m, 8)) {
	case 0:
		container_end(m, c);
		break;
	case 1:	/* handed on: what comes now is the other one's */
		queue_flush(m);
		container_tell(m, c);
		if (!m->processes[process].used)
			break;
		c->process = process;
		c->now.tgid = m->processes[process].p.pid;
		c->now.start_time = m->processes[process].p.start_time;
		container_tell(m, c);
		break;
	case 2:
	case 3:
		container_tell(m, c);
		break;
	default:
		container_calls(m, c);
	}
}

static struct model_container *container_alive(struct model *m, uint64_t id)
{
	for (size_t j = 0; j < CONTAINERS; j++)
		if (m->containers[j].used && m->containers[j].now.id == id)
			return &m->containers[j];
	return NULL;
}

/* The collector dies, with events that nobody will ever tell of; another one begins. */
static void step_restart(struct model *m)
{
	for (size_t i = 0; i < m->queued; i++) {
		struct model_container *c = container_alive(m, m->queue[i].container);

		if (c)
			c->explained -= m->queue[i].count;
		else
			m->totals[m->queue[i].name].unknown += m->queue[i].count;
	}
	m->queued = 0;
	for (size_t j = 0; j < CONTAINERS; j++) {
		struct model_container *c = &m->containers[j];

		if (!c->used)
			continue;
		container_tell(m, c);
		totals_of(m, c)->unknown += c->now.map_failures[EINVAL] - c->explained;
	}
	ledger_restart(m->l, m->now);
	m->last_id = 0;
	for (size_t i = 0; i < PROCESSES; i++)
		if (m->processes[i].used)
			assert_int_equal(ledger_add_process(m->l, &m->processes[i].p, m->now), 0);
	for (size_t j = 0; j < CONTAINERS; j++)
		if (m->containers[j].used)
			container_begin(m, &m->containers[j], true);
}

/* -------------------------------------------------------------------------------------- checks */

static void check_totals(struct model *m, size_t name, const struct ledger_domain *d)
{
	const struct totals *t = &m->totals[name];

	assert_int_equal(d->maps, t->maps);
	assert_int_equal(d->unmaps, t->unmaps);
	assert_int_equal(d->map_bytes, t->map_bytes);
	assert_int_equal(d->unmap_bytes, t->unmap_bytes);
	assert_int_equal(d->latency[5], t->latency);
	for (size_t i = 0; i < REASONS; i++)
		assert_int_equal(d->failures[reasons[i]], t->failures[i]);
	assert_int_equal(d->has_highest ? d->highest_mapped : 0, m->highest[name]);
	assert_int_equal(d->highest_least, m->least[name]);
}

/* The gauges, from all that is alive and has been told. */
static void check_gauges(const struct model *m, size_t name, const struct ledger_domain *d)
{
	unsigned int processes = 0, containers = 0, bits = 0;
	uint64_t mapped = 0, top = UINT64_MAX;
	uint32_t least = UINT32_MAX;
	bool older = false;

	for (size_t i = 0; i < PROCESSES; i++) {
		if (!m->processes[i].used || m->processes[i].name != name)
			continue;
		processes++;
		if (m->processes[i].p.viommu_bits > bits)
			bits = m->processes[i].p.viommu_bits;
	}
	for (size_t j = 0; j < CONTAINERS; j++) {
		const struct viommu_container *c = &m->containers[j].told;

		if (!m->containers[j].used || !c->id ||
		    m->processes[m->containers[j].process].name != name)
			continue;
		containers++;
		older = older || !c->dma_limit;
		mapped += c->map_bytes - c->unmap_bytes;
		least = c->dma_avail < least ? c->dma_avail : least;
		top = c->ranges[0].last < top ? c->ranges[0].last : top;
	}
	assert_int_equal(d->processes, processes);
	assert_int_equal(d->viommu_bits, bits);
	assert_int_equal(d->containers, containers);
	assert_int_equal(d->has_mapped, containers && !older);
	assert_int_equal(d->has_entries, containers && !older);
	if (d->has_mapped)
		assert_int_equal(d->mapped_bytes, mapped);
	if (d->has_entries)
		assert_int_equal(d->entries, 65535 - least);
	assert_int_equal(d->ranges.count, containers ? 1 : 0);
	if (containers)
		assert_int_equal(d->ranges.r[0].last, top);
}

static void check(struct model *m)
{
	for (size_t name = 0; name < NAMES; name++) {
		const struct ledger_domain *d = ledger_domain_find(m->l, name_of(name));

		if (!d)
			continue;
		check_totals(m, name, d);
		check_gauges(m, name, d);
	}
}

/* All has been told and the graces are over: every failure is somewhere. */
static void check_settled(struct model *m)
{
	queue_flush(m);
	for (size_t j = 0; j < CONTAINERS; j++) {
		struct model_container *c = &m->containers[j];

		if (!c->used)
			continue;
		container_tell(m, c);
		totals_of(m, c)->unknown += c->now.map_failures[EINVAL] - c->explained;
		c->explained = c->now.map_failures[EINVAL];
	}
	m->now += 2 * LEDGER_GRACE_EVENTS;
	ledger_expire(m->l, m->now, UINT64_MAX);
	for (size_t name = 0; name < NAMES; name++) {
		const struct ledger_domain *d = ledger_domain_find(m->l, name_of(name));

		if (!d)
			continue;
		assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], m->totals[name].unknown);
	}
}

static void model_run(unsigned int seed)
{
	static struct model m;

	memset(&m, 0, sizeof(m));
	m.seed = seed;
	m.now = START;
	m.l = ledger_new();
	for (int step = 0; step < STEPS; step++) {
		const size_t what = pick(&m, 1000);

		if (what < 60)
			step_process(&m);
		else if (what < 62)
			step_restart(&m);
		else if (what < 70)
			check_settled(&m);
		else if (what < 100)
			queue_flush(&m);
		else
			step_container(&m);
		check(&m);
	}
	assert_int_equal(ledger_domain_count(m.l), NAMES);
	assert_int_equal(ledger_lost(m.l, LEDGER_LOST_FULL), 0);
	ledger_free(m.l);
}

static void random_streams_add_up(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 10; seed++)
		model_run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_streams_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
