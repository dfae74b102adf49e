/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a log says of the host: its IOMMUs and the ranges that they reserve. */
#ifndef VIOMMU_CORE_LOG_HOST_H
#define VIOMMU_CORE_LOG_HOST_H

#include "diagnose.h"
#include "log-pattern.h"
#include "machine.h"

#define LOG_MAX_REGIONS 256
/** More IOMMUs than any host has; lines of further ones are not read. */
#define LOG_MAX_UNITS 64

/** A reserved range, and the group that has it. */
struct log_region {
	struct viommu_range range;
	int group;		/**< -1 unknown */
};

struct log_host {
	struct machine machine;
	struct log_region regions[LOG_MAX_REGIONS];
	size_t region_count;
	unsigned int facts;	/**< lines that said something */
	bool cut;		/**< there were more reserved ranges, or IOMMUs */
	bool guest;		/**< a VM's kernel wrote: its IOMMU is not the host's */
	bool hosts;		/**< it assigns devices, so that it is the host of what failed */
};

void log_host_init(struct log_host *h);
void log_host_fini(struct log_host *h);
void log_host_region(struct log_host *h, const struct log_fact *fact);
/** A cleaned line that may tell of the IOMMU. */
void log_host_line(struct log_host *h, const char *text, size_t len);

/**
 * Fill ranges, limit_from, top_unknown and x86_host of ev as far as they are known for a group, -1:
 * for any. Where IOMMUs or groups differ and it is not known which it is, nothing is filled.
 */
void log_host_evidence(const struct log_host *h, int group, struct viommu_evidence *ev);

/** Bits that every IOMMU of the host translates alike; 0 unknown. */
unsigned int log_host_bits(const struct log_host *h);

#endif
