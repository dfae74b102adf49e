/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of a skeleton: attached one by one, let go of together, and what the kernel skipped. */
#ifndef VIOMMU_TRACE_PROGRAMS_H
#define VIOMMU_TRACE_PROGRAMS_H

#include <stdint.h>

#include <bpf/libbpf.h>

/**
 * Attach a program by the section it is in, if it was loaded; the skeleton keeps the link.
 * 0 or -errno.
 */
int programs_attach(struct bpf_object_skeleton *skel, const char *name);

/** Take every hook off. Programs, tables and rings stay. */
void programs_unhook(struct bpf_object_skeleton *skel);

/**
 * Each program that was to be loaded and is hooked in by this tracer: not those that are
 * run once.
 */
void programs_walk(const struct bpf_object_skeleton *skel,
		   void (*fn)(void *ctx, const char *program, bool attached), void *ctx);

/** Runs that the kernel skipped because the program was running on that CPU already. */
uint64_t program_misses(const struct bpf_program *prog);

#endif
