// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules for a VM with assigned devices. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doctor.h"
#include "print/format.h"

#define GIB (1ULL << 30)

/* Containers with so few entries left are nearly full: one guest with many small buffers more. */
#define ENTRIES_LOW 1024

static bool qemu_before(const struct guest *g, unsigned int major, unsigned int minor)
{
	return g->qemu_version[0] &&
	       (g->qemu_version[0] < major ||
		(g->qemu_version[0] == major && g->qemu_version[1] < minor));
}

/* What the advice calls a problem: widths, versions, memory above the host's width. */
static void check_advice(struct findings *f, const struct vms *v, const struct guest *g,
			 const char *subject)
{
	struct advice *a = calloc(1, sizeof(*a));

	if (!a) {
		f->err = -ENOMEM;
		return;
	}
	advise(a, &v->machine, g);
	if (a->safe_bits && a->current_bits > a->safe_bits && !a->change_needed)
		finding_add(f, FINDING_WARNING, subject,
			    a->option_count ? a->options[0].option : "",
			    "its vIOMMU has %u bits, the host maps %u%s: it works only while the "
			    "guest heeds the reserved ranges that QEMU tells it of",
			    a->current_bits, a->safe_bits,
			    a->max_bits > a->safe_bits ? " without a hole" : "");
	for (size_t i = 0; i < a->note_count; i++)
		if (a->notes[i].kind == ADVICE_PROBLEM)
			finding_add(f, FINDING_PROBLEM, subject, a->change_needed &&
				    a->option_count ? a->options[0].option :
				    "viommuctl recommend --vm says more", "%s", a->notes[i].text);
	free(a);
}

/* The guest takes in reserved ranges of the first device of a group only (dma-iommu.c). */
static void check_groups(struct findings *f, const struct guest *g, const char *subject)
{
	if (g->model != VIOMMU_MODEL_VIRTIO && g->model != VIOMMU_MODEL_INTEL)
		return;
	for (size_t i = 0; i < g->device_count; i++) {
		const struct guest_device *d = &g->devices[i];

		if (d->singleton == TRI_NO)
			finding_add(f, FINDING_WARNING, subject,
				    "give it a pcie-root-port of its own, with ACS (no "
				    "disable-acs=on, machine type 4.0 or newer), or set aw-bits",
				    "%s shares its IOMMU group in the guest, which then may miss "
				    "the host's reserved ranges and its width",
				    vms_device_name(d));
	}
}

/* Host ranges reach the guest late with a device that is plugged in (cf2647a76e, QEMU 9.1). */
static void check_hotplug(struct findings *f, const struct guest *g, const char *subject)
{
	if (g->model != VIOMMU_MODEL_VIRTIO || !qemu_before(g, 9, 1))
		return;
	for (size_t i = 0; i < g->device_count; i++)
		if (g->devices[i].hotplugged == TRI_YES)
			finding_add(f, FINDING_WARNING, subject, "upgrade to QEMU 9.1 or newer",
				    "%s was plugged in later: QEMU %u.%u tells the guest of the "
				    "host's ranges too late", vms_device_name(&g->devices[i]),
				    g->qemu_version[0], g->qemu_version[1]);
}

static unsigned int containers_of(const struct guest *g)
{
	unsigned int type1 = 0;

	if (g->open_containers || g->container_count)
		return g->open_containers > g->container_count ? g->open_containers :
		       (unsigned int)g->container_count;
	for (size_t i = 0; i < g->device_count; i++)
		type1 += !g->devices[i].iommufd;
	/* With a vIOMMU each device has an address space, and so a container, of its own. */
	return type1 && g->model == VIOMMU_MODEL_NONE ? 1 : type1;
}

/*
 * Each container of a process pins what it maps and counts it again (vfio_lock_acct()); at boot,
 * and without a vIOMMU, that is all of the memory. libvirt allows as much since 8.7 (8d5704e2c4),
 * and 1 GiB for BARs.
 */
static void check_memlock(struct findings *f, const struct guest *g, const char *subject)
{
	const unsigned int containers = containers_of(g);
	const uint64_t memory = g->max_memory ? g->max_memory : g->memory;
	char limit[32], need[32], ram[32], fix[320];
	uint64_t bytes, want;

	if (!g->has_memlock || g->ipc_lock == TRI_YES || !containers ||
	    memory > (UINT64_MAX - GIB) / containers)
		return;
	bytes = memory * containers;
	want = bytes + GIB;
	if (g->memlock_limit >= bytes)
		return;
	format_size(limit, sizeof(limit), g->memlock_limit);
	format_size(need, sizeof(need), want);
	format_size(ram, sizeof(ram), memory);
	snprintf(fix, sizeof(fix), "libvirt: <memtune><hard_limit unit='KiB'>%" PRIu64
		 "</hard_limit></memtune>; systemd: LimitMEMLOCK=%" PRIu64 "; now: prlimit --pid %u "
		 "--memlock=%" PRIu64, want >> 10, want, g->pid, want);
	finding_add(f, g->memlock_limit < g->memory ? FINDING_PROBLEM : FINDING_WARNING, subject,
		    fix, "it may lock %s, %u container%s of %s need %s: mapping fails with ENOMEM",
		    limit, containers, containers == 1 ? "" : "s", ram, need);
}

static void check_entries(struct findings *f, const struct vms *v, const struct guest *g,
			  const char *subject)
{
	for (size_t i = 0; i < g->container_count; i++) {
		const struct dma_seen *seen = dma_list_find(&v->dma, g->pid,
							    g->containers[i].name);

		if (seen && seen->has_entries && seen->entries_left < ENTRIES_LOW)
			finding_add(f, FINDING_WARNING, subject,
				    "huge pages in the guest's buffers, or a larger "
				    "vfio_iommu_type1.dma_entry_limit before the VM starts",
				    "container %s can take %u more mappings: then they fail with "
				    "ENOSPC", seen->name, seen->entries_left);
	}
}

static void check_version(struct findings *f, const struct guest *g, const char *subject)
{
	if (g->model != VIOMMU_MODEL_NONE && !g->qemu_version[0])
		finding_add(f, FINDING_NOTE, subject, "run it as root",
			    "the version of its QEMU is not known, and defaults depend on it");
}

void doctor_check_vm(struct findings *f, const struct vms *v, const struct guest *g)
{
	char subject[sizeof(f->list->subject)];

	if (!g->device_count && !g->container_count)
		return;
	snprintf(subject, sizeof(subject), "VM %s", g->vm.name);
	check_advice(f, v, g, subject);
	check_groups(f, g, subject);
	check_hotplug(f, g, subject);
	check_memlock(f, g, subject);
	check_entries(f, v, g, subject);
	check_version(f, g, subject);
}
