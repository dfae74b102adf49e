/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of a container and of its user at the moment of a failure. */
#ifndef VIOMMU_EVIDENCE_BPF_H
#define VIOMMU_EVIDENCE_BPF_H

#include "container.bpf.h"

#define RLIMIT_MEMLOCK 8
#define CAP_IPC_LOCK 14
#define PAGE_SHIFT 12
#define VM_PFNMAP 0x00000400UL
#define VM_IO 0x00004000UL

struct backing_ctx {
	u8 backing;
};

/**
 * A region of a VFIO device is a file of the anonymous inode "[vfio-device]"
 * (vfio_device_open_file() in drivers/vfio/group.c), or /dev/vfio/devices/vfioN if the VMM uses
 * device cdevs.
 */
static __always_inline bool file_is_vfio(struct file *file)
{
	char name[16] = {};
	struct dentry *dentry;

	if (!file)
		return false;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	if (!bpf_strncmp(name, 13, "[vfio-device]"))
		return true;
	if (bpf_strncmp(name, 4, "vfio"))
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_parent, d_name.name));
	return !bpf_strncmp(name, 8, "devices");
}

static long backing_of_vma(struct task_struct *task, struct vm_area_struct *vma,
			   struct backing_ctx *ctx)
{
	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		ctx->backing = VIOMMU_BACKING_RAM;
	else if (file_is_vfio(vma->vm_file))
		ctx->backing = VIOMMU_BACKING_VFIO_BAR;
	else
		ctx->backing = VIOMMU_BACKING_DEVICE;
	return 0;
}

static __always_inline u8 backing_find(struct task_struct *task, u64 vaddr)
{
	struct backing_ctx ctx = { .backing = VIOMMU_BACKING_UNKNOWN };
	long err = bpf_find_vma(task, vaddr, backing_of_vma, &ctx, 0);

	return err == -ENOENT ? VIOMMU_BACKING_NONE : ctx.backing;
}

/** RLIMIT_MEMLOCK as vfio_pin_pages_remote() compares it; the failed call is already undone. */
static __always_inline void memlock_read(struct viommu_state *s, struct task_struct *task)
{
	u64 caps = 0;

	s->memlock_limit = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	s->memlock_used = BPF_CORE_READ(task, mm, locked_vm) << PAGE_SHIFT;
	/* kernel_cap_t was u32[2] before 6.3 (f122a08b197d): on little endian the same bits. */
	bpf_probe_read_kernel(&caps, sizeof(caps),
			      __builtin_preserve_access_index(&task->cred->cap_effective));
	s->cap_ipc_lock = caps >> CAP_IPC_LOCK & 1;
}

/**
 * State of the container; the caller adds what belongs to one request. has_groups: as
 * container_refresh() says; a container that maps has some.
 */
static __always_inline void state_read(struct viommu_state *s, u32 *flags, u64 iommu,
				       bool has_groups)
{
	struct vfio_iommu___v *vi = (void *)iommu;
	struct task_struct *task = bpf_get_current_task_btf();

	s->pgsize_bitmap = BPF_CORE_READ(vi, pgsize_bitmap);
	s->dma_avail = BPF_CORE_READ(vi, dma_avail);
	s->backing = VIOMMU_BACKING_UNKNOWN;
	s->range_count = has_groups ? ranges_read(iommu, s->ranges, flags) : 0;
	memlock_read(s, task);
	*flags |= VIOMMU_F_PGSIZES | VIOMMU_F_DMA_AVAIL | VIOMMU_F_MEMLOCK;
}

#endif
