/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of a virtio-iommu: the programs on the driver of this kernel, chosen, loaded,
 * attached. Waits for the module virtio_iommu as the tracer waits for VFIO's.
 */
#ifndef VIOMMU_TRACE_GUEST_H
#define VIOMMU_TRACE_GUEST_H

#include "trace/tracer.h"

#define GUEST_MODULE "virtio_iommu"

struct guest_tracer;

/**
 * Start, or wait for the module. sink->record gets REQUEST and FAULT records, sink->message what
 * this kernel lacks; 6.1 of Debian has no such driver: that is said. 0 or -errno (said).
 */
int guest_tracer_new(struct guest_tracer **out, const struct tracer_opts *opts,
		     const struct tracer_sink *sink);
void guest_tracer_free(struct guest_tracer *t);

/** As tracer_fd(), tracer_poll(), tracer_finish(), tracer_attached(). */
int guest_tracer_fd(const struct guest_tracer *t);
int guest_tracer_poll(struct guest_tracer *t);
int guest_tracer_finish(struct guest_tracer *t);
bool guest_tracer_attached(const struct guest_tracer *t);

/** "fentry" or "kprobe"; "none" while waiting. */
const char *guest_tracer_hooks_name(const struct guest_tracer *t);

/** Each of its programs, see tracer_walk_programs(). */
void guest_tracer_walk_programs(const struct guest_tracer *t, tracer_program_fn fn, void *ctx);

/** The driver, a module or built in, has a virtio-iommu: this machine is such a guest. */
bool guest_device_present(void);

/** A copy of an element of the endpoint table; false: it is free, or nothing is attached. */
bool guest_tracer_endpoint(const struct guest_tracer *t, uint32_t slot,
			   struct viommu_endpoint *out);

/** What was lost since the start, by enum viommu_lost. at_end: requests without answer count. */
void guest_tracer_losses(const struct guest_tracer *t, bool at_end,
			 uint64_t lost[VIOMMU_NR_LOST]);

#endif
