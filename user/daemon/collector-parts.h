/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's state: collector.c runs it, collector-tell.c tells the server of it. */
#ifndef VIOMMU_DAEMON_COLLECTOR_PARTS_H
#define VIOMMU_DAEMON_COLLECTOR_PARTS_H

#include "daemon/collector.h"
#include "daemon/guard-watch.h"
#include "daemon/outbox.h"
#include "daemon/processes.h"
#include "trace/session.h"

/** Messages that a server which comes later is told. */
#define COLLECTOR_RECENT 8
#define COLLECTOR_MAX_PROGRAMS 64

/** State that is told when it changes. */
struct collector_program {
	struct wire_program now;
	bool told;
	bool seen;		/**< in the current walk */
};

struct collector_group {
	struct ledger_group now;
	bool told;
};

struct collector {
	const struct collector_opts *opts;
	struct session *session;
	struct processes *processes;
	struct guard_watch *guard;
	struct outbox out;
	bool hello_due;		/**< the server has to be told everything, from the start */
	bool greeted;		/**< it has answered */
	uint64_t epoch;		/**< how often the module was unloaded: ids begin anew then */
	struct {
		uint32_t pid;	/**< 0: none */
		uint64_t start_time;
		struct viommu_container *last;	/**< as a server was told; NULL: not yet */
		bool adopt;	/**< the server of now was not told of last */
	} slots[VIOMMU_MAX_CONTAINERS];	/**< whose each container is, as the server was told */
	struct wire_lost lost, lost_told;	/**< since the latest hello */
	struct ledger_guard guard_now, guard_told;
	struct wire_policies policies;
	bool has_policies, policies_told;
	struct collector_program programs[COLLECTOR_MAX_PROGRAMS];
	size_t program_count;
	struct collector_group *groups;
	size_t group_count;
	struct wire_message recent[COLLECTOR_RECENT];	/**< a ring */
	size_t recent_count;	/**< ever */
	uint64_t ticks;
	struct viommu_container container;	/**< too large for the stack */
	struct viommu_event event;		/**< too large for the stack */
};

/** Sinks of the session; ctx is the struct collector. */
void collector_event(void *ctx, const struct viommu_event *event);
void collector_message(void *ctx, enum tracer_level level, const char *text);
void collector_process(void *ctx, const struct owner *owner, const struct viommu_rec_process *rec);
int collector_container(void *ctx, const struct owner *owner, const struct viommu_container *c);
void collector_detached(void *ctx);

/** Greet a new server: it knows nothing. */
void collector_hello(struct collector *c);
/** Read this machine's groups again. */
void collector_read_groups(struct collector *c);
/** Tell all that is due, in the order that the server needs; before and after session_tick(). */
void collector_tell_before(struct collector *c);
void collector_tell_after(struct collector *c);

#endif
