// SPDX-License-Identifier: GPL-2.0-or-later
/* Arithmetic on sets of IOVA ranges. Ends are included: last + 1 may not exist. */
#include <errno.h>
#include <string.h>

#include "iova.h"

#define FOUR_GIB (1ULL << 32)

bool iova_last(uint64_t iova, uint64_t size, uint64_t *last)
{
	if (!size || size - 1 > UINT64_MAX - iova)
		return false;
	*last = iova + (size - 1);
	return true;
}

int iova_ranges_init(struct iova_ranges *set, const struct viommu_range *r, size_t count)
{
	if (count > VIOMMU_MAX_RANGES)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		if (r[i].first > r[i].last || (i && r[i].first <= r[i - 1].last))
			return -EINVAL;

	memset(set, 0, sizeof(*set));
	if (count)
		memcpy(set->r, r, count * sizeof(*r));
	set->count = count;
	return 0;
}

uint64_t iova_ranges_top(const struct iova_ranges *set)
{
	return set->count ? set->r[set->count - 1].last : 0;
}

bool iova_ranges_contain(const struct iova_ranges *set, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->r[i].first <= first && last <= set->r[i].last)
			return first <= last;
	return false;
}

/* The gap below range i; false if it touches its neighbour. */
static bool gap_below(const struct iova_ranges *set, size_t i, struct viommu_range *gap)
{
	const uint64_t from = i ? set->r[i - 1].last + 1 : 0;	/* last < r[i].first: no wrap */

	if (from == set->r[i].first)
		return false;
	gap->first = from;
	gap->last = set->r[i].first - 1;
	return true;
}

static bool lies_in(const struct viommu_range *r, uint64_t first, uint64_t last)
{
	return first <= r->first && r->last <= last;
}

/*
 * Judged by the part that the request meets, not by the gap: firmware's reserved memory next to
 * the interrupt window makes one gap of two causes.
 */
static enum iova_hole hole_kind(const struct viommu_range *met)
{
	if (lies_in(met, IOVA_X86_MSI_FIRST, IOVA_X86_MSI_LAST) ||
	    lies_in(met, IOVA_ARM_MSI_FIRST, IOVA_ARM_MSI_LAST))
		return IOVA_HOLE_MSI;
	if (lies_in(met, IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST))
		return IOVA_HOLE_AMD_HT;
	return IOVA_HOLE_OTHER;
}

enum iova_hole iova_ranges_hole(const struct iova_ranges *set, uint64_t first, uint64_t last,
				struct viommu_range *hole)
{
	for (size_t i = 0; i < set->count; i++) {
		struct viommu_range gap, met;

		if (!gap_below(set, i, &gap) || gap.last < first || last < gap.first)
			continue;
		met.first = first > gap.first ? first : gap.first;
		met.last = last < gap.last ? last : gap.last;
		if (hole)
			*hole = gap;
		return hole_kind(&met);
	}
	return IOVA_HOLE_NONE;
}

unsigned int iova_bits_needed(uint64_t address)
{
	return address ? 64u - (unsigned int)__builtin_clzll(address) : 0;
}

unsigned int iova_bits(uint64_t last)
{
	return last == UINT64_MAX ? 64 : iova_bits_needed(last + 1) - 1;
}

unsigned int iova_ranges_max_bits(const struct iova_ranges *set)
{
	return set->count ? iova_bits(iova_ranges_top(set)) : 0;
}

/* Bits below the first hole that a narrower width avoids, holes under 4 GiB aside. */
static unsigned int bits_below_holes(const struct iova_ranges *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct viommu_range gap;

		if (gap_below(set, i, &gap) && gap.last >= FOUR_GIB)
			return iova_bits((gap.first > FOUR_GIB ? gap.first : FOUR_GIB) - 1);
	}
	return 64;
}

unsigned int iova_ranges_safe_bits(const struct iova_ranges *set)
{
	const unsigned int max = iova_ranges_max_bits(set), below = bits_below_holes(set);
	const unsigned int bits = max < below ? max : below;

	/* A width under which nothing is usable is of no use. */
	if (!set->count || (bits < 64 && set->r[0].first >> bits))
		return 0;
	return bits;
}

int iova_ranges_intersect(struct iova_ranges *set, const struct iova_ranges *other)
{
	struct iova_ranges out = { .count = 0 };
	size_t i = 0, j = 0;

	if (!other->count)
		return 0;
	if (!set->count) {
		*set = *other;
		return 0;
	}
	while (i < set->count && j < other->count) {
		const struct viommu_range *a = &set->r[i], *b = &other->r[j];
		const struct viommu_range both = {
			.first = a->first > b->first ? a->first : b->first,
			.last = a->last < b->last ? a->last : b->last,
		};

		if (both.first <= both.last) {
			if (out.count == VIOMMU_MAX_RANGES)
				return -E2BIG;
			out.r[out.count++] = both;
		}
		if (a->last < b->last)
			i++;
		else
			j++;
	}
	if (!out.count)
		return -ERANGE;
	*set = out;
	return 0;
}
