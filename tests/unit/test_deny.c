// SPDX-License-Identifier: GPL-2.0-or-later
/* What a map becomes when a policy refused it: type, result, limit, words; and what follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/deny.h"
#include "core/fold.h"
#include "core/request.h"
#include "core/summary.h"

#include "events.h"

#define LIMIT 0x3fffffffffULL

static struct deny deny_by(const char *policy, uint32_t error)
{
	struct deny d = { .limit = LIMIT, .error = error };

	events_text(d.by.policy, sizeof(d.by.policy), policy);
	events_text(d.by.file, sizeof(d.by.file), "/etc/viommu/policy.d/50.yaml");
	events_text(d.by.message, sizeof(d.by.message), "ask us");
	return d;
}

/* The kernel said EINVAL, the guard made ERANGE of it. */
static void test_refused(void **state)
{
	const struct deny deny = deny_by("cap-38", ERANGE);
	struct viommu_event e = events_map(0x4000000000, 4096, EINVAL);

	(void)state;
	e.ev.path = VIOMMU_PATH_REGION;
	deny_judge(&e, &deny);
	assert_int_equal(e.type, VIOMMU_EVENT_DENY);
	assert_int_equal(e.result, -ERANGE);
	assert_int_equal(e.diag.reason, VIOMMU_REASON_POLICY);
	assert_int_equal(e.diag.severity, VIOMMU_SEVERITY_FATAL);
	assert_int_equal(e.ev.limit_from, VIOMMU_LIMIT_POLICY);
	assert_int_equal(e.ev.ranges.count, 2);
	assert_int_equal(e.ev.ranges.r[1].last, LIMIT);
	assert_string_equal(e.diag.detail,
			    "IOVA 0x4000000000-0x4000000fff was refused by a policy of this host: it "
			    "allows 38 bits (last allowed 0x3fffffffff); the VMM needs it for the VM's "
			    "memory: the VM or the device does not start, or stops; policy cap-38 of "
			    "/etc/viommu/policy.d/50.yaml says: ask us");
}

/* Whatever else is wrong with it, the guard knows. */
static void test_certain(void **state)
{
	static const int errors[] = { ERANGE, EPERM, EINVAL };
	struct viommu_event e;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct deny deny = deny_by("", (uint32_t)errors[i]);

		e = events_map(0x3ffffff000, 8192, EINVAL);
		e.ev.backing = VIOMMU_BACKING_VFIO_BAR;
		e.ev.argsz = 1;
		deny_judge(&e, &deny);
		assert_int_equal(e.result, -errors[i]);
		assert_int_equal(e.diag.reason, VIOMMU_REASON_POLICY);
		assert_non_null(strstr(e.diag.detail, "; the default policy of /etc/"));
	}
}

static void test_audit(void **state)
{
	const struct deny deny = deny_by("cap-38", 0);
	struct viommu_event e = events_map(0x4000000000, 4096, 0);

	(void)state;
	e.ev.path = VIOMMU_PATH_REGION;
	deny_judge(&e, &deny);
	assert_int_equal(e.result, 0);
	assert_int_equal(e.diag.severity, VIOMMU_SEVERITY_WARNING);
	assert_true(viommu_event_failed(&e));
	assert_non_null(strstr(e.diag.detail, "would be refused by a policy of this host: it allows 38 "
			       "bits (last allowed 0x3fffffffff); the policy only audits: it was not"));
}

static void ranges_are(struct iova_ranges ranges, bool cut, uint64_t limit, size_t count,
		       uint64_t last)
{
	struct viommu_event e = events_map(0x8000000000, 4096, EINVAL);
	struct deny deny = deny_by("a", EINVAL);

	deny.limit = limit;
	e.ev.ranges = ranges;
	e.ev.ranges_cut = cut;
	deny_judge(&e, &deny);
	assert_int_equal(e.ev.ranges.count, count);
	assert_int_equal(e.ev.ranges.r[count - 1].last, last);
	assert_int_equal(e.diag.reason, VIOMMU_REASON_POLICY);
}

static void test_ranges(void **state)
{
	const struct iova_ranges host = events_ranges();

	(void)state;
	ranges_are(host, false, LIMIT, 2, LIMIT);
	/* VFIO has the cap already. */
	ranges_are(host, false, 0x7fffffffff, 2, 0x7fffffffff);
	ranges_are(host, false, 0xfeefffff, 1, 0xfedfffff);
	ranges_are(host, false, 0xfff, 1, 0xfff);
	ranges_are((struct iova_ranges){ .count = 0 }, false, LIMIT, 1, LIMIT);
	ranges_are(host, true, LIMIT, 1, LIMIT);
	/* Nothing that the host has is allowed. */
	ranges_are((struct iova_ranges){ .r = { { 0x100000, 0x1fffff } }, .count = 1 }, false,
		   0xfff, 1, 0xfff);
}

/* The sentence is never longer than its place, whatever the administrator wrote. */
static void test_long(void **state)
{
	struct viommu_event e = events_map(0x4000000000, 4096, EINVAL);
	struct deny deny = deny_by("a", EINVAL);

	(void)state;
	memset(deny.by.message, 'x', sizeof(deny.by.message) - 1);
	memset(deny.by.file, 'y', sizeof(deny.by.file) - 1);
	memset(deny.by.policy, 'z', sizeof(deny.by.policy) - 1);
	deny_judge(&e, &deny);
	assert_true(strlen(e.diag.detail) < sizeof(e.diag.detail));
}

/* The request that the map belongs to says the same. */
static void test_request(void **state)
{
	struct request_pieces pieces = { .next = 0 };
	const struct deny deny = deny_by("cap-38", ERANGE);
	struct viommu_event map = events_map(0x4000000000, 4096, EINVAL);
	struct viommu_event request = events_request(0x4000000000, 4096, 1);

	(void)state;
	map.request.parent = request.request.parent;
	deny_judge(&map, &deny);
	request_pieces_add(&pieces, &map);
	request_judge(&request, &pieces);
	assert_int_equal(request.result, -ERANGE);
	assert_int_equal(request.request.failed_result, -ERANGE);
	assert_int_equal(request.diag.reason, VIOMMU_REASON_POLICY);
	assert_int_equal(request.diag.severity, VIOMMU_SEVERITY_SILENT);
}

/* Counted by reason; the recommendation keeps to the policy, but not to one that only audits. */
static void summary_is(uint32_t error, uint64_t refused, enum viommu_limit_from from,
		       unsigned int bits)
{
	const struct deny deny = deny_by("cap-38", error);
	struct viommu_event e = events_map(0x4000000000, 4096, (int)error);
	struct summary *s = summary_new();
	struct viommu_container c = { .maps = 1 };
	const struct viommu_summary *sum;

	assert_non_null(s);
	c.range_count = 2;
	memcpy(c.ranges, events_ranges().r, sizeof(c.ranges));
	c.map_failures[error ? EINVAL : 0] = error ? 3 : 0;
	deny_judge(&e, &deny);
	e.count = 3;
	assert_int_equal(summary_add_event(s, &e), 0);
	assert_int_equal(summary_add_container(s, &e.vm, &c), 0);
	summary_close(s);
	sum = summary_at(s, 0, NULL);
	assert_int_equal(sum->failures[VIOMMU_REASON_POLICY], refused);
	assert_int_equal(sum->failures[VIOMMU_REASON_UNKNOWN], 0);
	assert_int_equal(sum->limit_from, from);
	assert_int_equal(summary_recommended_bits(sum), bits);
	summary_free(s);
}

static void test_summary(void **state)
{
	(void)state;
	summary_is(ERANGE, 3, VIOMMU_LIMIT_POLICY, 38);
	summary_is(0, 0, VIOMMU_LIMIT_CONTAINER, 39);
}

static int emitted(void *ctx, const struct viommu_event *event)
{
	*(uint64_t *)ctx += event->count;
	*((uint64_t *)ctx + 1) += 1;
	return 0;
}

/* Repeats of one policy are one line; those of another, and audits, are others. */
static void test_fold(void **state)
{
	uint64_t seen[2] = { 0, 0 };
	struct fold *fold = fold_new(FOLD_REASON, 1000000000, emitted, seen);
	struct viommu_event e;

	(void)state;
	assert_non_null(fold);
	for (uint64_t i = 0; i < 90; i++) {
		const struct deny deny = deny_by(i % 3 == 1 ? "other" : "cap-38", i % 3 ? ERANGE : 0);

		e = events_map(0x4000000000 + (i << 12), 4096, EINVAL);
		deny_judge(&e, &deny);
		assert_int_equal(fold_add(fold, &e), 0);
	}
	fold_flush(fold);
	assert_int_equal(seen[0], 90);
	assert_int_equal(seen[1], 6);
	fold_free(fold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_certain),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
