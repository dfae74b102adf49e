/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When all is read: what the whole input says about each finding. */
#ifndef VIOMMU_CORE_LOG_FINISH_H
#define VIOMMU_CORE_LOG_FINISH_H

#include "log-host.h"
#include "log-incident.h"

/** Complete the evidence of all findings, drop those that others explain, and put them in order. */
void incidents_finish(struct log_incidents *in, const struct log_host *host);

#endif
