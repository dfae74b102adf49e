/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this machine's files say of its IOMMUs. Nothing is changed and nothing loaded. What cannot
 * be read stays as machine_init() leaves it: not known.
 */
#ifndef VIOMMU_HOST_IOMMU_H
#define VIOMMU_HOST_IOMMU_H

#include "core/machine.h"

/**
 * Fill m, which machine_init() has prepared, from /sys, /proc and /boot below root ("" for this
 * machine; tests give a folder). Units are in the order of their names, groups of their numbers,
 * devices of their addresses; of more than FACTS_MAX_UNITS or FACTS_MAX_GROUPS the rest is left
 * out. All files are taken for hostile. 0, or -ENOMEM; m needs machine_fini() in any case.
 */
int machine_read(struct machine *m, const char *root);

#endif
