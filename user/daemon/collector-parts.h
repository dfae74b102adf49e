/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The collector's state: collector.c runs it, collector-tell.c tells the server of it,
 * collector-containers.c and collector-host.c know what of it a server has.
 */
#ifndef VIOMMU_DAEMON_COLLECTOR_PARTS_H
#define VIOMMU_DAEMON_COLLECTOR_PARTS_H

#include "daemon/collector.h"
#include "daemon/guard-watch.h"
#include "daemon/outbox.h"
#include "daemon/processes.h"
#include "trace/session.h"

/** What can be wrong for a while, each until it was tried again. */
enum collector_topic {
	COLLECTOR_TRACING,
	COLLECTOR_CONFIG,
	COLLECTOR_POLICIES,
	COLLECTOR_NR_TOPICS
};

#define COLLECTOR_MAX_PROGRAMS 64

/** Ids of containers begin anew with each load of the module: so many bits they have below that. */
#define COLLECTOR_EPOCH_SHIFT 48

/** State that is told when it changes. */
struct collector_program {
	struct wire_program now;
	bool told;
	bool seen;		/**< in the current walk */
};

struct collector_group {
	struct ledger_group now;
	bool told;
	bool seen;		/**< in the current walk */
};

/** What servers know of a container. */
struct collector_told {
	struct viommu_container *heard;	/**< as one heard of it; NULL: none has yet */
	struct viommu_container *put;	/**< as was put for the one of now; NULL: not yet */
	uint64_t put_at;		/**< outbox::ticks then */
	bool adopt;			/**< the one of now was not told of heard */
};

/** Last states that are kept at most: one more is lost, and counted. */
#define COLLECTOR_MAX_ENDED 1024

/** A container that is gone, kept until a server has heard its last state. */
struct collector_ended {
	struct collector_ended *next;
	struct viommu_container last;
	struct collector_told told;
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
		struct collector_told told;
	} slots[VIOMMU_MAX_CONTAINERS];	/**< whose each container is, as the server was told */
	struct collector_ended *ended;
	size_t ended_count;
	struct wire_lost lost, lost_told;	/**< since the latest hello */
	struct wire_lost lost_heard;	/**< what a server heard of it */
	uint64_t lost_told_at;	/**< outbox::ticks then */
	struct ledger_guard guard_now, guard_told;
	struct wire_policies policies;
	bool has_policies, policies_told;
	struct collector_program programs[COLLECTOR_MAX_PROGRAMS];
	size_t program_count;
	struct collector_group *groups;
	size_t group_count;
	struct wire_problem problems[COLLECTOR_NR_TOPICS];	/**< errors of each, since then */
	enum collector_topic topic;	/**< that errors are of now */
	bool problem_told;
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

/** A server is there and has been greeted. */
bool collector_is_open(const struct collector *c);
/** Put a message for the server: 0, -ENOTCONN, or as outbox_put(). */
int collector_put(struct collector *c, enum wire_type type, const void *data);
/** Of what was put after so many ticks: the next one was heard, and so was this. */
bool collector_was_heard(const struct collector *c, uint64_t put_at);

/** Tell what is due. */
void collector_processes_tell(struct collector *c);
/** Last states of containers. */
void collector_ended_tell(struct collector *c);
/** Processes that ended, once their containers' last has been told. */
void collector_ends_tell(struct collector *c);
void collector_groups_tell(struct collector *c);
void collector_programs_tell(struct collector *c);
void collector_guard_tell(struct collector *c);

/** States of containers that were put and not heard count as not told. */
void collector_containers_unheard(struct collector *c);
/** A new server knows of no container, and is told first what earlier ones heard. */
void collector_containers_adopt(struct collector *c);

/** What was put for the server of before and not heard by it counts as not told. */
void collector_forget_unheard(struct collector *c);
/** What is known of containers, alive or gone. */
void collector_containers_free(struct collector *c);
/** Errors that are told from now on are of that topic, and those of before are void. */
void collector_try(struct collector *c, enum collector_topic topic);
/** Greet a new server: it knows nothing. */
void collector_hello(struct collector *c);
/** Read this machine's groups again. */
void collector_read_groups(struct collector *c);
/** Tell all that is due, in the order that the server needs; before and after session_tick(). */
void collector_tell_before(struct collector *c);
void collector_tell_after(struct collector *c);

#endif
