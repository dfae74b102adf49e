/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMU groups of a machine, as the ledger has them. */
#ifndef VIOMMU_DAEMON_GROUPS_H
#define VIOMMU_DAEMON_GROUPS_H

#include "core/ledger.h"
#include "core/machine.h"

/** Ranges, bits and holes of a group; not known is 0, as in viommuctl host. */
void group_describe(struct ledger_group *out, const struct machine *m,
		    const struct machine_group *g);

#endif
