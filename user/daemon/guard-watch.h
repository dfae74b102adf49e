/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module viommu_guard: policies put into force, and its status. Denials are events. */
#ifndef VIOMMU_DAEMON_GUARD_WATCH_H
#define VIOMMU_DAEMON_GUARD_WATCH_H

#include "core/ledger.h"
#include "daemon/wire.h"
#include "trace/tracer.h"

struct guard_watch;

/** What it needs of the collector. */
struct guard_watch_host {
	void *ctx;
	/** A sentence for a person. */
	void (*message)(void *ctx, enum tracer_level level, const char *text);
};

/** NULL: out of memory. */
struct guard_watch *guard_watch_new(const struct guard_watch_host *host);
/** NULL is allowed. */
void guard_watch_free(struct guard_watch *w);

/**
 * Read the policy files and put them into force, unless that very set is. A mistake in any of them
 * is told, and what is in force stays. 0: *out says what is in force now; -EINVAL: a file is wrong;
 * -ENOENT: there are no policies, and the module is not loaded; another -errno. All were told.
 */
int guard_watch_apply(struct guard_watch *w, struct wire_policies *out);

/** Ask the module for its status. *out is always set: it may not be there. */
void guard_watch_poll(struct guard_watch *w, struct ledger_guard *out);

#endif
