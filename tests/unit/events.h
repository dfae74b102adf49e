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

/**
 * A diagnosis with fixed words: what the printers make of it does not depend on the sentences of
 * the real ones.
 */
static inline struct viommu_diagnosis events_diagnosis(enum viommu_reason reason,
						       enum viommu_severity severity)
{
	struct viommu_diagnosis d = { .reason = reason, .severity = severity, .remedy_count = 2 };

	events_text(d.detail, sizeof(d.detail),
		    "IOVA 0x8000000000-0x8000000fff needs 40 bits, the host translates 39 (last "
		    "usable 0x7fffffffff); the guest asked and is not told that it failed");
	d.remedies[0].who = VIOMMU_FOR_QEMU;
	events_text(d.remedies[0].text, sizeof(d.remedies[0].text),
		    "Give virtio-iommu the host's width and start the VM anew");
	events_text(d.remedies[0].option, sizeof(d.remedies[0].option),
		    "-device virtio-iommu-pci,aw-bits=39");
	d.remedies[1].who = VIOMMU_FOR_LIBVIRT;
	events_text(d.remedies[1].text, sizeof(d.remedies[1].text), "Add this to the VM's XML");
	events_text(d.remedies[1].option, sizeof(d.remedies[1].option),
		    "<qemu:commandline><qemu:arg value='-global'/>"
		    "<qemu:arg value='virtio-iommu-pci.aw-bits=39'/></qemu:commandline>");
	return d;
}

/** A MAP that a guest asked for; it failed for want of width unless err (positive) is 0. */
static inline struct viommu_event events_map(uint64_t iova, uint64_t size, int err)
{
	struct viommu_event e = events_base(VIOMMU_EVENT_MAP);

	e.ev.op = VIOMMU_OP_MAP;
	e.ev.has_range = true;
	e.ev.iova = iova;
	e.ev.size = size;
	e.ev.vaddr = 0x7f1200000000;
	e.ev.dma_flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	e.ev.backing = VIOMMU_BACKING_RAM;
	e.ev.path = VIOMMU_PATH_VIOMMU;
	e.ev.err = err;
	e.result = -err;
	e.iova_lowest = iova;
	e.iova_highest = iova + (size - 1);
	if (err)
		e.diag = events_diagnosis(VIOMMU_REASON_ABOVE_HOST_WIDTH,
					  VIOMMU_SEVERITY_SILENT);
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

/** A failure that the evidence does not explain. */
static inline struct viommu_event events_unknown(void)
{
	struct viommu_event e = events_map(0x100000, 4096, EINVAL);

	e.diag.reason = VIOMMU_REASON_UNKNOWN;
	e.diag.severity = VIOMMU_SEVERITY_WARNING;
	e.diag.candidates[0] = VIOMMU_REASON_BAD_REQUEST;
	e.diag.candidates[1] = VIOMMU_REASON_RESERVED_REGION;
	e.diag.candidate_count = 2;
	events_text(e.diag.needs[0], sizeof(e.diag.needs[0]), "the container's usable ranges");
	e.diag.need_count = 1;
	e.diag.remedy_count = 0;
	e.ev.ranges.count = 0;
	e.ev.limit_from = VIOMMU_LIMIT_UNKNOWN;
	e.ev.path = VIOMMU_PATH_UNKNOWN;
	e.ev.backing = VIOMMU_BACKING_UNKNOWN;
	return e;
}

/** A MAP that a guest asked for, seen in QEMU: told ok, and refused on the host if failed. */
static inline struct viommu_event events_request(uint64_t iova, uint64_t size, uint32_t failed)
{
	struct viommu_event e = events_map(iova, size, failed ? EINVAL : 0);

	e.type = VIOMMU_EVENT_REQUEST;
	e.ev.op = VIOMMU_OP_REQUEST;
	e.ev.request = VIOMMU_REQUEST_MAP;
	e.ev.ranges.count = 0;
	e.container_id = 0;
	e.container[0] = '\0';
	e.group = -1;
	e.device_count = 0;
	e.request.parent = 4250ULL << 32 | 17;
	e.request.type = VIOMMU_REQUEST_MAP;
	e.request.source = VIOMMU_SOURCE_QEMU;
	e.request.domain = 1;
	e.request.endpoint = VIOMMU_NO_ENDPOINT;
	e.request.phys = 0x10000000;
	e.ev.request_flags = 3;
	e.request.pieces = 40;
	e.request.failed = failed;
	e.request.failed_iova = failed ? iova : 0;
	e.request.failed_size = failed ? 4096 : 0;
	e.request.failed_result = failed ? -EINVAL : 0;
	return e;
}

/** This machine as a guest: its driver's request was refused, or (FAULT) a device's access. */
static inline struct viommu_event events_guest(enum viommu_event_type type)
{
	struct viommu_event e = events_request(0x1000, 4096, 0);

	e.type = type;
	events_text(e.vm.name, sizeof(e.vm.name), "inside");
	events_text(e.vm.manager, sizeof(e.vm.manager), "guest");
	e.vm.uuid[0] = '\0';
	e.vm.source = VIOMMU_VM_SELF;
	e.request.parent = 0;
	e.request.source = VIOMMU_SOURCE_GUEST;
	e.request.endpoint = 0x18;
	events_text(e.request.device, sizeof(e.request.device), "0000:00:03.0");
	e.request.latency = 40960;
	e.diag = events_diagnosis(VIOMMU_REASON_OVERLAP, VIOMMU_SEVERITY_SILENT);
	if (type == VIOMMU_EVENT_FAULT) {
		e.request.type = 0;
		e.request.status = VIOMMU_STATUS_UNKNOWN;
		e.ev.size = 1;
		return e;
	}
	e.request.status = VIOMMU_STATUS_INVAL;
	e.result = -EINVAL;
	return e;
}

static inline struct viommu_event events_guest_summary(void)
{
	struct viommu_event e = events_guest(VIOMMU_EVENT_SUMMARY);

	e.result = 0;
	e.summary.maps = 100000;
	e.summary.unmaps = 99000;
	e.summary.map_bytes = 100000ULL << 12;
	e.summary.failures[VIOMMU_REASON_OVERLAP] = 1;
	e.summary.highest_mapped = 0x7fffffffff;
	e.summary.highest_refused = 0x1fff;
	e.summary.ranges = events_ranges();
	e.summary.limit_from = VIOMMU_LIMIT_PROBE;
	return e;
}

/** A MAP that a policy refused, or, with err 0, that it only audits. */
static inline struct viommu_event events_deny(uint64_t iova, int err)
{
	struct viommu_event e = events_map(iova, 4096, err);

	e.type = VIOMMU_EVENT_DENY;
	e.ev.denied = true;
	e.ev.path = VIOMMU_PATH_UNKNOWN;
	e.ev.ranges.r[1].last = 0x3fffffffff;
	e.ev.limit_from = VIOMMU_LIMIT_POLICY;
	e.diag = events_diagnosis(VIOMMU_REASON_POLICY, VIOMMU_SEVERITY_WARNING);
	events_text(e.denier.policy, sizeof(e.denier.policy), "cap-38");
	events_text(e.denier.file, sizeof(e.denier.file), "/etc/viommu/policy.d/50-gpu.yaml");
	return e;
}

#define EVENTS_MIXED 20

/** One of each kind that a printer can show. */
static inline void events_mixed(struct viommu_event out[EVENTS_MIXED])
{
	out[0] = events_base(VIOMMU_EVENT_ATTACH);
	events_text(out[0].devices[1], sizeof(out[0].devices[1]), "0000:00:03.1");
	out[0].device_count = 2;
	out[1] = events_map(0, 2 << 20, 0);
	out[2] = events_map(0x8000000000, 4096, EINVAL);
	out[3] = events_map(0x8000001000, 4096, EINVAL);
	out[3].count = 99;
	out[3].iova_highest = 0x8000063fff;
	out[4] = events_map(0x380000000000, 256 << 20, EINVAL);
	out[4].ev.backing = VIOMMU_BACKING_VFIO_BAR;
	out[4].ev.path = VIOMMU_PATH_REGION;
	out[4].diag.reason = VIOMMU_REASON_BAR_ABOVE_HOST_WIDTH;
	out[4].diag.severity = VIOMMU_SEVERITY_BENIGN;
	out[5] = events_unknown();
	out[6] = events_map(0x8000000000, 4096, 0);
	out[6].type = VIOMMU_EVENT_UNMAP;
	out[7] = events_base(VIOMMU_EVENT_LOST);
	out[7].lost = VIOMMU_LOST_RING;
	out[7].count = 123;
	out[8] = events_base(VIOMMU_EVENT_DETACH);
	out[9] = events_summary();
	out[10] = events_map(0x8000000000, 4096, EINVAL);
	out[10].request.parent = 4250ULL << 32 | 17;
	out[11] = events_request(0x7ffffff000, 0x2000, 1);
	out[12] = events_request(0x100000, 4096, 0);
	out[13] = events_guest(VIOMMU_EVENT_REQUEST);
	out[14] = events_guest(VIOMMU_EVENT_FAULT);
	out[15] = events_guest_summary();
	out[16] = events_request(0, 0, 0);
	out[16].request.type = VIOMMU_REQUEST_ATTACH;
	out[16].request.endpoint = 0x18;
	out[16].ev.has_range = false;
	out[17] = events_deny(0x4000000000, ERANGE);
	out[18] = events_deny(0x5000000000, 0);
	/* The guard alone knows of it: no record of the tracer. */
	out[19] = events_deny(0x6000000000, EPERM);
	out[19].ev.flags_unknown = true;
	out[19].ev.backing = VIOMMU_BACKING_UNKNOWN;
	out[19].denier.policy[0] = '\0';
}

#endif
