/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs on vfio_iommu_type1: chosen, loaded, attached. */
#ifndef VIOMMU_TRACE_TYPE1_H
#define VIOMMU_TRACE_TYPE1_H

#include "trace/containers.h"
#include "trace/tracer.h"

struct type1_bpf;

/** The loaded programs and what they share with us. */
struct type1 {
	struct type1_bpf *skel;	/**< NULL: the programs are somebody else's */
	int ring_fd;		/**< the ring buffer of records; the object's */
	struct containers containers;
	bool trampolines;	/**< fentry and fexit are attached, not kprobes */
	bool enumerates;	/**< containers older than the programs can be found */
};

/**
 * Load and attach. The module must be live. What this kernel lacks is said through sink->message;
 * 0 if calls of MAP and UNMAP are traced. -errno otherwise, and why was said. _fini() in any case.
 */
int type1_init(struct type1 *t, const struct tracer_opts *opts, const struct tracer_sink *sink);

/** Use the maps of programs that are loaded already. 0 or -errno; _fini() in any case. */
int type1_adopt(struct type1 *t, const struct tracer_maps *maps);

/** Each program that was loaded. */
void type1_walk_programs(const struct type1 *t, tracer_program_fn fn, void *ctx);

/** Take every hook off. The tables and the ring stay. */
void type1_unhook(struct type1 *t);

/** Detach and unload. Nothing is left in the kernel. */
void type1_fini(struct type1 *t);

/** The ring buffer of records. */
int type1_ring_fd(const struct type1 *t);

/**
 * Walk all open files: containers that the table lacks enter it, the ranges and entries of the
 * others are brought up to date. 0 or -errno (-EOPNOTSUPP if this kernel cannot).
 */
int type1_enumerate(struct type1 *t);

/** What was lost since the start, by enum viommu_lost. at_end: open calls count as not seen. */
void type1_losses(const struct type1 *t, bool at_end, uint64_t lost[VIOMMU_NR_LOST]);

#endif
