// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules, in the order in which vfio_iommu_type1.c makes its checks: a request that breaks
 * several is refused by the first, and that one is the reason. Up to Linux 6.12 a range that wraps
 * is EINVAL, from 7.x on EOVERFLOW.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <linux/virtio_iommu.h>

#include "detail.h"
#include "rules.h"
#include "said.h"

#define MAP (1u << VIOMMU_OP_MAP)
#define UNMAP (1u << VIOMMU_OP_UNMAP)
#define ATTACH (1u << VIOMMU_OP_ATTACH)
#define FAULT (1u << VIOMMU_OP_FAULT)
#define REQUEST (1u << VIOMMU_OP_REQUEST)

#define MAP_ACCESS (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define MAP_FLAGS (MAP_ACCESS | VFIO_DMA_MAP_FLAG_VADDR)
#define UNMAP_FLAGS (VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL | \
		     VFIO_DMA_UNMAP_FLAG_VADDR)

/* Smallest request that the kernel takes (minsz in vfio_iommu_type1_map_dma, _unmap_dma). */
#define MAP_MINSZ 32u
#define UNMAP_MINSZ 24u

static bool no_driver(const struct facts *f)
{
	return f->ev->no_driver;
}

/*
 * Whoever reads the request after the kernel has, and cannot: the kernel could not either. A log is
 * written by one who did not try.
 */
static bool request_unread(const struct facts *f)
{
	if (f->ev->flags_unknown)
		return false;
	return !f->ev->has_range || f->ev->op == VIOMMU_OP_UNMAP;
}

static bool argsz_short(const struct facts *f)
{
	const uint32_t min = f->ev->op == VIOMMU_OP_MAP ? MAP_MINSZ : UNMAP_MINSZ;

	return f->ev->has_range && f->ev->argsz && f->ev->argsz < min;
}

static bool flags_known(const struct facts *f)
{
	return f->ev->has_range && !f->ev->flags_unknown;
}

static bool flags_bad(const struct facts *f)
{
	const uint32_t flags = f->ev->dma_flags;

	if (!flags_known(f))
		return false;
	if (f->ev->op == VIOMMU_OP_MAP)
		return flags & ~(uint32_t)MAP_FLAGS;
	return (flags & ~(uint32_t)UNMAP_FLAGS) ||
	       ((flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) &&
		(flags & (VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR)));
}

static bool access_bad(const struct facts *f)
{
	const bool access = f->ev->dma_flags & MAP_ACCESS;
	const bool vaddr = f->ev->dma_flags & VFIO_DMA_MAP_FLAG_VADDR;

	return flags_known(f) && access == vaddr;
}

static bool unmap_all_bad(const struct facts *f)
{
	return flags_known(f) && (f->ev->dma_flags & VFIO_DMA_UNMAP_FLAG_ALL) &&
	       (f->ev->iova || f->ev->size);
}

static bool empty(const struct facts *f)
{
	if (f->ev->op == VIOMMU_OP_UNMAP && (f->ev->dma_flags & VFIO_DMA_UNMAP_FLAG_ALL))
		return false;
	return f->ev->has_range && !f->ev->size;
}

/* The guest kept to 4 KiB, which is what it was told; the host's pages are larger. */
static bool guest_granule(const struct facts *f)
{
	const uint64_t all = f->ev->iova | f->ev->size | f->ev->vaddr;

	return f->misaligned && f->ev->path == VIOMMU_PATH_VIOMMU && !(all & 4095);
}

static bool misaligned(const struct facts *f)
{
	return f->misaligned;
}

static bool wraps(const struct facts *f)
{
	return f->wraps;
}

static bool vaddr_flag(const struct facts *f)
{
	const uint32_t flag = f->ev->op == VIOMMU_OP_MAP ? VFIO_DMA_MAP_FLAG_VADDR
							 : VFIO_DMA_UNMAP_FLAG_VADDR;

	return flags_known(f) && (f->ev->dma_flags & flag);
}

/* With every other cause ruled out; a dirty bitmap has rules of its own. */
static bool bisects(const struct facts *f)
{
	return f->sized && f->ev->pgsize_bitmap && flags_known(f) && !f->ev->dma_flags;
}

static bool above(const struct facts *f)
{
	return f->place == FACTS_PLACE_ABOVE;
}

static bool above_policy(const struct facts *f)
{
	return above(f) && f->ev->limit_from == VIOMMU_LIMIT_POLICY;
}

static bool denied(const struct facts *f)
{
	return f->ev->denied;
}

static bool above_bar(const struct facts *f)
{
	return above(f) && f->ev->backing == VIOMMU_BACKING_VFIO_BAR;
}

static bool above_ram(const struct facts *f)
{
	return above(f) && f->ev->backing == VIOMMU_BACKING_RAM &&
	       f->ev->path == VIOMMU_PATH_REGION;
}

/* QEMU never maps so; for DPDK it is the normal mode (--iova-mode=va). */
static bool above_va(const struct facts *f)
{
	return above(f) && f->ev->iova == f->ev->vaddr && f->ev->vmm != VIOMMU_VMM_QEMU &&
	       f->ev->path == VIOMMU_PATH_UNKNOWN;
}

static bool hole_msi(const struct facts *f)
{
	return f->place == FACTS_PLACE_HOLE && f->hole_kind == IOVA_HOLE_MSI;
}

static bool hole_amd_ht(const struct facts *f)
{
	return f->place == FACTS_PLACE_HOLE && f->hole_kind == IOVA_HOLE_AMD_HT;
}

static bool hole_other(const struct facts *f)
{
	return f->place == FACTS_PLACE_HOLE;
}

static bool memlock_containers(const struct facts *f)
{
	return f->memlock_binds && f->ev->containers > 1 && f->ev->vmm == VIOMMU_VMM_QEMU;
}

static bool memlock(const struct facts *f)
{
	return f->memlock_binds;
}

/* An attach pins what is mapped already, how much is not known: a limit may then be the cause. */
static bool memlock_excluded(const struct facts *f)
{
	const struct viommu_evidence *ev = f->ev;

	if (!ev->has_memlock)
		return false;
	return ev->op != VIOMMU_OP_ATTACH || ev->cap_ipc_lock || ev->memlock_limit == UINT64_MAX;
}

/* iommufd cannot pin pages of a device (iopt_map_user_pages(), EFAULT); type1 can. */
static bool pfnmap(const struct facts *f)
{
	return f->ev->api == VIOMMU_API_IOMMUFD && (f->ev->backing == VIOMMU_BACKING_VFIO_BAR ||
						    f->ev->backing == VIOMMU_BACKING_DEVICE);
}

/* Without the interface two causes are left, see guess.c. */
static bool pin(const struct facts *f)
{
	return f->ev->api == VIOMMU_API_TYPE1 || f->ev->vmm == VIOMMU_VMM_OTHER ||
	       f->ev->err != EFAULT;
}

static bool memlock_user(const struct facts *f)
{
	return f->memlock_binds && f->ev->api == VIOMMU_API_IOMMUFD;
}

static bool retried(const struct facts *f)
{
	return f->ev->retried;
}

static bool inside(const struct facts *f)
{
	return f->place == FACTS_PLACE_INSIDE;
}

static bool request_is(const struct facts *f, enum viommu_request_type type)
{
	return f->ev->request == type;
}

/* QEMU's virtio_iommu_map() has two more causes for INVAL; Linux's driver gives it neither. */
static bool request_overlaps(const struct facts *f)
{
	return request_is(f, VIOMMU_REQUEST_MAP) &&
	       !(f->ev->request_flags & ~(uint32_t)VIRTIO_IOMMU_MAP_F_MASK);
}

/* The guest wrote less than such a request is long. */
static bool request_cut(const struct facts *f)
{
	return (request_is(f, VIOMMU_REQUEST_MAP) || request_is(f, VIOMMU_REQUEST_UNMAP)) &&
	       !f->ev->has_range;
}

static bool request_flags_bad(const struct facts *f)
{
	return request_is(f, VIOMMU_REQUEST_MAP) && !request_overlaps(f);
}

static bool request_above(const struct facts *f)
{
	return request_is(f, VIOMMU_REQUEST_MAP) && above(f);
}

static bool request_bisects(const struct facts *f)
{
	return request_is(f, VIOMMU_REQUEST_UNMAP);
}

static const struct rule rules[] = {
	/* Who refused it has said so. */
	{ MAP, { 0 }, false, denied, VIOMMU_REASON_POLICY, detail_policy },

	/* Before anything is looked at. */
	{ MAP | UNMAP, { EINVAL }, true, no_driver,
	  VIOMMU_REASON_NO_IOMMU_DRIVER, detail_no_driver },
	{ MAP | UNMAP, { EFAULT }, false, request_unread,
	  VIOMMU_REASON_BAD_REQUEST, detail_unreadable },

	/* The request by itself. */
	{ MAP | UNMAP, { EINVAL }, true, argsz_short, VIOMMU_REASON_BAD_REQUEST, detail_argsz },
	{ MAP | UNMAP, { EINVAL }, true, flags_bad, VIOMMU_REASON_BAD_REQUEST, detail_flags },
	{ MAP, { EINVAL }, true, access_bad, VIOMMU_REASON_BAD_REQUEST, detail_access },
	{ UNMAP, { EINVAL }, true, unmap_all_bad, VIOMMU_REASON_BAD_REQUEST, detail_unmap_all },
	{ MAP | UNMAP, { EINVAL }, true, empty, VIOMMU_REASON_BAD_REQUEST, detail_empty },
	{ MAP, { EINVAL }, true, guest_granule, VIOMMU_REASON_GRANULE, detail_granule },
	{ MAP | UNMAP, { EINVAL }, true, misaligned, VIOMMU_REASON_MISALIGNED, detail_misaligned },
	{ MAP | UNMAP, { EINVAL, EOVERFLOW }, true, wraps,
	  VIOMMU_REASON_ADDRESS_WRAP, detail_wraps },
	{ MAP | UNMAP, { EINVAL, ENOENT, EBUSY }, false, vaddr_flag,
	  VIOMMU_REASON_BAD_REQUEST, detail_vaddr_flag },
	{ UNMAP, { EINVAL }, false, bisects, VIOMMU_REASON_OVERLAP, detail_bisect },

	/* The request in its container: both of these come before the range is checked. */
	{ MAP, { EEXIST }, false, NULL, VIOMMU_REASON_OVERLAP, detail_overlap },
	{ MAP, { ENOSPC }, false, NULL, VIOMMU_REASON_ENTRY_LIMIT, detail_entries },
	{ MAP, { EPERM, EACCES }, false, NULL, VIOMMU_REASON_POLICY, detail_policy },
	{ MAP, { EINVAL, ERANGE }, true, above_policy, VIOMMU_REASON_POLICY, detail_policy },
	{ MAP, { EINVAL, ERANGE, EOVERFLOW }, true, above_bar,
	  VIOMMU_REASON_BAR_ABOVE_HOST_WIDTH, detail_above },
	{ MAP, { EINVAL, ERANGE, EOVERFLOW }, true, above_va,
	  VIOMMU_REASON_USERSPACE_VA, detail_userspace_va },
	{ MAP, { EINVAL, ERANGE, EOVERFLOW }, true, above_ram,
	  VIOMMU_REASON_RAM_ABOVE_HOST_WIDTH, detail_above },
	{ MAP, { EINVAL, ERANGE, EOVERFLOW }, true, above,
	  VIOMMU_REASON_ABOVE_HOST_WIDTH, detail_above },
	{ MAP, { EINVAL, ERANGE }, true, hole_amd_ht, VIOMMU_REASON_RESERVED_AMD_HT, detail_hole },
	{ MAP, { EINVAL, ERANGE }, true, hole_msi, VIOMMU_REASON_RESERVED_MSI, detail_hole },
	{ MAP, { EINVAL, ERANGE }, true, hole_other, VIOMMU_REASON_RESERVED_REGION, detail_hole },

	/* The memory behind it: pinned in pieces, then given to the IOMMU driver. */
	{ MAP, { ENOMEM }, false, memlock_user,
	  VIOMMU_REASON_MEMLOCK_IOMMUFD, detail_memlock_user },
	{ MAP, { ENOMEM }, false, memlock_containers,
	  VIOMMU_REASON_MEMLOCK_PER_CONTAINER, detail_memlock_containers },
	{ MAP, { ENOMEM }, false, memlock, VIOMMU_REASON_MEMLOCK, detail_memlock },
	{ MAP | ATTACH, { ENOMEM }, false, memlock_excluded,
	  VIOMMU_REASON_HOST_MEMORY, detail_memory },
	{ MAP, { EBUSY }, false, retried, VIOMMU_REASON_BUSY_RETRY, detail_busy_retry },
	{ MAP, { EFAULT }, false, pfnmap, VIOMMU_REASON_PFNMAP_IOMMUFD, detail_pfnmap },
	{ MAP | ATTACH, { EFAULT, EOPNOTSUPP, EAGAIN, EHWPOISON }, false, pin,
	  VIOMMU_REASON_PIN_FAILED, detail_pin },
	{ MAP, { EINTR, ESRCH, ENODEV }, false, NULL,
	  VIOMMU_REASON_PIN_FAILED, detail_process_gone },
	{ MAP, { EADDRINUSE, ENXIO, EIO }, false, NULL,
	  VIOMMU_REASON_IOMMU_DRIVER, detail_driver },
	{ MAP, { ERANGE, EOVERFLOW }, false, inside, VIOMMU_REASON_IOMMU_DRIVER, detail_driver },

	/* A group. */
	{ ATTACH, { EPERM }, false, NULL, VIOMMU_REASON_GROUP_INELIGIBLE, detail_attach_unsafe },
	{ ATTACH, { EINVAL }, false, NULL,
	  VIOMMU_REASON_GROUP_INELIGIBLE, detail_attach_conflict },
	{ ATTACH, { EBUSY }, false, NULL, VIOMMU_REASON_GROUP_INELIGIBLE, detail_attach_busy },
	{ ATTACH, { EIO, ENODEV, ENXIO, ERANGE, EADDRINUSE, EOVERFLOW }, false, NULL,
	  VIOMMU_REASON_IOMMU_DRIVER, detail_attach_other },

	/* What a guest asked of its vIOMMU, and the vIOMMU itself refused. */
	{ REQUEST, { ERANGE, EINVAL }, false, request_above,
	  VIOMMU_REASON_ABOVE_HOST_WIDTH, detail_request_above },
	{ REQUEST, { 0 }, false, request_cut, VIOMMU_REASON_BAD_REQUEST, detail_request_unknown },
	{ REQUEST, { EINVAL }, false, request_flags_bad,
	  VIOMMU_REASON_BAD_REQUEST, detail_request_flags },
	{ REQUEST, { EINVAL }, false, request_overlaps,
	  VIOMMU_REASON_OVERLAP, detail_request_overlap },
	{ REQUEST, { ERANGE }, false, request_bisects,
	  VIOMMU_REASON_OVERLAP, detail_request_bisect },
	{ REQUEST, { ENOENT }, false, NULL, VIOMMU_REASON_BAD_REQUEST, detail_request_unknown },
	{ REQUEST, { 0 }, false, NULL, VIOMMU_REASON_UNKNOWN, detail_request_unknown },

	/* What a device did. */
	{ FAULT, { 0 }, true, above, VIOMMU_REASON_ABOVE_HOST_WIDTH, detail_fault_above },
	{ FAULT, { 0 }, true, NULL, VIOMMU_REASON_UNKNOWN, detail_fault },

	{ MAP | UNMAP | ATTACH | FAULT, { 0 }, true, NULL, VIOMMU_REASON_UNKNOWN, detail_unknown },
};

bool rule_fits(unsigned int ops, const int errnos[RULE_MAX_ERRNOS], bool sure,
	       const struct facts *f)
{
	if (!(ops & (1u << f->ev->op)))
		return false;
	if (!errnos[0] || (sure && !f->ev->err))
		return true;
	for (size_t i = 0; i < RULE_MAX_ERRNOS && errnos[i]; i++)
		if (errnos[i] == f->ev->err)
			return true;
	return false;
}

const struct rule *rule_find(const struct facts *f)
{
	const struct rule *const last = &rules[sizeof(rules) / sizeof(rules[0]) - 1];
	const struct rule *rule = rules;

	if (f->ev->said != VIOMMU_SAID_NOTHING)
		return said_rule(f);
	while (rule < last && (!rule_fits(rule->ops, rule->errnos, rule->sure, f) ||
			       (rule->holds && !rule->holds(f))))
		rule++;
	return rule;
}
