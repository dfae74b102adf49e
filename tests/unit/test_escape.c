// SPDX-License-Identifier: GPL-2.0-or-later
/* Text from outside: UTF-8, control characters, systemd's escapes, ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/text.h"

#define BAD "\xef\xbf\xbd"
#define LEN(x) (sizeof(x) / sizeof((x)[0]))

static void clean_replaces_what_is_not_text(void **state)
{
	static const struct {
		const char *src, *want;
	} rows[] = {
		{ "", "" },
		{ "guest1", "guest1" },
		{ "a b,c\"d\\e", "a b,c\"d\\e" },
		{ "b\xc3\xbcro", "b\xc3\xbcro" },
		{ "\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\x1b[31mred", BAD "[31mred" },
		{ "a\nb\tc\x7f", "a" BAD "b" BAD "c" BAD },
		{ "\xc2\x9b" "31m", BAD "31m" },		/* C1: one-byte CSI */
		{ "x\xe2\x80\xae" "fdp", "x" BAD "fdp" },	/* right-to-left override */
		{ "x\xe2\x80\xa8y", "x" BAD "y" },		/* line separator */
		{ "x\xe2\x81\xa6y", "x" BAD "y" },		/* isolate */
		{ "\xff\xfe", BAD BAD },
		{ "\xc3", BAD },				/* cut */
		{ "\xc3(", BAD "(" },
		{ "\xe2\x82", BAD BAD },
		{ "\xc0\xaf", BAD BAD },			/* overlong '/' */
		{ "\xe0\x80\xaf", BAD BAD BAD },
		{ "\xed\xa0\x80", BAD BAD BAD },		/* surrogate */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD },	/* above U+10FFFF */
		{ "\xf5\x80\x80\x80", BAD BAD BAD BAD },
		{ "\x80", BAD },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char out[64];
		size_t n = host_text_clean(out, sizeof(out), rows[i].src, strlen(rows[i].src));

		assert_string_equal(out, rows[i].want);
		assert_int_equal(n, strlen(rows[i].want));
	}
}

static void clean_cuts_between_characters(void **state)
{
	static const char *const want[] = { "", "", "a", "a", "a\xc3\xbc", "a\xc3\xbc", "a\xc3\xbc",
					    "a\xc3\xbc\xef\xbf\xbd" };
	char out[8];

	(void)state;
	for (size_t size = 1; size < LEN(want); size++) {
		memset(out, 'x', sizeof(out));
		assert_int_equal(host_text_clean(out, size, "a\xc3\xbc\x01", 4),
				 strlen(want[size]));
		assert_string_equal(out, want[size]);
	}
	assert_int_equal(host_text_clean(out, sizeof(out), "a\0b", 3), 5);
	assert_string_equal(out, "a" BAD "b");
}

static void unescape_is_systemds(void **state)
{
	static const struct {
		const char *src, *want;
	} rows[] = {
		{ "", "" },
		{ "qemu\\x2d12\\x2dguest1", "qemu-12-guest1" },
		{ "web\\x2d1\\x2dx2d1", "web-1-x2d1" },		/* a name that looks like one */
		{ "b\\xc3\\xbcro", "b\xc3\xbcro" },
		{ "a\\x5cx2db", "a\\x2db" },			/* an escaped backslash */
		{ "\\x2E\\x2e", ".." },
		{ "\\x2", "\\x2" },
		{ "\\x", "\\x" },
		{ "\\", "\\" },
		{ "\\xzz", "\\xzz" },
		{ "\\\\x2d", "\\-" },
		{ "a-b", "a-b" },
		{ "\\x 1", "\\x 1" },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char out[32];
		size_t n = host_text_unescape(out, sizeof(out), rows[i].src, strlen(rows[i].src));

		assert_int_equal(n, strlen(rows[i].want));
		assert_memory_equal(out, rows[i].want, n);
	}
}

static void unescape_is_bounded(void **state)
{
	char out[4] = "....";

	(void)state;
	assert_int_equal(host_text_unescape(out, 3, "abcdef", 6), 3);
	assert_memory_equal(out, "abc.", 4);
	assert_int_equal(host_text_unescape(out, sizeof(out), "\\x00", 4), 1);
	assert_int_equal(out[0], 0);
}

static void uuid_is_lower_case_or_empty(void **state)
{
	static const struct {
		const char *src, *want;
	} rows[] = {
		{ "4dea22b3-1d52-d8f3-2516-782e98ab3fa0", "4dea22b3-1d52-d8f3-2516-782e98ab3fa0" },
		{ "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0", "4dea22b3-1d52-d8f3-2516-782e98ab3fa0" },
		{ "", "" },
		{ "4dea22b31d52d8f32516782e98ab3fa0", "" },
		{ "4dea22b3-1d52-d8f3-2516-782e98ab3fa", "" },
		{ "4dea22b3-1d52-d8f3-2516-782e98ab3fa00", "" },
		{ "4dea22b3-1d52-d8f3-2516-782e98ab3fag", "" },
		{ "4dea22b3x1d52-d8f3-2516-782e98ab3fa0", "" },
		{ "{dea22b3-1d52-d8f3-2516-782e98ab3fa}", "" },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char out[HOST_UUID_LEN] = "before";

		assert_int_equal(host_text_uuid(out, rows[i].src), rows[i].want[0] != '\0');
		assert_string_equal(out, rows[i].want);
	}
}

static void number_is_all_digits(void **state)
{
	static const struct {
		const char *src;
		uint32_t want;
	} rows[] = {
		{ "1", 1 }, { "8006", 8006 }, { "0042", 42 }, { "4294967295", UINT32_MAX },
		{ "4294967296", 0 }, { "18446744073709551617", 0 },
		{ "99999999999999999999999", 0 },
		{ "", 0 }, { "0", 0 }, { "-1", 0 }, { "+1", 0 }, { " 1", 0 }, { "1 ", 0 },
		{ "1a", 0 }, { "0x10", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		assert_int_equal(host_text_number(rows[i].src, strlen(rows[i].src)), rows[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_replaces_what_is_not_text),
		cmocka_unit_test(clean_cuts_between_characters),
		cmocka_unit_test(unescape_is_systemds),
		cmocka_unit_test(unescape_is_bounded),
		cmocka_unit_test(uuid_is_lower_case_or_empty),
		cmocka_unit_test(number_is_all_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
