/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of IOVA ranges: what a container can map, where its holes are, and how many bits that is.
 * Both ends of a range are included, so that 2^64 - 1 needs no special case.
 */
#ifndef VIOMMU_CORE_IOVA_H
#define VIOMMU_CORE_IOVA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <viommu/record.h>

/** Ranges ascending, disjoint, each first <= last; count 0 means "not known", never "none". */
struct iova_ranges {
	struct viommu_range r[VIOMMU_MAX_RANGES];
	size_t count;
};

/** x86 interrupt window and AMD's HyperTransport hole (drivers/iommu/amd/iommu.c, HT_RANGE_*). */
#define IOVA_X86_MSI_FIRST 0xfee00000ULL
#define IOVA_X86_MSI_LAST 0xfeefffffULL
#define IOVA_AMD_HT_FIRST 0xfd00000000ULL
#define IOVA_AMD_HT_LAST 0xffffffffffULL
/** Window that Arm SMMU and virtio-iommu drivers reserve for software MSI. */
#define IOVA_ARM_MSI_FIRST 0x8000000ULL
#define IOVA_ARM_MSI_LAST 0x80fffffULL

/** What lies between two usable ranges, or below the first. */
enum iova_hole {
	IOVA_HOLE_NONE,		/**< the range is usable, or lies above the top */
	IOVA_HOLE_MSI,		/**< x86 or Arm interrupt window */
	IOVA_HOLE_AMD_HT,
	IOVA_HOLE_OTHER,
};

/** Copy, check and set. 0; -EINVAL if not ascending, disjoint; -E2BIG if count is too large. */
int iova_ranges_init(struct iova_ranges *set, const struct viommu_range *r, size_t count);

/** Last usable IOVA; 0 if nothing is known. */
uint64_t iova_ranges_top(const struct iova_ranges *set);

/** [first, last] lies in one range, as vfio_iommu_iova_dma_valid() wants it. */
bool iova_ranges_contain(const struct iova_ranges *set, uint64_t first, uint64_t last);

/**
 * First hole below the top that [first, last] meets; *hole is its extent (may be NULL). The kind
 * is that of the part that is met: interrupt window and firmware memory may be one hole.
 */
enum iova_hole iova_ranges_hole(const struct iova_ranges *set, uint64_t first, uint64_t last,
				struct viommu_range *hole);

/** Largest n with 2^n - 1 <= last: bits that are wholly below it. 64 for 2^64 - 1; 0 for 0. */
unsigned int iova_bits(uint64_t last);

/** Bits that are needed to write address: 1 + index of its highest set bit, 0 for 0. */
unsigned int iova_bits_needed(uint64_t address);

/** Maximum bits: the whole width, holes or not. 0 if nothing is known. */
unsigned int iova_ranges_max_bits(const struct iova_ranges *set);

/** Safe bits: the widest that has no hole but the MSI window and holes below 4 GiB
 *  (which no width avoids; a guest's kernel hands out addresses there whatever the width).
 *  0 if nothing is known, or if nothing is usable below such a width.
 */
unsigned int iova_ranges_safe_bits(const struct iova_ranges *set);

/**
 * Keep what is usable in both; an unknown set leaves the other. -E2BIG if the result does not fit,
 * -ERANGE if nothing is usable in both; set is unchanged then.
 */
int iova_ranges_intersect(struct iova_ranges *set, const struct iova_ranges *other);

/** last of [iova, iova + size - 1]; false if that wraps or size is 0. */
bool iova_last(uint64_t iova, uint64_t size, uint64_t *last);

#endif
