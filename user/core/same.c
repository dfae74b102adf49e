// SPDX-License-Identifier: GPL-2.0-or-later
/* When two events say the same. Cheap comparisons first: this runs for each failed call. */
#include <string.h>

#include "same.h"

static bool same_owner(const struct viommu_event *a, const struct viommu_event *b)
{
	return a->container_id == b->container_id && a->pid == b->pid;
}

bool same_reason(const struct viommu_event *a, const struct viommu_event *b)
{
	return same_owner(a, b) && a->type == b->type && a->result == b->result &&
	       a->diag.reason == b->diag.reason && a->diag.severity == b->diag.severity &&
	       a->ev.has_range == b->ev.has_range && a->request.type == b->request.type &&
	       a->request.status == b->request.status &&
	       a->request.endpoint == b->request.endpoint &&
	       !strcmp(a->denier.policy, b->denier.policy);
}

/* Each member is set after the structure was zeroed, so that bytes can be compared. */
static bool same_asked(const struct viommu_request *a, const struct viommu_request *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool same_ranges(const struct iova_ranges *a, const struct iova_ranges *b)
{
	return a->count == b->count && !memcmp(a->r, b->r, a->count * sizeof(a->r[0]));
}

bool same_range(const struct viommu_event *a, const struct viommu_event *b)
{
	return same_owner(a, b) && a->ev.has_range && b->ev.has_range &&
	       a->ev.iova == b->ev.iova && a->ev.size == b->ev.size;
}

static bool same_request(const struct viommu_evidence *a, const struct viommu_evidence *b)
{
	return a->iova == b->iova && a->size == b->size && a->vaddr == b->vaddr &&
	       a->dma_flags == b->dma_flags && a->backing == b->backing && a->path == b->path &&
	       a->limit_from == b->limit_from && same_ranges(&a->ranges, &b->ranges);
}

static bool same_devices(const struct viommu_event *a, const struct viommu_event *b)
{
	if (a->device_count != b->device_count)
		return false;
	for (size_t i = 0; i < a->device_count && i < VIOMMU_MAX_DEVICES; i++)
		if (strcmp(a->devices[i], b->devices[i]))
			return false;
	return true;
}

/* The remedies are not compared: they follow from the reason, the numbers and the VMM. */
bool same_printed(const struct viommu_event *a, const struct viommu_event *b)
{
	return same_reason(a, b) && same_request(&a->ev, &b->ev) && a->tid == b->tid &&
	       same_asked(&a->request, &b->request) &&
	       a->group == b->group && a->vm.source == b->vm.source && a->vm.vmm == b->vm.vmm &&
	       !strcmp(a->diag.detail, b->diag.detail) && !strcmp(a->comm, b->comm) &&
	       !strcmp(a->container, b->container) && !strcmp(a->vm.name, b->vm.name) &&
	       !strcmp(a->vm.uuid, b->vm.uuid) && !strcmp(a->vm.manager, b->vm.manager) &&
	       !strcmp(a->denier.file, b->denier.file) && same_devices(a, b);
}
