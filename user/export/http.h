/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server of viommud (libmicrohttpd, one thread, the caller's loop): /metrics, /healthz,
 * /api/v1/vms[/NAME], / and /vms/NAME for people. Answers are made from the ledger and the store at
 * the moment of the request. A client that is slow, or many that say nothing, cost the others
 * nothing: the one that has waited longest makes room for a new one.
 */
#ifndef VIOMMU_EXPORT_HTTP_H
#define VIOMMU_EXPORT_HTTP_H

#include "core/ledger.h"
#include "store/store.h"

/** What answers are made from; stays the caller's. */
struct http_source {
	const struct ledger *ledger;
	struct store *store;		/**< NULL: no history */
	const char *host;		/**< host name */
	size_t max_series;		/**< see metrics.h */
	/** NULL, or what is wrong: /healthz says so with status 503. */
	const char *(*unhealthy)(void *ctx);
	/** What people should know meanwhile: the web configuration changed, or is bad. */
	void (*message)(void *ctx, bool warning, const char *text);
	void *ctx;
};

struct http_opts {
	int listen_fd;			/**< a listening socket, which the server then owns */
	bool local;			/**< a unix socket: neither TLS nor passwords */
	const char *web_config;		/**< file with TLS and users (web-config.h); NULL: none */
	unsigned int max_connections;	/**< at a time */
	unsigned int timeout;		/**< s for a request to arrive; an answer has six times */
};

struct http_server;

/** 0 or -errno; why (size bytes) says it to a person, and the socket stays the caller's. */
int http_server_new(struct http_server **out, const struct http_opts *opts,
		    const struct http_source *source, char *why, size_t size);
/** NULL is allowed. */
void http_server_free(struct http_server *h);

/** Readable when http_server_run() has something to do. */
int http_server_fd(const struct http_server *h);
/** ms until it has to be called anyway; -1: none. */
int http_server_timeout(const struct http_server *h);
/** Handle what is there, without waiting. 0 or -errno. */
int http_server_run(struct http_server *h);

#endif
