/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How bad a failure is, from who asked for the mapping and what memory lies behind it. */
#ifndef VIOMMU_CORE_SEVERITY_H
#define VIOMMU_CORE_SEVERITY_H

#include "facts.h"

/** A judgement and what it means for the VM. */
struct severity {
	enum viommu_severity level;
	const char *consequence;	/**< end of a sentence; empty if there is nothing to say */
};

struct severity severity_judge(const struct facts *f, enum viommu_reason reason);

#endif
