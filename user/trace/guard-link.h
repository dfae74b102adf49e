/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to viommu_guard, which is loaded and unloaded as it likes, or never there. */
#ifndef VIOMMU_TRACE_GUARD_LINK_H
#define VIOMMU_TRACE_GUARD_LINK_H

#include <sys/types.h>

#include "guard/client.h"
#include "trace/tracer.h"

/** Zeroed: not connected. */
struct guard_link {
	struct guard_client *denials;	/**< listens; NULL: not connected */
	struct guard_client *status;	/**< asks for the counters */
	ino_t module;			/**< of the module that we tried; 0: none */
	uint64_t missed;		/**< denials that it did not tell, when asked last */
	uint64_t lost;			/**< denials that never came, since the start */
};

/** Connect if the module is there, let go if it is not; also after it came anew. Cheap. */
void guard_link_tick(struct guard_link *link, const struct tracer_sink *sink);
void guard_link_fini(struct guard_link *link);

bool guard_link_connected(const struct guard_link *link);
/** Readable when denials have come; -1: not connected. */
int guard_link_fd(const struct guard_link *link);
/** Hand on what has come, without waiting. */
void guard_link_read(struct guard_link *link, guard_denial_fn fn, void *ctx);
/** Ask the module what it could not tell, and add that to lost. */
void guard_link_count(struct guard_link *link);

#endif
