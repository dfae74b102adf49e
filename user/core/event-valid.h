/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be relied on in an event that another process sent. */
#ifndef VIOMMU_CORE_EVENT_VALID_H
#define VIOMMU_CORE_EVENT_VALID_H

#include "event.h"

/** Counts and vocabularies are in their ranges, texts end. The summary is not looked at. */
bool viommu_event_valid(const struct viommu_event *event);

#endif
