/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's state: server-start.c makes it, server-take.c hears the collector, server.c runs it.
 */
#ifndef VIOMMU_DAEMON_SERVER_PARTS_H
#define VIOMMU_DAEMON_SERVER_PARTS_H

#include "daemon/server.h"
#include "daemon/wire.h"
#include "export/http.h"
#include "store/store.h"

/** Listeners: those of the configuration and the unix socket. */
#define SERVER_MAX_HTTP (CONFIG_MAX_LISTEN + 1)

struct server {
	const struct server_opts *opts;
	struct config config;		/**< in force */
	struct ledger *ledger;
	struct store *store;		/**< NULL: no history, as was said */
	struct http_source source;
	struct server_socket {
		int fd;			/**< -1: its http_server has it */
		bool local;		/**< a unix socket */
	} sockets[SERVER_MAX_HTTP];
	struct http_server *http[SERVER_MAX_HTTP];
	size_t socket_count;		/**< of sockets and, once they are started, of http */
	int collector_listener;		/**< -1: none */
	int collector_fd;		/**< -1: not connected */
	int next_fd;			/**< connected, and has said nothing yet; -1: none */
	int lock_fd;
	uint64_t taken;			/**< events of this connection */
	struct wire_taken kept, told;	/**< how far it is, and what the collector knows of it */
	bool dirty;			/**< counters changed since they were stored */
	bool pruning;			/**< there is more to delete */
	/** CLOCK_MONOTONIC ns of the collector's last sign of life. */
	uint64_t last_tick;
	bool ticked;			/**< the collector has told all that it knows once */
	uint64_t ticks;
	char host[256];			/**< name of this machine */
	char problem[512];	/**< of our configuration; empty: none */
	char told_problem[512];	/**< what is wrong with the collector; empty: nothing */
	char unhealthy[640];		/**< what http_source::unhealthy says */
	void *packet;			/**< WIRE_MAX bytes */
};

uint64_t server_now(void);		/**< CLOCK_REALTIME ns */
uint64_t server_clock(void);		/**< CLOCK_MONOTONIC ns */

/**
 * Listeners, history and sandbox. -1: go on; else the exit code to end with, and why was said.
 * server_stop() in any case.
 */
int server_start(struct server *s);
void server_stop(struct server *s);

/** How much history the configuration wants to be kept. */
void server_store_opts(const struct config *config, struct store_opts *opts);

/** What the store or an HTTP server tells people. */
void server_message(void *ctx, bool warning, const char *text);
/** NULL, or what is wrong; see http.h. */
const char *server_unhealthy(void *ctx);

/**
 * Take who connects. It becomes the collector, in place of the one that was there, once it says
 * something: another server that starts only asks so whether the socket is in use.
 */
void server_accept(struct server *s);
void server_accept_next(struct server *s);
/** All events that were taken are kept now. */
void server_keep_taken(struct server *s);
/**
 * Hear what the collector says. 0: that was all for now; -EPROTO: it is no collector of
 * ours; -EPIPE: it is gone.
 */
int server_hear(struct server *s);
/** Read the configuration again; a bad one changes nothing. */
void server_reload(struct server *s);

#endif
