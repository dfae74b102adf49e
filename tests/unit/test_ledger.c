// SPDX-License-Identifier: GPL-2.0-or-later
/* The ledger's rules, one by one; test_ledger_random.c holds them together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger.h"

#define NOW START

static void add_process(struct ledger *l, const char *name, uint32_t pid)
{
	const struct ledger_process p = ledger_process_of(name, pid);

	assert_int_equal(ledger_add_process(l, &p, NOW), 0);
}

static void set(struct ledger *l, const struct viommu_container *c)
{
	assert_int_equal(ledger_set_container(l, c, NOW), 0);
}

static void tell(struct ledger *l, const char *name, uint64_t container, enum viommu_reason reason,
		 uint64_t count)
{
	const struct viommu_event event = ledger_failure(name, container, reason, count);

	assert_int_equal(ledger_add_event(l, &event), 0);
}

static const struct ledger_domain *get(const struct ledger *l, const char *name)
{
	const struct ledger_domain *d = ledger_domain_find(l, name);

	assert_non_null(d);
	return d;
}

static void domains_are_in_the_order_of_their_names(void **state)
{
	static const char *const names[] = { "m", "a", "z", "ab", "m" };
	struct ledger *l = ledger_new();

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		add_process(l, names[i], i + 1);
	assert_int_equal(ledger_domain_count(l), 4);
	assert_string_equal(ledger_domain_at(l, 0)->vm.name, "a");
	assert_string_equal(ledger_domain_at(l, 1)->vm.name, "ab");
	assert_string_equal(ledger_domain_at(l, 2)->vm.name, "m");
	assert_string_equal(ledger_domain_at(l, 3)->vm.name, "z");
	assert_null(ledger_domain_at(l, 4));
	assert_null(ledger_domain_find(l, "b"));
	assert_int_equal(get(l, "m")->processes, 2);
	ledger_free(l);
	ledger_free(NULL);
}

static void processes_of_one_name_are_one_domain(void **state)
{
	struct ledger_process old = ledger_process_of("g", 10), young = ledger_process_of("g", 20);
	struct ledger *l = ledger_new();
	struct viommu_container a = ledger_container_of(1, 10, 48);
	struct viommu_container b = ledger_container_of(2, 20, 39);

	(void)state;
	snprintf(old.vm.uuid, sizeof(old.vm.uuid), "old");
	snprintf(young.vm.uuid, sizeof(young.vm.uuid), "young");
	snprintf(young.viommu, sizeof(young.viommu), "virtio-iommu");
	old.viommu_bits = 48;
	young.viommu_bits = 39;
	assert_int_equal(ledger_add_process(l, &young, NOW), 0);
	assert_int_equal(ledger_add_process(l, &old, NOW), 0);
	a.maps = 5;
	b.maps = 7;
	a.map_bytes = b.map_bytes = 4096;
	a.latency[3] = 5;
	b.latency[3] = 7;
	a.latency_ns = b.latency_ns = 100;
	set(l, &a);
	set(l, &b);
	assert_int_equal(get(l, "g")->maps, 12);
	assert_int_equal(get(l, "g")->mapped_bytes, 8192);
	assert_int_equal(get(l, "g")->latency[3], 12);
	assert_int_equal(get(l, "g")->latency_ns, 200);
	assert_int_equal(get(l, "g")->viommu_bits, 48);
	assert_string_equal(get(l, "g")->vm.uuid, "young");
	assert_string_equal(get(l, "g")->viommu, "virtio-iommu");
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 39);
	ledger_end_process(l, 20, 1020, NOW);
	b.state = VIOMMU_CONTAINER_DEAD;
	b.maps = 8;
	set(l, &b);
	assert_int_equal(get(l, "g")->processes, 1);
	assert_int_equal(get(l, "g")->containers, 1);
	assert_int_equal(get(l, "g")->maps, 13);
	assert_int_equal(get(l, "g")->mapped_bytes, 4096);
	assert_string_equal(get(l, "g")->vm.uuid, "old");
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 48);
	ledger_free(l);
}

/* Nobody asked in between: who it was is known all the same; a number given again is another. */
static void processes_come_and_go(void **state)
{
	struct ledger_process p = ledger_process_of("g", 10);
	struct ledger *l = ledger_new();

	(void)state;
	snprintf(p.viommu, sizeof(p.viommu), "intel-iommu");
	assert_int_equal(ledger_add_process(l, &p, NOW), 0);
	p.start_time += 5;
	assert_int_equal(ledger_add_process(l, &p, NOW), 0);
	assert_int_equal(get(l, "g")->processes, 2);
	ledger_end_process(l, 10, 1010, NOW);
	ledger_end_process(l, 10, 1010, NOW);
	assert_int_equal(get(l, "g")->processes, 1);
	snprintf(p.vm.name, sizeof(p.vm.name), "short");
	p.pid = 11;
	assert_int_equal(ledger_add_process(l, &p, NOW), 0);
	ledger_end_process(l, 11, p.start_time, NOW);
	assert_int_equal(get(l, "short")->processes, 0);
	assert_string_equal(get(l, "short")->viommu, "intel-iommu");
	assert_int_equal(ledger_add_process(l, &p, NOW), 0);	/* a mistake: it is alive */
	assert_int_equal(get(l, "short")->processes, 1);
	ledger_end_process(l, 10, 1015, NOW);
	ledger_expire(l, NOW + LEDGER_GRACE_PROCESS, 0);
	assert_null(ledger_domain_find(l, "g"));
	assert_int_equal(ledger_add_process(l, &p, NOW), 0);
	assert_int_equal(get(l, "short")->processes, 1);
	for (p.start_time = 1; p.start_time <= 5000; p.start_time++)
		assert_int_equal(ledger_add_process(l, &p, NOW), 0);
	assert_int_equal(get(l, "short")->processes, 5000);
	ledger_free(l);
}

static void more_is_learnt_of_a_process(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "pid:10", 10);
	c.maps = 3;
	set(l, &c);
	add_process(l, "guest1", 10);
	c.maps = 5;
	set(l, &c);
	assert_int_equal(get(l, "pid:10")->processes, 0);
	assert_int_equal(get(l, "pid:10")->containers, 0);
	assert_int_equal(get(l, "pid:10")->maps, 3);
	assert_int_equal(get(l, "guest1")->processes, 1);
	assert_int_equal(get(l, "guest1")->containers, 1);
	assert_int_equal(get(l, "guest1")->maps, 2);
	ledger_free(l);
}

static void a_recycled_number_is_a_new_container(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	c.maps = 100;
	c.map_failures[EINVAL] = 4;
	set(l, &c);
	set(l, &c);
	assert_int_equal(get(l, "g")->maps, 100);
	c.maps = 99;
	set(l, &c);
	assert_int_equal(get(l, "g")->maps, 199);
	assert_int_equal(get(l, "g")->containers, 1);
	ledger_expire(l, NOW + LEDGER_GRACE_EVENTS, HOUR);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_UNKNOWN], 8);	/* of both */
	ledger_free(l);
}

static void containers_without_a_process_are_refused(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	assert_int_equal(ledger_set_container(l, &c, NOW), -ENOENT);
	add_process(l, "g", 10);
	c.start_time++;		/* the number of a process was given again */
	assert_int_equal(ledger_set_container(l, &c, NOW), -ENOENT);
	c.start_time--;
	c.id = 0;
	assert_int_equal(ledger_set_container(l, &c, NOW), -EINVAL);
	ledger_free(l);
}

/* A VM that fails at start: its process ends before its container's only state is told. */
static void the_last_state_comes_after_the_process(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	ledger_end_process(l, 10, 1010, NOW);
	c.maps = 9;
	c.state = VIOMMU_CONTAINER_DEAD;
	set(l, &c);
	assert_int_equal(get(l, "g")->maps, 9);
	assert_int_equal(get(l, "g")->containers, 0);
	c.id = 2;
	c.state = VIOMMU_CONTAINER_LIVE;
	set(l, &c);
	assert_int_equal(get(l, "g")->containers, 1);
	ledger_expire(l, NOW + LEDGER_GRACE_PROCESS, HOUR);	/* its end was never told */
	assert_int_equal(get(l, "g")->containers, 0);
	assert_int_equal(get(l, "g")->maps, 18);
	assert_int_equal(ledger_set_container(l, &c, NOW), -ENOENT);
	ledger_free(l);
}

/* Neither a clock that is set back nor a full table loses what the last state of it says. */
static void who_ended_is_remembered(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	ledger_end_process(l, 10, 1010, NOW);
	ledger_expire(l, NOW - HOUR, HOUR);
	c.maps = 9;
	set(l, &c);
	assert_int_equal(get(l, "g")->maps, 9);
	ledger_expire(l, NOW - HOUR + LEDGER_GRACE_PROCESS - 1, HOUR);
	assert_int_equal(get(l, "g")->containers, 1);
	for (uint32_t pid = 100; pid < 100 + LEDGER_MAX_PROCESSES; pid++)
		add_process(l, "many", pid);
	assert_int_equal(get(l, "many")->processes, LEDGER_MAX_PROCESSES);
	assert_int_equal(get(l, "g")->containers, 0);	/* who ended made room, with its containers */
	assert_int_equal(get(l, "g")->maps, 9);
	assert_int_equal(ledger_lost(l, LEDGER_LOST_FULL), 0);
	ledger_free(l);
}

static void what_no_event_tells_of_is_unknown(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();
	const struct ledger_domain *d;

	(void)state;
	add_process(l, "g", 10);
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 2);	/* before the container's first state */
	c.map_failures[EEXIST] = 10;
	set(l, &c);
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 3);
	assert_true(ledger_expire(l, NOW + HOUR, 2 * HOUR));
	d = get(l, "g");
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 5);	/* though it is alive */
	assert_false(ledger_expire(l, NOW + HOUR, 2 * HOUR));
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 5);	/* but once */
	c.map_failures[EEXIST] = 15;
	c.state = VIOMMU_CONTAINER_DEAD;
	assert_int_equal(ledger_set_container(l, &c, NOW + HOUR), 0);
	ledger_expire(l, NOW + HOUR + LEDGER_GRACE_EVENTS - 1, 2 * HOUR);
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 5);
	tell(l, "g", 1, VIOMMU_REASON_MEMLOCK, 1);	/* after its last */
	ledger_expire(l, NOW + HOUR + LEDGER_GRACE_EVENTS, 2 * HOUR);
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 9);
	assert_int_equal(d->failures[VIOMMU_REASON_OVERLAP], 5);
	assert_int_equal(d->failures[VIOMMU_REASON_MEMLOCK], 1);
	ledger_free(l);
}

/* Events of a failure are on their way for a while, whatever the clock does meanwhile. */
static void what_is_on_its_way_is_waited_for(void **state)
{
	struct viommu_container gone = ledger_container_of(2, 10, 39);
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();
	const struct ledger_domain *d;
	uint64_t now = NOW - HOUR;	/* the clock is set back after the first state */

	(void)state;
	add_process(l, "g", 10);
	add_process(l, "other", 20);
	gone.state = VIOMMU_CONTAINER_DEAD;
	c.map_failures[EINVAL] = gone.map_failures[EINVAL] = 3;
	set(l, &c);
	set(l, &gone);
	d = get(l, "g");
	ledger_expire(l, now, 2 * HOUR);
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 0);
	for (unsigned int i = 0; i < 10; i++) {		/* it goes on failing */
		now += LEDGER_GRACE_EVENTS - 1;
		c.map_failures[EINVAL]++;
		assert_int_equal(ledger_set_container(l, &c, now), 0);
		ledger_expire(l, now, 2 * HOUR);
	}
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 3);	/* of the one that ended */
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 11);
	c.tgid = 20;			/* handed on, with the two that nobody told of */
	c.start_time = 1020;
	assert_int_equal(ledger_set_container(l, &c, now), 0);
	ledger_expire(l, now + LEDGER_GRACE_EVENTS - 1, 2 * HOUR);
	assert_int_equal(get(l, "other")->failures[VIOMMU_REASON_UNKNOWN], 0);
	ledger_expire(l, now + LEDGER_GRACE_EVENTS, 2 * HOUR);
	assert_int_equal(get(l, "other")->failures[VIOMMU_REASON_UNKNOWN], 2);
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 3);
	ledger_free(l);
}

static void older_containers_have_no_gauges(void **state)
{
	struct viommu_container young = ledger_container_of(1, 10, 39), old = young;
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	assert_false(get(l, "g")->has_mapped);
	assert_false(get(l, "g")->has_entries);
	set(l, &young);
	assert_true(get(l, "g")->has_mapped);
	assert_false(get(l, "g")->has_highest);
	young.maps = 1;
	young.map_bytes = 4096;
	young.dma_avail = 65534;
	young.highest_mapped = 0xfff;
	set(l, &young);
	assert_true(get(l, "g")->has_mapped);
	assert_int_equal(get(l, "g")->mapped_bytes, 4096);
	assert_true(get(l, "g")->has_entries);
	assert_int_equal(get(l, "g")->entries, 1);
	assert_true(get(l, "g")->has_highest);
	assert_false(get(l, "g")->highest_least);
	old.id = 2;
	old.dma_limit = old.dma_avail = 0;
	old.unmap_bytes = 1 << 20;
	set(l, &old);
	assert_false(get(l, "g")->has_mapped);
	assert_false(get(l, "g")->has_entries);
	old.state = VIOMMU_CONTAINER_DEAD;
	set(l, &old);
	assert_true(get(l, "g")->has_mapped);
	assert_true(get(l, "g")->has_entries);
	young.unmap_bytes = 8192;	/* more than was mapped: not known either */
	set(l, &young);
	assert_false(get(l, "g")->has_mapped);
	young.dma_avail = 65536;
	set(l, &young);
	assert_false(get(l, "g")->has_entries);
	assert_int_equal(get(l, "g")->highest_mapped, 0xfff);
	ledger_free(l);
}

/* What a container mapped before we looked may have been higher: until all of that life is over. */
static void highest_of_an_older_container_is_the_least(void **state)
{
	struct viommu_container old = ledger_container_of(1, 10, 39), young = old;
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	old.dma_limit = old.dma_avail = 0;
	old.maps = 1;
	old.highest_mapped = 0xffff;
	set(l, &old);
	assert_true(get(l, "g")->has_highest);
	assert_true(get(l, "g")->highest_least);
	young.id = 2;
	young.maps = 1;
	young.highest_mapped = 0xfff;
	set(l, &young);
	old.state = VIOMMU_CONTAINER_DEAD;
	set(l, &old);			/* what it mapped is still the domain's highest */
	assert_int_equal(get(l, "g")->highest_mapped, 0xffff);
	assert_true(get(l, "g")->highest_least);
	young.state = VIOMMU_CONTAINER_DEAD;
	set(l, &young);
	assert_true(get(l, "g")->highest_least);
	old.id = 3;			/* a new collector: nothing is seen from its beginning */
	old.state = VIOMMU_CONTAINER_LIVE;
	old.highest_mapped = 0xfff;
	set(l, &old);
	assert_int_equal(get(l, "g")->highest_mapped, 0xffff);
	assert_true(get(l, "g")->highest_least);
	old.state = VIOMMU_CONTAINER_DEAD;
	set(l, &old);
	young.id = 4;
	young.state = VIOMMU_CONTAINER_LIVE;
	young.maps = 0;
	set(l, &young);
	assert_false(get(l, "g")->has_highest);
	young.maps = 2;
	set(l, &young);
	assert_true(get(l, "g")->has_highest);
	assert_false(get(l, "g")->highest_least);
	assert_int_equal(get(l, "g")->highest_mapped, 0xfff);
	ledger_free(l);
}

static void entries_are_of_the_fullest_container(void **state)
{
	static const uint32_t avail[] = { 65000, 12, 60000 };
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	for (uint64_t i = 0; i < 3; i++) {
		struct viommu_container c = ledger_container_of(i + 1, 10, 39);

		c.dma_avail = avail[i];
		set(l, &c);
	}
	assert_int_equal(get(l, "g")->entries, 65535 - 12);
	assert_int_equal(get(l, "g")->entries_limit, 65535);
	ledger_free(l);
}

static void ranges_are_usable_in_all_containers(void **state)
{
	struct viommu_container wide = ledger_container_of(1, 10, 48);
	struct viommu_container narrow = ledger_container_of(2, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	assert_int_equal(get(l, "g")->limit_from, VIOMMU_LIMIT_UNKNOWN);
	set(l, &wide);
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 48);
	narrow.range_count = 0;		/* not known: says nothing */
	set(l, &narrow);
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 48);
	narrow.range_count = 1;
	set(l, &narrow);
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 39);
	narrow.range_seq = 1;		/* changes now: what was known stays */
	narrow.ranges[0].last = 0xffff;
	set(l, &narrow);
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 39);
	assert_int_equal(get(l, "g")->limit_from, VIOMMU_LIMIT_CONTAINER);
	narrow.range_seq = 2;
	narrow.ranges[0].first = UINT64_C(1) << 50;	/* nothing in common */
	narrow.ranges[0].last = UINT64_MAX;
	set(l, &narrow);
	for (uint64_t id = 3; id < 5; id++) {
		struct viommu_container more = ledger_container_of(id, 10, 48);

		assert_int_equal(get(l, "g")->ranges.count, 0);
		assert_int_equal(get(l, "g")->limit_from, VIOMMU_LIMIT_UNKNOWN);
		set(l, &more);
	}
	for (uint64_t id = 3; id < 5; id++) {
		struct viommu_container more = ledger_container_of(id, 10, 48);

		assert_int_equal(get(l, "g")->ranges.count, 0);
		more.state = VIOMMU_CONTAINER_DEAD;
		set(l, &more);
	}
	narrow.ranges[0].first = UINT64_MAX;
	narrow.ranges[0].last = 0;	/* no ranges at all */
	set(l, &narrow);
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 48);
	wide.state = VIOMMU_CONTAINER_DEAD;
	set(l, &wide);
	assert_int_equal(ledger_recommended_bits(get(l, "g")), 0);
	ledger_free(l);
}

static void totals_outlive_the_collector(void **state)
{
	static const uint64_t lost[VIOMMU_NR_LOST] = { [VIOMMU_LOST_RING] = 5 };
	const struct ledger_group group = { .id = 3 };
	const struct ledger_guard guard = { .up = true };
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	for (int i = 0; i < 2; i++) {
		add_process(l, "g", 10);
		c.maps = 10;
		c.map_failures[EINVAL] = 3;
		set(l, &c);
		tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 2);
		ledger_set_lost(l, lost);
		ledger_set_lost_between(l, 7);
		ledger_add_lost_history(l, 4);
		assert_int_equal(ledger_set_group(l, &group), 0);
		assert_int_equal(ledger_set_program(l, "p", true), 0);
		ledger_set_guard(l, &guard);
		ledger_restart(l, NOW);
		assert_int_equal(ledger_group_count(l), 0);
		assert_int_equal(ledger_program_count(l), 0);
		assert_false(ledger_guard_get(l)->up);
		assert_int_equal(get(l, "g")->processes, 0);
		assert_int_equal(get(l, "g")->containers, 0);
		assert_false(get(l, "g")->has_mapped);
		c.dma_limit = 0;	/* older than the next collector */
	}
	assert_int_equal(get(l, "g")->maps, 20);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_OVERLAP], 4);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_UNKNOWN], 2);
	assert_int_equal(ledger_lost(l, VIOMMU_LOST_RING), 10);
	assert_int_equal(ledger_lost(l, LEDGER_LOST_BEHIND), 14);
	assert_int_equal(ledger_lost(l, LEDGER_LOST_HISTORY), 8);
	assert_int_equal(ledger_lost(l, LEDGER_NR_LOST), 0);
	assert_null(ledger_lost_name(LEDGER_NR_LOST));
	assert_null(ledger_lost_meaning(LEDGER_NR_LOST));
	ledger_free(l);
}

/*
 * A ledger that comes after another one: what that one was told is not counted again, what came
 * since is, and gauges are of the whole.
 */
static void what_another_ledger_counted_is_left_out(void **state)
{
	struct viommu_container before = ledger_container_of(1, 10, 39), c;
	struct ledger *l = ledger_new();
	const struct ledger_domain *d;

	(void)state;
	before.maps = 10;
	before.unmaps = 4;
	before.map_bytes = 10 * 4096;
	before.unmap_bytes = 4 * 4096;
	before.map_failures[EINVAL] = 6;
	before.latency[3] = 16;
	before.latency_ns = 1600;
	before.highest_mapped = 0xffff;
	assert_int_equal(ledger_adopt_container(l, &before, NOW), -ENOENT);
	add_process(l, "g", 10);
	before.id = 0;
	assert_int_equal(ledger_adopt_container(l, &before, NOW), -EINVAL);
	before.id = 1;
	assert_int_equal(ledger_adopt_container(l, &before, NOW), 0);
	d = get(l, "g");
	assert_int_equal(d->maps + d->unmaps + d->map_bytes + d->unmap_bytes + d->latency_ns, 0);
	assert_int_equal(d->latency[3], 0);
	assert_int_equal(d->containers, 1);
	set(l, &before);			/* nothing since */
	assert_int_equal(get(l, "g")->maps, 0);
	c = before;
	c.maps = 13;
	c.unmaps = 6;
	c.map_bytes = 13 * 4096;
	c.unmap_bytes = 6 * 4096;
	c.map_failures[EINVAL] = 8;
	c.map_failures[ENOSPC] = 1;
	c.latency[3] = 20;
	c.latency[4] = 2;
	c.latency_ns = 3000;
	c.highest_mapped = 0x1ffff;
	c.dma_avail = c.dma_limit - 7;
	set(l, &c);
	d = get(l, "g");
	assert_int_equal(d->maps, 3);
	assert_int_equal(d->unmaps, 2);
	assert_int_equal(d->map_bytes, 3 * 4096);
	assert_int_equal(d->unmap_bytes, 2 * 4096);
	assert_int_equal(d->latency[3], 4);
	assert_int_equal(d->latency[4], 2);
	assert_int_equal(d->latency_ns, 1400);
	assert_true(d->has_mapped);
	assert_int_equal(d->mapped_bytes, 7 * 4096);
	assert_int_equal(d->entries, 7);
	assert_int_equal(d->highest_mapped, 0x1ffff);
	/* Three failures since: of one an event tells, of the others their number. */
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 1);
	c.state = VIOMMU_CONTAINER_DEAD;
	set(l, &c);
	ledger_expire(l, NOW + LEDGER_GRACE_EVENTS, HOUR);
	d = get(l, "g");
	assert_int_equal(d->failures[VIOMMU_REASON_OVERLAP], 1);
	assert_int_equal(d->failures[VIOMMU_REASON_UNKNOWN], 2);
	assert_int_equal(d->maps, 3);
	/* Its number with lower counters is another container's: all of that is new. */
	assert_int_equal(ledger_adopt_container(l, &before, NOW), 0);
	c = ledger_container_of(1, 10, 39);
	c.maps = 2;
	set(l, &c);
	assert_int_equal(get(l, "g")->maps, 5);
	ledger_free(l);
}

/* The event of a failure that another ledger was told of does not stand for one that is lost. */
static void what_another_ledger_counted_hides_nothing(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();
	uint64_t now = NOW;

	(void)state;
	add_process(l, "g", 10);
	c.map_failures[EINVAL] = 6;
	assert_int_equal(ledger_adopt_container(l, &c, now), 0);
	set(l, &c);
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 1);	/* of the six */
	ledger_expire(l, now, HOUR);
	ledger_expire(l, now += LEDGER_GRACE_EVENTS - 1, HOUR);
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 1);	/* ahead of the state */
	c.map_failures[EINVAL]++;
	assert_int_equal(ledger_set_container(l, &c, now), 0);
	for (unsigned int i = 0; i < 3; i++)
		ledger_expire(l, now += LEDGER_GRACE_EVENTS, HOUR);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_OVERLAP], 2);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_UNKNOWN], 0);
	c.map_failures[EINVAL]++;			/* its record is lost */
	assert_int_equal(ledger_set_container(l, &c, now), 0);
	ledger_expire(l, now + LEDGER_GRACE_EVENTS, HOUR);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_UNKNOWN], 1);
	ledger_free(l);
}

static void domains_expire(void **state)
{
	const struct ledger_denials denials = { .domain = "gone", .policy = "p", .denials = 1 };
	struct viommu_event event = ledger_failure("gone", 0, VIOMMU_REASON_OVERLAP, 1);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "alive", 1);
	add_process(l, "gone", 2);
	assert_int_equal(ledger_add_event(l, &event), 0);
	assert_int_equal(ledger_add_denials(l, &denials), 0);
	ledger_end_process(l, 2, 1002, NOW);
	ledger_expire(l, NOW + HOUR, HOUR);
	assert_int_equal(ledger_domain_count(l), 2);
	assert_int_equal(get(l, "alive")->seen, NOW + HOUR);
	ledger_expire(l, NOW + HOUR + 1, HOUR);
	assert_int_equal(ledger_domain_count(l), 1);
	assert_int_equal(ledger_denials_count(l), 0);
	ledger_end_process(l, 1, 1001, NOW + HOUR);
	ledger_expire(l, NOW - HOUR, HOUR);	/* the clock was set back */
	assert_int_equal(get(l, "alive")->seen, NOW - HOUR);
	ledger_expire(l, NOW + 1, HOUR);
	assert_int_equal(ledger_domain_count(l), 0);
	ledger_free(l);
}

/* Without room for a process or a container, a VM is known by its failures only. */
static void domains_that_fail_do_not_expire(void **state)
{
	struct viommu_event event = ledger_failure("g", 0, VIOMMU_REASON_OVERLAP, 1);
	struct ledger *l = ledger_new();

	(void)state;
	for (event.ts_last = NOW; event.ts_last < NOW + 5 * HOUR; event.ts_last += HOUR) {
		assert_int_equal(ledger_add_event(l, &event), 0);
		ledger_expire(l, event.ts_last + HOUR, HOUR);
		assert_int_equal(ledger_domain_count(l), 1);
	}
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_OVERLAP], 5);
	ledger_expire(l, event.ts_last + 1, HOUR);
	assert_int_equal(ledger_domain_count(l), 0);
	ledger_free(l);
}

/* However short domains are kept: what comes after their end counts, and can be read once. */
static void nothing_on_its_way_is_forgotten(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	struct ledger *l = ledger_new();

	(void)state;
	add_process(l, "g", 10);
	c.map_failures[EINVAL] = 3;
	set(l, &c);
	ledger_expire(l, NOW, 0);
	c.state = VIOMMU_CONTAINER_DEAD;
	assert_int_equal(ledger_set_container(l, &c, NOW + SECOND / 2), 0);
	ledger_end_process(l, 10, 1010, NOW + SECOND / 2);
	assert_false(ledger_expire(l, NOW + SECOND, 0));
	tell(l, "g", 1, VIOMMU_REASON_OVERLAP, 1);
	assert_true(ledger_expire(l, NOW + HOUR, 0));
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_OVERLAP], 1);
	assert_int_equal(get(l, "g")->failures[VIOMMU_REASON_UNKNOWN], 2);
	assert_false(ledger_expire(l, NOW + HOUR, 0));
	assert_int_equal(ledger_domain_count(l), 0);
	ledger_free(l);
}

static void findings_are_newest_first_and_bounded(void **state)
{
	struct viommu_event event = ledger_failure("g", 0, VIOMMU_REASON_OVERLAP, 1);
	struct ledger *l = ledger_new();
	const struct ledger_domain *d;

	(void)state;
	for (int i = 0; i < LEDGER_MAX_FINDINGS + 2; i++) {
		event.ts = event.ts_last = START + (uint64_t)i;
		event.result = -1 - i;
		assert_int_equal(ledger_add_event(l, &event), 0);
	}
	d = get(l, "g");
	assert_int_equal(d->finding_count, LEDGER_MAX_FINDINGS);
	for (int i = 0; i < LEDGER_MAX_FINDINGS; i++)
		assert_int_equal(d->findings[i].event.result, -LEDGER_MAX_FINDINGS - 2 + i);
	event.result = d->findings[5].event.result;
	event.count = 0;		/* one */
	event.ts_last = START + 100;
	assert_int_equal(ledger_add_event(l, &event), 0);
	assert_int_equal(d->finding_count, LEDGER_MAX_FINDINGS);
	assert_int_equal(d->findings[0].event.result, event.result);
	assert_int_equal(d->findings[0].event.ts_last, START + 100);
	assert_int_equal(d->findings[0].first, START + LEDGER_MAX_FINDINGS + 1 - 5);
	assert_int_equal(d->findings[0].count, 2);
	assert_int_equal(d->findings[1].event.result, -LEDGER_MAX_FINDINGS - 2);
	event.type = VIOMMU_EVENT_UNMAP;	/* a finding, and no failed MAP */
	assert_int_equal(ledger_add_event(l, &event), 0);
	assert_int_equal(d->findings[0].count, 1);
	assert_int_equal(d->failures[VIOMMU_REASON_OVERLAP], LEDGER_MAX_FINDINGS + 3);
	ledger_free(l);
}

static void findings_of_all_domains_are_bounded(void **state)
{
	struct ledger *l = ledger_new();
	char name[16];

	(void)state;
	for (int i = 0; i < LEDGER_ALL_FINDINGS; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		tell(l, name, 0, VIOMMU_REASON_OVERLAP, 1);
	}
	tell(l, "g0", 0, VIOMMU_REASON_MEMLOCK, 1);
	assert_int_equal(get(l, "g0")->finding_count, 1);
	assert_int_equal(get(l, "g0")->findings[0].event.diag.reason, VIOMMU_REASON_MEMLOCK);
	{
		const struct viommu_event event =
			ledger_failure("late", 0, VIOMMU_REASON_OVERLAP, 3);

		assert_int_equal(ledger_add_event(l, &event), -ENOSPC);
		assert_int_equal(get(l, "late")->failures[VIOMMU_REASON_OVERLAP], 3);
		assert_int_equal(ledger_lost(l, LEDGER_LOST_FULL), 1);
		ledger_expire(l, NOW + HOUR, 0);	/* and there is room again */
		assert_int_equal(ledger_domain_count(l), 0);
		assert_int_equal(ledger_add_event(l, &event), 0);
	}
	ledger_free(l);
}

static void events_that_change_nothing(void **state)
{
	struct viommu_event event = ledger_failure("", 0, VIOMMU_REASON_OVERLAP, 1);
	struct ledger *l = ledger_new();

	(void)state;
	assert_int_equal(ledger_add_event(l, &event), 0);
	event.vm = ledger_vm("g");
	event.vm.source = VIOMMU_VM_SELF;
	assert_int_equal(ledger_add_event(l, &event), 0);
	event.vm.source = VIOMMU_VM_LIBVIRT;
	event.result = 0;
	assert_int_equal(ledger_add_event(l, &event), 0);
	assert_int_equal(ledger_domain_count(l), 0);
	ledger_free(l);
}

static void events_out_of_range_are_refused(void **state)
{
	const struct viommu_event good = ledger_failure("g", 0, VIOMMU_REASON_OVERLAP, 1);
	struct ledger *l = ledger_new();
	struct viommu_event bad[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		bad[i] = good;
	bad[0].diag.reason = VIOMMU_NR_REASONS;
	bad[1].diag.severity = (enum viommu_severity)-1;
	bad[2].diag.remedy_count = VIOMMU_MAX_REMEDIES + 1;
	bad[3].device_count = VIOMMU_MAX_DEVICES + 1;
	bad[4].ev.ranges.count = VIOMMU_MAX_RANGES + 1;
	memset(bad[5].vm.name, 'x', sizeof(bad[5].vm.name));
	bad[6].diag.remedy_count = 1;
	memset(bad[6].diag.remedies[0].option, 'x', sizeof(bad[6].diag.remedies[0].option));
	bad[7].type = VIOMMU_NR_EVENTS;
	bad[8].device_count = 1;
	memset(bad[8].devices[0], 'x', sizeof(bad[8].devices[0]));
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(ledger_add_event(l, &bad[i]), -EINVAL);
	assert_int_equal(ledger_domain_count(l), 0);
	ledger_free(l);
}

static void tables_are_bounded(void **state)
{
	struct viommu_container c = ledger_container_of(1, 1, 39);
	struct ledger *l = ledger_new();
	struct ledger_process p;
	char name[16];

	(void)state;
	for (uint32_t i = 1; i <= LEDGER_MAX_PROCESSES; i++) {
		snprintf(name, sizeof(name), "g%u", i % LEDGER_MAX_DOMAINS);
		add_process(l, name, i);
	}
	p = ledger_process_of("g1", LEDGER_MAX_PROCESSES + 1);
	assert_int_equal(ledger_add_process(l, &p, NOW), -ENOSPC);
	ledger_end_process(l, 7, 1007, NOW);
	ledger_end_process(l, 8, 1008, NOW);
	assert_int_equal(ledger_add_process(l, &p, NOW), 0);
	c.id = 1;
	c.tgid = 7;
	c.start_time = 1007;
	assert_int_equal(ledger_set_container(l, &c, NOW), -ENOENT);	/* made room */
	c.tgid = 8;
	c.start_time = 1008;
	assert_int_equal(ledger_set_container(l, &c, NOW), 0);
	p = ledger_process_of("one more", 1);
	assert_int_equal(ledger_add_process(l, &p, NOW), -ENOSPC);
	assert_int_equal(ledger_domain_count(l), LEDGER_MAX_DOMAINS);
	for (c.id = 2; c.id <= LEDGER_MAX_CONTAINERS; c.id++)
		set(l, &c);
	assert_int_equal(ledger_set_container(l, &c, NOW), -ENOSPC);
	c.id = 1;
	set(l, &c);
	assert_int_equal(ledger_lost(l, LEDGER_LOST_FULL), 4);
	ledger_free(l);
}

/* A denial is a failed map; what a policy only audits is none. Both count for the policy. */
static void denials_are_events(void **state)
{
	struct viommu_event event = ledger_failure("a", 7, VIOMMU_REASON_POLICY, 3);
	struct viommu_container c = ledger_container_of(7, 1, 39);
	struct ledger *l = ledger_new();

	(void)state;
	event.type = VIOMMU_EVENT_DENY;
	event.result = -ERANGE;
	snprintf(event.denier.policy, sizeof(event.denier.policy), "cap-39");
	add_process(l, "a", 1);
	c.map_failures[ERANGE] = 3;
	set(l, &c);
	assert_int_equal(ledger_add_event(l, &event), 0);
	event.result = 0;
	event.count = 5;
	assert_int_equal(ledger_add_event(l, &event), 0);
	event.denier.policy[0] = '\0';
	event.count = 1;
	assert_int_equal(ledger_add_event(l, &event), 0);
	assert_int_equal(get(l, "a")->failures[VIOMMU_REASON_POLICY], 3);
	assert_int_equal(get(l, "a")->finding_count, 3);
	assert_int_equal(ledger_denials_count(l), 2);
	assert_string_equal(ledger_denials_at(l, 0)->policy, "cap-39");
	assert_int_equal(ledger_denials_at(l, 0)->denials, 3);
	assert_int_equal(ledger_denials_at(l, 0)->audits, 5);
	assert_string_equal(ledger_denials_at(l, 1)->policy, "default");
	assert_int_equal(ledger_denials_at(l, 1)->denials, 0);
	assert_int_equal(ledger_denials_at(l, 1)->audits, 1);

	/* Its record was lost, so that its container is not known; but that has counted it. */
	event.result = -ERANGE;
	event.container_id = 0;
	assert_int_equal(ledger_add_event(l, &event), 0);
	c.map_failures[ERANGE] = 4;
	set(l, &c);
	c.state = VIOMMU_CONTAINER_DEAD;
	set(l, &c);
	ledger_expire(l, NOW + HOUR, 2 * HOUR);
	assert_int_equal(get(l, "a")->failures[VIOMMU_REASON_POLICY], 4);
	assert_int_equal(get(l, "a")->failures[VIOMMU_REASON_UNKNOWN], 0);
	memset(event.denier.policy, 'x', sizeof(event.denier.policy));
	assert_int_equal(ledger_add_event(l, &event), -EINVAL);
	ledger_free(l);
}

static void groups_programs_denials(void **state)
{
	struct ledger_group group = { .ranges = { .count = 1, .r = { { 0, 0xfff } } } };
	struct ledger_denials denials = { .domain = "b", .policy = "p", .denials = 5, .audits = 1 };
	struct ledger *l = ledger_new();
	bool attached;

	(void)state;
	for (int i = LEDGER_MAX_GROUPS; i > 0; i--) {
		group.id = i ^ 1 ? i ^ 1 : 1;
		assert_int_equal(ledger_set_group(l, &group), 0);
	}
	for (size_t i = 1; i < LEDGER_MAX_GROUPS; i++)
		assert_true(ledger_group_at(l, i)->id > ledger_group_at(l, i - 1)->id);
	group.id = 1;
	group.safe_bits = 39;
	assert_int_equal(ledger_set_group(l, &group), 0);
	assert_int_equal(ledger_group_at(l, 0)->safe_bits, 39);
	assert_int_equal(ledger_group_at(l, 1)->id, 2);
	group.id = 0;
	assert_int_equal(ledger_set_group(l, &group), -ENOSPC);
	group.gone = true;		/* never was: nothing */
	assert_int_equal(ledger_set_group(l, &group), 0);
	assert_int_equal(ledger_group_count(l), LEDGER_MAX_GROUPS);
	group.id = 2;
	assert_int_equal(ledger_set_group(l, &group), 0);
	group.id = ledger_group_at(l, LEDGER_MAX_GROUPS - 2)->id;	/* the last */
	assert_int_equal(ledger_set_group(l, &group), 0);
	assert_int_equal(ledger_group_count(l), LEDGER_MAX_GROUPS - 2);
	assert_int_equal(ledger_group_at(l, 0)->id, 1);
	assert_int_equal(ledger_group_at(l, 1)->id, 3);
	for (size_t i = 1; i < ledger_group_count(l); i++)
		assert_true(ledger_group_at(l, i)->id > ledger_group_at(l, i - 1)->id);
	group.gone = false;
	group.ranges.count = VIOMMU_MAX_RANGES + 1;
	assert_int_equal(ledger_set_group(l, &group), -EINVAL);
	assert_null(ledger_group_at(l, LEDGER_MAX_GROUPS - 2));

	assert_int_equal(ledger_set_program(l, "two", true), 0);
	assert_int_equal(ledger_set_program(l, "two", false), 0);
	assert_int_equal(ledger_set_program(l, "", true), -EINVAL);
	assert_int_equal(ledger_set_program(l, "one", true), 0);
	assert_int_equal(ledger_program_count(l), 2);
	assert_string_equal(ledger_program_at(l, 1, &attached), "one");
	assert_true(attached);
	assert_string_equal(ledger_program_at(l, 0, &attached), "two");
	assert_false(attached);
	assert_null(ledger_program_at(l, 2, &attached));

	assert_int_equal(ledger_add_denials(l, &denials), 0);
	ledger_restart(l, NOW);		/* they are the events', not the collector's */
	denials.denials = 2;
	assert_int_equal(ledger_add_denials(l, &denials), 0);
	snprintf(denials.domain, sizeof(denials.domain), "a");
	assert_int_equal(ledger_add_denials(l, &denials), 0);
	assert_int_equal(ledger_denials_count(l), 2);
	assert_string_equal(ledger_denials_at(l, 0)->domain, "a");
	assert_int_equal(ledger_denials_at(l, 1)->denials, 5 + 2);
	assert_int_equal(ledger_denials_at(l, 1)->audits, 2);
	assert_null(ledger_denials_at(l, 2));
	denials.domain[0] = '\0';
	assert_int_equal(ledger_add_denials(l, &denials), -EINVAL);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_are_in_the_order_of_their_names),
		cmocka_unit_test(processes_of_one_name_are_one_domain),
		cmocka_unit_test(processes_come_and_go),
		cmocka_unit_test(more_is_learnt_of_a_process),
		cmocka_unit_test(a_recycled_number_is_a_new_container),
		cmocka_unit_test(containers_without_a_process_are_refused),
		cmocka_unit_test(the_last_state_comes_after_the_process),
		cmocka_unit_test(who_ended_is_remembered),
		cmocka_unit_test(what_no_event_tells_of_is_unknown),
		cmocka_unit_test(what_is_on_its_way_is_waited_for),
		cmocka_unit_test(older_containers_have_no_gauges),
		cmocka_unit_test(highest_of_an_older_container_is_the_least),
		cmocka_unit_test(entries_are_of_the_fullest_container),
		cmocka_unit_test(ranges_are_usable_in_all_containers),
		cmocka_unit_test(totals_outlive_the_collector),
		cmocka_unit_test(what_another_ledger_counted_is_left_out),
		cmocka_unit_test(what_another_ledger_counted_hides_nothing),
		cmocka_unit_test(domains_expire),
		cmocka_unit_test(domains_that_fail_do_not_expire),
		cmocka_unit_test(nothing_on_its_way_is_forgotten),
		cmocka_unit_test(findings_are_newest_first_and_bounded),
		cmocka_unit_test(findings_of_all_domains_are_bounded),
		cmocka_unit_test(events_that_change_nothing),
		cmocka_unit_test(events_out_of_range_are_refused),
		cmocka_unit_test(tables_are_bounded),
		cmocka_unit_test(denials_are_events),
		cmocka_unit_test(groups_programs_denials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
