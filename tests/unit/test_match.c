// SPDX-License-Identifier: GPL-2.0-or-later
/* The module's pure parts: patterns of cgroup paths, and its BTF reader. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../kmod/btf.h"
#include "../../kmod/match.h"

static bool match(const char *pattern, const char *text)
{
	struct guard_path path;

	assert_null(guard_pattern_error(pattern));
	guard_path_init(&path, text);
	return guard_pattern_match(pattern, guard_pattern_depth(pattern), &path);
}

#define VM "/machine.slice/machine-qemu\\x2d#\\x2dguest1.scope"

struct row {
	const char *pattern;
	const char *path;
	bool want;
};

#define SCOPE "/machine.slice/machine-qemu\\x2d*\\x2dguest1.scope"

static const struct row rows[] = {
	{ SCOPE, "/machine.slice/machine-qemu\\x2d1\\x2dguest1.scope", true },
	{ SCOPE, "/machine.slice/machine-qemu\\x2d12\\x2dguest1.scope/libvirt/emulator", true },
	{ SCOPE, "/machine.slice/machine-qemu\\x2d1\\x2dmyguest1.scope", false },
	{ SCOPE, "/machine.slice/machine-qemu\\x2d1\\x2dguest10.scope", false },
	{ SCOPE, "/machine.slice/machine-qemu\\x2d1\\x2dguest1.scope2", false },
	{ SCOPE, "/machine.slice/machine-qemu-1-guest1.scope", false },
	{ SCOPE, "/a/machine.slice/machine-qemu\\x2d1\\x2dguest1.scope", false },
	{ SCOPE, "/machine.slice", false },
	{ "/qemu.slice/8006.scope", "/qemu.slice/8006.scope", true },
	{ "/qemu.slice/8006.scope", "/qemu.slice/18006.scope", false },
	{ "/qemu.slice/8006.scope", "/qemu.slice/8006.scopes", false },
	{ "/qemu.slice/8006.scope", "/qemu.slice/8006.scope/x/y", true },
	{ "/qemu.slice/8006.scope", "/qemu.slice", false },
	{ "/", "/", true },
	{ "/", "/a", true },
	{ "/*", "/", false },
	{ "/*", "/a", true },
	{ "/*", "/a/b", true },
	{ "/*/b", "/a/b", true },
	{ "/*/b", "/a/c/b", false },
	{ "/a*b", "/a/b", false },
	{ "/a*b", "/ab", true },
	{ "/a*b", "/abab", true },
	{ "/a*b", "/abac", false },
	{ "/a**b", "/axb", true },
	{ "/*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "/a?", "/ab", false },
	{ "/[ab]", "/a", false },
	{ "/[ab]", "/[ab]", true },
	{ "/a\\*", "/a\\b", true },
	{ "/a\\*", "/a*", false },
	{ "/a/*", "/a/b/c", true },
	{ "/a/*", "/a", false },
	{ "/a*/b*", "/ax/by", true },
	{ "/a*/b*", "/ax/cby", false },
	{ "/A", "/a", false },
	{ VM, "/machine.slice/machine-qemu\\x2d1\\x2dguest1.scope", true },
	{ VM, "/machine.slice/machine-qemu\\x2d4711\\x2dguest1.scope/libvirt/vcpu0", true },
	{ VM, "/machine.slice/machine-qemu\\x2d1\\x2dmy\\x2dguest1.scope", false },
	{ VM, "/machine.slice/machine-qemu\\x2d\\x2dguest1.scope", false },
	{ VM, "/machine.slice/machine-qemu\\x2d1a\\x2dguest1.scope", false },
	{ VM, "/machine.slice/machine-qemu\\x2d#\\x2dguest1.scope", false },
	{ "/a#", "/a12", true },
	{ "/a#", "/a", false },
	{ "/a#", "/a/1", false },
	{ "/a#/b", "/a1/b", true },
	{ "/*#b", "/xx12b", true },
	{ "/*#b", "/xx12c3b", true },
	{ "/*#b", "/xxb", false },
	{ "/#", "/007/x", true },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (match(rows[i].pattern, rows[i].path) != rows[i].want)
			fail_msg("%s on %s", rows[i].pattern, rows[i].path);
}

/* Deeper than can be noted, and longer than a pattern can be: no further than the array. */
static void test_deep(void **state)
{
	char text[4 * GUARD_PATH_DEPTH_MAX + 1] = "", pattern[256] = "";

	(void)state;
	for (size_t i = 0; i < 2 * GUARD_PATH_DEPTH_MAX; i++)
		memcpy(text + 2 * i, "/a", 3);
	for (size_t i = 0; i < 127; i++)
		memcpy(pattern + 2 * i, "/*", 3);
	assert_true(match(pattern, text));
	assert_true(match("/a/a/a", text));
	assert_false(match("/a/a/b", text));
}

static void test_errors(void **state)
{
	static const char *const wrong[] = { "", "a", "a/b", "//", "/a//b", "/a/", "*", "/##", "/#1", "/a#*" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(guard_pattern_error(wrong[i]));
	assert_null(guard_pattern_error("/"));
	assert_null(guard_pattern_error("/a\\x2d*"));
}

static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *data = NULL;
	size_t room = 0, got = 0;

	*size = 0;
	if (!file)
		return NULL;
	do {
		room += 1 << 20;
		data = realloc(data, room);
		assert_non_null(data);
		got = fread(data + *size, 1, room - *size, file);
		*size += got;
	} while (got);
	fclose(file);
	return data;
}

/* The running kernel's, where it has any: a structure whose layout the UAPI fixes. */
static void test_btf(void **state)
{
	static const char *const names[] = { "dst", "src" }, *const swapped[] = { "src", "dst" };
	struct guard_btf btf;
	size_t size;
	void *data = read_file("/sys/kernel/btf/vmlinux", &size);

	(void)state;
	if (!data)
		skip();
	assert_int_equal(guard_btf_init(&btf, data, size, NULL), 0);
	assert_int_equal(guard_btf_offset(&btf, "rlimit", "rlim_max"), 8);
	assert_int_equal(guard_btf_offset(&btf, "list_head", "prev"), sizeof(void *));
	assert_int_equal(guard_btf_offset(&btf, "list_head", "none"), -ENOENT);
	assert_int_equal(guard_btf_offset(&btf, "no_such_thing", "prev"), -ENOENT);
	assert_int_equal(guard_btf_params(&btf, "copy_from_kernel_nofault", names, 2), 0);
	assert_int_equal(guard_btf_params(&btf, "copy_from_kernel_nofault", swapped, 2), -ENOENT);
	free(data);
}

/* Whatever the bytes are: an answer, and no access beyond them (under the sanitizers). */
static void test_btf_broken(void **state)
{
	struct guard_btf btf;
	size_t size;
	uint8_t *data = read_file("/sys/kernel/btf/vmlinux", &size), *copy;
	const size_t part = 4096;

	(void)state;
	if (!data)
		skip();
	for (size_t length = 0; length < 64; length++) {
		copy = malloc(length + 1);
		assert_non_null(copy);
		memcpy(copy, data, length);
		assert_int_equal(guard_btf_init(&btf, copy, length, NULL), -EINVAL);
		free(copy);
	}
	srand(1);
	for (int i = 0; i < 2000; i++) {
		copy = malloc(part);
		assert_non_null(copy);
		memcpy(copy, data, part);
		/* The sections, made to fit, with some bytes wrong. */
		memcpy(copy + 12, &(uint32_t){ 3000 }, 4);
		memcpy(copy + 16, &(uint32_t){ 3000 }, 4);
		memcpy(copy + 20, &(uint32_t){ (uint32_t)part - 24 - 3000 }, 4);
		copy[part - 1] = 0;
		for (int k = 0; k < 4; k++)
			copy[24 + (size_t)rand() % (part - 25)] = (uint8_t)rand();
		if (!guard_btf_init(&btf, copy, part, NULL))
			guard_btf_offset(&btf, "list_head", "prev");
		free(copy);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_btf),
		cmocka_unit_test(test_btf_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
