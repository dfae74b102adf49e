/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as the tracer makes them, for the tests of the printers: a VM on a 39-bit host. */
#ifndef TESTS_UNIT_EVENTS_H
#define TESTS_UNIT_EVENTS_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/vfio.h>

#include "core/event.h"

/** 2026-11-21T04:20:05.123456789Z */
#define EVENT_TIME UINT64_C(1795234805123456789)

static inline void events_text(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

/** Ranges of an Intel host with 39 bits. */
static inline struct iova_ranges events_ranges(void)
{
	return (struct iova_ranges){
		.r = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } },
		.count = 2,
	};
}

static inline struct viommu_event events_base(enum viommu_event_type type)
{
	struct viommu_event e = {
		.type = type, .ts = EVENT_TIME, .ts_last = EVENT_TIME, .count = 1,
		.pid = 4242, .tid = 4250, .container_id = 1, .group = 7, .device_count = 1,
		.vm = { .source = VIOMMU_VM_LIBVIRT, .vmm = VIOMMU_VMM_QEMU },
		.ev = { .ranges = events_ranges(), .limit_from = VIOMMU_LIMIT_CONTAINER },
	};

	events_text(e.vm.name, sizeof(e.vm.name), "guest1");
	events_text(e.vm.uuid, sizeof(e.vm.uuid), "3b9f7c1e-2f57-4c1a-9c1e-2b8f0a6d4e11");
	events_text(e.vm.manager, sizeof(e.vm.manager), "libvirt");
	events_text(e.comm, sizeof(e.comm), "qemu-system-x86");
	events_text(e.container, sizeof(e.container), "4242-7");
	events_text(e.devices[0], sizeof(e.devices[0]), "0000:00:03.0");
	return e;
}

/** A MAP, diagnosed if it failed (err: positive errno). */
static inline struct viommu_event events_map(uint64_t iova, uint64_t size, int err)
{
	struct viommu_event e = events_base(VIOMMU_EVENT_MAP);

	e.ev.op = VIOMMU_OP_MAP;
	e.ev.has_range = true;
	e.ev.iova = iova;
	e.ev.size = size;
	e.ev.vaddr = 0x7f1200000000;
	e.ev.dma_flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	e.ev.argsz = 32;
	e.ev.pgsize_bitmap = 0x40201000;
	e.ev.backing = VIOMMU_BACKING_RAM;
	e.ev.path = VIOMMU_PATH_VIOMMU;
	e.ev.vmm = VIOMMU_VMM_QEMU;
	e.ev.err = err;
	e.result = -err;
	e.iova_lowest = iova;
	if (!iova_last(iova, size, &e.iova_highest))
		e.iova_highest = UINT64_MAX;
	if (err)
		viommu_diagnose(&e.ev, &e.diag);
	return e;
}

static inline struct viommu_event events_summary(void)
{
	struct viommu_event e = events_base(VIOMMU_EVENT_SUMMARY);
	struct viommu_summary *s = &e.summary;

	s->maps = 12345;
	s->unmaps = 12001;
	s->map_bytes = UINT64_C(12345) << 12;
	s->unmap_bytes = UINT64_C(12001) << 12;
	s->failures[VIOMMU_REASON_ABOVE_HOST_WIDTH] = 101;
	s->failures[VIOMMU_REASON_RESERVED_MSI] = 2;
	s->highest_mapped = 0x7fffffffff;
	s->highest_refused = 0x8000063fff;
	s->ranges = events_ranges();
	s->limit_from = VIOMMU_LIMIT_CONTAINER;
	s->containers = 1;
	s->dma_limit = 65535;
	s->dma_avail = 65191;
	s->latency[11] = 9000;
	s->latency[12] = 3300;
	s->latency[15] = 45;
	return e;
}

/** A set with one of each kind that a table can show. Number of events written to out. */
static inline size_t events_mixed(struct viommu_event out[10])
{
	size_t n = 0;

	out[n] = events_base(VIOMMU_EVENT_ATTACH);
	events_text(out[n].devices[1], sizeof(out[n].devices[1]), "0000:00:03.1");
	out[n++].device_count = 2;
	out[n++] = events_map(0, 2 << 20, 0);
	out[n++] = events_map(0x8000000000, 4096, EINVAL);
	out[n] = events_map(0x8000001000, 4096, EINVAL);
	out[n].count = 99;
	out[n++].iova_highest = 0x8000063fff;
	out[n++] = events_map(0xfee00000, 0x1000, EINVAL);
	out[n] = events_map(0x380000000000, 256 << 20, EINVAL);
	out[n].ev.backing = VIOMMU_BACKING_VFIO_BAR;
	out[n].ev.path = VIOMMU_PATH_REGION;
	viommu_diagnose(&out[n].ev, &out[n].diag);
	n++;
	out[n] = events_map(0x100000, 4096, ENODEV);
	n++;
	out[n] = events_base(VIOMMU_EVENT_LOST);
	out[n].lost = VIOMMU_LOST_RING;
	out[n++].count = 123;
	out[n++] = events_base(VIOMMU_EVENT_DETACH);
	out[n++] = events_summary();
	return n;
}

#endif
