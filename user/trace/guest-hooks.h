/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs on this kernel's virtio-iommu driver: chosen, loaded, attached. */
#ifndef VIOMMU_TRACE_GUEST_HOOKS_H
#define VIOMMU_TRACE_GUEST_HOOKS_H

#include "trace/tracer.h"

struct virtio_iommu_bpf;

struct guest_hooks {
	struct virtio_iommu_bpf *skel;	/**< NULL: nothing is loaded */
	bool trampolines;		/**< fentry and fexit, not kprobes */
};

/** Load, and attach nothing yet. 0 or -errno; why was said. */
int guest_hooks_load(struct guest_hooks *h, const struct tracer_opts *opts,
		     const struct tracer_sink *sink);

/** 0 if requests and their answers are traced; else -errno, and why was said. */
int guest_hooks_attach(struct guest_hooks *h, const struct tracer_sink *sink);

/** Detach and unload, if anything is loaded. */
void guest_hooks_close(struct guest_hooks *h);

/** Requests that went unseen, less those of them whose answer was seen all the same. */
uint64_t guest_hooks_skipped(const struct guest_hooks *h);

#endif
