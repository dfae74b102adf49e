/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from a message that names the cause by itself (enum viommu_said). */
#ifndef VIOMMU_CORE_SAID_H
#define VIOMMU_CORE_SAID_H

#include "rules.h"
#include "severity.h"

/** The rule for what was said; said is not NOTHING. Never NULL. */
const struct rule *said_rule(const struct facts *f);

/** How bad that is. Not for MEMLOCK, which is as bad as the mapping that failed. */
struct severity said_severity(const struct facts *f);

#endif
