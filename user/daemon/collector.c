// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/collector.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "daemon/collector-parts.h"
#include "daemon/listen.h"
#include "daemon/sandbox.h"
#include "daemon/say.h"

#define SECOND 1000000000ULL
/** How long equal failures are gathered into one event. */
#define FOLD_WINDOW SECOND
/** Buffers a second above which requests are not followed in a QEMU; as viommu-trace. */
#define REQUEST_RATE 20000
/** Ticks between two looks at the guard, at this machine's groups. */
#define GUARD_TICKS 5
#define GROUPS_TICKS 60
/** Descriptors: one for each process, and a few. */
#define FILES_MAX (LEDGER_MAX_PROCESSES + 256)
/** How long the server that we started may take until it listens: it checks the history. */
#define GREET_MS 90000
/** How long it may be busy when we end. */
#define FLUSH_MS 1000
/** How long it may take to end. */
#define END_SECONDS 10

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* As many as the system lets us have; fewer means that some ends are not noticed at once. */
static void files_allow(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_cur < FILES_MAX)
		limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return;
}

/* --------------------------------------------------------------------------------------- server */

/* What the server says: that it is there, and what it took. 0; -EPROTO: it is of another build. */
static int answer_read(struct collector *c)
{
	struct {
		struct wire_head head;
		struct wire_hello largest;
	} packet;
	const struct wire_hello *hello;
	enum wire_type type;
	const void *data;
	int err;

	if (c->out.fd < 0)
		return 0;
	err = wire_receive(c->out.fd, &packet, sizeof(packet), &type, &data);
	if (err == -EAGAIN)
		return 0;
	if (err && err != -EPROTO) {
		outbox_close(&c->out);
		c->greeted = false;
		return 0;
	}
	if (!err && type == WIRE_TAKEN) {
		outbox_taken(&c->out, data);
		return 0;
	}
	hello = data;
	if (!err && type == WIRE_HELLO && hello->version == WIRE_VERSION &&
	    hello->event_size == sizeof(struct viommu_event) &&
	    hello->container_size == sizeof(struct viommu_container)) {
		c->greeted = true;
		return 0;
	}
	say(TRACER_ERROR, "the server is of another build than this collector: restart both");
	return -EPROTO;
}

/* Look for the server where it listens; it may come later, and again. */
static void server_seek(struct collector *c)
{
	int fd;

	if (c->out.fd >= 0 || !c->opts->socket)
		return;
	fd = connect_unix(c->opts->socket);
	if (fd < 0)
		return;
	collector_forget_unheard(c);
	c->greeted = false;
	outbox_open(&c->out, fd);
	c->hello_due = true;
	collector_hello(c);
}

/* The server that we started either listens, or has said why it does not, and ends. */
static int server_await(struct collector *c)
{
	struct pollfd fd = { .fd = c->opts->fd, .events = POLLIN };
	int err = 0;

	if (c->opts->fd < 0)
		return 0;
	outbox_open(&c->out, c->opts->fd);
	c->hello_due = true;
	collector_hello(c);
	while (!err && !c->greeted && c->out.fd >= 0) {
		if (poll(&fd, 1, GREET_MS) <= 0) {
			say(TRACER_ERROR, "the server process does not answer");
			return -ETIMEDOUT;
		}
		err = answer_read(c);
	}
	return err ? err : c->greeted ? 0 : -EPIPE;
}

/* Exit code of the server that we started, which ends when its connection does. */
static int server_end(struct collector *c)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int status;

	outbox_close(&c->out);
	if (!c->opts->server)
		return EXIT_DONE;
	for (int i = 0; i < END_SECONDS * 20; i++) {
		if (waitpid(c->opts->server, &status, WNOHANG) == c->opts->server)
			return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
		nanosleep(&pause, NULL);
	}
	say(TRACER_WARNING, "the server process does not end");
	return EXIT_FAILED;
}

/* ------------------------------------------------------------------------------------- policies */

static void policies_apply(struct collector *c)
{
	int err;

	collector_try(c, COLLECTOR_POLICIES);
	err = guard_watch_apply(c->guard, &c->policies);
	c->topic = COLLECTOR_TRACING;
	if (err)
		return;
	c->has_policies = true;
	c->policies_told = false;
}

static void note_tell(void *ctx, const struct policy_note *note)
{
	char text[1024];

	say_note_text(text, sizeof(text), note);
	collector_message(ctx, note->kind == POLICY_ERROR ? TRACER_ERROR : TRACER_WARNING, text);
}

/* Our part of the configuration is fixed while we run: say so if it would change. */
static void config_check(struct collector *c)
{
	const struct policy_listener listener = { note_tell, c };
	struct config now;

	collector_try(c, COLLECTOR_CONFIG);
	if (config_load(&now, c->opts->config_path, c->opts->config_must_exist, &listener))
		collector_message(c, TRACER_ERROR,
				  "the configuration was not changed: the one before holds");
	else if (now.requests != c->opts->config->requests)
		collector_message(c, TRACER_WARNING, "'requests' changes with the next start");
	c->topic = COLLECTOR_TRACING;
}

static void reload(struct collector *c)
{
	notify_reloading(c->opts->notify);
	collector_try(c, COLLECTOR_TRACING);
	/* A server of ours says what is wrong with the one file of both. */
	if (c->opts->server)
		outbox_put(&c->out, WIRE_RELOAD, NULL);
	else
		config_check(c);
	policies_apply(c);
	notify_send(c->opts->notify, "READY=1");
}

/* ----------------------------------------------------------------------------------------- loop */

static void status_notify(const struct collector *c)
{
	notify_send(c->opts->notify, "READY=1\nSTATUS=%s (%s), %zu processes, server %s",
		    session_attached(c->session) ? "tracing" : "waiting for VFIO",
		    session_hooks_name(c->session), processes_count(c->processes),
		    c->greeted && c->out.fd >= 0 ? "connected" : "not there");
}

/* A module that was loaded meanwhile has no policies yet. */
static void guard_look(struct collector *c)
{
	const bool was_up = c->guard_now.up;

	guard_watch_poll(c->guard, &c->guard_now);
	if (c->ticks && !was_up && c->guard_now.up)
		policies_apply(c);
}

static void tick(struct collector *c)
{
	server_seek(c);
	processes_poll(c->processes);
	if (c->ticks % GUARD_TICKS == 0)
		guard_look(c);
	if (c->ticks % GROUPS_TICKS == 0)
		collector_read_groups(c);
	collector_tell_before(c);
	session_tick(c->session);
	collector_tell_after(c);
	if (c->ticks++ % GROUPS_TICKS == 0)
		status_notify(c);
}

/* -1: go on; else the exit code to end with. */
static int signals_handle(struct collector *c, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(c);
		else if (info.ssi_signo != SIGCHLD)
			return EXIT_DONE;
	}
	return -1;
}

/* One round: wait until something is to be done, and do it. -1: go on; else the exit code. */
static int turn(struct collector *c, int signal_fd, uint64_t *next, int *more)
{
	struct pollfd fds[] = {
		{ .fd = session_fd(c->session), .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = c->out.fd, .events = outbox_pending(&c->out) ? POLLIN | POLLOUT : POLLIN },
		/* Denials: session_poll() takes them too. */
		{ .fd = session_guard_fd(c->session), .events = POLLIN },
	};
	uint64_t now = now_ns();
	const int wait = *more || now >= *next ? 0 : (int)((*next - now) / 1000000 + 1);

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), wait) < 0 && errno != EINTR)
		return EXIT_FAILED;
	*more = session_poll(c->session, 0);
	if (*more < 0 && *more != -EINTR) {
		say(TRACER_ERROR, "reading the kernel's records failed: %s", strerror(-*more));
		return EXIT_FAILED;
	}
	*more = *more > 0;
	if (fds[2].revents & POLLOUT)
		outbox_flush(&c->out);
	if ((fds[2].revents & ~POLLOUT) && answer_read(c))
		return EXIT_FAILED;
	if (c->opts->fd >= 0 && c->out.fd < 0) {
		say(TRACER_ERROR, "the server process ended: so does the collector");
		return EXIT_FAILED;
	}
	now = now_ns();
	if (now >= *next) {
		tick(c);
		*next = now + SECOND;
		notify_alive(c->opts->notify, now);
	}
	return fds[1].revents ? signals_handle(c, signal_fd) : -1;
}

/* At the end, the server may take a moment for what is kept. */
static void outbox_empty(struct collector *c)
{
	struct pollfd fd = { .fd = c->out.fd, .events = POLLOUT };

	while (outbox_pending(&c->out) && poll(&fd, 1, FLUSH_MS) > 0)
		if (outbox_flush(&c->out))
			return;
}

static int run(struct collector *c, int signal_fd)
{
	uint64_t next = 0;
	int more = 0;
	int code = -1;

	status_notify(c);
	while (code < 0)
		code = turn(c, signal_fd, &next, &more);
	notify_send(c->opts->notify, "STOPPING=1");
	/* The last states and events, so that no count is missing. */
	collector_tell_before(c);
	session_finish(c->session);
	collector_tell_after(c);
	outbox_empty(c);
	return code;
}

static int session_start(struct collector *c)
{
	const struct session_opts opts = {
		.tracer = {
			.latency = true,
			.entries = true,
			.ring_size = TRACER_RING_DEFAULT,
			.requests = c->opts->config->requests,
			.max_rate = REQUEST_RATE,
			.maps = c->opts->maps,
			.sources = c->opts->maps ? 1u << TRACER_HOST : 0,
		},
		.fold_rule = FOLD_REASON,
		.fold_window = FOLD_WINDOW,
	};
	const struct session_sink sink = {
		.ctx = c,
		.event = collector_event,
		.message = collector_message,
		.process = collector_process,
		.container = collector_container,
		.detached = collector_detached,
	};
	const int err = session_new(&c->session, &opts, &sink);

	/* Type information of the whole kernel was read, and is not needed any more. */
	malloc_trim(0);
	if (!err)
		return -1;
	return err == -EPERM || err == -EOPNOTSUPP ? EXIT_UNSUPPORTED : EXIT_FAILED;
}

static int collector_start(struct collector *c, int signal_fd)
{
	char why[256];
	int code;

	if (server_await(c))
		return EXIT_FAILED;
	files_allow();
	if (sandbox_collector(why, sizeof(why))) {
		say(TRACER_ERROR, "%s", why);
		return EXIT_FAILED;
	}
	code = session_start(c);
	if (code >= 0)
		return code;
	policies_apply(c);
	return run(c, signal_fd);
}

int collector_run(const struct collector_opts *opts)
{
	struct collector *c = calloc(1, sizeof(*c));
	const struct guard_watch_host host = { c, collector_message };
	const int signal_fd = signals_open();
	int code = EXIT_FAILED, server;

	if (c) {
		c->opts = opts;
		outbox_init(&c->out);
		c->processes = processes_new();
		c->guard = guard_watch_new(&host);
	}
	if (!c || !c->processes || !c->guard || signal_fd < 0) {
		say(TRACER_ERROR, "cannot start: %s", strerror(errno));
		goto out;
	}
	code = collector_start(c, signal_fd);
	server = server_end(c);
	/* Where the server failed, its reason is ours. */
	if (server != EXIT_DONE)
		code = server;
out:
	if (c) {
		outbox_close(&c->out);
		session_free(c->session);
		guard_watch_free(c->guard);
		processes_free(c->processes);
		collector_containers_free(c);
		free(c->groups);
	}
	free(c);
	if (signal_fd >= 0)
		close(signal_fd);
	return code;
}
