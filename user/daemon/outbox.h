/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The collector's end of the wire: never waits. What the socket does not take is kept, bounded, so
 * that the server may be busy for a moment.
 */
#ifndef VIOMMU_DAEMON_OUTBOX_H
#define VIOMMU_DAEMON_OUTBOX_H

#include <stdbool.h>

#include "daemon/wire.h"

/** Bytes that are kept: some hundred events. */
#define OUTBOX_MAX (2u << 20)

struct outbox_packet;

struct outbox {
	int fd;				/**< -1: not connected */
	size_t bytes;			/**< kept */
	struct outbox_packet *first, **last;
	uint64_t given;			/**< events (their count) that this connection took */
	uint64_t taken;			/**< of these, what the server has said that it took */
	uint64_t ticks;			/**< WIRE_TICK put since the connection began */
	uint64_t heard;			/**< of these, those that the server has said that it heard;
					 *  also when it is gone, until the next connection
					 */
	uint64_t lost;			/**< events that were dropped, or that no server took */
};

void outbox_init(struct outbox *o);
/** Closes the connection; what is kept is dropped, and what lies in it unread is lost too. */
void outbox_close(struct outbox *o);
/** A new connection, which is ours now; nothing is kept from an older one. */
void outbox_open(struct outbox *o, int fd);

/**
 * Send or keep one message. 0; -EAGAIN: no room; -ENOTCONN: nobody is there, also if that turned
 * out just now. An event that is not taken is counted as lost.
 */
int outbox_put(struct outbox *o, enum wire_type type, const void *data);

/** Send what is kept. 0: all or as much as there is room for; -ENOTCONN. */
int outbox_flush(struct outbox *o);

/** The server has said how far it has come. */
void outbox_taken(struct outbox *o, const struct wire_taken *said);

/** Something is kept: outbox_flush() when the socket takes more. */
bool outbox_pending(const struct outbox *o);

#endif
