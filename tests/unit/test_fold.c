// SPDX-License-Identifier: GPL-2.0-or-later
/* Folding: nothing is lost, nothing is late, EBUSY waits for its retry. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/fold.h"

#define WINDOW 1000
#define MAX_OUT 4096

/* What came out. */
struct sink {
	struct viommu_event out[MAX_OUT];
	size_t count;
	uint64_t sum;			/* of count */
	int fail_with;			/* what emit returns */
};

static int sink_emit(void *ctx, const struct viommu_event *event)
{
	struct sink *sink = ctx;

	assert_true(event->count >= 1);
	assert_true(event->ts_last >= event->ts);
	assert_true(sink->count < MAX_OUT);
	sink->out[sink->count++] = *event;
	sink->sum += event->count;
	return sink->fail_with;
}

static struct viommu_event new_event(enum viommu_event_type type, uint64_t ts, int result)
{
	struct viommu_event event = {
		.type = type, .ts = ts, .ts_last = ts, .count = 1, .result = result,
		.container_id = 1, .pid = 100, .tid = 100, .group = -1,
		.ev = { .op = VIOMMU_OP_MAP, .err = -result, .has_range = true, .argsz = 32,
			.iova = 0x8000000000, .size = 0x1000, .dma_flags = 3,
			.pgsize_bitmap = 4096, .backing = VIOMMU_BACKING_RAM },
	};
	const struct viommu_range r = { 0, 0x7fffffffff };

	if (type == VIOMMU_EVENT_UNMAP)
		event.ev.op = VIOMMU_OP_UNMAP;
	assert_int_equal(iova_ranges_init(&event.ev.ranges, &r, 1), 0);
	if (result)
		viommu_diagnose(&event.ev, &event.diag);
	return event;
}

static struct viommu_event failed_map(uint64_t ts, uint64_t iova)
{
	struct viommu_event event = new_event(VIOMMU_EVENT_MAP, ts, -EINVAL);

	event.ev.iova = iova;
	viommu_diagnose(&event.ev, &event.diag);
	return event;
}

static struct fold *new_fold(enum fold_rule rule, struct sink **sink)
{
	struct fold *fold;

	*sink = calloc(1, sizeof(**sink));
	assert_non_null(*sink);
	fold = fold_new(rule, WINDOW, sink_emit, *sink);
	assert_non_null(fold);
	assert_int_equal(fold_deadline(fold), UINT64_MAX);
	return fold;
}

static void end(struct fold *fold, struct sink *sink)
{
	fold_free(fold);
	free(sink);
}

static void add(struct fold *fold, struct viommu_event event)
{
	assert_int_equal(fold_add(fold, &event), 0);
}

static void first_passes_and_repeats_come_as_one(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	add(fold, failed_map(10, 0x8000005000));
	assert_int_equal(sink->count, 1);
	assert_int_equal(sink->out[0].iova_lowest, 0x8000005000);
	assert_int_equal(sink->out[0].iova_highest, 0x8000005fff);
	assert_int_equal(fold_deadline(fold), UINT64_MAX);
	add(fold, failed_map(20, 0x8000009000));
	add(fold, failed_map(30, 0x8000001000));
	add(fold, failed_map(40, 0x8000003000));
	assert_int_equal(sink->count, 1);
	assert_int_equal(fold_deadline(fold), 10 + WINDOW);
	assert_int_equal(fold_expire(fold, 10 + WINDOW - 1), 0);
	assert_int_equal(sink->count, 1);
	assert_int_equal(fold_expire(fold, 10 + WINDOW), 0);
	assert_int_equal(sink->count, 2);
	assert_int_equal(sink->out[1].count, 3);
	assert_int_equal(sink->out[1].ts, 20);
	assert_int_equal(sink->out[1].ts_last, 40);
	assert_int_equal(sink->out[1].iova_lowest, 0x8000001000);
	assert_int_equal(sink->out[1].iova_highest, 0x8000009fff);
	assert_int_equal(fold_deadline(fold), UINT64_MAX);
	end(fold, sink);
}

/* A line a window while it goes on; after a quiet window the next one is a first again. */
static void steady_repeats_come_once_a_window(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	for (uint64_t ts = 0; ts < 5 * WINDOW; ts += 100)
		add(fold, failed_map(ts, 0x8000000000 + ts * 4096));
	assert_int_equal(sink->count, 5);
	assert_int_equal(sink->out[1].count, 9);
	assert_int_equal(sink->out[2].count, 10);
	assert_int_equal(fold_expire(fold, 5 * WINDOW), 0);
	assert_int_equal(sink->sum, 50);
	add(fold, failed_map(8 * WINDOW, 0x8000000000));
	assert_int_equal(sink->sum, 51);
	assert_int_equal(sink->out[sink->count - 1].count, 1);
	end(fold, sink);
}

static void wrapping_range_is_saturated(void **state)
{
	struct viommu_event event = failed_map(1, UINT64_MAX - 0xfff);
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	event.ev.size = 0x2000;
	add(fold, event);
	assert_int_equal(sink->out[0].iova_highest, UINT64_MAX);
	event.ev.size = 0;
	event.ev.iova = 0x3000;
	event.container_id = 2;
	add(fold, event);
	assert_int_equal(sink->out[1].iova_lowest, 0x3000);
	assert_int_equal(sink->out[1].iova_highest, 0x3000);
	end(fold, sink);
}

#define MUTATION(name, what) static void name(struct viommu_event *e) { what; }

MUTATION(other_container, e->container_id = 2)
MUTATION(other_pid, e->pid = 101)
MUTATION(other_type, e->type = VIOMMU_EVENT_UNMAP)
MUTATION(other_result, e->result = -ERANGE)
MUTATION(other_reason, e->diag.reason = VIOMMU_REASON_MISALIGNED)
MUTATION(other_severity, e->diag.severity = VIOMMU_SEVERITY_FATAL)
MUTATION(no_request, e->ev.has_range = false)
MUTATION(other_iova, e->ev.iova += 0x1000)
MUTATION(other_size, e->ev.size += 0x1000)
MUTATION(other_vaddr, e->ev.vaddr += 0x1000)
MUTATION(other_flags, e->ev.dma_flags = 1)
MUTATION(other_path, e->ev.path = VIOMMU_PATH_VIOMMU)
MUTATION(other_backing, e->ev.backing = VIOMMU_BACKING_NONE)
MUTATION(other_limit, e->ev.ranges.r[0].last = 0xffffffffffff)
MUTATION(other_from, e->ev.limit_from = VIOMMU_LIMIT_POLICY)
MUTATION(other_thread, e->tid = 101)
MUTATION(other_comm, e->comm[0] = 'x')
MUTATION(other_name, e->vm.name[0] = 'x')
MUTATION(other_uuid, e->vm.uuid[0] = '1')
MUTATION(other_source, e->vm.source = VIOMMU_VM_CMDLINE)
MUTATION(other_group, e->group = 5)
MUTATION(other_detail, e->diag.detail[0] = 'x')
MUTATION(more_devices, e->device_count = 1)
MUTATION(other_time, e->ts_last = ++e->ts)
MUTATION(other_seq, e->seq = 7)

static void rules_say_what_is_equal(void **state)
{
	static const struct {
		void (*mutate)(struct viommu_event *event);
		bool reason, exact;	/* folds under the rule */
	} rows[] = {
		{ other_container, false, false }, { other_pid, false, false },
		{ other_type, false, false }, { other_result, false, false },
		{ other_reason, false, false }, { other_severity, false, false },
		{ no_request, false, false },
		{ other_iova, true, false }, { other_size, true, false },
		{ other_vaddr, true, false }, { other_flags, true, false },
		{ other_path, true, false }, { other_backing, true, false },
		{ other_limit, true, false }, { other_from, true, false },
		{ other_thread, true, false }, { other_comm, true, false },
		{ other_name, true, false }, { other_uuid, true, false },
		{ other_source, true, false }, { other_group, true, false },
		{ other_detail, true, false }, { more_devices, true, false },
		{ other_time, true, true }, { other_seq, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int rule = FOLD_EXACT; rule <= FOLD_REASON; rule++) {
			const bool folds = rule == FOLD_EXACT ? rows[i].exact : rows[i].reason;
			struct viommu_event event = failed_map(5, 0x8000000000);
			struct sink *sink;
			struct fold *fold = new_fold((enum fold_rule)rule, &sink);

			add(fold, event);
			rows[i].mutate(&event);
			add(fold, event);
			if (sink->count != (folds ? 1 : 2))
				fail_msg("row %zu rule %d", i, rule);
			assert_int_equal(fold_flush(fold), 0);
			assert_int_equal(sink->sum, 2);
			end(fold, sink);
		}
	}
}

static void successes_pass_and_others_flush(void **state)
{
	static const enum viommu_event_type types[] = {
		VIOMMU_EVENT_ATTACH, VIOMMU_EVENT_DETACH, VIOMMU_EVENT_LOST, VIOMMU_EVENT_SUMMARY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct sink *sink;
		struct fold *fold = new_fold(FOLD_REASON, &sink);

		add(fold, failed_map(1, 0x8000000000));
		add(fold, failed_map(2, 0x8000000000));
		add(fold, new_event(VIOMMU_EVENT_MAP, 3, 0));
		add(fold, new_event(VIOMMU_EVENT_UNMAP, 4, 0));
		assert_int_equal(sink->count, 3);
		add(fold, new_event(types[i], 5, types[i] == VIOMMU_EVENT_ATTACH ? -EPERM : 0));
		assert_int_equal(sink->count, 5);
		assert_int_equal(sink->out[3].ts, 2);
		assert_int_equal(sink->out[4].type, types[i]);
		/* The window goes on: the next repeat is held. */
		add(fold, failed_map(6, 0x8000000000));
		assert_int_equal(sink->count, 5);
		end(fold, sink);
	}
}

static struct viommu_event busy_map(uint64_t ts, uint64_t iova)
{
	struct viommu_event event = new_event(VIOMMU_EVENT_MAP, ts, -EBUSY);

	event.ev.iova = iova;
	return event;
}

static struct viommu_event retry_of(uint64_t ts, uint64_t iova)
{
	struct viommu_event event = new_event(VIOMMU_EVENT_MAP, ts, 0);

	event.ev.iova = iova;
	event.ev.retried = true;
	return event;
}

static void busy_then_retry_is_benign(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_EXACT, &sink);

	(void)state;
	add(fold, busy_map(10, 0x1000));
	assert_int_equal(sink->count, 0);
	assert_int_equal(fold_deadline(fold), 10 + WINDOW);
	add(fold, new_event(VIOMMU_EVENT_UNMAP, 11, 0));
	add(fold, retry_of(12, 0x1000));
	assert_int_equal(sink->count, 3);
	assert_int_equal(sink->out[0].type, VIOMMU_EVENT_UNMAP);
	assert_int_equal(sink->out[1].result, -EBUSY);
	assert_int_equal(sink->out[1].diag.reason, VIOMMU_REASON_BUSY_RETRY);
	assert_int_equal(sink->out[1].diag.severity, VIOMMU_SEVERITY_BENIGN);
	assert_int_equal(sink->out[2].result, 0);
	assert_int_equal(fold_deadline(fold), UINT64_MAX);
	end(fold, sink);
}

static void busy_without_retry_comes_after_the_window(void **state)
{
	struct viommu_event other = retry_of(20, 0x2000);
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_EXACT, &sink);

	(void)state;
	add(fold, busy_map(10, 0x1000));
	add(fold, other);			/* another range */
	other = retry_of(30, 0x1000);
	other.container_id = 2;			/* another container */
	add(fold, other);
	other = new_event(VIOMMU_EVENT_MAP, 40, 0);
	other.ev.iova = 0x1000;			/* not said to be a retry */
	add(fold, other);
	add(fold, new_event(VIOMMU_EVENT_LOST, 50, 0));
	assert_int_equal(sink->count, 4);
	assert_int_equal(fold_expire(fold, 10 + WINDOW - 1), 0);
	assert_int_equal(sink->count, 4);
	assert_int_equal(fold_expire(fold, 10 + WINDOW), 0);
	assert_int_equal(sink->count, 5);
	assert_int_equal(sink->out[4].diag.reason, VIOMMU_REASON_UNKNOWN);
	assert_int_equal(sink->out[4].iova_lowest, 0x1000);
	end(fold, sink);
}

static void busy_comes_before_a_summary_and_at_flush(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	add(fold, busy_map(10, 0x1000));
	add(fold, busy_map(11, 0x2000));
	add(fold, new_event(VIOMMU_EVENT_SUMMARY, 12, 0));
	assert_int_equal(sink->count, 3);
	assert_int_equal(sink->out[2].type, VIOMMU_EVENT_SUMMARY);
	assert_int_equal(sink->sum, 3);
	add(fold, busy_map(13, 0x3000));
	assert_int_equal(fold_flush(fold), 0);
	assert_int_equal(sink->sum, 4);
	assert_int_equal(fold_deadline(fold), UINT64_MAX);
	end(fold, sink);
}

static void more_busy_than_fit_lets_out_the_oldest(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_EXACT, &sink);

	(void)state;
	for (uint64_t i = 0; i < FOLD_MAX_BUSY; i++)
		add(fold, busy_map(i, 0x1000 * (i + 1)));
	assert_int_equal(sink->count, 0);
	add(fold, busy_map(100, 0x100000));
	assert_int_equal(sink->count, 1);
	assert_int_equal(sink->out[0].ev.iova, 0x1000);
	assert_int_equal(fold_flush(fold), 0);
	assert_int_equal(sink->sum, FOLD_MAX_BUSY + 1);
	for (size_t i = 1; i < sink->count; i++)
		assert_true(sink->out[i - 1].ts <= sink->out[i].ts);
	end(fold, sink);
}

static void more_kinds_than_fit_let_out_the_oldest(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	for (uint64_t i = 0; i < 2 * FOLD_MAX_KINDS; i++) {
		struct viommu_event event = failed_map(i / 2, 0x8000000000);

		event.container_id = 1 + i / 2;
		add(fold, event);
	}
	assert_int_equal(sink->count, FOLD_MAX_KINDS);
	for (uint64_t i = 0; i < 3; i++) {
		struct viommu_event event = failed_map(500, 0x8000000000);

		event.container_id = 1000 + i;
		add(fold, event);
	}
	assert_int_equal(sink->count, FOLD_MAX_KINDS + 6);
	assert_int_equal(sink->out[FOLD_MAX_KINDS].container_id, 1);	/* repeats of the oldest */
	assert_int_equal(sink->out[FOLD_MAX_KINDS + 2].container_id, 2);
	assert_int_equal(fold_flush(fold), 0);
	assert_int_equal(sink->sum, 2 * FOLD_MAX_KINDS + 3);
	end(fold, sink);
}

static void flush_starts_anew(void **state)
{
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	add(fold, failed_map(1, 0x8000000000));
	add(fold, failed_map(2, 0x8000000000));
	assert_int_equal(fold_flush(fold), 0);
	assert_int_equal(sink->count, 2);
	add(fold, failed_map(3, 0x8000000000));
	assert_int_equal(sink->count, 3);
	assert_int_equal(fold_flush(fold), 0);
	assert_int_equal(sink->count, 3);
	end(fold, sink);
	fold_free(NULL);
}

static void errors_of_emit_come_back_and_nothing_is_lost(void **state)
{
	struct viommu_event event = failed_map(1, 0x8000000000);
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	sink->fail_with = -EPIPE;
	assert_int_equal(fold_add(fold, &event), -EPIPE);
	assert_int_equal(fold_add(fold, &event), 0);
	event.container_id = 2;
	assert_int_equal(fold_add(fold, &event), -EPIPE);
	assert_int_equal(fold_add(fold, &event), 0);
	assert_int_equal(fold_flush(fold), -EPIPE);
	assert_int_equal(sink->sum, 4);
	end(fold, sink);
}

static void no_window_folds_nothing(void **state)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	struct fold *fold = fold_new(FOLD_REASON, 0, sink_emit, sink);

	(void)state;
	assert_non_null(sink);
	assert_non_null(fold);
	for (uint64_t i = 0; i < 10; i++)
		add(fold, failed_map(i, 0x8000000000));
	assert_int_equal(sink->count, 10);
	end(fold, sink);
}

/* An event that already stands for several counts as that many. */
static void folded_events_can_be_folded(void **state)
{
	struct viommu_event event = failed_map(1, 0x8000000000);
	struct sink *sink;
	struct fold *fold = new_fold(FOLD_REASON, &sink);

	(void)state;
	event.count = 5;
	event.ts_last = 3;
	event.iova_lowest = 0x7000000000;
	event.iova_highest = 0x9000000000;
	add(fold, event);
	event.ts = event.ts_last = 4;
	event.iova_lowest = 0x6000000000;
	add(fold, event);
	add(fold, event);
	assert_int_equal(fold_flush(fold), 0);
	assert_int_equal(sink->sum, 15);
	assert_int_equal(sink->out[1].count, 10);
	assert_int_equal(sink->out[1].iova_lowest, 0x6000000000);
	assert_int_equal(sink->out[1].iova_highest, 0x9000000000);
	end(fold, sink);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static struct viommu_event random_event(uint32_t *seed, uint64_t ts)
{
	const uint64_t iova = 0x1000 * (1 + next_random(seed) % 4);
	const uint32_t kind = next_random(seed) % 40;
	struct viommu_event event;

	if (kind == 0)
		event = new_event(VIOMMU_EVENT_ATTACH, ts, 0);
	else if (kind < 5)
		event = new_event(VIOMMU_EVENT_MAP, ts, 0);
	else if (kind < 10)
		event = retry_of(ts, iova);
	else if (kind < 15)
		event = busy_map(ts, iova);
	else
		event = failed_map(ts, 0x8000000000 + iova);
	event.container_id = next_random(seed) % 100;
	return event;
}

/* Whatever goes in comes out, once, in time; what passes at once is in order. */
static void nothing_is_lost_or_late(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct sink *sink;
		struct fold *fold = new_fold(round & 1 ? FOLD_REASON : FOLD_EXACT, &sink);
		uint64_t ts = 0, sum = 0;

		for (int i = 0; i < 2000; i++) {
			const size_t before = sink->count;

			ts += next_random(&seed) % 60;
			add(fold, random_event(&seed, ts));
			sum++;
			assert_true(fold_deadline(fold) > ts);
			for (size_t j = before; j < sink->count; j++)
				assert_true(sink->out[j].ts <= ts);
		}
		assert_true(sink->sum <= sum);
		assert_int_equal(fold_expire(fold, fold_deadline(fold)), 0);
		assert_int_equal(fold_flush(fold), 0);
		assert_int_equal(sink->sum, sum);
		end(fold, sink);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_passes_and_repeats_come_as_one),
		cmocka_unit_test(steady_repeats_come_once_a_window),
		cmocka_unit_test(wrapping_range_is_saturated),
		cmocka_unit_test(rules_say_what_is_equal),
		cmocka_unit_test(successes_pass_and_others_flush),
		cmocka_unit_test(busy_then_retry_is_benign),
		cmocka_unit_test(busy_without_retry_comes_after_the_window),
		cmocka_unit_test(busy_comes_before_a_summary_and_at_flush),
		cmocka_unit_test(more_busy_than_fit_lets_out_the_oldest),
		cmocka_unit_test(more_kinds_than_fit_let_out_the_oldest),
		cmocka_unit_test(flush_starts_anew),
		cmocka_unit_test(errors_of_emit_come_back_and_nothing_is_lost),
		cmocka_unit_test(no_window_folds_nothing),
		cmocka_unit_test(folded_events_can_be_folded),
		cmocka_unit_test(nothing_is_lost_or_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
