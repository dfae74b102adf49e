/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Widths by kind of IOMMU; width.c puts them together. */
#ifndef VIOMMU_CORE_WIDTH_PARTS_H
#define VIOMMU_CORE_WIDTH_PARTS_H

#include "width.h"

/** Which version of the drivers a kernel has, as far as its release says. */
struct width_kernel {
	bool known;		/**< false: no release, or a vendor's that takes in newer drivers */
	unsigned int major;
	unsigned int minor;
};

void width_kernel_init(struct width_kernel *k, const struct machine *m);
/** Known, and this version or newer. */
bool width_kernel_from(const struct width_kernel *k, unsigned int major, unsigned int minor);
/** Known, and older than this version. */
bool width_kernel_before(const struct width_kernel *k, unsigned int major, unsigned int minor);

/** A width of 1 to 64 bits, and how it is derived. */
void width_set(struct iommu_width *w, unsigned int bits, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** A width that is not known, and why. */
void width_unknown(struct iommu_width *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void width_intel(struct iommu_width *w, const struct machine *m, const struct machine_unit *u);
void width_amd(struct iommu_width *w, const struct machine *m, const struct machine_unit *u);
void width_smmu(struct iommu_width *w, const struct machine *m, const struct machine_unit *u);

#endif
