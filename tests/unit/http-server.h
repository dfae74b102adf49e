/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A web server in a process of its own, and clients that talk to it by hand. */
#ifndef VIOMMU_TESTS_HTTP_SERVER_H
#define VIOMMU_TESTS_HTTP_SERVER_H

#include "ledger-fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "export/http.h"

struct server {
	pid_t pid;
	uint16_t port;
	int stop;		/**< closed: the server ends */
	int messages;		/**< what it told people, a line each */
};

/** What the server is made with; zeroed members are the usual. */
struct server_setup {
	const char *web_config;
	bool local;
	unsigned int max_connections;	/**< 0: 64 */
	unsigned int timeout;		/**< 0: 10 s */
	const char *problem;		/**< for /healthz */
	unsigned int vms;		/**< so many more */
	const char *history;		/**< file of an empty history; NULL: none */
};

static inline uint64_t test_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct server_context {
	int messages;
	const char *problem;
};

static inline void server_message(void *ctx, bool warning, const char *text)
{
	const struct server_context *c = ctx;

	dprintf(c->messages, "%s%s\n", warning ? "warning: " : "", text);
}

static inline const char *server_problem(void *ctx)
{
	return ((const struct server_context *)ctx)->problem;
}

/* The child: serves until stop is closed at the other end. */
static inline int server_main(int listen_fd, int stop, int messages,
			      const struct server_setup *setup)
{
	struct server_context context = { messages, setup->problem };
	struct http_source source = { .ledger = fixture_ledger(), .host = "host.example",
		.max_series = 100000, .unhealthy = server_problem, .message = server_message,
		.ctx = &context };
	const struct http_opts opts = { .listen_fd = listen_fd, .local = setup->local,
		.web_config = setup->web_config,
		.max_connections = setup->max_connections ? setup->max_connections : 64,
		.timeout = setup->timeout ? setup->timeout : 10 };
	const struct store_listener listener = { server_message, &context };
	struct ledger *l = (struct ledger *)source.ledger;
	struct http_server *h;
	char why[512], name[64];

	fixture_failure(l, "<script>alert(1)</script>\"'&", 5000, 0x10000, ENOSPC, 1);
	for (unsigned int i = 0; i < setup->vms; i++) {
		snprintf(name, sizeof(name), "instance-%08x", i);
		fixture_process(l, name, 10000 + i, 39);
	}
	if (setup->history &&
	    store_open(&source.store, setup->history, &(struct store_opts){ 0 }, &listener))
		return 3;
	if (http_server_new(&h, &opts, &source, why, sizeof(why))) {
		server_message(&context, true, why);
		return 1;
	}
	for (;;) {
		struct pollfd fds[] = { { http_server_fd(h), POLLIN, 0 }, { stop, POLLIN, 0 } };

		poll(fds, 2, http_server_timeout(h));
		if (fds[1].revents)
			break;
		if (http_server_run(h))
			return 2;
	}
	http_server_free(h);
	store_close(source.store);
	ledger_free(l);
	return 0;
}

static inline void server_start(struct server *s, const struct server_setup *setup)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int stop[2], messages[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1024), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(pipe(messages), 0);
	s->port = ntohs(address.sin_port);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (!s->pid) {
		close(stop[1]);
		close(messages[0]);
		exit(server_main(fd, stop[0], messages[1], setup));
	}
	close(fd);
	close(stop[0]);
	close(messages[1]);
	s->stop = stop[1];
	s->messages = messages[0];
}

/** It has ended in good order: nothing leaked, nothing crashed. */
static inline void server_stop(struct server *s)
{
	int status;

	close(s->stop);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(s->messages);
}

static inline int client_connect(const struct server *s)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(s->port),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/** Everything until the end of the stream, or NULL after ms without an end. The caller frees it. */
static inline char *client_read(int fd, int ms)
{
	const uint64_t end = test_now() + (uint64_t)ms * 1000000;
	size_t len = 0, room = 4096;
	char *text = malloc(room);

	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n;

		if (test_now() >= end || poll(&p, 1, 100) < 0) {
			free(text);
			return NULL;
		}
		if (!p.revents)
			continue;
		if (len + 4096 > room)
			text = realloc(text, room *= 2);
		n = read(fd, text + len, 4095);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return text;
}

/** The whole answer to a request as it is; the caller frees it. */
static inline char *client_ask(const struct server *s, const char *request)
{
	const int fd = client_connect(s);
	char *answer;

	assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	answer = client_read(fd, 5000);
	close(fd);
	assert_non_null(answer);
	return answer;
}

static inline char *client_get(const struct server *s, const char *path)
{
	char request[512];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		 path);
	return client_ask(s, request);
}

#endif
