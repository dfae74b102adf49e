/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger as viommud fills it: a host with three groups, VMs that are well and one that is not. */
#ifndef VIOMMU_TESTS_LEDGER_FIXTURE_H
#define VIOMMU_TESTS_LEDGER_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ledger.h"

/** A moment, CLOCK_REALTIME ns: 2026-01-02 03:04:05 UTC. */
#define FIXTURE_NOW UINT64_C(1767323045000000000)

static const struct viommu_range fixture_intel39[] = {
	{ 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff },
};
static const struct viommu_range fixture_amd[] = {
	{ 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff }, { 0x10000000000, UINT64_MAX },
};

/** Process pid of a VM, with the vIOMMU of so many bits; 0: none. */
static inline void fixture_process(struct ledger *l, const char *vm, uint32_t pid,
				   unsigned int bits)
{
	static struct ledger_process p;

	memset(&p, 0, sizeof(p));
	p.pid = pid;
	p.start_time = pid * UINT64_C(1000);
	snprintf(p.vm.name, sizeof(p.vm.name), "%s", vm);
	snprintf(p.vm.manager, sizeof(p.vm.manager), "libvirt");
	snprintf(p.vm.uuid, sizeof(p.vm.uuid), "%08x-0000-4000-8000-000000000000", pid);
	p.vm.source = VIOMMU_VM_LIBVIRT;
	p.vm.vmm = VIOMMU_VMM_QEMU;
	p.viommu_bits = bits;
	if (bits)
		strcpy(p.viommu, "virtio-iommu");
	assert_int_equal(ledger_add_process(l, &p, FIXTURE_NOW), 0);
}

/** Its container; counters are the caller's to fill before ledger_set_container(). */
static inline void fixture_container(struct viommu_container *c, uint32_t pid,
				     const struct viommu_range *ranges, size_t count)
{
	memset(c, 0, sizeof(*c));
	c->id = pid;
	c->tgid = pid;
	c->start_time = pid * UINT64_C(1000);
	c->state = VIOMMU_CONTAINER_LIVE;
	c->verdict = VIOMMU_WANTED;
	c->first_group = 1;
	c->dma_limit = 65535;
	c->dma_avail = 65535;
	c->range_count = (uint32_t)count;
	if (count)
		memcpy(c->ranges, ranges, count * sizeof(*ranges));
}

/** count MAPs of a page at iova that were refused with err. */
static inline void fixture_failure(struct ledger *l, const char *vm, uint32_t pid, uint64_t iova,
				   int err, uint64_t count)
{
	static struct viommu_event event;

	memset(&event, 0, sizeof(event));
	event.type = VIOMMU_EVENT_MAP;
	event.ts = FIXTURE_NOW - 60 * UINT64_C(1000000000);
	event.ts_last = FIXTURE_NOW;
	snprintf(event.vm.name, sizeof(event.vm.name), "%s", vm);
	event.vm.source = VIOMMU_VM_LIBVIRT;
	event.vm.vmm = VIOMMU_VMM_QEMU;
	event.pid = event.tid = pid;
	event.container_id = pid;
	snprintf(event.container, sizeof(event.container), "%u-1", pid);
	event.group = -1;
	event.ev.op = VIOMMU_OP_MAP;
	event.ev.err = err;
	event.ev.has_range = true;
	event.ev.iova = iova;
	event.ev.size = 4096;
	event.ev.vaddr = 0x7f0000000000;
	event.ev.dma_flags = 3;
	event.ev.argsz = 32;
	event.ev.ranges.count = 2;
	memcpy(event.ev.ranges.r, fixture_intel39, sizeof(fixture_intel39));
	event.ev.limit_from = VIOMMU_LIMIT_CONTAINER;
	event.ev.pgsize_bitmap = 0x40201000;
	event.ev.backing = VIOMMU_BACKING_RAM;
	event.ev.path = VIOMMU_PATH_VIOMMU;
	event.ev.vmm = VIOMMU_VMM_QEMU;
	event.ev.has_dma_avail = true;
	event.ev.dma_avail = 65000;
	event.result = -err;
	event.count = count;
	event.iova_lowest = iova;
	event.iova_highest = iova + 4095;
	viommu_diagnose(&event.ev, &event.diag);
	assert_int_equal(ledger_add_event(l, &event), 0);
}

static inline void fixture_group(struct ledger *l, int id, const struct viommu_range *ranges,
				 size_t count)
{
	static struct ledger_group g;

	memset(&g, 0, sizeof(g));
	g.id = id;
	g.ranges.count = count;
	if (count)
		memcpy(g.ranges.r, ranges, count * sizeof(*ranges));
	if (count > 1)
		strcpy(g.hole_types[1], "msi");
	if (count > 2)
		strcpy(g.hole_types[2], "amd_ht");
	g.max_bits = iova_ranges_max_bits(&g.ranges);
	g.safe_bits = iova_ranges_safe_bits(&g.ranges);
	assert_int_equal(ledger_set_group(l, &g), 0);
}

/** "web1" maps and is refused, "db1" has no vIOMMU and is well, "old" is older than the daemon. */
static inline void fixture_vms(struct ledger *l)
{
	struct viommu_container c;

	fixture_process(l, "web1", 4242, 64);
	fixture_container(&c, 4242, fixture_intel39, 2);
	c.maps = 100000;
	c.unmaps = 99000;
	c.map_bytes = 100000 * UINT64_C(4096);
	c.unmap_bytes = 99000 * UINT64_C(4096);
	c.dma_avail = 64535;
	c.highest_mapped = 0x7fffffffff;
	c.map_failures[EINVAL] = 5000;
	c.latency[3] = 1;
	c.latency[10] = 99999;
	c.latency[12] = 4000;
	c.latency[31] = 1000;
	c.latency_ns = UINT64_C(2150000000123);
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
	fixture_failure(l, "web1", 4242, 0x8000000000, EINVAL, 5000);

	fixture_process(l, "db1", 4343, 0);
	fixture_container(&c, 4343, fixture_amd, 3);
	c.maps = (UINT64_C(1) << 53) + 1;
	c.map_bytes = UINT64_MAX;
	c.highest_mapped = UINT64_MAX;
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);

	fixture_process(l, "old", 4444, 39);
	fixture_container(&c, 4444, NULL, 0);
	c.dma_limit = 0;
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
}

/** Freed by ledger_free(). */
static inline struct ledger *fixture_ledger(void)
{
	const uint64_t lost[VIOMMU_NR_LOST] = { [VIOMMU_LOST_RING] = 7 };
	const struct ledger_guard guard = { .up = true, .armed = true, .generation = 3,
		.missed = { { "busy", 2 } } };
	const struct ledger_denials denials = { .domain = "web1", .policy = "cap-39",
		.denials = 12, .audits = 1 };
	struct ledger *l = ledger_new();

	assert_non_null(l);
	fixture_vms(l);
	fixture_group(l, 1, fixture_intel39, 2);
	fixture_group(l, 2, fixture_amd, 3);
	fixture_group(l, 12, NULL, 0);
	ledger_set_guard(l, &guard);
	assert_int_equal(ledger_add_denials(l, &denials), 0);
	ledger_set_lost(l, lost);
	ledger_set_lost_between(l, 1);
	assert_int_equal(ledger_set_program(l, "type1_ioctl_exit", true), 0);
	assert_int_equal(ledger_set_program(l, "qemu_notify", false), 0);
	return l;
}

#endif
