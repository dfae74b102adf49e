// SPDX-License-Identifier: GPL-2.0-or-later
/* Totals per VM: what is added up, what is not, and that reasons sum to the kernel's count. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/summary.h"

#define LAST_SLOT (VIOMMU_LATENCY_SLOTS - 1)

static struct viommu_vm new_vm(const char *name)
{
	struct viommu_vm vm = { .source = VIOMMU_VM_CMDLINE, .vmm = VIOMMU_VMM_QEMU };

	snprintf(vm.name, sizeof(vm.name), "%s", name);
	return vm;
}

static struct viommu_event new_failure(const char *name, enum viommu_reason reason,
				       uint64_t count)
{
	struct viommu_event event = {
		.type = VIOMMU_EVENT_MAP, .result = -EINVAL, .count = count, .vm = new_vm(name),
		.ev = { .has_range = true, .iova = 0x8000000000, .size = 0x1000 },
		.diag = { .reason = reason },
	};

	return event;
}

static struct viommu_container new_container(uint64_t last)
{
	struct viommu_container c = { .range_count = 1, .ranges = { { 0, last } } };

	return c;
}

static void assert_adds(struct summary *s, const struct viommu_event *event)
{
	assert_int_equal(summary_add_event(s, event), 0);
}

static void assert_adds_container(struct summary *s, const char *name,
				  const struct viommu_container *c)
{
	const struct viommu_vm vm = new_vm(name);

	assert_int_equal(summary_add_container(s, &vm, c), 0);
}

static uint64_t sum_of_failures(const struct viommu_summary *sum)
{
	uint64_t total = 0;

	for (size_t i = 0; i < VIOMMU_NR_REASONS; i++)
		total += sum->failures[i];
	return total;
}

static void containers_of_one_vm_add_up(void **state)
{
	struct viommu_container a = new_container(0xffffffffffff), b = new_container(0x7fffffffff);
	struct summary *s = summary_new();
	const struct viommu_summary *sum;
	const struct viommu_vm *vm;

	(void)state;
	a.maps = 10;
	a.unmaps = 4;
	a.map_bytes = 4096;
	a.unmap_bytes = 1024;
	a.highest_mapped = 0x1fff;
	a.latency[3] = 7;
	a.dma_limit = 65535;
	a.dma_avail = 65000;
	b = (struct viommu_container) { .maps = 5, .unmaps = 1, .map_bytes = 1, .unmap_bytes = 2,
		.highest_mapped = 0x2fff, .latency = { [3] = 1, [LAST_SLOT] = 2 },
		.dma_limit = 65535, .dma_avail = 12, .range_count = 1,
		.ranges = { { 0, 0x7fffffffff } } };
	assert_adds_container(s, "guest1", &a);
	assert_adds_container(s, "guest2", &a);
	assert_adds_container(s, "guest1", &b);
	summary_close(s);
	assert_int_equal(summary_count(s), 2);
	sum = summary_at(s, 0, &vm);
	assert_string_equal(vm->name, "guest1");
	assert_int_equal(sum->maps, 15);
	assert_int_equal(sum->unmaps, 5);
	assert_int_equal(sum->map_bytes, 4097);
	assert_int_equal(sum->unmap_bytes, 1026);
	assert_int_equal(sum->highest_mapped, 0x2fff);
	assert_int_equal(sum->latency[3], 8);
	assert_int_equal(sum->latency[LAST_SLOT], 2);
	assert_int_equal(sum->dma_avail, 12);
	assert_int_equal(sum->dma_limit, 65535);
	assert_int_equal(sum->containers, 2);
	assert_int_equal(sum->limit_from, VIOMMU_LIMIT_CONTAINER);
	assert_int_equal(summary_recommended_bits(sum), 39);
	sum = summary_at(s, 1, NULL);
	assert_int_equal(summary_recommended_bits(sum), 48);
	assert_int_equal(sum->dma_avail, 65000);
	assert_null(summary_at(s, 2, &vm));
	summary_free(s);
}

static void vms_are_told_apart_by_name_uuid_and_source(void **state)
{
	struct viommu_event event = new_failure("guest1", VIOMMU_REASON_OVERLAP, 1);
	struct summary *s = summary_new();

	(void)state;
	assert_adds(s, &event);
	assert_adds(s, &event);
	snprintf(event.vm.uuid, sizeof(event.vm.uuid), "5d7d3f0c");
	assert_adds(s, &event);
	event.vm.source = VIOMMU_VM_LIBVIRT;
	assert_adds(s, &event);
	event.vm.manager[0] = 'x';	/* not part of who it is */
	assert_adds(s, &event);
	assert_int_equal(summary_count(s), 3);
	assert_int_equal(summary_at(s, 0, NULL)->failures[VIOMMU_REASON_OVERLAP], 2);
	assert_int_equal(summary_at(s, 2, NULL)->failures[VIOMMU_REASON_OVERLAP], 2);
	summary_free(s);
}

static void failures_sum_to_what_the_kernel_counted(void **state)
{
	static const struct {
		uint64_t events, kernel, unknown;
	} rows[] = {
		{ 3, 3, 0 }, { 3, 4, 1 }, { 3, 10, 7 }, { 0, 10, 10 }, { 0, 0, 0 }, { 5, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct viommu_event event = new_failure("g", VIOMMU_REASON_ABOVE_HOST_WIDTH,
							rows[i].events);
		struct viommu_container c = new_container(0x7fffffffff);
		struct summary *s = summary_new();
		const struct viommu_summary *sum;

		if (rows[i].events)
			assert_adds(s, &event);
		c.map_failures[EINVAL] = rows[i].kernel / 2;
		c.map_failures[0] = rows[i].kernel - rows[i].kernel / 2;
		c.highest_refused = 0x9000000000;
		assert_adds_container(s, "g", &c);
		summary_close(s);
		sum = summary_at(s, 0, NULL);
		assert_int_equal(sum->failures[VIOMMU_REASON_ABOVE_HOST_WIDTH], rows[i].events);
		assert_int_equal(sum->failures[VIOMMU_REASON_UNKNOWN], rows[i].unknown);
		assert_int_equal(sum_of_failures(sum), rows[i].events + rows[i].unknown);
		assert_int_equal(sum->highest_refused, rows[i].kernel ? 0x9000000000 :
				 rows[i].events ? 0x8000000fff : 0);
		summary_free(s);
	}
}

static void last_element_of_each_table_counts(void **state)
{
	struct viommu_container c = new_container(0x7fffffffff);
	struct summary *s = summary_new();

	(void)state;
	c.map_failures[VIOMMU_MAX_ERRNO - 1] = 2;
	c.latency[LAST_SLOT] = 3;
	assert_adds_container(s, "g", &c);
	summary_close(s);
	assert_int_equal(sum_of_failures(summary_at(s, 0, NULL)), 2);
	assert_int_equal(summary_at(s, 0, NULL)->latency[LAST_SLOT], 3);
	summary_free(s);
}

static void only_failed_maps_are_failures(void **state)
{
	struct viommu_event event = new_failure("g", VIOMMU_REASON_OVERLAP, 4);
	struct summary *s = summary_new();

	(void)state;
	event.type = VIOMMU_EVENT_UNMAP;
	assert_adds(s, &event);
	event.type = VIOMMU_EVENT_ATTACH;
	assert_adds(s, &event);
	event.type = VIOMMU_EVENT_MAP;
	event.result = 0;
	assert_adds(s, &event);
	assert_int_equal(summary_count(s), 1);
	assert_int_equal(sum_of_failures(summary_at(s, 0, NULL)), 0);
	event.result = -EEXIST;
	assert_adds(s, &event);
	event.diag.reason = VIOMMU_NR_REASONS;
	assert_adds(s, &event);
	assert_int_equal(sum_of_failures(summary_at(s, 0, NULL)), 4);
	event.type = VIOMMU_EVENT_SUMMARY;
	event.vm = new_vm("other");
	assert_adds(s, &event);
	assert_int_equal(summary_count(s), 1);
	summary_free(s);
}

static void losses_without_a_vm_count_for_all(void **state)
{
	struct viommu_event lost = { .type = VIOMMU_EVENT_LOST, .count = 5,
				     .lost = VIOMMU_LOST_RING };
	struct viommu_container c = new_container(0x7fffffffff);
	struct summary *s = summary_new();

	(void)state;
	assert_adds(s, &lost);
	assert_int_equal(summary_count(s), 0);
	assert_adds_container(s, "a", &c);
	assert_adds_container(s, "b", &c);
	lost.vm = new_vm("b");
	lost.lost = VIOMMU_LOST_SKIPPED;
	lost.count = 2;
	assert_adds(s, &lost);
	lost.lost = VIOMMU_NR_LOST;
	assert_adds(s, &lost);
	summary_close(s);
	assert_int_equal(summary_at(s, 0, NULL)->lost[VIOMMU_LOST_RING], 5);
	assert_int_equal(summary_at(s, 1, NULL)->lost[VIOMMU_LOST_RING], 5);
	assert_int_equal(summary_at(s, 0, NULL)->lost[VIOMMU_LOST_SKIPPED], 0);
	assert_int_equal(summary_at(s, 1, NULL)->lost[VIOMMU_LOST_SKIPPED], 2);
	summary_free(s);
}

static void ranges_that_cannot_be_trusted_are_left_out(void **state)
{
	struct viommu_container good = new_container(0x7fffffffff), bad = good;
	struct summary *s = summary_new();

	(void)state;
	bad.range_seq = 1;
	bad.ranges[0].last = 0xffff;
	assert_adds_container(s, "g", &bad);
	bad.range_seq = 2;
	bad.ranges[0] = (struct viommu_range) { 5, 4 };
	assert_adds_container(s, "g", &bad);
	bad.range_count = VIOMMU_MAX_RANGES + 1;
	assert_adds_container(s, "g", &bad);
	bad.range_count = 0;
	assert_adds_container(s, "g", &bad);
	assert_adds_container(s, "g", &good);
	summary_close(s);
	assert_int_equal(summary_recommended_bits(summary_at(s, 0, NULL)), 39);
	summary_free(s);
}

/* Containers with nothing in common: no width can be right for both, and none is invented. */
static void nothing_in_common_is_no_recommendation(void **state)
{
	struct viommu_event told = new_failure("g", VIOMMU_REASON_OVERLAP, 1);
	struct viommu_container low = new_container(0x7fffffffff), high = low;
	struct summary *s = summary_new();

	(void)state;
	told.ev.ranges.count = 1;
	told.ev.ranges.r[0] = (struct viommu_range) { 0, 0xffffffffffff };
	assert_adds(s, &told);
	high.ranges[0] = (struct viommu_range) { 0x8000000000, UINT64_MAX };
	assert_adds_container(s, "g", &low);
	assert_adds_container(s, "g", &high);
	assert_adds_container(s, "g", &low);
	summary_close(s);
	assert_int_equal(summary_at(s, 0, NULL)->ranges.count, 0);
	assert_int_equal(summary_at(s, 0, NULL)->limit_from, VIOMMU_LIMIT_UNKNOWN);
	assert_int_equal(summary_recommended_bits(summary_at(s, 0, NULL)), 0);
	summary_free(s);
}

/* A QEMU that died at start: its container is gone, the attach told of the ranges. */
static void ranges_of_events_stand_in(void **state)
{
	struct viommu_event event = { .type = VIOMMU_EVENT_ATTACH, .count = 1,
		.vm = new_vm("g"), .ev = { .limit_from = VIOMMU_LIMIT_CONTAINER,
		.ranges = { .count = 1, .r = { { 0, 0xffffffffffff } } } } };
	struct viommu_container gone = { .range_count = 0 };

	(void)state;
	for (int with_container = 0; with_container < 3; with_container++) {
		static const unsigned int want[] = { 47, 47, 39 };
		struct summary *s = summary_new();

		event.ev.ranges.r[0].last = 0xffffffffffff;
		assert_adds(s, &event);
		event.ev.ranges.r[0].last = 0x7fffffffffff;
		assert_adds(s, &event);
		event.ev.ranges.r[0].last = 0xffffffffff;
		event.ev.ranges_cut = true;
		assert_adds(s, &event);
		event.ev.ranges_cut = false;
		if (with_container == 2)
			gone = new_container(0x7fffffffff);
		if (with_container)
			assert_adds_container(s, "g", &gone);
		summary_close(s);
		assert_int_equal(summary_recommended_bits(summary_at(s, 0, NULL)),
				 want[with_container]);
		assert_int_equal(summary_at(s, 0, NULL)->limit_from, VIOMMU_LIMIT_CONTAINER);
		summary_free(s);
	}
}

static void one_vm_too_many_is_refused(void **state)
{
	struct viommu_container c = new_container(0x7fffffffff);
	struct viommu_event event = new_failure("", VIOMMU_REASON_OVERLAP, 1);
	struct summary *s = summary_new();
	struct viommu_vm vm;
	char name[16];

	(void)state;
	assert_adds(s, &event);		/* nobody's: not counted */
	assert_int_equal(summary_count(s), 0);
	for (int i = 0; i < SUMMARY_MAX_VMS; i++) {
		snprintf(name, sizeof(name), "vm%d", i);
		assert_adds_container(s, name, &c);
	}
	vm = new_vm("one more");
	event.vm = vm;
	assert_int_equal(summary_add_container(s, &vm, &c), -ENOSPC);
	assert_int_equal(summary_add_event(s, &event), -ENOSPC);
	event.type = VIOMMU_EVENT_LOST;
	assert_int_equal(summary_add_event(s, &event), -ENOSPC);
	assert_adds_container(s, "vm0", &c);
	assert_int_equal(summary_count(s), SUMMARY_MAX_VMS);
	summary_close(s);
	assert_int_equal(summary_at(s, 0, NULL)->containers, 2);
	summary_free(s);
	summary_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_of_one_vm_add_up),
		cmocka_unit_test(vms_are_told_apart_by_name_uuid_and_source),
		cmocka_unit_test(failures_sum_to_what_the_kernel_counted),
		cmocka_unit_test(last_element_of_each_table_counts),
		cmocka_unit_test(only_failed_maps_are_failures),
		cmocka_unit_test(losses_without_a_vm_count_for_all),
		cmocka_unit_test(ranges_that_cannot_be_trusted_are_left_out),
		cmocka_unit_test(nothing_in_common_is_no_recommendation),
		cmocka_unit_test(ranges_of_events_stand_in),
		cmocka_unit_test(one_vm_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
