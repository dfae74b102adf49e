/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a session share. */
#ifndef VIOMMU_TRACE_SESSION_PARTS_H
#define VIOMMU_TRACE_SESSION_PARTS_H

#include "core/fold.h"
#include "core/request.h"
#include "core/summary.h"
#include "trace/infos.h"
#include "trace/owners.h"
#include "trace/self.h"
#include "trace/session.h"

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
	bool behind;			/* records may be left in the ring */
	struct container_info infos[VIOMMU_MAX_CONTAINERS];
	struct request_pieces pieces;	/* failed host maps of requests in work */
	struct self self;		/* this machine, where it is a guest */
	struct viommu_container snapshot;	/* too large for the stack */
	struct viommu_event event;		/* too large for the stack */
};

/* session-containers.c: the tracer's table of containers. */

/** An owner was learnt of: tell BPF about this container of it, and follow what else it is. */
void session_owner_known(struct session *s, struct viommu_container *c, const struct owner *owner);

/** Containers of one process at this moment. */
unsigned int session_containers_of(struct session *s, uint32_t tgid);

/** Give new containers their owner's verdict; count those that are gone, and let go of them. */
void session_containers_tick(struct session *s);

/** The counters of every container go into the totals of its VM. */
void session_containers_account(struct session *s);

/** A total that cannot be kept (err) is said once, not left out in silence. */
void session_summary_check(struct session *s, int err);

#endif
