// SPDX-License-Identifier: GPL-2.0
/* What the module tells, as netlink attributes. */
#include "netlink.h"

#include "hook.h"
#include "layout.h"

static int put_u64(struct sk_buff *skb, int type, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, type, value, pad);
}

/* Closes the nest, or takes back what there is of it. */
static int nest_close(struct sk_buff *skb, struct nlattr *nest, bool complete)
{
	if (complete) {
		nla_nest_end(skb, nest);
		return 0;
	}
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

static bool policy_attributes(struct sk_buff *skb, const struct guard_policy *policy)
{
	for (u32 i = 0; i < policy->n_patterns; i++)
		if (nla_put_string(skb, VIOMMU_GUARD_P_PATTERN, policy->pattern[i].text))
			return false;
	return (!policy->message[0] ||
		!nla_put_string(skb, VIOMMU_GUARD_P_MESSAGE, policy->message)) &&
	       (!policy->file[0] || !nla_put_string(skb, VIOMMU_GUARD_P_FILE, policy->file)) &&
	       !put_u64(skb, VIOMMU_GUARD_P_MAX_IOVA, policy->max_iova, VIOMMU_GUARD_P_PAD) &&
	       !nla_put_u8(skb, VIOMMU_GUARD_P_MODE, policy->mode) &&
	       !nla_put_u32(skb, VIOMMU_GUARD_P_ERRNO, policy->error) &&
	       !put_u64(skb, VIOMMU_GUARD_P_DENIALS, (u64)atomic64_read(&policy->counter->denials),
			VIOMMU_GUARD_P_PAD) &&
	       !put_u64(skb, VIOMMU_GUARD_P_AUDITS, (u64)atomic64_read(&policy->counter->audits),
			VIOMMU_GUARD_P_PAD) &&
	       !nla_put_u32(skb, VIOMMU_GUARD_P_CONTAINERS, guard_container_count_policy(policy));
}

int guard_put_policy(struct sk_buff *skb, const struct guard_set *set, u32 index)
{
	const struct guard_policy *policy = &set->policy[index];
	const bool named = index < set->n;
	const char *name = policy->counter->name;
	struct nlattr *nest = nla_nest_start(skb, named ? VIOMMU_GUARD_A_POLICY :
							  VIOMMU_GUARD_A_DEFAULT);

	if (!nest)
		return -EMSGSIZE;
	return nest_close(skb, nest,
			  (!named || !nla_put_string(skb, VIOMMU_GUARD_P_NAME, name)) &&
			  policy_attributes(skb, policy));
}

/* Who it is. */
static bool container_identity(struct sk_buff *skb, const struct guard_container *container)
{
	return !nla_put_u32(skb, VIOMMU_GUARD_C_PID, container->pid) &&
	       !put_u64(skb, VIOMMU_GUARD_C_START_TIME, container->start_time,
			VIOMMU_GUARD_C_PAD) &&
	       !nla_put_string(skb, VIOMMU_GUARD_C_COMM, container->comm) &&
	       !nla_put_string(skb, VIOMMU_GUARD_C_CGROUP, container->cgroup) &&
	       !nla_put_s32(skb, VIOMMU_GUARD_C_GROUP, container->group);
}

static bool container_limits(struct sk_buff *skb, const struct guard_container *container)
{
	const u64 limit = guard_container_limit(container);

	return (limit == GUARD_NO_LIMIT ||
		!put_u64(skb, VIOMMU_GUARD_C_LIMIT, limit, VIOMMU_GUARD_C_PAD)) &&
	       (container->host_end == GUARD_NO_LIMIT ||
		!put_u64(skb, VIOMMU_GUARD_C_HOST_LIMIT, container->host_end, VIOMMU_GUARD_C_PAD));
}

static bool container_policy(struct sk_buff *skb, const struct guard_container *container)
{
	const struct guard_policy *policy = rcu_dereference(container->policy);
	const char *reason;
	const u8 state = guard_container_state(container, &reason);

	return (!policy || !policy->counter->name[0] ||
		!nla_put_string(skb, VIOMMU_GUARD_C_POLICY, policy->counter->name)) &&
	       !nla_put_u8(skb, VIOMMU_GUARD_C_STATE, state) &&
	       (!reason || !nla_put_string(skb, VIOMMU_GUARD_C_REASON, reason));
}

/* Counted now: the VM may have unmapped some since its policy was tightened. */
static u64 violations(const struct guard_container *container)
{
	const struct guard_policy *policy = rcu_dereference(container->policy);

	if (!policy || policy->mode != VIOMMU_GUARD_ENFORCE || policy->max_iova == GUARD_NO_LIMIT)
		return 0;
	return guard_iommu_count_above(container->iommu, policy->max_iova);
}

static bool container_counters(struct sk_buff *skb, const struct guard_container *container)
{
	return !put_u64(skb, VIOMMU_GUARD_C_DENIALS, (u64)atomic64_read(&container->denials),
			VIOMMU_GUARD_C_PAD) &&
	       !put_u64(skb, VIOMMU_GUARD_C_AUDITS, (u64)atomic64_read(&container->audits),
			VIOMMU_GUARD_C_PAD) &&
	       !put_u64(skb, VIOMMU_GUARD_C_VIOLATIONS, violations(container), VIOMMU_GUARD_C_PAD);
}

int guard_put_container(struct sk_buff *skb, const struct guard_container *container)
{
	struct nlattr *nest = nla_nest_start(skb, VIOMMU_GUARD_A_CONTAINER);

	if (!nest)
		return -EMSGSIZE;
	return nest_close(skb, nest,
			  container_identity(skb, container) && container_policy(skb, container) &&
			  container_limits(skb, container) && container_counters(skb, container));
}

static bool missed_attributes(struct sk_buff *skb)
{
	struct nlattr *nest = nla_nest_start(skb, VIOMMU_GUARD_S_MISSED);

	if (!nest)
		return false;
	for (unsigned int i = 0; i < VIOMMU_GUARD_NR_MISSED; i++)
		if (put_u64(skb, (int)i + 1, guard_missed_count(i), VIOMMU_GUARD_NR_MISSED + 1))
			return false;
	nla_nest_end(skb, nest);
	return true;
}

int guard_put_status(struct sk_buff *skb)
{
	struct guard_container_counts counts;
	const struct guard_set *set;
	struct nlattr *nest = nla_nest_start(skb, VIOMMU_GUARD_A_STATUS);
	char reason[256];
	u32 policies;

	if (!nest)
		return -EMSGSIZE;
	guard_container_count(&counts);
	guard_arm_reason(reason, sizeof(reason));
	rcu_read_lock();
	set = guard_set_current();
	policies = set ? set->n + set->has_default : 0;
	rcu_read_unlock();
	return nest_close(skb, nest,
			  !nla_put_u8(skb, VIOMMU_GUARD_S_ARMED, guard_arm_armed()) &&
			  (!reason[0] || !nla_put_string(skb, VIOMMU_GUARD_S_REASON, reason)) &&
			  !nla_put_u32(skb, VIOMMU_GUARD_S_POLICIES, policies) &&
			  !nla_put_u32(skb, VIOMMU_GUARD_S_CONTAINERS, counts.known) &&
			  !nla_put_u32(skb, VIOMMU_GUARD_S_CAPPED, counts.capped) &&
			  missed_attributes(skb));
}

/* Strings that are not there for the default and for a policy that has gone. */
static bool denial_policy(struct sk_buff *skb, const struct guard_record *record)
{
	return (!record->has_policy ||
		!nla_put_string(skb, VIOMMU_GUARD_D_POLICY, record->policy)) &&
	       (!record->file[0] || !nla_put_string(skb, VIOMMU_GUARD_D_FILE, record->file)) &&
	       (!record->message[0] ||
		!nla_put_string(skb, VIOMMU_GUARD_D_MESSAGE, record->message));
}

static bool denial_process(struct sk_buff *skb, const struct guard_record *record)
{
	return !put_u64(skb, VIOMMU_GUARD_D_TIME, record->time, VIOMMU_GUARD_D_PAD) &&
	       !nla_put_u32(skb, VIOMMU_GUARD_D_PID, record->pid) &&
	       !nla_put_u32(skb, VIOMMU_GUARD_D_TID, record->tid) &&
	       !nla_put_string(skb, VIOMMU_GUARD_D_COMM, record->comm) &&
	       !nla_put_string(skb, VIOMMU_GUARD_D_CGROUP, record->cgroup) &&
	       !nla_put_s32(skb, VIOMMU_GUARD_D_GROUP, record->group);
}

int guard_put_denial(struct sk_buff *skb, const struct guard_record *record)
{
	struct nlattr *nest = nla_nest_start(skb, VIOMMU_GUARD_A_DENIAL);

	if (!nest)
		return -EMSGSIZE;
	return nest_close(skb, nest,
			  denial_process(skb, record) && denial_policy(skb, record) &&
			  !put_u64(skb, VIOMMU_GUARD_D_IOVA, record->iova, VIOMMU_GUARD_D_PAD) &&
			  !put_u64(skb, VIOMMU_GUARD_D_SIZE, record->size, VIOMMU_GUARD_D_PAD) &&
			  !put_u64(skb, VIOMMU_GUARD_D_LIMIT, record->limit, VIOMMU_GUARD_D_PAD) &&
			  !nla_put_u32(skb, VIOMMU_GUARD_D_ERRNO, record->error));
}
