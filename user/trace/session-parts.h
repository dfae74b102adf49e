/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a session share beyond session.h. */
#ifndef VIOMMU_TRACE_SESSION_PARTS_H
#define VIOMMU_TRACE_SESSION_PARTS_H

#include "core/request.h"
#include "core/summary.h"
#include "guard/denials.h"
#include "trace/guard-link.h"
#include "trace/infos.h"
#include "trace/owners.h"
#include "trace/self.h"
#include "trace/session.h"
#include "trace/waiting.h"

/** What the sink was told of a container. */
struct told {
	uint64_t id;		/* 0: nothing */
	uint64_t sum;		/* over all of it */
};

struct session {
	struct session_sink sink;
	struct tracer *tracer;
	struct owners *owners;
	struct fold *fold;
	struct summary *summary;
	bool all;			/* successful calls are asked for */
	bool summary_full;		/* said already */
	int64_t boot_offset;		/* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
	uint64_t lost[VIOMMU_NR_LOST];	/* what was reported already */
	bool was_attached;
	bool sink_busy;			/* the sink took no container since the last tick */
	bool behind;			/* records may be left in the ring */
	struct guard_link guard;
	struct denials *denials;	/* whose records have not come */
	struct waiting *waiting;	/* records whose denials may come */
	struct container_info infos[VIOMMU_MAX_CONTAINERS];
	struct told told[VIOMMU_MAX_CONTAINERS];
	struct request_pieces pieces;	/* failed host maps of requests in work */
	struct self self;		/* this machine, where it is a guest */
	struct viommu_container snapshot;	/* too large for the stack */
	struct viommu_event event;		/* too large for the stack */
};

/** session-records.c: a record of the tracer, to be counted and printed. */
void session_record(struct session *s, const struct viommu_rec *rec);
/** The same with the word of the guard that it is a denial; NULL: it is none. */
void session_record_judged(struct session *s, const struct viommu_rec *rec,
			   const struct guard_denial *denial);
/** A denial without a record. */
void session_denial(struct session *s, const struct guard_denial *denial);
/** What comes out of folding: counted and printed. ctx is the session. */
int session_event_out(void *ctx, const struct viommu_event *event);

/**
 * session-containers.c: an owner was learnt of: tell BPF about this container of it (NULL: none),
 * and follow what else it is.
 */
void session_owner_known(struct session *s, struct viommu_container *c, const struct owner *owner);
/** Tell the sink of the container, unless it was told already: an event of it follows. */
void session_container_first(struct session *s, const struct viommu_container *c);
/** Containers of one process at this moment. */
unsigned int session_containers_of(struct session *s, uint32_t tgid);
/** Give new containers their owner's verdict; count those that are gone, and let go of them. */
void session_containers_tick(struct session *s);
/**
 * The counters of every container go into the totals of its VM, and the sink is told of it a last
 * time. gone: the containers are, with the module.
 */
void session_containers_end(struct session *s, bool gone);
/** A total that cannot be kept (err) is said once, not left out in silence. */
void session_summary_check(struct session *s, int err);

/** session-guard.c: take the record, and keep it until it is known whether it is a denial. */
void session_guard_record(struct session *s, const struct viommu_rec *rec);
/** Read what the guard says, and let go of the records that need not wait any more. */
void session_guard_read(struct session *s);
/** Now and then: connect, count losses, let go of denials whose records did not come. */
void session_guard_tick(struct session *s);
/** Wait for what may still come, and let go of everything. */
void session_guard_finish(struct session *s);

#endif
