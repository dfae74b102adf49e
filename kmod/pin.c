// SPDX-License-Identifier: GPL-2.0
/*
 * The check at map time, for containers that VFIO itself does not stop at their present limit:
 * older than the policy, tightened since, or used by another process.
 *
 * vfio_pin_pages_remote() is where a mapping gets its first page. All that it is given lies in
 * kernel memory, so there is nothing to change after the check, and VFIO unwinds its error before
 * anything is pinned, accounted or mapped. Only the first piece of a mapping may be refused: later
 * ones have pages in vfio_batch that nobody would unpin.
 */
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include <asm/ibt.h>

#include "container.h"
#include "denial.h"
#include "hook.h"
#include "layout.h"
#include "policy.h"

/*
 * What runs instead of a refused call: a bare return. A handler that changes the instruction
 * pointer cannot also pop the stack where the probe sits on ftrace
 * (arch/x86/kernel/kprobes/ftrace.c), so this has to be a function of its own, and one in assembly,
 * for the compiler's may do more.
 */
void guard_return(void);
asm(".text\n"
	".type guard_return, @function\n"
	".globl guard_return\n"
	"guard_return:\n"
	ASM_ENDBR
	ASM_RET
	".size guard_return, .-guard_return\n");

/**
 * struct map - what VFIO is about to pin for the first time
 * @iova: first byte
 * @last: last byte
 * @size: in bytes
 */
struct map {
	u64 iova;
	u64 last;
	u64 size;
};

static bool policy_exceeded(const struct guard_policy *policy, const struct map *map)
{
	return policy && map->last > policy->max_iova;
}

static void report(const struct map *map, const struct guard_policy *policy,
		   struct guard_container *container, u32 error)
{
	const struct guard_denial denial = {
		.policy = policy, .container = container, .iova = map->iova, .size = map->size,
		.limit = policy->max_iova, .error = error,
	};

	guard_denial_report(&denial);
}

/* Of two policies that a map exceeds the one to answer for: who refuses, else the stricter. */
static const struct guard_policy *policy_to_answer(const struct guard_policy *a,
						   const struct guard_policy *b,
						   const struct map *map)
{
	if (!policy_exceeded(a, map))
		a = NULL;
	if (!policy_exceeded(b, map))
		b = NULL;
	if (!a || !b)
		return a ? a : b;
	if (a->mode != b->mode)
		return a->mode == VIOMMU_GUARD_ENFORCE ? a : b;
	return b->max_iova < a->max_iova ? b : a;
}

/* 0, or the errno to refuse with. Under RCU. */
static u32 map_check(struct guard_set *set, const struct map *map)
{
	struct guard_container *container = guard_container_locked();
	const struct guard_policy *mine = guard_policy_of_current(set), *policy;
	u32 error;

	policy = policy_to_answer(mine, container ? rcu_dereference(container->policy) : NULL, map);
	/* Whose container it is, and so which policy it has, is not known: it gets nothing. */
	if (!container && guard_containers_lost() && guard_policy_refuses(mine, GUARD_NO_LIMIT))
		policy = mine;
	if (!policy)
		return 0;
	error = policy->mode == VIOMMU_GUARD_ENFORCE ? policy->error : 0;
	report(map, policy, container, error);
	return error;
}

/*
 * Called for each piece of each map. What no policy forbids gets through with three loads: how many
 * policies there are makes no difference to it.
 */
static int pin_at(struct kprobe *probe, struct pt_regs *regs)
{
	const void *dma = (void *)regs_get_kernel_argument(regs, 0);
	const unsigned long vaddr = regs_get_kernel_argument(regs, 1);
	struct guard_set *set;
	struct map map;
	u32 error = 0;

	if (vaddr != guard_member(dma, unsigned long, dma_vaddr))
		return 0;
	map.iova = guard_member(dma, dma_addr_t, dma_iova);
	map.size = (u64)regs_get_kernel_argument(regs, 2) << PAGE_SHIFT;
	map.last = map.iova + map.size - 1;
	rcu_read_lock();
	set = guard_set_current();
	if (set && (map.last > set->min_limit || unlikely(guard_containers_lost()))) {
		/*
		 * With a size it is mapped already, and now also for a group that is being added
		 * (vfio_iommu_replay()): that is not torn down.
		 */
		if (!guard_member(dma, size_t, dma_size) && !guard_cap_attaching())
			error = map_check(set, &map);
	}
	rcu_read_unlock();
	if (!error)
		return 0;
	regs_set_return_value(regs, -(long)error);
	instruction_pointer_set(regs, (unsigned long)guard_return);
	return 1;
}

NOKPROBE_SYMBOL(pin_at);

/*
 * No handler after the call: the probe would count as one that changes it (IPMODIFY), and there can
 * be only one of those, be it a live patch.
 */
const struct guard_hook guard_hook_pin = {
	.symbol = "vfio_pin_pages_remote",
	.at = pin_at,
	.missed = VIOMMU_GUARD_MISSED_COUNT,
};
