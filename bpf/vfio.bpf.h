/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel types that no header or vmlinux.h has, or not on every kernel: only the members that we
 * read, placed by CO-RE when the programs are loaded. The suffix after ___ is ignored by libbpf;
 * it keeps these apart from the full types where vmlinux.h has them.
 */
#ifndef VIOMMU_VFIO_BPF_H
#define VIOMMU_VFIO_BPF_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* drivers/vfio/vfio_iommu_type1.c; in that module's BTF. */
struct vfio_iommu___v {
	struct list_head domain_list;
	struct list_head iova_list;
	unsigned int dma_avail;
	u64 pgsize_bitmap;
	struct list_head emulated_iommu_groups;
};

struct vfio_domain___v {
	struct list_head next;
	struct list_head group_list;
};

struct iommu_group___v {
	int id;
};

struct vfio_iommu_group___v {
	struct iommu_group___v *iommu_group;
	struct list_head next;
};

struct vfio_iova___v {
	struct list_head list;
	dma_addr_t start;
	dma_addr_t end;
};

/* drivers/vfio/container.c (vfio.c before 6.2); in vfio's BTF. */
struct vfio_iommu_driver_ops___v {
	char *name;
};

struct vfio_iommu_driver___v {
	const struct vfio_iommu_driver_ops___v *ops;
};

struct vfio_container___v {
	struct vfio_iommu_driver___v *iommu_driver;
	void *iommu_data;
};

/* kernfs_node::parent became __parent, and RCU, in 6.15 (633488947ef6). */
struct kernfs_node___new {
	struct kernfs_node *__parent;
};

struct kernfs_node___old {
	struct kernfs_node *parent;
};

#pragma clang attribute pop

/* include/uapi/linux/vfio.h: ioctl numbers and requests, part of the ABI. */
#define VFIO_TYPE ';'
#define VFIO_IOMMU_GET_INFO ((VFIO_TYPE << 8) | 112)
#define VFIO_IOMMU_MAP_DMA ((VFIO_TYPE << 8) | 113)
#define VFIO_IOMMU_UNMAP_DMA ((VFIO_TYPE << 8) | 114)

struct dma_map_request {
	u32 argsz;
	u32 flags;
	u64 vaddr;
	u64 iova;
	u64 size;
};

struct dma_unmap_request {
	u32 argsz;
	u32 flags;
	u64 iova;
	u64 size;
};

#endif
