/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person can do, for each reason: a table, best advice first. */
#ifndef VIOMMU_CORE_REMEDY_H
#define VIOMMU_CORE_REMEDY_H

#include "facts.h"

/** Fill the remedies of an answer whose reason is set. */
void remedy_fill(const struct facts *f, struct viommu_diagnosis *out);

#endif
