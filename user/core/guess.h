/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where no rule decides: what it can have been, and what would tell. */
#ifndef VIOMMU_CORE_GUESS_H
#define VIOMMU_CORE_GUESS_H

#include "facts.h"

/** Fill candidates (likeliest first) and needs of an answer whose reason is UNKNOWN. */
void guess_fill(const struct facts *f, struct viommu_diagnosis *out);

#endif
