// SPDX-License-Identifier: GPL-2.0
/* The set of policies: replaced as a whole, looked up under RCU. */
#include "policy.h"

#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "binding.h"
#include "container.h"
#include "hook.h"
#include "match.h"

static struct guard_set __rcu *present;
static DEFINE_MUTEX(replacing);
static u64 last_generation;
static DEFINE_HASHTABLE(counters, 8);

/* Room for a path while its policy is looked for: handlers do not leave their CPU meanwhile. */
struct path_buffer {
	char text[PATH_MAX];
};

static struct path_buffer __percpu *path_buffers;

static void counter_free(struct kref *ref)
{
	struct guard_counter *counter = container_of(ref, struct guard_counter, ref);

	hash_del(&counter->node);
	kfree(counter);
}

struct guard_counter *guard_counter_claim(const char *name, const struct guard_set *set)
{
	const u32 key = full_name_hash(NULL, name, strlen(name));
	struct guard_counter *counter;

	mutex_lock(&replacing);
	hash_for_each_possible(counters, counter, node, key) {
		if (strcmp(counter->name, name))
			continue;
		if (counter->claimed == set) {
			counter = ERR_PTR(-EEXIST);
			goto out;
		}
		kref_get(&counter->ref);
		counter->claimed = set;
		goto out;
	}
	counter = kzalloc(sizeof(*counter), GFP_KERNEL_ACCOUNT);
	if (!counter) {
		counter = ERR_PTR(-ENOMEM);
		goto out;
	}
	kref_init(&counter->ref);
	counter->claimed = set;
	strscpy(counter->name, name, sizeof(counter->name));
	hash_add(counters, &counter->node, key);
out:
	mutex_unlock(&replacing);
	return counter;
}

struct guard_set *guard_set_new(u32 n)
{
	struct guard_set *set = kvzalloc(struct_size(set, policy, n + 1), GFP_KERNEL_ACCOUNT);

	if (set)
		set->n = n;
	return set;
}

void guard_set_free(struct guard_set *set)
{
	if (!set)
		return;
	mutex_lock(&replacing);
	for (u32 i = 0; i <= set->n; i++) {
		struct guard_policy *policy = &set->policy[i];

		for (u32 k = 0; k < policy->n_patterns; k++)
			kfree(policy->pattern[k].text);
		if (policy->counter) {
			if (policy->counter->claimed == set)
				policy->counter->claimed = NULL;
			kref_put(&policy->counter->ref, counter_free);
		}
	}
	mutex_unlock(&replacing);
	kvfree(set);
}

/* What the probes want to know of the set as a whole. */
static void set_summarise(struct guard_set *set)
{
	const u32 n = set->n + set->has_default;

	set->min_limit = GUARD_NO_LIMIT;
	set->uniform = set->has_default;
	for (u32 i = 0; i < n; i++) {
		set->min_limit = min(set->min_limit, set->policy[i].max_iova);
		set->enforces |= set->policy[i].mode == VIOMMU_GUARD_ENFORCE &&
				 set->policy[i].max_iova != GUARD_NO_LIMIT;
	}
	for (u32 i = 0; i < n; i++)
		set->uniform &= set->policy[i].mode == VIOMMU_GUARD_ENFORCE &&
				set->policy[i].max_iova == set->min_limit;
}

/*
 * The probes that the policies need are set before they are there, and cleared some time after.
 * The first grace period ends the handlers that saw only the old set, the second those that found
 * an old policy in a container or binding.
 */
u64 guard_set_publish(struct guard_set *set)
{
	static DEFINE_MUTEX(publishing);
	struct guard_set *old;
	u64 generation;

	mutex_lock(&publishing);
	set_summarise(set);
	generation = ++last_generation;
	set->generation = generation;
	guard_arm_update(set);
	old = rcu_replace_pointer(present, set, true);
	synchronize_rcu();
	guard_containers_reevaluate(set);
	guard_bindings_reevaluate(set);
	synchronize_rcu();
	guard_set_free(old);
	mutex_unlock(&publishing);
	return generation;
}

struct guard_set *guard_set_current(void)
{
	return rcu_dereference_check(present, rcu_read_lock_sched_held());
}

const struct guard_policy *guard_policy_by_name(const struct guard_set *set, const char *name)
{
	for (u32 i = 0; i < set->n; i++)
		if (!strcmp(set->policy[i].counter->name, name))
			return &set->policy[i];
	return NULL;
}

static bool policy_matches(const struct guard_policy *policy, const struct guard_path *path)
{
	for (u32 i = 0; i < policy->n_patterns; i++)
		if (guard_pattern_match(policy->pattern[i].text, policy->pattern[i].depth, path))
			return true;
	return false;
}

/* Index of the first that matches, or @n. */
static u32 set_match(const struct guard_set *set, const char *text)
{
	struct guard_path path;
	u32 i = 0;

	guard_path_init(&path, text);
	while (i < set->n && !policy_matches(&set->policy[i], &path))
		i++;
	return i;
}

static const struct guard_policy *policy_at(const struct guard_set *set, u32 index)
{
	return index < set->n + set->has_default ? &set->policy[index] : NULL;
}

const struct guard_policy *guard_policy_by_path(const struct guard_set *set, const char *path)
{
	return policy_at(set, set_match(set, path));
}

static u32 match_cgroup(const struct guard_set *set, struct cgroup *cgroup)
{
	struct path_buffer *buffer = get_cpu_ptr(path_buffers);
	u32 index = set->n;

	if (cgroup_path(cgroup, buffer->text, sizeof(buffer->text)) > 0)
		index = set_match(set, buffer->text);
	put_cpu_ptr(path_buffers);
	return index;
}

const struct guard_policy *guard_policy_of_current(struct guard_set *set)
{
	const struct guard_policy *bound = guard_binding_of_current(set);
	struct cgroup *cgroup;
	struct guard_cached *cached;
	u64 id, index;

	if (bound)
		return bound;
	cgroup = task_dfl_cgroup(current);
	id = cgroup_id(cgroup);
	cached = &set->cache[hash_64(id, GUARD_CACHE_BITS)];
	index = READ_ONCE(cached->check) ^ id;
	if (READ_ONCE(cached->id) == id && index > 0 && index <= set->n + 1)
		return policy_at(set, (u32)index - 1);
	index = match_cgroup(set, cgroup);
	WRITE_ONCE(cached->id, id);
	WRITE_ONCE(cached->check, id ^ (index + 1));
	return policy_at(set, (u32)index);
}

int guard_policy_init(void)
{
	path_buffers = alloc_percpu(struct path_buffer);
	return path_buffers ? 0 : -ENOMEM;
}

void guard_policy_exit(void)
{
	guard_set_free(rcu_replace_pointer(present, NULL, true));
	free_percpu(path_buffers);
}
