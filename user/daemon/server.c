// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/server.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/options.h"
#include "daemon/say.h"
#include "daemon/server-parts.h"

#define SECOND 1000000000ULL
#define NS_PER_MINUTE (60 * SECOND)
/** Ticks after which all domains go to the history, changed or not; and between two prunes. */
#define STORE_TICKS 60

static void note_tell(void *ctx, const struct policy_note *note)
{
	struct server *s = ctx;
	char text[1024];

	say_note_text(text, sizeof(text), note);
	say_text(note->kind == POLICY_ERROR ? TRACER_ERROR : TRACER_WARNING, text);
	if (note->kind == POLICY_ERROR && !s->problem[0])
		snprintf(s->problem, sizeof(s->problem), "%.500s", text);
}

static void retention_set(struct server *s, const struct config *now)
{
	struct store_opts opts;

	s->config.retention_days = now->retention_days;
	s->config.retention_megabytes = now->retention_megabytes;
	server_store_opts(&s->config, &opts);
	if (s->store)
		store_set_opts(s->store, &opts);
	s->pruning = true;
}

void server_reload(struct server *s)
{
	const struct policy_listener listener = { note_tell, s };
	struct config now;
	char fixed[256];

	s->problem[0] = '\0';
	notify_reloading(s->opts->notify);
	if (config_load(&now, s->opts->config_path, s->opts->config_must_exist, &listener)) {
		say(TRACER_ERROR, "the configuration was not changed: the one before holds");
	} else {
		config_fixed_changes(s->opts->config, &now, fixed, sizeof(fixed));
		if (fixed[0])
			say(TRACER_WARNING, "%s: changes with the next start only", fixed);
		s->config.keep_gone_minutes = now.keep_gone_minutes;
		retention_set(s, &now);
	}
	notify_send(s->opts->notify, "READY=1");
}

static void totals_store(struct server *s)
{
	const uint64_t now = server_now();

	for (size_t i = 0; i < ledger_domain_count(s->ledger); i++)
		store_add_totals(s->store, now, ledger_domain_at(s->ledger, i));
}

/* Once a second. */
static void tick(struct server *s)
{
	const uint64_t now = server_now();
	const bool minute = s->ticks++ % STORE_TICKS == 0;

	if (s->store && (s->dirty || minute))
		totals_store(s);
	/* After their last totals are kept. */
	s->dirty = ledger_expire(s->ledger, now, s->config.keep_gone_minutes * NS_PER_MINUTE);
	if (!s->store || !store_commit(s->store))
		server_keep_taken(s);
	if (!s->store)
		return;
	if (minute || s->pruning)
		s->pruning = store_prune(s->store, now) == 1;
}

/* -1: go on; else the exit code. */
static int signals_handle(struct server *s, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			return EXIT_DONE;
		server_reload(s);
	}
	return -1;
}

/* -1: go on; else the exit code. */
static int collector_handle(struct server *s)
{
	const int err = server_hear(s);

	if (!err)
		return -1;
	if (err == -EPROTO) {
		/* Its totals could not be told apart from those before: all begins anew. */
		say(TRACER_ERROR, "what the collector sends makes no sense: the server ends");
		return EXIT_FAILED;
	}
	close(s->collector_fd);
	s->collector_fd = -1;
	if (s->opts->fd >= 0)
		return EXIT_DONE;
	say(TRACER_WARNING, "the collector is gone: waiting for the next one");
	/* What is alive, and where its limits are, is not known any more. */
	ledger_restart(s->ledger, server_now());
	s->dirty = true;
	return -1;
}

enum {
	FD_SIGNALS, FD_LISTENER, FD_NEXT, FD_COLLECTOR, FD_HTTP,
	NR_FDS = FD_HTTP + SERVER_MAX_HTTP
};

static int wait_ms(const struct server *s, uint64_t now, uint64_t next)
{
	int wait = now >= next ? 0 : (int)((next - now) / 1000000 + 1);

	for (size_t i = 0; i < s->socket_count; i++) {
		const int timeout = http_server_timeout(s->http[i]);

		if (timeout >= 0 && timeout < wait)
			wait = timeout;
	}
	return wait;
}

/* One round: wait until something is to be done, and do it. -1: go on; else the exit code. */
static int turn(struct server *s, int signal_fd, uint64_t *next)
{
	struct pollfd fds[NR_FDS] = {
		[FD_SIGNALS] = { .fd = signal_fd, .events = POLLIN },
		[FD_LISTENER] = { .fd = s->collector_listener, .events = POLLIN },
		[FD_NEXT] = { .fd = s->next_fd, .events = POLLIN },
		[FD_COLLECTOR] = { .fd = s->collector_fd, .events = POLLIN },
	};
	uint64_t now = server_clock();
	int code = -1;

	for (size_t i = 0; i < s->socket_count; i++)
		fds[FD_HTTP + i] = (struct pollfd){ http_server_fd(s->http[i]), POLLIN, 0 };
	if (poll(fds, FD_HTTP + s->socket_count, wait_ms(s, now, *next)) < 0 && errno != EINTR)
		return EXIT_FAILED;
	if (fds[FD_COLLECTOR].revents)
		code = collector_handle(s);
	if (fds[FD_NEXT].revents)
		server_accept_next(s);
	if (fds[FD_LISTENER].revents)
		server_accept(s);
	for (size_t i = 0; i < s->socket_count; i++)
		http_server_run(s->http[i]);
	now = server_clock();
	if (now >= *next) {
		tick(s);
		*next = now + SECOND;
		notify_alive(s->opts->notify, now);
	}
	if (code < 0 && fds[FD_SIGNALS].revents)
		code = signals_handle(s, signal_fd);
	return code;
}

static int run(struct server *s, int signal_fd)
{
	uint64_t next = 0;
	int code = -1;

	s->last_tick = server_clock();
	notify_send(s->opts->notify, "READY=1\nSTATUS=serving on %zu sockets", s->socket_count);
	while (code < 0)
		code = turn(s, signal_fd, &next);
	notify_send(s->opts->notify, "STOPPING=1");
	/* What has come already is kept; the collector counts the rest. */
	if (s->collector_fd >= 0)
		server_hear(s);
	if (s->store)
		totals_store(s);
	if (!s->store || !store_commit(s->store))
		server_keep_taken(s);
	return code;
}

/*
 * A terminal and systemd signal all processes of a service. The collector that started us has to
 * tell its last then: we end when it has.
 */
static int signals_open(bool started)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (started) {
		sigdelset(&set, SIGINT);
		sigdelset(&set, SIGTERM);
	}
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int server_run(const struct server_opts *opts)
{
	struct server *s = calloc(1, sizeof(*s));
	const int signal_fd = signals_open(opts->fd >= 0);
	int code = EXIT_FAILED;

	/*
	 * An answer is megabytes, for a moment. By itself the C library learns to keep room for the
	 * largest that it has seen.
	 */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	if (s) {
		s->opts = opts;
		s->config = *opts->config;
		s->collector_listener = s->collector_fd = s->next_fd = s->lock_fd = -1;
		s->ledger = ledger_new();
		s->packet = malloc(WIRE_MAX);
	}
	if (!s || !s->ledger || !s->packet || signal_fd < 0) {
		say(TRACER_ERROR, "cannot start: %s", strerror(errno));
	} else {
		code = server_start(s);
		if (code < 0)
			code = run(s, signal_fd);
	}
	if (s)
		server_stop(s);
	free(s);
	if (signal_fd >= 0)
		close(signal_fd);
	return code;
}
