/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: the VFIO containers. */
#ifndef VIOMMU_GUARD_CONTAINER_H
#define VIOMMU_GUARD_CONTAINER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "guard.h"

struct guard_policy;
struct guard_set;
struct signal_struct;

/* Longer paths are cut at a '/'; deeper patterns than that cannot match them. */
#define GUARD_CGROUP_LEN 512

/**
 * struct guard_container - a VFIO container, by its struct vfio_iommu
 * @by_iommu: in the table
 * @by_owner: in the table of those of a process
 * @rcu: for its end
 * @iommu: VFIO's private data, the key; not dereferenced here
 * @owner: key of the process that attached its first group, not dereferenced
 * @pid: of that process
 * @start_time: of that process, CLOCK_BOOTTIME ns
 * @comm: of its thread
 * @group: attached first; -1: unknown, the container is older than the module
 * @bound: policy that the process was bound to; ""
 * @cgroup: path of the process's control group, cut at GUARD_CGROUP_LEN
 * @policy: of the present set, by @bound or @cgroup; NULL: none
 * @cap: the lowest aperture end that was set, GUARD_NO_LIMIT: none
 * @host_end: the lowest aperture end that the hardware has; GUARD_NO_LIMIT: unknown
 * @usable_end: end of VFIO's last usable range; GUARD_NO_LIMIT: no ranges, or unknown
 * @error: what refusals because of @cap are to return
 * @capped: VFIO itself refuses above @cap; the module has one reference for it
 * @uncappable: why the aperture could not be lowered; NULL: it could, or need not
 * @denials: maps refused
 * @audits: maps that would have been
 * @violations: mappings above the limit, when last counted
 */
struct guard_container {
	struct hlist_node by_iommu;
	struct hlist_node by_owner;
	struct rcu_head rcu;
	const void *iommu;
	const struct signal_struct *owner;
	u32 pid;
	u64 start_time;
	char comm[GUARD_COMM_LEN];
	int group;
	char bound[VIOMMU_GUARD_NAME_LEN];
	char cgroup[GUARD_CGROUP_LEN];
	const struct guard_policy __rcu *policy;
	u64 cap;
	u64 host_end;
	u64 usable_end;
	u32 error;
	bool capped;
	const char *uncappable;
	atomic64_t denials;
	atomic64_t audits;
	u64 violations;
};

/** guard_container_find() - NULL: not known. Under RCU. */
struct guard_container *guard_container_find(const void *iommu);
/** guard_container_learn() - the same, added if need be; NULL: no memory, counted. Atomic. */
struct guard_container *guard_container_learn(const void *iommu);
/** guard_container_locked() - the one whose lock the running task holds; NULL: none known. */
struct guard_container *guard_container_locked(void);
/** guard_container_forget() - VFIO gives it up. Atomic. */
void guard_container_forget(const void *iommu);
/** guard_container_forget_all() - vfio_iommu_type1 goes. */
void guard_container_forget_all(void);
/**
 * guard_container_hold() - note that VFIO refuses above @limit: the module stays until that ends.
 * False: the module is on its way out, do not cap. Atomic.
 */
bool guard_container_hold(struct guard_container *container, u64 limit, u32 error);
/** guard_container_refresh() - after groups came or went: what do VFIO's ranges say now? Atomic. */
void guard_container_refresh(struct guard_container *container);
/** guard_containers_reevaluate() - a set has come; frees nothing. May sleep. */
void guard_containers_reevaluate(const struct guard_set *set);
/** guard_containers_all_at() - does VFIO itself refuse above @limit for every one? */
bool guard_containers_all_at(u64 limit);
/** guard_containers_lost() - some container could not be noted for lack of memory. */
bool guard_containers_lost(void);
/** guard_container_state() - enum viommu_guard_state. @reason: NULL, or why. Under RCU. */
u8 guard_container_state(const struct guard_container *container, const char **reason);
/** guard_container_limit() - last IOVA because of the policy; GUARD_NO_LIMIT. Under RCU. */
u64 guard_container_limit(const struct guard_container *container);

/**
 * struct guard_container_counts - for the status
 * @known: all
 * @capped: of these
 */
struct guard_container_counts {
	u32 known;
	u32 capped;
};

void guard_container_count(struct guard_container_counts *counts);
/** guard_container_generation() - changes with the table; never 0. */
unsigned int guard_container_generation(void);
/** guard_container_count_policy() - containers under a policy. Under RCU. */
u32 guard_container_count_policy(const struct guard_policy *policy);
/**
 * guard_container_each() - call @visit for the containers from bucket @from on; stops when it
 * returns non-zero, and returns the bucket then, -1 at the end. Under RCU.
 * @skip: in that bucket; updated.
 */
int guard_container_each(unsigned int from, unsigned int *skip,
			 int (*visit)(const struct guard_container *container, void *data),
			 void *data);

#endif
