// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/infos.h"

#include "host/vm.h"

static void devices_add(struct container_info *info, int group)
{
	int n;

	if (info->device_count >= VIOMMU_MAX_DEVICES)
		return;
	n = host_group_devices(group, "", info->devices + info->device_count,
			       VIOMMU_MAX_DEVICES - info->device_count);
	if (n > 0)
		info->device_count += (size_t)n;
}

const struct container_info *container_info_get(struct container_info *infos,
						const struct viommu_container *c)
{
	struct container_info *info = &infos[c->slot];

	if (info->id == c->id && info->range_seq == c->range_seq)
		return info;
	*info = (struct container_info){ .id = c->id, .range_seq = c->range_seq };
	for (uint32_t i = 0; i < c->group_count && i < VIOMMU_MAX_GROUPS; i++)
		devices_add(info, c->groups[i]);
	return info;
}
