/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An executable file that QEMU processes run, and the probes in it. */
#ifndef VIOMMU_TRACE_QEMU_EXECUTABLE_H
#define VIOMMU_TRACE_QEMU_EXECUTABLE_H

#include "trace/qemu-elf.h"
#include "trace/qemu-processes.h"
#include "trace/tracer.h"

struct bpf_link;
struct qemu_bpf;

struct qemu_executable {
	bool used;
	uint32_t index;			/**< in the tables of qemu.bpf.c; its probes' cookie */
	struct qemu_file file;
	struct qemu_bpf *skel;		/**< the programs; not owned */
	const struct tracer_sink *sink;	/**< for messages; not owned */
	struct bpf_link *notify;	/**< NULL: who asked for a map cannot be told */
	struct bpf_link *requests[QEMU_USDTS];	/**< all NULL: requests are not traced */
	uint64_t passes;		/**< counted at the last look */
	char name[256];			/**< its path when it was hooked, for messages */
};

/**
 * Hook what the binary offers. What it does not, or cannot be hooked, is said unless quiet. path is
 * that of a descriptor of ours, so that it cannot become another file.
 */
void qemu_executable_hook(struct qemu_executable *e, const struct qemu_elf *binary,
			  const char *path, bool requests, bool quiet);

/** Take every probe out; the element is free then. */
void qemu_executable_unhook(struct qemu_executable *e);

/** Take those of requests out. */
void qemu_executable_unhook_requests(struct qemu_executable *e);

/** Requests are traced. */
bool qemu_executable_requests(const struct qemu_executable *e);

/** How often the probes of requests were passed since the last call. */
uint64_t qemu_executable_passes(struct qemu_executable *e);

#endif
