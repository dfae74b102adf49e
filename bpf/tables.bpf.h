/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables that BPF shares with user space. User space maps containers and losses and reads
 * them without a system call: bpf(2) look-ups raise bpf_prog_active while they run, and a kprobe
 * program that interrupts one on a preemptible kernel is skipped (trace_call_bpf()).
 */
#ifndef VIOMMU_TABLES_BPF_H
#define VIOMMU_TABLES_BPF_H

#include <viommu/record.h>

/** Set by user space before loading. */
const volatile bool opt_all;		/* a record for every MAP and UNMAP */
const volatile bool opt_latency;	/* fill viommu_container::latency */

/** Checked by user space: both sides were built from one record.h. */
const volatile __u32 record_version = VIOMMU_RECORD_VERSION;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VIOMMU_MAX_CONTAINERS);
	__type(key, u32);
	__type(value, struct viommu_container);
} containers SEC(".maps");

/** Address of the kernel's struct vfio_iommu -> index in containers. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VIOMMU_MAX_CONTAINERS);
	__type(key, u64);
	__type(value, u32);
} slots SEC(".maps");

/** Indexes of free elements of containers, zeroed by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, VIOMMU_MAX_CONTAINERS);
	__type(value, u32);
} free_slots SEC(".maps");

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

/** What the entry of a call leaves for its return. One call of ours at a time in a task. */
struct call {
	u64 iommu;	/* struct vfio_iommu */
	u64 arg;	/* of the ioctl, or struct iommu_group */
	u64 start;	/* ns, 0: not measured */
	u32 cmd;
	u32 active;	/* 1 from entry to return */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call);
} calls SEC(".maps");

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

#endif
