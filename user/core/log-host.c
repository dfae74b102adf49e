// SPDX-License-Identifier: GPL-2.0-or-later
/* The host, as a log shows it. */
#include <string.h>

#include "hostlog.h"
#include "log-host.h"
#include "width.h"

void log_host_init(struct log_host *h)
{
	memset(h, 0, sizeof(*h));
	machine_init(&h->machine);
}

void log_host_fini(struct log_host *h)
{
	machine_fini(&h->machine);
}

void log_host_region(struct log_host *h, const struct log_fact *fact)
{
	const struct log_region r = {
		.range = { fact->iova, fact->iova + (fact->size - 1) },
		.group = fact->has & LOG_HAS_GROUP ? fact->group : -1,
	};

	if (fact->flags & LOG_RELAXABLE)
		return;
	for (size_t i = 0; i < h->region_count; i++)
		if (h->regions[i].group == r.group && h->regions[i].range.first == r.range.first &&
		    h->regions[i].range.last == r.range.last)
			return;
	if (h->region_count == LOG_MAX_REGIONS) {
		h->cut = true;
		return;
	}
	h->regions[h->region_count++] = r;
	h->facts++;
}

void log_host_line(struct log_host *h, const char *text, size_t len)
{
	if (h->machine.unit_count >= LOG_MAX_UNITS) {
		h->cut = true;
		return;
	}
	if (hostlog_line(&h->machine, text, len) > 0)
		h->facts++;
}

/* The kernel that wrote is not that of the host which refused. */
static bool of_guest(const struct log_host *h)
{
	return h->guest && !h->hosts;
}

/* The width of the host's units, if it is one. */
static bool width_known(const struct log_host *h, struct iommu_width *w)
{
	const struct machine *m = &h->machine;

	if (of_guest(h))
		return false;
	for (size_t i = 0; i < m->unit_count; i++) {
		struct iommu_width one;

		width_of_unit(&one, m, &m->units[i]);
		if (!one.bits || (i && one.last != w->last))
			return false;
		*w = one;
	}
	return m->unit_count > 0;
}

unsigned int log_host_bits(const struct log_host *h)
{
	struct iommu_width w;

	return width_known(h, &w) ? w.bits : 0;
}

static bool unit_seen(const struct log_host *h, enum unit_kind kind)
{
	for (size_t i = 0; i < h->machine.unit_count; i++)
		if (h->machine.units[i].kind == kind)
			return true;
	return false;
}

/* Some group that is listed does not have the range. */
static bool only_some_have(const struct log_host *h, const struct viommu_range *range)
{
	for (size_t i = 0; i < h->region_count; i++) {
		bool has = false;

		for (size_t j = 0; j < h->region_count && !has; j++)
			has = h->regions[j].group == h->regions[i].group &&
			      h->regions[j].range.first == range->first &&
			      h->regions[j].range.last == range->last;
		if (!has)
			return true;
	}
	return false;
}

static bool applies(const struct log_host *h, const struct log_region *r, int group)
{
	bool listed = false;

	for (size_t i = 0; i < h->region_count; i++)
		listed |= h->regions[i].group == group;
	if (group >= 0 && listed)
		return r->group == group;
	return !only_some_have(h, &r->range);
}

static void add(struct machine_region *regions, size_t *count, uint64_t first, uint64_t last)
{
	if (*count == MACHINE_MAX_REGIONS)
		return;
	regions[*count].range = (struct viommu_range) { first, last };
	regions[(*count)++].type = REGION_RESERVED;
}

static size_t collect(const struct log_host *h, int group, struct machine_region *regions)
{
	const bool amd = unit_seen(h, UNIT_AMD);
	size_t count = 0;

	for (size_t i = 0; i < h->region_count; i++)
		if (applies(h, &h->regions[i], group))
			add(regions, &count, h->regions[i].range.first, h->regions[i].range.last);
	/* These drivers reserve them for every device. */
	if (!of_guest(h) && (amd || unit_seen(h, UNIT_INTEL)))
		add(regions, &count, IOVA_X86_MSI_FIRST, IOVA_X86_MSI_LAST);
	if (!of_guest(h) && amd)
		add(regions, &count, IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST);
	return count;
}

void log_host_evidence(const struct log_host *h, int group, struct viommu_evidence *ev)
{
	struct machine_region regions[MACHINE_MAX_REGIONS];
	const size_t count = collect(h, group, regions);
	struct iommu_width w = { .last = UINT64_MAX };
	const bool wide = width_known(h, &w);

	ev->x86_host |= !of_guest(h) && (unit_seen(h, UNIT_AMD) || unit_seen(h, UNIT_INTEL));
	if (!wide && !count)
		return;
	if (regions_usable(&ev->ranges, regions, count, w.last)) {
		ev->ranges.count = 0;
		return;
	}
	ev->top_unknown = !wide;
	ev->limit_from = wide ? w.from : VIOMMU_LIMIT_UNKNOWN;
}
