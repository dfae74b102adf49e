/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the collector tells the server: one message per packet of a SOCK_SEQPACKET socket, host byte
 * order, both ends are of one build (WIRE_VERSION, sizes). The collector never waits: what does not
 * go through is counted (events) or told again at the next occasion (state). The server trusts the
 * collector's meaning, but checks lengths and indexes, for it is the one without privileges.
 */
#ifndef VIOMMU_DAEMON_WIRE_H
#define VIOMMU_DAEMON_WIRE_H

#include <sys/types.h>

#include "core/ledger.h"

#define WIRE_VERSION 1

enum wire_type {
	/**
	 * struct wire_hello: first; all that was known before is void. The server answers it with
	 * its own, once it works.
	 */
	WIRE_HELLO = 1,
	WIRE_PROCESS,		/**< struct ledger_process */
	WIRE_PROCESS_END,	/**< struct ledger_process: pid and start_time count */
	WIRE_CONTAINER,		/**< struct viommu_container */
	/** struct viommu_container, ahead of its state: as an earlier server was told of it */
	WIRE_CONTAINER_BEFORE,
	WIRE_EVENT,		/**< struct viommu_event, without its summary */
	WIRE_LOST,		/**< struct wire_lost */
	WIRE_GROUP,		/**< struct ledger_group */
	WIRE_GUARD,		/**< struct ledger_guard */
	WIRE_TAKEN,		/**< struct wire_taken: the server's, after each commit and tick */
	WIRE_POLICIES,		/**< struct wire_policies: a set came into force */
	WIRE_PROGRAM,		/**< struct wire_program */
	WIRE_PROBLEM,		/**< struct wire_problem: what is wrong now, for /healthz */
	WIRE_TICK,		/**< nothing more: all that is due has been told; once a second */
	WIRE_RELOAD,		/**< nothing more: read the configuration again. Only to a server
				 *  that the collector started, which it has no right to signal
				 */
};

/** Head of each packet. */
struct wire_head {
	uint32_t type;		/**< enum wire_type */
	uint32_t size;		/**< bytes that follow */
};

struct wire_hello {
	uint32_t version;	/**< WIRE_VERSION */
	uint32_t event_size;	/**< sizeof(struct viommu_event) and of the container: one build */
	uint32_t container_size;
	char viommu_version[32];
	char host[256];		/**< host name */
};

/** How far the server has come since the connection began. */
struct wire_taken {
	uint64_t events;		/**< that it took, and the history has got: sum of counts */
	uint64_t ticks;			/**< WIRE_TICK that it heard: and so all that was before */
};

/** Totals since the latest WIRE_HELLO. */
struct wire_lost {
	uint64_t lost[VIOMMU_NR_LOST];
	uint64_t between;		/**< events that could not be handed to the server */
};

struct wire_policies {
	uint64_t generation;
	uint64_t policies;
};

struct wire_program {
	char name[64];
	uint32_t attached;
};

struct wire_problem {
	char text[512];			/**< for people; empty: nothing */
};

/**
 * Send one packet without waiting. 0; -EAGAIN: there is no room now; -errno: the other
 * end is gone.
 */
int wire_send(int fd, enum wire_type type, const void *data, size_t size);

/**
 * Receive one packet without waiting into buf (aligned as malloc() does); *data points behind the
 * head. Type and size fit each other. 0; -EAGAIN: none is there; -EPIPE: the end; -EPROTO: a packet
 * that is none of these.
 */
int wire_receive(int fd, void *buf, size_t buf_size, enum wire_type *type, const void **data);

/** Bytes that follow the head of that type; 0 also for what is none. */
size_t wire_size(enum wire_type type);

/** Bytes of the largest packet. */
#define WIRE_MAX \
	(sizeof(struct wire_head) + sizeof(struct viommu_event) + sizeof(struct viommu_container))

#endif
