// SPDX-License-Identifier: GPL-2.0
/* The VFIO containers: an entry for each struct vfio_iommu, from its first group to its release. */
#include "container.h"

#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "binding.h"
#include "denial.h"
#include "hook.h"
#include "layout.h"
#include "policy.h"

#define TABLE_BITS 8

static DEFINE_HASHTABLE(by_iommu, TABLE_BITS);
static DEFINE_HASHTABLE(by_owner, TABLE_BITS);
/* For changes of the tables and of who is capped. */
static DEFINE_SPINLOCK(table_lock);
static struct guard_container_counts total;
static bool lost;
static unsigned int changes;

static unsigned int max_containers = 65536;
module_param(max_containers, uint, 0600);
MODULE_PARM_DESC(max_containers, "Containers that are kept account of (65536); a further one under "
				 "an enforcing policy gets no mapping at all.");

struct guard_container *guard_container_find(const void *iommu)
{
	struct guard_container *container;

	hash_for_each_possible_rcu(by_iommu, container, by_iommu, (unsigned long)iommu)
		if (container->iommu == iommu)
			return container;
	return NULL;
}

static void container_describe(struct guard_container *container)
{
	struct guard_set *set = guard_set_current();

	container->owner = current->signal;
	container->pid = current->tgid;
	container->start_time = current->group_leader->start_boottime;
	get_task_comm(container->comm, current);
	guard_binding_name(container->bound);
	guard_cgroup_path(container->cgroup, sizeof(container->cgroup));
	container->group = -1;
	container->cap = GUARD_NO_LIMIT;
	container->host_end = GUARD_NO_LIMIT;
	container->usable_end = guard_iommu_usable_end(container->iommu);
	RCU_INIT_POINTER(container->policy, set ? guard_policy_of_current(set) : NULL);
}

/* Unless somebody was faster; the one that is in the table then. */
static struct guard_container *container_add(struct guard_container *container)
{
	struct guard_container *there;

	spin_lock(&table_lock);
	there = guard_container_find(container->iommu);
	if (!there && total.known < READ_ONCE(max_containers)) {
		hash_add_rcu(by_iommu, &container->by_iommu, (unsigned long)container->iommu);
		hash_add_rcu(by_owner, &container->by_owner, (unsigned long)container->owner);
		total.known++;
		changes++;
		there = container;
	}
	spin_unlock(&table_lock);
	if (there != container)
		kfree(container);
	return there;
}

struct guard_container *guard_container_learn(const void *iommu)
{
	struct guard_container *container = guard_container_find(iommu);

	if (container)
		return container;
	container = kzalloc(sizeof(*container), GFP_ATOMIC | __GFP_NOWARN);
	if (container) {
		container->iommu = iommu;
		container_describe(container);
		container = container_add(container);
	}
	if (!container) {
		guard_missed(VIOMMU_GUARD_MISSED_TABLE);
		WRITE_ONCE(lost, true);
		guard_arm_queue();
	}
	return container;
}

struct guard_container *guard_container_locked(void)
{
	struct guard_container *container;
	int bucket;

	/* Most processes map into their own containers. */
	hash_for_each_possible_rcu(by_owner, container, by_owner, (unsigned long)current->signal)
		if (guard_iommu_locked(container->iommu))
			return container;
	hash_for_each_rcu(by_iommu, bucket, container, by_iommu)
		if (guard_iommu_locked(container->iommu))
			return container;
	return NULL;
}

static void release_locked(struct guard_container *container)
{
	if (!container->capped)
		return;
	WRITE_ONCE(container->capped, false);
	total.capped--;
	module_put(THIS_MODULE);
}

static void remove_locked(struct guard_container *container)
{
	release_locked(container);
	hash_del_rcu(&container->by_iommu);
	hash_del_rcu(&container->by_owner);
	total.known--;
	changes++;
	kfree_rcu(container, rcu);
}

void guard_container_forget(const void *iommu)
{
	struct guard_container *container;

	spin_lock(&table_lock);
	container = guard_container_find(iommu);
	if (container)
		remove_locked(container);
	spin_unlock(&table_lock);
}

void guard_container_forget_all(void)
{
	struct guard_container *container;
	struct hlist_node *next;
	int bucket;

	spin_lock(&table_lock);
	hash_for_each_safe(by_iommu, bucket, next, container, by_iommu)
		remove_locked(container);
	WRITE_ONCE(lost, false);
	spin_unlock(&table_lock);
}

bool guard_container_hold(struct guard_container *container, u64 limit, u32 error)
{
	bool held;

	spin_lock(&table_lock);
	if (!container->capped && try_module_get(THIS_MODULE)) {
		WRITE_ONCE(container->capped, true);
		total.capped++;
	}
	held = container->capped;
	if (held && limit <= container->cap) {
		WRITE_ONCE(container->cap, limit);
		WRITE_ONCE(container->error, error);
	}
	spin_unlock(&table_lock);
	return held;
}

void guard_container_refresh(struct guard_container *container)
{
	const u64 end = guard_iommu_usable_end(container->iommu);

	spin_lock(&table_lock);
	WRITE_ONCE(container->usable_end, end);
	if (guard_layout.known && (end == GUARD_NO_LIMIT || end > container->cap)) {
		release_locked(container);
		WRITE_ONCE(container->cap, GUARD_NO_LIMIT);
	}
	spin_unlock(&table_lock);
}

void guard_containers_reevaluate(const struct guard_set *set)
{
	struct guard_container *container;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(by_iommu, bucket, container, by_iommu) {
		const struct guard_policy *policy = NULL;

		if (container->bound[0])
			policy = guard_policy_by_name(set, container->bound);
		if (!policy)
			policy = guard_policy_by_path(set, container->cgroup);
		rcu_assign_pointer(container->policy, policy);
		container->violations = policy && policy->mode == VIOMMU_GUARD_ENFORCE ?
			guard_iommu_count_above(container->iommu, policy->max_iova) : 0;
	}
	rcu_read_unlock();
}

bool guard_containers_all_at(u64 limit)
{
	struct guard_container *container;
	bool all = true;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(by_iommu, bucket, container, by_iommu)
		all &= container->usable_end <= limit;
	rcu_read_unlock();
	return all && !lost;
}

bool guard_containers_lost(void)
{
	return READ_ONCE(lost);
}

static u8 state_enforced(const struct guard_container *container,
			 const struct guard_policy *policy, const char **reason)
{
	if (container->usable_end <= policy->max_iova) {
		if (container->capped && container->cap < policy->max_iova &&
		    container->usable_end < container->host_end) {
			*reason = "the policy was loosened; the cap goes with the last group";
			return VIOMMU_GUARD_PENDING;
		}
		return VIOMMU_GUARD_CAPPED;
	}
	if (container->usable_end == GUARD_NO_LIMIT && container->group >= 0 &&
	    container->host_end == GUARD_NO_LIMIT)
		*reason = "only mediated devices, which VFIO does not map for";
	else if (!guard_arm_can_check())
		*reason = container->uncappable ? container->uncappable :
			"the map-time check cannot be set on this kernel";
	return *reason ? VIOMMU_GUARD_NOT_ENFORCED : VIOMMU_GUARD_CHECKED;
}

u8 guard_container_state(const struct guard_container *container, const char **reason)
{
	const struct guard_policy *policy = rcu_dereference(container->policy);

	*reason = NULL;
	if (policy && policy->mode == VIOMMU_GUARD_ENFORCE && policy->max_iova != GUARD_NO_LIMIT)
		return state_enforced(container, policy, reason);
	if (container->capped) {
		*reason = "no policy refuses any more; the cap goes with the last group";
		return VIOMMU_GUARD_PENDING;
	}
	return policy && policy->max_iova != GUARD_NO_LIMIT ? VIOMMU_GUARD_AUDITED :
							      VIOMMU_GUARD_NONE;
}

u64 guard_container_limit(const struct guard_container *container)
{
	const struct guard_policy *policy = rcu_dereference(container->policy);
	u64 limit = container->capped ? container->cap : GUARD_NO_LIMIT;

	if (policy && policy->mode == VIOMMU_GUARD_ENFORCE)
		limit = min(limit, policy->max_iova);
	return limit;
}

void guard_container_count(struct guard_container_counts *counts)
{
	spin_lock(&table_lock);
	*counts = total;
	spin_unlock(&table_lock);
}

unsigned int guard_container_generation(void)
{
	return READ_ONCE(changes) | 1U << 31;
}

u32 guard_container_count_policy(const struct guard_policy *policy)
{
	const struct guard_container *container;
	u32 count = 0;
	int bucket;

	hash_for_each_rcu(by_iommu, bucket, container, by_iommu)
		count += rcu_access_pointer(container->policy) == policy;
	return count;
}

int guard_container_each(unsigned int from, unsigned int *skip,
			 int (*visit)(const struct guard_container *container, void *data),
			 void *data)
{
	const struct guard_container *container;

	for (unsigned int bucket = from; bucket < HASH_SIZE(by_iommu); bucket++) {
		unsigned int at = 0;

		hlist_for_each_entry_rcu(container, &by_iommu[bucket], by_iommu) {
			if (at++ < *skip)
				continue;
			if (visit(container, data))
				return (int)bucket;
			++*skip;
		}
		*skip = 0;
	}
	return -1;
}
