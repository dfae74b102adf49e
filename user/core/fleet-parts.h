/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet from within: what its files share, and nobody else. */
#ifndef VIOMMU_CORE_FLEET_PARTS_H
#define VIOMMU_CORE_FLEET_PARTS_H

#include "fleet.h"

/** The array, with room for one more than its count elements of that size. NULL: no memory. */
void *fleet_grown(void *array, size_t count, size_t *room, size_t size);
/** Copy an optional label; an empty one is none, as in Prometheus. 0 or -ENOMEM. */
int fleet_label_copy(char **to, const char *from);
/** A number of bits; 0, and *odd is set, if it is none. */
unsigned int fleet_bits_of(double value, bool *odd);
void fleet_swap(char **a, char **b);

/** A sample of a VM; see fleet_add(). */
int fleet_vm_add(struct fleet *f, enum viommu_metric metric, const struct fleet_labels *l,
		 double value);
void fleet_vm_fini(struct fleet_vm *vm);
/** Sort VMs and join their samples. 0 or -ENOMEM. */
int fleet_vms_join(struct fleet *f);

#endif
