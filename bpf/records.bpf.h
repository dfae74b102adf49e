/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every object of ours has: the options that user space sets, the ring of records, the counts
 * of what is lost, and the head of a record.
 */
#ifndef VIOMMU_RECORDS_BPF_H
#define VIOMMU_RECORDS_BPF_H

#include <viommu/record.h>

/** Set by user space before loading. */
const volatile bool opt_all;		/* a record for every MAP and UNMAP */
const volatile bool opt_latency;	/* measure how long each takes */
const volatile bool opt_entries;	/* keep dma_avail up to date with each of them */

/** Checked by user space: both sides were built from one record.h. */
const volatile __u32 record_version = VIOMMU_RECORD_VERSION;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VIOMMU_NR_LOSSES);
	__type(key, u32);
	__type(value, u64);
} losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);	/* user space may set another size */
} records SEC(".maps");

static __always_inline void loss_add(u32 element, long n)
{
	u64 *count = bpf_map_lookup_elem(&losses, &element);

	if (count)
		__sync_fetch_and_add(count, n);
}

static __always_inline void loss_count(u32 reason)
{
	loss_add(reason, 1);
}

/** task, here and below, is one that the verifier knows as such: read without a call for each. */
static __always_inline u64 process_start_time(struct task_struct *task)
{
	return task->group_leader->start_boottime;
}

/** comm of the group leader: QEMU's vCPU threads have names of their own. */
static __always_inline void process_comm(struct task_struct *task, char *comm)
{
	bpf_probe_read_kernel(comm, VIOMMU_COMM_LEN, task->group_leader->comm);
}

/** Head of a record of the current task. */
static __always_inline void rec_init(struct viommu_rec *h, u32 type, u64 container, u32 slot,
				     long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 id = bpf_get_current_pid_tgid();

	h->type = type;
	h->flags = 0;
	h->ts = bpf_ktime_get_boot_ns();
	h->container = container;
	h->start_time = process_start_time(task);
	h->tgid = id >> 32;
	h->tid = id;
	h->slot = slot;
	h->result = result;
	process_comm(task, h->comm);
}

#endif
