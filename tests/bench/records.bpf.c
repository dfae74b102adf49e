/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes what the programs on VFIO write, for VMs that there are not: run by BPF_PROG_RUN, so it
 * needs no VFIO. The tables and the ring are those of bpf/.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "tables.bpf.h"

#define EINVAL 22

char LICENSE[] SEC("license") = "GPL";

/** What each record is but for its VM; set by user space. */
struct viommu_rec_process process;
struct viommu_rec_failure failure;
/** What a container is but for its VM and its place; set by user space. */
struct viommu_container container;

/** Of which VM, and how many failures. */
struct records_args {
	__u32 vm;
	__u32 tgid;
	__u32 count;
	__u32 slot;	/**< of its container: out of vm_open(), into vm_fail() */
};

static __always_inline void head_set(struct viommu_rec *h, const struct records_args *args)
{
	h->ts = bpf_ktime_get_boot_ns();
	h->container = args->vm + 1;
	h->slot = args->slot;
	h->tgid = h->tid = args->tgid;
	h->start_time = args->vm + 1;
}

/** A VM opens its container. 0; 1: no element is free. */
SEC("syscall")
int vm_open(struct records_args *args)
{
	struct viommu_container *c;
	u32 slot;

	if (bpf_map_pop_elem(&free_slots, &slot))
		return 1;
	c = bpf_map_lookup_elem(&containers, &slot);
	if (!c)
		return 1;
	container.id = args->vm + 1;
	container.start_time = args->vm + 1;
	container.tgid = args->tgid;
	container.slot = slot;
	bpf_probe_read_kernel(c, sizeof(*c), &container);
	args->slot = slot;
	head_set(&process.h, args);
	if (bpf_ringbuf_output(&records, &process, sizeof(process), 0))
		loss_count(VIOMMU_LOST_IDENTITY);
	return 0;
}

static long fail_one(__u32 i, struct viommu_container **c)
{
	failure.d.iova += failure.d.size;
	(*c)->map_failures[EINVAL]++;
	if (bpf_ringbuf_output(&records, &failure, sizeof(failure), 0))
		loss_count(VIOMMU_LOST_RING);
	return 0;
}

/** count MAPs of a VM fail. */
SEC("syscall")
int vm_fail(struct records_args *args)
{
	u32 slot = args->slot;
	struct viommu_container *c = bpf_map_lookup_elem(&containers, &slot);

	if (!c)
		return 1;
	head_set(&failure.d.h, args);
	bpf_loop(args->count, fail_one, &c, 0);
	return 0;
}
