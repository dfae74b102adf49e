/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viommuctl host: what is shown of a machine. */
#ifndef VIOMMU_CLI_HOST_H
#define VIOMMU_CLI_HOST_H

#include <stdbool.h>
#include <stdio.h>

#include "core/machine.h"
#include "core/width.h"

/** A group with what follows from its IOMMU and its reserved regions. */
struct host_group {
	const struct machine_group *group;
	struct iommu_width width;	/**< bits 0: not known */
	struct iova_ranges usable;	/**< count 0: not known */
	int err;		/**< of group_usable() */
	size_t kind;		/**< the first group that differs only in number and devices */
};

/** A machine's groups, and the least of them. */
struct host_view {
	const struct machine *m;
	struct host_group *groups;	/**< one for each of the machine's, in the same order */
	unsigned int max_bits;	/**< whole width, of the narrowest known group; 0: none is known */
	unsigned int safe_bits;	/**< the same without a hole */
	size_t unknown;		/**< groups whose ranges are not known */
};

/** m has to outlive the view. 0, or -ENOMEM. host_view_fini() in any case. */
int host_view_init(struct host_view *v, const struct machine *m);
void host_view_fini(struct host_view *v);

/** What lies between two usable ranges, below the first, or above the last within the width. */
struct host_hole {
	struct viommu_range range;
	bool types[NR_REGION_TYPES];	/**< of the reserved regions that make it */
};

/** Holes of a group into holes, which has room for VIOMMU_MAX_RANGES + 1. How many. */
size_t host_group_holes(const struct host_group *g, struct host_hole *holes);

/** Why usable is not known: a sentence of at most 200 bytes. Empty if it is known. */
void host_group_why(const struct host_group *g, char *text, size_t size);

/** For people, in lines of width columns (0: no limit but the default). 0, or -errno. */
int host_print_table(FILE *out, const struct host_view *v, unsigned int width);

/** One JSON object: viommuctl(8) explains its members. 0, or -errno. */
int host_print_json(FILE *out, const struct host_view *v);

#endif
