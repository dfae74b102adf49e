/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading the kernel module. */
#ifndef VIOMMU_GUARD_MODULE_H
#define VIOMMU_GUARD_MODULE_H

#include "guard/client.h"

/**
 * Load viommu_guard if it is not there. 0; -errno with why: -ENOENT it is not installed for this
 * kernel, -EPERM we may not, -EKEYREJECTED or -ENOKEY its signature is not accepted.
 */
int guard_module_load(char why[GUARD_WHY_LEN]);

/** The sentence for an error of loading: also for those that libkmod cannot provoke in a test. */
void guard_module_explain(char why[GUARD_WHY_LEN], int err);

#endif
