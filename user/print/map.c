// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture of an IOVA space before it is drawn: scale, pieces, verdict. */
#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "host/text.h"
#include "print/map.h"

/* Where the scale begins, unless something lies lower: 16 MiB. */
#define FIRST_BIT 24
#define FIRST_BIT_LOW 12

void map_init(struct address_map *m, const struct guest *g, const struct advice *a)
{
	memset(m, 0, sizeof(*m));
	host_text_clean(m->vm, sizeof(m->vm), g->vm.name, strnlen(g->vm.name, sizeof(g->vm.name)));
	m->model = g->model;
	m->viommu_bits = a->current_bits;
	m->advised_bits = a->bits;
	m->change_needed = a->change_needed;
	if (a->option_count)
		snprintf(m->option, sizeof(m->option), "%s", a->options[0].option);
}

struct map_lane *map_add_lane(struct address_map *m)
{
	if (m->lane_count == MAP_MAX_LANES) {
		m->more++;
		return NULL;
	}
	return &m->lanes[m->lane_count++];
}

unsigned int map_position(uint64_t address)
{
	const unsigned int bits = iova_bits_needed(address);
	unsigned int bit;
	uint64_t inside;

	if (!bits)
		return 0;
	bit = bits - 1;
	inside = bit >= 16 ? address >> (bit - 16) : address << (16 - bit);
	return bit * MAP_STEPS + (unsigned int)(inside & (MAP_STEPS - 1));
}

unsigned int map_first_bit(const struct address_map *m)
{
	for (size_t i = 0; i < m->lane_count; i++) {
		const struct map_lane *lane = &m->lanes[i];

		if ((lane->ranges.count && lane->ranges.r[0].first) ||
		    (lane->ranges.count > 1 && lane->ranges.r[1].first >> FIRST_BIT == 0) ||
		    (lane->has_mapped && lane->mapped >> FIRST_BIT == 0) ||
		    (lane->has_refused && lane->refused >> FIRST_BIT == 0))
			return FIRST_BIT_LOW;
	}
	return FIRST_BIT;
}

enum map_cell map_cell(const struct iova_ranges *ranges, unsigned int from, unsigned int to)
{
	uint64_t next = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct viommu_range *r = &ranges->r[i];

		if (r->first != next && map_position(next) < to &&
		    map_position(r->first - 1) >= from)
			return MAP_CELL_HOLE;
		next = r->last + 1;
	}
	if (!ranges->count || map_position(iova_ranges_top(ranges)) < from + (to - from) / 2)
		return MAP_CELL_NONE;
	return MAP_CELL_USABLE;
}

/* Least of the lanes; 0 if none is known. */
static unsigned int least_bits(const struct address_map *m,
			       unsigned int (*bits_of)(const struct iova_ranges *))
{
	unsigned int least = 0;

	for (size_t i = 0; i < m->lane_count; i++) {
		const unsigned int bits = bits_of(&m->lanes[i].ranges);

		if (bits && (!least || bits < least))
			least = bits;
	}
	return least;
}

static const struct map_lane *refused_lane(const struct address_map *m)
{
	for (size_t i = 0; i < m->lane_count; i++)
		if (m->lanes[i].has_refused)
			return &m->lanes[i];
	return NULL;
}

static void refused_add(struct text *t, const struct map_lane *lane)
{
	const uint64_t top = iova_ranges_top(&lane->ranges);
	struct viommu_range hole;

	text_add(t, "A mapping up to 0x%" PRIx64 " was refused", lane->refused);
	if (lane->ranges.count && lane->refused > top)
		text_add(t, ": the host maps up to 0x%" PRIx64, top);
	else if (iova_ranges_hole(&lane->ranges, lane->refused, lane->refused, &hole))
		text_add(t, ": it lies in the hole 0x%" PRIx64 "-0x%" PRIx64, (uint64_t)hole.first,
			 (uint64_t)hole.last);
	text_add(t, ". ");
}

void map_verdict(char *buf, size_t size, const struct address_map *m)
{
	const unsigned int max = least_bits(m, iova_ranges_max_bits);
	const unsigned int safe = least_bits(m, iova_ranges_safe_bits);
	const struct map_lane *refused = refused_lane(m);
	struct text t;

	text_init(&t, buf, size);
	if (refused)
		refused_add(&t, refused);
	if (!max)
		text_add(&t, "What the host can map is not known.");
	else if (m->model == VIOMMU_MODEL_NONE)
		text_add(&t, "No vIOMMU: devices see the guest's memory addresses, which have to "
			 "lie below 2^%u.", max);
	else if (!m->viommu_bits)
		text_add(&t, "The vIOMMU's width is not known; the host maps %u bits.", max);
	else if (m->viommu_bits > max)
		text_add(&t, m->change_needed ?
			 "The vIOMMU hands out %u bits, the host maps %u: what the guest maps from "
			 "0x%" PRIx64 " on fails." :
			 "The vIOMMU hands out %u bits, the host maps %u: QEMU tells the guest to "
			 "stay below 0x%" PRIx64 ".", m->viommu_bits, max, (uint64_t)1 << max);
	else if (safe && m->viommu_bits > safe)
		text_add(&t, "The vIOMMU's %u bits reach over a hole of the host, %u do not.",
			 m->viommu_bits, safe);
	else
		text_add(&t, "The vIOMMU's %u bits lie within the host's %u.", m->viommu_bits, max);
}

void map_label(char *buf, size_t size, unsigned int bits)
{
	static const char units[] = { ' ', 'K', 'M', 'G', 'T', 'P', 'E' };
	const unsigned int unit = bits / 10 < sizeof(units) ? bits / 10 : sizeof(units) - 1;
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "%u", 1u << (bits - 10 * unit));
	if (unit)
		text_add(&t, "%c", units[unit]);
}
