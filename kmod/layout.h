/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: what is known of the structures of vfio_iommu_type1. */
#ifndef VIOMMU_GUARD_LAYOUT_H
#define VIOMMU_GUARD_LAYOUT_H

#include "guard.h"

/**
 * struct guard_layout - offsets in bytes of what is private to vfio_iommu_type1
 * @known: all of them, and the parameters of vfio_pin_pages_remote() are the expected ones
 */
struct guard_layout {
	bool known;
	u32 iommu_iova_list;
	u32 iommu_lock;
	u32 iommu_dma_list;
	u32 iova_list;
	u32 iova_end;
	u32 dma_node;
	u32 dma_iova;
	u32 dma_vaddr;
	u32 dma_size;
};

/* Written only while no probe is set on vfio_iommu_type1. */
extern struct guard_layout guard_layout;

/* A member of a structure of vfio_iommu_type1, by the name of its offset. */
#define guard_member(object, type, offset) \
	(*(const type *)((const char *)(object) + guard_layout.offset))

/** guard_layout_load() - read the layout from the BTF of the loaded module. May sleep. */
void guard_layout_load(void);
/** guard_iommu_locked() - does the running task hold the container's lock? */
bool guard_iommu_locked(const void *iommu);
/** guard_iommu_usable_end() - end of the last usable range; GUARD_NO_LIMIT: none, or unknown. */
u64 guard_iommu_usable_end(const void *iommu);
/** guard_iommu_highest() - last IOVA mapped; 0: nothing is. Only with the container's lock held. */
u64 guard_iommu_highest(const void *iommu);
/**
 * guard_iommu_count_above() - mappings that end above @limit. Reads without the lock, and without
 * harm where the container is changing or going; the count is exact when it is not.
 */
u64 guard_iommu_count_above(const void *iommu, u64 limit);

#endif
