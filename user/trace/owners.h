/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that use containers: which VM each is, and whether anybody asked for it. */
#ifndef VIOMMU_TRACE_OWNERS_H
#define VIOMMU_TRACE_OWNERS_H

#include "core/event.h"
#include "host/vm.h"

/** One process. */
struct owner {
	uint32_t tgid;
	uint64_t start_time;	/**< with tgid the identity; see struct viommu_rec */
	struct viommu_vm vm;
	bool wanted;		/**< matches what the user asked for */
};

/** What the user asked for; everything if pattern_count and pid are 0. */
struct owner_filter {
	const char *const *patterns;	/**< of VM names or uuids, see host_vm_match() */
	size_t pattern_count;
	uint32_t pid;		/**< this process too, whatever its VM */
};

struct owners;

/** filter's arrays stay the caller's. NULL if out of memory. */
struct owners *owners_new(const struct owner_filter *filter);
void owners_free(struct owners *o);

/** The process of a record of ours; replaces what was known of it. */
const struct owner *owners_learn(struct owners *o, const struct viommu_rec_process *rec);

/**
 * The process (tgid, start_time), read from /proc if it is new to us. comm names it if it is gone.
 * Valid until the next call.
 */
const struct owner *owners_find(struct owners *o, uint32_t tgid, uint64_t start_time,
				const char *comm);

/**
 * The process of that pid that lives now, else the one that is remembered, else by the names given.
 * Valid until the next call.
 */
const struct owner *owners_find_pid(struct owners *o, uint32_t tgid, const char *comm,
				    const char *cgroup);

/** Some wanted process has been seen although not every process is wanted. */
bool owners_matched(const struct owners *o);

#endif
