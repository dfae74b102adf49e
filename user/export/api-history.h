/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history of VMs as JSON: dist/schema/report.schema.json describes it. */
#ifndef VIOMMU_EXPORT_API_HISTORY_H
#define VIOMMU_EXPORT_API_HISTORY_H

#include <jansson.h>

#include "store/store.h"

/** Rows of each kind that one answer holds; the oldest are left out, and "cut" says so. */
#define API_HISTORY_MAX 10000

/**
 * What there is of a VM (NULL: of all) since a time (CLOCK_REALTIME ns): {"v", "since", "hours",
 * "failures", "attaches"}, and "cut" if something was left out. 0; -EAGAIN: the history cannot be
 * read now; -ENOMEM; -errno.
 */
int api_history(json_t **out, struct store *s, const char *vm, uint64_t since);

#endif
