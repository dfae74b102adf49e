/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: the policies, and which of them a process has. */
#ifndef VIOMMU_GUARD_POLICY_H
#define VIOMMU_GUARD_POLICY_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>

#include "guard.h"

struct guard_set;

/**
 * struct guard_counter - what a policy did; outlives the set, found again by the name
 * @node: in the table of names
 * @claimed: the last set that took it, not dereferenced
 * @ref: one for each set that has the policy
 * @name: of the policy; "" for the default
 * @denials: maps refused
 * @audits: maps that would have been
 */
struct guard_counter {
	struct hlist_node node;
	const struct guard_set *claimed;
	struct kref ref;
	char name[VIOMMU_GUARD_NAME_LEN];
	atomic64_t denials;
	atomic64_t audits;
};

/**
 * struct guard_pattern - of cgroup paths
 * @text: valid, NUL-terminated; owned
 * @depth: number of its components
 */
struct guard_pattern {
	char *text;
	unsigned int depth;
};

/**
 * struct guard_policy - one policy of a set
 * @counter: never NULL in a complete set
 * @max_iova: last IOVA allowed; GUARD_NO_LIMIT
 * @error: positive errno that a refused map returns
 * @mode: enum viommu_guard_mode
 * @n_patterns: of @pattern
 * @pattern: any of them makes the policy apply
 * @message: shown with each denial; may be empty
 * @file: where it is from; may be empty
 */
struct guard_policy {
	struct guard_counter *counter;
	u64 max_iova;
	u32 error;
	u8 mode;
	u8 n_patterns;
	struct guard_pattern pattern[VIOMMU_GUARD_MAX_PATTERNS];
	char message[VIOMMU_GUARD_MESSAGE_LEN];
	char file[VIOMMU_GUARD_FILE_LEN];
};

#define GUARD_CACHE_BITS 10

/**
 * struct guard_cached - which policy a cgroup has, once found
 * @id: of the cgroup; never used again while the kernel runs
 * @check: @id ^ (index of the policy + 1), index @n for none: who reads half of an entry and half
 *	of another sees that they do not fit together
 */
struct guard_cached {
	u64 id;
	u64 check;
};

/**
 * struct guard_set - all policies, replaced as a whole
 * @generation: from 1
 * @min_limit: the lowest limit of all; no map that ends at or below it needs a closer look
 * @n: number of policies with a name
 * @has_default: @policy[@n] is the default
 * @enforces: some policy refuses
 * @uniform: every process has the same enforced limit, so that VFIO itself refuses for every
 *	container that is capped at its attach
 * @cache: of what matching gave
 * @policy: @n, and the default; in order of precedence
 */
struct guard_set {
	u64 generation;
	u64 min_limit;
	u32 n;
	bool has_default;
	bool enforces;
	bool uniform;
	struct guard_cached cache[1 << GUARD_CACHE_BITS];
	struct guard_policy policy[];
};

/** guard_set_new() - room for @n policies and a default; NULL: no memory. */
struct guard_set *guard_set_new(u32 n);
/** guard_set_free() - of one that nobody uses. */
void guard_set_free(struct guard_set *set);
/** guard_set_publish() - take it over as the present one; returns its generation. May sleep. */
u64 guard_set_publish(struct guard_set *set);
/**
 * guard_counter_claim() - the counter of this name for @set, new if there is none yet. The one who
 * replaces the set. ERR_PTR(-EEXIST): @set has it already; ERR_PTR(-ENOMEM).
 */
struct guard_counter *guard_counter_claim(const char *name, const struct guard_set *set);
/** guard_set_current() - NULL as long as none was given. Under RCU or with preemption off. */
struct guard_set *guard_set_current(void);
/** guard_policy_of_current() - of the running process; NULL: none. Atomic, under RCU. */
const struct guard_policy *guard_policy_of_current(struct guard_set *set);
/** guard_policy_by_name() - NULL: not in the set. */
const struct guard_policy *guard_policy_by_name(const struct guard_set *set, const char *name);
/** guard_policy_by_path() - first that matches, else the default, else NULL. */
const struct guard_policy *guard_policy_by_path(const struct guard_set *set, const char *path);
/** guard_policy_refuses() - does it enforce, and refuse a map that ends at @last? */
static inline bool guard_policy_refuses(const struct guard_policy *policy, u64 last)
{
	return policy && policy->mode == VIOMMU_GUARD_ENFORCE && last > policy->max_iova;
}

int guard_policy_init(void);
void guard_policy_exit(void);

#endif
