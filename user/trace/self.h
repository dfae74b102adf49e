/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine as a guest: whose events the driver's records are, and its endpoints' totals. */
#ifndef VIOMMU_TRACE_SELF_H
#define VIOMMU_TRACE_SELF_H

#include "trace/owners.h"
#include "trace/tracer.h"

struct self {
	struct viommu_vm vm;	/**< named like the machine */
	bool wanted;		/**< matches what the user asked for */
};

void self_init(struct self *self, const struct owner_filter *filter);

/** Add to a decoded REQUEST or FAULT what the endpoint's table knows; diagnose a fault. */
void self_event(const struct self *self, struct viommu_event *e, const struct tracer *t,
		const struct viommu_rec *rec);

/** Fill a SUMMARY event of the endpoint in slot, all but its time. false: there is none. */
bool self_summary(const struct self *self, const struct tracer *t, uint32_t slot,
		  struct viommu_event *e);

#endif
