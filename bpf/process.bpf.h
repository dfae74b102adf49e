/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who a process is, taken while it certainly exists: a QEMU that fails at start is gone from /proc
 * in milliseconds.
 */
#ifndef VIOMMU_PROCESS_BPF_H
#define VIOMMU_PROCESS_BPF_H

#include "tables.bpf.h"
#include "vfio.bpf.h"

#define MAX_CGROUP_DEPTH 16
#define MAX_NAME 256
#define PAGE_LEFT(address) (4096 - ((address) & 4095))

/**
 * Arguments of the current process. A page that is not in memory cannot be read here; argv is
 * usually on one page or two, just read by the program itself.
 */
static __always_inline u32 argv_read(char *argv, struct task_struct *task, u32 *flags)
{
	u64 first = BPF_CORE_READ(task, mm, arg_start);
	u64 len = BPF_CORE_READ(task, mm, arg_end) - first;

	if (len > VIOMMU_ARGV_LEN) {
		len = VIOMMU_ARGV_LEN;
		*flags |= VIOMMU_F_ARGV_CUT;
	}
	if (!bpf_probe_read_user(argv, len, (void *)first))
		return len;
	if (len > PAGE_LEFT(first))
		len = PAGE_LEFT(first);
	if (len <= VIOMMU_ARGV_LEN && !bpf_probe_read_user(argv, len, (void *)first)) {
		*flags |= VIOMMU_F_ARGV_CUT;
		return len;
	}
	*flags |= VIOMMU_F_ARGV_UNREAD;
	return 0;
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___new *new = (void *)kn;
	struct kernfs_node___old *old = (void *)kn;

	if (bpf_core_field_exists(new->__parent))
		return BPF_CORE_READ(new, __parent);
	return BPF_CORE_READ(old, parent);
}

/** Names from the task's cgroup (v2) up to below the root. Bytes written. */
static __always_inline u32 cgroup_read(char *names, struct task_struct *task)
{
	struct kernfs_node *kn = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	u32 len = 0;

	for (int i = 0; i < MAX_CGROUP_DEPTH && kn; i++) {
		struct kernfs_node *parent = kernfs_parent(kn);
		long n;

		if (!parent || len >= VIOMMU_CGROUP_LEN)
			break;
		n = bpf_probe_read_kernel_str(names + len, MAX_NAME, BPF_CORE_READ(kn, name));
		if (n <= 0 || n > MAX_NAME)
			break;
		len += n;
		kn = parent;
	}
	return len;
}

/** Tell user space who the current process, user of container, is. */
static __noinline void process_record(u64 container, u32 slot, struct task_struct *task)
{
	struct viommu_rec_process *rec;

	rec = bpf_ringbuf_reserve(&records, sizeof(*rec), 0);
	if (!rec) {
		loss_count(VIOMMU_LOST_IDENTITY);
		return;
	}
	rec_init(&rec->h, VIOMMU_REC_PROCESS, container, slot, 0);
	rec->argv_len = argv_read(rec->argv, task, &rec->h.flags);
	rec->cgroup_len = cgroup_read(rec->cgroup, task);
	bpf_ringbuf_submit(rec, 0);
}

#endif
