/* SPDX-License-Identifier: GPL-2.0 */
/*
 * viommu_guard: what all its files share.
 *
 * Who runs when: the handlers of the probes (cap.c, pin.c, label.c) run in the process that called
 * VFIO, with preemption off; they find what they need under RCU and take only spinlocks. All that
 * changes policies or probes runs in process context under a mutex and frees after a grace period.
 */
#ifndef VIOMMU_GUARD_INTERNAL_H
#define VIOMMU_GUARD_INTERNAL_H

#include <linux/types.h>

#include <viommu/guard.h>

/* A limit that is none. */
#define GUARD_NO_LIMIT U64_MAX

/* As the kernel's TASK_COMM_LEN. */
#define GUARD_COMM_LEN 16

#endif
