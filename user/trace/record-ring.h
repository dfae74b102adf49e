/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reading end of a ring of records that BPF programs write. */
#ifndef VIOMMU_TRACE_RECORD_RING_H
#define VIOMMU_TRACE_RECORD_RING_H

#include "trace/tracer.h"

struct ring_buffer;

struct record_ring {
	struct ring_buffer *buffer;	/**< NULL: not open */
	struct tracer_sink sink;	/**< gets the records */
	unsigned int budget;		/**< records that may still be handed on */
};

/**
 * Open the ring of a BPF map; r must stay where it is until it is closed. Its descriptor is watched
 * by epoll_fd as what. 0 or -errno.
 */
int record_ring_open(struct record_ring *r, int map_fd, const struct tracer_sink *sink,
		     int epoll_fd, uint32_t what);

/** What is left in the ring is gone. One that is not open is allowed. */
void record_ring_close(struct record_ring *r);

/** Hand on what is there, at most a budget of it. 0; 1: there may be more; -errno. */
int record_ring_consume(struct record_ring *r);

/** Hand on all of it; nothing may write any more. 0 or -errno. */
int record_ring_drain(struct record_ring *r);

#endif
