/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the HTTP server share. */
#ifndef VIOMMU_EXPORT_HTTP_PARTS_H
#define VIOMMU_EXPORT_HTTP_PARTS_H

#include <microhttpd.h>

#include "export/http.h"
#include "export/web-config.h"

/** A connection, in a list by when its present wait began: the first has waited longest. */
struct http_client {
	struct http_client *next;
	struct http_client **link;	/**< what points to it; NULL: it is being let go */
	int fd;				/**< libmicrohttpd's */
	uint64_t since;			/**< ns: the wait for a request, or the answer, began */
	bool answered;			/**< an answer is being sent */
	size_t size;			/**< bytes of it */
};

/** Connections of a server. */
struct http_clients {
	struct http_client *first;
	struct http_client **end;	/**< where the next one goes */
	unsigned int count;
	unsigned int max;		/**< one more, and the first has to go */
	size_t size;			/**< bytes of the answers that are being sent */
	uint64_t timeout;		/**< ns for a request to arrive */
};

struct http_server {
	struct http_source source;
	struct http_opts opts;
	char *web_path;			/**< NULL: no web configuration */
	struct web_config *web;		/**< the last good one */
	struct web_watch watch;		/**< the files it is made of */
	struct MHD_Daemon *daemon;
	int listen_fd;
	int epoll_fd;			/**< of the caller: holds the daemon's, which may change */
	struct http_clients clients;
	uint64_t looked;		/**< ns: when the files were looked at last */
	uint64_t dropped;		/**< series that were left out so far */
};

/** CLOCK_MONOTONIC in ns. */
uint64_t http_now(void);

void http_clients_init(struct http_clients *c, unsigned int max, unsigned int timeout);
/** For MHD_OPTION_NOTIFY_CONNECTION; ctx is struct http_clients. */
void http_clients_notify(void *ctx, struct MHD_Connection *connection, void **client,
			 enum MHD_ConnectionNotificationCode code);
/** A request has arrived whole and is being answered; or its answer is sent. */
void http_client_mark(struct http_clients *c, struct MHD_Connection *connection, bool answered);
/** Its answer has so many bytes, kept until they are sent: others may have to go for them. */
void http_client_weigh(struct http_clients *c, struct MHD_Connection *connection, size_t size);
/** Let those go whose time is over. */
void http_clients_expire(struct http_clients *c, uint64_t now);

/** Answer a request whose head has arrived. */
enum MHD_Result http_answer(struct http_server *h, struct MHD_Connection *connection,
			    const char *url, const char *method);

#endif
