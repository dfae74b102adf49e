/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container table and the loss counters that BPF writes, mapped into this process. */
#ifndef VIOMMU_TRACE_CONTAINERS_H
#define VIOMMU_TRACE_CONTAINERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <viommu/record.h>

/** Maps that stay the BPF object's, and our view of them. */
struct containers {
	struct viommu_container *table;	/**< VIOMMU_MAX_CONTAINERS elements, shared with BPF */
	uint64_t *losses;		/**< VIOMMU_NR_LOSSES elements */
	int free_fd;			/**< queue of free elements */
};

/** Map both tables and declare every element free. 0 or -errno; _fini() also after a failure. */
int containers_init(struct containers *c, int table_fd, int losses_fd, int free_fd);
void containers_fini(struct containers *c);

/** A copy of one element that is whole as far as ranges go. */
void containers_snapshot(const struct containers *c, uint32_t slot, struct viommu_container *out);

/** The element in slot if it still belongs to the container id; NULL: it is gone. */
struct viommu_container *containers_find(const struct containers *c, uint32_t slot, uint64_t id);

/** Zero a dead element and give it back to BPF. 0 or -errno. */
int containers_recycle(struct containers *c, uint32_t slot);

#endif
