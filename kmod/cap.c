// SPDX-License-Identifier: GPL-2.0
/*
 * The cap at attach. VFIO reads domain->geometry right after iommu_attach_group() and makes its
 * usable ranges from it, so a lower aperture_end there is what GET_INFO tells the VMM and what VFIO
 * itself refuses above: nothing is checked first and used later.
 *
 * At the exit, not the entry: virtio-iommu finalises a domain at its first attach. And after every
 * attach and detach: Intel's driver computes the geometry anew (domain_update_iommu_cap(), 6.1 and
 * 6.12). Only inside two operations of vfio_iommu_type1, as others use iommu_attach_group() too.
 */
#include <linux/iommu.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "container.h"
#include "denial.h"
#include "hook.h"
#include "layout.h"
#include "policy.h"

/* As many calls of attach and detach at a time as can be told apart. */
#define MARKS_MAX 256

/* A task that is inside one of the two operations. */
struct mark {
	const struct task_struct *task;
	const void *iommu;
};

static struct mark marks[MARKS_MAX];
static unsigned int n_marks;
static DEFINE_SPINLOCK(marks_lock);

static bool mark_set(const void *iommu)
{
	bool room;

	spin_lock(&marks_lock);
	room = n_marks < MARKS_MAX;
	if (room) {
		marks[n_marks] = (struct mark){ .task = current, .iommu = iommu };
		WRITE_ONCE(n_marks, n_marks + 1);
	}
	spin_unlock(&marks_lock);
	return room;
}

static void mark_clear(void)
{
	spin_lock(&marks_lock);
	for (unsigned int i = 0; i < n_marks; i++) {
		if (marks[i].task == current) {
			marks[i] = marks[n_marks - 1];
			WRITE_ONCE(n_marks, n_marks - 1);
			break;
		}
	}
	spin_unlock(&marks_lock);
}

/* The container that the running task gives a group to or takes one from; NULL: none. */
static const void *mark_find(void)
{
	const void *iommu = NULL;

	if (!READ_ONCE(n_marks))
		return NULL;
	spin_lock(&marks_lock);
	for (unsigned int i = 0; i < n_marks && !iommu; i++)
		if (marks[i].task == current)
			iommu = marks[i].iommu;
	spin_unlock(&marks_lock);
	return iommu;
}

bool guard_cap_attaching(void)
{
	return mark_find();
}

/* What a call of an operation, or of the IOMMU's function, was given. */
struct op_call {
	const void *iommu;
};

struct iommu_call {
	struct iommu_domain *domain;
	const void *iommu;
};

static int attach_op_entry(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct op_call *op = (void *)call->data;
	struct iommu_group *group = (void *)regs_get_kernel_argument(regs, 1);
	struct guard_container *container;

	op->iommu = (void *)regs_get_kernel_argument(regs, 0);
	rcu_read_lock();
	container = guard_container_learn(op->iommu);
	/* With ranges it has had a group before, which nobody has seen. */
	if (container && container->group < 0 && container->usable_end == GUARD_NO_LIMIT)
		container->group = iommu_group_id(group);
	rcu_read_unlock();
	if (mark_set(op->iommu))
		return 0;
	guard_missed(VIOMMU_GUARD_MISSED_ATTACH);
	guard_arm_queue();
	return 1;
}

static int detach_op_entry(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct op_call *op = (void *)call->data;

	op->iommu = (void *)regs_get_kernel_argument(regs, 0);
	return !mark_set(op->iommu);
}

static int op_leave(struct kretprobe_instance *call, struct pt_regs *regs)
{
	const struct op_call *op = (void *)call->data;
	struct guard_container *container;

	mark_clear();
	rcu_read_lock();
	container = guard_container_find(op->iommu);
	if (container)
		guard_container_refresh(container);
	rcu_read_unlock();
	guard_arm_queue();
	return 0;
}

static int iommu_entry(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct iommu_call *data = (void *)call->data;

	data->iommu = mark_find();
	data->domain = (void *)regs_get_kernel_argument(regs, 0);
	return !data->iommu;
}

/* Why the aperture must stay as it is; NULL: it can be lowered. The container's lock is held. */
static const char *cap_obstacle(const struct iommu_domain_geometry *geometry, const void *iommu,
				u64 limit)
{
	if (geometry->aperture_start >= limit)
		return "the limit lies below the aperture of the IOMMU";
	/* VFIO would refuse the group (vfio_iommu_aper_conflict()). */
	if (guard_iommu_highest(iommu) > limit)
		return "DMA lies above the limit";
	return NULL;
}

static void cap_domain(struct iommu_domain *domain, struct guard_container *container,
		       const struct guard_policy *policy)
{
	struct iommu_domain_geometry *geometry = &domain->geometry;
	const u64 limit = policy->max_iova;

	if (geometry->aperture_end <= limit)
		return;
	container->uncappable = cap_obstacle(geometry, container->iommu, limit);
	if (container->uncappable) {
		container->violations = guard_iommu_count_above(container->iommu, limit);
		guard_missed(VIOMMU_GUARD_MISSED_ATTACH);
		return;
	}
	if (guard_container_hold(container, limit, policy->error))
		geometry->aperture_end = limit;
}

/* The stricter of two that may refuse; NULL: none does. */
static const struct guard_policy *stricter(const struct guard_policy *a,
					   const struct guard_policy *b)
{
	if (!guard_policy_refuses(a, GUARD_NO_LIMIT))
		a = NULL;
	if (!guard_policy_refuses(b, GUARD_NO_LIMIT))
		b = NULL;
	return !a || (b && b->max_iova < a->max_iova) ? b : a;
}

/* @mine: policy of the running process, who gives the container a group; NULL. Under RCU. */
static void cap_call(const struct iommu_call *call, const struct guard_policy *mine)
{
	struct guard_container *container = guard_container_find(call->iommu);
	struct iommu_domain_geometry *geometry = &call->domain->geometry;
	const struct guard_policy *policy;

	if (!container) {
		/* No memory for it: the cap is there all the same, until its end. */
		if (guard_policy_refuses(mine, geometry->aperture_end))
			geometry->aperture_end = max(mine->max_iova, geometry->aperture_start);
		return;
	}
	/* An end above what was set last is the hardware's own. */
	if (container->cap == GUARD_NO_LIMIT || geometry->aperture_end > container->cap)
		container->host_end = min_t(u64, container->host_end, geometry->aperture_end);
	policy = stricter(mine, rcu_dereference(container->policy));
	if (policy)
		cap_domain(call->domain, container, policy);
}

static int attach_leave(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct guard_set *set;

	if (regs_return_value(regs))
		return 0;
	rcu_read_lock();
	set = guard_set_current();
	cap_call((void *)call->data, set ? guard_policy_of_current(set) : NULL);
	rcu_read_unlock();
	return 0;
}

/* Whoever takes a group away, or dies, has no say in what the rest may use. */
static int detach_leave(struct kretprobe_instance *call, struct pt_regs *regs)
{
	rcu_read_lock();
	cap_call((void *)call->data, NULL);
	rcu_read_unlock();
	return 0;
}

static int release_at(struct kprobe *probe, struct pt_regs *regs)
{
	guard_container_forget((void *)regs_get_kernel_argument(regs, 0));
	return 0;
}

const struct guard_hook guard_hook_attach_op = {
	.symbol = "vfio_iommu_type1_attach_group",
	.entry = attach_op_entry,
	.leave = op_leave,
	.data_size = sizeof(struct op_call),
	.calls = MARKS_MAX,
	.missed = VIOMMU_GUARD_MISSED_ATTACH,
};

const struct guard_hook guard_hook_detach_op = {
	.symbol = "vfio_iommu_type1_detach_group",
	.entry = detach_op_entry,
	.leave = op_leave,
	.data_size = sizeof(struct op_call),
	.calls = MARKS_MAX,
	.missed = VIOMMU_GUARD_MISSED_ATTACH,
};

const struct guard_hook guard_hook_attach = {
	.symbol = "iommu_attach_group",
	.entry = iommu_entry,
	.leave = attach_leave,
	.data_size = sizeof(struct iommu_call),
	.calls = 2 * MARKS_MAX,
	.missed = VIOMMU_GUARD_MISSED_ATTACH,
};

const struct guard_hook guard_hook_detach = {
	.symbol = "iommu_detach_group",
	.entry = iommu_entry,
	.leave = detach_leave,
	.data_size = sizeof(struct iommu_call),
	.calls = 2 * MARKS_MAX,
	.missed = VIOMMU_GUARD_MISSED_ATTACH,
};

const struct guard_hook guard_hook_release = {
	.symbol = "vfio_iommu_type1_release",
	.at = release_at,
	.missed = VIOMMU_GUARD_MISSED_COUNT,
};
