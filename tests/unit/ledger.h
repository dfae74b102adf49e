/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector tells, for the tests of the ledger and of the history. */
#ifndef TESTS_UNIT_LEDGER_H
#define TESTS_UNIT_LEDGER_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ledger.h"

#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)
/** 2026-11-21T04:00:00Z, the beginning of an hour. */
#define START UINT64_C(1795233600000000000)

static inline struct viommu_vm ledger_vm(const char *name)
{
	struct viommu_vm vm = { .source = VIOMMU_VM_LIBVIRT, .vmm = VIOMMU_VMM_QEMU,
				.manager = "libvirt" };

	snprintf(vm.name, sizeof(vm.name), "%s", name);
	return vm;
}

static inline struct ledger_process ledger_process_of(const char *name, uint32_t pid)
{
	struct ledger_process p = { .pid = pid, .start_time = 1000 + pid, .vm = ledger_vm(name) };

	return p;
}

/** A container that was seen from its beginning, on a host of that many bits. */
static inline struct viommu_container ledger_container_of(uint64_t id, uint32_t pid,
							  unsigned int bits)
{
	struct viommu_container c = {
		.id = id, .tgid = pid, .start_time = 1000 + pid,
		.state = VIOMMU_CONTAINER_LIVE, .dma_avail = 65535, .dma_limit = 65535,
		.range_count = 1, .ranges = { { 0, (UINT64_C(1) << bits) - 1 } },
	};

	return c;
}

/** A failed MAP of a container (0: not known of which). */
static inline struct viommu_event ledger_failure(const char *name, uint64_t container,
						 enum viommu_reason reason, uint64_t count)
{
	struct viommu_event event = {
		.type = VIOMMU_EVENT_MAP, .result = -EINVAL, .count = count, .ts = START,
		.ts_last = START, .vm = ledger_vm(name), .container_id = container, .group = -1,
		.ev = { .has_range = true, .iova = 0x8000000000, .size = 0x1000 },
		.iova_lowest = 0x8000000000, .iova_highest = 0x8000000fff,
		.diag = { .reason = reason, .severity = VIOMMU_SEVERITY_SILENT },
	};

	return event;
}

#endif
