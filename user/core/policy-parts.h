/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read policies share beyond policy-yaml.h. */
#ifndef VIOMMU_CORE_POLICY_PARTS_H
#define VIOMMU_CORE_POLICY_PARTS_H

#include "policy-yaml.h"

/** "0x7f", all of the len bytes. */
bool policy_hex_read(const char *text, size_t len, uint64_t *number);

/** Warnings about a limit that VMs hardly get along with. */
void policy_limit_warn(struct policy_reader *r, const struct policy *p);

#endif
