/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One daemon a machine. */
#ifndef VIOMMU_DAEMON_LOCK_H
#define VIOMMU_DAEMON_LOCK_H

#include <stddef.h>

/**
 * Take the lock file, whose folder is made if need be, and write our pid to it. A descriptor that
 * holds it until it is closed or we end; -EWOULDBLOCK: another process has it; another -errno. why
 * (size bytes) says it to a person, with the other's pid.
 */
int lock_take(const char *path, char *why, size_t size);

#endif
