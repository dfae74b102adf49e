// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-iommu can tell its guest of ranges that the host does not map (RESV_MEM). Then a vIOMMU
 * wider than the host works too, if the guest hears of them before it hands out addresses and takes
 * them in. The conditions are those of hw/virtio/virtio-iommu.c and of the guest's
 * drivers/iommu/dma-iommu.c, which looks at the first device of a group only.
 */
#include <stdio.h>
#include <string.h>

#include "advise-parts.h"

/** VIOMMU_PROBE_SIZE 512 over 24 bytes a property: with one more the guest is told of none. */
#define RESERVED_MAX 21

/** Holes that are named one by one. */
#define HOLES_NAMED 4

static const char *device_name(const struct guest_device *d)
{
	return d->address[0] ? d->address : d->id[0] ? d->id : "an assigned device";
}

/**
 * Does the range get to the guest in time? QEMU 8.2 told it through the memory region, which is too
 * late for a device that is plugged in later; 9.1 (cf2647a76e) tells it at once.
 */
static enum tristate told_in_time(const struct guest *g, const struct guest_device *d)
{
	if (!advise_qemu_known(g))
		return TRI_UNKNOWN;
	if (advise_qemu_at_least(g, 9, 1))
		return TRI_YES;
	if (!advise_qemu_at_least(g, 8, 2) || d->hotplugged == TRI_YES)
		return TRI_NO;
	return d->hotplugged == TRI_NO ? TRI_YES : TRI_UNKNOWN;
}

/** The worse of two: no before unknown before yes. */
static enum tristate worse(enum tristate a, enum tristate b)
{
	if (a == TRI_NO || b == TRI_NO)
		return TRI_NO;
	return a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_YES;
}

/** Is there anything to tell that a width does not settle by itself? */
static bool must_tell(const struct advising *s)
{
	char why[16];

	return s->a->max_bits && (guest_viommu_bits(s->g, why, sizeof(why)) > s->a->safe_bits ||
				  s->a->safe_bits < s->a->max_bits);
}

static void time_note(struct advising *s, const struct guest_device *d)
{
	const struct guest *g = s->g;

	if (told_in_time(g, d) == TRI_UNKNOWN)
		advise_note(s, ADVICE_UNKNOWN, "QEMU's version, and whether it was hotplugged",
			    "%s: not known whether the guest is told of the host's reserved ranges "
			    "(QEMU 8.2 tells it at start, 9.1 also after hotplug)", device_name(d));
	else if (told_in_time(g, d) == TRI_NO)
		advise_note(s, ADVICE_WARNING, "QEMU hw/virtio/virtio-iommu.c",
			    "%s: QEMU %u.%u does not tell the guest of the host's reserved ranges "
			    "in time (8.2 does at start, 9.1 also after hotplug): only the width "
			    "keeps it out", device_name(d), g->qemu_version[0],
			    g->qemu_version[1]);
}

static void singleton_note(struct advising *s, const struct guest_device *d)
{
	if (d->singleton == TRI_NO) {
		s->add_root_ports = true;
		advise_note(s, ADVICE_WARNING, "guest's drivers/iommu/dma-iommu.c",
			    "%s shares its guest IOMMU group: the guest takes in the reserved "
			    "ranges of the group's first device only", device_name(d));
	} else if (d->singleton == TRI_UNKNOWN) {
		advise_note(s, ADVICE_UNKNOWN, "the VM's PCI topology",
			    "%s: not known whether it is alone in its guest IOMMU group, without "
			    "which the guest may miss its reserved ranges", device_name(d));
	}
}

/** One line each, for the first device that is not well. */
static void told_notes(struct advising *s)
{
	const struct guest *g = s->g;
	bool time = false, single = false;

	for (size_t i = 0; i < g->device_count; i++) {
		const struct guest_device *d = &g->devices[i];

		if (!time && told_in_time(g, d) != TRI_YES) {
			time_note(s, d);
			time = true;
		}
		if (!single && d->singleton != TRI_YES) {
			singleton_note(s, d);
			single = true;
		}
	}
	if (s->reserved_most > RESERVED_MAX)
		advise_note(s, ADVICE_WARNING, "QEMU VIOMMU_PROBE_SIZE",
			    "the host reserves %u ranges; virtio-iommu can tell of %d, with more "
			    "the guest is told of none", s->reserved_most, RESERVED_MAX);
}

void advise_told(struct advising *s)
{
	const struct guest *g = s->g;

	if (!g || g->model != VIOMMU_MODEL_VIRTIO || !g->device_count)
		return;
	s->told = s->reserved_most > RESERVED_MAX ? TRI_NO : TRI_YES;
	for (size_t i = 0; i < g->device_count; i++)
		s->told = worse(s->told, worse(told_in_time(g, &g->devices[i]),
					       g->devices[i].singleton));
	if (must_tell(s))
		told_notes(s);
}

static void low_hole_note(struct advising *s, const struct viommu_range *hole)
{
	static const char text[] = "hole 0x%llx-0x%llx lies below 4 GiB: no width avoids it; %s";
	const bool told = s->told == TRI_YES;
	const bool viommu = s->g && s->g->model != VIOMMU_MODEL_NONE;

	advise_note(s, told || !s->g ? ADVICE_WARNING : viommu ? ADVICE_PROBLEM : ADVICE_WARNING,
		    "reserved_regions", text, (unsigned long long)hole->first,
		    (unsigned long long)hole->last,
		    told ? "this VM's guest is told of it" :
		    "a guest must be told of it: virtio-iommu of QEMU 9.1 (8.2 without hotplug), "
		    "each device alone in its guest IOMMU group");
}

void advise_low_holes(struct advising *s)
{
	uint64_t next = 0;
	size_t named = 0;

	for (size_t i = 0; i < s->usable.count; i++) {
		const struct viommu_range *r = &s->usable.r[i];
		const struct viommu_range hole = { next, r->first - 1 };

		if (r->first != next && next >> 32 == 0 &&
		    iova_ranges_hole(&s->usable, hole.first, hole.last, NULL) != IOVA_HOLE_MSI &&
		    named++ < HOLES_NAMED)
			low_hole_note(s, &hole);
		next = r->last + 1;
	}
	if (named > HOLES_NAMED)
		advise_note(s, ADVICE_WARNING, "reserved_regions",
			    "%zu more holes lie below 4 GiB", named - HOLES_NAMED);
}
