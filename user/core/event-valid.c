// SPDX-License-Identifier: GPL-2.0-or-later
#include "event-valid.h"

#include <string.h>

static bool text_ends(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

/* Whoever reads a finding relies on its counts and texts. */
static bool diagnosis_valid(const struct viommu_diagnosis *diag)
{
	if ((size_t)diag->reason >= VIOMMU_NR_REASONS ||
	    (size_t)diag->severity >= VIOMMU_NR_SEVERITIES ||
	    diag->remedy_count > VIOMMU_MAX_REMEDIES ||
	    diag->candidate_count > VIOMMU_MAX_CANDIDATES || diag->need_count > VIOMMU_MAX_NEEDS ||
	    !text_ends(diag->detail, sizeof(diag->detail)))
		return false;
	for (size_t i = 0; i < diag->remedy_count; i++)
		if (!text_ends(diag->remedies[i].text, sizeof(diag->remedies[i].text)) ||
		    !text_ends(diag->remedies[i].option, sizeof(diag->remedies[i].option)))
			return false;
	for (size_t i = 0; i < diag->need_count; i++)
		if (!text_ends(diag->needs[i], sizeof(diag->needs[i])))
			return false;
	return true;
}

bool viommu_event_valid(const struct viommu_event *event)
{
	if ((size_t)event->type >= VIOMMU_NR_EVENTS ||
	    event->device_count > VIOMMU_MAX_DEVICES ||
	    event->ev.ranges.count > VIOMMU_MAX_RANGES ||
	    !text_ends(event->vm.name, sizeof(event->vm.name)) ||
	    !text_ends(event->vm.uuid, sizeof(event->vm.uuid)) ||
	    !text_ends(event->vm.manager, sizeof(event->vm.manager)) ||
	    !text_ends(event->comm, sizeof(event->comm)) ||
	    !text_ends(event->container, sizeof(event->container)) ||
	    !text_ends(event->denier.policy, sizeof(event->denier.policy)) ||
	    !text_ends(event->denier.file, sizeof(event->denier.file)) ||
	    !text_ends(event->denier.message, sizeof(event->denier.message)))
		return false;
	for (size_t i = 0; i < event->device_count; i++)
		if (!text_ends(event->devices[i], sizeof(event->devices[i])))
			return false;
	return diagnosis_valid(&event->diag);
}
