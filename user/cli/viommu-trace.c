// SPDX-License-Identifier: GPL-2.0-or-later
/* viommu-trace: shows, live, every DMA map of a VM that failed, why, and what to set. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/trace-options.h"
#include "trace/session.h"

#define MS 1000000ULL
/** How often counters of ended containers and losses are looked at. */
#define TICK (500 * MS)
/** How long equal failures are gathered into one line. */
#define FOLD_WINDOW (1000 * MS)

struct app {
	const struct trace_opts *opts;
	struct session *session;
	struct output *output;
	char host[256];			/* this machine's name, for the output */
	int signal_fd;
	int write_error;		/* -errno of the output; nothing is written after it */
	uint64_t events;		/* printed, summaries and losses not counted */
	uint64_t lost[VIOMMU_NR_LOST];	/* as LOST events said */
	bool found;			/* something as bad as --fail-on was seen */
	uint64_t end;			/* CLOCK_MONOTONIC ns when --duration is over */
	uint64_t next_tick;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void app_event(void *ctx, const struct viommu_event *event)
{
	struct app *app = ctx;
	bool counts = event->type != VIOMMU_EVENT_SUMMARY && event->type != VIOMMU_EVENT_LOST;

	if (event->type == VIOMMU_EVENT_LOST)
		app->lost[event->lost] += event->count;
	if (viommu_event_failed(event) && app->opts->fail_on >= 0 &&
	    (int)event->diag.severity >= app->opts->fail_on)
		app->found = true;
	if (app->write_error || (app->opts->summary && counts))
		return;
	if (counts && app->opts->count && app->events >= app->opts->count)
		return;
	app->events += counts;
	app->write_error = output_event(app->output, event);
}

static void app_message(void *ctx, enum tracer_level level, const char *text)
{
	const struct app *app = ctx;
	static const char *const prefix[] = {
		[TRACER_ERROR] = "error: ",
		[TRACER_WARNING] = "warning: ",
		[TRACER_INFO] = "",
	};

	(void)app;
	fprintf(stderr, "viommu-trace: %s%s\n", prefix[level], text);
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int output_open(struct app *app)
{
	const struct output_opts opts = {
		.out = stdout,
		.host = app->host,
		.color = output_wants_color(stdout),
		.width = output_terminal_width(stdout),
		.single_vm = trace_opts_single(app->opts),
	};

	if (gethostname(app->host, sizeof(app->host) - 1))
		snprintf(app->host, sizeof(app->host), "unknown");
	app->output = app->opts->output == TRACE_OUTPUT_JSON ? output_new_json(&opts) :
							       output_new_table(&opts);
	return app->output ? 0 : -ENOMEM;
}

static int session_open(struct app *app)
{
	const struct trace_opts *o = app->opts;
	const struct session_opts opts = {
		.tracer = o->tracer,
		.vm_patterns = o->vms,
		.vm_pattern_count = o->vm_count,
		.pid = o->pid,
		.fold_rule = o->output == TRACE_OUTPUT_JSON ? FOLD_EXACT : FOLD_REASON,
		.fold_window = FOLD_WINDOW,
	};
	const struct session_sink sink = {
		.ctx = app, .event = app_event, .message = app_message,
	};

	return session_new(&app->session, &opts, &sink);
}

/** What is going on, for the person who waits. Not for programs. */
static void start_say(const struct app *app)
{
	const struct trace_opts *o = app->opts;

	if (session_attached(app->session) && o->tracer.verbose)
		fprintf(stderr, "viommu-trace: attached by %s\n",
			session_hooks_name(app->session));
	if (o->vm_count && !session_matched(app->session))
		fprintf(stderr, "viommu-trace: waiting for VM %s%s\n", o->vms[0],
			o->vm_count > 1 ? " and others" : "");
	else if (isatty(STDERR_FILENO) && isatty(STDOUT_FILENO))
		fprintf(stderr, "viommu-trace: tracing, Ctrl-C for the summary\n");
}

static bool app_is_done(const struct app *app, uint64_t now)
{
	if (app->write_error || (app->opts->count && app->events >= app->opts->count))
		return true;
	return app->end && now >= app->end;
}

static int wait_ms(const struct app *app, uint64_t now)
{
	uint64_t until = app->next_tick;

	if (app->end && app->end < until)
		until = app->end;
	return until <= now ? 0 : (int)((until - now + MS - 1) / MS);
}

/** Until a signal, the end of --duration or --count, or an error. */
static int app_run(struct app *app)
{
	struct pollfd fds[] = {
		{ .fd = session_fd(app->session), .events = POLLIN },
		{ .fd = app->signal_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	uint64_t now = now_ns();
	int more = 0;

	while (!app_is_done(app, now)) {
		int n;

		fds[2].fd = session_guard_fd(app->session);
		n = poll(fds, 3, more ? 0 : wait_ms(app, now));
		if (n < 0 && errno != EINTR)
			return -errno;
		more = session_poll(app->session, 0);
		if (more == -EINTR)
			more = 0;
		if (more < 0)
			return more;
		if (n > 0 && fds[1].revents)
			return 0;
		now = now_ns();
		if (now >= app->next_tick) {
			session_tick(app->session);
			app->next_tick = now + TICK;
		}
		if (!app->write_error)
			app->write_error = output_flush(app->output);
	}
	return 0;
}

/** Whoever kept only the output's end, or none of it, learns of losses too. */
static void losses_say(const struct app *app)
{
	for (int i = 0; i < VIOMMU_NR_LOST; i++)
		if (app->lost[i])
			fprintf(stderr, "viommu-trace: lost %" PRIu64 " (%s): %s\n", app->lost[i],
				viommu_lost_name((enum viommu_lost)i),
				viommu_lost_meaning((enum viommu_lost)i));
}

static int start_exit_code(int err)
{
	return err == -EPERM || err == -EOPNOTSUPP ? EXIT_UNSUPPORTED : EXIT_FAILED;
}

static int end_exit_code(const struct app *app, int err)
{
	const struct trace_opts *o = app->opts;

	if (app->write_error) {
		fprintf(stderr, "viommu-trace: error: cannot write the output: %s\n",
			strerror(-app->write_error));
		return EXIT_FAILED;
	}
	if (err) {
		fprintf(stderr, "viommu-trace: error: reading the kernel's records failed: %s\n",
			strerror(-err));
		return EXIT_FAILED;
	}
	if (o->vm_count && !session_matched(app->session)) {
		fprintf(stderr, "viommu-trace: no VM named %s%s used VFIO while this ran\n",
			o->vms[0], o->vm_count > 1 ? " or like the others" : "");
		return EXIT_FAILED;
	}
	return app->found ? EXIT_FOUND : EXIT_DONE;
}

static int app_trace(struct app *app)
{
	int err = session_open(app);
	int code;

	if (err)
		return start_exit_code(err);
	start_say(app);
	app->next_tick = now_ns() + TICK;
	app->end = app->opts->duration ? now_ns() + app->opts->duration : 0;
	err = app_run(app);
	session_finish(app->session);
	if (!app->write_error)
		app->write_error = output_flush(app->output);
	losses_say(app);
	code = end_exit_code(app, err);
	session_free(app->session);
	return code;
}

/**
 * A descriptor that is closed would become that of the next file we open.
 * Without an output there is nothing to do; the other two get something harmless.
 */
static int standard_files_check(void)
{
	int fd;

	if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
		fprintf(stderr, "viommu-trace: error: cannot write the output: it is closed\n");
		return -EBADF;
	}
	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct trace_opts opts;
	struct app app = { .opts = &opts };
	char err[256];
	int code;

	trace_opts_init(&opts);
	code = options_parse(&trace_program, argc, argv, &opts);
	if (code >= 0)
		return code;
	if (trace_opts_check(&opts, err, sizeof(err))) {
		fprintf(stderr, "viommu-trace: %s; see viommu-trace --help\n", err);
		return EXIT_USAGE;
	}
	if (standard_files_check())
		return EXIT_FAILED;
	app.signal_fd = signals_open();
	if (app.signal_fd < 0 || output_open(&app)) {
		fprintf(stderr, "viommu-trace: error: cannot start: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	code = app_trace(&app);
	output_free(app.output);
	close(app.signal_fd);
	return code;
}
