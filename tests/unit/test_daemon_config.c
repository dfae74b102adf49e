// SPDX-License-Identifier: GPL-2.0-or-later
/* viommud.yaml: each key, each mistake with its place, and what a running daemon cannot follow. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config.h"

static void note_keep(void *ctx, const struct policy_note *note)
{
	char *said = ctx;
	const size_t len = strlen(said);

	snprintf(said + len, 4096 - len, "%s:%u:%u: %s\n", note->file, note->at.line,
		 note->at.column, note->text);
}

/* Notes of a text; "" if there are none. *c is what it says. */
static char *notes_of(struct config *c, const char *text, int expected)
{
	static char said[4096];
	const struct policy_listener listener = { note_keep, said };

	said[0] = '\0';
	assert_int_equal(config_parse(c, "f", text, strlen(text), &listener), expected);
	return said;
}

static void test_defaults(void **state)
{
	struct config c, d;

	(void)state;
	config_init(&d);
	assert_string_equal(notes_of(&c, "", 0), "");
	assert_memory_equal(&c, &d, sizeof(c));
	assert_string_equal(notes_of(&c, "# nothing\n", 0), "");
	assert_memory_equal(&c, &d, sizeof(c));
	assert_int_equal(d.listen_count, 1);
	assert_string_equal(d.listen[0].text, "127.0.0.1:9856");
	assert_int_equal(d.listen[0].address.v4.sin_port, htons(9856));
	assert_string_equal(d.socket, "/run/viommu/viommud.sock");
	assert_int_equal(d.socket_mode, 0660);
	assert_string_equal(d.state, "/var/lib/viommu");
	assert_string_equal(d.web_config, "");
	assert_int_equal(d.retention_days, 90);
	assert_int_equal(d.retention_megabytes, 256);
	assert_int_equal(d.keep_gone_minutes, 15);
	assert_int_equal(d.max_series, 50000);
	assert_false(d.requests);
}

static void test_all_keys(void **state)
{
	struct config c;

	(void)state;
	assert_string_equal(notes_of(&c, "version: 1\nlisten: [0.0.0.0:80, \"[::1]:9857\"]\n"
				     "socket: /a/b\nsocket_mode: 600\nweb_config: /c\nstate: /d\n"
				     "retention_days: 0\nretention_megabytes: 7\nkeep_gone_minutes: 8\n"
				     "max_series: 100\nrequests: true\n", 0), "");
	assert_int_equal(c.listen_count, 2);
	assert_int_equal(c.listen[1].address.any.sa_family, AF_INET6);
	assert_int_equal(c.listen[1].address.v6.sin6_port, htons(9857));
	assert_string_equal(c.socket, "/a/b");
	assert_int_equal(c.socket_mode, 0600);
	assert_string_equal(c.web_config, "/c");
	assert_string_equal(c.state, "/d");
	assert_int_equal(c.retention_days, 0);
	assert_int_equal(c.retention_megabytes, 7);
	assert_int_equal(c.keep_gone_minutes, 8);
	assert_int_equal(c.max_series, 100);
	assert_true(c.requests);
	assert_string_equal(notes_of(&c, "listen: []\n", 0), "");
	assert_int_equal(c.listen_count, 0);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *note;
	} cases[] = {
		{ "listn: []", "f:1:1: unknown key 'listn' (did you mean 'listen'?)\n" },
		{ "version: 2", "f:1:10: 'version' has to be 1, not '2'\n" },
		{ "\nversion: [1]", "f:2:10: a number is wanted here, not a list or a mapping\n" },
		{ "listen: 127.0.0.1:1", "f:1:9: 'listen' is a list: write [127.0.0.1:9856], or [] for "
		  "none\n" },
		{ "listen:\n- localhost:9856", "f:2:3: 'localhost:9856' is no address with a port: write "
		  "127.0.0.1:9856, or \"[::1]:9856\" with the quotes\n" },
		{ "listen: [127.0.0.1]", "f:1:10: '127.0.0.1' is no address with a port: write "
		  "127.0.0.1:9856, or \"[::1]:9856\" with the quotes\n" },
		{ "listen: ['127.0.0.1:65536']", "f:1:10: '127.0.0.1:65536' is no address with a port: "
		  "write 127.0.0.1:9856, or \"[::1]:9856\" with the quotes\n" },
		{ "listen: ['127.0.0.1:80x']", "f:1:10: '127.0.0.1:80x' is no address with a port: "
		  "write 127.0.0.1:9856, or \"[::1]:9856\" with the quotes\n" },
		{ "socket: here.sock", "f:1:9: 'socket' has to be an absolute path, not 'here.sock'\n" },
		{ "socket_mode: 0999", "f:1:14: 'socket_mode' is three octal digits, such as 0660, not "
		  "'0999'\n" },
		{ "socket_mode: 4755", "f:1:14: 'socket_mode' is three octal digits, such as 0660, not "
		  "'4755'\n" },
		{ "retention_days: -1", "f:1:17: 'retention_days' is a number from 0 to 36500, not "
		  "'-1'\n" },
		{ "retention_days: ten", "f:1:17: 'retention_days' is a number from 0 to 36500, not "
		  "'ten'\n" },
		{ "max_series: 5", "f:1:13: 'max_series' is a number from 100 to 10000000, not '5'\n" },
		{ "requests: yes", "f:1:11: 'requests' is true or false, not 'yes'\n" },
		{ "- a", "f:1:1: viommud.yaml has to be a mapping ('key: value')\n" },
		{ "version: 1\n---\nversion: 1", "f:2:1: a second document ('---'): the file has one\n" },
	};
	struct config c, before;

	(void)state;
	config_init(&c);
	before = c;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(notes_of(&c, cases[i].text, -EINVAL), cases[i].note);
		assert_memory_equal(&c, &before, sizeof(c));
	}
}

/* All of a file's mistakes are told, not only the first. */
static void test_every_mistake(void **state)
{
	struct config c;

	(void)state;
	assert_string_equal(notes_of(&c, "version: 3\nstate: a\nmax_series: b\n", -EINVAL),
			    "f:1:10: 'version' has to be 1, not '3'\n"
			    "f:2:8: 'state' has to be an absolute path, not 'a'\n"
			    "f:3:13: 'max_series' is a number from 100 to 10000000, not 'b'\n");
}

static void test_hostile(void **state)
{
	struct config c;
	char *text = malloc(CONFIG_FILE_MAX + 2);

	(void)state;
	memset(text, '#', CONFIG_FILE_MAX + 1);
	text[CONFIG_FILE_MAX + 1] = '\0';
	assert_string_equal(notes_of(&c, text, -EINVAL), "f:0:0: larger than 65536 bytes\n");
	notes_of(&c, "socket: \"/a\\0b\"", -EINVAL);
	notes_of(&c, "listen: [&a 1.2.3.4:5, *a]", -EINVAL);
	notes_of(&c, "{{{{{{{{{{{{{{{{{{{{{{", -EINVAL);
	notes_of(&c, "\xff\xfe", -EINVAL);
	memset(text, 'a', 300);
	memcpy(text, "state: /", 8);
	text[300] = '\0';
	assert_string_equal(notes_of(&c, text, -EINVAL), "f:1:8: 'state' is longer than 255 bytes\n");
	free(text);
}

static void test_fixed_changes(void **state)
{
	struct config a, b;
	char text[256];

	(void)state;
	config_init(&a);
	config_init(&b);
	config_fixed_changes(&a, &b, text, sizeof(text));
	assert_string_equal(text, "");
	b.keep_gone_minutes = 1;
	b.retention_days = 1;
	b.retention_megabytes = 1;
	config_fixed_changes(&a, &b, text, sizeof(text));
	assert_string_equal(text, "");
	b.listen_count = 0;
	b.requests = true;
	config_fixed_changes(&a, &b, text, sizeof(text));
	assert_string_equal(text, "listen, requests");
	config_fixed_changes(&a, &b, text, 8);
	assert_string_equal(text, "listen,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_every_mistake),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_fixed_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
