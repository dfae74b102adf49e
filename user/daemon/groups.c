// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/groups.h"

#include <stdio.h>
#include <string.h>

#include "core/width.h"

static bool overlaps(const struct viommu_range *a, uint64_t first, uint64_t last)
{
	return a->first <= last && a->last >= first;
}

/* The hole that no width avoids counts for less than one that a narrower vIOMMU does. */
static const char *hole_type(const struct machine_group *g, uint64_t first, uint64_t last)
{
	const struct viommu_range ht = { IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST };
	bool msi = false;

	for (size_t i = 0; i < g->region_count; i++) {
		const struct machine_region *r = &g->regions[i];

		if (r->type == REGION_DIRECT_RELAXABLE || !overlaps(&r->range, first, last))
			continue;
		if (overlaps(&ht, r->range.first, r->range.last))
			return "amd_ht";
		msi |= r->type == REGION_MSI;
	}
	return msi ? "msi" : "reserved";
}

void group_describe(struct ledger_group *out, const struct machine *m,
		    const struct machine_group *g)
{
	struct iommu_width width;
	uint64_t next = 0;

	memset(out, 0, sizeof(*out));
	out->id = g->id;
	if (group_usable(&out->ranges, &width, m, g))
		out->ranges.count = 0;
	if (!out->ranges.count)
		return;
	out->max_bits = iova_ranges_max_bits(&out->ranges);
	out->safe_bits = iova_ranges_safe_bits(&out->ranges);
	for (size_t i = 0; i < out->ranges.count; i++) {
		const struct viommu_range *r = &out->ranges.r[i];

		if (r->first > next)
			snprintf(out->hole_types[i], sizeof(out->hole_types[i]), "%s",
				 hole_type(g, next, r->first - 1));
		next = r->last + 1;
	}
}
