// SPDX-License-Identifier: GPL-2.0-or-later
/* The same VM on another host, or under another QEMU. */
#include <string.h>

#include "advise-parts.h"

/** 9.2.0 was released with 39 for this machine type; ddd84fd0c1 made it 48 after that. */
static void q35_92_note(struct advising *s)
{
	unsigned int major, minor;

	if (s->g->model != VIOMMU_MODEL_INTEL || s->g->aw_bits ||
	    !advise_machine_version(s->g, &major, &minor) || major != 9 || minor != 2)
		return;
	advise_note(s, ADVICE_PROBLEM, "QEMU ddd84fd0c1",
		    "machine type %s has 39 bits in QEMU 9.2 and 48 in 10.0: a VM that moves between "
		    "them changes its width; give aw-bits explicitly", s->g->machine);
}

static void default_note(struct advising *s)
{
	const struct guest *g = s->g;

	if (g->aw_bits || (g->model != VIOMMU_MODEL_VIRTIO && g->model != VIOMMU_MODEL_INTEL))
		return;
	if (g->model == VIOMMU_MODEL_VIRTIO)
		advise_note(s, ADVICE_WARNING, "QEMU 9b588be373, 62d776002c, hw_compat_8_2",
			    "virtio-iommu's default is 64 for machine types up to 8.2 and for pc, 39 "
			    "for q35 and 48 for virt from 9.0 on: give aw-bits explicitly");
	else
		advise_note(s, ADVICE_WARNING, "QEMU ddd84fd0c1",
			    "intel-iommu's default is 39 up to machine type 9.1 and 48 for newer ones "
			    "from QEMU 10.0 on: give aw-bits explicitly");
}

void advise_migration(struct advising *s)
{
	if (s->g) {
		q35_92_note(s);
		default_note(s);
	}
	if (s->a->bits)
		advise_note(s, ADVICE_WARNING, "QEMU vmstate of virtio-iommu",
			    "aw-bits is neither migrated nor compared: where the VM can move, take "
			    "the smallest number of all hosts, and the same on each");
}
