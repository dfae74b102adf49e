/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of machine_read(). All take an open folder or the root below which to read. */
#ifndef VIOMMU_HOST_IOMMU_PARTS_H
#define VIOMMU_HOST_IOMMU_PARTS_H

#include <stddef.h>

#include "core/machine.h"
#include "host/file.h"

/** Name, kernel, processor, memory, parameters of modules. After the units, which it looks at. */
void iommu_settings_read(struct machine *m, const char *root);

/** Groups, their devices and reserved regions; needs the units. 0, or -ENOMEM. */
int iommu_groups_read(struct machine *m, const char *root);

/**
 * Widths that only the kernel's log has. devices: of each unit, the name of the device that the log
 * calls it by. 0, or -ENOMEM.
 */
int iommu_log_read(struct machine *m, char (*devices)[64], const char *root);

/** Last part of where the symbolic link path below dir leads. -errno; -ERANGE if it is too long. */
int iommu_link_name(int dir, const char *path, char *name, size_t size);

/** First line of a file below dir, clean, empty if it is not readable. */
void iommu_text_read(int dir, const char *path, char *text, size_t size);

#endif
