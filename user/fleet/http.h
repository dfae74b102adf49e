/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to a server that speaks Prometheus' HTTP API: one at a time, bounded in time, size. */
#ifndef VIOMMU_FLEET_HTTP_H
#define VIOMMU_FLEET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that a message of http_query() and http_new() needs at most; longer ones are cut. */
#define HTTP_MESSAGE 768

/** Whom to ask, and how. Text stays the caller's while the client lives. */
struct http_opts {
	const char *url;	/**< http_url_check() is content with it */
	const char *const *headers;	/**< "Name: value", http_header_check() is content */
	size_t header_count;
	const char *token_file;	/**< holds a bearer token; NULL: none */
	const char *netrc_file;	/**< holds user and password; NULL: none */
	const char *ca;		/**< certificates to trust, instead of the system's; NULL: those */
	const char *cert, *key;	/**< of this client; NULL: none */
	bool insecure;		/**< do not look at the server's certificate */
	uint64_t timeout_ns;	/**< for all questions together */
	size_t max_bytes;	/**< of one answer, uncompressed */
	/** Called several times a second while an answer is awaited; may be NULL. */
	void (*wait)(void *ctx, uint64_t waited_ns);
	void *ctx;
};

struct http;

/** http:// or https://, a host, maybe port and path. 0, or -EINVAL with a text. */
int http_url_check(const char *url, char *err, size_t err_size);

/** A header's name, a colon, a value, all printable. 0, or -EINVAL with a text. */
int http_header_check(const char *header, char *err, size_t err_size);

/** A client, or NULL with a message of one line. The time begins to run. */
struct http *http_new(const struct http_opts *opts, char *err, size_t err_size);
/** NULL is allowed. */
void http_free(struct http *http);

/** The address, for messages. */
const char *http_url(const struct http *http);

/** What came back. */
struct http_answer {
	long status;		/**< 200, 404, ... */
	char *body;		/**< NUL-terminated; http_answer_fini() */
	size_t size;		/**< without the NUL */
	char redirect[256];	/**< where a redirect leads; empty: it is none */
};

/**
 * POST a PromQL expression. 0 whatever the status is; else -errno and a message of one line.
 * http_answer_fini() in any case.
 */
int http_query(struct http *http, const char *promql, struct http_answer *answer, char *err,
	       size_t err_size);
void http_answer_fini(struct http_answer *answer);

#endif
