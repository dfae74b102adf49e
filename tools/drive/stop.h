/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver can write into a queue that makes the device give up until it is reset. */
#ifndef DRIVE_STOP_H
#define DRIVE_STOP_H

#include <stddef.h>

#include "iommu.h"

/** stop_kind_name() - name of a way to stop the device, by number from 0; NULL: no more */
const char *stop_kind_name(size_t kind);

/**
 * stop_run() - stop the device in that way
 *
 * Return: 0 when it has stopped, or -errno after a message. It needs iommu_open() then.
 */
int stop_run(struct iommu *iommu, size_t kind);

#endif
