// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of viommu_guard: what is put together is read again; whatever else comes, nothing is
 * read beyond it. The module itself is asked in tests/vm.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "guard/denials.h"
#include "guard/module.h"
#include "guard/socket.h"

#define HEAD (NLMSG_HDRLEN + GENL_HDRLEN)

static struct policy sample(const char *name, size_t patterns)
{
	struct policy p = { .max_iova = 0x7fffffffff, .mode = VIOMMU_GUARD_AUDIT, .error = EPERM,
			    .message = "ask us", .file = "/etc/x.yaml", .pattern_count = patterns };

	snprintf(p.name, sizeof(p.name), "%s", name);
	for (size_t i = 0; i < patterns; i++)
		snprintf(p.pattern[i], sizeof(p.pattern[i]), "/a/%zu\\x2d*", i);
	return p;
}

static struct nlmsghdr *message_new(size_t room)
{
	char *buffer = calloc(1, HEAD + room);

	assert_non_null(buffer);
	mnl_nlmsg_put_header(buffer);
	mnl_nlmsg_put_extra_header((struct nlmsghdr *)(void *)buffer, GENL_HDRLEN);
	return (struct nlmsghdr *)(void *)buffer;
}

static const char *attributes(const struct nlmsghdr *message, size_t *len)
{
	*len = message->nlmsg_len - HEAD;
	return (const char *)message + HEAD;
}

/* As the kernel sends it back: a policy a message. The room that is asked for is enough. */
static void test_policies(void **state)
{
	struct policy_set set;
	struct nlmsghdr *message;
	struct policy back;
	const char *data;
	bool is_default;
	size_t len;

	(void)state;
	for (size_t patterns = 0; patterns <= VIOMMU_GUARD_MAX_PATTERNS; patterns++) {
		policy_set_init(&set);
		*policy_set_add(&set) = sample("one", patterns);
		message = message_new(guard_set_size(&set));
		guard_put_set(message, &set);
		data = attributes(message, &len);
		assert_true(len <= guard_set_size(&set));
		assert_true(guard_read_policy(&back, &is_default, data, len));
		assert_false(is_default);
		assert_true(policy_same(&set.policies[0], &back));
		assert_string_equal(back.file, "/etc/x.yaml");
		free(message);
		policy_set_fini(&set);
	}
	policy_set_init(&set);
	set.has_default = true;
	set.fallback = sample("", 0);
	message = message_new(guard_set_size(&set));
	guard_put_set(message, &set);
	data = attributes(message, &len);
	assert_true(guard_read_policy(&back, &is_default, data, len));
	assert_true(is_default);
	assert_true(policy_same(&set.fallback, &back));
	free(message);
}

/* Each member, with values that differ. */
static void test_denial(void **state)
{
	struct nlmsghdr *m = message_new(1024);
	struct nlattr *nest = mnl_attr_nest_start(m, VIOMMU_GUARD_A_DENIAL);
	struct guard_denial d;
	const char *data;
	size_t len;

	(void)state;
	mnl_attr_put_u64(m, VIOMMU_GUARD_D_TIME, 1ULL << 40);
	mnl_attr_put_u32(m, VIOMMU_GUARD_D_PID, 2);
	mnl_attr_put_u32(m, VIOMMU_GUARD_D_TID, 3);
	mnl_attr_put_strz(m, VIOMMU_GUARD_D_COMM, "qemu");
	mnl_attr_put_strz(m, VIOMMU_GUARD_D_CGROUP, "/a");
	mnl_attr_put_u32(m, VIOMMU_GUARD_D_GROUP, (uint32_t)-1);
	mnl_attr_put(m, VIOMMU_GUARD_D_PAD, 0, NULL);
	mnl_attr_put_u64(m, VIOMMU_GUARD_D_IOVA, 4);
	mnl_attr_put_u64(m, VIOMMU_GUARD_D_SIZE, 5);
	mnl_attr_put_u64(m, VIOMMU_GUARD_D_LIMIT, 6);
	mnl_attr_put_strz(m, VIOMMU_GUARD_D_POLICY, "p");
	mnl_attr_put_strz(m, VIOMMU_GUARD_D_FILE, "f");
	mnl_attr_put_strz(m, VIOMMU_GUARD_D_MESSAGE, "m");
	mnl_attr_put_u32(m, VIOMMU_GUARD_D_ERRNO, ERANGE);
	mnl_attr_put_u32(m, 4000, 7);
	mnl_attr_nest_end(m, nest);
	data = attributes(m, &len);
	assert_true(guard_read_denial(&d, data, len));
	assert_int_equal(d.time, 1ULL << 40);
	assert_int_equal(d.pid, 2);
	assert_int_equal(d.tid, 3);
	assert_string_equal(d.comm, "qemu");
	assert_string_equal(d.cgroup, "/a");
	assert_int_equal(d.group, -1);
	assert_int_equal(d.iova, 4);
	assert_int_equal(d.size, 5);
	assert_int_equal(d.limit, 6);
	assert_string_equal(d.policy, "p");
	assert_string_equal(d.file, "f");
	assert_string_equal(d.message, "m");
	assert_int_equal(d.error, ERANGE);
	/* Cut anywhere, it is another message or none, and nothing beyond it is read. */
	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut + 1);

		assert_non_null(copy);
		memcpy(copy, data, cut);
		guard_read_denial(&d, copy, cut);
		free(copy);
	}
	free(m);
}

/* Of a wrong size, not terminated, too long: not taken. */
static void test_odd_attributes(void **state)
{
	struct nlmsghdr *m = message_new(8192);
	struct nlattr *nest = mnl_attr_nest_start(m, VIOMMU_GUARD_A_CONTAINER);
	struct guard_container c;
	char longer[GUARD_COMM_LEN + 1];
	const char *data;
	size_t len;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	mnl_attr_put_u64(m, VIOMMU_GUARD_C_PID, 1ULL << 32);
	mnl_attr_put(m, VIOMMU_GUARD_C_START_TIME, 3, "abc");
	mnl_attr_put(m, VIOMMU_GUARD_C_COMM, GUARD_COMM_LEN, longer);
	longer[GUARD_COMM_LEN] = '\0';
	mnl_attr_put(m, VIOMMU_GUARD_C_POLICY, 3, "abc");
	mnl_attr_put(m, VIOMMU_GUARD_C_REASON, 0, NULL);
	mnl_attr_put_u64(m, VIOMMU_GUARD_C_GROUP, 5);
	mnl_attr_put_u32(m, VIOMMU_GUARD_C_STATE, 300);
	mnl_attr_put_u32(m, VIOMMU_GUARD_C_DENIALS, 9);
	mnl_attr_nest_end(m, nest);
	data = attributes(m, &len);
	assert_true(guard_read_container(&c, data, len));
	assert_int_equal(c.pid, 0);
	assert_int_equal(c.start_time, 0);
	assert_string_equal(c.comm, "");
	assert_string_equal(c.policy, "");
	assert_string_equal(c.reason, "");
	assert_int_equal(c.group, -1);
	assert_int_equal(c.state, 0);
	assert_int_equal(c.denials, 9);
	assert_true(c.limit == POLICY_NO_LIMIT);
	assert_false(guard_read_container(&c, data, 0));
	assert_null(guard_state_name(200));
	assert_string_equal(guard_state_name(VIOMMU_GUARD_NOT_ENFORCED), "not_enforced");
	assert_null(guard_missed_name(VIOMMU_GUARD_NR_MISSED));
	free(m);
}

static void test_status(void **state)
{
	struct nlmsghdr *m = message_new(1024);
	struct nlattr *nest, *missed;
	struct guard_status s;
	const char *data;
	size_t len;

	(void)state;
	mnl_attr_put_u64(m, VIOMMU_GUARD_A_GENERATION, 77);
	nest = mnl_attr_nest_start(m, VIOMMU_GUARD_A_STATUS);
	mnl_attr_put_u8(m, VIOMMU_GUARD_S_ARMED, 1);
	mnl_attr_put_u32(m, VIOMMU_GUARD_S_CAPPED, 3);
	missed = mnl_attr_nest_start(m, VIOMMU_GUARD_S_MISSED);
	mnl_attr_put_u64(m, VIOMMU_GUARD_MISSED_COUNT + 1, 5);
	mnl_attr_put_u64(m, VIOMMU_GUARD_NR_MISSED + 1, 6);
	mnl_attr_nest_end(m, missed);
	mnl_attr_nest_end(m, nest);
	data = attributes(m, &len);
	assert_true(guard_read_status(&s, data, len));
	assert_int_equal(s.generation, 77);
	assert_int_equal(s.armed, 1);
	assert_int_equal(s.capped, 3);
	assert_int_equal(s.missed[VIOMMU_GUARD_MISSED_COUNT], 5);
	assert_int_equal(s.missed[VIOMMU_GUARD_MISSED_EVENT], 0);
	free(m);
}

/* An acknowledgement with the kernel's words; cut or lying about its request's length. */
static void test_extack(void **state)
{
	char buffer[256] = "", text[64];
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	struct nlmsgerr *error = mnl_nlmsg_put_extra_header(m, sizeof(*error));

	(void)state;
	m->nlmsg_type = NLMSG_ERROR;
	m->nlmsg_flags = NLM_F_ACK_TLVS | NLM_F_CAPPED;
	mnl_attr_put_strz(m, NLMSGERR_ATTR_MSG, "P_NAME: \x1b[31m");
	guard_extack_read(text, sizeof(text), m);
	assert_string_equal(text, "P_NAME: \xef\xbf\xbd[31m");
	for (uint32_t len = NLMSG_HDRLEN; len < m->nlmsg_len - 2; len++) {
		struct nlmsghdr *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, m, len);
		copy->nlmsg_len = len;
		guard_extack_read(text, sizeof(text), copy);
		assert_string_equal(text, "");
		free(copy);
	}
	m->nlmsg_flags = NLM_F_ACK_TLVS;
	error->msg.nlmsg_len = UINT32_MAX;
	guard_extack_read(text, sizeof(text), m);
	assert_string_equal(text, "");
	m->nlmsg_flags = 0;
	guard_extack_read(text, sizeof(text), m);
	assert_string_equal(text, "");
}

static void test_load_errors(void **state)
{
	static const struct {
		int err;
		const char *word;
	} rows[] = {
		{ -ENOENT, "viommu-guard-dkms" }, { -EKEYREJECTED, "Secure Boot" },
		{ -ENOKEY, "mokutil" }, { -EPERM, "lockdown" }, { -ENOEXEC, "another kernel" },
		{ -EIO, "Input/output error" },
	};
	char why[GUARD_WHY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		guard_module_explain(why, rows[i].err);
		if (!strstr(why, rows[i].word))
			fail_msg("%s is not in: %s", rows[i].word, why);
		assert_true(strlen(why) < GUARD_WHY_LEN - 1);
	}
}

static struct guard_denial denial_at(uint32_t tid, uint64_t iova, uint64_t time)
{
	return (struct guard_denial){ .tid = tid, .iova = iova, .size = 4096, .time = time,
				      .error = ERANGE };
}

static void test_join(void **state)
{
	const uint64_t s = 1000000000;
	struct denials *d = denials_new();
	struct guard_denial denial = denial_at(7, 0x1000, 10 * s), out;
	struct denial_key key = { 7, 0x1000, 4096, 10 * s + 5 };

	(void)state;
	assert_non_null(d);
	assert_false(denials_take(d, &key, &out));
	assert_false(denials_add(d, &denial, &out));
	key.tid = 8;
	assert_false(denials_take(d, &key, &out));
	key.tid = 7;
	key.iova = 0x2000;
	assert_false(denials_take(d, &key, &out));
	key.iova = 0x1000;
	key.size = 8192;
	assert_false(denials_take(d, &key, &out));
	key.size = 4096;
	/* The same map, tried again later. */
	key.time = 12 * s;
	assert_false(denials_take(d, &key, &out));
	key.time = 10 * s - 5;
	assert_true(denials_take(d, &key, &out));
	assert_int_equal(out.time, 10 * s);
	assert_false(denials_take(d, &key, &out));
	/* Its record does not come. */
	assert_false(denials_add(d, &denial, &out));
	assert_false(denials_alone(d, 11 * s, &out));
	assert_true(denials_alone(d, 11 * s + 1, &out));
	assert_false(denials_alone(d, 12 * s, &out));
	assert_true(denials_may_be(-ERANGE));
	assert_true(denials_may_be(-EPERM));
	assert_true(denials_may_be(-EINVAL));
	assert_false(denials_may_be(-ENOMEM));
	assert_false(denials_may_be(0));
	denials_free(d);
}

/* Records come in another order, and the oldest makes room. */
static void test_join_many(void **state)
{
	struct denials *d = denials_new();
	struct guard_denial denial, out;

	(void)state;
	assert_non_null(d);
	for (uint32_t i = 0; i < DENIALS_MAX + 5; i++) {
		denial = denial_at(i, 0x1000, i);
		assert_int_equal(denials_add(d, &denial, &out), i >= DENIALS_MAX);
		if (i >= DENIALS_MAX)
			assert_int_equal(out.tid, i - DENIALS_MAX);
	}
	for (uint32_t i = DENIALS_MAX + 4; i >= 5; i--) {
		const struct denial_key key = { i, 0x1000, 4096, i };

		assert_true(denials_take(d, &key, &out));
		assert_int_equal(out.tid, i);
	}
	assert_false(denials_alone(d, UINT64_MAX, &out));
	/* All places are free again, wherever the ring begins now. */
	for (uint32_t i = 0; i < DENIALS_MAX; i++) {
		denial = denial_at(i, 0x1000, i);
		assert_false(denials_add(d, &denial, &out));
	}
	assert_true(denials_alone(d, UINT64_MAX, &out));
	assert_int_equal(out.tid, 0);
	denials_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_denial),
		cmocka_unit_test(test_odd_attributes),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_extack),
		cmocka_unit_test(test_load_errors),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
