/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: maps that were refused, and what went unseen. */
#ifndef VIOMMU_GUARD_DENIAL_H
#define VIOMMU_GUARD_DENIAL_H

#include "guard.h"

struct guard_container;
struct guard_policy;

/**
 * struct guard_denial - a map that was refused, or in audit mode would have been
 * @policy: that did; NULL: a cap whose policy is gone
 * @container: NULL: not known
 * @iova: of the request
 * @size: of the request
 * @limit: last IOVA allowed
 * @error: positive errno that the VMM sees; 0: audit
 */
struct guard_denial {
	const struct guard_policy *policy;
	struct guard_container *container;
	u64 iova;
	u64 size;
	u64 limit;
	u32 error;
};

/** guard_denial_report() - count, trace, tell. Atomic, under RCU, in the process that asked. */
void guard_denial_report(const struct guard_denial *denial);
/** guard_missed() - count what went unseen. Atomic. */
void guard_missed(enum viommu_guard_missed what);
/** guard_missed_count() - the probes' own misses included. */
u64 guard_missed_count(enum viommu_guard_missed what);
/** guard_cgroup_path() - of the running process into @path, cut at a '/' if need be. Under RCU. */
void guard_cgroup_path(char *path, size_t size);
/** guard_cgroup_present() - is there any control group of version 2? */
bool guard_cgroup_present(void);
int guard_denial_init(void);
void guard_denial_exit(void);

/**
 * struct guard_record - a denial on its way to user space
 * @time: CLOCK_BOOTTIME ns
 */
struct guard_record {
	u64 time;
	u32 pid;
	u32 tid;
	char comm[GUARD_COMM_LEN];
	char cgroup[VIOMMU_GUARD_PATTERN_LEN];
	int group;
	u64 iova;
	u64 size;
	u64 limit;
	u32 error;
	bool has_policy;
	char policy[VIOMMU_GUARD_NAME_LEN];
	char file[VIOMMU_GUARD_FILE_LEN];
	char message[VIOMMU_GUARD_MESSAGE_LEN];
};

#endif
