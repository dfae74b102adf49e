/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a thread of QEMU is doing for its guest. QEMU takes a request from the virtio-iommu's queue,
 * notifies VFIO of each aligned piece (memory_region_notify_iommu_one()), which calls MAP or UNMAP,
 * and answers, all on one thread: so the thread is the join, and containment its proof.
 *
 * Written by the programs on QEMU (qemu.bpf.c), read and updated where a MAP or UNMAP fails
 * (type1.bpf.c, by asked.bpf.h); both objects share the maps.
 */
#ifndef VIOMMU_BRACKET_BPF_H
#define VIOMMU_BRACKET_BPF_H

/** A thread's current request and notification. */
struct bracket {
	u64 request;		/* id of the request that is being handled; 0: not traced */
	u64 first;		/* range of the latest notification, both ends included */
	u64 last;
	u64 sp;			/* user stack pointer at its entry: an ioctl made by it is deeper */
	u64 failed_iova;	/* first piece that the host refused, of this request */
	u64 failed_size;
	u32 op;			/* VIOMMU_REC_MAP or _UNMAP; 0: no notification yet */
	u32 pieces;		/* notifications of this request */
	u32 failed;
	s32 failed_result;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bracket);
} brackets SEC(".maps");

/** Processes, by tgid, in which no bracket means that QEMU itself mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct viommu_hooked);
} hooked SEC(".maps");

#endif
