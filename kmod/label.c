// SPDX-License-Identifier: GPL-2.0
/*
 * What VFIO refused because of a cap: count it, and give the caller the policy's errno instead of
 * EINVAL, which can mean ten other things. The request is read again from user memory, which may
 * have changed since: that can only make the label wrong, never let a map through.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "container.h"
#include "denial.h"
#include "hook.h"
#include "policy.h"

/* As many calls at a time as can be seen: each thread that waits for a container's lock is one. */
#define CALLS_MAX 1024

struct ioctl_call {
	const void *iommu;
	const void __user *request;
};

/* Calls whose end is of interest: maps into a container that has a cap. */
static int ioctl_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct ioctl_call *call = (void *)instance->data;
	const struct guard_container *container;
	bool capped;

	if ((unsigned int)regs_get_kernel_argument(regs, 1) != VFIO_IOMMU_MAP_DMA)
		return 1;
	call->iommu = (void *)regs_get_kernel_argument(regs, 0);
	call->request = (void __user *)regs_get_kernel_argument(regs, 2);
	rcu_read_lock();
	container = guard_container_learn(call->iommu);
	capped = container && READ_ONCE(container->capped);
	rcu_read_unlock();
	return !capped;
}

NOKPROBE_SYMBOL(ioctl_entry);

/* Would VFIO have come as far as its usable ranges with this? In the order of vfio_dma_do_map(). */
static bool request_sound(const struct vfio_iommu_type1_dma_map *map)
{
	const u32 access = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

	return map->argsz >= sizeof(*map) && map->flags && !(map->flags & ~access) && map->size &&
	       !((map->size | map->iova | map->vaddr) & ~PAGE_MASK) &&
	       map->iova + map->size - 1 >= map->iova && map->vaddr + map->size - 1 >= map->vaddr;
}

/* 0, or the errno that the caller shall see. Under RCU. */
static u32 label(const struct ioctl_call *call)
{
	struct guard_container *container = guard_container_find(call->iommu);
	struct vfio_iommu_type1_dma_map map;
	struct guard_denial denial;
	u64 last;

	if (!container || !container->capped)
		return 0;
	if (copy_from_user_nofault(&map, call->request, sizeof(map))) {
		guard_missed(VIOMMU_GUARD_MISSED_ERRNO);
		guard_missed(VIOMMU_GUARD_MISSED_COUNT);
		return 0;
	}
	last = map.iova + map.size - 1;
	if (!request_sound(&map) || last <= container->cap || last > container->host_end)
		return 0;
	denial = (struct guard_denial){
		.policy = rcu_dereference(container->policy), .container = container,
		.iova = map.iova, .size = map.size, .limit = container->cap,
		.error = READ_ONCE(container->error),
	};
	/* The cap of a policy that allows this by now. */
	if (!guard_policy_refuses(denial.policy, last))
		denial.policy = NULL;
	else
		denial.error = denial.policy->error;
	guard_denial_report(&denial);
	return denial.error;
}

static int ioctl_leave(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	u32 error;

	if (likely((long)regs_return_value(regs) != -EINVAL))
		return 0;
	rcu_read_lock();
	error = label((void *)instance->data);
	rcu_read_unlock();
	if (error)
		regs_set_return_value(regs, -(long)error);
	return 0;
}

NOKPROBE_SYMBOL(ioctl_leave);

const struct guard_hook guard_hook_ioctl = {
	.symbol = "vfio_iommu_type1_ioctl",
	.entry = ioctl_entry,
	.leave = ioctl_leave,
	.data_size = sizeof(struct ioctl_call),
	.calls = CALLS_MAX,
	.missed = VIOMMU_GUARD_MISSED_ERRNO,
};
