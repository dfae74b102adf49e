/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of a running QEMU: VFIO files that it has open, its limits, its binary. */
#ifndef VIOMMU_HOST_QEMU_FILES_H
#define VIOMMU_HOST_QEMU_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/guest.h"

/** Open files of each kind that are listed; a VM has at most GUEST_MAX_DEVICES devices. */
#define QEMU_MAX_OPEN 256

/** Open files of VFIO. */
struct qemu_files {
	bool known;			/**< the folder could be read */
	unsigned int containers;	/**< /dev/vfio/vfio */
	int groups[QEMU_MAX_OPEN];	/**< /dev/vfio/N */
	size_t group_count;
	int cdevs[QEMU_MAX_OPEN];	/**< /dev/vfio/devices/vfioN */
	size_t cdev_count;
	bool iommufd;			/**< /dev/iommu */
};

/** proc is an open folder /proc/PID. */
void qemu_files_read(struct qemu_files *f, int proc);

/** Sets memlock_limit if it can be read. */
void qemu_limits_read(struct guest *g, int proc);

/** Sets ipc_lock if it can be read. */
void qemu_capabilities_read(struct guest *g, int proc);

/** Sets qemu_version and qemu_package if the binary can be read. */
void qemu_binary_read(struct guest *g, int proc);

/**
 * Compare the devices of the command line with what is open: one that is not has been unplugged,
 * one that is open and not there has been plugged in later. Nothing happens if files are not known.
 */
void qemu_files_compare(struct guest *g, const struct qemu_files *f, const char *root);

#endif
