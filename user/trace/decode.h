/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a record of BPF to an event, without what only the session knows (VM, container). */
#ifndef VIOMMU_TRACE_DECODE_H
#define VIOMMU_TRACE_DECODE_H

#include "core/event.h"

/**
 * Fill *e from any record but PROCESS whose length was checked by the tracer.
 * boot_offset is CLOCK_REALTIME - CLOCK_BOOTTIME, ns.
 */
void event_decode(struct viommu_event *e, const struct viommu_rec *rec, int64_t boot_offset);

#endif
