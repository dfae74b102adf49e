// SPDX-License-Identifier: GPL-2.0-or-later
/* What policies would have done to a recorded trace. */
#include "cli/replay.h"
#include "notes.h"

#define RULES \
	"version: 1\npolicies:\n" \
	"- {name: one, match: {vm: guest1}, max_iova_bits: 38}\n" \
	"- {name: scope, match: {cgroup: '/machine.slice/machine-qemu*web\\x2d*.scope'}, max_iova_bits: 40}\n" \
	"- {name: prox, match: {cgroup: /qemu.slice/8006.scope}, max_iova_bits: 41}\n"

static void replay(struct replay *r, struct policy_set *set, const char *rules, const char *events)
{
	struct notes n;

	policy_set_init(set);
	assert_int_equal(notes_parse(set, &n, rules), 0);
	replay_init(r, set);
	while (*events) {
		const size_t len = strcspn(events, "\n");

		assert_int_equal(replay_line(r, events, len), 0);
		events += len + (events[len] == '\n');
	}
}

static void done(struct replay *r, struct policy_set *set)
{
	replay_fini(r);
	policy_set_fini(set);
}

#define MAP(vm, iova, size, rest) "{\"type\":\"map\",\"vm\":\"" vm "\",\"vm_source\":\"libvirt\"," \
	"\"iova\":\"" iova "\",\"size\":\"" size "\"," rest "}\n"
#define DENY(iova, result) "{\"type\":\"deny\",\"vm\":\"guest1\",\"vm_source\":\"libvirt\"," \
	"\"iova\":\"" iova "\",\"size\":\"0x1000\",\"result\":" result "}\n"

static void test_maps(void **state)
{
	struct policy_set set;
	struct replay r;

	(void)state;
	replay(&r, &set, RULES,
	       MAP("guest1", "0x1000", "0x1000", "\"result\":0")
	       MAP("guest1", "0x3ffffff000", "0x1000", "\"result\":0")
	       MAP("guest1", "0x3ffffff000", "0x2000", "\"result\":0,\"count\":3")
	       MAP("guest1", "0x8000000000", "0x1000", "\"result\":-22")
	       MAP("guest10", "0x8000000000", "0x1000", "\"result\":0"));
	assert_int_equal(r.count, 2);
	assert_string_equal(r.vms[0].policy->name, "one");
	assert_int_equal(r.vms[0].maps, 5);
	assert_int_equal(r.vms[0].refused, 3);
	assert_int_equal(r.vms[0].lowest, 0x3ffffff000);
	assert_int_equal(r.vms[0].highest, 0x4000000fff);
	assert_true(replay_refused(&r.vms[0]));
	assert_null(r.vms[1].policy);
	assert_false(replay_refused(&r.vms[1]));
	done(&r, &set);
}

/* A map that a policy refused is one that the VM wants; one that is audited is told twice. */
static void test_denials(void **state)
{
	struct policy_set set;
	struct replay r;

	(void)state;
	replay(&r, &set, RULES, DENY("0x4000000000", "-34") DENY("0x5000000000", "0"));
	assert_int_equal(r.vms[0].maps, 1);
	assert_int_equal(r.vms[0].refused, 1);
	assert_int_equal(r.vms[0].highest, 0x5000000fff);
	done(&r, &set);
	replay(&r, &set, RULES, DENY("0x5000000000", "0"));
	assert_int_equal(r.vms[0].maps, 0);
	assert_true(replay_refused(&r.vms[0]));
	done(&r, &set);
}

/* Events name a VM, patterns name groups: compared where the name tells the group. */
static void test_names(void **state)
{
	static const struct {
		const char *vm, *source, *policy;
		bool guessed;
	} rows[] = {
		{ "guest1", "libvirt", "one", false },
		{ "guest1", "cgroup", "one", false },
		{ "guest1", "none", "", true },
		{ "web-1", "cmdline", "scope", false },
		{ "8006", "cmdline", "prox", false },
		{ "18006", "cmdline", "", false },
		{ "my_vm", "libvirt", "", true },
	};
	struct policy_set set;
	struct notes n;

	(void)state;
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, &n, RULES), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool guessed;
		const struct policy *p = replay_policy(&set, rows[i].vm, rows[i].source, &guessed);

		if (strcmp(p ? p->name : "", rows[i].policy) || guessed != rows[i].guessed)
			fail_msg("%s from %s: %s, %d", rows[i].vm, rows[i].source, p ? p->name : "none",
				 guessed);
	}
	policy_set_fini(&set);
}

/* Whatever else stands there is counted, with the first place of it. */
static void test_lines(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "7", "{}", "{\"type\":7}", "{\"type\":\"map\",\"type\":\"map\"}",
		"{\"type\":\"map\"} x", "\xff",
	};
	static const char *const ignored[] = {
		"{\"type\":\"lost\"}", "{\"type\":\"map\"}", "{\"type\":\"map\",\"vm\":\"a\"}",
		"{\"type\":\"map\",\"vm\":\"a\",\"iova\":4096,\"size\":\"0x1000\",\"result\":0}",
		"{\"type\":\"map\",\"vm\":\"a\",\"iova\":\"0x\",\"size\":\"0x1000\",\"result\":0}",
		"{\"type\":\"map\",\"vm\":\"a\",\"iova\":\"0x1\",\"size\":\"0x0\",\"result\":0}",
		"{\"type\":\"map\",\"vm\":\"a\",\"iova\":\"0xffffffffffffffff\",\"size\":\"0x2\",\"result\":0}",
		"{\"type\":\"map\",\"vm\":\"a\",\"iova\":\"0x11111111111111111\",\"size\":\"0x2\",\"result\":0}",
		"{\"type\":\"map\",\"vm\":\"a\",\"iova\":\"0x1\",\"size\":\"0x2\",\"result\":\"0\"}",
		"{\"type\":\"summary\",\"vm\":\"a\",\"highest_iova\":7}",
	};
	struct policy_set set;
	struct replay r;

	(void)state;
	replay(&r, &set, RULES, "{\"type\":\"lost\"}\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(replay_line(&r, bad[i], strlen(bad[i])), 0);
		assert_int_equal(r.bad_lines, i + 1);
	}
	assert_int_equal(r.first_bad, 2);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		assert_int_equal(replay_line(&r, ignored[i], strlen(ignored[i])), 0);
	assert_int_equal(r.bad_lines, sizeof(bad) / sizeof(bad[0]));
	assert_int_equal(r.count, 1);
	assert_int_equal(r.vms[0].maps, 0);
	done(&r, &set);
}

/* A summary has the highest address, also without --all. */
static void test_summary(void **state)
{
	struct policy_set set;
	struct replay r;

	(void)state;
	replay(&r, &set, RULES "default: {max_iova_bits: 39}\n",
	       "{\"type\":\"summary\",\"vm\":\"x\",\"vm_source\":\"libvirt\",\"highest_iova\":\"0x8000000fff\"}\n"
	       "{\"type\":\"summary\",\"vm\":\"y\",\"vm_source\":\"none\",\"highest_iova\":\"0x7fffffffff\"}\n");
	assert_true(replay_refused(&r.vms[0]));
	assert_int_equal(r.vms[0].refused, 0);
	assert_false(replay_refused(&r.vms[1]));
	assert_true(r.vms[1].guessed);
	done(&r, &set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_denials),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
