/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO's type1 IOMMU driver: every MAP and UNMAP of a container, its groups, its life.
 *
 * vfio_dma_do_map() and its like are inlined in distribution kernels; what is always there are the
 * functions behind struct vfio_iommu_driver_ops. Each is hooked twice from the same logic: by a
 * trampoline (fentry, fexit), which is cheap, and by kprobe and kretprobe for kernels whose tasks
 * may be preempted in a program: there the kernel skips a trampoline program that is already
 * running on this CPU (__bpf_prog_enter_recur()). User space loads one of the two.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "type1.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* ------------------------------------------------------------------------- life of a container */

/** A new container: whatever we knew at that address is gone, its release was not seen. */
static __always_inline void open_done(u64 iommu)
{
	struct viommu_container *c;

	if (!iommu || iommu >= -4095ULL)
		return;
	container_release(iommu);
	c = container_get(iommu);
	if (c)
		c->dma_limit = c->dma_avail;
}

static __always_inline void attach_done(u64 iommu, int group, long ret)
{
	group_record(container_get(iommu), iommu, group, VIOMMU_REC_ATTACH, ret);
}

static __always_inline void detach_done(u64 iommu, int group)
{
	group_record(container_get(iommu), iommu, group, VIOMMU_REC_DETACH, 0);
}

/**
 * dma_avail is up to date wherever user space may look: at the end, and when it asks. Who looks at
 * any time sets opt_entries.
 */
static __always_inline void release_begins(u64 iommu)
{
	struct viommu_container *c = container_find(iommu);

	if (c)
		c->dma_avail = BPF_CORE_READ((struct vfio_iommu___v *)iommu, dma_avail);
	container_release(iommu);
}

static __always_inline int group_id(u64 group)
{
	return BPF_CORE_READ((struct iommu_group___v *)group, id);
}

/* ------------------------------------------------- from entry to return, where that is needed */

static __always_inline struct call *call_begin(u64 iommu, u64 arg, u32 cmd)
{
	struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
						 BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!call) {
		loss_count(VIOMMU_LOST_RETURN);
		return NULL;
	}
	if (call->active)	/* the return of the last one was missed: kretprobe's nmissed */
		loss_count(VIOMMU_LOST_RETURN);
	else
		loss_add(VIOMMU_CALLS_OPEN, 1);
	*call = (struct call){ .iommu = iommu, .arg = arg, .cmd = cmd, .active = 1 };
	if (opt_latency && cmd == VFIO_IOMMU_MAP_DMA)
		call->start = bpf_ktime_get_ns();
	return call;
}

static __always_inline struct call *call_end(void)
{
	struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, 0);

	if (!call || !call->active) {
		loss_count(VIOMMU_LOST_RETURN);
		return NULL;
	}
	call->active = 0;
	loss_add(VIOMMU_CALLS_OPEN, -1);
	return call;
}

/* ------------------------------------------------------------------------------- trampolines */

SEC("fentry/vfio_iommu_type1_ioctl")
int BPF_PROG(fentry_ioctl, void *iommu, unsigned int cmd, unsigned long arg)
{
	struct call *call;

	if (cmd != VFIO_IOMMU_MAP_DMA)
		return 0;
	call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (call)
		call->start = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/vfio_iommu_type1_ioctl")
int BPF_PROG(fexit_ioctl, void *iommu, unsigned int cmd, unsigned long arg, long ret)
{
	u64 start = 0;

	if (opt_latency && cmd == VFIO_IOMMU_MAP_DMA) {
		struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(),
							 NULL, 0);

		if (call) {
			start = call->start;
			call->start = 0;
		}
	}
	ioctl_done((u64)iommu, cmd, arg, ret, start);
	return 0;
}

SEC("fexit/vfio_iommu_type1_attach_group")
int BPF_PROG(fexit_attach, void *iommu, void *group, unsigned int type, int ret)
{
	attach_done((u64)iommu, group_id((u64)group), ret);
	return 0;
}

SEC("fexit/vfio_iommu_type1_detach_group")
int BPF_PROG(fexit_detach, void *iommu, void *group)
{
	detach_done((u64)iommu, group_id((u64)group));
	return 0;
}

SEC("fexit/vfio_iommu_type1_open")
int BPF_PROG(fexit_open, unsigned long arg, void *ret)
{
	open_done((u64)ret);
	return 0;
}

SEC("fentry/vfio_iommu_type1_release")
int BPF_PROG(fentry_release, void *iommu)
{
	release_begins((u64)iommu);
	return 0;
}

/* ------------------------------------------------------------------------------------ kprobes */

SEC("kprobe/vfio_iommu_type1_ioctl")
int BPF_KPROBE(kprobe_ioctl, void *iommu, unsigned int cmd, unsigned long arg)
{
	call_begin((u64)iommu, arg, cmd);
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_ioctl")
int BPF_KRETPROBE(kretprobe_ioctl, long ret)
{
	struct call *call = call_end();

	if (call)
		ioctl_done(call->iommu, call->cmd, call->arg, ret, call->start);
	return 0;
}

SEC("kprobe/vfio_iommu_type1_attach_group")
int BPF_KPROBE(kprobe_attach, void *iommu, void *group)
{
	call_begin((u64)iommu, (u64)group, 0);
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_attach_group")
int BPF_KRETPROBE(kretprobe_attach, int ret)
{
	struct call *call = call_end();

	if (call)
		attach_done(call->iommu, group_id(call->arg), ret);
	return 0;
}

SEC("kprobe/vfio_iommu_type1_detach_group")
int BPF_KPROBE(kprobe_detach, void *iommu, void *group)
{
	call_begin((u64)iommu, (u64)group, 0);
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_detach_group")
int BPF_KRETPROBE(kretprobe_detach)
{
	struct call *call = call_end();

	if (call)
		detach_done(call->iommu, group_id(call->arg));
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_open")
int BPF_KRETPROBE(kretprobe_open, void *ret)
{
	open_done((u64)ret);
	return 0;
}

SEC("kprobe/vfio_iommu_type1_release")
int BPF_KPROBE(kprobe_release, void *iommu)
{
	release_begins((u64)iommu);
	return 0;
}

/* ----------------------------------------------------------------- containers older than we are */

#define VFIO_MAJOR 10	/* MISC_MAJOR */
#define VFIO_MINOR 196
#define MAKE_KDEV(major, minor) ((major) << 20 | (minor))

/**
 * Walks every open file: those of /dev/vfio/vfio whose container is driven by type1 get an element
 * in the table, and one that has it gets fresh ranges and dma_avail. The same device number is
 * served by iommufd where that replaces containers; then vfio has no struct vfio_container.
 */
SEC("iter/task_file")
int enumerate(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct vfio_container___v *vc;
	struct viommu_container *c;
	char name[17] = {};
	u64 iommu;

	if (!task || !file || file->f_inode->i_rdev != MAKE_KDEV(VFIO_MAJOR, VFIO_MINOR))
		return 0;
	vc = file->private_data;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(vc, iommu_driver, ops, name));
	if (bpf_strncmp(name, sizeof(name), "vfio-iommu-type1"))
		return 0;
	iommu = (u64)BPF_CORE_READ(vc, iommu_data);
	if (!iommu)
		return 0;
	c = container_find(iommu);
	if (c)
		container_refresh(c, iommu);
	else
		container_new(iommu, task);
	return 0;
}
