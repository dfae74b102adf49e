/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How wide a host's IOMMU is, from what sysfs, ACPI and the kernel log show. A fallback: what a
 * container reports is the truth (kernel.md 8), this says what it most likely will report.
 */
#ifndef VIOMMU_CORE_WIDTH_H
#define VIOMMU_CORE_WIDTH_H

#include "machine.h"

/** A width and how it is known. bits 0: not known, and text says what is missing. */
struct iommu_width {
	unsigned int bits;	/**< addresses below 2^bits translate */
	uint64_t last;		/**< last address: 2^bits - 1, or less */
	enum viommu_limit_from from;
	char text[200];		/**< derivation with numbers: "MGAW 57, SAGAW up to 48: second stage 48" */
};

/** Major and minor version of "6.12.95+deb12-amd64"; -EINVAL. */
int kernel_version_parse(const char *release, unsigned int *major, unsigned int *minor);

/**
 * Width that a VFIO container gets from this unit under this machine's kernel. Where the kernel
 * decides and its version is not known, the lesser of what it can be; the text says so.
 */
void width_of_unit(struct iommu_width *w, const struct machine *m, const struct machine_unit *u);

/**
 * Parse the text of reserved_regions: "0xFIRST 0xLAST TYPE" a line. Unknown words become
 * REGION_OTHER. Bad lines: -EINVAL, with the 1-based line in *line; what came before is kept.
 * -E2BIG if there are too many, *line says from where on.
 */
int regions_parse(const char *text, size_t len, struct machine_region *regions, size_t max,
		  size_t *count, unsigned int *line);

/**
 * Usable ranges: [0, last] without the regions that VFIO excludes (all but direct-relaxable), in
 * any order, overlapping or not; those that end before they begin are empty. -E2BIG if the ranges
 * do not fit; -ERANGE if nothing is usable. *out is empty after an error.
 */
int regions_usable(struct iova_ranges *out, const struct machine_region *regions, size_t count,
		   uint64_t last);

/**
 * Width and usable ranges of one group on this machine. *w is always set. 0 with bits 0 and no
 * range if the width is not known; -ENODATA if its reserved regions are not; else as
 * regions_usable().
 */
int group_usable(struct iova_ranges *out, struct iommu_width *w, const struct machine *m,
		 const struct machine_group *g);

#endif
