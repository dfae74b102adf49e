/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running VMs as viommuctl vms shows them. */
#ifndef VIOMMU_CLI_VMS_H
#define VIOMMU_CLI_VMS_H

#include <stdio.h>

#include "host/qemu.h"
#include "print/map.h"
#include "trace/guests.h"

/** What is known of this machine and its VMs. */
struct vms {
	struct guest_list list;
	struct machine machine;
	struct dma_list dma;
	bool asked;		/**< the kernel was: containers are its own words */
	char why[256];		/**< why it could not be asked; empty if asked */
};

/** How a table is shown. */
struct vms_table {
	unsigned int width;	/**< columns */
	bool color;
};

void vms_print_table(FILE *out, const struct vms *v, const struct guest *g,
		     const struct vms_table *t);

/** One line. 0 or -ENOMEM. */
int vms_print_json(FILE *out, const struct vms *v, const struct guest *g);

/** Containers, else groups of assigned devices, with what was seen, as lanes of a picture. */
void vms_map(struct address_map *map, const struct vms *v, const struct guest *g);

/** "0000:01:00.0", else its id, else "?". */
const char *vms_device_name(const struct guest_device *d);

#endif
