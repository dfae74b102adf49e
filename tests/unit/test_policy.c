// SPDX-License-Identifier: GPL-2.0-or-later
/* Policy files: what they mean, and that every mistake is told with its place. */
#include <errno.h>

#include "notes.h"

#define HEAD "version: 1\npolicies:\n"
#define RULE HEAD "- { name: a, match: { cgroup: /a }, max_iova_bits: 39, "

static void test_example(void **state)
{
	static const char text[] =
		"version: 1\n"
		"policies:                        # first match wins\n"
		"  - name: cap-39\n"
		"    match: { vm: guest1 }\n"
		"    max_iova_bits: 39\n"
		"    mode: enforce\n"
		"    errno: EPERM\n"
		"    message: ask the storage team before raising this    # optional\n"
		"  - name: other\n"
		"    match: { cgroup: '/machine.slice/machine-qemu*guest1.scope' }\n"
		"    max_iova: 0x3fffffffff\n"
		"    mode: audit\n"
		"default: { max_iova_bits: 48, mode: audit }\n";
	struct policy_set set;
	struct notes n;
	const struct policy *p;

	(void)state;
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, &n, text), 0);
	assert_string_equal(n.text, "f:11:15: warning: with a limit below 39 bits no guest with "
			    "intel-iommu starts: it takes aw-bits 39 or 48; virtio-iommu takes 32 to "
			    "64\n");
	assert_int_equal(set.count, 2);
	p = &set.policies[0];
	assert_string_equal(p->name, "cap-39");
	assert_string_equal(p->vm, "guest1");
	assert_int_equal(p->pattern_count, 3);
	assert_string_equal(p->pattern[0],
			    "/machine.slice/machine-qemu\\x2d#\\x2dguest1.scope");
	assert_int_equal(p->max_iova, 0x7fffffffff);
	assert_int_equal(p->mode, VIOMMU_GUARD_ENFORCE);
	assert_int_equal(p->error, EPERM);
	assert_string_equal(p->message, "ask the storage team before raising this");
	assert_string_equal(p->file, "f");
	assert_int_equal(p->at.line, 3);
	assert_int_equal(p->at.column, 11);
	p = &set.policies[1];
	assert_int_equal(p->pattern_count, 1);
	assert_int_equal(p->max_iova, 0x3fffffffff);
	assert_int_equal(p->mode, VIOMMU_GUARD_AUDIT);
	assert_int_equal(p->error, ERANGE);
	assert_true(set.has_default);
	assert_int_equal(set.fallback.max_iova, 0xffffffffffff);
	assert_int_equal(set.fallback.mode, VIOMMU_GUARD_AUDIT);
	assert_string_equal(set.fallback.name, "");
	policy_set_fini(&set);
}

/* A line at most, and what is told of it; "": it is fine. */
struct row {
	const char *text;
	const char *want;
};

static void rows_check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const bool good = !strstr(rows[i].want, ": error: ");
		struct policy_set set;
		struct notes n;

		policy_set_init(&set);
		if (notes_parse(&set, &n, rows[i].text) != (good ? 0 : -EINVAL) ||
		    strcmp(n.text, rows[i].want))
			fail_msg("%s\n-- says --\n%s-- not --\n%s", rows[i].text, n.text,
				 rows[i].want);
		assert_true(good || (!set.count && !set.has_default));
		policy_set_fini(&set);
	}
}

#define CHECK(rows) rows_check(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_keys(void **state)
{
	static const struct row rows[] = {
		{ "version: 1\n", "" },
		{ "version: 1\ndefault: {max_iova_bits: 64}", "" },
		{ "{\"version\": 1, \"policies\": []}", "" },
		{ RULE "}", "" },
		{ HEAD "- name: a\n  match: {cgroup: /a}\n  max_iova_bit: 39\n",
		  "f:5:3: error: unknown key 'max_iova_bit' (did you mean 'max_iova_bits'?)\n"
		  "f:3:3: error: a policy has no limit: give 'max_iova_bits' or 'max_iova'\n" },
		{ RULE "colour: {a: [b, {c: d}]} }", "f:3:56: error: unknown key 'colour' in a policy\n" },
		{ "version: 1\npolcies: []\n",
		  "f:2:1: error: unknown key 'polcies' (did you mean 'policies'?)\n" },
		{ RULE "mode: audit, mode: enforce }",
		  "f:3:69: warning: 'mode' is given twice in a policy: the first one counts\n" },
		{ "policies: []\n", "f:1:1: error: no 'version: 1' in it\n" },
		{ "", "f:1:1: error: no 'version: 1' in it\n" },
		{ "# nothing\n---\n", "f:1:1: error: no 'version: 1' in it\n" },
		{ "version: 2\n", "f:1:10: error: 'version' has to be 1, not '2'\n" },
		{ "version: \"1\"\n", "f:1:10: error: 'version' has to be 1, not '1'\n" },
		{ "- version\n", "f:1:1: error: a policy file has to be a mapping ('key: value')\n"
		  "f:1:1: error: no 'version: 1' in it\n" },
		{ "version: 1\n[a]: b\n{c: d}: e\n",
		  "f:2:1: error: a key in a policy file has to be a word\n"
		  "f:3:1: error: a key in a policy file has to be a word\n" },
		{ "version: 1\npolicies: { name: a }\n",
		  "f:2:11: error: 'policies' has to be a list ('- name: ...')\n" },
		{ HEAD "- a\n- [b]\n", "f:3:3: error: a policy has to be a mapping ('key: value')\n"
		  "f:4:3: error: a policy has to be a mapping ('key: value')\n" },
		{ HEAD "- max_iova_bits: 40\n  match: {cgroup: /}",
		  "f:3:3: error: a policy without 'name'\n" },
		{ "version: 1\ndefault: {name: a, max_iova_bits: 40}",
		  "f:2:11: error: unknown key 'name' in 'default'\n" },
		{ "version: 1\ndefault: {mode: audit}", "f:2:10: error: 'default' has no limit: give "
		  "'max_iova_bits' or 'max_iova'\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_values(void **state)
{
#define NAME(value) HEAD "- {match: {cgroup: /a}, max_iova_bits: 40, name: " value "}"
#define LIMIT(value) "version: 1\ndefault: {" value "}"
	static const struct row rows[] = {
		{ NAME("39"), "" },
		{ NAME("\"yes\""), "" },
		{ NAME("yes"), "f:3:50: error: 'name' has to be text: put 'yes' in quotes\n" },
		{ NAME("1.5"), "f:3:50: error: 'name' has to be text: put '1.5' in quotes\n" },
		{ NAME("0x10"), "f:3:50: error: 'name' has to be text: put '0x10' in quotes\n" },
		{ NAME("2026-11-21"), "f:3:50: error: 'name' has to be text: put '2026-11-21' in quotes\n" },
		{ NAME("~"), "f:3:50: error: 'name' has to be text: put '~' in quotes\n" },
		{ NAME("[a]"), "f:3:50: error: a name is wanted here, not a list or a mapping\n" },
		{ NAME("\"\""), "f:3:50: error: 'name' has to have 1 to 63 bytes, not 0\n" },
		{ NAME("a b"), "f:3:50: error: 'a b' is no name of a policy: letters, digits and . _ - make one\n" },
		{ NAME("\"a\\0b\""), "f:3:50: error: 'name' has to be one line without control characters\n" },
		{ RULE "mode: Audit}", "f:3:62: error: 'mode' has to be enforce or audit, not 'Audit'\n" },
		{ RULE "mode: [audit]}", "f:3:62: error: a word is wanted here, not a list or a mapping\n" },
		{ RULE "errno: EIO}",
		  "f:3:63: error: 'errno' has to be ERANGE, EPERM or EINVAL, not 'EIO'\n" },
		{ RULE "message: \"a\\nb\"}",
		  "f:3:65: error: 'message' has to be one line without control characters\n" },
		{ LIMIT("max_iova_bits: 11"), "f:2:26: error: 'max_iova_bits' has to be a number from 12 to 64\n" },
		{ LIMIT("max_iova_bits: 65"), "f:2:26: error: 'max_iova_bits' has to be a number from 12 to 64\n" },
		{ LIMIT("max_iova_bits: -1"), "f:2:26: error: 'max_iova_bits' has to be a number from 12 to 64\n" },
		{ LIMIT("max_iova_bits: 040"), "f:2:26: error: 'max_iova_bits' has to be a number from 12 to 64\n" },
		{ LIMIT("max_iova_bits: '40'"),
		  "f:2:26: error: 'max_iova_bits' has to be a number from 12 to 64, without quotes\n" },
		{ LIMIT("max_iova: 0xffffffffffffffff"), "" },
		{ LIMIT("max_iova: 549755813887"), "" },
		{ LIMIT("max_iova: \"0x7fffffffff\""), "" },
		{ LIMIT("max_iova: 0x10000000000000000"),
		  "f:2:21: error: 'max_iova' has to be an address such as 0x7fffffffff\n" },
		{ LIMIT("max_iova: 7fffffffff"),
		  "f:2:21: error: 'max_iova' has to be an address such as 0x7fffffffff\n" },
		{ LIMIT("max_iova: 0x8000000000"),
		  "f:2:21: error: 'max_iova' is the last address that is allowed, the last byte of a page: "
		  "0x8000000fff, or one page less\n" },
		{ LIMIT("max_iova: 0x7ffffffffe"),
		  "f:2:21: error: 'max_iova' is the last address that is allowed, the last byte of a page: "
		  "0x7fffffffff\n" },
		{ LIMIT("max_iova: 0x7fffffffff, max_iova_bits: 39"),
		  "f:2:50: error: 'default' has both 'max_iova_bits' and 'max_iova': give one of them\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_match(void **state)
{
#define MATCH(value) HEAD "- {name: a, max_iova_bits: 40, match: " value "}"
	static const struct row rows[] = {
		{ MATCH("{vm: 8006}"), "" },
		{ MATCH("{vm: my-guest.1}"), "" },
		{ MATCH("{vm: a, cgroup: /b}"),
		  "f:3:39: error: 'match' has both 'vm' and 'cgroup': give one of them\n" },
		{ MATCH("{}"), "f:3:39: error: 'match' has neither 'vm' nor 'cgroup'\n" },
		{ MATCH("{cgroup: a}"), "f:3:48: error: 'a' is no pattern of a cgroup: it has to "
		  "start with '/', at the root of the cgroups\n" },
		{ MATCH("{cgroup: /a//b}"), "f:3:48: error: '/a//b' is no pattern of a cgroup: it has an "
		  "empty component ('//')\n" },
		{ MATCH("{cgroup: /a/}"), "f:3:48: error: '/a/' is no pattern of a cgroup: it must not "
		  "end with '/'\n" },
		{ MATCH("{cgroup: /a#1}"), "f:3:48: error: '/a#1' is no pattern of a cgroup: '#' takes a "
		  "whole number: no digit, '*' or '#' can follow it\n" },
		{ MATCH("{vms: a}"), "f:3:40: error: unknown key 'vms' (did you mean 'vm'?)\n"
		  "f:3:39: error: 'match' has neither 'vm' nor 'cgroup'\n" },
		{ MATCH("{vm: my_guest}"), "f:3:44: warning: the kernel cannot tell VM 'my_guest' from "
		  "others by itself, since libvirt leaves all but letters, digits, '.' and '-' out of "
		  "the name of the cgroup: the policy binds late, only what 'viommuctl policy run a -- "
		  "COMMAND' starts; or match the VM's 'cgroup'\n" },
		{ HEAD "- {name: a, max_iova_bits: 40}", "f:3:3: warning: no 'match': the policy binds "
		  "only what 'viommuctl policy run a -- COMMAND' starts\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_yaml(void **state)
{
	static const struct row rows[] = {
		{ "version: &a 1\n", "f:1:10: error: anchors ('&a') are not allowed\n" },
		{ "version: 1\ndefault: *b\n", "f:2:10: error: aliases ('*b') are not allowed: write the "
		  "value itself, or quote it\n" },
		{ "version: !!int 1\n", "f:1:10: error: tags ('tag:yaml.org,2002:int') are not allowed\n" },
		{ "version: 1\n<<: {}\n", "f:2:1: error: merge keys ('<<') are not allowed\n" },
		{ "version: 1\n---\nversion: 1\n",
		  "f:2:1: error: a second document ('---'): a file has one\n" },
		{ "version: 1\npolicies: [\n", "f:3:1: error: did not find expected node content while "
		  "parsing a flow node (from line 3 on)\n" },
		{ "version: 1\n\tdefault: 2\n", "f:2:1: error: found a tab character that violates "
		  "indentation while scanning a plain scalar (from line 1 on)\n" },
		{ "version: 1\n# \xff\n", "f:2:3: error: not a text: invalid leading UTF-8 octet\n" },
		{ "version: 1\n# \001\n", "f:2:3: error: not a text: control characters are not allowed\n" },
		{ "version: 1\na: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		  "f:2:1: error: unknown key 'a' in a policy file\nf:2:19: error: nested too deeply\n" },
	};

	(void)state;
	CHECK(rows);
}

/* All mistakes of a file at once, each at its place. */
static void test_all_at_once(void **state)
{
	static const char text[] =
		"version: 3\n"
		"policies:\n"
		"  - nam: a\n"
		"    max_iova_bits: many\n"
		"  - name: b b\n"
		"    mode: on\n"
		"default: 5\n";
	struct policy_set set;
	struct notes n;

	(void)state;
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, &n, text), -EINVAL);
	assert_string_equal(n.text,
		"f:1:10: error: 'version' has to be 1, not '3'\n"
		"f:3:5: error: unknown key 'nam' (did you mean 'name'?)\n"
		"f:4:20: error: 'max_iova_bits' has to be a number from 12 to 64, without quotes\n"
		"f:3:5: error: a policy without 'name'\n"
		"f:3:5: warning: no 'match': the policy binds only what 'viommuctl policy run  -- "
		"COMMAND' starts\n"
		"f:5:11: error: 'b b' is no name of a policy: letters, digits and . _ - make one\n"
		"f:6:11: error: 'mode' has to be enforce or audit, not 'on'\n"
		"f:5:5: error: a policy has no limit: give 'max_iova_bits' or 'max_iova'\n"
		"f:5:5: warning: no 'match': the policy binds only what 'viommuctl policy run  -- "
		"COMMAND' starts\n"
		"f:7:10: error: 'default' has to be a mapping ('key: value')\n");
	policy_set_fini(&set);
}

static void test_limits(void **state)
{
	static const struct row rows[] = {
		{ LIMIT("max_iova_bits: 39"), "" },
		{ LIMIT("max_iova_bits: 38"), "f:2:26: warning: with a limit below 39 bits no guest with "
		  "intel-iommu starts: it takes aw-bits 39 or 48; virtio-iommu takes 32 to 64\n" },
		{ LIMIT("max_iova_bits: 32"), "f:2:26: warning: with a limit below 39 bits no guest with "
		  "intel-iommu starts: it takes aw-bits 39 or 48; virtio-iommu takes 32 to 64\n" },
		{ LIMIT("max_iova: 0xfffffffff000fff"), "" },
		{ LIMIT("max_iova: 0xfeefffff"), "f:2:21: warning: the limit 0xfeefffff is inside the "
		  "interrupt window 0xfee00000-0xfeefffff, in which nothing can be mapped anyway\n"
		  "f:2:21: warning: with a limit below 32 bits no guest with a virtual IOMMU starts: "
		  "virtio-iommu takes aw-bits from 32 on, intel-iommu 39 or 48\n" },
		{ LIMIT("max_iova: 0xfedfffff"), "f:2:21: warning: the limit 0xfedfffff is below the "
		  "interrupt window 0xfee00000-0xfeefffff: x86 VMs have memory or firmware above it and "
		  "do not start\nf:2:21: warning: with a limit below 32 bits no guest with a virtual "
		  "IOMMU starts: virtio-iommu takes aw-bits from 32 on, intel-iommu 39 or 48\n" },
	};

	(void)state;
	CHECK(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
