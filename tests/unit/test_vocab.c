// SPDX-License-Identifier: GPL-2.0-or-later
/* Vocabularies: every value has a name, no two have the same, and names can be read back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"

#define MAX_NAMES 64

/* Words of JSON and of metric labels: lower case, digits, '_' or '-'. */
static void assert_word(const char *name)
{
	assert_non_null(name);
	assert_true(name[0] >= 'a' && name[0] <= 'z');
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-"), strlen(name));
}

static void assert_names(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_word(names[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
	}
}

#define ASSERT_NAMED(type, function, count) do { \
	const char *names[MAX_NAMES]; \
	assert_true((count) <= MAX_NAMES); \
	for (int i = 0; i < (count); i++) \
		names[i] = function((type)i); \
	assert_names(names, (count)); \
	assert_null(function((type)(count))); \
	assert_null(function((type)-1)); \
} while (0)

static void every_value_has_its_own_name(void **state)
{
	(void)state;
	ASSERT_NAMED(enum viommu_reason, viommu_reason_name, VIOMMU_NR_REASONS);
	ASSERT_NAMED(enum viommu_severity, viommu_severity_name, VIOMMU_NR_SEVERITIES);
	ASSERT_NAMED(enum viommu_event_type, viommu_event_name, VIOMMU_NR_EVENTS);
	ASSERT_NAMED(enum viommu_path, viommu_path_name, VIOMMU_NR_PATHS);
	ASSERT_NAMED(enum viommu_backing, viommu_backing_name, VIOMMU_NR_BACKING);
	ASSERT_NAMED(enum viommu_limit_from, viommu_limit_name, VIOMMU_NR_LIMITS);
	ASSERT_NAMED(enum viommu_remedy_for, viommu_remedy_for_name, VIOMMU_NR_FOR);
	ASSERT_NAMED(enum viommu_lost, viommu_lost_name, VIOMMU_NR_LOST);
	ASSERT_NAMED(enum viommu_vm_source, viommu_vm_source_name, VIOMMU_NR_VM_SOURCES);
}

/* The names are public: other programs and dashboards hold them. */
static void names_are_those_that_are_documented(void **state)
{
	(void)state;
	assert_string_equal(viommu_reason_name(VIOMMU_REASON_ABOVE_HOST_WIDTH),
			    "above_host_width");
	assert_string_equal(viommu_reason_name(VIOMMU_REASON_RESERVED_AMD_HT), "reserved_amd_ht");
	assert_string_equal(viommu_reason_name(VIOMMU_REASON_UNKNOWN), "unknown");
	assert_string_equal(viommu_backing_name(VIOMMU_BACKING_VFIO_BAR), "vfio-bar");
	assert_string_equal(viommu_backing_name(VIOMMU_BACKING_DEVICE), "device");
	assert_string_equal(viommu_path_name(VIOMMU_PATH_REGION), "region");
	assert_string_equal(viommu_limit_name(VIOMMU_LIMIT_GET_INFO), "get_info");
	assert_string_equal(viommu_lost_name(VIOMMU_LOST_RING), "ring_full");
	assert_string_equal(viommu_lost_name(VIOMMU_LOST_IDENTITY), "identity_ring_full");
	assert_string_equal(viommu_lost_name(VIOMMU_LOST_CONTAINER), "container_table_full");
	assert_string_equal(viommu_lost_name(VIOMMU_LOST_ARGS), "request_unread");
	assert_string_equal(viommu_lost_name(VIOMMU_LOST_RETURN), "return_missed");
	assert_string_equal(viommu_lost_name(VIOMMU_LOST_SKIPPED), "program_skipped");
	assert_string_equal(viommu_event_name(VIOMMU_EVENT_DENY), "deny");
	assert_string_equal(viommu_vm_source_name(VIOMMU_VM_CMDLINE), "cmdline");
}

static void meanings_are_sentences(void **state)
{
	(void)state;
	for (int i = 0; i < VIOMMU_NR_REASONS; i++)
		assert_true(strlen(viommu_reason_meaning((enum viommu_reason)i)) > 10);
	for (int i = 0; i < VIOMMU_NR_LOST; i++)
		assert_true(strlen(viommu_lost_meaning((enum viommu_lost)i)) > 10);
	assert_null(viommu_reason_meaning(VIOMMU_NR_REASONS));
	assert_null(viommu_lost_meaning(VIOMMU_NR_LOST));
}

static void severities_are_ordered_and_read_back(void **state)
{
	static const char *const order[] = { "benign", "warning", "silent", "fatal" };

	(void)state;
	assert_int_equal(VIOMMU_NR_SEVERITIES, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(viommu_severity_parse(order[i]), i);
	assert_int_equal(viommu_severity_parse("Fatal"), -EINVAL);
	assert_int_equal(viommu_severity_parse("fata"), -EINVAL);
	assert_int_equal(viommu_severity_parse(""), -EINVAL);
	assert_int_equal(viommu_severity_parse(NULL), -EINVAL);
}

static void errnos_have_the_c_library_names(void **state)
{
	char buf[32];
	int named = 0;

	(void)state;
	for (int err = 1; err < 134; err++) {
		const char *want = strerrorname_np(err);
		const char *got = viommu_errno_name(err, buf, sizeof(buf));

		if (want) {
			assert_string_equal(got, want);
			named++;
		} else {
			assert_ptr_equal(got, buf);
		}
	}
	assert_int_equal(named, 131);	/* 1..133 without 41 and 58 */
}

static void errnos_without_a_name_are_written_out(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(viommu_errno_name(524, buf, sizeof(buf)), "ENOTSUPP");
	assert_string_equal(viommu_errno_name(41, buf, sizeof(buf)), "errno 41");
	assert_string_equal(viommu_errno_name(0, buf, sizeof(buf)), "errno 0");
	assert_string_equal(viommu_errno_name(-22, buf, sizeof(buf)), "errno -22");
	assert_string_equal(viommu_errno_name(134, buf, sizeof(buf)), "errno 134");
	assert_string_equal(viommu_errno_name(2147483647, buf, sizeof(buf)), "errno 2147483647");
	assert_string_equal(viommu_errno_name(134, buf, 4), "err");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_its_own_name),
		cmocka_unit_test(names_are_those_that_are_documented),
		cmocka_unit_test(meanings_are_sentences),
		cmocka_unit_test(severities_are_ordered_and_read_back),
		cmocka_unit_test(errnos_have_the_c_library_names),
		cmocka_unit_test(errnos_without_a_name_are_written_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
