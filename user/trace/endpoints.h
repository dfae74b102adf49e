/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The endpoint table and the loss counters that BPF writes, mapped into this process. The table
 * outlives the programs: endpoints that come back with their driver go on counting where they were.
 */
#ifndef VIOMMU_TRACE_ENDPOINTS_H
#define VIOMMU_TRACE_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <viommu/record.h>

struct endpoints {
	struct viommu_endpoint *kept;	/**< VIOMMU_MAX_ENDPOINTS elements of our own */
	struct viommu_endpoint *table;	/**< the same, shared with BPF; NULL: not mapped */
	uint64_t *losses;		/**< VIOMMU_NR_LOSSES elements; NULL: not mapped */
};

/** An empty table. 0 or -ENOMEM; _fini() also after a failure. */
int endpoints_init(struct endpoints *e);
void endpoints_fini(struct endpoints *e);

/**
 * Map the tables of programs that are loaded and not yet attached, and put what was kept into them.
 * *used: how many elements that are, for BPF. 0 or -errno; _keep() also after a failure.
 */
int endpoints_map(struct endpoints *e, int table_fd, int losses_fd, uint32_t *used);

/** Keep what the table says, with no endpoint attached to a domain, and unmap. */
void endpoints_keep(struct endpoints *e);

/** A copy of an element that is whole as far as reserved regions go; false: it is free. */
bool endpoints_snapshot(const struct endpoints *e, uint32_t slot, struct viommu_endpoint *out);

/** An element of the loss table; 0 if it is not mapped. */
uint64_t endpoints_lost(const struct endpoints *e, size_t element);

#endif
