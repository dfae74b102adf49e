/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger in Prometheus' text format or in OpenMetrics. */
#ifndef VIOMMU_EXPORT_METRICS_H
#define VIOMMU_EXPORT_METRICS_H

#include "core/ledger.h"

enum metrics_format {
	METRICS_TEXT,		/**< text/plain; version=0.0.4 */
	METRICS_OPEN,		/**< application/openmetrics-text; version=1.0.0 */
};

/** Which of the two a client's Accept header asks for (NULL: text); by quality, ties: text. */
enum metrics_format metrics_negotiate(const char *accept);
/** Value of Content-Type. */
const char *metrics_content_type(enum metrics_format format);

struct metrics_opts {
	enum metrics_format format;
	size_t max_series;	/**< more are left out, whole domains at a time, and counted */
};

/**
 * All series, in a buffer of *size bytes that the caller frees (NUL-terminated). *dropped: series
 * that were left out this time; dropped_total: those of earlier times, the sum of both is
 * viommu_series_dropped_total. 0 or -ENOMEM.
 */
int metrics_write(char **out, size_t *size, const struct ledger *l, const struct metrics_opts *opts,
		  uint64_t dropped_total, size_t *dropped);

#endif
