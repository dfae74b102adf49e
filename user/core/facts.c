// SPDX-License-Identifier: GPL-2.0-or-later
/* What follows from the evidence by arithmetic. */
#include <errno.h>

#include "facts.h"

/* Every host page is a multiple of this, whatever the architecture. */
#define SMALLEST_PAGE 4096ULL

/* type1 checks alignment against the smallest IOMMU page that is not below a host page. */
static uint64_t granule_of(uint64_t pgsize_bitmap)
{
	const uint64_t lowest = pgsize_bitmap & (~pgsize_bitmap + 1);

	return lowest > SMALLEST_PAGE ? lowest : SMALLEST_PAGE;
}

/* vaddr counts for MAP only; an UNMAP has none. */
static uint64_t vaddr_of(const struct viommu_evidence *ev)
{
	return ev->op == VIOMMU_OP_MAP ? ev->vaddr : 0;
}

static void judge_request(struct facts *f)
{
	const struct viommu_evidence *ev = f->ev;
	uint64_t ignored;

	if (!ev->has_range)
		return;
	f->misaligned = (ev->iova | ev->size | vaddr_of(ev)) & (f->granule - 1);
	if (!ev->size)
		return;
	f->sized = iova_last(ev->iova, ev->size, &f->last);
	f->wraps = !f->sized || !iova_last(vaddr_of(ev), ev->size, &ignored);
}

/* No host has reserved ranges from here on, but Arm ones for windows of their PCI bridges. */
#define ONE_TIB (1ULL << 40)

/*
 * No range is known, but the request was refused as one outside of them, and on x86 there are few
 * places for that: see vfio_iommu_iova_dma_valid() and intel_iommu_get_resv_regions().
 */
static void judge_x86(struct facts *f)
{
	const struct viommu_evidence *ev = f->ev;

	if (!ev->x86_host || ev->err != EINVAL || !f->sized || f->wraps || f->misaligned)
		return;
	if (ev->iova >= ONE_TIB) {
		f->place = FACTS_PLACE_ABOVE;
	} else if (facts_meets(f, IOVA_X86_MSI_FIRST, IOVA_X86_MSI_LAST)) {
		f->place = FACTS_PLACE_HOLE;
		f->hole_kind = IOVA_HOLE_MSI;
		f->hole = (struct viommu_range) { IOVA_X86_MSI_FIRST, IOVA_X86_MSI_LAST };
	}
}

/*
 * Of the widths below a hole only AMD's is known to be usable: its IOMMUs have 48 bits or more.
 */
static unsigned int safe_bits(const struct viommu_evidence *ev)
{
	if (ev->ranges_cut)
		return 0;
	if (!ev->top_unknown)
		return viommu_recommend_bits(&ev->ranges);
	return iova_ranges_hole(&ev->ranges, IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST, NULL) ==
	       IOVA_HOLE_AMD_HT ? viommu_recommend_bits(&ev->ranges) : 0;
}

/* With a 40-bit aperture AMD's hole has nothing usable above it, and is the reason all the same. */
static void judge_above(struct facts *f)
{
	if (f->ev->ranges_cut)
		return;
	f->place = FACTS_PLACE_ABOVE;
	if (f->top != IOVA_AMD_HT_FIRST - 1 || f->last > IOVA_AMD_HT_LAST)
		return;
	f->place = FACTS_PLACE_HOLE;
	f->hole_kind = IOVA_HOLE_AMD_HT;
	f->hole = (struct viommu_range) { IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST };
}

static void judge_place(struct facts *f)
{
	const struct viommu_evidence *ev = f->ev;

	if (!ev->ranges.count) {
		judge_x86(f);
		return;
	}
	if (!ev->top_unknown)
		f->top = iova_ranges_top(&ev->ranges);
	f->host_bits = ev->ranges_cut || ev->top_unknown ? 0 : iova_ranges_max_bits(&ev->ranges);
	f->safe_bits = safe_bits(ev);
	if (!f->sized)
		return;
	if (iova_ranges_contain(&ev->ranges, ev->iova, f->last)) {
		if (ev->top_unknown)
			judge_x86(f);
		else
			f->place = FACTS_PLACE_INSIDE;
		return;
	}
	if (!ev->top_unknown && f->last > f->top) {
		judge_above(f);
		return;
	}
	f->hole_kind = iova_ranges_hole(&ev->ranges, ev->iova, f->last, &f->hole);
	if (f->hole_kind != IOVA_HOLE_NONE)
		f->place = FACTS_PLACE_HOLE;
}

/*
 * vfio_pin_pages_remote() counts pages of memory, not of a BAR (they have no struct page that
 * is locked), so that the limit cannot be why a BAR was refused.
 */
static void judge_memlock(struct facts *f)
{
	const struct viommu_evidence *ev = f->ev;
	const uint64_t size = ev->has_range ? ev->size : 0;

	f->memlock_need = size > UINT64_MAX - ev->memlock_used ? UINT64_MAX
							       : ev->memlock_used + size;
	f->memlock_binds = ev->has_memlock && !ev->cap_ipc_lock &&
			   ev->memlock_limit != UINT64_MAX &&
			   ev->backing != VIOMMU_BACKING_VFIO_BAR &&
			   ev->backing != VIOMMU_BACKING_DEVICE &&
			   f->memlock_need > ev->memlock_limit;
}

void facts_init(struct facts *f, const struct viommu_evidence *ev)
{
	*f = (struct facts) { .ev = ev, .granule = granule_of(ev->pgsize_bitmap) };
	judge_request(f);
	judge_place(f);
	judge_memlock(f);
}

bool facts_meets(const struct facts *f, uint64_t first, uint64_t last)
{
	return f->sized && f->ev->iova <= last && f->last >= first;
}
