// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libmicrohttpd in the caller's loop. When the web configuration or a certificate changes, a new
 * daemon takes over the listening socket: connections of the old one end, which clients know how to
 * deal with, and every TLS setting can change without a restart.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "export/http-parts.h"

/* Of a request's head and an answer's; a browser sends 2 KiB. */
#define CONNECTION_MEMORY 16384

/* More connections than http_clients keeps: those that were let go are not gone at once. */
#define CONNECTION_SPARE 64

/* Runs for one call of http_server_run(), so that other work of the loop is not kept waiting. */
#define RUNS_MAX 16

#define LOOK_INTERVAL UINT64_C(1000000000)

static bool has_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0")) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					   MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/*
 * Called when the head is there, and again when the body is. What is answered the first time ends
 * the connection, and the body is not read: that is for requests that should have none.
 */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload_data,
				  size_t *upload_data_size, void **request)
{
	struct http_server *h = ctx;

	(void)version;
	(void)upload_data;
	(void)upload_data_size;
	if (!*request && !has_body(connection)) {
		*request = h;
		return MHD_YES;
	}
	http_client_mark(&h->clients, connection, true);
	return http_answer(h, connection, url, method);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	struct http_server *h = ctx;

	(void)request;
	(void)code;
	http_client_mark(&h->clients, connection, false);
}

/* ------------------------------------------------------------------------------------- daemon */

static struct MHD_Daemon *daemon_start(struct http_server *h, const struct web_config *web, int fd)
{
	const char *trust = web ? web_config_trust(web) : NULL;
	const bool tls = web && web_config_cert(web);
	struct MHD_OptionItem options[5] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? (char *)web_config_cert(web) : NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? (char *)web_config_key(web) : NULL },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, tls ? (char *)web_config_priorities(web) : NULL },
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0, (char *)trust },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (!trust)
		options[3].option = MHD_OPTION_END;
	if (!tls)
		options[0].option = MHD_OPTION_END;
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ITC | (tls ? MHD_USE_TLS : 0u), 0, NULL,
				NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_CONNECTION_LIMIT,
				h->opts.max_connections + CONNECTION_SPARE,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_NOTIFY_CONNECTION, http_clients_notify, &h->clients,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
				MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static int daemon_epoll(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

/* Start a daemon for web and let the old one go. The old one stays if that fails. */
static int daemon_replace(struct http_server *h, const struct web_config *web)
{
	struct epoll_event event = { .events = EPOLLIN };
	const int fd = dup(h->listen_fd);
	struct MHD_Daemon *daemon;

	if (fd < 0)
		return -errno;
	daemon = daemon_start(h, web, fd);
	if (!daemon) {
		close(fd);
		return -EIO;
	}
	if (epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, daemon_epoll(daemon), &event)) {
		const int err = errno;

		MHD_quiesce_daemon(daemon);
		MHD_stop_daemon(daemon);
		close(fd);
		return -err;
	}
	if (h->daemon) {
		/* Without this, stopping would shut the listening socket down for both. */
		const int old = MHD_quiesce_daemon(h->daemon);

		epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, daemon_epoll(h->daemon), NULL);
		MHD_stop_daemon(h->daemon);
		close(old);
	}
	h->daemon = daemon;
	return 0;
}

/* -------------------------------------------------------------------------- web configuration */

static void tell(const struct http_server *h, bool warning, const char *text)
{
	if (h->source.message)
		h->source.message(h->source.ctx, warning, text);
}

/* Use what the files say now. */
static int web_take(struct http_server *h, char *why, size_t size)
{
	struct web_config *web = NULL;
	int ret = web_config_load(&web, h->web_path, &h->watch, why, size);

	if (ret)
		return ret;
	ret = daemon_replace(h, web);
	if (ret) {
		snprintf(why, size, "%s: the web server cannot be started with it: %s",
			 h->web_path, strerror(-ret));
		web_config_free(web);
		return ret;
	}
	web_config_free(h->web);
	h->web = web;
	return 0;
}

static void web_look(struct http_server *h, uint64_t now)
{
	char why[512], text[640];

	if (!h->web_path || now - h->looked < LOOK_INTERVAL)
		return;
	h->looked = now;
	if (!web_watch_changed(&h->watch))
		return;
	if (!web_take(h, why, sizeof(why))) {
		snprintf(text, sizeof(text), "%s: read again", h->web_path);
		tell(h, false, text);
		return;
	}
	snprintf(text, sizeof(text), "%s; what was read before stays in force", why);
	tell(h, true, text);
}

/* -------------------------------------------------------------------------------------- server */

int http_server_new(struct http_server **out, const struct http_opts *opts,
		    const struct http_source *source, char *why, size_t size)
{
	struct http_server *h = calloc(1, sizeof(*h));
	int ret = -ENOMEM;

	if (!h)
		goto fail;
	h->source = *source;
	h->opts = *opts;
	h->listen_fd = opts->listen_fd;
	h->looked = http_now();
	http_clients_init(&h->clients, opts->max_connections, opts->timeout);
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll_fd < 0) {
		ret = -errno;
		goto fail;
	}
	if (opts->web_config && !opts->local) {
		h->web_path = strdup(opts->web_config);
		if (!h->web_path)
			goto fail;
		why[0] = '\0';
		ret = web_take(h, why, size);
	} else {
		ret = daemon_replace(h, NULL);
	}
	if (ret)
		goto fail;
	*out = h;
	return 0;
fail:
	if (!h || !h->web_path || !why[0])
		snprintf(why, size, "the web server cannot be started: %s", strerror(-ret));
	if (h) {
		h->listen_fd = -1;
		http_server_free(h);
	}
	return ret;
}

void http_server_free(struct http_server *h)
{
	if (!h)
		return;
	if (h->daemon) {
		const int fd = MHD_quiesce_daemon(h->daemon);

		MHD_stop_daemon(h->daemon);
		close(fd);
	}
	if (h->listen_fd >= 0)
		close(h->listen_fd);
	if (h->epoll_fd >= 0)
		close(h->epoll_fd);
	web_config_free(h->web);
	free(h->web_path);
	free(h);
}

int http_server_fd(const struct http_server *h)
{
	return h->epoll_fd;
}

int http_server_timeout(const struct http_server *h)
{
	MHD_UNSIGNED_LONG_LONG ms;
	int timeout = h->clients.count ? 1000 : -1;

	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES && (timeout < 0 || ms < 1000))
		timeout = ms < 1000 ? (int)ms : 1000;
	return timeout;
}

int http_server_run(struct http_server *h)
{
	const uint64_t now = http_now();

	web_look(h, now);
	for (unsigned int i = 0; i < RUNS_MAX; i++) {
		MHD_UNSIGNED_LONG_LONG ms;

		if (MHD_run(h->daemon) != MHD_YES)
			return -EIO;
		if (MHD_get_timeout(h->daemon, &ms) != MHD_YES || ms)
			break;
	}
	/* What had arrived by now has been read: nobody is let go for a time that we took. */
	http_clients_expire(&h->clients, now);
	return 0;
}
