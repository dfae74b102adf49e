/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's side of a virtio-iommu, on the host: uprobes (or USDT probes) in running QEMUs, one set
 * per executable file. They fill the brackets that MAP and UNMAP records are joined by, and, with
 * requests, tell of each request and the status that the guest was given.
 */
#ifndef VIOMMU_TRACE_QEMU_HOOKS_H
#define VIOMMU_TRACE_QEMU_HOOKS_H

#include "trace/tracer.h"
#include "trace/type1.h"

struct qemu_hooks_opts {
	bool requests;		/**< every request, not only what asked for a host map */
	bool all;		/**< records for all requests */
	uint64_t max_rate;	/**< calls a second above which an executable's end; 0: none */
};

struct qemu_hooks;

/**
 * Load the programs; they share ring, losses and brackets of type1, which must outlive this.
 * Nothing is hooked yet. 0 or -errno; why was said through sink.
 */
int qemu_hooks_new(struct qemu_hooks **out, const struct type1 *type1,
		   const struct qemu_hooks_opts *opts, const struct tracer_sink *sink);
void qemu_hooks_free(struct qemu_hooks *q);

/**
 * A QEMU of a VM that is wanted uses VFIO: hook its executable, if that is not done (by build id;
 * through /proc/PID/exe, so that a file replaced on disk does not matter). What a binary does not
 * offer is said once and is no error.
 */
int qemu_hooks_add(struct qemu_hooks *q, uint32_t pid);

/** Now and then (a second): look at rates, let go of executables that no process runs any more. */
void qemu_hooks_tick(struct qemu_hooks *q);

/** Some executable's notifier is hooked: a host map outside of a notification is QEMU's own. */
bool qemu_hooks_active(const struct qemu_hooks *q);

/** Take every hook off. */
void qemu_hooks_unhook(struct qemu_hooks *q);

#endif
