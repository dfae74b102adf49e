/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The container table: from the kernel's struct vfio_iommu to our counters. A container gets an
 * element when it is opened, or when we first meet it, and keeps it until it is released.
 */
#ifndef VIOMMU_CONTAINER_BPF_H
#define VIOMMU_CONTAINER_BPF_H

#include "arith.bpf.h"
#include "process.bpf.h"
#include "tables.bpf.h"
#include "vfio.bpf.h"

/** Groups, nodes of iova_list: more than any machine has, so that a torn list ends too. */
#define MAX_LIST_NODES 64

_Static_assert(!(VIOMMU_MAX_RANGES & (VIOMMU_MAX_RANGES - 1)), "power of two");
_Static_assert(!(VIOMMU_MAX_GROUPS & (VIOMMU_MAX_GROUPS - 1)), "power of two");
_Static_assert(!(VIOMMU_MAX_CONTAINERS & (VIOMMU_MAX_CONTAINERS - 1)), "power of two");

static u64 last_container_id;

/**
 * What spares most calls the look-up in slots, which costs as much as the counting itself: the
 * element that a container's address was last found in, by a hash of the address, and for each
 * element whose it is (0: nobody's), for another container may have the same hash.
 */
#define HINT_BITS 10
static u32 slot_hints[1 << HINT_BITS];
static u64 slot_owners[VIOMMU_MAX_CONTAINERS];

static __always_inline u32 *slot_hint(u64 iommu)
{
	return &slot_hints[iommu * 0x9e3779b97f4a7c15ULL >> (64 - HINT_BITS)];
}

static __noinline struct viommu_container *container_look_up(u64 iommu)
{
	u32 *slot = bpf_map_lookup_elem(&slots, &iommu);

	if (!slot)
		return NULL;
	*slot_hint(iommu) = *slot;
	return bpf_map_lookup_elem(&containers, slot);
}

static __always_inline struct viommu_container *container_find(u64 iommu)
{
	u32 slot = bounded(*slot_hint(iommu), VIOMMU_MAX_CONTAINERS);

	if (slot_owners[slot] != iommu)
		return container_look_up(iommu);
	return bpf_map_lookup_elem(&containers, &slot);
}

/** Where a walk over the groups of a container is. */
struct group_walk {
	struct list_head *domains;	/* head, NULL when all domains are done */
	struct list_head *domain;
	struct list_head *groups;	/* head */
	struct list_head *group;
};

/** To the end of the container's lists: VFIO adds at the head, so the oldest are at the tail. */
static __always_inline void group_walk_begin(struct group_walk *w, u64 iommu)
{
	struct vfio_iommu___v *vi = (void *)iommu;

	w->domains = __builtin_preserve_access_index(&vi->domain_list);
	w->domain = w->domains;
	/* Groups of mediated devices have no domain. */
	w->groups = __builtin_preserve_access_index(&vi->emulated_iommu_groups);
	w->group = w->groups;
}

/**
 * One step backwards in whatever list we are in. True if w->group is a group now. Each list ends at
 * its head; so the walk goes from domain to domain.
 */
static __always_inline bool group_walk_step(struct group_walk *w)
{
	struct list_head *group = w->group, *domain = w->domain;
	struct vfio_domain___v *vd;

	w->group = BPF_CORE_READ(group, prev);
	if (w->group && w->group != w->groups)
		return true;
	w->domain = BPF_CORE_READ(domain, prev);
	if (!w->domain || w->domain == w->domains) {
		w->domains = NULL;
		return false;
	}
	vd = core_container_of(w->domain, struct vfio_domain___v, next);
	w->groups = __builtin_preserve_access_index(&vd->group_list);
	w->group = w->groups;
	return false;
}

/** IOMMU groups of the container, oldest first within a domain. How many. */
static __noinline u32 groups_read(struct viommu_container *c, u64 iommu)
{
	struct group_walk w;
	u32 count = 0;

	if (!c)
		return 0;
	group_walk_begin(&w, iommu);
	for (int i = 0; i < MAX_LIST_NODES && w.domains && count < VIOMMU_MAX_GROUPS; i++) {
		struct vfio_iommu_group___v *vg;

		if (!group_walk_step(&w))
			continue;
		vg = core_container_of(w.group, struct vfio_iommu_group___v, next);
		c->groups[bounded(count, VIOMMU_MAX_GROUPS)] = BPF_CORE_READ(vg, iommu_group, id);
		count++;
	}
	if (!count)
		return 0;
	c->group_count = count;
	if (c->first_group < 0)
		c->first_group = c->groups[0];
	return count;
}

/**
 * Copy the usable ranges into set; returns their number. 0 if the list is empty (mediated devices
 * only) or changed under us: attach frees the old nodes, so what we read counts only if it is
 * ascending and ends at the list's head.
 */
static __noinline u32 ranges_read(u64 iommu, struct viommu_range *set, u32 *flags)
{
	struct vfio_iommu___v *vi = (void *)iommu;
	struct list_head *head, *pos;
	u64 floor = 0;
	u32 count = 0;

	if (!set || !flags)	/* never: tells the verifier */
		return 0;
	head = __builtin_preserve_access_index(&vi->iova_list);
	pos = BPF_CORE_READ(head, next);
	for (int n = 0; n < MAX_LIST_NODES && pos && pos != head; n++) {
		struct vfio_iova___v *node = core_container_of(pos, struct vfio_iova___v, list);
		u64 first = BPF_CORE_READ(node, start);
		u64 last = BPF_CORE_READ(node, end);

		if (first > last || (count && first <= floor))
			return 0;
		floor = last;
		if (count < VIOMMU_MAX_RANGES) {
			u32 i = bounded(count++, VIOMMU_MAX_RANGES);

			set[i].first = first;
			set[i].last = last;
		} else {
			*flags |= VIOMMU_F_RANGES_CUT;
		}
		pos = BPF_CORE_READ(node, list.next);
	}
	if (pos != head || !count)
		return 0;
	*flags |= VIOMMU_F_RANGES;
	return count;
}

/**
 * Bring ranges, groups and page sizes in the table up to date; readers see range_seq. False if the
 * container has no group: then the kernel's ranges say nothing (after the last detach they are all
 * of 64 bits), and the table keeps what it had.
 */
static __noinline bool container_refresh(struct viommu_container *c, u64 iommu)
{
	struct vfio_iommu___v *vi = (void *)iommu;
	u32 flags = 0, count, groups;

	if (!c)
		return false;
	c->pgsize_bitmap = BPF_CORE_READ(vi, pgsize_bitmap);
	c->dma_avail = BPF_CORE_READ(vi, dma_avail);
	__sync_fetch_and_add(&c->range_seq, 1);
	groups = groups_read(c, iommu);
	if (groups) {
		count = ranges_read(iommu, c->ranges, &flags);
		c->range_count = flags & VIOMMU_F_RANGES_CUT ? 0 : count;
	}
	__sync_fetch_and_add(&c->range_seq, 1);
	return groups;
}

/**
 * Put a container into the table for its owner, the group leader of task. NULL and a counted loss
 * if the table is full; the element that is there if another thread was faster.
 */
static __noinline struct viommu_container *container_new(u64 iommu, struct task_struct *task)
{
	struct viommu_container *c;
	u32 slot;

	if (bpf_map_pop_elem(&free_slots, &slot)) {
		loss_count(VIOMMU_LOST_CONTAINER);
		return NULL;
	}
	c = bpf_map_lookup_elem(&containers, &slot);
	if (!c)
		return NULL;
	if (bpf_map_update_elem(&slots, &iommu, &slot, BPF_NOEXIST)) {
		bpf_map_push_elem(&free_slots, &slot, BPF_ANY);
		return container_find(iommu);
	}
	slot_owners[bounded(slot, VIOMMU_MAX_CONTAINERS)] = iommu;
	c->id = __sync_fetch_and_add(&last_container_id, 1) + 1;
	c->slot = slot;
	c->tgid = BPF_CORE_READ(task, tgid);
	c->start_time = process_start_time(task);
	process_comm(task, c->comm);
	c->verdict = VIOMMU_UNKNOWN;
	c->first_group = -1;
	container_refresh(c, iommu);
	c->state = VIOMMU_CONTAINER_LIVE;
	return c;
}

/** Forget the address; the counters stay until user space has read them. */
static __always_inline void container_release(u64 iommu)
{
	struct viommu_container *c = container_find(iommu);

	if (!c)
		return;
	bpf_map_delete_elem(&slots, &iommu);
	slot_owners[bounded(c->slot, VIOMMU_MAX_CONTAINERS)] = 0;
	c->state = VIOMMU_CONTAINER_DEAD;
}

/**
 * The container of a call by the current task: learnt now if it is older than we are, and its
 * owner corrected if another process uses it (QEMU's live update hands containers on).
 */
static __noinline struct viommu_container *container_get(u64 iommu)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct viommu_container *c = container_find(iommu);

	if (!c)
		c = container_new(iommu, task);
	else if (c->tgid == (u32)task->tgid)
		return c;
	if (!c)
		return NULL;
	c->verdict = VIOMMU_UNKNOWN;
	c->tgid = task->tgid;
	c->start_time = process_start_time(task);
	process_comm(task, c->comm);
	process_record(c->id, c->slot, task);
	return c;
}

#endif
