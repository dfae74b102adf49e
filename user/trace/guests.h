/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of the containers of running VMs, asked for once or watched for a while. */
#ifndef VIOMMU_TRACE_GUESTS_H
#define VIOMMU_TRACE_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/guest.h"

/** A container, while it was watched. Addresses are of that time only. */
struct dma_seen {
	uint32_t pid;
	char name[32];			/**< as guest_container::name */
	uint64_t maps;			/**< that succeeded */
	uint64_t failures;		/**< MAP calls that failed, but EBUSY, which QEMU repeats */
	uint64_t highest_mapped;	/**< last IOVA; valid if maps > 0 */
	uint64_t highest_refused;	/**< last IOVA; valid if failures > 0 */
	bool has_entries;		/**< entries_left is known */
	uint32_t entries_left;		/**< mappings that it can still take */
};

/** Containers, owned. */
struct dma_list {
	struct dma_seen *seen;
	size_t count;
};

/**
 * Fill in the containers of each guest (name and ranges) and list them in *dma, which
 * dma_list_fini() frees in any case. seconds > 0 watches for so long, so that there is something
 * to count. 0; -EPERM, -EOPNOTSUPP or another -errno if the kernel cannot be asked, with a
 * sentence that says why and what to do in why: guests are as they were then.
 */
int guests_ask_kernel(struct guest *guests, size_t count, unsigned int seconds,
		      struct dma_list *dma, char *why, size_t size);

void dma_list_fini(struct dma_list *dma);

/** The container of that process and name; NULL: none. */
static inline const struct dma_seen *dma_list_find(const struct dma_list *dma, uint32_t pid,
						   const char *name)
{
	for (size_t i = 0; i < dma->count; i++)
		if (dma->seen[i].pid == pid && !strcmp(dma->seen[i].name, name))
			return &dma->seen[i];
	return NULL;
}

#endif
