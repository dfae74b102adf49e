/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents whose lines may still come: a few at a time. */
#ifndef VIOMMU_CORE_LOG_OPEN_H
#define VIOMMU_CORE_LOG_OPEN_H

#include "log-incident.h"

/**
 * The latest open incident of an operation near the line, of the same writer and with no other
 * error; bare: only one that has no range yet. NULL if there is none.
 */
struct log_open *log_open_find(struct log_incidents *in, enum viommu_op op, bool bare,
			       const struct log_fact *fact, const struct log_where *where);

/** A new one that the line begins; the one that was quiet for longest makes room. */
struct log_open *log_open_new(struct log_incidents *in, enum viommu_op op, unsigned int pattern,
			      const struct log_where *where);

#endif
