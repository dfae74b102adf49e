/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lines of a kernel's log say of its IOMMUs. Some widths are nowhere else: SMMU and
 * virtio-iommu have no registers in sysfs.
 */
#ifndef VIOMMU_CORE_HOSTLOG_H
#define VIOMMU_CORE_HOSTLOG_H

#include "machine.h"

/** Units that are taken from a log; lines of further ones say nothing. */
#define HOSTLOG_MAX_UNITS 256

/**
 * Take in one line, with or without what a logger put before it. Units are found again by their
 * name: "dmar0"; "ivhd0" and so on for AMD, which logs none; "arm-smmu-v3.0.auto", or driver and
 * device ("arm-smmu-v3 2b400000.iommu") where the device's name alone does not say the driver;
 * "virtio0". Any bytes are safe. 1 if the line was evidence of the host; 0 if not ("Host address
 * width" is none: it is of memory, not of IOVAs); -ENOMEM.
 */
int hostlog_line(struct machine *m, const char *line, size_t len);

#endif
