// SPDX-License-Identifier: GPL-2.0-or-later
/* Policies of several files as one set: precedence, names, rules without use, sizes. */
#include <errno.h>

#include "notes.h"

#define HEAD "version: 1\npolicies:\n"
#define RULE HEAD "- { name: a, match: { cgroup: /a }, max_iova_bits: 39, "
#define LIMIT(value) "version: 1\ndefault: {" value "}"

/* Of several files: one default; one precedence. */
static void test_files(void **state)
{
	struct policy_set set;
	struct notes n;

	(void)state;
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, &n, LIMIT("max_iova_bits: 40")), 0);
	assert_int_equal(notes_parse(&set, &n, RULE "}"), 0);
	assert_int_equal(notes_parse(&set, &n, LIMIT("max_iova_bits: 41")), -EINVAL);
	assert_string_equal(n.text, "f:2:10: error: a second default: f:2 has one\n");
	assert_true(set.has_default);
	assert_int_equal(set.fallback.max_iova, 0xffffffffff);
	assert_int_equal(set.count, 1);
	policy_set_fini(&set);
}

static void test_set(void **state)
{
	static const char text[] = HEAD
		"- { name: a, match: { cgroup: /m/q*1.scope }, max_iova_bits: 40 }\n"
		"- { name: a, match: { cgroup: /m/q-12-1.scope/x }, max_iova_bits: 40 }\n"
		"- { name: a.2, match: { cgroup: /n }, max_iova_bits: 40 }\n"
		"- { name: b, match: { cgroup: /m }, max_iova_bits: 40 }\n"
		"- { name: c, match: { vm: guest1 }, max_iova_bits: 40 }\n"
		"- { name: d, match: { vm: guest1 }, max_iova_bits: 40 }\n"
		"- { name: e, match: { vm: my-guest1 }, max_iova_bits: 40 }\n";
	struct policy_set set;
	struct notes n;
	const struct policy_listener listener = { notes_tell, &n };

	(void)state;
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, &n, text), 0);
	policy_set_check(&set, &listener);
	assert_string_equal(n.text,
		"f:4:11: warning: another policy is named 'a' (f:3): this one is known as 'a.3'\n"
		"f:4:31: warning: policy 'a.3' is never used: 'a' (f:3) comes first and matches all that "
		"it does\n"
		"f:8:27: warning: policy 'd' is never used: 'c' (f:7) comes first and matches all that it "
		"does\n");
	assert_ptr_equal(policy_set_find(&set, "a.3"), &set.policies[1]);
	assert_null(policy_set_find(&set, "z"));
	policy_set_fini(&set);
}

/* The most that a set holds, all of one name and none, in bounded time. */
static void test_many(void **state)
{
	const size_t room = 1 << 20;
	char *text = malloc(room);
	size_t len = 0;
	struct policy_set set;
	struct notes *n = calloc(1, sizeof(*n));

	(void)state;
	assert_non_null(text);
	assert_non_null(n);
	len += (size_t)snprintf(text, room, HEAD);
	for (int i = 0; i < VIOMMU_GUARD_MAX_POLICIES + 1; i++)
		len += (size_t)snprintf(text + len, room - len,
					"- {name: p%d, match: {vm: guest%d}, max_iova_bits: 40}\n", i, i);
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, n, text), -EINVAL);
	assert_string_equal(n->text, "f:4099:3: error: more than 4096 policies\n");
	text[strlen(text) - 60] = '\0';
	*strrchr(text, '\n') = '\0';
	assert_int_equal(notes_parse(&set, n, text), 0);
	policy_set_check(&set, &(struct policy_listener){ notes_tell, n });
	assert_string_equal(n->text, "");
	policy_set_fini(&set);
	free(text);
	free(n);
}

static void test_too_large(void **state)
{
	char *text = malloc(POLICY_FILE_MAX + 2);
	struct policy_set set;
	struct notes n;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', POLICY_FILE_MAX + 1);
	memcpy(text, "version: 1\n#", 12);
	text[POLICY_FILE_MAX + 1] = '\0';
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, &n, text), -EINVAL);
	assert_string_equal(n.text, "f:0:0: error: larger than 1048576 bytes\n");
	text[POLICY_FILE_MAX] = '\0';
	assert_int_equal(notes_parse(&set, &n, text), 0);
	/* A hundred mistakes are enough. */
	for (size_t i = 12; i + 1 < 4096; i += 2)
		memcpy(text + i, "\n?", 2);
	text[4096] = '\0';
	assert_int_equal(notes_parse(&set, &n, text), -EINVAL);
	assert_true(n.len < 16384);
	policy_set_fini(&set);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
