// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server half as it runs, in a process of its own with its sandbox, and the test as its
 * collector: what it says to /healthz, what it counts and keeps.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/server.h"
#include "daemon/wire.h"
#include "store.h"
#include "store/store-parts.h"

/** s for anything to happen. */
#define PATIENCE 20

struct half {
	struct store_dir dir;
	struct sockaddr_un address;	/* of HTTP */
	int fd;				/* we are the collector that started it */
	pid_t pid;
	void *packet;
	struct wire_taken taken;	/* what it said last */
	char answer[65536];
};

/* The child, as nobody: the user of the server need not be there, and root would become it. */
static int half_main(const struct half *h, int http, int fd)
{
	struct notify quiet = { .fd = -1 };
	struct config config;
	const struct server_opts opts = {
		.config = &config, .config_path = "/none/viommud.yaml", .fd = 12, .notify = &quiet,
	};
	char pid[16];

	config_init(&config);
	config.listen_count = 0;
	snprintf(config.state, sizeof(config.state), "%s", h->dir.path);
	if (dup2(http, 11) != 11 || dup2(fd, 12) != 12 || dup2(11, 3) != 3)
		return 100;
	close(11);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 101;
	return server_run(&opts);
}

static int half_start(void **state)
{
	struct half *h = calloc(1, sizeof(*h));
	int fds[2], http;

	store_dir_init(&h->dir);
	chmod(h->dir.path, 0777);
	h->packet = malloc(WIRE_MAX);
	h->address.sun_family = AF_UNIX;
	snprintf(h->address.sun_path, sizeof(h->address.sun_path), "%s/http", h->dir.path);
	http = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(http, (struct sockaddr *)&h->address, sizeof(h->address)) || listen(http, 8) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		return -1;
	fflush(NULL);
	h->pid = fork();
	if (!h->pid) {
		/* Else its collector would not seem gone when we close it. */
		close(fds[0]);
		_exit(half_main(h, http, fds[1]));
	}
	close(http);
	close(fds[1]);
	h->fd = fds[0];
	*state = h;
	return 0;
}

/* Its exit status; 200 and more: a signal. */
static int half_end(struct half *h)
{
	int status;

	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	h->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int half_free(void **state)
{
	struct half *h = *state;

	if (h->pid) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	if (h->fd >= 0)
		close(h->fd);
	store_dir_fini(&h->dir);
	free(h->packet);
	free(h);
	return 0;
}

static void tell(const struct half *h, enum wire_type type, const void *data)
{
	struct pollfd fd = { .fd = h->fd, .events = POLLOUT };

	assert_int_equal(poll(&fd, 1, PATIENCE * 1000), 1);
	assert_int_equal(wire_send(h->fd, type, data, wire_size(type)), 0);
}

/* Wait for a packet of that type. */
static const void *hear(struct half *h, enum wire_type wanted)
{
	struct pollfd fd = { .fd = h->fd, .events = POLLIN };
	enum wire_type type;
	const void *data;

	do {
		assert_int_equal(poll(&fd, 1, PATIENCE * 1000), 1);
		assert_int_equal(wire_receive(h->fd, h->packet, WIRE_MAX, &type, &data), 0);
	} while (type != wanted);
	return data;
}

static void greet(struct half *h)
{
	const struct wire_hello hello = {
		.version = WIRE_VERSION, .event_size = sizeof(struct viommu_event),
		.container_size = sizeof(struct viommu_container), .viommu_version = "1", .host = "h",
	};

	tell(h, WIRE_HELLO, &hello);
	assert_int_equal(((const struct wire_hello *)hear(h, WIRE_HELLO))->version, WIRE_VERSION);
}

/* The whole answer, with its head. */
static const char *get(struct half *h, const char *path)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t len = 0;
	ssize_t n;

	assert_int_equal(connect(fd, (struct sockaddr *)&h->address, sizeof(h->address)), 0);
	assert_true(dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", path) > 0);
	while ((n = read(fd, h->answer + len, sizeof(h->answer) - 1 - len)) > 0)
		len += (size_t)n;
	h->answer[len] = '\0';
	close(fd);
	return h->answer;
}

static bool healthy(struct half *h)
{
	return strstr(get(h, "/healthz"), " 200 ") && strstr(h->answer, "ok\n");
}

static bool unhealthy(struct half *h, const char *why)
{
	return strstr(get(h, "/healthz"), " 503 ") && strstr(h->answer, why);
}

/* Wait until it has taken so much. */
static void taken(struct half *h, uint64_t events, uint64_t ticks)
{
	while (h->taken.events < events || h->taken.ticks < ticks)
		h->taken = *(const struct wire_taken *)hear(h, WIRE_TAKEN);
}

/* What is told is heard, once it answers the tick that follows. */
static void settle(struct half *h, uint64_t ticks)
{
	tell(h, WIRE_TICK, NULL);
	taken(h, 0, ticks);
}

static void health_follows_the_collector(void **state)
{
	struct wire_problem problem = { .text = "policy.yaml:1:1: bad" };
	const struct wire_policies policies = { .generation = 1, .policies = 1 };
	struct half *h = *state;

	assert_true(unhealthy(h, "the collector is starting"));
	greet(h);
	assert_true(unhealthy(h, "the collector is starting"));
	settle(h, 1);
	assert_true(healthy(h));
	tell(h, WIRE_PROBLEM, &problem);
	settle(h, 2);
	assert_true(unhealthy(h, problem.text));
	/* That policies are in force does not say that all of the files are right. */
	tell(h, WIRE_POLICIES, &policies);
	tell(h, WIRE_RELOAD, NULL);
	settle(h, 3);
	assert_true(unhealthy(h, problem.text));
	memset(&problem, 0, sizeof(problem));
	tell(h, WIRE_PROBLEM, &problem);
	settle(h, 4);
	assert_true(healthy(h));
	greet(h);
	assert_true(unhealthy(h, "the collector is starting"));
	settle(h, 5);
	assert_true(healthy(h));
	assert_int_equal(half_end(h), 0);
}

/* A container that an earlier server knew; and what comes while the service is being ended. */
static void what_is_told_is_kept(void **state)
{
	struct viommu_container c = ledger_container_of(1, 10, 39);
	const struct ledger_process p = ledger_process_of("g", 10);
	const struct viommu_event e = ledger_failure("g", 1, VIOMMU_REASON_OVERLAP, 3);
	struct half *h = *state;

	greet(h);
	tell(h, WIRE_PROCESS, &p);
	c.maps = 10;
	c.map_failures[EINVAL] = 2;
	tell(h, WIRE_CONTAINER_BEFORE, &c);
	c.maps = 15;
	c.map_failures[EINVAL] = 5;
	tell(h, WIRE_CONTAINER, &c);
	tell(h, WIRE_EVENT, &e);
	settle(h, 1);
	assert_non_null(strstr(get(h, "/metrics"), "viommu_dma_maps_total{domain=\"g\"} 5\n"));
	assert_non_null(strstr(h->answer, "failures_total{domain=\"g\",reason=\"overlap\"} 3\n"));
	/* Taken only when the file has them. */
	taken(h, 3, 1);
	assert_int_equal(store_dir_sql(&h->dir, "SELECT sum(count) FROM failure"), 3);
	/* A terminal and systemd signal both halves: the collector has something to tell yet. */
	kill(h->pid, SIGTERM);
	kill(h->pid, SIGINT);
	settle(h, 2);
	c.maps = 18;
	tell(h, WIRE_CONTAINER, &c);
	assert_int_equal(half_end(h), 0);
	assert_int_equal(store_dir_sql(&h->dir, "SELECT sum(maps) FROM hour"), 8);
	assert_int_equal(store_dir_sql(&h->dir, "SELECT sum(count) FROM hour_failure"), 3);
}

/* What is taken and finds no room in the history is counted: the collector does not keep it. */
static void what_the_history_has_no_room_for_is_counted(void **state)
{
	const struct wire_policies policies = { .generation = 1, .policies = 1 };
	struct viommu_event e = ledger_failure("g", 0, VIOMMU_REASON_OVERLAP, 3);
	struct half *h = *state;
	sqlite3 *db;

	greet(h);
	settle(h, 1);
	/* As a full disk: nothing can be written until memory is used up, too. */
	assert_int_equal(sqlite3_open(h->dir.db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, PATIENCE * 1000);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (e.group = 0; e.group < PENDING_MAX_FAILURES; e.group++)
		tell(h, WIRE_EVENT, &e);
	settle(h, 2);
	assert_non_null(strstr(get(h, "/metrics"), "{reason=\"history_full\"} 0\n"));
	tell(h, WIRE_EVENT, &e);
	tell(h, WIRE_POLICIES, &policies);
	settle(h, 3);
	assert_non_null(strstr(get(h, "/metrics"), "{reason=\"history_full\"} 3\n"));
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	taken(h, 3 * (PENDING_MAX_FAILURES + 1), 3);
	assert_int_equal(store_dir_sql(&h->dir, "SELECT sum(count) FROM failure"),
			 3 * PENDING_MAX_FAILURES);
	assert_int_equal(half_end(h), 0);
}

static void nonsense_ends_it(void **state)
{
	struct half *h = *state;
	const struct wire_hello other = { .version = WIRE_VERSION + 1 };

	tell(h, WIRE_HELLO, &other);
	hear(h, WIRE_HELLO);	/* so that both can say why */
	assert_int_equal(half_end(h), 1);
}

/* 'state: /etc' by mistake: /etc does not become the server's. */
static void a_folder_of_somebody_else_is_left_alone(void **state)
{
	struct half *h = *state;
	struct notify quiet = { .fd = -1 };
	struct config config;
	const struct server_opts opts = {
		.config = &config, .config_path = "/none/viommud.yaml", .fd = -1, .notify = &quiet,
	};
	char path[96], socket[112];
	struct stat st;
	int status;
	pid_t pid;

	/* Only root gives folders away, and only to a user that there is. */
	if (geteuid() || !getpwnam("viommu"))
		skip();
	snprintf(path, sizeof(path), "%s/state", h->dir.path);
	snprintf(socket, sizeof(socket), "%s/collector", h->dir.path);
	assert_int_equal(mkdir(path, 0700), 0);
	config_init(&config);
	config.listen_count = 0;
	config.socket[0] = '\0';
	snprintf(config.state, sizeof(config.state), "%s", path);
	pid = fork();
	if (!pid) {
		struct server_opts own = opts;

		own.collector_socket = socket;
		alarm(PATIENCE);
		_exit(server_run(&own));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(rmdir(path), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, half_start, half_free)
	const struct CMUnitTest tests[] = {
		TEST(health_follows_the_collector),
		TEST(what_is_told_is_kept),
		TEST(what_the_history_has_no_room_for_is_counted),
		TEST(nonsense_ends_it),
		TEST(a_folder_of_somebody_else_is_left_alone),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
