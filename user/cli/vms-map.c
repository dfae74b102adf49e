// SPDX-License-Identifier: GPL-2.0-or-later
/* From a VM to the picture of its IOVA space. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/vms.h"
#include "core/text.h"

const char *vms_device_name(const struct guest_device *d)
{
	return d->address[0] ? d->address : d->id[0] ? d->id : "?";
}

/* "container 4242-12 (0000:01:00.0, 0000:01:00.1)": a container's name ends in its first group. */
static void container_name(char *buf, size_t size, const struct guest *g,
			   const struct guest_container *c)
{
	const char *dash = strrchr(c->name, '-');
	const int group = dash ? atoi(dash + 1) : -1;
	const char *before = " (";
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "container %s", c->name);
	for (size_t i = 0; i < g->device_count; i++) {
		const struct guest_device *d = &g->devices[i];

		if (d->iommufd || (g->container_count > 1 && d->group != group))
			continue;
		text_add(&t, "%s%s", before, vms_device_name(d));
		before = ", ";
	}
	if (before[0] == ',')
		text_add(&t, ")");
}

static void containers_add(struct address_map *map, const struct vms *v, const struct guest *g)
{
	for (size_t i = 0; i < g->container_count; i++) {
		const struct guest_container *c = &g->containers[i];
		const struct dma_seen *seen = dma_list_find(&v->dma, g->pid, c->name);
		struct map_lane *lane = map_add_lane(map);

		if (!lane)
			continue;
		container_name(lane->name, sizeof(lane->name), g, c);
		memcpy(lane->container, c->name, sizeof(lane->container));
		lane->ranges = c->ranges;
		lane->from = VIOMMU_LIMIT_CONTAINER;
		if (!seen)
			continue;
		lane->has_mapped = seen->maps;
		lane->mapped = seen->highest_mapped;
		lane->has_refused = seen->failures;
		lane->refused = seen->highest_refused;
	}
}

static bool group_is_first(const struct guest *g, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (g->devices[i].group == g->devices[index].group)
			return false;
	return true;
}

static bool is_container_first(const struct guest *g, int group)
{
	for (size_t i = 0; i < g->container_count; i++) {
		const char *dash = strrchr(g->containers[i].name, '-');

		if (dash && atoi(dash + 1) == group)
			return true;
	}
	return false;
}

/* Groups that no container speaks for: those of iommufd, and all if the kernel was not asked. */
static void groups_add(struct address_map *map, const struct vms *v, const struct guest *g)
{
	for (size_t i = 0; i < g->device_count; i++) {
		const struct guest_device *d = &g->devices[i];
		const struct machine_group *group = machine_find_group(&v->machine, d->group);
		struct iommu_width width;
		struct map_lane *lane;

		if (!group || !group_is_first(g, i) || is_container_first(g, d->group) ||
		    (g->container_count && !d->iommufd))
			continue;
		lane = map_add_lane(map);
		if (!lane)
			continue;
		snprintf(lane->name, sizeof(lane->name), "group %d (%s), from registers", d->group,
			 vms_device_name(d));
		if (group_usable(&lane->ranges, &width, &v->machine, group) || !width.bits)
			lane->ranges.count = 0;
		lane->from = width.from;
	}
}

/* A guest that was told to stay below the host's width and does not: the width has to change. */
static void refusals_heed(struct address_map *map)
{
	for (size_t i = 0; i < map->lane_count; i++) {
		const struct map_lane *lane = &map->lanes[i];

		if (lane->has_refused && lane->ranges.count &&
		    lane->refused > iova_ranges_top(&lane->ranges) &&
		    map->viommu_bits > iova_ranges_max_bits(&lane->ranges))
			map->change_needed = true;
	}
}

void vms_map(struct address_map *map, const struct vms *v, const struct guest *g)
{
	struct advice *a = calloc(1, sizeof(*a));
	const struct advice none = { .bits = 0 };

	if (a)
		advise(a, &v->machine, g);
	map_init(map, g, a ? a : &none);
	containers_add(map, v, g);
	groups_add(map, v, g);
	refusals_heed(map);
	free(a);
}
