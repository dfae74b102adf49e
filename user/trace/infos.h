/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered of containers beside what BPF keeps: the devices of their groups. */
#ifndef VIOMMU_TRACE_INFOS_H
#define VIOMMU_TRACE_INFOS_H

#include "core/event.h"

/** Of one element of the container table. */
struct container_info {
	uint64_t id;			/**< container's; 0: nothing is known */
	uint32_t range_seq;		/**< of the container when this was read */
	bool dead;			/**< found dead in the last tick: its records are drained */
	char devices[VIOMMU_MAX_DEVICES][20];
	size_t device_count;
};

/**
 * Element c->slot of infos, VIOMMU_MAX_CONTAINERS long; its devices are read again when the
 * container's groups or ranges have changed.
 */
const struct container_info *container_info_get(struct container_info *infos,
						const struct viommu_container *c);

#endif
