// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics of VMs. What is not known has no sample: 0 would be a lie. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "export/metrics-parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Upper ends of the histogram's classes, 2^10 to 2^31 ns. Durations are whole ns, cut, not rounded:
 * one that is counted below 2^n took less than 2^n. A call takes a microsecond at least, and what
 * is below has one class; calls of 2^31 ns and above are in +Inf only.
 */
#define BUCKET_FIRST 10
#define LE(end) ",le=\"" end "\""
static const char *const bucket_ends[] = {
	LE("1.024e-06"), LE("2.048e-06"), LE("4.096e-06"), LE("8.192e-06"), LE("1.6384e-05"),
	LE("3.2768e-05"), LE("6.5536e-05"), LE("0.000131072"), LE("0.000262144"),
	LE("0.000524288"), LE("0.001048576"), LE("0.002097152"), LE("0.004194304"),
	LE("0.008388608"), LE("0.016777216"), LE("0.033554432"), LE("0.067108864"),
	LE("0.134217728"), LE("0.268435456"), LE("0.536870912"), LE("1.073741824"),
	LE("2.147483648"),
};
_Static_assert(BUCKET_FIRST + COUNT(bucket_ends) == VIOMMU_LATENCY_SLOTS, "classes of record.h");

/* --------------------------------------------------------------------------- single values */

static bool processes_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->processes;
	return true;
}

static bool viommu_bits_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->viommu_bits;
	return d->viommu_bits;
}

static bool maps_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->maps;
	return true;
}

static bool unmaps_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->unmaps;
	return true;
}

static bool mapped_bytes_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->mapped_bytes;
	return d->has_mapped;
}

static bool entries_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->entries;
	return d->has_entries;
}

static bool entries_limit_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = d->entries_limit;
	return d->has_entries;
}

static bool limit_bits_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = iova_ranges_max_bits(&d->ranges);
	return *value;
}

static bool recommended_get(const struct ledger_domain *d, uint64_t *value)
{
	*value = ledger_recommended_bits(d);
	return *value;
}

/* Metrics of one number, and whether it is known. */
static const struct {
	enum viommu_metric metric;
	bool (*get)(const struct ledger_domain *d, uint64_t *value);
} numbers[] = {
	{ VIOMMU_METRIC_DOMAIN_PROCESSES, processes_get },
	{ VIOMMU_METRIC_DOMAIN_VIOMMU_BITS, viommu_bits_get },
	{ VIOMMU_METRIC_DMA_MAPS, maps_get },
	{ VIOMMU_METRIC_DMA_UNMAPS, unmaps_get },
	{ VIOMMU_METRIC_DMA_MAPPED_BYTES, mapped_bytes_get },
	{ VIOMMU_METRIC_DMA_ENTRIES, entries_get },
	{ VIOMMU_METRIC_DMA_ENTRIES_LIMIT, entries_limit_get },
	{ VIOMMU_METRIC_IOVA_LIMIT_BITS, limit_bits_get },
	{ VIOMMU_METRIC_RECOMMENDED_AW_BITS, recommended_get },
};

static bool number_write(struct exposition *e, const struct metrics_view *view,
			 enum viommu_metric metric)
{
	size_t n = 0;

	while (n < COUNT(numbers) && numbers[n].metric != metric)
		n++;
	if (n == COUNT(numbers))
		return false;
	for (size_t i = 0; i < view->domain_count; i++) {
		uint64_t value;

		if (numbers[n].get(view->domains[i].domain, &value))
			exposition_number(e, view->domains[i].labels, value);
	}
	return true;
}

/* ----------------------------------------------------------------------------- the others */

static void info_write(struct exposition *e, const struct metrics_domain *m)
{
	const struct ledger_domain *d = m->domain;
	char labels[LABELS_LEN];
	struct text t;

	text_init(&t, labels, sizeof(labels));
	text_add(&t, "%s", m->labels);
	labels_add(&t, "uuid", d->vm.uuid, sizeof(d->vm.uuid));
	labels_add(&t, "manager", d->vm.manager, sizeof(d->vm.manager));
	labels_add(&t, "viommu", d->viommu, sizeof(d->viommu));
	exposition_number(e, labels, 1);
}

static void failures_write(struct exposition *e, const struct metrics_domain *m)
{
	static const char *const reasons[VIOMMU_NR_REASONS] = {
#define X(sym, name, meaning) ",reason=\"" name "\"",
		VIOMMU_REASONS(X)
#undef X
	};
	char buf[24];

	for (unsigned int reason = 0; reason < VIOMMU_NR_REASONS; reason++)
		exposition_text(e, "", m->labels, reasons[reason],
				exposition_decimal(buf, m->domain->failures[reason]));
}

static void duration_write(struct exposition *e, const struct metrics_domain *m)
{
	const struct ledger_domain *d = m->domain;
	uint64_t count = 0;
	size_t slot = 0;
	char buf[40];

	for (size_t i = 0; i < COUNT(bucket_ends); i++) {
		while (slot < BUCKET_FIRST + i)
			count += d->latency[slot++];
		exposition_text(e, "_bucket", m->labels, bucket_ends[i],
				exposition_decimal(buf, count));
	}
	while (slot < VIOMMU_LATENCY_SLOTS)
		count += d->latency[slot++];
	exposition_text(e, "_bucket", m->labels, LE("+Inf"), exposition_decimal(buf, count));
	exposition_text(e, "_count", m->labels, "", exposition_decimal(buf, count));
	snprintf(buf, sizeof(buf), "%" PRIu64 ".%09" PRIu64, d->latency_ns / 1000000000,
		 d->latency_ns % 1000000000);
	exposition_text(e, "_sum", m->labels, "", buf);
}

/* A highest that there may have been a higher one than is none. */
static bool highest_known(const struct ledger_domain *d)
{
	return d->has_highest && !d->highest_least;
}

/* The end is one more than the last address, which 2^64 does not fit. */
static void highest_write(struct exposition *e, const struct metrics_domain *m)
{
	const struct ledger_domain *d = m->domain;

	if (!highest_known(d))
		return;
	if (d->highest_mapped == UINT64_MAX)
		exposition_text(e, "", m->labels, "", "18446744073709551616");
	else
		exposition_number(e, m->labels, d->highest_mapped + 1);
}

bool domain_metric_write(struct exposition *e, const struct metrics_view *view,
			 enum viommu_metric metric)
{
	void (*write)(struct exposition *e, const struct metrics_domain *m);

	switch (metric) {
	case VIOMMU_METRIC_DOMAIN_INFO:
		write = info_write;
		break;
	case VIOMMU_METRIC_DMA_MAP_FAILURES:
		write = failures_write;
		break;
	case VIOMMU_METRIC_DMA_MAP_DURATION:
		write = duration_write;
		break;
	case VIOMMU_METRIC_IOVA_HIGHEST_END:
		write = highest_write;
		break;
	default:
		return number_write(e, view, metric);
	}
	for (size_t i = 0; i < view->domain_count; i++)
		write(e, &view->domains[i]);
	return true;
}

size_t domain_series(const struct ledger_domain *d)
{
	/* info; failures; the histogram's classes, +Inf, _count, _sum; highest end */
	size_t series = 1 + VIOMMU_NR_REASONS + COUNT(bucket_ends) + 3 + highest_known(d);

	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t value;

		series += numbers[i].get(d, &value);
	}
	return series;
}
