/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables that BPF shares with user space. User space maps containers and losses and reads
 * them without a system call: bpf(2) look-ups raise bpf_prog_active while they run, and a kprobe
 * program that interrupts one on a preemptible kernel is skipped (trace_call_bpf()).
 */
#ifndef VIOMMU_TABLES_BPF_H
#define VIOMMU_TABLES_BPF_H

#include "records.bpf.h"

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

#endif
