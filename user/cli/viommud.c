// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * viommud: for each VM of this host, always. Two processes: collector (root) and server
 * (nobody).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/daemon-options.h"
#include "daemon/collector.h"
#include "daemon/listen.h"
#include "daemon/lock.h"
#include "daemon/say.h"
#include "daemon/server.h"
#include "trace/kernel.h"

#define LOCK_FILE "/run/viommu/viommud.lock"

struct app {
	struct daemon_opts opts;
	struct config config;
	const char *config_path;
	struct notify notify;
};

static void note_print(void *ctx, const struct policy_note *note)
{
	(void)ctx;
	say_note(note);
}

static int server_start(const struct app *app, int fd, struct notify *notify)
{
	const struct server_opts opts = {
		.config = &app->config,
		.config_path = app->config_path,
		.config_must_exist = app->opts.config,
		.fd = fd,
		.collector_socket = COLLECTOR_SOCKET,
		.notify = notify,
	};

	return server_run(&opts);
}

static int collector_start(struct app *app, int fd, pid_t server)
{
	const struct collector_opts opts = {
		.config = &app->config,
		.config_path = app->config_path,
		.config_must_exist = app->opts.config,
		.fd = fd,
		.server = server,
		.socket = app->opts.collector,
		.notify = &app->notify,
	};

	return collector_run(&opts);
}

/* -1: go on; else the exit code. */
static int machine_check(void)
{
	char missing[128];

	if (!kernel_missing_capabilities(missing, sizeof(missing)))
		return -1;
	say(TRACER_ERROR, "tracing needs %s, which this process lacks: run it as root (the server "
	    "half gives that up)", missing);
	return EXIT_UNSUPPORTED;
}

/* -1: go on; else the exit code. */
static int lock(int *fd)
{
	char why[256];

	*fd = lock_take(LOCK_FILE, why, sizeof(why));
	if (*fd >= 0)
		return -1;
	say(TRACER_ERROR, "%s", why);
	return EXIT_FAILED;
}

/* The child is the server: the process that was started keeps what is root's, and its number. */
static int both_run(struct app *app)
{
	struct notify quiet = { .fd = -1 };
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds)) {
		say(TRACER_ERROR, "cannot start: %s", strerror(errno));
		return EXIT_FAILED;
	}
	pid = fork();
	if (pid < 0) {
		say(TRACER_ERROR, "cannot start: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (!pid) {
		close(fds[0]);
		notify_fini(&app->notify);
		return server_start(app, fds[1], &quiet);
	}
	close(fds[1]);
	return collector_start(app, fds[0], pid);
}

static int app_run(struct app *app)
{
	int fd = -1;
	int code = -1;

	if (notify_init(&app->notify))
		say(TRACER_WARNING, "systemd cannot be told that we run");
	if (app->opts.server)
		return server_start(app, -1, &app->notify);
	code = machine_check();
	if (code < 0)
		code = lock(&fd);
	if (code >= 0)
		return code;
	code = app->opts.collector ? collector_start(app, -1, 0) : both_run(app);
	close(fd);
	return code;
}

int main(int argc, char **argv)
{
	const struct policy_listener listener = { note_print, NULL };
	struct app app = { .notify = { .fd = -1 } };
	int code = options_parse(&daemon_program, argc, argv, &app.opts);
	int fd;

	if (code >= 0)
		return code;
	if (app.opts.server && app.opts.collector) {
		fprintf(stderr, "viommud: --server and --collector are two processes: give one of "
			"them; see viommud --help\n");
		return EXIT_USAGE;
	}
	/* A descriptor that is closed would become that of the next file we open. */
	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	app.config_path = app.opts.config ? app.opts.config : CONFIG_FILE;
	if (config_load(&app.config, app.config_path, app.opts.config, &listener))
		return EXIT_INPUT;
	if (app.opts.check_config) {
		printf("%s: the configuration is valid\n", app.config_path);
		return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	code = app_run(&app);
	notify_fini(&app.notify);
	return code;
}
