// SPDX-License-Identifier: GPL-2.0-or-later
/* From nothing to a server that can do no more than it has to. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "daemon/listen.h"
#include "daemon/lock.h"
#include "daemon/sandbox.h"
#include "daemon/say.h"
#include "daemon/server-parts.h"
#include "export/web-config.h"

/** Clients at a time, for each listener, and s in which a request has to arrive. */
#define HTTP_CONNECTIONS 64
#define HTTP_TIMEOUT 10

#define NS_PER_DAY 86400000000000ULL
#define BYTES_PER_MEGABYTE 1000000ULL

static int fail(const char *why)
{
	say(TRACER_ERROR, "%s", why);
	return EXIT_FAILED;
}

static int socket_add(struct server *s, int fd, bool local)
{
	if (s->socket_count == SERVER_MAX_HTTP) {
		close(fd);
		return fail("more sockets were handed over than there can be");
	}
	s->sockets[s->socket_count++] = (struct server_socket){ fd, local };
	return -1;
}

/* After the history is open: pages are made from it. */
static int http_start(struct server *s)
{
	char why[512];

	s->source = (struct http_source){
		.ledger = s->ledger,
		.store = s->store,
		.host = s->host,
		.max_series = s->config.max_series,
		.unhealthy = server_unhealthy,
		.message = server_message,
		.ctx = s,
	};
	for (size_t i = 0; i < s->socket_count; i++) {
		struct server_socket *socket = &s->sockets[i];
		const struct http_opts opts = {
			.listen_fd = socket->fd,
			.local = socket->local,
			.web_config = socket->local || !s->config.web_config[0] ?
					      NULL : s->config.web_config,
			.max_connections = HTTP_CONNECTIONS,
			.timeout = HTTP_TIMEOUT,
		};

		if (http_server_new(&s->http[i], &opts, &s->source, why, sizeof(why)))
			return fail(why);
		socket->fd = -1;
	}
	return -1;
}

/* The group that may use the unix socket; as it is where there is none. */
static gid_t group_get(void)
{
	const struct group *g = getgrnam(SANDBOX_USER);

	return g ? g->gr_gid : (gid_t)-1;
}

/* Sockets that systemd opened: which is which tells their kind. */
static int sockets_take(struct server *s, bool *has_unix)
{
	char name[64];
	int fd, code = -1;

	for (unsigned int i = 0; code < 0; i++) {
		struct sockaddr_storage address = { 0 };
		socklen_t len = sizeof(address), type_len = sizeof(int);
		int type = 0;

		fd = notify_socket(i, name, sizeof(name));
		if (fd < 0)
			break;
		getsockname(fd, (struct sockaddr *)&address, &len);
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
		if (type == SOCK_SEQPACKET) {
			s->collector_listener = fd;
			continue;
		}
		*has_unix |= address.ss_family == AF_UNIX;
		code = socket_add(s, fd, address.ss_family == AF_UNIX);
	}
	return code;
}

/* The sockets that are still missing. */
static int sockets_open(struct server *s, bool has_unix)
{
	char why[256];
	int fd, code = -1;

	for (size_t i = 0; i < s->config.listen_count && code < 0; i++) {
		fd = listen_tcp(&s->config.listen[i], why, sizeof(why));
		code = fd < 0 ? fail(why) : socket_add(s, fd, false);
	}
	if (code < 0 && !has_unix && s->config.socket[0]) {
		fd = listen_unix(s->config.socket, SOCK_STREAM, s->config.socket_mode, group_get(),
				 why, sizeof(why));
		code = fd < 0 ? fail(why) : socket_add(s, fd, true);
	}
	if (code < 0 && s->opts->fd < 0 && s->collector_listener < 0) {
		s->collector_listener = listen_unix(s->opts->collector_socket, SOCK_SEQPACKET, 0600,
						    (gid_t)-1, why, sizeof(why));
		if (s->collector_listener < 0)
			code = fail(why);
	}
	return code;
}

/*
 * As root: the folder is there, and is the user's that the server becomes. One that is there
 * already and is somebody else's is not given away: 'state' may be /etc by mistake.
 */
static int state_make(const char *state, const struct passwd *user, char *why, size_t size)
{
	struct stat st;
	int err = mkdir(state, 0750) ? errno : 0;

	if (!err && lchown(state, user->pw_uid, user->pw_gid))
		err = errno;
	if (err && err != EEXIST) {
		snprintf(why, size, "cannot make the folder %s: %s", state, strerror(err));
		return -err;
	}
	/* A symbolic link there could point anywhere. */
	if (lstat(state, &st) || !S_ISDIR(st.st_mode)) {
		snprintf(why, size, "%s is no folder: 'state' has to be one", state);
		return -ENOTDIR;
	}
	if (st.st_uid == user->pw_uid)
		return 0;
	snprintf(why, size, "the folder %s is not that of user '%s': if it is for the history alone, "
		 "'chown %s: %s'; else change 'state'", state, SANDBOX_USER, SANDBOX_USER, state);
	return -EPERM;
}

/* For good. */
static int become(const struct server *s)
{
	const struct passwd *user = getpwnam(SANDBOX_USER);
	char why[1024];

	if (geteuid())
		return -1;
	/* Without such a user, that is what is said. */
	if (user && state_make(s->config.state, user, why, sizeof(why)))
		return fail(why);
	return sandbox_become(SANDBOX_USER, why, sizeof(why)) ? fail(why) : -1;
}

void server_store_opts(const struct config *config, struct store_opts *opts)
{
	*opts = (struct store_opts){
		.max_age = config->retention_days * NS_PER_DAY,
		.max_bytes = config->retention_megabytes * BYTES_PER_MEGABYTE,
	};
}

static int store_start(struct server *s)
{
	struct store_opts opts;
	const struct store_listener listener = { server_message, s };
	char path[CONFIG_PATH_LEN + 32], why[512];

	snprintf(path, sizeof(path), "%s/viommud.lock", s->config.state);
	s->lock_fd = lock_take(path, why, sizeof(why));
	if (s->lock_fd < 0)
		return fail(why);
	/* SQLite's own choice for what it sorts lies outside of what the sandbox allows. */
	setenv("SQLITE_TMPDIR", s->config.state, 1);
	snprintf(path, sizeof(path), "%s/history.db", s->config.state);
	server_store_opts(&s->config, &opts);
	return store_open(&s->store, path, &opts, &listener) ? EXIT_FAILED : -1;
}

/*
 * Folders of the configuration, and of what the web configuration names: files in them
 * come anew.
 */
static size_t readable_find(const struct server *s, char folders[][PATH_MAX], size_t max)
{
	struct web_config *web = NULL;
	struct web_watch watch = { .count = 0 };
	size_t count = 0;
	char why[512];

	snprintf(folders[count++], PATH_MAX, "%s", s->opts->config_path);
	if (s->config.web_config[0]) {
		web_config_load(&web, s->config.web_config, &watch, why, sizeof(why));
		web_config_free(web);
		snprintf(folders[count++], PATH_MAX, "%s", s->config.web_config);
	}
	for (size_t i = 0; i < watch.count && count < max; i++)
		snprintf(folders[count++], PATH_MAX, "%s", watch.files[i].path);
	for (size_t i = 0; i < count; i++) {
		char *slash = strrchr(folders[i], '/');

		/* Of a file in / the file alone. */
		if (slash && slash != folders[i])
			*slash = '\0';
	}
	return count;
}

static int restrict_self(struct server *s)
{
	char folders[6][PATH_MAX];
	const char *readable[6];
	const size_t count = readable_find(s, folders, 6);
	const struct sandbox_paths paths = { s->config.state, readable, count };
	char why[256];
	int ret;

	for (size_t i = 0; i < count; i++)
		readable[i] = folders[i];
	/* Read now, for good. */
	tzset();
	ret = sandbox_server(&paths, why, sizeof(why));
	if (ret < 0)
		return fail(why);
	if (ret > 0)
		say(TRACER_WARNING, "%s", why);
	return -1;
}

int server_start(struct server *s)
{
	bool has_unix = false;
	int code;

	if (gethostname(s->host, sizeof(s->host) - 1))
		snprintf(s->host, sizeof(s->host), "unknown");
	s->collector_fd = s->opts->fd;
	code = sockets_take(s, &has_unix);
	if (code < 0)
		code = sockets_open(s, has_unix);
	if (code < 0)
		code = become(s);
	if (code < 0)
		code = store_start(s);
	if (code < 0)
		code = http_start(s);
	return code < 0 ? restrict_self(s) : code;
}

void server_stop(struct server *s)
{
	for (size_t i = 0; i < s->socket_count; i++) {
		http_server_free(s->http[i]);
		if (s->sockets[i].fd >= 0)
			close(s->sockets[i].fd);
	}
	store_close(s->store);
	ledger_free(s->ledger);
	if (s->collector_fd >= 0)
		close(s->collector_fd);
	if (s->next_fd >= 0)
		close(s->next_fd);
	if (s->collector_listener >= 0)
		close(s->collector_listener);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->packet);
}
