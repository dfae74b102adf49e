// SPDX-License-Identifier: GPL-2.0-or-later
/* The history: what is kept, read back, and goes. test_store_faults.c: what may go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store.h"
#include "store/store-parts.h"

#define MANY 64

/* All that store_read() gives; texts are copied as far as they are looked at. */
struct rows {
	size_t hours, failures, attaches;
	char hour_vm[MANY][16];
	struct store_hour hour[MANY];
	struct store_failure failure[MANY];
	char failure_vm[MANY][16], reason[MANY][32], remedy[MANY][64], option[MANY][64];
	char type[MANY][16], error[MANY][16], policy[MANY][16];
	struct store_attach attach[MANY];
	char devices[MANY][64], ranges[MANY][64];
	int stop;
};

static int take_hour(void *ctx, const char *vm, const struct store_hour *row)
{
	struct rows *r = ctx;

	snprintf(r->hour_vm[r->hours], sizeof(r->hour_vm[0]), "%s", vm);
	r->hour[r->hours++] = *row;
	return r->stop;
}

static int take_failure(void *ctx, const struct store_failure *row)
{
	struct rows *r = ctx;
	const size_t i = r->failures++;

	r->failure[i] = *row;
	snprintf(r->failure_vm[i], sizeof(r->failure_vm[i]), "%s", row->vm);
	snprintf(r->reason[i], sizeof(r->reason[i]), "%s", row->reason);
	snprintf(r->remedy[i], sizeof(r->remedy[i]), "%s", row->remedy);
	snprintf(r->option[i], sizeof(r->option[i]), "%s", row->option);
	snprintf(r->type[i], sizeof(r->type[i]), "%s", row->type);
	snprintf(r->error[i], sizeof(r->error[i]), "%s", row->error);
	snprintf(r->policy[i], sizeof(r->policy[i]), "%s", row->policy);
	assert_string_equal(row->severity, "silent");
	return r->stop;
}

static int take_attach(void *ctx, const struct store_attach *row)
{
	struct rows *r = ctx;
	const size_t i = r->attaches++;

	r->attach[i] = *row;
	snprintf(r->devices[i], sizeof(r->devices[i]), "%s", row->devices);
	snprintf(r->ranges[i], sizeof(r->ranges[i]), "%s", row->ranges);
	return r->stop;
}

static struct rows *read_all(struct store *s, const char *vm, uint64_t since)
{
	static struct rows rows;
	const struct store_reader reader = { take_hour, take_failure, take_attach, &rows };

	memset(&rows, 0, sizeof(rows));
	assert_int_equal(store_read(s, vm, since, &reader), 0);
	return &rows;
}

static struct ledger_domain domain_of(const char *name, uint64_t maps)
{
	struct ledger_domain d = {
		.vm = ledger_vm(name), .since = START, .maps = maps, .unmaps = maps / 2,
		.map_bytes = maps * 4096, .unmap_bytes = maps / 2 * 4096,
		.has_highest = true, .highest_mapped = maps * 4096 - 1,
		.ranges = { .count = 1, .r = { { 0, 0x7fffffffff } } },
	};

	return d;
}

static void add(struct store *s, uint64_t now, const struct ledger_domain *d)
{
	assert_int_equal(store_add_totals(s, now, d), 0);
}

static void hours_hold_what_is_more_than_before(void **state)
{
	struct ledger_domain a = domain_of("a", 10), b = domain_of("b", 5);
	struct store_dir dir;
	struct store *s;
	struct rows *r;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	a.failures[VIOMMU_REASON_OVERLAP] = 3;
	add(s, START + SECOND, &a);
	add(s, START + 2 * SECOND, &a);
	assert_int_equal(store_commit(s), 0);
	a.maps = 15;
	a.failures[VIOMMU_REASON_OVERLAP] = 4;
	a.failures[VIOMMU_REASON_UNKNOWN] = 2;
	a.highest_mapped = UINT64_MAX;
	add(s, START + HOUR - 1, &a);
	a.maps = 16;
	a.ranges.r[0].last = 0xffffffffffff;
	add(s, START + HOUR, &a);
	a.maps = 18;
	add(s, START, &a);			/* the clock was set back */
	add(s, START + HOUR, &b);
	r = read_all(s, NULL, 0);
	assert_int_equal(r->hours, 3);
	assert_string_equal(r->hour_vm[0], "a");
	assert_int_equal(r->hour[0].hour, START);
	assert_int_equal(r->hour[0].maps, 17);
	assert_int_equal(r->hour[0].unmaps, 5);
	assert_int_equal(r->hour[0].map_bytes, 40960);
	assert_int_equal(r->hour[0].unmap_bytes, 5 * 4096);
	assert_int_equal(r->hour[0].failures[VIOMMU_REASON_OVERLAP], 4);
	assert_int_equal(r->hour[0].failures[VIOMMU_REASON_UNKNOWN], 2);
	assert_int_equal(r->hour[0].failures[VIOMMU_REASON_MEMLOCK], 0);
	assert_true(r->hour[0].highest_iova == UINT64_MAX);
	assert_int_equal(r->hour[1].hour, START + HOUR);
	assert_string_equal(r->hour_vm[1], "a");
	assert_int_equal(r->hour[1].maps, 1);
	assert_int_equal(r->hour[1].limit_bits, 48);
	assert_int_equal(r->hour[1].recommended_bits, 48);
	assert_int_equal(r->hour[1].failures[VIOMMU_REASON_OVERLAP], 0);
	assert_string_equal(r->hour_vm[2], "b");
	assert_int_equal(r->hour[2].limit_bits, 39);
	r = read_all(s, "b", 0);
	assert_int_equal(r->hours, 1);
	r = read_all(s, NULL, START + HOUR - 1);	/* the hour that it is in */
	assert_int_equal(r->hours, 3);
	r = read_all(s, NULL, START + HOUR);
	assert_int_equal(r->hours, 2);
	r = read_all(s, NULL, UINT64_MAX);
	assert_int_equal(r->hours, 0);
	store_close(s);
	assert_int_equal(dir.warnings + dir.infos, 0);
	store_dir_fini(&dir);
}

static void totals_begin_anew(void **state)
{
	struct ledger_domain a = domain_of("a", 10);
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	add(s, START, &a);
	a.maps = 4;			/* lower: 4 more */
	add(s, START, &a);
	a.since++;			/* forgotten in between, and more by now: 6 more */
	a.maps = 6;
	a.highest_mapped = 100;
	a.ranges.r[0].last = 0xffffffffffff;
	add(s, START, &a);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].maps, 20);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].highest_iova, 10 * 4096 - 1);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].limit_bits, 39);	/* the least */
	assert_int_equal(read_all(s, NULL, 0)->hour[0].recommended_bits, 39);
	store_close(s);
	s = store_dir_open(&dir, 0, 0);	/* a new daemon, a new ledger */
	a.maps = 1;
	add(s, START, &a);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].maps, 21);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].limit_bits, 39);	/* still the least */
	assert_int_equal(read_all(s, NULL, 0)->hour[0].recommended_bits, 39);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].highest_iova, 10 * 4096 - 1);
	a.maps = 2;
	a.highest_mapped = 0x10000;	/* one digit more than 0x9fff */
	add(s, START, &a);
	assert_int_equal(read_all(s, NULL, 0)->hour[0].highest_iova, 0x10000);
	store_close(s);
	store_dir_fini(&dir);
}

/* A VM that does nothing is written once an hour, with what is known of its limit. */
static void idle_vms_cost_nothing(void **state)
{
	struct ledger_domain a = domain_of("a", 0);
	struct store_dir dir;
	struct store *s;
	sqlite3_stmt *version;
	sqlite3 *other;
	int before;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	add(s, START, &a);
	assert_int_equal(read_all(s, NULL, 0)->hours, 1);
	assert_int_equal(sqlite3_open(dir.db, &other), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(other, "PRAGMA data_version", -1, &version, NULL), 0);
	assert_int_equal(sqlite3_step(version), SQLITE_ROW);
	before = sqlite3_column_int(version, 0);
	for (int i = 0; i < 10; i++) {
		add(s, START + SECOND, &a);
		assert_false(pending_any(&s->pending));
		assert_int_equal(store_commit(s), 0);
	}
	sqlite3_reset(version);
	assert_int_equal(sqlite3_step(version), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(version, 0), before);	/* nobody wrote */
	a.maps++;
	add(s, START + SECOND, &a);
	assert_int_equal(store_commit(s), 0);
	sqlite3_reset(version);
	assert_int_equal(sqlite3_step(version), SQLITE_ROW);
	assert_int_not_equal(sqlite3_column_int(version, 0), before);
	sqlite3_finalize(version);
	sqlite3_close(other);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM hour"), 1);
	store_close(s);
	store_dir_fini(&dir);
}

static void failures_are_one_row_each(void **state)
{
	struct viommu_event e = ledger_failure("a", 1, VIOMMU_REASON_OVERLAP, 1);
	struct store_dir dir;
	struct store *s;
	struct rows *r;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	e.diag.remedy_count = 1;
	snprintf(e.diag.remedies[0].text, sizeof(e.diag.remedies[0].text), "do this");
	snprintf(e.diag.remedies[0].option, sizeof(e.diag.remedies[0].option), "aw-bits=39");
	for (int i = 0; i < 1000; i++) {
		e.ts = e.ts_last = START + (uint64_t)i;
		assert_int_equal(store_add_event(s, &e), 0);
		if (!(i % 100))
			assert_int_equal(store_commit(s), 0);
	}
	e.count = 7;
	e.iova_lowest = 0x1000;
	e.iova_highest = UINT64_MAX;
	e.ts = START + 5;
	e.ts_last = START + 5000;
	assert_int_equal(store_add_event(s, &e), 0);
	r = read_all(s, NULL, 0);
	assert_int_equal(r->failures, 1);
	assert_int_equal(r->failure[0].count, 1007);
	assert_int_equal(r->failure[0].first, START);
	assert_int_equal(r->failure[0].last, START + 5000);
	assert_int_equal(r->failure[0].lowest_iova, 0x1000);
	assert_true(r->failure[0].highest_iova == UINT64_MAX);
	assert_string_equal(r->reason[0], "overlap");
	assert_string_equal(r->remedy[0], "do this");
	assert_string_equal(r->option[0], "aw-bits=39");
	assert_string_equal(r->type[0], "map");
	assert_string_equal(r->error[0], "EINVAL");

	e.ts = e.ts_last = START - 5;	/* older, and in between: what was known stays */
	e.iova_lowest = 0x2000;
	e.iova_highest = 0x3000;
	assert_int_equal(store_add_event(s, &e), 0);
	e.ts = e.ts_last = START - 7;
	assert_int_equal(store_add_event(s, &e), 0);
	e.ts_last = START - 6;
	assert_int_equal(store_commit(s), 0);
	e.ts = START + 1;
	assert_int_equal(store_add_event(s, &e), 0);
	r = read_all(s, NULL, 0);
	assert_int_equal(r->failure[0].first, START - 7);
	assert_int_equal(r->failure[0].last, START + 5000);
	assert_int_equal(r->failure[0].lowest_iova, 0x1000);
	assert_true(r->failure[0].highest_iova == UINT64_MAX);
	e.ts = START + 6000;
	e.ts_last = START + 6002;
	assert_int_equal(store_add_event(s, &e), 0);
	e.ts_last = START + 6001;
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(read_all(s, NULL, 0)->failure[0].last, START + 6002);
	e.ts = START + 5;
	e.ts_last = START + 7000;

	e.result = -EEXIST;		/* each of these is another one */
	assert_int_equal(store_add_event(s, &e), 0);
	e.group = 4;
	assert_int_equal(store_add_event(s, &e), 0);
	e.diag.reason = VIOMMU_REASON_MEMLOCK;
	assert_int_equal(store_add_event(s, &e), 0);
	e.type = VIOMMU_EVENT_UNMAP;
	assert_int_equal(store_add_event(s, &e), 0);
	e.vm = ledger_vm("b");
	e.ev.has_range = false;
	assert_int_equal(store_add_event(s, &e), 0);
	r = read_all(s, NULL, 0);
	assert_int_equal(r->failures, 6);
	assert_int_equal(r->failure[5].lowest_iova, 0);
	assert_int_equal(read_all(s, "a", 0)->failures, 5);
	assert_int_equal(read_all(s, "a", START + 7000)->failures, 4);
	assert_int_equal(read_all(s, "a", START + 7001)->failures, 0);
	store_close(s);
	store_dir_fini(&dir);
}

/* So many at once that some share their place in the table of what waits. */
static void failures_that_wait_are_told_apart(void **state)
{
	struct viommu_event e = ledger_failure("a", 1, VIOMMU_REASON_OVERLAP, 1);
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	for (int kind = 0; kind < 3; kind++) {
		for (int i = 0; i < 2000; i++) {
			if (kind == 0)
				e.group = i;
			else if (kind == 1)
				e.result = -1000 - i;
			else
				snprintf(e.vm.name, sizeof(e.vm.name), "vm%d", i);
			assert_int_equal(store_add_event(s, &e), 0);
			assert_int_equal(store_add_event(s, &e), 0);
		}
		assert_int_equal(store_commit(s), 0);
	}
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"), 6000);
	assert_int_equal(store_dir_sql(&dir, "SELECT max(count) FROM failure"), 2);
	store_close(s);
	store_dir_fini(&dir);
}

/* More than memory has room for between two commits: the file takes it, a refused attach too. */
static void failures_without_room_are_written(void **state)
{
	struct viommu_event e = ledger_failure("a", 1, VIOMMU_REASON_OVERLAP, 1);
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	for (e.group = 0; e.group < PENDING_MAX_FAILURES; e.group++)
		assert_int_equal(store_add_event(s, &e), 0);
	e.type = VIOMMU_EVENT_ATTACH;
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"),
			 PENDING_MAX_FAILURES + 1);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM attach"), 1);
	store_close(s);
	assert_int_equal(dir.warnings, 0);
	store_dir_fini(&dir);
}

/* A row for each policy, and for what was audited only. */
static void denials_name_their_policy(void **state)
{
	struct viommu_event e = ledger_failure("a", 1, VIOMMU_REASON_POLICY, 2);
	struct viommu_event map = ledger_failure("a", 1, VIOMMU_REASON_POLICY, 1);
	struct store_dir dir;
	struct store *s;
	struct rows *r;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	e.type = VIOMMU_EVENT_DENY;
	e.result = -ERANGE;
	assert_int_equal(store_add_event(s, &e), 0);
	snprintf(e.denier.policy, sizeof(e.denier.policy), "cap-39");
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_add_event(s, &e), 0);
	e.result = 0;
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(store_add_event(s, &map), 0);
	assert_int_equal(store_commit(s), 0);
	r = read_all(s, "a", 0);
	assert_int_equal(r->failures, 4);
	assert_string_equal(r->policy[0], "default");
	assert_string_equal(r->error[0], "ERANGE");
	assert_string_equal(r->type[0], "deny");
	assert_string_equal(r->policy[1], "cap-39");
	assert_int_equal(r->failure[1].count, 4);
	assert_string_equal(r->policy[2], "cap-39");
	assert_string_equal(r->error[2], "");
	assert_int_equal(r->failure[2].count, 2);
	assert_string_equal(r->policy[3], "");
	store_close(s);
	store_dir_fini(&dir);
}

static void other_events_are_not_history(void **state)
{
	struct viommu_event e = ledger_failure("a", 1, VIOMMU_REASON_OVERLAP, 1);
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	e.result = 0;
	assert_int_equal(store_add_event(s, &e), 0);
	e.result = -EINVAL;
	e.vm.source = VIOMMU_VM_SELF;
	assert_int_equal(store_add_event(s, &e), 0);
	e.vm = ledger_vm("");
	assert_int_equal(store_add_event(s, &e), 0);
	e.vm = ledger_vm("a");
	e.type = VIOMMU_EVENT_LOST;
	assert_int_equal(store_add_event(s, &e), 0);
	e.type = VIOMMU_EVENT_MAP;
	e.diag.reason = VIOMMU_NR_REASONS;
	assert_int_equal(store_add_event(s, &e), -EINVAL);
	assert_int_equal(read_all(s, NULL, 0)->failures, 0);
	store_close(s);
	store_dir_fini(&dir);
}

static void attaches_and_generations(void **state)
{
	struct viommu_event e = ledger_failure("a", 1, VIOMMU_REASON_GROUP_INELIGIBLE, 1);
	struct store_dir dir;
	struct store *s;
	struct rows *r;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	e.type = VIOMMU_EVENT_ATTACH;
	e.result = 0;
	e.group = 12;
	e.device_count = 2;
	snprintf(e.devices[0], sizeof(e.devices[0]), "0000:01:00.0");
	snprintf(e.devices[1], sizeof(e.devices[1]), "0000:01:00.1");
	e.ev.ranges.count = 2;
	e.ev.ranges.r[0] = (struct viommu_range) { 0, 0xfedfffff };
	e.ev.ranges.r[1] = (struct viommu_range) { 0xfef00000, UINT64_MAX };
	assert_int_equal(store_add_event(s, &e), 0);
	e.type = VIOMMU_EVENT_DETACH;
	e.ts++;
	assert_int_equal(store_add_event(s, &e), 0);
	e.type = VIOMMU_EVENT_ATTACH;
	e.ts++;
	e.result = -EPERM;
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(store_add_generation(s, START, 3, 17), 0);
	r = read_all(s, "a", START);
	assert_int_equal(r->attaches, 3);
	assert_true(r->attach[0].attached);
	assert_int_equal(r->attach[0].group, 12);
	assert_int_equal(r->attach[0].time, START);
	assert_string_equal(r->devices[0], "0000:01:00.0 0000:01:00.1");
	assert_string_equal(r->ranges[0], "0x0-0xfedfffff 0xfef00000-0xffffffffffffffff");
	assert_false(r->attach[1].attached);
	assert_int_equal(r->attach[2].result, -EPERM);
	assert_int_equal(r->failures, 1);
	assert_string_equal(r->type[0], "attach");
	assert_int_equal(read_all(s, NULL, START + 2)->attaches, 1);
	assert_int_equal(store_dir_sql(&dir, "SELECT policies FROM generation"), 17);
	/* A server that starts anew is told what it was told before. */
	store_close(s);
	s = store_dir_open(&dir, 0, 0);
	assert_int_equal(store_add_generation(s, START + 1, 3, 17), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM generation"), 1);
	assert_int_equal(store_add_generation(s, START + 2, 4, 17), 0);
	assert_int_equal(store_add_generation(s, START + 3, 4, 17), 0);
	assert_int_equal(store_add_generation(s, START + 4, 4, 18), 0);
	assert_int_equal(store_add_generation(s, START + 5, 3, 17), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM generation"), 4);
	assert_int_equal(store_dir_sql(&dir, "SELECT min(time) FROM generation WHERE policies = 18 "
				       "AND generation = 4"), (int64_t)START + 4);
	store_close(s);
	store_dir_fini(&dir);
}

static int stop(void *ctx, const char *vm, const struct store_hour *row)
{
	(void)vm;
	(void)row;
	return ++*(int *)ctx;
}

static void a_reader_can_stop(void **state)
{
	struct ledger_domain a = domain_of("a", 1), b = domain_of("b", 1);
	int calls = 0;
	const struct store_reader reader = { .hour = stop, .ctx = &calls };
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	add(s, START, &a);
	add(s, START, &b);
	assert_int_equal(store_read(s, NULL, 0, &reader), 1);
	assert_int_equal(calls, 1);
	store_close(s);
	store_dir_fini(&dir);
}

static void fill(struct store *s, int hours, int vms)
{
	struct viommu_event e = ledger_failure("vm", 1, VIOMMU_REASON_OVERLAP, 1);
	struct ledger_domain d;
	char name[16];

	memset(e.diag.detail, 'x', sizeof(e.diag.detail) - 1);
	for (int hour = 0; hour < hours; hour++) {
		for (int vm = 0; vm < vms; vm++) {
			snprintf(name, sizeof(name), "vm%d", vm);
			d = domain_of(name, 1 + (uint64_t)hour);
			d.failures[VIOMMU_REASON_OVERLAP] = 1 + (uint64_t)hour;
			add(s, START + (uint64_t)hour * HOUR, &d);
		}
		e.group = hour;
		e.ts = e.ts_last = START + (uint64_t)hour * HOUR;
		assert_int_equal(store_add_event(s, &e), 0);
		e.type = VIOMMU_EVENT_DETACH;
		assert_int_equal(store_add_event(s, &e), 0);
		e.type = VIOMMU_EVENT_MAP;
		assert_int_equal(store_add_generation(s, e.ts, (uint64_t)hour, 1), 0);
		assert_int_equal(store_commit(s), 0);
	}
}

/* The clock runs, and the history is looked after; the number of pieces of work at the end. */
static int clock_run(struct store *s, uint64_t from, uint64_t to)
{
	int pieces = 1, more;

	for (uint64_t now = from; now < to; now += HOUR / 2)
		while ((more = store_prune(s, now)) == 1)
			;
	while ((more = store_prune(s, to)) == 1)
		pieces++;
	assert_int_equal(more, 0);
	return pieces;
}

static void old_rows_go(void **state)
{
	const struct store_opts longer = { .max_age = 4 * HOUR };
	static const char *const tables[] = {
		"SELECT count(*) FROM failure", "SELECT count(*) FROM attach",
		"SELECT count(*) FROM generation",
		"SELECT count(*) FROM hour WHERE vm = 'vm0'",
		"SELECT count(*) FROM hour_failure WHERE vm = 'vm299'",
	};
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, HOUR, 0);
	clock_run(s, START - STORE_LEAP, START);
	store_set_opts(s, &longer);
	fill(s, 10, 300);
	assert_true(clock_run(s, START + 9 * HOUR, START + 9 * HOUR) >= 3);	/* 1500 rows */
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(store_dir_sql(&dir, tables[i]), 5);
	assert_int_equal(store_dir_sql(&dir, "SELECT min(hour) FROM hour"), START + 5 * HOUR);
	assert_int_equal(store_prune(s, START), 0);	/* the clock was set back: nothing goes */
	assert_int_equal(store_dir_sql(&dir, tables[0]), 5);
	store_close(s);
	store_dir_fini(&dir);
}

/*
 * A clock that is years ahead at boot makes all of the history too old; one that is believed too
 * late costs nothing.
 */
static void a_clock_that_leaps_is_not_believed(void **state)
{
	const char *rows = "SELECT count(*) FROM hour";
	const uint64_t later = START + 20000 * HOUR;
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 48 * HOUR, 0);
	clock_run(s, START - STORE_LEAP, START);
	fill(s, 10, 2);
	assert_int_equal(store_prune(s, START + 10 * HOUR), 0);
	store_close(s);

	s = store_dir_open(&dir, 48 * HOUR, 0);		/* boot, years ahead, and again */
	clock_run(s, later, later + STORE_LEAP - HOUR);
	store_close(s);
	s = store_dir_open(&dir, 48 * HOUR, 0);
	clock_run(s, later + STORE_LEAP - HOUR / 2, later + STORE_LEAP - 1);
	assert_int_equal(store_dir_sql(&dir, rows), 20);
	/* It leaps on, and is put right: the day begins anew. */
	clock_run(s, 2 * later, 2 * later + HOUR);
	clock_run(s, START + 12 * HOUR, START + 57 * HOUR);
	assert_int_equal(store_dir_sql(&dir, rows), 2);
	store_close(s);

	s = store_dir_open(&dir, 48 * HOUR, 0);		/* off for years: believed after a day */
	clock_run(s, later, later + STORE_LEAP - 1);
	assert_int_equal(store_dir_sql(&dir, rows), 2);
	assert_int_equal(store_prune(s, later + STORE_LEAP), 0);
	assert_int_equal(store_dir_sql(&dir, rows), 0);
	fill(s, 1, 1);
	clock_run(s, later + STORE_LEAP, later + 2 * STORE_LEAP - HOUR);
	assert_int_equal(store_dir_sql(&dir, rows), 0);
	/* A shorter leap needs no day. */
	s->opts.max_age = STORE_LEAP;
	add(s, later + 2 * STORE_LEAP, &(struct ledger_domain){ .vm = ledger_vm("b"), .maps = 1 });
	assert_int_equal(store_commit(s), 0);
	clock_run(s, later + 3 * STORE_LEAP - HOUR - 1, later + 3 * STORE_LEAP + 1);
	assert_int_equal(store_dir_sql(&dir, rows), 0);
	store_close(s);
	store_dir_fini(&dir);
}

static void a_file_too_large_loses_its_oldest_hours(void **state)
{
	struct store_dir dir;
	struct store *s;
	struct stat st;
	int pieces = 0;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 256 << 10);
	fill(s, 24, 300);
	assert_true(store_dir_sql(&dir, "SELECT count(*) FROM hour") == 24 * 300);
	while (store_prune(s, START + 23 * HOUR) == 1)
		assert_true(++pieces < 1000);
	store_close(s);
	assert_int_equal(stat(dir.db, &st), 0);
	assert_true(st.st_size <= 256 << 10);
	assert_true(st.st_size > 128 << 10);	/* and not more than is needed */
	assert_true(store_dir_sql(&dir, "SELECT min(hour) FROM hour") > (int64_t)(START + 5 * HOUR));
	assert_int_equal(store_dir_sql(&dir, "SELECT max(hour) FROM hour"), START + 23 * HOUR);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure WHERE "
				       "first < (SELECT min(hour) FROM hour)"), 0);
	s = store_dir_open(&dir, 0, 1);		/* no room at all: the present hour stays */
	pieces = 0;
	while (store_prune(s, START + 23 * HOUR) == 1)
		assert_true(++pieces < 1000);
	store_close(s);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM hour"), 300);
	store_dir_fini(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_hold_what_is_more_than_before),
		cmocka_unit_test(totals_begin_anew),
		cmocka_unit_test(idle_vms_cost_nothing),
		cmocka_unit_test(failures_are_one_row_each),
		cmocka_unit_test(failures_that_wait_are_told_apart),
		cmocka_unit_test(failures_without_room_are_written),
		cmocka_unit_test(denials_name_their_policy),
		cmocka_unit_test(other_events_are_not_history),
		cmocka_unit_test(attaches_and_generations),
		cmocka_unit_test(a_reader_can_stop),
		cmocka_unit_test(old_rows_go),
		cmocka_unit_test(a_clock_that_leaps_is_not_believed),
		cmocka_unit_test(a_file_too_large_loses_its_oldest_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
