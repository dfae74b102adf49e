/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the exporter's text share: the text itself, and what goes into it. */
#ifndef VIOMMU_EXPORT_METRICS_PARTS_H
#define VIOMMU_EXPORT_METRICS_PARTS_H

#include "core/metrics.h"
#include "core/text.h"
#include "export/metrics.h"

/** Bytes of the labels of one series: three names of 256 bytes, each byte made two or three. */
#define LABELS_LEN 4096

/** The text, while it is written. What there is no memory for is missing, and remembered. */
struct exposition {
	char *text;
	size_t len;
	size_t room;
	bool no_memory;
	enum metrics_format format;
	const char *name;		/**< of the metric whose samples come */
	size_t name_len;
};

/** One domain that is shown. */
struct metrics_domain {
	const struct ledger_domain *domain;
	char *labels;			/**< domain="...": most series of it have no others */
};

/** What is shown of a ledger. */
struct metrics_view {
	const struct ledger *ledger;
	struct metrics_domain *domains;
	size_t domain_count;
	size_t group_count;		/**< the first so many groups */
	size_t denials_count;		/**< the first so many denials */
	size_t dropped;			/**< series that are not */
	uint64_t dropped_before;	/**< at earlier times */
};

/** len bytes as they are. */
void exposition_add(struct exposition *e, const char *bytes, size_t len);
void exposition_string(struct exposition *e, const char *s);

/** HELP and TYPE; the samples that follow are of this metric. */
void exposition_begin(struct exposition *e, enum viommu_metric metric);
/** A sample; suffix, labels (a="b",c="d") and those that follow them (,e="f") may be empty. */
void exposition_text(struct exposition *e, const char *suffix, const char *labels,
		     const char *more, const char *value);
/** The same with a value that is exact however large it is. */
void exposition_number(struct exposition *e, const char *labels, uint64_t value);
/** n in decimal, in a buffer of 24 bytes; where it begins. */
const char *exposition_decimal(char buf[24], uint64_t n);

/**
 * Append key="value" of at most size bytes, as valid UTF-8, escaped. false: the value was not valid,
 * and may look like another one now.
 */
bool labels_add(struct text *t, const char *key, const char *value, size_t size);

/** How many series a domain has. */
size_t domain_series(const struct ledger_domain *d);
size_t group_series(const struct ledger_group *group);

/** All samples of a metric that domains have; false: it is no such metric. */
bool domain_metric_write(struct exposition *e, const struct metrics_view *view,
			 enum viommu_metric metric);
/** The same of the host, the guard, the daemon. */
bool host_metric_write(struct exposition *e, const struct metrics_view *view,
		       enum viommu_metric metric);
/** Series that are there however many VMs there are. */
size_t host_series(const struct ledger *l);

#endif
