// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patterns of cgroup paths against the simplest matcher there is, on random patterns and paths of
 * few characters, so that they often fit. And what user space says of patterns, against that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy-pattern.h"
#include "kmod/match.h"

#define ROUNDS 300000

/* By the words of viommu/guard.h alone: text is what of the path one ancestor has. */
static bool reference(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return reference(pattern + 1, text) ||
		       (*text && *text != '/' && reference(pattern, text + 1));
	if (*pattern == '#') {
		const size_t n = strspn(text, "0123456789");

		return n && reference(pattern + 1, text + n);
	}
	return *pattern == *text && reference(pattern + 1, text + 1);
}

static bool reference_any(const char *pattern, const char *path)
{
	char ancestor[64];

	if (!strcmp(pattern, "/"))
		return true;
	for (size_t n = 1; n <= strlen(path) && n < sizeof(ancestor); n++) {
		if (path[n] && path[n] != '/')
			continue;
		memcpy(ancestor, path, n);
		ancestor[n] = '\0';
		if (strcmp(path, "/") && reference(pattern, ancestor))
			return true;
	}
	return false;
}

static bool match(const char *pattern, const char *text)
{
	struct guard_path path;

	guard_path_init(&path, text);
	return guard_pattern_match(pattern, guard_pattern_depth(pattern), &path);
}

/* "/" and up to 11 characters of the set. */
static void random_text(char *text, const char *set)
{
	const size_t n = (size_t)rand() % 12, count = strlen(set);

	*text++ = '/';
	for (size_t i = 0; i < n; i++)
		*text++ = set[(size_t)rand() % count];
	*text = '\0';
}

static bool is_path(const char *text)
{
	const size_t len = strlen(text);

	return !strstr(text, "//") && (len == 1 || text[len - 1] != '/');
}

static void test_reference(void **state)
{
	unsigned int fits = 0, tried = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		char pattern[16], text[16];

		random_text(pattern, "ab1**#/\\");
		random_text(text, "ab12/\\");
		if (!is_path(text) || policy_pattern_error(pattern))
			continue;
		tried++;
		fits += match(pattern, text);
		if (match(pattern, text) != reference_any(pattern, text))
			fail_msg("%s on %s: %d", pattern, text, match(pattern, text));
	}
	/* Both answers are common enough to mean something. */
	assert_true(tried > ROUNDS / 10);
	assert_true(fits > tried / 50 && fits < tried / 2);
}

/* User space and the kernel refuse the same patterns. */
static void test_errors(void **state)
{
	unsigned int refused = 0;

	(void)state;
	srand(2);
	for (int i = 0; i < ROUNDS; i++) {
		char pattern[16];

		random_text(pattern, "a1*#/");
		refused += policy_pattern_error(pattern) != NULL;
		if (!policy_pattern_error(pattern) != !guard_pattern_error(pattern))
			fail_msg("%s", pattern);
	}
	assert_true(refused > ROUNDS / 10 && refused < ROUNDS - ROUNDS / 10);
}

/* A rule that is said to be shadowed is: no path fits it that does not fit the first one. */
static void test_covers(void **state)
{
	unsigned int covered = 0;

	(void)state;
	srand(3);
	for (int i = 0; i < ROUNDS / 10; i++) {
		char a[16], b[16], text[16];
		size_t work = 10000;

		random_text(a, "a1*#/");
		random_text(b, "a1*#/");
		if (policy_pattern_error(a) || policy_pattern_error(b) ||
		    !policy_pattern_covers(a, b, &work))
			continue;
		covered++;
		for (int k = 0; k < 200; k++) {
			random_text(text, "a1/");
			if (is_path(text) && match(b, text) && !match(a, text))
				fail_msg("%s is said to cover %s, but not on %s", a, b, text);
		}
	}
	assert_true(covered > 100);
}

/* Each way in which a name can look like another: with their patterns, no VM takes the other's. */
static void test_names(void **state)
{
	static const char *const names[] = {
		"guest1", "myguest1", "guest10", "my-guest1", "guest1-2", "1-guest1", "1", "12", "guest.1",
		"guest-1", "x2dguest1", "GUEST1",
	};
	const size_t count = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct policy p = { .pattern_count = 0 };
		char scope[256], escaped[64] = "";

		for (const char *c = names[i]; *c; c++)
			snprintf(escaped + strlen(escaped), sizeof(escaped) - strlen(escaped),
				 *c == '-' ? "\\x2d" : "%c", *c);
		snprintf(scope, sizeof(scope), "/machine.slice/machine-qemu\\x2d7\\x2d%s.scope/libvirt/"
			 "emulator", escaped);
		for (size_t k = 0; k < count; k++) {
			assert_null(policy_compile_vm(&p, names[k]));
			if (match(p.pattern[0], scope) != (i == k))
				fail_msg("%s on the scope of %s", names[k], names[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
