// SPDX-License-Identifier: GPL-2.0-or-later
/* What --vm matches, and which devices a group has. */
#include "tree.h"

#include "host/vm.h"

#define GUEST1 "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

static void match_is_name_uuid_or_glob(void **state)
{
	static const struct {
		const char *name, *pattern;
		bool match;
	} rows[] = {
		{ "guest1", "guest1", true }, { "guest1", "guest", false },
		{ "guest1", "guest*", true }, { "guest1", "*", true },
		{ "guest1", "guest?", true }, { "guest1", "guest[0-9]", true },
		{ "guest1", "guest[!1]", false }, { "guest1", "GUEST1", false },
		{ "guest12", "guest1", false }, { "a[1]", "a[1]", true }, { "a1", "a[1]", true },
		{ "a*", "a*", true }, { "a/b", "a*", true }, { ".x", "*", true },
		{ "a,b c", "a,b c", true }, { "guest1", "", false }, { "guest1", "[", false },
		{ "[", "[", true }, { "pid:7", "pid:*", true },
		{ "guest1", GUEST1, true },
		{ "guest1", "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0", true },
		{ "guest1", "4dea22b3*", false },
	};
	struct viommu_vm vm = { .uuid = GUEST1 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(vm.name, sizeof(vm.name), "%s", rows[i].name);
		if (host_vm_match(&vm, rows[i].pattern) != rows[i].match)
			fail_msg("%s with %s", rows[i].name, rows[i].pattern);
	}
	vm.uuid[0] = '\0';
	assert_false(host_vm_match(&vm, ""));
}

static void group_devices_ascend(void **state)
{
	static const char *const made[] = {
		"0000:41:00.1", "0000:41:00.0", "10000:e1:00.0", "0000:02:1f.7", "0000:a1:00.0",
		"fffff:00:00.0", "4dea22b3-1d52-d8f3-2516-782e98ab3fa0", "dprc.1", "0000:41:00.0x",
		"0000:41:00", "000:41:00.0", "0000:4g:00.0", "0000:41:00.A", "0000:41:000.0",
	};
	static const char *const want[] = {
		"0000:02:1f.7", "0000:41:00.0", "0000:41:00.1", "0000:a1:00.0", "10000:e1:00.0",
		"fffff:00:00.0",
	};
	char *root = tree_new(NULL);
	char devices[8][20];

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		char file[128];

		snprintf(file, sizeof(file), "sys/kernel/iommu_groups/7/devices/%s", made[i]);
		tree_puts(root, file, "");
	}
	for (size_t max = 0; max <= 8; max++) {
		size_t n = max < 6 ? max : 6;

		memset(devices, 'x', sizeof(devices));
		assert_int_equal(host_group_devices(7, root, devices, max), n);
		for (size_t i = 0; i < n; i++)
			assert_string_equal(devices[i], want[i]);
		for (size_t i = n; i < 8; i++)
			assert_int_equal(devices[i][0], 'x');
	}
	assert_int_equal(host_group_devices(8, root, devices, 8), -ENOENT);
	assert_int_equal(host_group_devices(-1, root, devices, 8), -EINVAL);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(match_is_name_uuid_or_glob),
		cmocka_unit_test(group_devices_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
