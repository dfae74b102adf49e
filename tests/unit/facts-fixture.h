/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine and a VM of which everything is known: for tests of the facts format. */
#ifndef VIOMMU_TESTS_FACTS_FIXTURE_H
#define VIOMMU_TESTS_FACTS_FIXTURE_H

#include "advise-fixture.h"

/** A machine that has something in every member. */
static inline void machine_full(struct machine *m)
{
	struct machine_unit *u;
	struct machine_group *g;

	machine_init(m);
	strcpy(m->host, "h1");
	strcpy(m->kernel, "6.12.95+deb12-amd64");
	strcpy(m->arch, "x86_64");
	m->vendor = CPU_AMD;
	m->page_size = 4096;
	m->memory = TOP;
	m->va_bits = 48;
	m->intel_first_stage = true;
	m->has_dma_entry_limit = true;
	m->dma_entry_limit = UINT32_MAX;
	m->has_unsafe_interrupts = true;
	u = machine_add_unit(m);
	strcpy(u->name, "dmar0");
	u->kind = UNIT_INTEL;
	u->has_cap = true;
	u->cap = 0xd2008c40660462;
	u->ecap = TOP;
	u = machine_add_unit(m);
	strcpy(u->name, "ivhd0");
	u->kind = UNIT_AMD;
	u->feature_count = 2;
	u->features[0] = 0x58f77ef22294a5a;
	u->ivrs_va_bits = 48;
	u->ias = 44;
	u->oas = 48;
	g = machine_add_group(m);
	g->id = 7;
	g->unit = 1;
	strcpy(g->type, "DMA-FQ");
	strcpy(g->devices[0], "0000:01:00.0");
	strcpy(g->devices[1], "0000:01:00.1");
	g->device_count = 2;
	g->has_regions = true;
	for (int i = 0; i < NR_REGION_TYPES; i++)
		g->regions[i] = (struct machine_region){ { (uint64_t)i << 60, TOP },
							 (enum region_type)i };
	g->region_count = NR_REGION_TYPES;
	g = machine_add_group(m);
	g->unit = -1;
}

/** A VM that has something in every member. */
static inline void guest_full(struct guest *g)
{
	guest_init(g, VIOMMU_MODEL_VIRTIO, HOST_AMD64);
	strcpy(g->vm.uuid, "d1b1e1a1-0000-4000-8000-00000000000f");
	strcpy(g->vm.manager, "libvirt");
	g->vm.source = VIOMMU_VM_LIBVIRT;
	g->vm.vmm = VIOMMU_VMM_QEMU;
	g->pid = UINT32_MAX;
	g->qemu_version[1] = 1;
	g->qemu_version[2] = 13;
	strcpy(g->qemu_package, "Debian 1:10.1.13");
	g->cpu_host = true;
	g->cpu_amd = true;
	g->host_phys_bits = TRI_NO;
	g->phys_bits_limit = 39;
	g->max_memory = TOP;
	g->vcpus = 255;
	g->aw_bits = 48;
	strcpy(g->granule, "host");
	g->boot_bypass = TRI_YES;
	g->caching_mode = TRI_NO;
	g->memlock_limit = TOP;
	g->has_memlock = true;
	guest_add(g, HOST_INTEL39)->iommufd = true;
	strcpy(g->devices[1].id, "hostdev1");
	strcpy(g->devices[1].bus, "pci.3");
	g->devices[1].group = -1;
	g->devices[1].singleton = TRI_UNKNOWN;
	g->devices[1].hotplugged = TRI_YES;
}

#endif
