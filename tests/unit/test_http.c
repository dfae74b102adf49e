// SPDX-License-Identifier: GPL-2.0-or-later
/* The web server over real sockets: answers, and clients that mean no good. */
#include "http-server.h"

#include <dirent.h>

#include <jansson.h>

#include "store.h"

static int status_of(const char *answer)
{
	int status = 0;

	if (sscanf(answer, "HTTP/1.%*d %d", &status) != 1)
		return 0;
	return status;
}

static const char *body_of(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in '%.300s'", part, text);
}

static void still_answers(const struct server *s)
{
	const uint64_t begin = test_now();
	char *answer = client_get(s, "/metrics");

	assert_int_equal(status_of(answer), 200);
	has(answer, "viommu_dma_maps_total{domain=\"web1\"} 100000");
	assert_true(test_now() - begin < UINT64_C(4000000000));
	free(answer);
}

/* Connections that were let go are really gone: soon, the server has fewer files open. */
static void few_are_kept(const struct server *s, unsigned int most)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)s->pid);
	for (unsigned int tries = 0; tries < 50; tries++) {
		DIR *dir = opendir(path);
		unsigned int files = 0;

		assert_non_null(dir);
		while (readdir(dir))
			files++;
		closedir(dir);
		if (files < most)
			return;
		usleep(100000);
	}
	fail_msg("connections are left");
}

static void nothing_is_kept(const struct server *s)
{
	few_are_kept(s, 24);
}

/* ------------------------------------------------------------------------------------- answers */

static void paths(void **state)
{
	static const struct {
		const char *path;
		int status;
		const char *type, *part;
	} cases[] = {
		{ "/", 200, "text/html; charset=utf-8", "<h1>host.example</h1>" },
		{ "/metrics", 200, "text/plain; version=0.0.4", "# TYPE viommu_guard_up gauge" },
		{ "/metrics?x=1", 200, "text/plain; version=0.0.4", "viommu_guard_up 1" },
		{ "/healthz", 200, "text/plain", "ok\n" },
		{ "/vms/web1", 200, "text/html", "above_host_width" },
		{ "/vms/nobody", 404, "text/html", "no VM of that name" },
		{ "/api/v1/vms", 200, "application/json", "\"host\":\"host.example\"" },
		{ "/api/v1/vms/web1", 200, "application/json", "\"recommended_aw_bits\":39" },
		{ "/api/v1/vms/web1?since=60", 503, "text/plain", "There is no history" },
		{ "/api/v1/vms/nobody?since=60", 503, "text/plain", "There is no history" },
		{ "/api/v1/vms?since=60", 503, "text/plain", "There is no history" },
		{ "/api/v1/vms/web1?since=-1", 400, "text/plain", "number of seconds" },
		{ "/api/v1/vms/web1?since=1x", 400, "text/plain", "number of seconds" },
		{ "/api/v1/vms/web1?since=99999999999999999999", 400, "text/plain", "number" },
		{ "/api/v1/vms/nobody", 404, "text/plain", "no VM of that name" },
		{ "/api/v1/vms/%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%26", 200,
		  "application/json", "entry_limit" },
		{ "/../etc/passwd", 404, "text/plain", "/api/v1/vms/NAME" },
		{ "/metrics/", 404, "text/plain", "/healthz" },
		{ "/%00", 200, "text/html", "host.example" },
		{ "*", 404, "text/plain", "/metrics" },
	};
	struct server s;

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *answer = client_get(&s, cases[i].path);

		if (status_of(answer) != cases[i].status)
			fail_msg("%s: %.80s", cases[i].path, answer);
		has(answer, cases[i].type);
		has(answer, cases[i].part);
		has(answer, "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
		    "img-src data:");
		has(answer, "X-Content-Type-Options: nosniff");
		free(answer);
	}
	server_stop(&s);
}

static void methods(void **state)
{
	static const char *const others[] = { "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "X" };
	struct server s;
	char *answer, request[256];

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	answer = client_ask(&s, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_int_equal(status_of(answer), 200);
	assert_string_equal(body_of(answer), "");
	has(answer, "Content-Length: 2");
	free(answer);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(request, sizeof(request), "%s /metrics HTTP/1.1\r\nHost: x\r\n"
			 "Content-Length: 5\r\n\r\nhello", others[i]);
		answer = client_ask(&s, request);
		assert_int_equal(status_of(answer), 405);
		has(answer, "Allow: GET, HEAD");
		free(answer);
	}
	answer = client_ask(&s, "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/"
			    "openmetrics-text;version=1.0.0\r\nConnection: close\r\n\r\n");
	has(answer, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8");
	has(answer, "\n# EOF\n");
	free(answer);
	server_stop(&s);
}

static void health(void **state)
{
	struct server s;
	char *answer;

	(void)state;
	server_start(&s, &(struct server_setup){ .problem = "no collector since 12:00" });
	answer = client_get(&s, "/healthz");
	assert_int_equal(status_of(answer), 503);
	assert_string_equal(body_of(answer), "no collector since 12:00\n");
	free(answer);
	still_answers(&s);
	server_stop(&s);
}

/* As dist/schema says; where Python's validator is not installed, nothing is. */
static void schema_check(const char *json)
{
	FILE *f;

	if (system("python3 -c 'import jsonschema' 2> /dev/null"))
		return;
	f = popen("python3 -c 'import json, sys, jsonschema\n"
		  "jsonschema.validate(json.load(sys.stdin), "
		  "json.load(open(\"dist/schema/vms.schema.json\")))'", "w");
	assert_non_null(f);
	fputs(json, f);
	assert_int_equal(pclose(f), 0);
}

/* What programs read is JSON, and what it says is what the ledger says. */
static void json_is_valid(void **state)
{
	struct server s;
	json_t *all, *vms, *vm = NULL, *limit;
	size_t i;
	char *answer;

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	answer = client_get(&s, "/api/v1/vms");
	all = json_loads(body_of(answer), JSON_REJECT_DUPLICATES, NULL);
	schema_check(body_of(answer));
	free(answer);
	assert_non_null(all);
	vms = json_object_get(all, "vms");
	assert_int_equal(json_array_size(vms), 4);
	for (i = 0; i < 4; i++)
		if (!strcmp(json_string_value(json_object_get(json_array_get(vms, i), "vm")),
			    "web1"))
			vm = json_array_get(vms, i);
	assert_non_null(vm);
	assert_int_equal(json_integer_value(json_object_get(vm, "maps")), 100000);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(vm, "failures"),
							    "above_host_width")), 5000);
	limit = json_object_get(vm, "limit");
	assert_string_equal(json_string_value(json_object_get(limit, "last_iova")), "0x7fffffffff");
	assert_int_equal(json_integer_value(json_object_get(limit, "bits")), 39);
	assert_int_equal(json_array_size(json_object_get(vm, "findings")), 1);
	assert_true(json_integer_value(json_object_get(vm, "latency_p99_ns")) > 0);
	/* one that never mapped: how long that takes is not known */
	assert_string_equal(json_string_value(json_object_get(json_array_get(vms, 1), "vm")),
			    "db1");
	assert_null(json_object_get(json_array_get(vms, 1), "latency_p50_ns"));
	assert_null(json_object_get(json_array_get(vms, 1), "latency_p99_ns"));
	json_decref(all);
	server_stop(&s);
}

/* What is gone has a history, what never was has an empty one; what is no name has none. */
static void history_of_any_name(void **state)
{
	static const struct {
		const char *path;
		int status;
	} cases[] = {
		{ "/api/v1/vms?since=60", 200 }, { "/api/v1/vms/web1?since=60", 200 },
		{ "/api/v1/vms/nobody?since=60", 200 }, { "/api/v1/vms/?since=60", 404 },
		{ "/api/v1/vms/%FF%FE?since=60", 404 }, { "/api/v1/vms/%ff", 404 },
		{ "/vms/%ff", 404 }, { "/api/v1/vms/%0a?since=60", 404 },
	};
	struct store_dir dir;
	struct server s;

	(void)state;
	store_dir_init(&dir);
	server_start(&s, &(struct server_setup){ .history = dir.db });
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *answer = client_get(&s, cases[i].path);

		if (status_of(answer) != cases[i].status)
			fail_msg("%s: '%.80s'", cases[i].path, answer);
		if (cases[i].status == 200) {
			json_t *json = json_loads(body_of(answer), JSON_REJECT_DUPLICATES, NULL);

			assert_non_null(json_object_get(json, "history"));
			json_decref(json);
			schema_check(body_of(answer));
		}
		free(answer);
	}
	server_stop(&s);
	store_dir_fini(&dir);
}

static void hostile_names_are_text(void **state)
{
	static const char *const pages[] = {
		"/", "/vms/%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%26",
	};
	struct server s;

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	for (size_t i = 0; i < 2; i++) {
		char *answer = client_get(&s, pages[i]);

		assert_int_equal(status_of(answer), 200);
		assert_null(strstr(answer, "<script"));
		has(answer, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;");
		assert_null(strstr(answer, "src="));
		free(answer);
	}
	server_stop(&s);
}

static void connections_are_kept(void **state)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	struct server s;
	char text[2048];
	int fd;

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	fd = client_connect(&s);
	for (unsigned int i = 0; i < 3; i++) {
		ssize_t n;

		assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
		n = read(fd, text, sizeof(text) - 1);
		assert_true(n > 0);
		text[n] = '\0';
		assert_int_equal(status_of(text), 200);
	}
	close(fd);
	server_stop(&s);
}

/* ------------------------------------------------------------------------------ hostile clients */

static void broken_requests(void **state)
{
	static const char *const requests[] = {
		"", "\r\n\r\n", "GET", "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n",
		"GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x01\x01", "GET / HTTP/1.1\r\n: x\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"GET /%zz%f HTTP/1.1\r\nHost: x\r\n\r\n",
	};
	struct server s;

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const int fd = client_connect(&s);

		assert_true(write(fd, requests[i], strlen(requests[i])) >= 0);
		if (i % 2)
			shutdown(fd, SHUT_WR);
		still_answers(&s);
		close(fd);
	}
	server_stop(&s);
}

static void huge_headers(void **state)
{
	const size_t size = 4 << 20;
	char *text = malloc(size), *answer;
	struct server s;
	ssize_t n;
	int fd;

	(void)state;
	server_start(&s, &(struct server_setup){ 0 });
	memset(text, 'a', size);
	memcpy(text, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
	fd = client_connect(&s);
	n = send(fd, text, size, MSG_NOSIGNAL);
	assert_true(n > 0 || errno == ECONNRESET || errno == EPIPE);
	answer = client_read(fd, 5000);
	assert_non_null(answer);	/* the end came */
	assert_int_not_equal(status_of(answer), 200);
	free(answer);
	close(fd);
	memset(text, 'a', size);
	memcpy(text, "GET /", 5);
	fd = client_connect(&s);
	assert_true(send(fd, text, size, MSG_NOSIGNAL) || true);
	answer = client_read(fd, 5000);
	assert_non_null(answer);
	assert_int_not_equal(status_of(answer), 200);
	free(answer);
	close(fd);
	still_answers(&s);
	free(text);
	server_stop(&s);
}

/* A byte now and then is progress to libmicrohttpd; a request has one deadline here. */
static void slow_request(void **state)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: a-very-slow-client\r\n\r\n";
	struct server s;
	uint64_t begin;
	size_t sent = 0;
	int fd;

	(void)state;
	server_start(&s, &(struct server_setup){ .timeout = 1 });
	fd = client_connect(&s);
	begin = test_now();
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		char byte;

		if (send(fd, request + sent++, 1, MSG_NOSIGNAL) < 0)
			break;
		poll(&p, 1, 200);
		if (p.revents && read(fd, &byte, 1) <= 0)
			break;
		assert_true(sent < sizeof(request) - 5);	/* it would have had its answer */
	}
	assert_true(test_now() - begin < UINT64_C(4000000000));
	close(fd);
	still_answers(&s);
	server_stop(&s);
}

static void many_idle_connections(void **state)
{
	enum { MANY = 1000 };
	const struct rlimit files = { 4096, 4096 };
	static int fds[MANY];
	struct server s;

	(void)state;
	setrlimit(RLIMIT_NOFILE, &files);
	server_start(&s, &(struct server_setup){ .max_connections = 16 });
	for (int i = 0; i < MANY; i++) {
		fds[i] = client_connect(&s);
		if (i % 3)
			assert_true(send(fds[i], "GET /metr", 9, MSG_NOSIGNAL) || true);
		if (i % 250 == 249)
			still_answers(&s);
	}
	still_answers(&s);
	for (int i = MANY - 16; i < MANY; i++)
		close(fds[i]);
	nothing_is_kept(&s);
	for (int i = 0; i < MANY - 16; i++)
		close(fds[i]);
	still_answers(&s);
	server_stop(&s);
}

/* Clients that ask for megabytes and do not take them. */
static void unread_answers(void **state)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	enum { MANY = 12 };
	struct server s;
	int fds[MANY];
	char *rest;

	(void)state;
	server_start(&s, &(struct server_setup){ .max_connections = 8, .timeout = 1, .vms = 500 });
	for (int i = 0; i < MANY; i++) {
		fds[i] = client_connect(&s);
		for (int n = 0; n < 50; n++)
			if (send(fds[i], request, strlen(request), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
				break;
	}
	still_answers(&s);
	sleep(3);
	still_answers(&s);
	sleep(5);
	nothing_is_kept(&s);
	for (int i = 0; i < MANY; i++) {
		/* all were let go: there is an end */
		rest = client_read(fds[i], 5000);
		assert_non_null(rest);
		free(rest);
		close(fds[i]);
	}
	server_stop(&s);
}

/* What they do not take is memory of the server's: 2 MiB each, and not of more than a few. */
static void unread_answers_are_few(void **state)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	enum { MANY = 60 };
	struct server s;
	int fds[MANY];

	(void)state;
	server_start(&s, &(struct server_setup){ .vms = 500 });
	for (int i = 0; i < MANY; i++) {
		fds[i] = client_connect(&s);
		for (int n = 0; n < 50; n++)
			if (send(fds[i], request, strlen(request), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
				break;
	}
	still_answers(&s);
	few_are_kept(&s, 24 + 16);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	still_answers(&s);
	server_stop(&s);
}

/* Figures for who runs it. A time is no reason to fail: the machine may have other work. */
static void scrape_of_many_vms(void **state)
{
	uint64_t best = UINT64_MAX;
	struct server s;

	(void)state;
	server_start(&s, &(struct server_setup){ .vms = 500 });
	for (unsigned int i = 0; i < 20; i++) {
		const uint64_t begin = test_now();
		char *answer = client_get(&s, "/metrics");

		if (test_now() - begin < best)
			best = test_now() - begin;
		if (!i)
			print_message("scrape of 500 VMs: %zu bytes\n", strlen(answer));
		free(answer);
	}
	print_message("best of 20: %.1f ms\n", (double)best / 1e6);
	server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(methods),
		cmocka_unit_test(health),
		cmocka_unit_test(json_is_valid),
		cmocka_unit_test(history_of_any_name),
		cmocka_unit_test(hostile_names_are_text),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(broken_requests),
		cmocka_unit_test(huge_headers),
		cmocka_unit_test(slow_request),
		cmocka_unit_test(many_idle_connections),
		cmocka_unit_test(unread_answers),
		cmocka_unit_test(unread_answers_are_few),
		cmocka_unit_test(scrape_of_many_vms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
