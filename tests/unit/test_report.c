// SPDX-License-Identifier: GPL-2.0-or-later
/* A history as JSON, asked for over a unix socket, and shown. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "cli/report.h"
#include "export/api-history.h"
#include "store.h"

static void fill(struct store *s)
{
	struct ledger_domain d = { .vm = ledger_vm("guest1"), .since = START, .maps = 1000,
		.unmaps = 900, .map_bytes = 4096000, .unmap_bytes = 4000, .has_highest = true,
		.highest_mapped = 0x7fffffffff,
		.ranges = { .count = 1, .r = { { 0, 0x7fffffffff } } } };
	struct viommu_event e = ledger_failure("guest1", 1, VIOMMU_REASON_ABOVE_HOST_WIDTH, 5000);

	d.failures[VIOMMU_REASON_ABOVE_HOST_WIDTH] = 5000;
	assert_int_equal(store_add_totals(s, START, &d), 0);
	d.vm = ledger_vm("weird \x1b[31m name");
	assert_int_equal(store_add_totals(s, START, &d), 0);
	e.diag.remedy_count = 1;
	snprintf(e.diag.detail, sizeof(e.diag.detail), "the host has 39 bits");
	snprintf(e.diag.remedies[0].text, sizeof(e.diag.remedies[0].text), "set aw-bits");
	snprintf(e.diag.remedies[0].option, sizeof(e.diag.remedies[0].option),
		 "-device virtio-iommu-pci,aw-bits=39");
	assert_int_equal(store_add_event(s, &e), 0);
	e.type = VIOMMU_EVENT_ATTACH;
	e.result = 0;
	e.group = 12;
	e.device_count = 2;
	snprintf(e.devices[0], sizeof(e.devices[0]), "0000:01:00.0");
	snprintf(e.devices[1], sizeof(e.devices[1]), "0000:01:00.1");
	e.ev.ranges = d.ranges;
	assert_int_equal(store_add_event(s, &e), 0);
}

static json_t *history_of(const char *vm, uint64_t since)
{
	struct store_dir dir;
	struct store *s;
	json_t *history;

	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	fill(s);
	assert_int_equal(api_history(&history, s, vm, since), 0);
	store_close(s);
	store_dir_fini(&dir);
	return history;
}

static void assert_text(const json_t *row, const char *key, const char *want)
{
	assert_string_equal(json_string_value(json_object_get(row, key)), want);
}

static void assert_number(const json_t *row, const char *key, json_int_t want)
{
	assert_int_equal(json_integer_value(json_object_get(row, key)), want);
}

static void history_in_json(void **state)
{
	json_t *history = history_of("guest1", START);
	const json_t *row = json_array_get(json_object_get(history, "hours"), 0);

	(void)state;
	assert_text(history, "since", "2026-11-21T04:00:00Z");
	assert_int_equal(json_array_size(json_object_get(history, "hours")), 1);
	assert_text(row, "hour", "2026-11-21T04:00:00Z");
	assert_text(row, "vm", "guest1");
	assert_number(row, "maps", 1000);
	assert_number(row, "unmaps", 900);
	assert_number(row, "map_bytes", 4096000);
	assert_number(row, "unmap_bytes", 4000);
	assert_number(json_object_get(row, "failures"), "above_host_width", 5000);
	assert_int_equal(json_object_size(json_object_get(row, "failures")), 1);
	assert_text(row, "highest_iova", "0x7fffffffff");
	assert_number(row, "limit_bits", 39);
	assert_number(row, "recommended_aw_bits", 39);
	row = json_array_get(json_object_get(history, "failures"), 0);
	assert_text(row, "type", "map");
	assert_text(row, "errno", "EINVAL");
	assert_number(row, "count", 5000);
	assert_text(row, "lowest_iova", "0x8000000000");
	assert_text(row, "highest_iova", "0x8000000fff");
	assert_text(row, "option", "-device virtio-iommu-pci,aw-bits=39");
	assert_null(json_object_get(row, "policy"));
	row = json_array_get(json_object_get(history, "attaches"), 0);
	assert_number(row, "group", 12);
	assert_int_equal(json_array_size(json_object_get(row, "devices")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(row, "ranges"), 0)),
			    "0x0-0x7fffffffff");
	json_decref(history);
	history = history_of("guest1", START + HOUR);
	assert_int_equal(json_array_size(json_object_get(history, "hours")), 0);
	json_decref(history);
	history = history_of(NULL, 0);
	assert_int_equal(json_array_size(json_object_get(history, "hours")), 2);
	json_decref(history);
}

/* The newest are given, in order, and it says that there are more. */
static void long_histories_are_cut(void **state)
{
	struct ledger_domain d = { .vm = ledger_vm("g"), .since = START };
	struct store_dir dir;
	struct store *s;
	json_t *history;
	const json_t *hours;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	for (uint64_t i = 0; i < API_HISTORY_MAX + 5; i++) {
		d.maps++;
		assert_int_equal(store_add_totals(s, START + i * HOUR, &d), 0);
		if (!(i % 1000))
			assert_int_equal(store_commit(s), 0);
	}
	assert_int_equal(api_history(&history, s, "g", 0), 0);
	hours = json_object_get(history, "hours");
	assert_true(json_is_true(json_object_get(history, "cut")));
	assert_int_equal(json_array_size(hours), API_HISTORY_MAX);
	assert_text(json_array_get(hours, 0), "hour", "2026-11-21T09:00:00Z");
	assert_text(json_array_get(hours, 1), "hour", "2026-11-21T10:00:00Z");
	json_decref(history);
	store_close(s);
	store_dir_fini(&dir);
}

static void table_for_people(void **state)
{
	static const char *const wanted[] = {
		"guest1\n", "1,000 maps", "39 bits", "aw-bits 39", "5,000 maps, by hour",
		"2026-11-21 04:00: 5,000 above_host_width",
		"above_host_width (silent, EINVAL), 5,000 x, 2026-11-21 04:00 to 2026-11-21 04:00",
		"0x8000000000 to 0x8000000fff", "the host has 39 bits", "set aw-bits",
		"-device virtio-iommu-pci,aw-bits=39", "group 12: 0000:01:00.0 0000:01:00.1",
	};
	struct report_view view = { .width = 120 };
	json_t *history = history_of(NULL, 0);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	view.history = history;
	assert_int_equal(report_print_table(out, &view), 0);
	fclose(out);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("'%s' is not in:\n%s", wanted[i], text);
	assert_null(strchr(text, '\x1b'));	/* names do not steer the terminal */
	free(text);
	json_decref(history);

	history = history_of("nobody", 0);
	view = (struct report_view) { .history = history, .vm = "nobody", .width = 120 };
	out = open_memstream(&text, &size);
	assert_int_equal(report_print_table(out, &view), 0);
	fclose(out);
	assert_non_null(strstr(text, "nothing of VM nobody since 1970-01-01 00:00 UTC"));
	free(text);
	json_decref(history);
}

/* --------------------------------------------------------------------------------- the question */

struct server {
	char dir[64], path[96];
	pid_t pid;
	int asked;		/* pipe: what was asked */
};

/* Answer one question, whatever it is, with text. */
static void server_answer(int fd, int asked, const char *text)
{
	char request[1024];
	const int client = accept(fd, NULL, NULL);
	const ssize_t n = read(client, request, sizeof(request));

	if (n > 0 && write(asked, request, (size_t)n) == n &&
	    write(client, text, strlen(text)) == (ssize_t)strlen(text))
		_exit(0);
	_exit(1);
}

static void server_start(struct server *s, const char *text)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fds[2];
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(s->dir, sizeof(s->dir), "/tmp/viommu-report-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/socket", s->dir);
	memcpy(addr.sun_path, s->path, strlen(s->path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(pipe(fds), 0);
	s->pid = fork();
	if (!s->pid)
		server_answer(fd, fds[1], text);
	close(fds[1]);
	close(fd);
	s->asked = fds[0];
}

static void server_end(struct server *s)
{
	int status;

	waitpid(s->pid, &status, 0);
	close(s->asked);
	unlink(s->path);
	rmdir(s->dir);
}

static void the_daemon_is_asked(void **state)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		"{\"v\":1,\"history\":{\"hours\":[],\"failures\":[{\"vm\":\"a\"}],\"attaches\":[]}}";
	struct report_opts opts = { .vm = "a b/../c?", .since = 7200 * SECOND + 5 };
	char err[512], request[1024] = "";
	struct server server;
	json_t *history;

	(void)state;
	server_start(&server, answer);
	opts.socket = server.path;
	assert_int_equal(report_fetch(&history, &opts, err, sizeof(err)), -1);
	assert_int_equal(json_array_size(json_object_get(history, "failures")), 1);
	json_decref(history);
	assert_true(read(server.asked, request, sizeof(request) - 1) > 0);
	assert_int_equal(strncmp(request, "GET /api/v1/vms/a%20b%2F..%2Fc%3F?since=7200 HTTP/1.1\r\n",
				 54), 0);
	server_end(&server);
}

static void other_answers_are_refused(void **state)
{
	static const struct {
		const char *answer, *say;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"v\":1}", "keeps no history" },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", "is not viommud" },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"history\":{\"hours\":[7],"
		  "\"failures\":[],\"attaches\":[]}}", "is not viommud" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"history\":", "no whole answer" },
		{ "HTTP/1.1 503 No\r\nConnection: close\r\n\r\nThe history is away.\nx",
		  "status 503, The history is away." },
		{ "garbage", "no whole answer" },
	};
	struct report_opts opts = { .vm = "a", .since = SECOND };
	struct server server;
	json_t *history;
	char err[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		server_start(&server, rows[i].answer);
		opts.socket = server.path;
		assert_int_equal(report_fetch(&history, &opts, err, sizeof(err)), EXIT_FAILED);
		if (!strstr(err, rows[i].say))
			fail_msg("'%s' is not in: %s", rows[i].say, err);
		server_end(&server);
	}
}

static void without_a_daemon_it_says_so(void **state)
{
	const struct report_opts opts = { .vm = "a", .since = SECOND, .socket = "/nonexistent/s" };
	json_t *history;
	char err[512];

	(void)state;
	assert_int_equal(report_fetch(&history, &opts, err, sizeof(err)), EXIT_UNSUPPORTED);
	assert_non_null(strstr(err, "does not answer at /nonexistent/s"));
	assert_non_null(strstr(err, "systemctl start viommud"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_in_json),
		cmocka_unit_test(long_histories_are_cut),
		cmocka_unit_test(table_for_people),
		cmocka_unit_test(the_daemon_is_asked),
		cmocka_unit_test(other_answers_are_refused),
		cmocka_unit_test(without_a_daemon_it_says_so),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
